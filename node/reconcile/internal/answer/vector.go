package answer

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed"
	"ringfence/store/merkle"
)

// vector is the heads that a node tells, each with the version at which it last
// changed. It is the store's answer of a moment ago compared with the one before,
// so the store keeps no account of who knows what.
type vector struct {
	held    Shelf
	session uint64     // of this process: a version means nothing in another
	looking sync.Mutex // at the store

	mu        sync.Mutex // never held while the store is read
	version   uint64
	lines     map[message.Lane]*line
	order     []*line // by version; a line that changed again stands at its later place only
	stale     int     // lines of order that have changed since
	refreshed time.Time
	ready     bool                    // the node said so before the store was last looked at
	shown     map[message.Lane]uint64 // counts of batches as of version; nil: not asked for since it changed
}

type line struct {
	head    message.Head
	version uint64
}

func newVector(held Shelf) *vector {
	return &vector{held: held, session: rand.Uint64(), lines: make(map[message.Lane]*line)}
}

// now returns the cursor at which the vector ends, and whether the node was ready
// before the store was looked at for it, so that the vector goes as far as what
// made it ready. The caller says whether it is ready now.
func (v *vector) now(ready bool) (message.Cursor, bool, error) {
	v.mu.Lock()
	anew := ready && !v.ready // a look that began before it was is none
	v.mu.Unlock()
	if err := v.refresh(anew); err != nil {
		return message.Cursor{}, false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ready = ready
	return message.Cursor{Session: v.session, Version: v.version}, ready, nil
}

// counts returns how many batches are held of each epoch that no fork froze, as last
// looked at. It is not to be changed.
func (v *vector) counts() map[message.Lane]uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shown == nil {
		v.shown = make(map[message.Lane]uint64, len(v.lines))
		for l, line := range v.lines {
			if !line.head.Forked {
				v.shown[l] = line.head.Count()
			}
		}
	}
	return v.shown
}

// since returns the heads that changed after a cursor, in the order of their
// changes, at most so many, and how far that goes.
func (v *vector) since(c message.Cursor, most int) ([]message.Head, message.HeadsEnd, error) {
	if err := v.refresh(false); err != nil {
		return nil, message.HeadsEnd{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if c.Session != v.session || c.Version > v.version {
		c = message.Cursor{Session: v.session}
	}
	from, _ := slices.BinarySearchFunc(v.order, c.Version+1, func(l *line, want uint64) int { return cmp.Compare(l.version, want) })
	heads := make([]message.Head, 0, min(most, len(v.order)-from))
	for _, l := range v.order[from:] {
		if v.lines[l.head.Lane()] != l {
			continue
		}
		if len(heads) == most {
			return heads, message.HeadsEnd{UpTo: c, More: true}, nil
		}
		heads = append(heads, l.head)
		c.Version = l.version
	}
	return heads, message.HeadsEnd{UpTo: message.Cursor{Session: v.session, Version: v.version}}, nil
}

// refresh looks at the store, unless it was looked at a moment ago. While somebody
// looks, the others go on with what is known; only the first time they wait, and
// when the look must begin now.
func (v *vector) refresh(anew bool) error {
	known, fresh := v.age()
	if !anew && (fresh || known && !v.looking.TryLock()) {
		return nil
	}
	if anew || !known {
		v.looking.Lock()
	}
	defer v.looking.Unlock()
	if _, fresh := v.age(); fresh && !anew {
		return nil // meanwhile
	}
	tips, err := v.held.Tips()
	if err == nil {
		var forks []feed.ForkProof
		if forks, err = v.held.Forks(); err == nil {
			v.take(tips, forks)
			return nil
		}
	}
	return fmt.Errorf("reconcile: compare heads: %w", err)
}

// age reports whether the store was ever looked at, and whether a moment ago.
func (v *vector) age() (known, fresh bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.refreshed.IsZero(), time.Since(v.refreshed) < message.RefreshEvery
}

// take takes in what the store holds now.
func (v *vector) take(tips []feed.Head, forks []feed.ForkProof) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refreshed = time.Now()
	forked := make(map[message.Lane]merkle.Hash, len(forks))
	for _, f := range forks {
		forked[message.Lane{Issuer: f.Issuer(), Epoch: f.Epoch()}] = sha256.Sum256(f.Bytes())
	}
	for _, t := range tips {
		h := message.Head{Issuer: t.Issuer, Epoch: t.Tip.Epoch, Sequence: t.Tip.Sequence, CID: t.Tip.CID, Time: t.Tip.Time}
		h.Proof, h.Forked = forked[h.Lane()]
		delete(forked, h.Lane())
		v.set(h)
	}
	for l, proof := range forked {
		v.set(message.Head{Issuer: l.Issuer, Epoch: l.Epoch, Forked: true, Proof: proof})
	}
	if v.stale > len(v.lines) {
		v.order = slices.DeleteFunc(v.order, func(l *line) bool { return v.lines[l.head.Lane()] != l })
		v.stale = 0
	}
}

func (v *vector) set(h message.Head) {
	l := h.Lane()
	old := v.lines[l]
	if old != nil && old.head == h {
		return
	}
	if old != nil {
		v.stale++
	}
	v.version++
	v.shown = nil
	v.lines[l] = &line{h, v.version}
	v.order = append(v.order, v.lines[l])
}

// Holdings returns how many batches are held of each epoch, and which a fork froze.
func Holdings(held Shelf) (counts map[message.Lane]uint64, frozen map[message.Lane]bool, err error) {
	tips, err := held.Tips()
	forks, forksErr := held.Forks()
	counts, frozen = make(map[message.Lane]uint64, len(tips)), make(map[message.Lane]bool, len(forks))
	for _, t := range tips {
		counts[message.Lane{Issuer: t.Issuer, Epoch: t.Tip.Epoch}] = t.Tip.Sequence + 1
	}
	for _, p := range forks {
		frozen[message.Lane{Issuer: p.Issuer(), Epoch: p.Epoch()}] = true
	}
	return counts, frozen, errors.Join(err, forksErr)
}
