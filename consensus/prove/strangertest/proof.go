package strangertest

import (
	"bytes"
	"errors"
	"fmt"
)

// era is a stretch of ledger sizes with the same regulators.
type era struct {
	begins uint64
	seats  []seat
}

// Verifier is a stranger with a genesis, and set chains that he was given.
type Verifier struct {
	*Federation

	eras  []era
	known []tree // certified checkpoints
}

// Verifier trusts the genesis alone.
func (f *Federation) Verifier() *Verifier {
	return &Verifier{Federation: f, eras: []era{{1, f.seats}}}
}

// at is the place of the era of a size.
func (v *Verifier) at(size uint64) int {
	i := len(v.eras) - 1
	for i > 0 && v.eras[i].begins > size {
		i--
	}
	return i
}

// certified reads a checkpoint that a quorum of its era cosigned.
func (v *Verifier) certified(file []byte) (tree, error) {
	var all []seat
	for _, e := range v.eras {
		all = append(all, e.seats...)
	}
	t, by, err := v.checkpoint(file, all...)
	if err != nil {
		return t, err
	}
	i := v.at(t.size)
	if t.size == 0 {
		return t, errors.New("checkpoint: of nothing")
	}
	if i > 0 && v.eras[i].begins == t.size {
		if err := cosigned(v.eras[i-1].seats, by); err != nil {
			return t, err
		}
	}
	return t, cosigned(v.eras[i].seats, by)
}

// believed reads a checkpoint that is certified and of nobody who was replaced.
func (v *Verifier) believed(file []byte) (tree, error) {
	t, err := v.certified(file)
	if err != nil {
		return t, err
	}
	same := false
	for _, k := range v.known {
		if k.size == t.size && k.root != t.root {
			return t, errors.New("checkpoint: two histories")
		}
		same = same || k == t
	}
	if !same && v.at(t.size) != len(v.eras)-1 {
		return t, errors.New("checkpoint: of regulators who were replaced")
	}
	return t, nil
}

// SetChain takes a set-chain file, which adds eras and a known head.
func (v *Verifier) SetChain(file []byte) error {
	c := opened("set chain", file, 5)
	c.is(1, 4)
	if !bytes.Equal(c.bytes(36), v.id) {
		c.fail("of another federation")
	}
	changes, head := c.list(), c.bytes()
	if c.err != nil {
		return c.err
	}
	w := &Verifier{Federation: v.Federation, eras: []era{{1, v.Federation.seats}}}
	for _, change := range changes {
		if err := w.change(change); err != nil {
			return err
		}
	}
	if len(head) > 0 {
		t, err := w.certified(head)
		if err != nil {
			return err
		}
		if t.size < w.eras[len(w.eras)-1].begins {
			return errors.New("set chain: its head is older than its last change")
		}
		w.known = append(w.known, t)
	}
	*v = *w
	return nil
}

func (v *Verifier) change(change any) error {
	c := array("change", change, 5)
	first, entry, opening, hashes, settled := c.uint(), c.bytes(), c.bytes(), c.list(), c.bytes()
	if c.err != nil {
		return c.err
	}
	path, err := byteStrings(hashes)
	if err != nil {
		return err
	}
	before := v.eras[len(v.eras)-1]
	m, votes, err := v.motionEntry(entry, before.seats)
	if err != nil {
		return err
	}
	item, commitment, err := readOpening(opening)
	if err != nil {
		return err
	}
	if leaves := root([][]byte{commitment}); m.items != 1 || !bytes.Equal(m.root, leaves[:]) || votes < quorum(len(before.seats)) {
		return errors.New("change: the opening is not the motion's")
	}
	after, err := v.reseat(m.kind, item, before.seats)
	if err != nil {
		return err
	}
	if first < before.begins {
		return errors.New("change: it lies before the one before")
	}
	v.eras = append(v.eras, era{first + 2, after})
	t, err := v.certified(settled)
	if err != nil {
		return err
	}
	if t.size != first+2 {
		return fmt.Errorf("change: settled at size %d, not %d", t.size, first+2)
	}
	v.known = append(v.known, t)
	return included(entry, first, path, t)
}

// Entry is what a proof shows.
type Entry struct {
	Index, Size uint64 // of the entry; of the checkpoint
	Kind        uint64
	Item        []byte
	Reason      string
	Votes       int    // in full proofs, else 0
	By          uint64 // in full proofs with a tick: when it was in the ledger at the latest, Unix seconds
}

// Entry verifies a proof of an entry, in short or in full. A stranger without a set chain
// takes that of a full proof.
func (v *Verifier) Entry(file []byte) (*Entry, error) {
	p, err := parseProof(file)
	if err != nil {
		return nil, err
	}
	extra, err := decode(p.extra)
	if err != nil {
		return nil, err
	}
	if parts, _ := extra.([]any); len(parts) == 6 {
		return v.full(p)
	}
	x := opened("extra", p.extra, 4)
	x.is(1, 1)
	header, opening := x.bytes(), x.bytes()
	if x.err != nil {
		return nil, x.err
	}
	m, err := readMotion(header, v.id)
	if err != nil {
		return nil, err
	}
	return v.entry(p, m, opening)
}

func (v *Verifier) entry(p proofFile, m motion, opening []byte) (*Entry, error) {
	if m.kind < ratify || m.kind > stay {
		return nil, fmt.Errorf("entry: kind %d is not proved so", m.kind)
	}
	item, commitment, err := readOpening(opening)
	if err != nil {
		return nil, err
	}
	t, err := v.believed(p.checkpoint)
	if err != nil {
		return nil, err
	}
	if err := included(m.itemEntry(commitment), p.index, p.path, t); err != nil {
		return nil, err
	}
	return &Entry{Index: p.index, Size: t.size, Kind: m.kind, Item: item, Reason: m.reason}, nil
}

func (v *Verifier) full(p proofFile) (*Entry, error) {
	x := opened("full extra", p.extra, 6)
	x.is(1, 2)
	motion, opening, tick, sets := x.bytes(), x.bytes(), x.bytes(), x.bytes()
	if x.err != nil {
		return nil, x.err
	}
	if len(v.known) == 0 {
		if err := v.SetChain(sets); err != nil {
			return nil, err
		}
	}
	seats := v.eras[v.at(p.index)].seats
	m, votes, err := v.motionEntry(motion, seats)
	if err != nil {
		return nil, err
	}
	e, err := v.entry(p, m, opening)
	if err != nil {
		return nil, err
	}
	e.Votes = votes
	if len(tick) > 0 {
		e.By, err = v.heldBy(tick, p.index)
	}
	return e, err
}

// heldBy is the lower median of a tick's times, which are of regulators of one era: that
// of the size which the first of them names.
func (v *Verifier) heldBy(tick []byte, index uint64) (uint64, error) {
	e := opened("tick", tick, 3)
	e.is(1, 4)
	first := &fields{err: e.err}
	if all := e.list(); len(all) > 0 {
		first = array("time of a tick", all[0], 5)
		first.bytes(33)
		first.uint()
		first.uint()
	}
	named := first.uint()
	if first.err != nil {
		return 0, first.err
	}
	times, err := v.times(tick, v.eras[v.at(named)].seats, func(_, size uint64) bool { return size > index })
	if err != nil {
		return 0, err
	}
	return times[(len(times)-1)/2], nil
}
