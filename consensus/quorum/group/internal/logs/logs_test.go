package logs_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group/internal/logs"
	qt "ringfence/consensus/quorum/quorumtest"
)

type place struct{ committed, applied uint64 }

func (p *place) CommitIndex() uint64  { return p.committed }
func (p *place) AppliedIndex() uint64 { return p.applied }

// filled returns a store with twenty entries, the first ten of which are committed
// and applied, and what it told of failures.
func filled(t *testing.T, snapshot uint64) (*logs.Store, *qt.Disk, *place, *error) {
	t.Helper()
	var told error
	disk := qt.NewDisk()
	s := logs.NewStore(disk, func(err error) { told = errors.Join(told, err) }, func() uint64 { return snapshot })
	p := &place{10, 10}
	s.Watch(p)
	for i := uint64(1); i <= 20; i++ {
		if err := s.StoreLog(&raft.Log{Index: i, Term: 1, Data: []byte{byte(i), 7, 7}}); err != nil {
			t.Fatal(err)
		}
	}
	return s, disk, p, &told
}

func TestOnlyWhatMayBeForgottenIs(t *testing.T) {
	for _, x := range []struct {
		name               string
		snapshot, from, to uint64
		ok                 bool
	}{
		{"a tail that is not committed", 0, 11, 20, true},
		{"a tail with one entry that is", 0, 10, 20, false},
		{"all", 0, 1, 20, false},
		{"what a snapshot covers", 8, 1, 8, true},
		{"more than it covers", 8, 1, 9, false},
		{"all, for a snapshot that was just installed", 15, 1, 20, true},
		{"a tail, below a snapshot that covers not all that is committed", 9, 10, 20, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			s, _, _, told := filled(t, x.snapshot)
			err := s.DeleteRange(x.from, x.to)
			if x.ok && (err != nil || *told != nil) {
				t.Errorf("%v, told %v", err, *told)
			}
			if !x.ok && (!errors.Is(err, logs.ErrRewritten) || !errors.Is(*told, logs.ErrRewritten)) {
				t.Errorf("%v, told %v", err, *told)
			}
			last, err := s.LastIndex()
			if err != nil || !x.ok && last != 20 {
				t.Errorf("the log ends at %d: %v", last, err)
			}
			if err := s.StoreLog(&raft.Log{Index: last + 1}); (err == nil) != x.ok {
				t.Errorf("a write afterwards: %v", err)
			}
		})
	}
}

func TestEntriesComeBackAsTheyWere(t *testing.T) {
	s, disk, _, told := filled(t, 0)
	var l raft.Log
	if err := s.GetLog(15, &l); err != nil || !bytes.Equal(l.Data, []byte{15, 7, 7}) {
		t.Errorf("%v %v", l.Data, err)
	}
	if err := s.GetLog(21, &l); !errors.Is(err, raft.ErrLogNotFound) || *told != nil {
		t.Errorf("what is yet to come: %v, told %v", err, *told)
	}
	if err := disk.Rot(15); err != nil {
		t.Fatal(err)
	}
	if err := s.GetLog(15, &l); err == nil || !errors.Is(*told, logs.ErrDamaged) {
		t.Errorf("a damaged entry: %v, told %v", err, *told)
	}
	// Raft panics when it cannot read what it is to apply.
	s, disk, p, told := filled(t, 0)
	p.committed = 12
	if err := disk.Rot(12); err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool)
	go func() {
		defer close(ended)
		_ = s.GetLog(12, &l)
		ended <- false
	}()
	if _, went := <-ended; went {
		t.Error("Raft's goroutine goes on")
	}
	if !errors.Is(*told, logs.ErrDamaged) {
		t.Errorf("told %v", *told)
	}
}

func TestAFailedWriteIsTheLast(t *testing.T) {
	s, disk, _, told := filled(t, 0)
	disk.Fail(true)
	if err := s.StoreLog(&raft.Log{Index: 21}); !errors.Is(err, logs.ErrDisk) || !errors.Is(*told, logs.ErrDisk) {
		t.Errorf("%v, told %v", err, *told)
	}
	disk.Fail(false)
	if err := s.StoreLog(&raft.Log{Index: 21}); err == nil {
		t.Error("a write after a failed one was tried again")
	}
	ended := make(chan bool)
	go func() {
		defer close(ended)
		_ = s.SetUint64([]byte("term"), 1)
		ended <- false
	}()
	if _, went := <-ended; went {
		t.Error("Raft's goroutine goes on without its term")
	}
}

// put writes a snapshot, its own or a received one.
func put(t *testing.T, s *logs.Snapshots, index uint64, payload string, own bool) *raft.SnapshotMeta {
	t.Helper()
	c := raft.Configuration{Servers: []raft.Server{{ID: "a", Address: "a"}}}
	sink, err := s.Create(1, index, 3, c, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if own {
		sink.(*logs.Sink).Own()
	}
	if _, err := io.WriteString(sink, payload); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	meta, r, err := s.Open(sink.ID())
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil || string(b) != payload || meta.Size != int64(len(payload)) || meta.Index != index || meta.Term != 3 || len(meta.Configuration.Servers) != 1 {
		t.Errorf("%+v %q: %v", meta, b, err)
	}
	return meta
}

func indexes(t *testing.T, s *logs.Snapshots) []uint64 {
	t.Helper()
	all, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	var out []uint64
	for _, m := range all {
		out = append(out, m.Index)
	}
	return out
}

func same(a, b []uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestSnapshotsThatWereNotTakenTakeNobodysPlace(t *testing.T) {
	dir := t.TempDir()
	s, err := logs.OpenSnapshots(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []uint64{10, 20, 30} {
		put(t, s, index, "own", true)
	}
	if got := indexes(t, s); !same(got, []uint64{30, 20}) || s.Newest() != 30 {
		t.Errorf("%v", got)
	}
	for range 3 {
		s.Drop(put(t, s, 40, "forged", false))
	}
	put(t, s, 50, "received, and then the process died", false)
	if got := indexes(t, s); !same(got, []uint64{30, 20}) || s.Newest() != 30 {
		t.Errorf("%v", got)
	}
	if err := s.Keep(put(t, s, 60, "taken", false)); err != nil {
		t.Fatal(err)
	}
	if got := indexes(t, s); !same(got, []uint64{60, 30}) || s.Newest() != 60 {
		t.Errorf("%v", got)
	}
	if s, err = logs.OpenSnapshots(dir, 100); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if got := indexes(t, s); err != nil || !same(got, []uint64{60, 30}) || s.Newest() != 60 || len(left) != 2 {
		t.Errorf("%v, files %v: %v", got, left, err)
	}
}

func TestADamagedSnapshotIsNone(t *testing.T) {
	dir := t.TempDir()
	s, err := logs.OpenSnapshots(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, 10, "old", true)
	put(t, s, 20, "new", true)
	whole, err := os.ReadFile(filepath.Join(dir, "0000000000000014-0000000000000003.snap"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "0000000000000014-0000000000000003.snap")
	for at := range whole {
		bad := bytes.Clone(whole)
		bad[at] ^= 1
		for _, b := range [][]byte{bad, whole[:at]} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if got := indexes(t, s); !same(got, []uint64{10}) {
				t.Fatalf("byte %d: %v", at, got)
			}
		}
	}
	if err := os.Remove(filepath.Join(dir, "000000000000000a-0000000000000003.snap")); err != nil {
		t.Fatal(err)
	}
	if _, err := logs.OpenSnapshots(dir, 100); !errors.Is(err, logs.ErrNoSnapshot) {
		t.Errorf("with damaged ones alone: %v", err)
	}
}

func TestASnapshotHasABound(t *testing.T) {
	s, err := logs.OpenSnapshots(t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	sink, err := s.Create(1, 1, 1, raft.Configuration{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sink.Write(make([]byte, 101)); err == nil {
		t.Error("101 of at most 100 bytes were written")
	}
	if err := sink.Cancel(); err != nil {
		t.Error(err)
	}
	if got := indexes(t, s); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
