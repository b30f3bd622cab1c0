package cosign

import (
	"errors"
	"fmt"

	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// MaxState bounds an encoded State in bytes: it would hold the lock of some four
// hundred regulators.
const MaxState = 48 << 10

const stateVersion = 1

// stateArray is a State as it is encoded.
type stateArray struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8
	Number   uint64 // of the generation
	Record   merkle.Hash
	Start    treeArray
	Settled  treeArray
	Promised uint64
	Reported []treeArray
	Locked   []lockArray // none or one
	Cosigned treeArray
}

type treeArray struct {
	_    struct{} `cbor:",toarray"`
	Size uint64
	Root merkle.Hash
}

func treeOf(t checkpoint.Tree) treeArray    { return treeArray{Size: t.Size, Root: t.Root} }
func (t treeArray) tree() checkpoint.Tree   { return checkpoint.Tree{Size: t.Size, Root: t.Root} }
func (l *lockArray) generation() Generation { return Generation{l.Generation, l.Record} }
func (l *lockArray) tree() checkpoint.Tree  { return checkpoint.Tree{Size: l.Size, Root: l.Root} }
func (l *lockArray) agreement() (a Agreement) {
	return Agreement{Generation: l.generation(), Tree: l.tree(), Signers: l.Reports}
}

// lockOf returns an agreement as it is encoded: one, or none if it is zero.
func lockOf(a *Agreement) []lockArray {
	if a.IsZero() {
		return nil
	}
	return []lockArray{{Generation: a.Generation.Number, Record: a.Generation.Record, Size: a.Tree.Size, Root: a.Tree.Root, Reports: a.Signers}}
}

// Encode returns the canonical encoding, in which a State is kept.
func (s State) Encode() []byte {
	a := stateArray{
		Version: stateVersion, Number: s.Generation.Number, Record: s.Generation.Record,
		Start: treeOf(s.Start), Settled: treeOf(s.Settled), Promised: s.Promised, Locked: lockOf(&s.Locked), Cosigned: treeOf(s.Cosigned),
	}
	for _, t := range s.Reported {
		a.Reported = append(a.Reported, treeOf(t))
	}
	return wire.Format(a)
}

// DecodeState reads what Encode wrote, and refuses what no State is. A version that
// this release does not know is wire.ErrNewer. The signatures behind the lock are not
// verified again: they were when it was made.
func DecodeState(b []byte) (State, error) {
	var a stateArray
	err := wire.Newer("certification state", b, stateVersion)
	if err == nil && len(b) > MaxState {
		err = fmt.Errorf("it has %d bytes; at most %d are read", len(b), MaxState)
	}
	if err == nil {
		err = wire.Decode(b, &a)
	}
	if err == nil && a.Version != stateVersion {
		err = fmt.Errorf("version %d was never written", a.Version)
	}
	if err != nil {
		return State{}, fmt.Errorf("cosign: read a state: %w", err)
	}
	s := State{
		Generation: Generation{a.Number, a.Record}, Start: a.Start.tree(), Settled: a.Settled.tree(), Promised: a.Promised, Cosigned: a.Cosigned.tree(),
	}
	if len(a.Locked) > 1 {
		return State{}, fmt.Errorf("cosign: read a state: it has %d locks", len(a.Locked))
	}
	for i := range a.Locked {
		s.Locked = a.Locked[i].agreement()
	}
	for _, t := range a.Reported {
		s.Reported = append(s.Reported, t.tree())
	}
	next := uint64(0) // of what is reported, the smallest size that may come
	if len(a.Locked) > 0 && s.Locked.Generation == s.Generation {
		next = s.Locked.Tree.Size + 1
	}
	for _, t := range s.Reported {
		if t.Size < next {
			return State{}, fmt.Errorf("cosign: read a state: size %d is reported where %d is the next", t.Size, next)
		}
		next = t.Size + 1
	}
	switch {
	case s.Promised < s.Generation.Number:
		err = fmt.Errorf("generation %d, promised to %d", s.Generation.Number, s.Promised)
	case len(a.Locked) > 0 && (s.Locked.IsZero() || s.Locked.Generation.Number > s.Generation.Number):
		err = errors.New("its lock is of nobody, or of a later generation")
	case len(s.Reported) > MaxPending:
		err = fmt.Errorf("%d sizes are reported; at most %d", len(s.Reported), MaxPending)
	}
	if err != nil {
		return State{}, fmt.Errorf("cosign: read a state: %w", err)
	}
	return s, nil
}
