package quorumtest

import (
	"errors"
	"slices"
	"sync"

	"github.com/hashicorp/raft"

	"ringfence/consensus/cosign"
)

// Life is one incarnation of a regulator, which ends where it is told to: before or after
// the n-th time that something of a name is done. What it leaves behind passes through Do;
// from its end on nothing does, and what was done before stays. It may be used
// concurrently.
type Life struct {
	cut   func()
	ended chan struct{}

	mu    sync.Mutex
	point string
	left  int // until it ends at point
}

// ErrKilled is what Do returns of a Life that has ended.
var ErrKilled = errors.New("quorumtest: it was killed")

// NewLife returns a Life that does not end yet; cut takes it off the network when it does,
// and calls nothing of the Life.
func NewLife(cut func()) *Life { return &Life{cut: cut, ended: make(chan struct{})} }

// EndAt has it end when a point is reached for the n-th time from now on: "before" or
// "after" with a name of Do.
func (l *Life) EndAt(point string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.point, l.left = point, n
}

// Ended returns a channel that is closed when it has ended.
func (l *Life) Ended() <-chan struct{} { return l.ended }

// Over reports whether it has ended.
func (l *Life) Over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// Do does something of a name, unless the Life has ended or does so before it.
func (l *Life) Do(name string, f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over("before " + name) {
		return ErrKilled
	}
	if err := f(); err != nil {
		return err
	}
	if l.over("after " + name) {
		return ErrKilled
	}
	return nil
}

// over reports whether it has ended, or does so now, at a point; with mu held.
func (l *Life) over(point string) bool {
	if l.Over() {
		return true
	}
	if point != l.point {
		return false
	}
	if l.left--; l.left > 0 {
		return false
	}
	l.cut()
	close(l.ended)
	return true
}

// Disk returns a disk as the Life writes it. Names: append, of entries with commands, and
// write.
func (l *Life) Disk(d *Disk) *LifesDisk { return &LifesDisk{d, l} }

// LifesDisk is a Disk as a Life writes it.
type LifesDisk struct {
	*Disk
	life *Life
}

// StoreLog is raft.LogStore's.
func (d *LifesDisk) StoreLog(l *raft.Log) error { return d.StoreLogs([]*raft.Log{l}) }

// StoreLogs is raft.LogStore's.
func (d *LifesDisk) StoreLogs(logs []*raft.Log) error {
	name := "write"
	if slices.ContainsFunc(logs, func(l *raft.Log) bool { return l.Type == raft.LogCommand }) {
		name = "append"
	}
	return d.life.Do(name, func() error { return d.Disk.StoreLogs(logs) })
}

// DeleteRange is raft.LogStore's.
func (d *LifesDisk) DeleteRange(from, to uint64) error {
	return d.life.Do("write", func() error { return d.Disk.DeleteRange(from, to) })
}

// Set is raft.StableStore's.
func (d *LifesDisk) Set(key, val []byte) error {
	return d.life.Do("write", func() error { return d.Disk.Set(key, val) })
}

// SetUint64 is raft.StableStore's.
func (d *LifesDisk) SetUint64(key []byte, val uint64) error {
	return d.life.Do("write", func() error { return d.Disk.SetUint64(key, val) })
}

// Keeper returns a certification state as the Life keeps it. Names: report, lock, cosign,
// by what the state is kept for, and settle for the rest.
func (l *Life) Keeper(k *Keeper) *LifesKeeper { return &LifesKeeper{k, l} }

// LifesKeeper is a Keeper as a Life keeps it.
type LifesKeeper struct {
	*Keeper
	life *Life
}

// Keep keeps a state, unless it was forgotten.
func (k *LifesKeeper) Keep(s cosign.State) error {
	before, _ := k.State()
	name := "settle"
	switch n := len(s.Reported); {
	case s.Cosigned != before.Cosigned:
		name = "cosign"
	case s.Locked.Generation != before.Locked.Generation || s.Locked.Tree != before.Locked.Tree:
		name = "lock"
	case n > 0 && !slices.Contains(before.Reported, s.Reported[n-1]):
		name = "report"
	}
	return k.life.Do(name, func() error { return k.Keeper.Keep(s) })
}

// Forget notes that the state cannot be trusted any more.
func (k *LifesKeeper) Forget(why string) error {
	return k.life.Do("write", func() error { return k.Keeper.Forget(why) })
}

// Adopt keeps a state that can be trusted again.
func (k *LifesKeeper) Adopt(s cosign.State) error {
	return k.life.Do("write", func() error { return k.Keeper.Adopt(s) })
}
