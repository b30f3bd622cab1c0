package group

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"

	"ringfence/consensus/quorum/group/internal/logs"
	"ringfence/consensus/quorum/group/internal/rpc"
	"ringfence/store/keys"
)

// engine is Raft with what it stands on, while a group runs.
type engine struct {
	raft  *raft.Raft
	fsm   *fsm
	disk  Disk
	store *logs.Store
	snaps *logs.Snapshots
	rpc   *rpc.Transport
	at    *place
}

// openWAL returns raft-wal, which keeps log and votes.
func openWAL(log *slog.Logger) func(string) (Disk, error) {
	return func(dir string) (Disk, error) { return wal.Open(dir, wal.WithLogger(quiet{log})) }
}

// Times of starting and stopping.
const (
	openTime  = 10 * time.Second // the directory may be held by a group that hangs
	drainTime = time.Second      // for what is committed to reach the machine
	closeTime = 2 * time.Second  // for Raft to end
)

// within runs f and waits for it, but not for ever: late reports that it did not
// return in time, and then cleanup runs when it does.
func within(most time.Duration, f func() error, cleanup func()) (late bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	result := make(chan error)
	go func() {
		err := fmt.Errorf("%w while the group began", ErrDisk) // f's goroutine ended in it
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: raft cannot begin: %v", ErrDamaged, p)
			}
			select {
			case result <- err:
			case <-ctx.Done():
				cleanup()
			}
		}()
		err = f()
	}()
	select {
	case err := <-result:
		return false, err
	case <-ctx.Done():
		return true, fmt.Errorf("%w for %v: is the directory in use by another process?", ErrHung, most)
	}
}

// start opens the directory and begins.
func (g *Group) start() (*engine, error) {
	if err := g.full(); err != nil {
		return nil, err
	}
	dir := filepath.Join(g.cfg.Dir, g.cfg.Generation.String())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("quorum: %w", err)
	}
	snaps, err := logs.OpenSnapshots(filepath.Join(dir, "snapshots"), MaxSnapshot)
	if err != nil {
		return nil, err
	}
	e := &engine{snaps: snaps, fsm: &fsm{g: g, snaps: snaps}}
	e.fsm.progress.Store(time.Now().UnixNano())
	_, err = within(openTime, func() (err error) {
		e.disk, err = g.cfg.Disk(dir)
		return err
	}, func() {
		if e.disk != nil {
			_ = e.disk.Close() // nobody waits for it any more
		}
	})
	if err != nil {
		return nil, fmt.Errorf("quorum: open %s: %w", dir, err)
	}
	e.store = logs.NewStore(e.disk, g.fail, snaps.Newest)
	e.at = &place{g: g, store: e.store, snaps: snaps, fsm: e.fsm}
	e.rpc = rpc.New(rpc.Config{
		Self: g.cfg.Self, Generation: g.cfg.Generation, Dial: g.cfg.Dial, Admitted: g.cfg.Admitted,
		Submit: g.forwarded, Log: e.at, MaxSnapshot: MaxSnapshot, Heartbeat: g.cfg.Timing.Heartbeat, Logger: g.cfg.Logger,
	})
	late, err := within(openTime, func() error { return g.begin(e) }, func() { g.stop(e) })
	if cause := g.failed(); cause != nil {
		err = cause // what Raft makes of it says less
	}
	if err != nil && !late {
		g.stop(e)
	}
	if err != nil {
		return nil, fmt.Errorf("quorum: begin in %s: %w", dir, err)
	}
	return e, nil
}

// begin makes the log and the snapshots fit each other and starts Raft.
func (g *Group) begin(e *engine) error {
	if err := e.align(); err != nil {
		return err
	}
	cfg := g.raftConfig()
	known, err := raft.HasExistingState(e.store, e.store, e.snaps)
	if err != nil {
		return err
	}
	if !known && slices.Contains(g.cfg.First, g.cfg.Self) {
		first := raft.Configuration{}
		for _, k := range g.cfg.First {
			first.Servers = append(first.Servers, raft.Server{Suffrage: raft.Voter, ID: raft.ServerID(k.String()), Address: raft.ServerAddress(k.String())})
		}
		if err := raft.BootstrapCluster(cfg, e.store, e.store, e.snaps, e.rpc, first); err != nil {
			return err
		}
	}
	recent, err := raft.NewLogCache(cfg.MaxAppendEntries, e.store) // the same entries go to each follower
	if err != nil {
		return err
	}
	r, err := raft.NewRaft(cfg, e.fsm, recent, e.store, e.snaps, e.rpc)
	if err != nil {
		return err
	}
	e.at.raft.Store(r)
	e.store.Watch(r)
	e.raft = r
	return nil
}

// align looks whether the log goes on where the newest snapshot ends. A log that
// ends before it was about to be removed when the process died; one that begins
// behind it has a hole, over which Raft would fall.
func (e *engine) align() error {
	first, err := e.store.FirstIndex()
	if err != nil {
		return err
	}
	last, err := e.store.LastIndex()
	if err != nil {
		return err
	}
	newest := e.snaps.Newest()
	switch {
	case last == 0:
		return nil
	case last < newest:
		return e.store.DeleteRange(first, last)
	case first > newest+1:
		return fmt.Errorf("%w: it begins at entry %d and the newest sound snapshot ends at %d", ErrDamaged, first, newest)
	}
	return nil
}

func (g *Group) raftConfig() *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID = raft.ServerID(g.cfg.Self.String())
	c.Logger = quiet{g.cfg.Logger}
	c.HeartbeatTimeout = g.cfg.Timing.Heartbeat
	c.ElectionTimeout = g.cfg.Timing.Election
	c.LeaderLeaseTimeout = g.cfg.Timing.Lease
	c.CommitTimeout = g.cfg.Timing.Commit
	c.SnapshotInterval = g.cfg.SnapshotCheck
	c.SnapshotThreshold = g.cfg.SnapshotEvery
	c.TrailingLogs = g.cfg.Trailing
	c.ShutdownOnRemove = false // who is removed stays to be asked, and may be added again
	c.NoLegacyTelemetry = true
	return c
}

// stop ends Raft and what it stands on. First nothing comes in any more and what is
// committed reaches the machine: Raft never answers for what it drops on the way
// there. It does not wait for a disk that hangs, which is closed when it answers.
func (g *Group) stop(e *engine) {
	_ = e.rpc.Close() // it has no error
	for begun := time.Now(); e.raft != nil && time.Since(begun) < drainTime; time.Sleep(5 * time.Millisecond) {
		if g.idle() && g.changes.Load() == 0 && e.raft.CommitIndex() == e.raft.AppliedIndex() {
			break
		}
	}
	e.store.Stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if e.raft != nil {
			_ = e.raft.Shutdown().Error() // it has none
		}
		if err := e.disk.Close(); err != nil {
			g.cfg.Logger.Warn("the quorum's log was not closed", "error", err)
		}
	}()
	select {
	case <-done:
	case <-time.After(closeTime):
		g.cfg.Logger.Error("the quorum's disk does not answer; it is closed when it does")
	}
}

// place is where Raft stands, for those that look from outside.
type place struct {
	g     *Group
	store *logs.Store
	snaps *logs.Snapshots
	fsm   *fsm
	raft  atomic.Pointer[raft.Raft] // nil until there is one
}

func (p *place) Term() uint64 {
	if r := p.raft.Load(); r != nil {
		return r.CurrentTerm()
	}
	return 0
}

// Leading is true while there is no Raft: then it is about to be.
func (p *place) Leading(term uint64) bool {
	r := p.raft.Load()
	return r == nil || r.State() == raft.Leader && r.CurrentTerm() == term
}

func (p *place) Committed() uint64 {
	if r := p.raft.Load(); r != nil {
		return r.CommitIndex()
	}
	return 0
}

func (p *place) Applied() uint64 { return p.fsm.applied.Load() }

// Astray reports whether Raft counts entries that it has no more. A snapshot that
// ends before its log did makes it remove the log and still count on it: it then
// refuses whatever the leader sends. Only beginning anew helps.
func (p *place) Astray() bool {
	r := p.raft.Load()
	last, err := p.store.LastIndex()
	return r != nil && err == nil && r.LastIndex() > max(last, p.snaps.Newest())
}

func (p *place) Entry(index uint64) (*raft.Log, error) {
	l := new(raft.Log)
	return l, p.store.GetLog(index, l)
}

func (p *place) Rewritten(by keys.Public, index uint64) {
	p.g.fail(fmt.Errorf("%w: %s sends another entry %d", ErrRewritten, by.Short(), index))
}
