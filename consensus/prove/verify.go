package prove

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// Trust is what a verifier begins with.
type Trust struct {
	Genesis *charter.Genesis // sealed; he knows that it is the federation's
	// Sets is a set-chain file, or nothing: then the regulators of the genesis are taken
	// to be in office. It is checked from the genesis on.
	Sets []byte
	// Pin is a checkpoint that he was told by a release or by two members, or a set-chain
	// file that has one; or nothing. The regulators must lead to it.
	Pin []byte
}

// Verifier verifies files. It never changes and may be used concurrently.
type Verifier struct {
	base   *regulators // those of the genesis
	own    *regulators // with the set-chain file and the pin; nil: see lacks
	lacks  error       // why the genesis alone does not lead to the pin
	chosen bool        // a set-chain file was given: what a proof brings of that is not looked at
	pin    []byte
}

// NewVerifier returns a verifier, or why what is to be trusted does not fit together.
func NewVerifier(t Trust) (*Verifier, error) {
	base, err := founded(t.Genesis)
	if err != nil {
		return nil, err
	}
	v := &Verifier{base: base, own: base, chosen: len(t.Sets) > 0, pin: t.Pin}
	if formOf(t.Pin) == setsForm {
		sets, err := openSets(t.Pin)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoPin, err)
		}
		if v.pin = sets.Head; len(v.pin) == 0 {
			return nil, fmt.Errorf("%w: the set-chain file has none", ErrNoPin)
		}
	}
	if len(v.pin) > 0 {
		told, err := checkpoint.Peek(v.pin)
		if err == nil {
			err = v.base.own(told.Origin)
		} else {
			err = fmt.Errorf("%w: %w", ErrNoPin, err)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPin, err)
		}
	}
	if v.chosen {
		if v.own, err = v.base.follow(t.Sets); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSets, err)
		}
		if len(v.pin) > 0 {
			v.own, err = v.own.pin(v.pin)
		}
		return v, err
	}
	if len(v.pin) > 0 {
		v.own, v.lacks = base.pin(v.pin)
	}
	return v, nil
}

// extend returns the regulators of the genesis with a set-chain file, which must lead to
// the pin.
func (v *Verifier) extend(sets []byte) (*regulators, error) {
	r, err := v.base.follow(sets)
	if err == nil && len(v.pin) > 0 {
		r, err = r.pin(v.pin)
	}
	return r, err
}

// Finding is what a file proves. Of Entry, List and Chain one is there.
type Finding struct {
	Federation cid.Cid
	Entry      *Entry
	List       *List
	Chain      []Era // the regulators, as a set-chain file shows them

	Certified Certified // where the proof ends; of a set-chain file nothing

	Changes int    // of the regulators that are known
	Known   uint64 // ledger size up to which they are known: beyond it, others may have taken office
	Pinned  uint64 // size of the checkpoint to which they lead; 0: no key that was retired is ruled out
}

// Certified is a checkpoint with q cosignatures.
type Certified struct {
	checkpoint.Tree

	Fresh   int64    // Unix seconds, since when it is known to stand
	Members []string // whose regulators cosigned
	Of      int      // regulators in office
	Quorum  int
}

// Entry is an entry of the ledger that ratifies, revokes or stays.
type Entry struct {
	Index    uint64
	Motion   cid.Cid
	Kind     motion.Kind
	Reason   string
	Proposed int64        // Unix seconds; the proposer's clock, at most a day ahead of the ledger's
	Until    taxonomy.Day // the first day on which it is not in force any more

	Ratified *motion.Ratification // of Ratify
	Reversed uint64               // of Revoke and Stay: the index of the entry

	Voted []string // members whose regulators voted for it, of a full proof
	Held  int64    // Unix seconds by which a quorum held it, of a full proof; 0: not shown
}

// List is what the harmonised list said of a number at an anchor.
type List struct {
	Number number.Number
	Anchor motion.AnchorPoint
	Index  uint64 // of the anchor's entry that says so

	// Listed is false when neither the number nor any range around it had an entry. Key
	// is the one that decides: the longest that is ratified, else the longest. A range
	// never reaches a protected number, which this cannot show.
	Listed bool
	Key    number.Range
	Says   taxonomy.Entry
}

// Verify returns what a file proves. Errors wrap an UnreadableError when it is none; with any
// other a check failed, and it proves nothing.
func (v *Verifier) Verify(file []byte) (*Finding, error) {
	switch formOf(file) {
	case listForm:
		return v.list(file)
	case setsForm:
		return v.sets(file)
	}
	if !strings.HasPrefix(string(file[:min(len(file), 16)]), "c2sp.org/tlog-pr") {
		return nil, unreadable("file", errors.New("it begins neither as a tlog-proof nor as a file of this project"))
	}
	p, err := ledger.ParseProof(file)
	if err != nil {
		return nil, unreadable("proof file", err)
	}
	if formOf(p.Extra) == fullForm {
		return v.full(p)
	}
	var a entryArray
	if err := decode("extra data", p.Extra, entryForm, &a); err != nil {
		return nil, err
	}
	if v.own == nil {
		return nil, v.lacks
	}
	e, at, err := v.own.entry(p, a.Header, a.Opening, v.own.believes(p))
	if err != nil {
		return nil, err
	}
	return v.own.finding(Finding{Entry: e, Certified: at}), nil
}

func (r *regulators) finding(f Finding) *Finding {
	f.Federation, f.Changes, f.Pinned = r.federation, len(r.eras)-1, r.pinned
	f.Known = r.horizon()
	return &f
}

// item verifies that an item with that opening, of the motion with that header, stands
// where a proof says, in the checkpoint that believed has looked at.
func (r *regulators) item(p ledger.Proof, header, opening []byte, believed func() (certificate, error)) (h motion.Header, o motion.Opening, at Certified, err error) {
	if h, err = motion.DecodeHeader(header); err != nil {
		return h, o, at, err
	}
	if o, err = motion.OpenOpening(opening); err != nil {
		return h, o, at, err
	}
	if !h.Federation.Equals(r.federation) {
		return h, o, at, &ForeignError{Of: h.Federation.String(), Genesis: r.federation.String()}
	}
	c, err := believed()
	if err != nil {
		return h, o, at, err
	}
	leaf := motion.ItemEntry{Kind: h.Kind, Motion: wire.CID(header), Commitment: o.Commitment()}
	if err := ledger.VerifyInclusion(leaf.Bytes(), p.Index, p.Path, c.Tree); err != nil {
		return h, o, at, err
	}
	return h, o, Certified{Tree: c.Tree, Fresh: c.fresh, Members: c.members, Of: len(c.era.Seats), Quorum: c.era.cosigners.Quorum()}, nil
}

// believes looks at the checkpoint of a proof.
func (r *regulators) believes(p ledger.Proof) func() (certificate, error) {
	return func() (certificate, error) { return r.certified(p.Checkpoint) }
}

// entry verifies a proof of an item that ratifies, revokes or stays.
func (r *regulators) entry(p ledger.Proof, header, opening []byte, believed func() (certificate, error)) (*Entry, Certified, error) {
	h, o, at, err := r.item(p, header, opening, believed)
	if err != nil {
		return nil, at, err
	}
	e := &Entry{Index: p.Index, Motion: wire.CID(header), Kind: h.Kind, Reason: h.Reason, Proposed: h.Time, Until: h.Until}
	switch h.Kind {
	case motion.Ratify:
		one, err := motion.DecodeRatification(o.Item)
		e.Ratified = &one
		return e, at, err
	case motion.Revoke, motion.Stay:
		one, err := motion.DecodeReversal(o.Item)
		e.Reversed = one.Index
		return e, at, err
	}
	return nil, at, fmt.Errorf("prove: an entry of a %s motion says nothing of a number", h.Kind)
}

// full verifies a proof that brings the motion, its votes and the chain of regulators.
func (v *Verifier) full(p ledger.Proof) (*Finding, error) {
	var a fullArray
	if err := decode("extra data", p.Extra, fullForm, &a); err != nil {
		return nil, err
	}
	if told, err := checkpoint.Peek(p.Checkpoint); err == nil {
		if err := v.base.own(told.Origin); err != nil {
			return nil, err
		}
	}
	r := v.own
	if !v.chosen {
		var err error
		if r, err = v.extend(a.Sets); err != nil {
			return nil, err
		}
	}
	// Most of the time goes into signatures: those of the checkpoint, of the votes and of the
	// tick are looked at side by side.
	believed, ticked := meanwhile(r.believes(p)), meanwhile(func() (motion.Entry, error) { return motion.OpenEntry(a.Tick, r.federation) })
	opened, err := motion.OpenEntry(a.Motion, r.federation)
	if err != nil {
		return nil, err
	}
	m, ok := opened.(motion.MotionEntry)
	if !ok {
		return nil, errors.New("prove: what it shows as the motion is none")
	}
	header, err := m.Motion.Encode()
	if err != nil {
		return nil, err
	}
	e, at, err := r.entry(p, header, a.Opening, believed)
	if err != nil {
		return nil, err
	}
	era := &r.eras[r.at(p.Index)]
	blocks := e.Ratified != nil && e.Ratified.Action == taxonomy.Block
	if e.Voted, err = era.carried(m.Votes, needOf(e.Kind, len(era.Seats), blocks)); err != nil {
		return nil, fmt.Errorf("prove: %w", err)
	}
	if len(a.Tick) > 0 {
		if e.Held, err = r.tick(ticked, p.Index); err != nil {
			return nil, fmt.Errorf("prove: %w", err)
		}
	}
	return r.finding(Finding{Entry: e, Certified: at}), nil
}

// meanwhile does something while its caller does something else, who then waits for what
// came of it.
func meanwhile[T any](do func() (T, error)) func() (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := do()
		done <- result{value, err}
	}()
	return func() (T, error) {
		r := <-done
		return r.value, r.err
	}
}

func (r *regulators) tick(ticked func() (motion.Entry, error), index uint64) (int64, error) {
	opened, err := ticked()
	if err != nil {
		return 0, err
	}
	t, ok := opened.(motion.Tick)
	if !ok {
		return 0, errors.New("what it shows as a tick is none")
	}
	return r.heldBy(t, index)
}

// list verifies what the list said of a number at an anchor.
func (v *Verifier) list(file []byte) (*Finding, error) {
	var a listArray
	if err := decode("list proof", file, listForm, &a); err != nil {
		return nil, err
	}
	p, err := ledger.ParseProof(a.Proof)
	if err == nil && len(p.Extra) > 0 {
		err = errors.New("it has extra data, for which there is no use here")
	}
	var r number.Range
	if err == nil && len(a.Number) == 8 {
		r, err = number.RangeFromBytes([number.KeySize]byte(append(a.Number, 0)))
	}
	n, ok := r.Number()
	if err != nil || !ok {
		return nil, unreadable("list proof", errors.Join(err, errors.New("its number or its proof is none")))
	}
	if v.own == nil {
		return nil, v.lacks
	}
	h, o, at, err := v.own.item(p, a.Header, a.Opening, v.own.believes(p))
	if err != nil {
		return nil, err
	}
	if h.Kind != motion.Anchor {
		return nil, fmt.Errorf("prove: a list is anchored by an anchor, and this is a %s motion", h.Kind)
	}
	l := &List{Number: n, Index: p.Index}
	if l.Anchor, err = motion.DecodeAnchorPoint(o.Item); err != nil {
		return nil, err
	}
	if err := l.read(a.List); err != nil {
		return nil, err
	}
	return v.own.finding(Finding{List: l, Certified: at}), nil
}

// keysOf returns the keys that could say something of a number, ascending.
func keysOf(n number.Number) (keys []merkle.Key, ranges map[merkle.Key]number.Range) {
	ranges = make(map[merkle.Key]number.Range)
	for free := range merkle.MaxKeys {
		r, ok := n.Enclosing(free)
		if !ok {
			break
		}
		key := merkle.Key{First: r.First().Uint64(), Free: uint8(free)}
		keys, ranges[key] = append(keys, key), r
	}
	return sorted(keys), ranges
}

// read verifies the way down into the list and looks the number up as a node does.
func (l *List) read(proof []byte) error {
	keys, ranges := keysOf(l.Number)
	answers, err := merkle.VerifySeveral(proof, l.Anchor.ListRoot, keys)
	if err != nil {
		return err
	}
	for i, a := range answers {
		if !a.Listed {
			continue
		}
		says, err := taxonomy.EntryFromBytes(a.Value)
		if err != nil {
			return err
		}
		key := ranges[keys[i]]
		longer := key.Free() < l.Key.Free()
		if !l.Listed || says.Ratified && !l.Says.Ratified || says.Ratified == l.Says.Ratified && longer {
			l.Listed, l.Key, l.Says = true, key, says
		}
	}
	return nil
}

// sets verifies a set-chain file. Where the verifier has one already, the file must go on
// from that.
func (v *Verifier) sets(file []byte) (*Finding, error) {
	r, err := v.extend(file)
	if err != nil {
		return nil, err
	}
	if v.chosen {
		if err := r.continues(v.own); err != nil {
			return nil, err
		}
	}
	return r.finding(Finding{Chain: r.eras}), nil
}

// continues reports as nil that r has all changes that old knows, and others only beyond.
func (r *regulators) continues(old *regulators) error {
	if r.horizon() < old.horizon() {
		return fmt.Errorf("prove: the file leads to size %d; the one that is trusted leads to %d", r.horizon(), old.horizon())
	}
	for i := range r.eras {
		switch {
		case i < len(old.eras) && r.eras[i].Since == old.eras[i].Since && sameSeats(r.eras[i].Seats, old.eras[i].Seats):
		case i >= len(old.eras) && r.eras[i].Since > old.horizon():
		default:
			return fmt.Errorf("%w: its change at size %d is not one that the set-chain file that is trusted leaves room for", ErrContradicts, r.eras[i].Since)
		}
	}
	if len(r.eras) < len(old.eras) {
		return fmt.Errorf("%w: it leaves out changes that the set-chain file that is trusted has", ErrContradicts)
	}
	return nil
}
