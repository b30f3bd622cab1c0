package disk

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
	"ringfence/store/storetest"
)

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	_, err := Open(Config{Dir: dir, FreeFloor: 1})
	var locked *LockedError
	if !errors.As(err, &locked) || !errors.Is(err, ErrLocked) || locked.PID != os.Getpid() {
		t.Fatalf("a second owner got %v", err)
	}
	if err := Restore(strings.NewReader(""), Config{Dir: dir, FreeFloor: 1}); !errors.Is(err, ErrLocked) {
		t.Fatalf("a restore got %v", err)
	}
	must(t, s.Close())
	openDir(t, dir)
}

func TestOpenRefuses(t *testing.T) {
	made := t.TempDir()
	full := openDir(t, made)
	must(t, full.Put("space", "key", nil))
	must(t, full.Close())
	table := filepath.Base(files(t, made, ".sst")[0])
	for name, c := range map[string]struct {
		change func(dir string) error
		want   error
		text   string
	}{
		"a newer format": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("ringfence store 3\n"), 0o600)
		}, ErrNewer, "upgrade"},
		"no format": {func(dir string) error { return os.Remove(filepath.Join(dir, "FORMAT")) }, nil, "restore was interrupted"},
		"a format of something else": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("ringfence store 1"), 0o600)
		}, ErrDamaged, "FORMAT"},
		"promises of something else": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "promises"), []byte("nonsense"), 0o600)
		}, ErrDamaged, "promises"},
		"a table of something else": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "badger", table), []byte("nonsense"), 0o600)
		}, ErrDamaged, table},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyDir(t, made)
			must(t, c.change(dir))
			_, err := Open(Config{Dir: dir, FreeFloor: 1})
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("answered %v", err)
			}
			// The directory is given up again.
			if _, err := Open(Config{Dir: dir, FreeFloor: 1}); errors.Is(err, ErrLocked) {
				t.Fatal("the directory stays locked")
			}
		})
	}
	if _, err := Open(Config{}); err == nil {
		t.Fatal("a store without a directory was opened")
	}
}

// space is a file system of which the tests say how much is free.
type space struct{ free atomic.Uint64 }

func (f *space) ask(string) (uint64, uint64, error) { return f.free.Load(), 100 << 30, nil }

func TestDiskFull(t *testing.T) {
	const floor = 1 << 30
	var disk space
	disk.free.Store(10 << 30)
	cfg := Config{Dir: t.TempDir(), Free: disk.ask} // the floor is 1 GiB, less than 5 % of 100 GiB
	s, err := Open(cfg)
	must(t, err)
	all := chain(t, "A", 4, 60)
	must(t, s.Append(all[:1]))

	disk.free.Store(floor + 33<<20)
	must(t, s.Writable())
	must(t, s.Append(all[1:2]))
	tree, additions, err := ledger.Tree{}.Append(ledgertest.Entries(0, 300))
	must(t, err)
	must(t, s.Ledger().Write(additions))
	must(t, s.Ledger().Keep(storetest.Note(t, tree.Head())))
	disk.free.Store(floor + 32<<20)
	d := feedtest.Draw(t, "B0")
	for name, err := range map[string]error{
		"Append":     s.Append(all[2:3]),
		"Reserve":    s.Reserve(issuer("B"), reservations(t, d, "B0")),
		"Put":        s.Put("space", "key", []byte("value")),
		"Quarantine": s.Quarantine(all[0].Tip.CID, "reason"),
		"Write":      s.Ledger().Write(additions),
		"Keep":       s.Ledger().Keep(storetest.Note(t, tree.Head())),
		"Erase":      s.Ledger().Erase(1),
	} {
		var full *DiskFullError
		if !errors.As(err, &full) || !errors.Is(err, ErrDiskFull) || full.Floor != floor || full.Free != floor+32<<20 {
			t.Errorf("%s answers %v", name, err)
		}
	}
	must(t, s.Writable())
	disk.free.Store(floor)
	if err := s.Writable(); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("writable: %v", err)
	}
	// Look-ups go on, and so does forbidding to sign.
	wantServed(t, s, all[:2])
	wantLedger(t, s, tree)
	must(t, s.Bar(issuer("B"), feed.Bar{Kind: feed.Stolen, Reason: "a foreign batch"}))
	must(t, s.Close())

	// Between what Badger needs and the floor the store opens and serves.
	s, err = Open(cfg)
	must(t, err)
	wantServed(t, s, all[:2])
	if err := s.Append(all[2:3]); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("append: %v", err)
	}
	disk.free.Store(10 << 30)
	must(t, s.Append(all[2:3])) // recovers by itself
	wantServed(t, s, all[:3])
	must(t, s.Close())

	disk.free.Store(1 << 20)
	if _, err := Open(cfg); !errors.Is(err, ErrDiskFull) || !strings.Contains(err.Error(), "needs 32 MiB to open: free some space, then start again") {
		t.Fatalf("open on a full disk: %v", err)
	}
}

func TestFreeSpaceUnknown(t *testing.T) {
	unknown := errors.New("no such file system")
	fails := func(string) (uint64, uint64, error) { return 0, 0, unknown }
	for _, floor := range []uint64{0, 1} {
		if _, err := Open(Config{Dir: t.TempDir(), FreeFloor: floor, Free: fails}); !errors.Is(err, unknown) {
			t.Errorf("floor %d: %v", floor, err)
		}
	}
}

// TestFailedSyncIsFinal takes the value log away from under the store, so that
// it cannot be synced.
func TestFailedSyncIsFinal(t *testing.T) {
	dir := t.TempDir()
	var log journal
	s := open(t, Config{Dir: dir, Logger: log.logger()})
	all := chain(t, "A", 3, 60)
	must(t, s.Append(all[:1]))
	hidden := t.TempDir()
	var hiddenNames []string
	for _, name := range files(t, dir, ".vlog") {
		hiddenNames = append(hiddenNames, filepath.Base(name))
		must(t, os.Rename(name, filepath.Join(hidden, filepath.Base(name))))
	}
	if err := s.Append(all[1:2]); !errors.Is(err, ErrFailed) {
		t.Fatalf("append without a sync: %v", err)
	}
	for _, name := range hiddenNames {
		must(t, os.Rename(filepath.Join(hidden, name), filepath.Join(dir, databaseDir, name)))
	}
	// A sync that works now proves nothing about the one that failed.
	for name, err := range map[string]error{"Append": s.Append(all[1:2]), "Put": s.Put("a", "b", nil), "Bar": s.Bar(issuer("A"), feed.Bar{Kind: feed.Stolen, Reason: "x"}), "Write": s.Ledger().Write(nil), "Writable": s.Writable()} {
		if !errors.Is(err, ErrFailed) {
			t.Errorf("%s answers %v", name, err)
		}
	}
	wantServed(t, s, all[:1])
	if !strings.Contains(log.String(), "could not be made durable") {
		t.Error("nobody was told")
	}
	must(t, s.Close())
	wantAppended(t, dir, all)
}

// wantAppended opens dir, where some prefix of all is held, and appends the
// rest.
func wantAppended(t *testing.T, dir string, all []feed.Record) {
	t.Helper()
	s := openDir(t, dir)
	must(t, s.Append(all))
	if aside, err := s.Quarantined(); err != nil || len(aside) > 0 {
		t.Fatalf("in quarantine after all: %v, %v", aside, err)
	}
	for _, r := range all {
		if got, ok, err := s.Batch(r.Tip.CID); err != nil || !ok || !equal(got, r) {
			t.Fatalf("place %d: %v, %v", r.Tip.Sequence, ok, err)
		}
	}
}

// TestTornValueLog is a power cut that the log of the tree survived and the
// bodies of a batch did not; nobody was told that the batch is kept.
func TestTornValueLog(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	all := chain(t, "A", 3, 60)
	must(t, s.Append(all[:2]))
	values := files(t, dir, ".vlog")[0]
	before, err := os.ReadFile(values)
	must(t, err)
	promises, err := os.ReadFile(filepath.Join(dir, "promises"))
	must(t, err)
	must(t, s.Append(all[2:]))
	torn := copyDir(t, dir)
	must(t, os.WriteFile(filepath.Join(torn, databaseDir, filepath.Base(values)), before, 0o600))
	must(t, os.WriteFile(filepath.Join(torn, "promises"), promises, 0o600))

	s = openDir(t, torn)
	wantServed(t, s, all[:2])
	aside, err := s.Quarantined()
	must(t, err)
	if len(aside) != 1 || aside[0].Batch != all[2].Tip.CID {
		t.Fatalf("in quarantine are %v, want the torn batch", aside)
	}
	must(t, s.Append(all[2:]))
	wantServed(t, s, all)
}

// TestLostLog is a disk that lost the log of the tree although it was synced:
// what was promised tells.
func TestLostLog(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	d := feedtest.Draw(t, "B0 <- B1 <- B2; C0")
	all := chain(t, "A", 5, 60)
	must(t, s.Append(all[:2]))
	must(t, s.Reserve(issuer("C"), reservations(t, d, "C0")))
	early := copyDir(t, dir)
	must(t, s.Append(all[2:4]))
	must(t, s.Reserve(issuer("B"), reservations(t, d, "B0")))
	must(t, s.Append(records(d, "B0")))
	must(t, s.Reserve(issuer("B"), reservations(t, d, "B1")))
	promises, err := os.ReadFile(filepath.Join(dir, "promises"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(early, "promises"), promises, 0o600))

	var log journal
	lost, err := Open(Config{Dir: early, FreeFloor: 1, Logger: log.logger()})
	must(t, err)
	wantServed(t, lost, all[:2])
	bar, barred, _ := lost.Barred(issuer("B"))
	if !barred || bar.Kind != feed.Restored || !strings.Contains(bar.Reason, "lost") {
		t.Errorf("B is barred %v by %+v", barred, bar)
	}
	if bar, barred, _ := lost.Barred(issuer("C")); barred {
		t.Errorf("C, which lost nothing, is barred: %+v", bar)
	}
	if highest, ok, _ := lost.HighestReserved(issuer("B")); !ok || highest != d.Batch("B1").Tip() {
		t.Errorf("the highest reservation went back to %v", highest)
	}
	if !strings.Contains(log.String(), "batches=3") {
		t.Errorf("nobody was told of three lost batches: %s", log.String())
	}
	// Cursors stay true: number 5 was given out, so the next is 6.
	must(t, lost.Append(all[2:]))
	numbers := wantServed(t, lost, all)
	if numbers[2] != 6 {
		t.Errorf("the first batch after the loss has the number %d, want 6", numbers[2])
	}
	must(t, lost.Since(5, func(next uint64, _ feed.Record) error { return nil }))
	must(t, lost.Close())

	again := openDir(t, early)
	wantServed(t, again, all)
	if _, barred, _ := again.Barred(issuer("B")); !barred {
		t.Error("B may sign again")
	}
	must(t, again.Append(records(d, "B0", "B1")))
	must(t, again.Lift(issuer("B"), feed.Restored))
	must(t, again.Reserve(issuer("B"), reservations(t, d, "B2")))
}

func TestPromisesGone(t *testing.T) {
	dir := t.TempDir()
	d := feedtest.Draw(t, "A0 <- A1; B0; C0")
	s := openDir(t, dir)
	must(t, s.Reserve(issuer("A"), reservations(t, d, "A0", "A1")))
	must(t, s.Append(records(d, "A0", "B0")))
	must(t, s.Close())
	must(t, os.Remove(filepath.Join(dir, "promises")))
	s = openDir(t, dir)
	for _, letter := range []string{"A", "B", "C"} {
		if _, barred, _ := s.Barred(issuer(letter)); !barred {
			t.Errorf("%s may sign", letter)
		}
	}
	if err := s.Reserve(issuer("C"), reservations(t, d, "C0")); !errors.Is(err, feed.ErrBarred) {
		t.Fatalf("reserve: %v", err)
	}
	must(t, s.Lift(issuer("C"), feed.Restored))
	must(t, s.Reserve(issuer("C"), reservations(t, d, "C0")))
	must(t, s.Close())
	s = openDir(t, dir)
	if _, barred, _ := s.Barred(issuer("A")); !barred {
		t.Error("A may sign after a restart")
	}
	if _, barred, _ := s.Barred(issuer("C")); barred {
		t.Error("C may not sign although that was lifted")
	}
}

// TestReservationCaughtByCrash is a crash between the database and the
// promise: the reservation is found, so its place counts as taken.
func TestReservationCaughtByCrash(t *testing.T) {
	dir := t.TempDir()
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
	s := openDir(t, dir)
	must(t, s.Reserve(issuer("A"), reservations(t, d, "A0")))
	promises, err := os.ReadFile(filepath.Join(dir, "promises"))
	must(t, err)
	must(t, s.Reserve(issuer("A"), reservations(t, d, "A1")))
	killed := copyDir(t, dir)
	must(t, os.WriteFile(filepath.Join(killed, "promises"), promises, 0o600))
	s = openDir(t, killed)
	if highest, _, _ := s.HighestReserved(issuer("A")); highest != d.Batch("A1").Tip() {
		t.Fatalf("the highest reservation is %v, want A1", highest)
	}
	if s.Reserve(issuer("A"), reservations(t, d, "A1'")) == nil {
		t.Fatal("the place of A1 was reserved again")
	}
	if _, barred, _ := s.Barred(issuer("A")); barred {
		t.Fatal("a crash barred an issuer that lost nothing")
	}
}

// TestFirstWriteCaughtByCrash is the same crash in a store that never promised
// anything: nothing of it is lost, so nobody is barred.
func TestFirstWriteCaughtByCrash(t *testing.T) {
	d := feedtest.Draw(t, "A0; B0")
	for name, write := range map[string]func(*Store) error{
		"reserve": func(s *Store) error { return s.Reserve(issuer("A"), reservations(t, d, "A0")) },
		"append":  func(s *Store) error { return s.Append(records(d, "B0")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openDir(t, dir)
			promises, err := os.ReadFile(filepath.Join(dir, "promises"))
			must(t, err)
			must(t, write(s))
			killed := copyDir(t, dir)
			must(t, os.WriteFile(filepath.Join(killed, "promises"), promises, 0o600))
			s = openDir(t, killed)
			for _, letter := range []string{"A", "B"} {
				if bar, barred, _ := s.Barred(issuer(letter)); barred {
					t.Errorf("%s, which lost nothing, is barred: %v", letter, bar)
				}
			}
		})
	}
}

// flip changes one bit of a file.
func flip(t testing.TB, name string, bit int) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	must(t, err)
	b := make([]byte, 1)
	_, err = f.ReadAt(b, int64(bit/8))
	must(t, err)
	b[0] ^= 1 << (bit % 8)
	_, err = f.WriteAt(b, int64(bit/8))
	must(t, errors.Join(err, f.Close()))
}

// TestFlippedBits flips single bits in every kind of file. What is served
// afterwards is what was appended; the rest is refused, named, or not held.
func TestFlippedBits(t *testing.T) {
	made := t.TempDir()
	d := feedtest.Draw(t, "C0 <- C1")
	all := append(chain(t, "A", 4, 60), chain(t, "B", 4, 2)...)
	s := openDir(t, made)
	must(t, s.Append(all))
	must(t, s.Reserve(issuer("C"), reservations(t, d, "C0", "C1")))
	killed := copyDir(t, made)
	must(t, s.Close())
	random := rand.New(rand.NewPCG(8, 8))
	for _, c := range []struct{ dir, suffix string }{
		{made, ".sst"}, {made, ".vlog"}, {made, "MANIFEST"}, {killed, ".vlog"}, {killed, ".mem"},
	} {
		t.Run(c.suffix, func(t *testing.T) {
			size := written(t, files(t, c.dir, c.suffix)[0])
			for range 12 {
				dir := copyDir(t, c.dir)
				flip(t, files(t, dir, c.suffix)[0], random.IntN(size*8))
				wantTruth(t, dir, all, d)
			}
		})
	}
	t.Run("promises", func(t *testing.T) {
		for range 12 {
			dir := copyDir(t, made)
			name := filepath.Join(dir, "promises")
			flip(t, name, random.IntN(written(t, name)*8))
			wantTruth(t, dir, all, d)
		}
	})
}

// written is how much of a file is before its last byte that is not zero.
func written(t *testing.T, name string) int {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return len(bytes.TrimRight(b, "\x00"))
}

// wantTruth opens a damaged directory: either it says so, or what it serves is
// true and no place that C reserved can be reserved again.
func wantTruth(t *testing.T, dir string, all []feed.Record, d *feedtest.Drawing) {
	t.Helper()
	s, err := Open(Config{Dir: dir, FreeFloor: 1})
	if err != nil {
		return
	}
	defer func() { must(t, s.Close()) }()
	byCID := map[string]feed.Record{}
	for _, r := range all {
		byCID[r.Tip.CID.String()] = r
		if got, ok, err := s.Batch(r.Tip.CID); err == nil && ok && !equal(got, r) {
			t.Errorf("place %d of %s is served with other bytes", r.Tip.Sequence, r.Issuer.Short())
		}
		if header, ok, err := s.Header(r.Issuer, 0, r.Tip.Sequence); err == nil && ok && !bytes.Equal(header, r.Header) {
			t.Errorf("the header of place %d of %s is served with other bytes", r.Tip.Sequence, r.Issuer.Short())
		}
	}
	served := 0
	err = s.Since(0, func(_ uint64, r feed.Record) error {
		served++
		if !equal(byCID[r.Tip.CID.String()], r) {
			t.Errorf("place %d of %s arrives with other bytes", r.Tip.Sequence, r.Issuer.Short())
		}
		return nil
	})
	aside, _ := s.Quarantined()
	if tips, _ := s.Tips(); err == nil && served+len(aside) < len(all) {
		// What is neither served nor named is known to be missing.
		lost := len(all)
		for _, h := range tips {
			lost -= int(h.Tip.Sequence) + 1
		}
		if lost != len(all)-served-len(aside) {
			t.Errorf("%d served, %d named, %d missing from the feeds, of %d", served, len(aside), lost, len(all))
		}
	}
	if s.Reserve(issuer("C"), reservations(t, d, "C0")) == nil {
		t.Error("a place was reserved twice")
	}
}

func TestScrub(t *testing.T) {
	dir := t.TempDir()
	all := append(chain(t, "A", 3, 60), chain(t, "B", 2, 2)...)
	s := openDir(t, dir)
	must(t, s.Append(all))
	report, err := s.Scrub(t.Context(), nil)
	must(t, err)
	if report.Batches != 5 || len(report.Quarantined) > 0 || report.Bytes < int64(len(all[0].Body)) {
		t.Fatalf("a sound store: %+v", report)
	}
	// What has its checksum and is wrong all the same, by a hand or in memory.
	wrong := all[1]
	wrong.Body = all[2].Body
	tampered := all[3]
	tampered.Header = bytes.Clone(tampered.Header)
	tampered.Header[len(tampered.Header)-1] ^= 1
	must(t, s.db.Always(func() error {
		return s.db.Commit(func(txn engine.Txn) error {
			for i, r := range []feed.Record{wrong, tampered} {
				v := layout.BatchOf([]uint64{2, 4}[i], &r)
				must(t, layout.SetBatch(txn, &v))
				must(t, txn.SetLarge(layout.BodyKey(r.Tip.CID), r.Body))
			}
			return nil
		})
	}))
	var last, total uint64
	report, err = s.Scrub(t.Context(), func(done, of uint64) { last, total = done, of })
	must(t, err)
	if last != 5 || total != 5 || report.Batches != 5 || len(report.Quarantined) != 2 {
		t.Fatalf("after %d of %d: %+v", last, total, report)
	}
	for i, want := range []string{"root", "signature"} {
		q := report.Quarantined[i]
		if q.Batch != []feed.Record{wrong, tampered}[i].Tip.CID || !strings.Contains(q.Reason, want) {
			t.Errorf("put aside is %v, want a reason about the %s", q, want)
		}
	}
	wantServed(t, s, []feed.Record{all[0], all[2], all[4]})
	must(t, s.Append([]feed.Record{all[1], all[3]}))
	wantServed(t, s, []feed.Record{all[0], all[2], all[4], all[1], all[3]})

	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.Scrub(stopped, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stopped scrub: %v", err)
	}
}

func TestScrubFindsTables(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	must(t, s.Append(chain(t, "A", 3, 2)))
	must(t, s.Close())
	s = openDir(t, dir)
	flip(t, files(t, dir, ".sst")[0], 80)
	report, err := s.Scrub(t.Context(), nil)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), ".sst") || report.Tables == 0 {
		t.Fatalf("a damaged table: %+v, %v", report, err)
	}
}

func TestRottenBodyIsNamedOnRead(t *testing.T) {
	for name, read := range map[string]func(*Store, feed.Record) (int, error){
		"Batch": func(s *Store, r feed.Record) (int, error) {
			_, ok, err := s.Batch(r.Tip.CID)
			if ok {
				return 1, err
			}
			return 0, err
		},
		"Since": func(s *Store, _ feed.Record) (int, error) {
			n := 0
			return n, s.Since(1, func(uint64, feed.Record) error { n++; return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var log journal
			all := chain(t, "A", 2, 60)
			s := open(t, Config{Dir: dir, Logger: log.logger()})
			must(t, s.Append(all))
			values := files(t, dir, ".vlog")[0]
			b, err := os.ReadFile(values)
			must(t, err)
			at := bytes.Index(b, all[1].Body)
			f, err := os.OpenFile(values, os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteAt([]byte{b[at+100] ^ 4}, int64(at+100))
			must(t, errors.Join(err, f.Close()))

			if n, err := read(s, all[1]); n != 0 || err != nil {
				t.Fatalf("a rotten body: %d batches, %v", n, err)
			}
			aside, err := s.Quarantined()
			must(t, err)
			if len(aside) != 1 || aside[0].Batch != all[1].Tip.CID || !strings.Contains(aside[0].Reason, "checksum") {
				t.Fatalf("in quarantine are %v", aside)
			}
			if !strings.Contains(log.String(), all[1].Tip.CID.String()) {
				t.Error("the log does not name the batch")
			}
			if has, err := s.Has(all[1].Tip.CID); has || err != nil {
				t.Fatalf("has a rotten batch: %v", err)
			}
			must(t, s.Append(all[1:]))
			must(t, s.Close())
			wantServed(t, openDir(t, dir), all)
		})
	}
}
