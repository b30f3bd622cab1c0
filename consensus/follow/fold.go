package follow

import (
	"context"
	"errors"
	"fmt"

	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
)

// take follows the ledger from where it was folded up to a checkpoint, reading from a
// source, and writes it down if it is new here.
func (f *Follower) take(ctx context.Context, from ledger.Source, n checkpoint.Note, fresh bool) error {
	var tree ledger.Tree
	var err error
	if fresh && f.cfg.Open != nil {
		tree, err = f.cfg.Open(ctx, n.Tree)
	} else {
		tree, err = ledger.Open(ctx, from, n.Tree)
	}
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	r := ledger.NewReader(tree, from)
	head := f.Tree().Head()
	certified := f.certifiedNow(n)
	if err := r.Extends(ctx, head); err != nil {
		if errors.Is(err, ledger.ErrForked) && certified {
			return &Trouble{Kind: Forked, Held: f.Standing().Note, Shown: n}
		}
		return fmt.Errorf("follow: %w", err)
	}
	if err := f.pinned(ctx, r, n); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	if !certified {
		// The set that cosigned it may be one that the new entries tell of.
		if err := f.probe(ctx, r, n); err != nil {
			return err
		}
	}
	if err := f.fold(ctx, r, n, fresh); err != nil {
		return err
	}
	if _, err := f.at.Load().past.Certified(n.Bytes()); err != nil {
		return fmt.Errorf("follow: %w: %w", ErrUncertified, err)
	}
	if !fresh {
		f.stand(n)
		return nil
	}
	return f.keep(n)
}

// certifiedNow reports whether the regulators in force, as far as is known here,
// certified n.
func (f *Follower) certifiedNow(n checkpoint.Note) bool {
	_, ok := f.at.Load().past.State().Cosigners().Certified(n)
	return ok
}

// probe folds what is new on the side, to see whether the regulators that it makes
// certified n. Nothing of it is told on before.
func (f *Follower) probe(ctx context.Context, r *ledger.Reader, n checkpoint.Note) error {
	side, err := f.aside(ctx, r, n)
	var t *Trouble
	switch {
	case errors.As(err, &t): // of a ledger that nobody vouches for
		return fmt.Errorf("follow: %w by the regulators in force, nor does entry %d have a place in a ledger: %v", ErrUncertified, t.Index, t.Why)
	case err != nil:
		return err
	}
	if _, err := side.Certified(n.Bytes()); err != nil {
		return fmt.Errorf("follow: %w: %w", ErrUncertified, err)
	}
	return nil
}

// aside folds what is new, and leaves the follower where it is.
func (f *Follower) aside(ctx context.Context, r *ledger.Reader, n checkpoint.Note) (*enact.Past, error) {
	side := f.Past()
	return side, Decisions(ctx, r, side, n.Size, func([]ledger.Entry, charter.Enacted) error { return nil })
}

// Decisions folds into past what r has up to a size, decision by decision, and hands each
// on with its entries, which must not be kept: whoever follows the ledger, and whoever
// goes through one that he holds, judges it by this. The error is a *Trouble where no
// valid ledger goes on like that, and else what r says, or each. Openings that are there
// are those that the entries commit to; whether one that is not may be missing is for the
// caller to ask: see enact.Past.Missing.
func Decisions(ctx context.Context, r *ledger.Reader, past *enact.Past, size uint64, each func([]ledger.Entry, charter.Enacted) error) error {
	var waiting []ledger.Entry
	enough := 1 // entries that are worth another look
	for more, err := range since(ctx, r, past.Size(), size) {
		if err != nil {
			return fmt.Errorf("follow: %w", err)
		}
		waiting = append(waiting, more...)
		last := past.Size()+uint64(len(waiting)) == size
		for len(waiting) > 0 && (len(waiting) >= enough || last) {
			d, err := past.Enter(waiting)
			if errors.Is(err, enact.ErrIncomplete) && !last {
				enough = 2 * len(waiting)
				break
			}
			var o *enact.OpeningError
			if errors.As(err, &o) {
				return r.BadOpening(past.Size()+uint64(o.At), o.Why)
			}
			if err != nil {
				return troubleOf(err, past.Size())
			}
			if err := settled(ctx, r, &d); err != nil {
				return err
			}
			n := d.Size - d.First
			if err := each(waiting[:n:n], d); err != nil {
				return err
			}
			waiting, enough = waiting[n:], 1
		}
	}
	return nil
}

// troubleOf is what it means that an entry of a certified ledger has no place there.
func troubleOf(err error, index uint64) *Trouble {
	var r *enact.Refusal
	if errors.As(err, &r) && r.Code == enact.Newer {
		return &Trouble{Kind: Newer, Index: index, Why: err}
	}
	return &Trouble{Kind: Broken, Index: index, Why: err}
}

// settled compares the tree that a settlement names with the ledger that it stands in.
func settled(ctx context.Context, r *ledger.Reader, d *charter.Enacted) error {
	if (d.Settled == checkpoint.Tree{}) {
		return nil
	}
	tree, err := r.At(ctx, d.Settled.Size)
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	if tree.Head() != d.Settled {
		return troubleOf(fmt.Errorf("it settles a change of the regulators at %s, and there the ledger is %s", d.Settled, tree.Head()), d.First)
	}
	return nil
}

// errMissing is what is wrong with whoever serves a ledger without openings that must be
// there. Those of what is over by the checkpoint that is followed may have been erased.
var errMissing = errors.New("its opening is not there, and what it says is not over")

// written is how many entries are written down at once, at least.
const written = 8192

// fold folds what a certified tree has beyond what was folded, writes it down if it is
// new here, and tells it on.
func (f *Follower) fold(ctx context.Context, r *ledger.Reader, n checkpoint.Note, fresh bool) error {
	tree, unwritten := f.Tree(), []ledger.Entry(nil)
	write := func() (err error) {
		var additions []ledger.Addition
		if tree, additions, err = tree.Append(unwritten); err == nil && fresh && !f.holds(ctx, tree) {
			f.beyond = ledger.Tree{}
			err = f.cfg.Ledger.Write(additions)
		}
		unwritten = unwritten[:0]
		return err
	}
	var told []charter.Enacted
	flush := func() error {
		if err := write(); err != nil {
			return fmt.Errorf("follow: write the ledger down: %w", err)
		}
		if len(told) > 0 {
			if err := f.cfg.Enacted(told); err != nil {
				return fmt.Errorf("follow: %w", err)
			}
		}
		told = told[:0]
		return nil
	}
	// What is folded and not written down is folded anew next time.
	past := f.Past()
	var end *enact.Past
	err := Decisions(ctx, r, past, n.Size, func(e []ledger.Entry, d charter.Enacted) error {
		if fresh && past.Missing(&d) != 0 {
			if end == nil {
				var err error
				if end, err = f.aside(ctx, r, n); err != nil {
					return err
				}
			}
			if index := end.Missing(&d); index != 0 {
				return r.BadOpening(index, errMissing)
			}
		}
		unwritten, told = append(unwritten, e...), append(told, d)
		if len(unwritten) < written {
			return nil
		}
		err := flush()
		if err == nil {
			f.at.Store(&position{past.Clone(), tree})
		}
		return err
	})
	var t *Trouble
	if errors.As(err, &t) {
		t.Held, t.Shown = f.Standing().Note, n
	}
	if err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	f.at.Store(&position{past, tree})
	return nil
}

// holds reports whether the Ledger has a tree already, as part of what lies beyond: to
// write it would cut that off.
func (f *Follower) holds(ctx context.Context, tree ledger.Tree) bool {
	if tree.Size() > f.beyond.Size() {
		return false
	}
	then, err := ledger.NewReader(f.beyond, f.cfg.Ledger).At(ctx, tree.Size())
	return err == nil && then.Head() == tree.Head()
}

// Replay folds a ledger anew from the genesis on, as r has it up to a size at which a
// decision ends, and hands each decision on, in order. It ends with the first error of
// each, which it returns as it is.
func Replay(ctx context.Context, g *charter.Genesis, r *ledger.Reader, size uint64, each func(charter.Enacted) error) error {
	past, _, err := enact.Begin(g)
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	return Decisions(ctx, r, past, size, func(_ []ledger.Entry, d charter.Enacted) error { return each(d) })
}
