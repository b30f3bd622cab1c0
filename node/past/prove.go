package past

import (
	"context"
	"errors"
	"strconv"
	"time"

	"ringfence/consensus/prove"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Prove implements api.Prover.
func (t *Teller) Prove(ctx context.Context, q api.ProofQuery) (api.Proof, error) {
	m, err := t.maker()
	if err != nil {
		return api.Proof{}, err
	}
	n, err := t.number(q)
	if err != nil {
		return api.Proof{}, err
	}
	switch q.What {
	case api.ProofRatified:
		return t.ratified(ctx, m, n, q)
	case api.ProofListed, api.ProofAbsent:
		return t.listed(ctx, m, n, q)
	case "":
		return t.either(ctx, m, n, q)
	}
	return api.Proof{}, api.Tell(api.BadInput, phrase.New("past.no_such_proof", "%q is none of ratified, listed and absent", q.What))
}

// ProveSets implements api.Prover.
func (t *Teller) ProveSets(ctx context.Context, pin bool) (api.Proof, error) {
	m, err := t.maker()
	if err != nil {
		return api.Proof{}, err
	}
	file, err := m.Sets(ctx, pin)
	if err != nil {
		return api.Proof{}, failed(err)
	}
	return t.check(ctx, m, file)
}

// maker makes proofs of the ledger as it is certified now.
func (t *Teller) maker() (*prove.Maker, error) {
	s := t.cfg.Ledger.Standing()
	if s.Note.Size == 0 {
		return nil, api.Tell(api.Unavailable, phrase.New("past.no_checkpoint", "no checkpoint that the regulators certified has reached this node yet; a proof ends in one: ringfence ledger show tells how the ledger stands"))
	}
	return &prove.Maker{State: s.State, Ledger: t.reader(), Note: s.Note}, nil
}

// number reads the number that a proof is to be about: the first reading that the list
// knows, else the first that is a number.
func (t *Teller) number(q api.ProofQuery) (number.Number, error) {
	readings, err := t.cfg.Book().Read(api.Query{Number: q.Number, Country: q.Country})
	if err != nil {
		return number.Number{}, err
	}
	l := t.cfg.List()
	for _, c := range readings.All() {
		if n, ok := c.Number(); ok {
			if _, _, listed := l.Lookup(n); listed {
				return n, nil
			}
		}
	}
	n, _ := readings.Number()
	return n, nil
}

// either proves what says most: a ratified entry that was in force, else what the list
// said, else a ratified entry that was not.
func (t *Teller) either(ctx context.Context, m *prove.Maker, n number.Number, q api.ProofQuery) (api.Proof, error) {
	r, err := t.ruling(ctx, n, q.At)
	if err != nil {
		return api.Proof{}, err
	}
	if r.index != 0 && (r.named || r.Decides) {
		return t.entry(ctx, m, n, r, q.Full)
	}
	var none *api.Error
	p, err := t.listed(ctx, m, n, q)
	if r.index != 0 && errors.As(err, &none) && none.Code == noAnchor {
		return t.entry(ctx, m, n, r, q.Full)
	}
	return p, err
}

// ratified proves that regulators ratified, revoked or stayed an entry on a number.
func (t *Teller) ratified(ctx context.Context, m *prove.Maker, n number.Number, q api.ProofQuery) (api.Proof, error) {
	r, err := t.ruling(ctx, n, q.At)
	switch {
	case err != nil:
		return api.Proof{}, err
	case r.index == 0 && r.erased > 0:
		return api.Proof{}, api.Tell(api.NotFound, openings(r.erased))
	case r.index == 0 && q.At != "":
		return api.Proof{}, api.Tell(api.NotFound, phrase.New("past.not_ratified_by_then", "the ledger had no entry about %s or a range around it by then: ringfence prove %s --at with a later time, or without, asks again", n, n))
	case r.index == 0:
		return api.Proof{}, api.Tell(api.NotFound, phrase.New("past.never_ratified", "the ledger has no entry about %s or a range around it: ringfence prove %s --listed, or --absent, proves what the list says", n, n))
	}
	return t.entry(ctx, m, n, r, q.Full)
}

// ruling is an entry of the ledger that says something of a number.
type ruling struct {
	view.Ratified        // as of the moment asked about; zero where the entry was named
	index         uint64 // of the entry; 0 for none
	named         bool   // by who asks
	erased        int    // entries that may have been it, of which nobody knows what they said
}

// ruling finds what the regulators decided about a number: the entry that is named, or the
// one that decided at a moment, else the newest that was not revoked, else the newest.
func (t *Teller) ruling(ctx context.Context, n number.Number, at string) (ruling, error) {
	if index, err := strconv.ParseUint(at, 10, 64); err == nil {
		index, err := t.named(ctx, n, index)
		return ruling{index: index, named: true}, err
	}
	l, best := t.cfg.List(), ruling{}
	if at != "" {
		size, err := t.sizeOf(ctx, at)
		if err != nil {
			return ruling{}, err
		}
		s, err := t.stand(ctx, moment{size: size})
		if err != nil {
			return ruling{}, failed(err)
		}
		l, best.erased = s.list, s.erased
	}
	x := l.Explain(n)
	for _, k := range x.Keys {
		for _, r := range k.Ratified {
			r.Decides = r.Decides && k.Key == x.Decides
			if better(r, best) {
				best = ruling{Ratified: r, index: r.Index}
			}
		}
	}
	return best, nil
}

func better(r view.Ratified, than ruling) bool {
	switch {
	case than.index == 0, r.Decides:
		return true
	case than.Decides:
		return false
	case r.Revoked != than.Revoked:
		return !r.Revoked
	}
	return r.Index > than.Index
}

// named returns the entry about a number that an index names: its own, or that of the
// motion with it; 0 if it is of a motion that says nothing of any number.
func (t *Teller) named(ctx context.Context, n number.Number, index uint64) (uint64, error) {
	r := t.reader()
	if err := t.has(index); err != nil {
		return 0, err
	}
	opened, err := entryAt(ctx, r, index, t.cfg.Founded)
	if err != nil {
		return 0, failed(err)
	}
	kind, first, last := motion.Kind(0), index, index
	switch e := opened.(type) {
	case motion.ItemEntry:
		kind = e.Kind
	case motion.MotionEntry:
		kind, first, last = e.Motion.Kind, index+1, index+uint64(e.Motion.Count)
	}
	if kind != motion.Ratify && kind != motion.Revoke && kind != motion.Stay {
		return 0, nil
	}
	var erased error
	for at := first; at <= last; at++ {
		about, err := t.about(ctx, kind, at)
		switch {
		case err == nil && holds(about, n):
			return at, nil
		case isErased(err):
			erased = err
		case err != nil && first == last:
			return 0, failed(err)
		}
	}
	if erased != nil { // it may have been the one
		return 0, erased
	}
	return 0, api.Tell(api.NotFound, phrase.New("past.of_another", "ledger entry %d says nothing of %s", index, n))
}

// has refuses an entry that the certified ledger does not have.
func (t *Teller) has(index uint64) error {
	if size := t.cfg.Ledger.Standing().Size(); index >= size {
		return api.Tell(api.NotFound, phrase.New("past.no_entry", "the ledger has entries 0 to %d here, and no entry %d", size-1, index))
	}
	return nil
}

// about returns what an item of a motion that ratifies, revokes or stays is about.
func (t *Teller) about(ctx context.Context, kind motion.Kind, index uint64) (number.Range, error) {
	item, err := itemAt(ctx, t.reader(), index)
	if err == nil && kind != motion.Ratify {
		var back motion.Reversal
		if back, err = motion.DecodeReversal(item); err == nil {
			item, err = itemAt(ctx, t.reader(), back.Index)
		}
	}
	if err != nil {
		return number.Range{}, err
	}
	one, err := motion.DecodeRatification(item)
	return one.Subject, err
}

// holds reports whether a range, of any length too, holds a number.
func holds(r number.Range, n number.Number) bool {
	for key := range r.Keys() {
		if around, ok := n.Enclosing(key.Free()); ok && around == key {
			return true
		}
	}
	return false
}

// entry proves an entry that ratified, revoked or stayed, and notes what ended it since.
func (t *Teller) entry(ctx context.Context, m *prove.Maker, n number.Number, r ruling, full bool) (api.Proof, error) {
	making := m.Entry
	if full {
		making = m.Full
	}
	file, err := making(ctx, r.index)
	if err != nil {
		return api.Proof{}, failed(err)
	}
	p, err := t.check(ctx, m, file)
	if err != nil || p.What != api.ProofRatified {
		return p, err
	}
	notes, err := t.since(ctx, n, r.index)
	p.Notes = append(p.Notes, notes...)
	return p, err
}

// since tells what became of a ratified entry.
func (t *Teller) since(ctx context.Context, n number.Number, index uint64) ([]phrase.Phrase, error) {
	for _, k := range t.cfg.List().Explain(n).Keys {
		for _, r := range k.Ratified {
			switch {
			case r.Index != index || r.Decides:
			case r.Revoked:
				by, err := t.reversal(ctx, motion.Revoke, index)
				return []phrase.Phrase{phrase.New("past.revoked_since", "the entry was revoked since, by ledger entry %d, which is proved with --at %d", by, by)}, err
			case r.Stayed > t.tick():
				by, err := t.reversal(ctx, motion.Stay, index)
				return []phrase.Phrase{phrase.New("past.stayed_since", "the entry is suspended for a day, by ledger entry %d, which is proved with --at %d", by, by)}, err
			default:
				return []phrase.Phrase{phrase.New("past.not_in_force", "the entry does not decide now: ringfence explain %s tells why", n)}, nil
			}
		}
	}
	return nil, nil
}

func (t *Teller) tick() int64 {
	now, _ := t.cfg.List().Now()
	return now
}

// reversal finds the last entry that revoked, or stayed, another; 0 if what they said was
// erased.
func (t *Teller) reversal(ctx context.Context, kind motion.Kind, index uint64) (last uint64, err error) {
	r, size := t.reader(), t.cfg.Ledger.Standing().Size()
	for at := index + 1; at < size; at++ {
		opened, err := entryAt(ctx, r, at, t.cfg.Founded)
		if err != nil {
			return 0, failed(err)
		}
		if e, ok := opened.(motion.ItemEntry); !ok || e.Kind != kind {
			continue
		}
		item, err := itemAt(ctx, r, at)
		if err != nil {
			continue // erased
		}
		if back, err := motion.DecodeReversal(item); err == nil && back.Index == index {
			last = at
		}
	}
	return last, nil
}

// noAnchor is the code of the error that says: there is nothing yet by which the list
// could be proved.
const noAnchor = "past.unanchored"

// listed proves what the list said of a number at an anchor, and refuses to prove the
// opposite of what was asked for.
func (t *Teller) listed(ctx context.Context, m *prove.Maker, n number.Number, q api.ProofQuery) (api.Proof, error) {
	if q.Full {
		return api.Proof{}, api.Tell(api.BadInput, phrase.New("past.full_list", "--full is for what the regulators ratified; a proof of the list has no more to it"))
	}
	a, err := t.anchorOf(ctx, q.At)
	if err != nil {
		return api.Proof{}, err
	}
	if a == nil {
		return api.Proof{}, api.Tell(api.Refused, phrase.New("past.unanchored", "the ledger has no anchor by then, and what the list says is proved by the last one: regulators anchor it hourly when something moved, or at once with ringfence motion propose anchor; what they ratified is proved without one"))
	}
	s, err := t.stand(ctx, moment{a.point.Size, a})
	var why lost
	switch {
	case errors.As(err, &why):
		return api.Proof{}, api.Tell(why.kind, phrase.Join(phrase.New("past.list_lost", "what the list said at the anchor in ledger entry %d is not recomputable here", a.index), why.Phrase))
	case err != nil:
		return api.Proof{}, failed(err)
	}
	file, err := m.Listed(ctx, n, a.index, s.anchored.Tree())
	if err != nil {
		return api.Proof{}, failed(err)
	}
	p, err := t.check(ctx, m, file)
	switch {
	case err != nil || q.What == "" || p.What == q.What:
		return p, err
	case p.What == api.ProofAbsent:
		return api.Proof{}, api.Tell(api.NotFound, phrase.New("past.was_absent", "neither %s nor a range around it was on the list at the anchor in ledger entry %d: --absent proves that", n, a.index))
	}
	return api.Proof{}, api.Tell(api.NotFound, phrase.New("past.was_listed", "%s was on the list at the anchor in ledger entry %d: --listed proves that", n, a.index))
}

// anchorOf returns the last anchor of a moment: that whose entry is named, or lies before
// the one that is; nil if there is none.
func (t *Teller) anchorOf(ctx context.Context, at string) (*anchor, error) {
	most := t.cfg.Ledger.Standing().Size()
	index, err := strconv.ParseUint(at, 10, 64)
	if err != nil {
		if at != "" {
			if most, err = t.sizeOf(ctx, at); err != nil {
				return nil, err
			}
		}
		return t.anchorUpTo(ctx, most)
	}
	if err := t.has(index); err != nil {
		return nil, err
	}
	l := t.cfg.List()
	for skip := 0; ; skip++ {
		first, end, ok := l.FixedUpTo(most, skip)
		if !ok {
			return nil, nil
		}
		if first > index {
			continue
		}
		if a, err := t.readAnchor(ctx, first, end); a != nil || err != nil {
			return a, err
		}
	}
}

// check verifies a proof as a stranger would, and tells what it proves.
func (t *Teller) check(ctx context.Context, m *prove.Maker, file []byte) (api.Proof, error) {
	trust := prove.Trust{Genesis: t.cfg.Genesis}
	var err error
	if len(m.State.RegulatorChanges()) > 0 {
		if trust.Sets, err = m.Sets(ctx, false); err != nil {
			return api.Proof{}, failed(err)
		}
	}
	v, err := prove.NewVerifier(trust)
	if err != nil {
		return api.Proof{}, err
	}
	f, err := v.Verify(file)
	if err != nil {
		return api.Proof{}, err
	}
	p := api.Proof{
		What: "regulators", LedgerSize: m.Note.Size, Certified: clock(t.cfg.Ledger.Standing().Fresh),
		Changes: f.Changes, Bytes: len(file), Notes: []phrase.Phrase{}, Proof: file,
	}
	if f.Chain == nil {
		p.Certified = clock(f.Certified.Fresh)
	}
	switch {
	case f.Entry != nil:
		tellEntry(&p, f.Entry)
	case f.List != nil:
		tellList(&p, f.List)
	}
	return p, nil
}

func tellEntry(p *api.Proof, e *prove.Entry) {
	p.What, p.Index, p.Reversed = map[motion.Kind]string{motion.Ratify: api.ProofRatified, motion.Revoke: "revoked", motion.Stay: "stayed"}[e.Kind], e.Index, e.Reversed
	if r := e.Ratified; r != nil {
		p.Number, p.Action, p.Category = r.Subject.String(), r.Action.String(), r.Category.String()
	}
}

func tellList(p *api.Proof, l *prove.List) {
	p.What, p.Number, p.Index = api.ProofAbsent, l.Number.String(), l.Index
	p.AnchorSize, p.AnchorDay, p.ListRoot = l.Anchor.Size, l.Anchor.Day.String(), l.Anchor.ListRoot.String()
	if l.Listed {
		p.What, p.Key, p.Action = api.ProofListed, l.Key.String(), l.Says.Action.String()
		if l.Says.Category != taxonomy.Category(0) {
			p.Category = l.Says.Category.String()
		}
	}
}

func clock(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
