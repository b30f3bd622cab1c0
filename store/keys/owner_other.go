//go:build !unix

package keys

import "io/fs"

// owners knows no users by number here; the directory's access list is what
// guards the keys.
func owners(fs.FileInfo) (owner, me int, ok bool) { return 0, 0, false }
