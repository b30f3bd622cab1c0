package motions

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/council"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
)

func (h Host) admit() *cobra.Command {
	p := api.Proposal{Kind: "admit_member"}
	watch := false
	cmd := &cobra.Command{
		Use:   "admit MEMBER|ID|CARD",
		Short: "Admit a newcomer that asks to join, as the regulator of this node",
		Long: `Admit votes for the admission of a newcomer. Who asks stands in ringfence motion list
--mine; name it by its member ID, or by the ID of its request. The first regulator that
says so brings it before the others; each says the same on its own node.

A file is the newcomer's card.yaml, as it was handed over by a way that you trust: then
the request that says exactly the same is taken, and no other. Or it is its request.pem,
which holds all that is needed when its node cannot reach the regulators.`,
		Example: `  ringfence admit acme --watch
  ringfence admit card.yaml --reason "contract of 2026-11-12"
  ringfence admit request.pem --preview`,
		Args: slip.Exactly("MEMBER"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if !strings.ContainsAny(args[0], "./") && args[0] != "-" {
				return h.admitNamed(cmd, args[0], p.Preview, watch)
			}
			p.FileName = args[0]
			if p.File, err = h.read(args[0]); err != nil {
				return err
			}
			return h.put(cmd, p, watch)
		},
	}
	proposalFlags(cmd.Flags(), &p, &watch)
	slip.Exclusive(cmd, "preview", "watch")
	return cmd
}

// admitNamed votes for the one admission that waits under a name.
func (h Host) admitNamed(cmd *cobra.Command, name string, preview, watch bool) error {
	var m api.Motion
	err := h.Ask(cmd, !preview, func(s api.Council) error {
		all, err := s.Motions(cmd.Context(), api.MotionQuery{})
		if err != nil {
			return err
		}
		waiting := slices.DeleteFunc(all.Motions, func(m api.Motion) bool {
			return m.Kind != "admit_member" || m.State != api.MotionInbox && m.State != api.MotionOpen || m.Subject != name && !strings.HasPrefix(m.ID, name)
		})
		switch {
		case len(waiting) == 0:
			if _, err := s.FeedHeads(cmd.Context(), api.FeedHeadQuery{Member: name}); err == nil {
				return api.Tell(api.NotFound, phrase.New("usage.in_already", "%s is a member of the federation already: nothing is left to vote on", name))
			}
			if all.Member == "" {
				return words.NoRegulator()
			}
			return api.Tell(api.NotFound, phrase.New("usage.nobody_asks", "nobody asks to be admitted as %s; ringfence motion list --mine shows who does", name))
		case len(waiting) > 1:
			var ids []string
			for _, m := range waiting {
				ids = append(ids, m.ID)
			}
			return api.Tell(api.BadInput, phrase.New("usage.many_ask", "several ask to be admitted as %s, with different keys: %s; look at each with ringfence motion show, and admit the right one by its ID or its card", name, strings.Join(ids, ", ")))
		case preview:
			m, err = s.Motion(cmd.Context(), waiting[0].ID)
			return err
		}
		m, err = s.VoteMotion(cmd.Context(), api.MotionVote{ID: waiting[0].ID, For: true})
		return err
	})
	if preview && err == nil {
		return h.Answer(cmd, &m, func(p *show.Page) { council.Preview(p, &m) })
	}
	return h.told(cmd, &m, watch, err)
}
