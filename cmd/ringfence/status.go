package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) statusCommand() *cobra.Command {
	again := false
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the node stands",
		Long: `Status tells who the node is, what it holds (feeds, statements, list, plans), how
old the list is, how much room the disk has, and what is wrong.

When a key of the member signed two stories, what it said under that key counts for
nothing. --say-again lists what has to be said again under another key that the charter
names for it, on the node that holds that key, without what it took back, replaced or
said again itself. A file is said again whole by publishing it there.`,
		Example: `  ringfence status --dir acme --json
  ringfence status --say-again`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if again {
				all, err := ask(a, cmd, tells, func(s api.Service) (api.SayAgain, error) { return s.SayAgain(cmd.Context()) })
				if err != nil {
					return err
				}
				return answer(a, cmd, &all, show.SayAgain)
			}
			s, err := ask(a, cmd, tells, func(s api.Service) (api.Status, error) { return s.Status(cmd.Context()) })
			if err != nil {
				return err
			}
			return answer(a, cmd, &s, show.Status)
		},
	}
	cmd.Flags().BoolVar(&again, "say-again", false, "list what has to be said again after a fork of the member's own key")
	return cmd
}
