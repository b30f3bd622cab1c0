package logs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// Failures of a Store. The group that hears of one ends.
var (
	ErrDisk      = errors.New("the disk failed")
	ErrDamaged   = errors.New("the log is damaged")
	ErrRewritten = errors.New("a peer would have this regulator forget committed entries")
	errStopped   = errors.New("the group has stopped, nothing more is written")
)

// Disk is where log and vote lie; raft-wal is one.
type Disk interface {
	raft.LogStore
	raft.StableStore
	io.Closer
}

// Place is how far Raft has come.
type Place interface {
	CommitIndex() uint64
	AppliedIndex() uint64
}

// Store is a Disk for Raft. Its methods are those of raft.LogStore and
// raft.StableStore, called by Raft's goroutines.
type Store struct {
	disk   Disk
	fail   func(error) // hears of the first failure, and of others
	newest func() uint64

	mu      sync.Mutex
	place   Place // nil until Raft is made
	stopped bool
	busy    map[uint64]time.Time // what is under way, since when
	next    uint64
}

// NewStore returns a store on a disk. fail hears of failures; newest returns the
// index of the newest sound snapshot.
func NewStore(disk Disk, fail func(error), newest func() uint64) *Store {
	return &Store{disk: disk, fail: fail, newest: newest, busy: make(map[uint64]time.Time)}
}

// Watch tells the store where to look up how far Raft is, once that exists.
func (s *Store) Watch(p Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.place = p
}

// Stop makes every later write fail.
func (s *Store) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
}

// Busy returns for how long the disk has owed an answer; zero when it owes none.
func (s *Store) Busy() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var longest time.Duration
	for _, since := range s.busy {
		longest = max(longest, time.Since(since))
	}
	return longest
}

func (s *Store) begin() (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next
	s.next++
	s.busy[id] = time.Now()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.busy, id)
	}
}

// write does one write of the disk and tells of its failure.
func (s *Store) write(what string, f func() error) error {
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		return errStopped
	}
	end := s.begin()
	err := f()
	end()
	if err != nil {
		err = fmt.Errorf("%w: %s: %w", ErrDisk, what, err)
		s.Stop() // what a failed write left behind only a restart can tell
		s.fail(err)
	}
	return err
}

// FirstIndex is raft.LogStore's.
func (s *Store) FirstIndex() (uint64, error) { return s.disk.FirstIndex() }

// LastIndex is raft.LogStore's.
func (s *Store) LastIndex() (uint64, error) { return s.disk.LastIndex() }

// GetLog is raft.LogStore's. Where Raft would end the process because a committed
// entry cannot be read, its goroutine ends instead, and the failure is told.
func (s *Store) GetLog(index uint64, l *raft.Log) error {
	end := s.begin()
	err := s.disk.GetLog(index, l)
	end()
	if err == nil {
		err = open(l)
	}
	if err == nil {
		return nil
	}
	missing := errors.Is(err, raft.ErrLogNotFound)
	if missing && !s.due(index) {
		return err // Raft looks for what was compacted or is yet to come
	}
	s.Stop()
	s.fail(fmt.Errorf("%w: entry %d: %w", ErrDamaged, index, err))
	if s.due(index) {
		runtime.Goexit()
	}
	return err
}

// due reports whether an entry is committed and not yet applied, so that Raft
// panics when it cannot be read.
func (s *Store) due(index uint64) bool {
	s.mu.Lock()
	place := s.place
	s.mu.Unlock()
	return place != nil && index > place.AppliedIndex() && index <= place.CommitIndex()
}

// StoreLog is raft.LogStore's.
func (s *Store) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

// StoreLogs is raft.LogStore's.
func (s *Store) StoreLogs(entries []*raft.Log) error {
	sealed := make([]*raft.Log, len(entries))
	for i, l := range entries {
		sealed[i] = seal(l)
	}
	return s.write("append to the log", func() error { return s.disk.StoreLogs(sealed) })
}

// DeleteRange is raft.LogStore's. It takes what a snapshot covers and what was
// never committed, and nothing else.
func (s *Store) DeleteRange(from, to uint64) error {
	s.mu.Lock()
	var committed uint64
	if s.place != nil {
		committed = s.place.CommitIndex()
	}
	s.mu.Unlock()
	// Newer than all that is committed is a snapshot only when it was just installed:
	// then the whole log is superseded, what lies above the snapshot too.
	snapshot := s.newest()
	if from <= committed && to > snapshot && snapshot <= committed {
		err := fmt.Errorf("%w: entries from %d, of which up to %d are committed", ErrRewritten, from, committed)
		s.Stop()
		s.fail(err)
		return err
	}
	return s.write("shorten the log", func() error { return s.disk.DeleteRange(from, to) })
}

// IsMonotonic is raft.MonotonicLogStore's.
func (s *Store) IsMonotonic() bool {
	m, ok := s.disk.(raft.MonotonicLogStore)
	return ok && m.IsMonotonic()
}

// Set is raft.StableStore's.
func (s *Store) Set(key, val []byte) error {
	return s.write("keep a vote", func() error { return s.disk.Set(key, val) })
}

// Get is raft.StableStore's.
func (s *Store) Get(key []byte) ([]byte, error) {
	defer s.begin()()
	return s.disk.Get(key)
}

// SetUint64 is raft.StableStore's. Where Raft would end the process because a term
// cannot be kept, its goroutine ends instead; the failure was told.
func (s *Store) SetUint64(key []byte, val uint64) error {
	err := s.write("keep a term", func() error { return s.disk.SetUint64(key, val) })
	if err != nil {
		runtime.Goexit()
	}
	return nil
}

// GetUint64 is raft.StableStore's.
func (s *Store) GetUint64(key []byte) (uint64, error) {
	defer s.begin()()
	return s.disk.GetUint64(key)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum covers all that Raft acts upon.
func sum(l *raft.Log, data []byte) uint32 {
	var head [17]byte
	binary.BigEndian.PutUint64(head[:8], l.Index)
	binary.BigEndian.PutUint64(head[8:16], l.Term)
	head[16] = byte(l.Type)
	return crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, data)
}

// seal returns an entry as it lies on disk: its data and a checksum.
func seal(l *raft.Log) *raft.Log {
	c := *l
	c.Data = binary.BigEndian.AppendUint32(append(make([]byte, 0, len(l.Data)+4), l.Data...), sum(l, l.Data))
	return &c
}

// open takes the checksum off again.
func open(l *raft.Log) error {
	n := len(l.Data) - 4
	if n < 0 || binary.BigEndian.Uint32(l.Data[n:]) != sum(l, l.Data[:n]) {
		return errors.New("its checksum is wrong")
	}
	l.Data = l.Data[:n:n]
	return nil
}
