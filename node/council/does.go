package council

import (
	"context"

	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// does says in a sentence what a proposal would do, or did.
func (c *Council) does(ctx context.Context, p *proposal) phrase.Phrase {
	items, blocked, labelled, known := 0, 0, 0, true
	for i := range p.parts {
		items += p.parts[i].Count
		known = known && p.parts[i].items != nil
		if p.Kind != motion.Ratify {
			continue
		}
		for _, o := range p.parts[i].items {
			r, err := motion.DecodeRatification(o.Item)
			switch {
			case err != nil:
			case r.Action == taxonomy.Block:
				blocked++
			case r.Action == taxonomy.Label:
				labelled++
			}
		}
	}
	switch p.Kind {
	case motion.Ratify:
		if !known {
			return phrase.New("motion.ratify_some", "enters %s in the list, until %s", words.Amount(items), p.Until)
		}
		enters := phrase.New("motion.ratify", "enters %s to block, %s to label and %s to allow, until %s", words.Amount(blocked), words.Amount(labelled), words.Amount(items-blocked-labelled), p.Until)
		return phrase.Join(enters, c.named(ctx, p))
	case motion.Revoke:
		return phrase.Join(phrase.New("motion.revoke", "revokes for good %s of what is ratified", words.Amount(items)), c.named(ctx, p))
	case motion.Stay:
		return phrase.Join(phrase.New("motion.stay", "suspends for 24 hours %s of what is ratified", words.Amount(items)), c.named(ctx, p))
	case motion.Anchor:
		return phrase.New("motion.anchor", "fixes up to where the feeds count, and the list that comes of it")
	case motion.NoteFork:
		return phrase.New("motion.note_fork", "puts on record that feeds forked, with the proofs: %d", items)
	case motion.SetPolicy:
		return phrase.New("motion.set_policy", "sets the policy by which the list is made")
	}
	if len(p.parts) == 1 {
		if says := words.Change(p.parts[0].Federation, p.Kind, p.parts[0].items); !says.IsZero() {
			return says
		}
	}
	return words.Changes(p.Kind, items)
}
