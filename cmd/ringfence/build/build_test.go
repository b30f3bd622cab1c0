package build_test

import (
	"runtime/debug"
	"testing"

	"ringfence/cmd/ringfence/build"
)

// A binary tells its revision whoever built it: the Go tool where it sees the
// repository, else make.
func TestVersionTellsItsRevision(t *testing.T) {
	seen := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "aaaa"}, {Key: "vcs.modified", Value: "false"}}}
	unseen := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}
	for _, c := range []struct {
		info              *debug.BuildInfo
		stamped           string
		version, revision string
		modified          bool
	}{
		{seen, "", "v1.2.3", "aaaa", false},
		{seen, "bbbb-dirty", "v1.2.3", "aaaa", false},
		{unseen, "bbbb", "devel", "bbbb", false},
		{unseen, "bbbb-dirty", "devel", "bbbb", true},
		{unseen, "", "devel", "", false},
		{nil, "bbbb", "devel", "bbbb", false},
	} {
		if v := build.Of(c.info, c.stamped); v.Version != c.version || v.Revision != c.revision || v.Modified != c.modified || v.Go == "" || v.Platform == "" {
			t.Errorf("stamped %q: %+v", c.stamped, v)
		}
	}
}
