package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/contests"
	"ringfence/node/api"
)

// contests is what the verbs about contests stand on.
func (a *app) contests() contests.Host {
	return contests.Host{Say: a.say, Answer: a.council().Answer, Ask: func(cmd *cobra.Command, q api.ContestQuery) (api.Contests, error) {
		q.Lang = a.words(cmd).Lang()
		return ask(a, cmd, tells, func(s api.Service) (api.Contests, error) { return s.Contests(cmd.Context(), q) })
	}}
}
