package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
)

// version tells what this binary was built from.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source
	Modified bool   `json:"modified,omitempty"` // the source had changes beside it
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// thisVersion reads what the Go tool wrote into the binary.
func thisVersion() version {
	v := version{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
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
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return answer(a, cmd, thisVersion(), func(p *show.Page, v version) {
				p.Line("ringfence " + v.Version + " " + v.Revision + " " + v.Go + " " + v.Platform)
			})
		},
	}
}
