package main

import (
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/simulations"
)

func (a *app) demoCommand() *cobra.Command {
	cfg := simulations.DemoConfig{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a federation at work on this machine, with real data",
		Long: `Demo founds a federation of twelve members on this machine, starts a node of each
(four regulators, two operators, a resale operator, five publishers), and lets the
publishers publish real, public files on their own nodes: complaints to the US Federal
Trade Commission, split among three regional desks; numbers complained of in ninety
days; a Spanish list; and the service numbers of organisations in China. It shows how
all nodes come to one list, also one that was stopped meanwhile, lets three of the four
regulators ratify some of it, and shows some telling answers.

Then the nodes stay up with their APIs open, at --listen and the ports after it.
Type "stop es-list" and "start es-list" to see one catch up, "nodes" to compare
their lists, "help" for all commands; "quit" or Ctrl-C ends it.

The files are dated; the demo moves their dates so that the newest complaint is
of yesterday. Everything is made anew in a temporary directory and removed at
the end, or kept in --dir, which must be empty. Needs 2 GiB of free disk and 4 GiB
of memory.`,
		Example: `  ringfence demo
  ringfence demo --once --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f := cmd.Flags().Lookup("dir"); f.Changed {
				cfg.Dir = f.Value.String()
			}
			cfg.JSON, cfg.Out, cfg.In, cfg.Version = a.json, a.out, a.in, thisVersion().Version
			cfg.Now, cfg.Random = a.now, a.random
			if isTerminal(a.err) && !a.json {
				cfg.Progress = a.bars()
			}
			_, err := simulations.Demo(cmd.Context(), cfg)
			return err
		},
	}
	cmd.Flags().BoolVar(&cfg.Once, "once", false, "end after the summary")
	cmd.Flags().StringVar(&cfg.Listen, "listen", "127.0.0.1:8650", "`address` of the first node's API, the others' ports follow; port 0 for any free ones")
	return cmd
}

// bars shows one progress bar for each member and phase, and wipes it when the
// next begins.
func (a *app) bars() func(string, api.Progress) {
	var bar *progressbar.ProgressBar
	var member, phase string
	return func(who string, p api.Progress) {
		if who != member || p.Phase != phase {
			member, phase = who, p.Phase
			bar = progressbar.NewOptions64(max(p.Total, 1),
				progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription("  "+strings.TrimSpace(who+" "+p.Phase)),
				progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
		}
		bar.ChangeMax64(max(p.Total, 1)) // a node that catches up learns of more meanwhile
		_ = bar.Set64(min(p.Done, max(p.Total, 1)))
	}
}
