package keyring

import (
	"slices"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
)

// Leave is the verb leave, which federation leave is as well.
func (h Host) Leave() *cobra.Command {
	var o options
	expel := false
	cmd := &cobra.Command{
		Use:   "leave [MEMBER]",
		Short: "End a membership: what was said stays, unless the member is expelled",
		Long: `Leave puts a motion to the regulators that ends the membership of this node's member,
with all its nodes and issuer keys, up to the last batch of each that is known here. What
they said up to there goes on counting until it expires; what is said afterwards does not,
and neither the keys nor the member's ID come back. Until it is enacted, ringfence motion
withdraw takes it back. Ranges that name the member, a seat of a regulator and a weight of
its own in the policy have to end before. With --expel, on a regulator's node, what the
named member asserted ends with it.

ringfence leave and ringfence federation leave are one verb.`,
		Example: `  ringfence leave --preview
  ringfence leave --reason "the service ends" --watch
  ringfence leave --dir acme --out leave.yaml
  ringfence federation leave acme --expel --reason "decision 12" --watch`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return slip.Exactly("MEMBER")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			a := &article.MemberRemoval{How: article.Leave}
			if expel {
				a.How = article.Expel
			}
			if len(args) == 1 {
				a.Member = args[0]
			} else {
				card, err := h.card(cmd)
				if err != nil {
					return bad(err)
				}
				a.Member = card.ID
			}
			_, size, heads, _, err := h.heads(cmd, api.FeedHeadQuery{Member: a.Member})
			if err != nil {
				return err
			}
			slices.SortFunc(heads, func(x, y motion.AnchoredHead) int { return int(x.Issuer) - int(y.Issuer) })
			a.Heads = heads
			if !expel {
				if err := h.Note(cmd, func(p *show.Page) { p.Say("leave.cut", a.Member) }); err != nil {
					return err
				}
			}
			return h.propose(cmd, &o, size, made{}, a)
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&expel, "expel", false, "end what the member asserted, too")
	cmd.Flags().Uint16Var(&o.days, "voted-days", 0, "for how many `days` it may be voted on (default 7, at most 92)")
	cmd.Flags().BoolVar(&o.preview, "preview", false, "only tell what it would do")
	slip.Exclusive(cmd, "preview", "watch")
	slip.Exclusive(cmd, "preview", "out")
	slip.Exclusive(cmd, "voted-days", "out")
	return cmd
}
