package main

import (
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/build"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
)

// revision is written by the linker in make build and by nothing else: the
// revision of the source, with -dirty behind it when there were changes.
var revision string

// thisVersion reads what the Go tool and make wrote into the binary.
func thisVersion() build.Version {
	info, _ := debug.ReadBuildInfo()
	return build.Of(info, revision)
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Tell what this binary was built from",
		Long:    `Version tells the version, the revision of the source, and the Go toolchain.`,
		Example: `  ringfence version --json`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return answer(a, cmd, thisVersion(), func(p *show.Page, v build.Version) {
				words := []string{"ringfence", v.Version, v.Revision, v.Go, v.Platform}
				p.Line(strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " "))
			})
		},
	}
}
