package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ringfence/simulations/bench"
)

func (a *app) benchCommand() *cobra.Command {
	var o bench.Options
	check := false
	var about strings.Builder
	for _, c := range bench.Cases() {
		fmt.Fprintf(&about, "  %-11s  %s\n", c.Name, c.About)
	}
	cmd := &cobra.Command{
		Use:   "bench [CASE]",
		Short: "Measure speed and size beside baselines, in one run",
		Long: `Bench measures what the project promises about speed and size, each figure
beside a baseline in the same run: on a shared machine only the ratio tells.
Without a case it runs all of them:

` + about.String() + `
It works in a temporary directory below --scratch and writes some 500 MB there.
With --check a goal that is missed ends with exit code 1.`,
		Example: `  ringfence bench
  ringfence bench publish --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !a.json {
				o.Told = func(format string, args ...any) { _, _ = fmt.Fprintf(a.err, format+"\n", args...) }
			}
			return a.bench(cmd, args, o, check)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Runs, "runs", 3, "measure so many `times` and take the median")
	f.StringVar(&o.Dir, "scratch", "", "`directory` to write in (default the system's for temporary files)")
	f.BoolVar(&check, "check", false, "end with exit code 1 when a goal is missed")
	return cmd
}

func (a *app) bench(cmd *cobra.Command, args []string, o bench.Options, check bool) error {
	if len(args) == 0 {
		for _, c := range bench.Cases() {
			args = append(args, c.Name)
		}
	}
	var results []bench.Result
	met := true
	for _, name := range args {
		r, err := bench.Run(cmd.Context(), name, o)
		if err != nil {
			return err
		}
		results = append(results, r)
		met = met && r.Met
	}
	if err := a.showBench(results); err != nil {
		return err
	}
	if check && !met {
		return errNo
	}
	return nil
}

// showBench writes one case as the object that the design names, several as
// one object that holds them.
func (a *app) showBench(results []bench.Result) error {
	switch {
	case !a.json:
		return bench.Table(a.out, results)
	case len(results) == 1:
		return a.writeJSON(results[0])
	}
	return a.writeJSON(struct {
		Results []bench.Result `json:"results"`
	}{results})
}

// benchChildCommand runs a part of a case that needs a process of its own.
func (a *app) benchChildCommand() *cobra.Command {
	return &cobra.Command{
		Use:                bench.ChildVerb,
		Short:              "Run a part of a benchmark in a process of its own",
		Long:               "Bench runs this by itself.",
		Hidden:             true,
		DisableFlagParsing: true,
		Run:                func(_ *cobra.Command, args []string) { bench.Child(args) },
	}
}
