package quorum

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"ringfence/consensus/quorum/applied"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
)

// offers are the checkpoints that are to be followed: the largest that enough of the
// regulators known here cosigned, and the last of those that nobody here can judge, once
// of those that more of them cosigned than may lie. Every regulator can sign a checkpoint
// as the log, of any size; so what is not cosigned never takes the place of what is.
type offers struct{ certified, vouched, other checkpoint.Note }

// certified takes a checkpoint that the regulators certified just now.
func (r *Regulator) certified(n checkpoint.Note, _ int64) { r.want(n) }

// Offer takes a checkpoint from anybody, to be followed.
func (r *Regulator) Offer(note []byte) error {
	n, err := checkpoint.Open(note, r.log)
	if err != nil {
		return err
	}
	r.want(n)
	return nil
}

// want has a checkpoint followed, unless it tells no more than the one that is.
func (r *Regulator) want(n checkpoint.Note) {
	standing := r.follower.Standing()
	if n.Size < standing.Note.Size || n.Tree == standing.Note.Tree && !r.follower.Newer(n) {
		return
	}
	likely := likely(r.setsOf(n.Size), n)
	vouched := !likely && r.follower.Vouched(n)
	r.mu.Lock()
	switch {
	case likely && n.Size >= r.offers.certified.Size:
		r.offers.certified = n
	case likely:
	case vouched:
		r.offers.vouched = n
	default:
		r.offers.other = n
	}
	r.mu.Unlock()
	select {
	case r.offered <- struct{}{}:
	default:
	}
}

// setsOf returns whose quorum each it takes to certify a size, or of one that is not
// known here the last that are.
func (r *Regulator) setsOf(size uint64) []checkpoint.Set {
	if now := r.now.Load(); now != nil {
		return now.machine.Sets(min(size, now.machine.Known()))
	}
	s := r.follower.Standing().State
	if then, ok := s.At(size); ok {
		s = then
	}
	return []checkpoint.Set{s.Cosigners()}
}

func likely(sets []checkpoint.Set, n checkpoint.Note) bool {
	for _, set := range sets {
		if _, ok := set.Certified(n); !ok {
			return false
		}
	}
	return len(sets) > 0
}

// How soon a checkpoint is tried again that could not be followed: it may be that
// nobody serves its ledger yet.
const (
	retrySoon = 500 * time.Millisecond
	retryLate = 30 * time.Second
)

// following follows what is offered. What nobody here can judge is tried beside, one at a
// time of each sort: whoever serves it may take his time.
func (r *Regulator) following(ctx context.Context, now *run) {
	wait := retrySoon
	var retry <-chan time.Time
	var beside sync.WaitGroup
	defer beside.Wait()
	vouched, other := make(chan struct{}, 1), make(chan struct{}, 1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.offered:
		case <-retry:
		}
		r.mu.Lock()
		o := r.offers
		r.offers.vouched, r.offers.other = checkpoint.Note{}, checkpoint.Note{} // once; they come again
		r.mu.Unlock()
		retry = nil
		if o.certified.Size > 0 {
			err := r.followTo(ctx, now, o.certified)
			switch {
			case err == nil:
				wait = retrySoon
			case ctx.Err() != nil:
				return
			default:
				r.cfg.Logger.Warn("a checkpoint cannot be followed yet", "checkpoint", o.certified.Tree.String(), "error", err)
				retry, wait = time.After(wait), min(2*wait, retryLate)
			}
		}
		r.try(ctx, now, &beside, vouched, o.vouched)
		r.try(ctx, now, &beside, other, o.other)
	}
}

// try follows a checkpoint, if there is one, beside whatever else is done and if nothing
// else has the place.
func (r *Regulator) try(ctx context.Context, now *run, beside *sync.WaitGroup, place chan struct{}, n checkpoint.Note) {
	if n.Size == 0 {
		return
	}
	select {
	case place <- struct{}{}:
		beside.Go(func() {
			defer func() { <-place }()
			if err := r.followTo(ctx, now, n); err != nil && ctx.Err() == nil {
				r.cfg.Logger.Info("a checkpoint is not followed", "checkpoint", n.Tree.String(), "error", err)
			}
		})
	default:
	}
}

// followTo follows the ledger up to a checkpoint.
func (r *Regulator) followTo(ctx context.Context, now *run, n checkpoint.Note) error {
	before := r.follower.Standing()
	if err := r.follower.Offer(ctx, n.Bytes()); err != nil {
		return err
	}
	after := r.follower.Standing()
	r.mu.Lock()
	if r.offers.certified.Tree == n.Tree && n.Size <= after.Note.Size {
		r.offers.certified = checkpoint.Note{}
	}
	r.mu.Unlock()
	if r.cfg.Certified != nil && (after.Note.Size > before.Note.Size || after.Fresh > before.Fresh || after.By > before.By) {
		r.cfg.Certified(after.Note)
	}
	err := now.certifier.Learn(n)
	now.machine.Release(n.Size)
	r.poke()
	if err != nil {
		r.cfg.Logger.Error("this regulator does not certify", "error", err)
	}
	return nil
}

// sources gives the follower what is to be followed: what this regulator applied itself,
// if that is what is certified, else what peers have.
type sources Regulator

// Read implements ledger.Source.
func (s *sources) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	r := (*Regulator)(s)
	r.mu.Lock()
	wanted := r.wanted
	r.mu.Unlock()
	if m := r.applied(wanted); m != nil {
		b, err := m.Read(ctx, t)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return b, err
		}
	}
	return r.cfg.From.Read(ctx, t)
}

// applied returns the machine that came to a tree by itself; nil if none did.
func (r *Regulator) applied(tree checkpoint.Tree) *applied.Machine {
	now := r.now.Load()
	if now == nil {
		return nil
	}
	if root, ok := now.machine.Root(tree.Size); !ok || root != tree.Root {
		return nil
	}
	return now.machine
}

// open opens a certified tree where it is to be read from: the follower begins with that.
func (r *Regulator) open(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error) {
	r.mu.Lock()
	r.wanted = head
	r.mu.Unlock()
	if m := r.applied(head); m != nil {
		return ledger.Open(ctx, m, head)
	}
	if r.cfg.Open != nil {
		return r.cfg.Open(ctx, head)
	}
	return ledger.Open(ctx, r.cfg.From, head)
}
