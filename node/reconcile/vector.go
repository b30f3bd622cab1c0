package reconcile

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"ringfence/store/merkle"
)

// vector is the heads that a node tells, each with the version at which it last
// changed. It is the store's answer of a moment ago compared with the one before,
// so the store keeps no account of who knows what.
type vector struct {
	held    Held
	session uint64 // of this process: a version means nothing in another

	mu        sync.Mutex
	version   uint64
	lines     map[lane]*line
	order     []*line // by version; a line that changed again stands at its later place only
	stale     int     // lines of order that have changed since
	refreshed time.Time
}

type line struct {
	head    Head
	version uint64
}

func newVector(held Held) *vector {
	return &vector{held: held, session: rand.Uint64(), lines: make(map[lane]*line)}
}

// now returns the cursor at which the vector ends.
func (v *vector) now() (cursor, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.refresh()
	return cursor{v.session, v.version}, err
}

// since returns the heads that changed after a cursor, in the order of their
// changes, at most so many, and how far that goes.
func (v *vector) since(c cursor, most int) ([]Head, headsEnd, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.refresh(); err != nil {
		return nil, headsEnd{}, err
	}
	if c.session != v.session || c.version > v.version {
		c = cursor{session: v.session}
	}
	from, _ := slices.BinarySearchFunc(v.order, c.version+1, func(l *line, want uint64) int { return cmp.Compare(l.version, want) })
	heads := make([]Head, 0, min(most, len(v.order)-from))
	for _, l := range v.order[from:] {
		if v.lines[lane{l.head.Issuer, l.head.Epoch}] != l {
			continue
		}
		if len(heads) == most {
			return heads, headsEnd{c, true}, nil
		}
		heads = append(heads, l.head)
		c.version = l.version
	}
	return heads, headsEnd{cursor{v.session, v.version}, false}, nil
}

// refresh looks at the store, unless it was looked at a moment ago.
func (v *vector) refresh() error {
	if now := time.Now(); now.Sub(v.refreshed) >= refreshEvery {
		if err := v.look(); err != nil {
			return fmt.Errorf("reconcile: compare heads: %w", err)
		}
		v.refreshed = now
	}
	return nil
}

func (v *vector) look() error {
	tips, err := v.held.Tips()
	if err != nil {
		return err
	}
	forks, err := v.held.Forks()
	if err != nil {
		return err
	}
	forked := make(map[lane]merkle.Hash, len(forks))
	for _, f := range forks {
		forked[lane{f.Issuer(), f.Epoch()}] = sha256.Sum256(f.Bytes())
	}
	for _, t := range tips {
		h := Head{Issuer: t.Issuer, Epoch: t.Tip.Epoch, Sequence: t.Tip.Sequence, CID: t.Tip.CID, Time: t.Tip.Time}
		h.Proof, h.Forked = forked[lane{h.Issuer, h.Epoch}]
		delete(forked, lane{h.Issuer, h.Epoch})
		v.set(h)
	}
	for l, proof := range forked {
		v.set(Head{Issuer: l.issuer, Epoch: l.epoch, Forked: true, Proof: proof})
	}
	if v.stale > len(v.lines) {
		v.order = slices.DeleteFunc(v.order, func(l *line) bool { return v.lines[lane{l.head.Issuer, l.head.Epoch}] != l })
		v.stale = 0
	}
	return nil
}

func (v *vector) set(h Head) {
	l := lane{h.Issuer, h.Epoch}
	old := v.lines[l]
	if old != nil && old.head == h {
		return
	}
	if old != nil {
		v.stale++
	}
	v.version++
	v.lines[l] = &line{h, v.version}
	v.order = append(v.order, v.lines[l])
}
