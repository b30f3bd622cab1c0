package disk

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ipfs/go-cid"
	"go.uber.org/goleak"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open opens a store, and closes it when the test ends.
func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	if cfg.FreeFloor == 0 {
		cfg.FreeFloor = 1
	}
	s, err := Open(cfg)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func openDir(t testing.TB, dir string) *Store {
	t.Helper()
	return open(t, Config{Dir: dir})
}

// copyDir returns a copy of a store's directory as it is now, which is what
// kill -9 would leave of it.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		return copySparse(path, filepath.Join(to, name))
	}))
	return to
}

// copySparse copies a file without its holes: Badger's files are mostly room.
func copySparse(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	defer func() { err = errors.Join(err, in.Close(), out.Close()) }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := out.Truncate(info.Size()); err != nil {
		return err
	}
	const seekData, seekHole = 3, 4
	for at := int64(0); at < info.Size(); {
		data, err := in.Seek(at, seekData)
		if errors.Is(err, syscall.ENXIO) {
			return nil // only a hole is left
		}
		if err != nil {
			return err
		}
		hole, err := in.Seek(data, seekHole)
		if err != nil {
			return err
		}
		b := make([]byte, hole-data)
		if _, err := in.ReadAt(b, data); err != nil {
			return err
		}
		if _, err := out.WriteAt(b, data); err != nil {
			return err
		}
		at = hole
	}
	return nil
}

// files lists the files of a store's database that end in suffix.
func files(t testing.TB, dir, suffix string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, databaseDir, "*"+suffix))
	must(t, err)
	if len(names) == 0 {
		t.Fatalf("no file *%s in %s", suffix, dir)
	}
	return names
}

func issuer(letter string) keys.Public { return feedtest.Key(letter).Public() }

func records(d *feedtest.Drawing, names ...string) []feed.Record {
	out := make([]feed.Record, len(names))
	for i, name := range names {
		out[i] = d.Batch(name).Record()
	}
	return out
}

func reservations(t testing.TB, d *feedtest.Drawing, names ...string) []feed.Reservation {
	t.Helper()
	out := make([]feed.Reservation, len(names))
	for i, name := range names {
		b := d.Batch(name)
		signed, err := assertion.DecodeSignedHeader(b.Signed)
		must(t, err)
		out[i] = feed.Reservation{Tip: b.Tip(), Header: signed.Header, Body: b.Body}
	}
	return out
}

// chain returns n batches of one issuer, each with so many statements: 41 and
// more lie in the value log, fewer in the tree.
func chain(t testing.TB, letter string, n, statements int) []feed.Record {
	t.Helper()
	key := feedtest.Key(letter)
	previous := cid.Undef
	out := make([]feed.Record, n)
	seed := [16]byte{letter[0]}
	random := newStream(letter)
	for i := range out {
		builder := assertion.NewBuilder(random)
		for j := range statements {
			s := feedtest.Flag(t, j, i, "chain")
			ok, err := builder.Add(assertion.PublicationID(seed), &s)
			must(t, err)
			if !ok {
				t.Fatal("the batch is full")
			}
		}
		batch, err := builder.Finish()
		must(t, err)
		out[i] = feedtest.Sign(t, assertion.Header{
			Federation: feedtest.Federation(), Issuer: key.Public(), Sequence: uint64(i), Previous: previous,
			Time: feedtest.Start + int64(i), Count: batch.Count, Root: batch.Root,
		}, batch.Body, key).Record()
		previous = out[i].Tip.CID
	}
	return out
}

func equal(a, b feed.Record) bool {
	return a.Issuer == b.Issuer && a.Tip == b.Tip && bytes.Equal(a.Header, b.Header) && bytes.Equal(a.Body, b.Body)
}

// wantServed checks that exactly these batches are served, in this order, and
// returns their numbers.
func wantServed(t testing.TB, s *Store, want []feed.Record) []uint64 {
	t.Helper()
	var numbers []uint64
	must(t, s.Since(0, func(next uint64, r feed.Record) error {
		i := len(numbers)
		if i == len(want) || !equal(r, want[i]) {
			t.Fatalf("arrival %d is place %d of %s, the wrong one", next, r.Tip.Sequence, r.Issuer.Short())
		}
		numbers = append(numbers, next)
		return nil
	}))
	if len(numbers) != len(want) {
		t.Fatalf("%d batches are served, want %d", len(numbers), len(want))
	}
	for _, r := range want {
		got, ok, err := s.Batch(r.Tip.CID)
		must(t, err)
		if !ok || !equal(got, r) {
			t.Fatalf("batch of place %d of %s: %v", r.Tip.Sequence, r.Issuer.Short(), ok)
		}
	}
	return numbers
}

// journal is a log that tests read.
type journal struct {
	mu sync.Mutex
	b  strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return openDir(t, t.TempDir()) })
}

func TestReopenKeepsAll(t *testing.T) {
	dir := t.TempDir()
	d := feedtest.Draw(t, "A0 <- A1 <- A2; A0 <- A1'; B0; C0")
	proof, err := feed.NewForkProof(d.Verified("A1"), d.Verified("A1'"))
	must(t, err)
	long := chain(t, "L", 3, 100)

	s := openDir(t, dir)
	must(t, s.Reserve(issuer("A"), reservations(t, d, "A0", "A1", "A2")))
	must(t, s.Append(records(d, "A0", "B0", "C0", "A1")))
	must(t, s.Append(long))
	must(t, s.PutFork(proof))
	must(t, s.Put("space", "key", []byte("value")))
	must(t, s.Quarantine(d.Batch("C0").CID, "broken"))
	must(t, s.Bar(issuer("B"), feed.Bar{Kind: feed.Stolen, Reason: "foreign"}))
	tips, err := s.Tips()
	must(t, err)
	served := append(records(d, "A0", "B0", "A1"), long...)

	check := func(t *testing.T, s *Store) {
		numbers := wantServed(t, s, served)
		if last := numbers[len(numbers)-1]; last != 7 {
			t.Errorf("the last arrival is number %d, want 7", last)
		}
		again, err := s.Tips()
		must(t, err)
		if len(again) != len(tips) {
			t.Errorf("%d tips, want %d", len(again), len(tips))
		}
		for i := range again {
			if again[i] != tips[i] {
				t.Errorf("tip %d is %v, want %v", i, again[i], tips[i])
			}
		}
		drafts, err := s.Reserved(issuer("A"))
		must(t, err)
		if len(drafts) != 1 || drafts[0].Tip != d.Batch("A2").Tip() || !bytes.Equal(drafts[0].Body, d.Batch("A2").Body) {
			t.Errorf("%d reservations wait, want A2", len(drafts))
		}
		highest, ok, err := s.HighestReserved(issuer("A"))
		must(t, err)
		if !ok || highest != d.Batch("A2").Tip() {
			t.Errorf("the highest reservation is %v", highest)
		}
		if bar, barred, _ := s.Barred(issuer("A")); barred {
			t.Errorf("A is barred: %+v", bar)
		}
		if bar, barred, _ := s.Barred(issuer("B")); !barred || bar != (feed.Bar{Kind: feed.Stolen, Reason: "foreign"}) {
			t.Errorf("B is barred %v by %+v", barred, bar)
		}
		aside, err := s.Quarantined()
		must(t, err)
		if len(aside) != 1 || aside[0] != (feed.Quarantined{Batch: d.Batch("C0").CID, Reason: "broken"}) {
			t.Errorf("in quarantine are %v", aside)
		}
		value, _, err := s.Get("space", "key")
		must(t, err)
		fork, _, err := s.Fork(issuer("A"), 0)
		must(t, err)
		if string(value) != "value" || fork.Compare(proof) != 0 {
			t.Error("the named value or the fork proof is another")
		}
	}
	killed := copyDir(t, dir)
	must(t, s.Close())
	t.Run("closed", func(t *testing.T) { check(t, openDir(t, dir)) })
	t.Run("killed", func(t *testing.T) {
		s := openDir(t, killed)
		check(t, s)
		must(t, s.Append(records(d, "A2")))
	})
}

// TestKilledAtEveryCall copies the directory after each call, as kill -9 would
// leave it, and expects all that was acknowledged until then.
func TestKilledAtEveryCall(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	all := append(chain(t, "A", 6, 60), chain(t, "B", 6, 2)...)
	for n := 1; n <= len(all); n++ {
		must(t, s.Append(all[n-1:n]))
		killed := openDir(t, copyDir(t, dir))
		wantServed(t, killed, all[:n])
		must(t, killed.Close())
	}
}

func TestManyAndLarge(t *testing.T) {
	s := openDir(t, t.TempDir())
	many := chain(t, "M", 300, 1)
	must(t, s.Append(many))
	// Forty bodies of about 1 MiB are more than one transaction takes.
	large := chain(t, "L", 40, 1)
	for i := range large {
		large[i].Body = bytes.Repeat([]byte{byte(i + 1)}, assertion.MaxSlots)
	}
	must(t, s.Append(large))
	numbers := wantServed(t, s, append(many, large...))
	for i, n := range numbers {
		if n != uint64(i)+1 {
			t.Fatalf("batch %d has the number %d", i, n)
		}
	}
	large[0].Body = make([]byte, assertion.MaxSlots+1)
	large[0].Tip.CID = assertion.CID([]byte("too large"))
	large[0].Tip.Sequence = 40
	if s.Append(large[:1]) == nil {
		t.Fatal("a body above 1 MiB was accepted")
	}
}

func TestClosed(t *testing.T) {
	d := feedtest.Draw(t, "A0")
	s := openDir(t, t.TempDir())
	must(t, s.Close())
	must(t, s.Close())
	_, errHas := s.Has(d.Batch("A0").CID)
	_, _, errBatch := s.Batch(d.Batch("A0").CID)
	_, _, errGet := s.Get("space", "key")
	for name, err := range map[string]error{
		"Append":   s.Append(records(d, "A0")),
		"Reserve":  s.Reserve(issuer("A"), reservations(t, d, "A0")),
		"Put":      s.Put("space", "key", nil),
		"Bar":      s.Bar(issuer("A"), feed.Bar{Kind: feed.Restored, Reason: "reason"}),
		"Backup":   s.Backup(&bytes.Buffer{}),
		"Writable": s.Writable(),
		"Has":      errHas,
		"Batch":    errBatch,
		"Get":      errGet,
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s answers %v", name, err)
		}
	}
}

// TestCloseWaits closes a store under its users; each gets an answer or
// ErrClosed.
func TestCloseWaits(t *testing.T) {
	s := openDir(t, t.TempDir())
	all := chain(t, "A", 50, 60)
	var users sync.WaitGroup
	started := make(chan struct{}, 4)
	users.Go(func() {
		for i := range all {
			if i == 5 {
				started <- struct{}{}
			}
			if err := s.Append(all[i : i+1]); err != nil {
				if !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
				return
			}
		}
	})
	for range 3 {
		users.Go(func() {
			for {
				err := s.Since(0, func(uint64, feed.Record) error { return nil })
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				if _, _, err := s.Batch(all[0].Tip.CID); err != nil && !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
				if s.Writable() != nil {
					return
				}
			}
		})
	}
	<-started
	must(t, s.Close())
	users.Wait()
}
