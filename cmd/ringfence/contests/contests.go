// Package contests is the verbs by which people dispute what is said of a number, see what
// is disputed, and answer: contest, contests and answer.
//
// Floor 15, a room of cmd/ringfence. It asks the node, and decides nothing.
package contests

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Host is what the verbs stand on.
type Host struct {
	// Say says one thing in the member's name and shows what came of it.
	Say func(cmd *cobra.Command, what api.Say) error
	// Ask asks the node for contests.
	Ask func(cmd *cobra.Command, q api.ContestQuery) (api.Contests, error)
	// Answer shows what came of a verb: as one JSON object, or as people read it.
	Answer func(cmd *cobra.Command, value any, human func(*show.Page)) error
}

// Commands returns the verbs.
func (h Host) Commands() (speak, ask []*cobra.Command) {
	return []*cobra.Command{h.contest(), h.answer()}, []*cobra.Command{h.contests()}
}

func (h Host) contest() *cobra.Command {
	s := api.Say{Kind: "contest"}
	cmd := &cobra.Command{
		Use:   "contest NUMBER|RANGE",
		Short: "Dispute what is said of a number, for its user",
		Long: `Contest signs that the user of a number disputes what is said of it. Only who holds,
resells or serves the number may say so, once in 90 days. Once the regulators have
anchored the contest the entry says that it is contested, and every publisher whose
word it disputes has some days (three, unless the policy says otherwise; by the ledger's
clock) to answer. Who does not answer in time loses what it said of the number, for
good. --preview tells which evidence would be disputed. A mistaken contest is taken back
with ringfence retract.`,
		Example: `  ringfence contest +8613800138000 --reason "our customer's own line, never used for sales" --preview
  ringfence contest +8613800138000 --statement bafyreib…/17 --reason "wrong number"`,
		Args: slip.Exactly("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.Subject = args[0]
			return h.Say(cmd, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.Reason, "reason", "", "the `grounds`, in words")
	f.StringSliceVar(&s.Targets, "statement", nil, "`reference` of a statement that is disputed; all that is said of the number if left out")
	f.StringVar(&s.Country, "country", "", "calling `code` under which the number is read (default the node's)")
	f.BoolVar(&s.Preview, "preview", false, "only tell what would be disputed")
	return cmd
}

func (h Host) answer() *cobra.Command {
	s := api.Say{Kind: "answer"}
	var withdraw bool
	cmd := &cobra.Command{
		Use:   "answer NUMBER|REFERENCE --uphold|--withdraw --reason WHY",
		Short: "Answer a contest of what this member said",
		Long: `Answer signs what becomes of what this member said of a number that is contested: it
is upheld and goes on counting, or withdrawn and ends. The number will do where one
contest of it waits; else name the contest by its reference, as ringfence contests
shows it. An answer that upholds counts only if the regulators anchor it, and the
ledger ticks, before the deadline: answer early.`,
		Example: `  ringfence answer +8613800138000 --uphold --reason "40 complaints since May" --preview
  ringfence answer bafyreib…/0 --withdraw --reason "the reports were about another number"`,
		Args: slip.Exactly("NUMBER or REFERENCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.Upheld == withdraw {
				return slip.Of(cmd, phrase.New("usage.answer", "name one of --uphold and --withdraw"))
			}
			if s.Reason == "" {
				return slip.Missing(cmd, "--reason")
			}
			s.Subject = args[0]
			return h.Say(cmd, s)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&s.Upheld, "uphold", false, "what was said stands")
	f.BoolVar(&withdraw, "withdraw", false, "what was said ends")
	f.StringVar(&s.Reason, "reason", "", "`why`, in words")
	f.StringVar(&s.Country, "country", "", "calling `code` under which the number is read (default the node's)")
	f.BoolVar(&s.Preview, "preview", false, "only tell what would change")
	return cmd
}

func (h Host) contests() *cobra.Command {
	q := api.ContestQuery{}
	cmd := &cobra.Command{
		Use:   "contests",
		Short: "List what is disputed and who has yet to answer",
		Long: `Contests lists the contests that are open, the most urgent first: the number, who
disputes what is said of it, since when, who has yet to answer, and how long is left by
the ledger's clock. While no anchor of the regulators covers a contest its time does not
run. With --mine it lists those alone that wait for this member's answer. ringfence
explain NUMBER also tells of contests that are over.`,
		Example: `  ringfence contests --mine
  ringfence contests --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := h.Ask(cmd, q)
			if err != nil {
				return err
			}
			return h.Answer(cmd, &all, func(p *show.Page) { show.Contests(p, &all, q.Mine) })
		},
	}
	cmd.Flags().BoolVar(&q.Mine, "mine", false, "those alone that wait for this member's answer")
	return cmd
}
