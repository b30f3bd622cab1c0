package council

import (
	"context"

	"ringfence/consensus/ballot"
	"ringfence/node/api"
	"ringfence/node/council/anchors"
	"ringfence/node/council/submit"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/motion"
)

// anchoring makes a regulator's part in anchors. Of a member nothing is kept for it.
func (c *Council) anchoring() {
	cfg := c.cfg.Anchors
	if cfg.Pieces == nil {
		return
	}
	if c.cfg.Regulator == nil {
		cfg.Pieces.Drop()
		return
	}
	cfg.Ledger, cfg.Regulator, cfg.Vote = c.cfg.Ledger, c.cfg.Regulator, c.cfg.Vote
	cfg.List, cfg.Now, cfg.Random, cfg.Logger = c.cfg.List, c.cfg.Now, c.cfg.Random, c.log
	c.anchors = anchors.New(cfg)
	c.Seats.Anchors = c.anchors
}

// proposeAnchor puts an anchor of what moved to the regulators, or previews it.
func (c *Council) proposeAnchor(ctx context.Context, p *api.Proposal) (api.Proposed, error) {
	if c.anchors == nil || c.seat() == "" {
		return api.Proposed{}, words.NoAnchor()
	}
	out, m, command, err := c.anchors.Draft(p)
	if err != nil || p.Preview {
		return out, err
	}
	c.mu.Lock()
	c.remember(m)
	c.mu.Unlock()
	waits, err := c.submits.Submit(ctx, submit.Command{Motion: m.ID, Bytes: command, Expires: m.Expires})
	if err != nil {
		return out, err
	}
	if !waits.IsZero() {
		out.Told = &waits
	}
	if out.Motion, err = c.Motion(ctx, m.ID.String()); err == nil {
		out.Effect = *out.Motion.Effect
	}
	return out, err
}

// byItself refuses a vote by hand for an anchor, which only the node can judge.
func byItself(k motion.Kind, voteFor bool) error {
	if k != motion.Anchor || !voteFor {
		return nil
	}
	return api.Tell(api.Refused, phrase.New("council.by_itself", "nobody votes for an anchor by hand: the node does by itself once it came to the same list, and ringfence status says so where it comes to another"))
}

// waitsFor reports whether a motion waits for a person at this regulator's node.
func waitsFor(o *ballot.Open, seat string) bool {
	return o.Motion.Kind != motion.Anchor && o.WaitsFor(seat) && (o.Blocked == nil || o.Blocked.Code.Passing())
}
