package council

import (
	"context"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// few is how many numbers a proposal is told by.
const few = 3

// named tells the first numbers that a proposal is about, and how many items more it has:
// nobody votes on a count. It says nothing where the items are not at hand.
func (c *Council) named(ctx context.Context, p *proposal) phrase.Phrase {
	var names []string
	items := 0
	for i := range p.parts {
		items += p.parts[i].Count
		for _, o := range p.parts[i].items {
			if len(names) == few {
				break
			}
			if subject := c.subject(ctx, p.Kind, o.Item); subject != "" {
				names = append(names, subject)
			}
		}
	}
	switch list := strings.Join(names, ", "); {
	case len(names) == 0:
		return phrase.Phrase{}
	case items > len(names):
		return phrase.New("motion.named_more", "%s and %d more", list, items-len(names))
	default:
		return phrase.Plain(list)
	}
}

// subject returns the number or range that an item enters, revokes or stays; "" where that
// cannot be read here, or was erased.
func (c *Council) subject(ctx context.Context, kind motion.Kind, item []byte) string {
	if kind != motion.Ratify {
		item = c.reversed(ctx, kind, item)
	}
	if r, err := motion.DecodeRatification(item); err == nil {
		return r.Subject.String()
	}
	return ""
}

// reversed returns the item of the entry that an item revokes or stays; none of another
// kind, or where it cannot be read here, or was erased.
func (c *Council) reversed(ctx context.Context, kind motion.Kind, item []byte) []byte {
	if kind != motion.Revoke && kind != motion.Stay {
		return nil
	}
	r, err := motion.DecodeReversal(item)
	tree := c.cfg.Ledger.Tree()
	if err != nil || r.Index >= tree.Size() {
		return nil
	}
	openings, err := ledger.NewReader(tree, c.cfg.Held).Openings(ctx, r.Index/ledger.Full)
	if at := r.Index % ledger.Full; err == nil && at < uint64(len(openings)) && len(openings[at]) > 0 {
		if o, err := motion.OpenOpening(openings[at]); err == nil {
			return o.Item
		}
	}
	return nil
}

// content tells the first items of motions.
func (c *Council) content(ctx context.Context, all []written) []phrase.Phrase {
	lines := []phrase.Phrase{}
	for i := range all {
		if all[i].Kind == motion.SetPolicy && len(all[i].items) > 0 {
			told := words.Policy(c.standing(all[i].ID), all[i].items)
			return told[:min(len(told), maxContent)]
		}
		for _, o := range all[i].items {
			if len(lines) == maxContent {
				return lines
			}
			line := words.Says(all[i].Federation, all[i].Kind, o.Item)
			if of := c.reversed(ctx, all[i].Kind, o.Item); len(of) > 0 {
				line = phrase.Join(line, words.Says(all[i].Federation, motion.Ratify, of))
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// standing returns the constitution that a motion changes or changed.
func (c *Council) standing(id cid.Cid) *charter.State {
	s := c.state()
	if first, ok := c.cfg.Decided.First(id); ok {
		if then, ok := s.At(first); ok {
			return then
		}
	}
	return s
}

// maxContent is how many items are shown in words.
const maxContent = 100
