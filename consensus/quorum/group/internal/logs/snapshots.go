package logs

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hashicorp/raft"

	"ringfence/store/wire"
)

// ErrNoSnapshot says that snapshots are there and none of them is sound.
var ErrNoSnapshot = errors.New("no snapshot is sound")

const (
	magic      = "ringfence raft snapshot 1\n"
	suffix     = ".snap"
	unfinished = ".part"
	kept       = 2 // snapshots beside each other: the newest, and one in reserve
	maxHead    = 128 << 10
)

// Snapshots keeps Raft's snapshots as files: a head that tells where in the log they
// stand, the machine's bytes, and a SHA-256 of both. They are written beside, synced
// and renamed.
//
// What a peer sends is on trial: it takes the place of another one only once the
// machine has taken it (Keep). Raft by itself would drop a good snapshot for a
// forged one.
type Snapshots struct {
	dir  string
	most int64

	mu     sync.Mutex
	trial  map[string]*raft.SnapshotMeta // received, closed, not yet taken
	next   int
	newest uint64 // index of the newest sound one
}

// OpenSnapshots returns the snapshots in dir, which it makes when needed, and
// clears away what was not finished. One has at most most bytes.
func OpenSnapshots(dir string, most int64) (*Snapshots, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("quorum: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"+unfinished))
	if err != nil {
		return nil, fmt.Errorf("quorum: %w", err)
	}
	for _, n := range names {
		if err := os.Remove(n); err != nil {
			return nil, fmt.Errorf("quorum: %w", err)
		}
	}
	s := &Snapshots{dir: dir, most: most, trial: make(map[string]*raft.SnapshotMeta)}
	all, err := s.List()
	if err != nil {
		return nil, err
	}
	if len(all) > 0 {
		s.newest = all[0].Index
	}
	return s, nil
}

// Newest returns the index of the newest sound snapshot; 0 when there is none.
func (s *Snapshots) Newest() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest
}

// List is raft.SnapshotStore's: the sound ones, newest first.
func (s *Snapshots) List() ([]*raft.SnapshotMeta, error) {
	names, err := filepath.Glob(filepath.Join(s.dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("quorum: %w", err)
	}
	var all []*raft.SnapshotMeta
	for _, n := range names {
		m, _, err := read(n, s.most)
		if err == nil {
			all = append(all, m)
		}
	}
	if len(names) > 0 && len(all) == 0 {
		return nil, fmt.Errorf("quorum: %w: %d in %s", ErrNoSnapshot, len(names), s.dir)
	}
	slices.SortFunc(all, func(a, b *raft.SnapshotMeta) int { return cmp.Compare(b.Index, a.Index) })
	return all, nil
}

// Open is raft.SnapshotStore's. The reader is a *Reading.
func (s *Snapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	if id != filepath.Base(id) {
		return nil, nil, fmt.Errorf("quorum: no snapshot %q", id)
	}
	m, payload, err := read(filepath.Join(s.dir, id), s.most)
	if err != nil {
		return nil, nil, err
	}
	return m, &Reading{bytes.NewReader(payload), m}, nil
}

// Reading is an open snapshot, which was verified.
type Reading struct {
	*bytes.Reader
	Meta *raft.SnapshotMeta
}

// Close is io.Closer's.
func (r *Reading) Close() error { return nil }

// Keep makes a received snapshot, which the machine has taken, one of those that
// List tells. Others may be kept again.
func (s *Snapshots) Keep(m *raft.SnapshotMeta) error {
	s.mu.Lock()
	_, onTrial := s.trial[m.ID]
	delete(s.trial, m.ID)
	s.mu.Unlock()
	if !onTrial {
		return nil
	}
	return s.settle(m)
}

// Drop removes a received snapshot that the machine has refused. Others stay.
func (s *Snapshots) Drop(m *raft.SnapshotMeta) {
	s.mu.Lock()
	_, onTrial := s.trial[m.ID]
	delete(s.trial, m.ID)
	s.mu.Unlock()
	if onTrial {
		_ = os.Remove(filepath.Join(s.dir, m.ID)) // else the next start does it
	}
}

func (s *Snapshots) settle(m *raft.SnapshotMeta) error {
	name := fmt.Sprintf("%016x-%016x%s", m.Index, m.Term, suffix)
	err := os.Rename(filepath.Join(s.dir, m.ID), filepath.Join(s.dir, name))
	if err == nil {
		err = syncDir(s.dir)
	}
	if err != nil {
		return fmt.Errorf("quorum: keep a snapshot: %w", err)
	}
	m.ID = name
	s.mu.Lock()
	s.newest = max(s.newest, m.Index)
	s.mu.Unlock()
	all, err := s.List()
	if err != nil {
		return err
	}
	for _, old := range all[min(kept, len(all)):] {
		if err := os.Remove(filepath.Join(s.dir, old.ID)); err != nil {
			return fmt.Errorf("quorum: remove an old snapshot: %w", err)
		}
	}
	return nil
}

// Create is raft.SnapshotStore's. The sink is a *Sink, whose Own the machine's own
// snapshots set.
func (s *Snapshots) Create(_ raft.SnapshotVersion, index, term uint64, c raft.Configuration, at uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	s.mu.Lock()
	id := fmt.Sprintf("%016x-%d%s", index, s.next, unfinished)
	s.next++
	s.mu.Unlock()
	f, err := os.OpenFile(filepath.Join(s.dir, id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("quorum: begin a snapshot: %w", err)
	}
	m := &raft.SnapshotMeta{Version: raft.SnapshotVersionMax, ID: id, Index: index, Term: term, Configuration: c, ConfigurationIndex: at}
	sink := &Sink{of: s, file: f, hash: sha256.New(), meta: m}
	head := encodeHead(m)
	top := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(head))) //nolint:gosec // at most maxHead
	if err := sink.write(append(top, head...)); err != nil {
		_ = sink.Cancel()
		return nil, err
	}
	return sink, nil
}

// Sink takes the bytes of one snapshot.
type Sink struct {
	of   *Snapshots
	file *os.File
	hash hash.Hash
	meta *raft.SnapshotMeta
	own  bool
	done bool
}

// Own says that the machine of this regulator made the snapshot.
func (k *Sink) Own() { k.own = true }

// ID is raft.SnapshotSink's.
func (k *Sink) ID() string { return k.meta.ID }

func (k *Sink) write(b []byte) error {
	k.hash.Write(b)
	if _, err := k.file.Write(b); err != nil {
		return fmt.Errorf("quorum: write a snapshot: %w", err)
	}
	return nil
}

func (k *Sink) Write(b []byte) (int, error) {
	if k.meta.Size += int64(len(b)); k.meta.Size > k.of.most {
		return 0, fmt.Errorf("quorum: a snapshot of over %d bytes", k.of.most)
	}
	if err := k.write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close ends the snapshot: durable, and in place when it is the own one.
func (k *Sink) Close() error {
	if k.done {
		return nil
	}
	k.done = true
	_, err := k.file.Write(k.hash.Sum(nil))
	if err == nil {
		err = k.file.Sync()
	}
	if err = errors.Join(err, k.file.Close()); err != nil {
		_ = os.Remove(k.file.Name()) // else the next start does it
		return fmt.Errorf("quorum: write a snapshot: %w", err)
	}
	if k.own {
		return k.of.settle(k.meta)
	}
	k.of.mu.Lock()
	defer k.of.mu.Unlock()
	k.of.trial[k.meta.ID] = k.meta
	return nil
}

// Cancel drops the snapshot.
func (k *Sink) Cancel() error {
	if k.done {
		return nil
	}
	k.done = true
	return errors.Join(k.file.Close(), os.Remove(k.file.Name()))
}

func encodeHead(m *raft.SnapshotMeta) []byte {
	b := wire.AppendArray(nil, 5)
	b = wire.AppendUint(b, 1)
	b = wire.AppendUint(b, m.Index)
	b = wire.AppendUint(b, m.Term)
	b = wire.AppendUint(b, m.ConfigurationIndex)
	return wire.AppendBytes(b, raft.EncodeConfiguration(m.Configuration))
}

func decodeHead(b []byte, m *raft.SnapshotMeta) error {
	r := wire.NewReader("quorum: snapshot", b)
	r.Array("head", 5, 5)
	r.Version(1)
	m.Index, m.Term = r.Uint("index", 1<<62), r.Uint("term", 1<<64-1)
	m.ConfigurationIndex = r.Uint("configuration's index", 1<<62)
	c := r.Bytes("configuration", 1, maxHead)
	if err := r.End(); err != nil {
		return err
	}
	m.Version = raft.SnapshotVersionMax
	m.Configuration = raft.DecodeConfiguration(c) // the hash says that Raft wrote it here
	return nil
}

// read returns a snapshot whose hash is right.
func read(name string, most int64) (*raft.SnapshotMeta, []byte, error) {
	bad := func(err error) (*raft.SnapshotMeta, []byte, error) {
		return nil, nil, fmt.Errorf("quorum: snapshot %s: %w", filepath.Base(name), err)
	}
	info, err := os.Stat(name)
	if err != nil {
		return bad(err)
	}
	if info.Size() > most+maxHead+sha256.Size+int64(len(magic))+4 {
		return bad(fmt.Errorf("it has %d bytes", info.Size()))
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return bad(err)
	}
	end := len(b) - sha256.Size
	rest, ok := bytes.CutPrefix(b[:max(end, 0)], []byte(magic))
	if sum := sha256.Sum256(b[:max(end, 0)]); !ok || end < 0 || !bytes.Equal(sum[:], b[end:]) || len(rest) < 4 {
		return bad(errors.New("it is damaged"))
	}
	body := b[len(magic)+4 : end]
	n := int64(binary.BigEndian.Uint32(b[len(magic):]))
	if n > int64(len(body)) {
		return bad(errors.New("it is damaged"))
	}
	m := &raft.SnapshotMeta{ID: filepath.Base(name), Size: int64(len(body)) - n}
	if err := decodeHead(body[:n], m); err != nil {
		return bad(err)
	}
	return m, body[n:], nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
