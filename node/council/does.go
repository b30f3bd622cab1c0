package council

import (
	"context"

	"ringfence/node/api"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// does says in a sentence what a proposal would do, or did.
func (c *Council) does(p *proposal) phrase.Phrase {
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
			return phrase.New("motion.ratify_some", "enters %d entries of the list until %s", items, p.Until)
		}
		return phrase.New("motion.ratify", "enters %d blocks, %d labels and %d entries that allow, until %s", blocked, labelled, items-blocked-labelled, p.Until)
	case motion.Revoke:
		return phrase.New("motion.revoke", "revokes %d ratified entries for good", items)
	case motion.Stay:
		return phrase.New("motion.stay", "suspends %d ratified entries for 24 hours", items)
	case motion.Anchor:
		return phrase.New("motion.anchor", "fixes up to where the feeds count, and the list that comes of it")
	case motion.NoteFork:
		return phrase.New("motion.note_fork", "puts the proof of %d forks on record", items)
	case motion.SetPolicy:
		return phrase.New("motion.set_policy", "sets the policy by which the list is made")
	}
	if len(p.parts) == 1 {
		if says := words.Change(p.parts[0].Federation, p.Kind, p.parts[0].items); !says.IsZero() {
			return says
		}
	}
	switch p.Kind {
	case motion.AdmitRegulator, motion.RemoveRegulator, motion.RekeyRegulator:
		return phrase.New("motion.regulators", "changes the regulators: %s", p.Kind)
	}
	return phrase.New("motion.charter", "changes the charter in %d places: %s", items, p.Kind)
}

// maxContent is how many items are shown in words.
const maxContent = 100

// content tells the first items of motions, one a line.
func (c *Council) content(ctx context.Context, all []written) []string {
	lines := []string{}
	for i := range all {
		for _, o := range all[i].items {
			if len(lines) == maxContent {
				return lines
			}
			lines = append(lines, words.Says(all[i].Federation, all[i].Kind, o.Item)+c.reversed(ctx, all[i].Kind, o.Item))
		}
	}
	return lines
}

// reversed tells what stands in the entry that an item revokes or stays: nobody votes on an
// index. Nothing of another kind, or where the entry cannot be read here, or was erased.
func (c *Council) reversed(ctx context.Context, kind motion.Kind, item []byte) string {
	if kind != motion.Revoke && kind != motion.Stay {
		return ""
	}
	r, err := motion.DecodeReversal(item)
	if err != nil {
		return ""
	}
	held, err := c.LedgerEntries(ctx, api.LedgerQuery{Since: r.Index, Count: 1})
	if err != nil || len(held.Entries) == 0 || held.Entries[0].Says == "" {
		return ""
	}
	return ": " + held.Entries[0].Says
}
