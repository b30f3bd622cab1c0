package main

import (
	"errors"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
)

func (a *app) planCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "plan", Short: "Take numbering plans in"}
	p := api.PlanImport{}
	imported := &cobra.Command{
		Use:   "import FILE|- --format FORMAT --date DATE --source TEXT",
		Short: "Take a numbering plan in, with its date and source",
		Long: `Import reads a numbering plan that somebody else publishes and keeps it: from now
on the node tells class, holder and region of numbers by it, and which numbers
nobody has. Plans grow old, so every answer carries the plan's date, and screening
stops trusting it after a while (screening.plan_max_age_days).

Formats: libphonenumber-ranges (ranges.csv of one calling code, with --country)
and cn-ranges (a table of Chinese mobile blocks).`,
		Example: `  ringfence plan import ranges.csv --format libphonenumber-ranges --country 34 --date 2026-11-01 --source "libphonenumber v9"`,
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for name, value := range map[string]string{"format": p.Format, "date": p.Date, "source": p.Source} {
				if value == "" {
					return usage(cmd, "--%s is missing", name)
				}
			}
			return a.importPlan(cmd, p, args[0])
		},
	}
	f := imported.Flags()
	f.StringVar(&p.Format, "format", "", "`format`: libphonenumber-ranges or cn-ranges")
	f.StringVar(&p.Country, "country", "", "calling `code` that the plan is about")
	f.StringVar(&p.Date, "date", "", "`date` as of which the plan is true")
	f.StringVar(&p.Source, "source", "", "`where` the plan comes from")
	cmd.AddCommand(imported)
	return cmd
}

func (a *app) importPlan(cmd *cobra.Command, p api.PlanImport, file string) (err error) {
	in, err := a.input(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	plan, err := ask(a, cmd, asks, func(s api.Service) (api.Plan, error) { return s.ImportPlan(cmd.Context(), p, in) })
	if err != nil {
		return err
	}
	return answer(a, cmd, plan, show.Plan)
}
