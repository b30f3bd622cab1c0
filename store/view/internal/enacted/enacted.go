// Package enacted folds what the ledger enacted into what the list needs of it: the time,
// the ratified entries, and up to where feeds are anchored.
//
// It depends on the ledger alone, so a view that is built anew keeps it.
//
// Floor 5, a room of store/view.
package enacted

import (
	"fmt"
	"sort"

	"ringfence/store/charter"
	"ringfence/store/charter/heads"
	"ringfence/store/checkpoint"
	"ringfence/store/feed"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/clock"
	"ringfence/store/view/internal/ratified"
)

// Fold is the ledger so far.
type Fold struct {
	State *charter.State
	Size  uint64
	Ticks clock.Ticks

	Ratified ratified.Fold
	Anchors  anchors.Book

	changes []uint64 // sizes from which on another constitution judges what was said
}

// Effect is what pieces of the ledger changed.
type Effect struct {
	Keys    []number.Range  // whose ratified entries became others
	Moves   []anchors.Move  // feeds that were anchored further
	Forked  []anchors.Place // epochs that forked
	Changes []motion.Kind   // of the constitution, in order
	Ticked  bool
}

// Add folds the next piece of the ledger and adds to what the pieces change.
func (f *Fold) Add(e *charter.Enacted, to *Effect) error {
	if e.First != f.Size || e.Size <= e.First || e.State == nil {
		return fmt.Errorf("the ledger has %d entries here, and the next piece is entries %d to %d", f.Size, e.First, e.Size)
	}
	switch {
	case e.Motion != nil:
		if err := f.motion(e, to); err != nil {
			return err
		}
	case e.Tick != 0:
		f.tick(e, to)
	}
	f.Size, f.State = e.Size, e.State
	return nil
}

// Alike reports whether the constitutions at two sizes judge alike what was said at both.
func (f *Fold) Alike(a, b uint64) bool { return f.version(a) == f.version(b) }

func (f *Fold) version(size uint64) int {
	return sort.Search(len(f.changes), func(i int) bool { return f.changes[i] > size })
}

func (f *Fold) tick(e *charter.Enacted, to *Effect) {
	below := e.Below
	if below == 0 {
		below = e.First
	}
	f.Ticks.Add(below, e.Tick)
	to.Keys = append(to.Keys, f.Ratified.Tick(below, e.Tick)...)
	f.Ratified.Turn(taxonomy.DayOf(e.Tick))
	to.Ticked = true
}

func (f *Fold) motion(e *charter.Enacted, to *Effect) error {
	h := &e.Motion.Motion.Header
	switch h.Kind {
	case motion.Ratify:
		return f.ratify(e, to)
	case motion.Revoke, motion.Stay:
		return f.reverse(e, to)
	case motion.Anchor:
		return f.anchor(e, to)
	case motion.NoteFork:
		return f.forks(e, to)
	}
	to.Changes = append(to.Changes, h.Kind)
	switch h.Kind {
	case motion.AdmitMember, motion.AdmitIssuer, motion.RekeyRegulator: // judge nobody else
	default:
		f.changes = append(f.changes, e.Size)
	}
	if !h.Kind.NamesHeads() {
		return nil
	}
	return f.anchor(e, to)
}

func (f *Fold) ratify(e *charter.Enacted, to *Effect) error {
	q, _ := checkpoint.Quorum(len(e.State.Regulators()))
	hands := 0
	for i := range e.Motion.Votes {
		if v := &e.Motion.Votes[i]; v.For && v.Cast == motion.ByHand {
			hands++
		}
	}
	keys, err := f.Ratified.Ratify(e.First, e.Items, ratified.Terms{
		Until: e.Motion.Motion.Until, Hand: hands >= q, Delay: int64(e.State.Policy().BlockDelayHours) * 3600,
	})
	to.Keys = append(to.Keys, keys...)
	return err
}

func (f *Fold) reverse(e *charter.Enacted, to *Effect) error {
	now, _ := f.Ticks.Now()
	for i := range e.Items {
		if len(e.Items[i].Item) == 0 {
			continue
		}
		r, err := motion.DecodeReversal(e.Items[i].Item)
		if err != nil {
			return fmt.Errorf("ledger entry %d: %w", e.First+1+uint64(i), err)
		}
		if e.Motion.Motion.Kind == motion.Revoke {
			to.Keys = append(to.Keys, f.Ratified.Revoke(r.Index, taxonomy.DayOf(now))...)
		} else {
			to.Keys = append(to.Keys, f.Ratified.Stay(r.Index, e.Size)...)
		}
	}
	return nil
}

// forks freezes the epochs of which the ledger holds proof that they forked.
func (f *Fold) forks(e *charter.Enacted, to *Effect) error {
	for i := range e.Items {
		proof, err := feed.ParseForkProof(e.Items[i].Item)
		if err != nil {
			return fmt.Errorf("ledger entry %d: %w", e.First+1+uint64(i), err)
		}
		r, ok := e.State.Record(proof.Issuer())
		if at := (anchors.Place{Issuer: r.Index, Epoch: proof.Epoch()}); ok && f.Anchors.Fork(at) {
			to.Forked = append(to.Forked, at)
		}
	}
	return nil
}

// anchor enters a motion that names heads.
func (f *Fold) anchor(e *charter.Enacted, to *Effect) error {
	named, err := heads.Of(e)
	if err != nil {
		return fmt.Errorf("ledger entry %d: %w", e.First, err)
	}
	now, _ := f.Ticks.Now()
	moves, forked := f.Anchors.Add(anchors.Anchor{
		Index: e.First, End: e.Size, Size: e.Motion.Motion.BuildsOn, Day: taxonomy.DayOf(now),
	}, named)
	to.Moves, to.Forked = append(to.Moves, moves...), append(to.Forked, forked...)
	return nil
}
