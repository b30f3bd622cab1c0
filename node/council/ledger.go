package council

import (
	"context"
	"errors"
	"fmt"

	"ringfence/node/api"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// fetch brings the items of a motion that lies in the ledger.
func (c *Council) fetch(ctx context.Context, p *part) error {
	if p.state != api.MotionEnacted || p.items != nil {
		return nil
	}
	p.items = make([]motion.Opening, 0, p.Count)
	r := ledger.NewReader(c.cfg.Ledger.Tree(), c.cfg.Held)
	for at, end := p.first+1, p.first+1+uint64(p.Count); at < end; {
		openings, err := r.Openings(ctx, at/ledger.Full)
		if err != nil {
			return unreadable(err)
		}
		for ; at < end && at%ledger.Full < uint64(len(openings)); at++ {
			var o motion.Opening
			if b := openings[at%ledger.Full]; len(b) > 0 {
				if o, err = motion.OpenOpening(b); err != nil {
					return unreadable(err)
				}
			}
			p.items = append(p.items, o)
			if at%ledger.Full == ledger.Full-1 {
				at++
				break
			}
		}
	}
	return nil
}

func unreadable(err error) error {
	return api.Tell(api.Unavailable, phrase.New("council.unreadable", "the ledger cannot be read here: %s", err))
}

// LedgerState implements api.Council.
func (c *Council) LedgerState(context.Context) (api.LedgerState, error) {
	s := c.cfg.Ledger.Standing()
	tree := c.cfg.Ledger.Tree()
	out := api.LedgerState{
		Size: s.Size(), Root: tree.Head().Root.String(), Cosigners: []api.Cosigner{}, Quorum: s.State.Cosigners().Quorum(), Anchor: c.cfg.Ledger.Past().LastAnchor(),
	}
	if s.Note.Size > 0 {
		out.Checkpoint = string(s.Note.Bytes())
	}
	if s.Fresh > 0 {
		age := max(c.cfg.Now().Unix()-s.Fresh, 0)
		out.Certified, out.FreshSeconds = words.Clock(s.Fresh), &age
	}
	if s.Tick > 0 {
		out.Tick = words.Clock(s.Tick)
	}
	set := s.State.Cosigners()
	signed := set.Cosignatures(s.Note)
	for i, seat := range s.State.Regulators() {
		one := api.Cosigner{Member: seat.Member, Name: set[i].Name()}
		if signed[i] != nil {
			one.Cosigned = words.Clock(signed[i].Time)
		}
		out.Cosigners = append(out.Cosigners, one)
	}
	if c.cfg.Regulator != nil {
		if d, running := c.cfg.Regulator.Docket(); running && d.Size > out.Size {
			out.Provisional = d.Size
		}
	}
	if s.Trouble != nil {
		trouble := phrase.From(s.Trouble)
		out.Trouble = &trouble
	}
	return out, nil
}

// LedgerEntries implements api.Council.
func (c *Council) LedgerEntries(ctx context.Context, q api.LedgerQuery) (api.LedgerEntries, error) {
	const usual = 100
	count := q.Count
	if count == 0 {
		count = usual
	}
	if count < 1 || count > api.MaxLedgerEntries {
		return api.LedgerEntries{}, api.Tell(api.BadInput, phrase.New("council.count", "count: %d entries; 1 to %d", q.Count, api.MaxLedgerEntries))
	}
	state, tree := c.state(), c.cfg.Ledger.Tree() // once: it grows meanwhile
	r, size := ledger.NewReader(tree, c.cfg.Held), tree.Size()
	out := api.LedgerEntries{Size: size, Entries: []api.LedgerEntry{}, Next: min(q.Since, size)}
	var bundle, openings [][]byte
	for at := out.Next; at < size && len(out.Entries) < count; at++ {
		if bundle == nil || at%ledger.Full == 0 {
			var errs [2]error
			bundle, errs[0] = r.Entries(ctx, at/ledger.Full)
			openings, errs[1] = r.Openings(ctx, at/ledger.Full)
			if err := errors.Join(errs[0], errs[1]); err != nil {
				return api.LedgerEntries{}, unreadable(err)
			}
		}
		e, err := words.EntryOf(state, bundle[at%ledger.Full], openings[at%ledger.Full])
		if err != nil {
			return api.LedgerEntries{}, unreadable(fmt.Errorf("entry %d: %w", at, err))
		}
		e.Index = at
		out.Entries = append(out.Entries, e)
		out.Next = at + 1
	}
	return out, nil
}
