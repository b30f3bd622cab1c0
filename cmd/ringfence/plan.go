package main

import (
	"errors"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) planCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "plan", Short: "Take numbering plans in, and list and remove them"}
	cmd.AddCommand(a.planImportCommand(), a.planListCommand(), a.planRemoveCommand())
	return cmd
}

func (a *app) planImportCommand() *cobra.Command {
	p := api.PlanImport{}
	cmd := &cobra.Command{
		Use:   "import FILE|- --format FORMAT --date DATE --source TEXT",
		Short: "Take a numbering plan in, with its date and source",
		Long: `Import reads a numbering plan that somebody else publishes and keeps it: from now
on the node tells class, holder and region of numbers by it, and which numbers
nobody has. Plans grow old, so every answer carries the plan's date, and screening
stops trusting it after a while (screening.plan_max_age_days).

Formats: libphonenumber-ranges (ranges.csv of one calling code, with --country)
and cn-ranges (a table of Chinese mobile blocks). A file that breaks off within a
line is refused, and so is one of another country. Undo with plan remove.`,
		Example: `  ringfence plan import ranges.csv --format libphonenumber-ranges --country 34 --date 2026-11-01 --source "libphonenumber v9"`,
		Args:    slip.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for name, value := range map[string]string{"format": p.Format, "date": p.Date, "source": p.Source} {
				if value == "" {
					return slip.Missing(cmd, "--"+name)
				}
			}
			return a.importPlan(cmd, p, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.Format, "format", "", "`format`: libphonenumber-ranges or cn-ranges")
	f.StringVar(&p.Country, "country", "", "calling `code` that the plan is about")
	f.StringVar(&p.Date, "date", "", "`date` as of which the plan is true")
	f.StringVar(&p.Source, "source", "", "`where` the plan comes from")
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
	return answer(a, cmd, plan, func(p *show.Page, one api.Plan) {
		show.Plans(p, []api.Plan{one})
		if !one.Note.IsZero() {
			p.Line(p.Phrase(one.Note))
		}
	})
}

func (a *app) planListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the numbering plans of this node",
		Long:    `List shows the plans by country, the newest first, and which of them were imported.`,
		Example: `  ringfence plan list`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := ask(a, cmd, asks, func(s api.Service) (api.Status, error) { return s.Status(cmd.Context()) })
			if err != nil {
				return err
			}
			if a.json {
				return a.writeJSON(struct {
					Plans []api.Plan `json:"plans"`
				}{s.Plans})
			}
			return answer(a, cmd, s.Plans, show.Plans)
		},
	}
}

func (a *app) planRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "remove COUNTRY DATE",
		Short: "Undo the import of a numbering plan",
		Long: `Remove takes an imported plan away, named by its calling code and date as plan
list shows them. The plans that are left answer again as before. Those that ship
with the program stay.`,
		Example: `  ringfence plan remove 34 2026-11-01`,
		Args:    slip.Exactly("COUNTRY", "DATE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := ask(a, cmd, asks, func(s api.Service) (api.Plan, error) { return s.RemovePlan(cmd.Context(), args[0], args[1]) })
			if err != nil {
				return err
			}
			return answer(a, cmd, p, func(page *show.Page, p api.Plan) { page.Say("plan_removed", p.Country, p.Date) })
		},
	}
}
