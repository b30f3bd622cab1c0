package council

import (
	"context"

	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/motion"
)

// does says in a sentence what a proposal would do, or did.
func (c *Council) does(ctx context.Context, p *proposal) phrase.Phrase {
	items, opened, known := 0, []motion.Opening{}, true
	for i := range p.parts {
		items += p.parts[i].Count
		known = known && p.parts[i].items != nil
		opened = append(opened, p.parts[i].items...)
	}
	if !known {
		opened = nil
	}
	says := words.Does(p.Kind, items, opened, p.Until)
	switch {
	case p.Kind == motion.Ratify && known, p.Kind == motion.Revoke, p.Kind == motion.Stay:
		return phrase.Join(says, c.named(ctx, p))
	case !says.IsZero():
		return says
	case len(p.parts) == 1:
		if says := words.Change(p.parts[0].Federation, p.Kind, p.parts[0].items); !says.IsZero() {
			return says
		}
	}
	return words.Changes(p.Kind, items)
}
