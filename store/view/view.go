package view

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/enacted"
)

// Source is where the view reads accepted batches: by CID for explanations and
// undoing, in order of arrival for following.
type Source interface {
	Batch(batch cid.Cid) (feed.Record, bool, error)
	Since(cursor uint64, fn func(next uint64, r feed.Record) error) error
}

// Config is what a View stands on.
type Config struct {
	State  *charter.State
	Source Source
	Day    taxonomy.Day // the list's day to begin with
	// Session names this life of the view; serials of different sessions do
	// not compare. A random value.
	Session uint64
	// Anchored makes the view stand at the heads that the ledger anchored, and at those
	// that BringTo adds, instead of following all that is held.
	Anchored bool
	// Frozen lists the epochs for which a fork is proved. They count up to the last head
	// that the ledger anchored. A view that stands at anchored heads needs no list.
	Frozen []FeedEpoch
}

// View follows records and keeps the harmonised list. Its methods are safe for
// concurrent use; writers wait for each other, readers of List never wait.
type View struct {
	current atomic.Pointer[List]

	mu  sync.Mutex
	cfg Config
	w   *writer
	// anchored stands where the ledger anchored while w, by BringTo, stands beyond; else nil
	anchored *writer
}

// New returns a View that has applied nothing yet. It fails when this release
// does not know the policy's rules version.
func New(cfg Config) (*View, error) {
	w, err := newWriter(cfg, &enacted.Fold{State: cfg.State, Size: cfg.State.Size()})
	if err != nil {
		return nil, err
	}
	w.begin()
	v := &View{cfg: cfg, w: w}
	v.current.Store(w.list)
	return v, nil
}

// List returns the list as it stands, an immutable value.
func (v *View) List() *List { return v.current.Load() }

// Follow applies every record that arrived since the last call and returns how
// many there were. It stops at the first error; what was applied before stays.
func (v *View) Follow() (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n, err := v.w.follow(func(l *List) {
		if !v.w.stale {
			v.current.Store(l)
		}
	})
	if err != nil {
		return n, fmt.Errorf("view: follow feeds: %w", err)
	}
	return n, v.settled()
}

// TurnTo makes day the list's day and recomputes what differs on it. An
// earlier day is ignored: the list's day never goes back. Once the ledger has a tick the
// list's day is that of its last one, and TurnTo does nothing.
func (v *View) TurnTo(day taxonomy.Day) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.anchored != nil { // which is where days count
		v.w, v.anchored = v.anchored, nil
	}
	v.w.turnTo(day)
	v.current.Store(v.w.list)
}

// Freeze takes a proved fork into account: nothing that the epoch carries
// counts any more, undoing included. The view is built anew, in a session of
// the given name; readers keep the old list until it stands.
func (v *View) Freeze(epoch FeedEpoch, session uint64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if slices.Contains(v.cfg.Frozen, epoch) {
		return nil
	}
	if err := v.goBack(); err != nil {
		return err
	}
	before := v.cfg.Frozen
	v.cfg.Frozen = append(slices.Clone(before), epoch)
	if _, noted := v.w.list.Frozen[epoch]; noted { // by the ledger, so the list is as it would be
		return nil
	}
	if err := v.rebuild(session); err != nil {
		v.cfg.Frozen = before
		return err
	}
	return nil
}
