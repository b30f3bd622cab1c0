package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) publicationsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "publications",
		Short: "List what this member published, newest first",
		Long: `Publications lists the files that were published, each under the ID by which it
can be undone as a whole. One that is open was cut short: publish the same file
again to finish it, or to say again what was retracted of it.

What the member published from another node, or this one before its store was
restored, is listed by what its statements tell, without file and content. A single
statement that was said by hand, not counting reports, has its reference alone.`,
		Example: `  ringfence publications --json`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := ask(a, cmd, speaks, func(s api.Service) ([]api.Publication, error) { return s.Publications(cmd.Context()) })
			if err != nil {
				return err
			}
			if a.json {
				return a.writeJSON(struct {
					Publications []api.Publication `json:"publications"`
				}{all})
			}
			return answer(a, cmd, all, show.Publications)
		},
	}
}
