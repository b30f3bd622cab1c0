package group

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group/internal/logs"
	"ringfence/consensus/quorum/group/internal/rpc"
	"ringfence/store/keys"
)

// Machine is what a group drives. Its methods are called one at a time, in the
// order of the log. It begins empty in every Run: Restore and Apply bring it to
// where the log is.
type Machine interface {
	// Apply takes a committed command and returns the answer to whoever submitted it,
	// at most MaxResult bytes. It must come to the same on every regulator. Indexes
	// rise; there are gaps between them.
	Apply(index uint64, command []byte) []byte
	// Configured hears who votes in Raft from this index of the log on, in the order
	// of their keys, and after a Restore who voted there. An error ends the group: it
	// has voters that it must not have.
	Configured(index uint64, voters []keys.Public) error
	// Snapshot returns what Restore needs to come to this state; what is written later
	// does not change it. An error puts the snapshot off: the log stays meanwhile.
	Snapshot() (io.WriterTo, error)
	// Restore replaces the state by that of a snapshot, which any regulator may have
	// made up. An error says that it is none, or an old one, and leaves the machine
	// as it was; the group then ends.
	Restore(snapshot io.Reader) error
}

// fsm is a Machine as Raft sees it. Raft calls it from one goroutine.
type fsm struct {
	g        *Group
	snaps    *logs.Snapshots
	applied  atomic.Uint64 // index of the last entry that the machine has seen
	progress atomic.Int64  // Unix nanoseconds when that was
}

// seen reports whether the machine may hear of an entry: not of one that it has
// passed, and of none once the group has failed.
func (f *fsm) seen(index uint64) bool {
	if f.g.failed() != nil {
		return true
	}
	if last := f.applied.Load(); index <= last {
		f.g.fail(fmt.Errorf("%w: entry %d is to be applied after %d", ErrRewritten, index, last))
		return true
	}
	return false
}

func (f *fsm) passed(index uint64) {
	f.applied.Store(index)
	f.progress.Store(time.Now().UnixNano())
}

// Apply is raft.FSM's. It returns the machine's answer, or nil when the group has
// failed.
func (f *fsm) Apply(l *raft.Log) any {
	if f.seen(l.Index) {
		return nil
	}
	answer := f.g.cfg.Machine.Apply(l.Index, l.Data)
	f.passed(l.Index)
	return answer
}

// StoreConfiguration is raft.ConfigurationStore's.
func (f *fsm) StoreConfiguration(index uint64, c raft.Configuration) {
	if f.seen(index) {
		return
	}
	f.configured(index, c)
	f.passed(index)
}

func (f *fsm) configured(index uint64, c raft.Configuration) {
	if err := f.g.cfg.Machine.Configured(index, votersOf(c)); err != nil {
		f.g.fail(fmt.Errorf("quorum: the voters from entry %d on: %w", index, err))
	}
}

// votersOf returns who votes in a configuration, in the order of their keys.
func votersOf(c raft.Configuration) []keys.Public {
	var voters []keys.Public
	for _, s := range c.Servers {
		if k, ok := rpc.Host(s.ID); ok && s.Suffrage == raft.Voter {
			voters = append(voters, k)
		}
	}
	slices.SortFunc(voters, keys.Public.Compare)
	return voters
}

// Snapshot is raft.FSM's.
func (f *fsm) Snapshot() (raft.FSMSnapshot, error) {
	if err := f.g.failed(); err != nil {
		return nil, err
	}
	w, err := f.g.cfg.Machine.Snapshot()
	if err != nil {
		return nil, err
	}
	return snapshot{w}, nil
}

// Restore is raft.FSM's. Raft has by then put the snapshot on disk, and would let an
// old one take the machine back.
func (f *fsm) Restore(r io.ReadCloser) error {
	err := f.restore(r)
	if err != nil {
		f.g.fail(err)
	}
	return err
}

func (f *fsm) restore(r io.ReadCloser) error {
	if err := f.g.failed(); err != nil {
		return err
	}
	wrapped, ok := r.(raft.ReadCloserWrapper)
	if !ok {
		return errors.New("quorum: a snapshot of another store")
	}
	opened, ok := wrapped.WrappedReadCloser().(*logs.Reading)
	if !ok {
		return errors.New("quorum: a snapshot of another store")
	}
	meta := opened.Meta
	if last := f.applied.Load(); meta.Index <= last {
		f.snaps.Drop(meta)
		return fmt.Errorf("%w: it ends at entry %d, %d is applied", ErrSnapshot, meta.Index, last)
	}
	if err := f.g.cfg.Machine.Restore(r); err != nil {
		f.snaps.Drop(meta)
		return fmt.Errorf("%w: it ends at entry %d: %w", ErrSnapshot, meta.Index, err)
	}
	f.passed(meta.Index)
	f.configured(meta.ConfigurationIndex, meta.Configuration)
	return f.snaps.Keep(meta)
}

// snapshot is one of the machine's as Raft sees it.
type snapshot struct{ io.WriterTo }

// Persist is raft.FSMSnapshot's.
func (s snapshot) Persist(to raft.SnapshotSink) error {
	if own, ok := to.(*logs.Sink); ok {
		own.Own()
	}
	if _, err := s.WriteTo(to); err != nil {
		return errors.Join(err, to.Cancel())
	}
	return to.Close()
}

// Release is raft.FSMSnapshot's.
func (s snapshot) Release() {}
