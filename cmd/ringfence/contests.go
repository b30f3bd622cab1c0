package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/contest"
	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
)

// contests is what the verbs about contests stand on.
func (a *app) contests() contest.Host {
	return contest.Host{
		Say: a.say,
		Ask: func(cmd *cobra.Command, q api.ContestQuery, human func(*show.Page, *api.Contests)) error {
			q.Lang = a.words(cmd).Lang()
			all, err := ask(a, cmd, tells, func(s api.Service) (api.Contests, error) { return s.Contests(cmd.Context(), q) })
			if err != nil {
				return err
			}
			return answer(a, cmd, &all, human)
		},
	}
}
