package main

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
)

// version tells what this binary was built from.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source
	Modified bool   `json:"modified,omitempty"` // the source had changes beside it
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// revision is written by the linker in make build and by nothing else: the
// revision of the source, with -dirty behind it when there were changes.
var revision string

// thisVersion reads what the Go tool and make wrote into the binary.
func thisVersion() version {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info, revision)
}

// versionOf prefers what the Go tool saw to what make says.
func versionOf(info *debug.BuildInfo, stamped string) version {
	v := version{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
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

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Tell what this binary was built from",
		Long:    `Version tells the version, the revision of the source, and the Go toolchain.`,
		Example: `  ringfence version --json`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return answer(a, cmd, thisVersion(), func(p *show.Page, v version) {
				words := []string{"ringfence", v.Version, v.Revision, v.Go, v.Platform}
				p.Line(strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " "))
			})
		},
	}
}
