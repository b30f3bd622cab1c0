package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) explainCommand() *cobra.Command {
	q := api.Query{}
	var masked bool
	cmd := &cobra.Command{
		Use:   "explain NUMBER",
		Short: "Tell why the list says what it says of a number",
		Long: `Explain shows every statement about a number and about the ranges that hold it,
those that count and those that do not with the reason, what each contributed,
which rule decided, and on which day the answer changes by itself. --why-not
tells why the word of one member did not decide. --at explains how it was, as
ringfence lookup --at has it.`,
		Example: `  ringfence explain +8613800138000
  ringfence explain +8613800138000 --why-not acme`,
		Args: slip.Exactly("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Number, q.Lang = args[0], a.words(cmd).Lang()
			e, err := ask(a, cmd, asks, func(s api.Service) (api.Explanation, error) { return s.Explain(cmd.Context(), q) })
			if err != nil {
				return err
			}
			if masked {
				show.MaskExplanation(&e)
			}
			return answer(a, cmd, &e, show.Explanation)
		},
	}
	cmd.Flags().StringVar(&q.WhyNot, "why-not", "", "`member` whose word did not decide")
	queryFlags(cmd, &q)
	atFlag(cmd, &q)
	maskFlag(cmd, &masked)
	return cmd
}
