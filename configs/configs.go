// Package configs holds the data that ships inside the binary: numbering
// plans, publishers' mappings, example configurations, a unit for systemd.
//
// They are files, not code, so that whoever runs a node can read them, copy
// them and replace them; they are embedded, so that a binary needs nothing
// beside it. Each directory belongs to the package that reads it and says at
// the head of its files where the data comes from and under which licence.
//
// Floor 0. It imports nothing and interprets nothing.
package configs

import "embed"

// FS holds the directories of this package under their own names.
//
//go:embed all:mappings all:plans all:examples all:systemd
var FS embed.FS
