package council

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/follow"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/disk"
	"ringfence/store/ledger"
	"ringfence/store/memory"
	"ringfence/store/motion"
)

// Ledger is one that was grown without regulators at work, as a peer serves it.
type Ledger struct {
	*ballottest.Federation
	From ledger.Source
	Note []byte // certified
	Size uint64
}

// Of a ledger that is grown: items a motion, and motions a tick.
const (
	itemsEach   = 256
	motionsEach = 16
)

// Grow makes a ledger of so many entries, labels of numbers, in motions of 256.
func Grow(t testing.TB, entries int) *Ledger {
	t.Helper()
	f := ballottest.Begun(t, regulators, nil)
	l := &Ledger{Federation: f}
	rows, tree := memory.New().Ledger(), ledger.Tree{}
	write := func(made []ledger.Entry) {
		grown, additions, err := tree.Append(made)
		if err == nil {
			err = rows.Write(additions)
		}
		if err != nil {
			t.Fatal(err)
		}
		tree = grown
	}
	write([]ledger.Entry{f.First})
	var numbers Numbers
	for n := 0; int(tree.Size()) < entries; n++ {
		f.Carry(f.Motion(motion.Ratify, numbers.next(t, itemsEach), nil))
		if n%motionsEach == 0 {
			f.Now++
			f.Tick()
		}
		write(f.Entries)
		f.Entries = nil
		f.State.Release(f.State.Size())
	}
	l.From, l.Note, l.Size = rows, noteOf(f, tree).Bytes(), tree.Size()
	return l
}

// noteOf returns the checkpoint of a tree, which a quorum cosigned.
func noteOf(f *ballottest.Federation, tree ledger.Tree) checkpoint.Note {
	f.Helper()
	c := checkpoint.Checkpoint{Origin: checkpoint.Origin(f.State.Constitution().Federation()), Tree: tree.Head()}
	n, err := checkpoint.Sign(c, chartertest.Key("log", ""))
	for _, m := range f.Quorum() {
		key := chartertest.Key("cosign", m)
		if err == nil {
			n, err = n.With(checkpoint.Cosigner(m+".example/cosign", key.Public()), c.Cosign(key, f.Now))
		}
	}
	if err != nil {
		f.Fatal(err)
	}
	return n
}

// Followed is what it took to follow a ledger.
type Followed struct {
	Entries uint64        `json:"entries"`
	CatchUp time.Duration `json:"catch_up_nanoseconds"` // from nothing to all of it, verified and on disk
	Reopen  time.Duration `json:"reopen_nanoseconds"`   // from the own disk, verified
	Past    int64         `json:"past_bytes"`           // of memory that a follower holds, beside its disk
	OnDisk  int64         `json:"disk_bytes"`
}

// Follow has a new follower catch up with a ledger, and begin anew from its own disk in
// dir.
func Follow(t testing.TB, l *Ledger, dir string) (r Followed) {
	t.Helper()
	r.Entries = l.Size
	cfg := follow.Config{Genesis: l.Genesis, From: l.From, Enacted: func([]charter.Enacted) error { return nil }}
	open := func() (*disk.Store, *follow.Follower) {
		store, err := disk.Open(disk.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Ledger = store.Ledger()
		f, err := follow.Open(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return store, f
	}
	store, f := open()
	before, began := inUse(), time.Now()
	if err := f.Offer(context.Background(), l.Note); err != nil {
		t.Fatal(err)
	}
	r.CatchUp = time.Since(began)
	r.Past = inUse() - before
	if f.Standing().Size() != l.Size {
		t.Fatalf("council: the follower has %d entries of %d", f.Standing().Size(), l.Size)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	store, f = open()
	r.Reopen = time.Since(began)
	if f.Standing().Size() != l.Size {
		t.Fatalf("council: the follower has %d entries on its disk, of %d", f.Standing().Size(), l.Size)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	r.OnDisk = sizeOf(t, dir)
	return r
}

// Verify returns what it takes to read and check one proof file of a ledger, on average
// over so many.
func Verify(t testing.TB, l *Ledger, times int) time.Duration {
	t.Helper()
	state := l.State.Constitution()
	tree, err := checkpoint.Peek(l.Note)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := ledger.Open(context.Background(), l.From, tree.Tree)
	if err != nil {
		t.Fatal(err)
	}
	r := ledger.NewReader(opened, l.From)
	index := l.Size / 3
	entries, err := r.Entries(context.Background(), index/ledger.Full)
	if err != nil {
		t.Fatal(err)
	}
	entry := entries[index%ledger.Full]
	path, err := r.Inclusion(context.Background(), index, l.Size)
	if err != nil {
		t.Fatal(err)
	}
	file := ledger.Proof{Index: index, Path: path, Checkpoint: l.Note}.Bytes()
	log, cosigners := checkpoint.Log(checkpoint.Origin(state.Federation()), state.LogKey()), state.Cosigners()
	began := time.Now()
	for range times {
		p, err := ledger.ParseProof(file)
		if err == nil {
			_, err = p.Verify(entry, log, cosigners)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(began) / time.Duration(times)
}

// inUse returns how many bytes of the heap are in use.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// sizeOf returns how many bytes the files of a directory take on the disk.
func sizeOf(t testing.TB, dir string) (n int64) {
	t.Helper()
	err := filepath.Walk(dir, func(_ string, i os.FileInfo, err error) error {
		if err == nil && i.Mode().IsRegular() {
			n += onDisk(i)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
