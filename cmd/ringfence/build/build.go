// Package build tells what a binary was built from.
//
// Floor 15, a room of cmd/ringfence.
package build

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// Version tells what a binary was built from.
type Version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source
	Modified bool   `json:"modified,omitempty"` // the source had changes beside it
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Of reads what the Go tool saw, which it prefers, and the revision that make
// stamped, with -dirty behind it when there were changes. The Go tool may have seen
// nothing: nil.
func Of(info *debug.BuildInfo, stamped string) Version {
	v := Version{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	v.Revision, v.Modified = strings.CutSuffix(stamped, "-dirty")
	if info == nil {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
