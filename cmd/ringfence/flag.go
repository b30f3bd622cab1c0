package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

func (a *app) flagCommand() *cobra.Command {
	s := api.Say{Kind: "flag"}
	var confidence uint16
	cmd := &cobra.Command{
		Use:   "flag NUMBER|RANGE --category CODE",
		Short: "Say by hand what a number is",
		Long: `Flag signs one statement: the member's whole current view of one number, or one
range, in one category. It replaces what the member said of it in that category
before. Without --reports it counts as made by a person's hand, at the policy's
confidence for that. What the list would not count is refused before anything
is signed.`,
		Example: `  ringfence flag +8613800138000 --category mkt.finance.loan --label "贷款推销" --reports 12
  ringfence flag +8613800138000 --category crm.fraud.impersonation --preview`,
		Args: slip.Exactly("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.Category == "" {
				return slip.Missing(cmd, "--category")
			}
			if cmd.Flags().Changed("reports") && s.Reports == 0 {
				return slip.Of(cmd, phrase.New("usage.reports", "--reports is 1 or more; left out, a person's judgement is said"))
			}
			if cmd.Flags().Changed("confidence") {
				s.Confidence = &confidence
			}
			s.Subject = args[0]
			return a.say(cmd, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.Category, "category", "", "category `code`, such as mkt.finance.loan")
	f.StringVar(&s.Label, "label", "", "the member's own `words`, kept verbatim")
	f.Uint32Var(&s.Reports, "reports", 0, "`count` of reports behind it, in all")
	f.Uint16Var(&confidence, "confidence", 0, "confidence in `permille`, instead of what follows from the reports")
	f.StringVar(&s.FirstSeen, "first-seen", "", "`time` of the first observation")
	f.StringVar(&s.LastSeen, "last-seen", "", "`time` of the last observation (default now)")
	f.StringSliceVar(&s.Derived, "derived", nil, "`reference` or member whose word this repeats; it then adds nothing to it")
	sayFlags(f, &s)
	return cmd
}

// sayFlags are those of every verb that says one thing about a number.
func sayFlags(f *pflag.FlagSet, s *api.Say) {
	f.StringVar(&s.Country, "country", "", "calling `code` under which the number is read (default the node's)")
	f.StringVar(&s.Expires, "expires", "", "`time` at which it ends (default as the policy says)")
	f.BoolVar(&s.Preview, "preview", false, "only tell what would change")
}

// say says one thing, and shows what came of it.
func (a *app) say(cmd *cobra.Command, what api.Say) error {
	said, err := ask(a, cmd, speaks, func(s api.Service) (api.Said, error) { return s.Say(cmd.Context(), what) })
	if err != nil {
		return err
	}
	return answer(a, cmd, &said, show.Said)
}
