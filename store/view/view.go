package view

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/harmonise"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// Source is where the view reads accepted batches: by CID for explanations and
// undoing, in order of arrival for following.
type Source interface {
	Batch(batch cid.Cid) (feed.Record, bool, error)
	Since(cursor uint64, fn func(next uint64, r feed.Record) error) error
}

// FeedEpoch names one epoch of one issuer's feed.
type FeedEpoch struct {
	Issuer keys.Public
	Epoch  uint64
}

// Config is what a View stands on.
type Config struct {
	State  *charter.State
	Source Source
	Day    taxonomy.Day // the list's day to begin with
	// Session names this life of the view; serials of different sessions do
	// not compare. A random value.
	Session uint64
	// Heads limits the view to batches up to these places of their feeds;
	// issuers that it does not name are left out. nil follows everything.
	Heads map[keys.Public]feed.Tip
	// Frozen lists the epochs for which a fork is proved. Without an anchor
	// nothing that they carry counts.
	Frozen []FeedEpoch
}

// View follows records and keeps the harmonised list. Its methods are safe for
// concurrent use; writers wait for each other, readers of List never wait.
type View struct {
	current atomic.Pointer[List]

	mu  sync.Mutex
	cfg Config
	w   *writer
}

// New returns a View that has applied nothing yet. It fails when this release
// does not know the policy's rules version.
func New(cfg Config) (*View, error) {
	w, err := newWriter(cfg)
	if err != nil {
		return nil, err
	}
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
	n, err := v.w.follow(func(l *List) { v.current.Store(l) })
	if err != nil {
		return n, fmt.Errorf("view: follow feeds: %w", err)
	}
	return n, nil
}

// TurnTo makes day the list's day and recomputes what differs on it. An
// earlier day is ignored: the list's day never goes back.
func (v *View) TurnTo(day taxonomy.Day) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.w.turnTo(day)
	v.current.Store(v.w.list)
}

// Freeze takes a proved fork into account: nothing that the epoch carries
// counts any more, undoing included. The view is built anew, in a session of
// the given name; readers keep the old list until it stands.
func (v *View) Freeze(epoch FeedEpoch, session uint64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range v.cfg.Frozen {
		if f == epoch {
			return nil
		}
	}
	cfg := v.cfg
	cfg.Frozen = append(append([]FeedEpoch(nil), cfg.Frozen...), epoch)
	cfg.Day, cfg.Session = v.w.list.stamp.Day, session
	w, err := newWriter(cfg)
	if err != nil {
		return err
	}
	if _, err := w.follow(func(*List) {}); err != nil {
		return fmt.Errorf("view: rebuild after fork of %s: %w", epoch.Issuer.Short(), err)
	}
	v.cfg, v.w = cfg, w
	v.current.Store(w.list)
	return nil
}

// speaker is what the charter says of an issuer, by the issuer's rank.
type speaker struct {
	key    keys.Public
	member charter.MemberIndex
	group  uint16
	weight uint16
}

func speakers(state *charter.State) []speaker {
	var all []speaker
	for _, key := range state.Issuers() {
		info, _ := state.Issuer(key)
		all = append(all, speaker{key: key, member: info.Member, group: state.Group(info.Member), weight: state.Weight(info.Member)})
	}
	return all
}

func newRules(state *charter.State) (*harmonise.Rules, error) {
	rules, err := harmonise.NewRules(*state.Policy())
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	return rules, nil
}
