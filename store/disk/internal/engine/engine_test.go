package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ringfence/store/disk/internal/damage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func config(dir string) Config {
	return Config{Dir: dir, Free: func() (uint64, error) { return 1 << 40, nil }, Logger: slog.New(slog.DiscardHandler)}
}

func open(t testing.TB, dir string) *DB {
	t.Helper()
	d, err := Open(config(dir))
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	return d
}

// put keeps pairs of keys and values, durably.
func put(t testing.TB, d *DB, pairs ...string) {
	t.Helper()
	must(t, d.Write(0, func() error {
		err := d.Commit(func(txn Txn) error {
			for i := 0; i < len(pairs); i += 2 {
				if err := txn.Set([]byte(pairs[i]), []byte(pairs[i+1])); err != nil {
					return err
				}
			}
			return nil
		})
		return errors.Join(err, d.Settle())
	}))
}

func list(t *testing.T, d *DB, prefix string) string {
	t.Helper()
	var out []string
	must(t, d.View(func(txn Txn) error {
		return txn.Each([]byte(prefix), func(rest, value []byte) error {
			out = append(out, string(rest)+"="+string(value))
			return nil
		})
	}))
	return strings.Join(out, " ")
}

func TestTxn(t *testing.T) {
	d := open(t, t.TempDir())
	put(t, d, "a1", "one", "b", "", "a0", "zero", "a2", strings.Repeat("x", 10_000))
	must(t, d.View(func(txn Txn) error {
		for key, want := range map[string]string{"a0": "zero", "a1": "one", "b": "", "a2": strings.Repeat("x", 10_000)} {
			got, ok, err := txn.Get([]byte(key))
			if err != nil || !ok || string(got) != want {
				t.Errorf("%s is %.20q, %v, %v", key, got, ok, err)
			}
		}
		if _, ok, err := txn.Get([]byte("a")); ok || err != nil {
			t.Errorf("a key that was never set: %v, %v", ok, err)
		}
		last, ok := txn.Last([]byte("a"))
		if !ok || string(last) != "a2" {
			t.Errorf("the last key of a is %q, %v", last, ok)
		}
		if last, ok := txn.Last([]byte("c")); ok {
			t.Errorf("the last key of c is %q", last)
		}
		return nil
	}))
	if got := list(t, d, "a"); !strings.HasPrefix(got, "0=zero 1=one 2=xxx") {
		t.Errorf("listed %.40q", got)
	}
	enough := errors.New("enough")
	err := d.View(func(txn Txn) error { return txn.Each(nil, func(_, _ []byte) error { return enough }) })
	if !errors.Is(err, enough) {
		t.Errorf("an error of fn became %v", err)
	}
	must(t, d.Write(0, func() error {
		return d.Commit(func(txn Txn) error { return txn.Delete([]byte("a1")) })
	}))
	if got := list(t, d, "a1"); got != "" {
		t.Errorf("a deleted key is listed as %q", got)
	}
}

// TestRefusedTransactionLeavesNothing: an error of fn is no failure.
func TestRefusedTransactionLeavesNothing(t *testing.T) {
	d := open(t, t.TempDir())
	refused := errors.New("refused")
	err := d.Write(0, func() error {
		return d.Commit(func(txn Txn) error {
			must(t, txn.Set([]byte("a"), []byte("1")))
			return refused
		})
	})
	if !errors.Is(err, refused) || list(t, d, "") != "" {
		t.Fatalf("%v, and %q is there", err, list(t, d, ""))
	}
	must(t, d.Writable())
}

func TestFailIsFinal(t *testing.T) {
	d := open(t, t.TempDir())
	put(t, d, "a", "1")
	cause := errors.New("the disk is gone")
	err := d.Write(0, func() error { return d.Fail(cause) })
	again := d.Fail(errors.New("another"))
	for _, err := range []error{err, again, d.Writable(), d.Write(0, func() error { return nil }), d.Always(func() error { return nil })} {
		if !errors.Is(err, ErrFailed) || !errors.Is(err, cause) {
			t.Errorf("after a failure: %v", err)
		}
	}
	if got := list(t, d, ""); got != "a=1" {
		t.Errorf("look-ups give %q", got)
	}
}

func TestMomentIsOfOneMoment(t *testing.T) {
	d := open(t, t.TempDir())
	put(t, d, "a", "1")
	noted := false
	must(t, d.Moment(func() { noted = true }, func(txn Txn) error {
		put(t, d, "a", "2", "b", "3") // writes go on
		got, _, err := txn.Get([]byte("a"))
		if !noted || string(got) != "1" || err != nil {
			t.Errorf("noted %v, a is %q, %v", noted, got, err)
		}
		return nil
	}))
	if got := list(t, d, ""); got != "a=2 b=3" {
		t.Errorf("afterwards %q", got)
	}
	must(t, d.Close())
	if err := d.Moment(func() {}, func(Txn) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("when closed: %v", err)
	}
}

func TestSeal(t *testing.T) {
	key, payload := []byte("key"), []byte("payload")
	value := seal(key, bytes.Clone(payload))
	got, err := unseal(key, value)
	if err != nil || !bytes.Equal(got, payload) {
		t.Fatalf("unsealed %q, %v", got, err)
	}
	for bit := range len(value) * 8 {
		value[bit/8] ^= 1 << (bit % 8)
		if _, err := unseal(key, value); !errors.Is(err, damage.Err) {
			t.Fatalf("bit %d was flipped: %v", bit, err)
		}
		value[bit/8] ^= 1 << (bit % 8)
	}
	if _, err := unseal([]byte("kez"), value); !errors.Is(err, damage.Err) {
		t.Errorf("under another key: %v", err)
	}
	for n := range len(value) {
		if _, err := unseal(key, value[:n]); !errors.Is(err, damage.Err) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// table returns the bytes of a table that Badger wrote, of some blocks.
func table(t testing.TB) []byte {
	t.Helper()
	dir := t.TempDir()
	d, err := Open(config(dir))
	must(t, err)
	for i := range 6 {
		put(t, d, fmt.Sprintf("key %d", i), strings.Repeat(fmt.Sprint(i), 1500))
	}
	must(t, d.Close())
	names, err := filepath.Glob(filepath.Join(dir, "*"+tableSuffix))
	must(t, err)
	if len(names) != 1 {
		t.Fatalf("Badger left %d tables, want 1", len(names))
	}
	b, err := os.ReadFile(names[0])
	must(t, err)
	return b
}

// TestVerifyTable flips bits and cuts: whatever is changed is found, because
// every byte lies under a checksum or is one.
func TestVerifyTable(t *testing.T) {
	b := table(t)
	must(t, verifyTable(b))
	for i := range b {
		b[i] ^= 1 << (i % 8)
		if verifyTable(b) == nil {
			t.Fatalf("a bit of byte %d of %d was flipped and nobody saw it", i, len(b))
		}
		b[i] ^= 1 << (i % 8)
	}
	for n := range 5000 {
		if verifyTable(make([]byte, n)) == nil {
			t.Fatalf("%d zeros were taken for a table", n)
		}
	}
	for n := range b {
		if verifyTable(b[:n]) == nil {
			t.Fatalf("%d of %d bytes were taken for a table", n, len(b))
		}
	}
}

func TestVerifyTablesNamesThem(t *testing.T) {
	dir := t.TempDir()
	good := table(t)
	bad := bytes.Clone(good)
	bad[10] ^= 1
	for name, b := range map[string][]byte{"000001.sst": good, "000002.sst": bad, "000003.sst": nil} {
		must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	n, err := VerifyTables(dir)
	if n != 3 || !errors.Is(err, damage.Err) {
		t.Fatalf("%d tables, %v", n, err)
	}
	for name, named := range map[string]bool{"000001.sst": false, "000002.sst": true, "000003.sst": true} {
		if strings.Contains(err.Error(), name) != named {
			t.Errorf("%s is named %v in %v", name, !named, err)
		}
	}
	if _, err := Open(config(dir)); !errors.Is(err, damage.Err) {
		t.Errorf("opened: %v", err)
	}
}

// TestOpensWhatAKillLeaves holds files as Badger leaves them when it is killed
// between the steps of making or removing one: they hold nothing that counts.
func TestOpensWhatAKillLeaves(t *testing.T) {
	made := table(t)
	for name, content := range map[string][]byte{
		"000000.vlog": nil, "000007.vlog": nil, "00009.mem": nil,
		"000009.sst": nil, "000010.sst": made[:len(made)/2], "000011.sst": make([]byte, 4096),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for range 2 { // a database with a log and a table
				d, err := Open(config(dir))
				must(t, err)
				put(t, d, "key", "value")
				must(t, d.Close())
			}
			must(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
			if n, err := VerifyTables(dir); err != nil || n == 0 {
				t.Errorf("%d tables, %v", n, err)
			}
			d, err := Open(config(dir))
			must(t, err)
			must(t, d.View(func(txn Txn) error {
				if got, ok, err := txn.Get([]byte("key")); err != nil || !ok || string(got) != "value" {
					t.Errorf("%q, %v, %v", got, ok, err)
				}
				return nil
			}))
			must(t, d.Close())
		})
	}
}

// TestFlippedBytes flips a bit of each byte of the files by which Badger finds
// the rest: either nothing is lost by it, or the file is named before Badger
// sees it.
func TestFlippedBytes(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 { // several entries in the manifest
		d, err := Open(config(dir))
		must(t, err)
		put(t, d, fmt.Sprint("key ", i), "value")
		must(t, d.Close())
	}
	live := open(t, dir)
	put(t, live, "key 3", "value")
	files := make(map[string][]byte)
	names, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range names {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		if strings.HasSuffix(e.Name(), logSuffix) || strings.HasSuffix(e.Name(), valueSuffix) {
			b = append(bytes.TrimRight(b, "\x00"), make([]byte, valueHead)...) // they have room behind them
		}
		files[e.Name()] = b
	}
	for name, size := range map[string]int{"MANIFEST": 1 << 10, "KEYREGISTRY": 1 << 10, "000007.vlog": valueHead, "00001.mem": valueHead, "000001.sst": 20, "DISCARD": 4} {
		t.Run(name, func(t *testing.T) {
			whole := files[name]
			if len(whole) == 0 {
				t.Fatalf("it is not among the files of the database: %v", names)
			}
			for i := range whole[:min(size, len(whole))] {
				flipped := bytes.Clone(whole)
				flipped[i] ^= 1 << (i % 8)
				wantNamedOrWhole(t, files, name, flipped)
			}
			switch name {
			case "MANIFEST":
				wantNamedOrWhole(t, files, name, append(bytes.Clone(whole), 0, 0, 0, 9, 'x', 'y')) // cut short by a crash
				wantNamedOrWhole(t, files, name, nil)
			case "KEYREGISTRY":
				wantNamedOrWhole(t, files, name, whole[:len(whole)/2])
				wantNamedOrWhole(t, files, name, nil)
			}
		})
	}
}

// wantNamedOrWhole opens a database of these files, one of them changed.
func wantNamedOrWhole(t *testing.T, files map[string][]byte, changed string, content []byte) {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if name == changed {
			b = content
		}
		if b != nil {
			must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
		}
	}
	d, err := Open(config(dir))
	if err != nil {
		if !errors.Is(err, damage.Err) || !strings.Contains(strings.ReplaceAll(err.Error(), dir, ""), changed) {
			t.Errorf("%x of %s: %v", content, changed, err)
		}
		return
	}
	if got := list(t, d, "key "); got != "0=value 1=value 2=value 3=value" {
		t.Errorf("%x of %s: opened, and holds %q", content, changed, got)
	}
	must(t, d.Close())
}

func FuzzVerifyTable(f *testing.F) {
	b := table(f)
	f.Add(b)
	f.Add(b[len(b)/2:])
	f.Add(binary.BigEndian.AppendUint32(nil, 1<<31))
	f.Fuzz(func(t *testing.T, other []byte) {
		// Nothing but a table is a table; and nothing panics.
		if verifyTable(other) == nil && len(other) < 16 {
			t.Errorf("%x was taken for a table", other)
		}
	})
}

// TestBarrierSyncsWhatIsInUse: the names that Badger gives its files are what
// the barrier goes by, so a version that names them otherwise fails here.
func TestBarrierSyncsWhatIsInUse(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	put(t, d, "a", "1")
	if !strings.Contains(d.barrier.names, "000001.vlog") || !strings.Contains(d.barrier.names, "00001.mem") {
		t.Fatalf("synced were %q", d.barrier.names)
	}
	// 80 MiB of values are more than one value log takes.
	large := bytes.Repeat([]byte{7}, 1<<20)
	for i := range 4 {
		must(t, d.Write(0, func() error {
			return d.Commit(func(txn Txn) error {
				for j := range 20 {
					must(t, txn.SetLarge(fmt.Appendf(nil, "large %d %d", i, j), large))
				}
				return nil
			})
		}))
	}
	must(t, d.Always(d.Settle))
	if !strings.Contains(d.barrier.names, "000001.vlog 000002.vlog") || d.barrier.oldest != 2 {
		t.Fatalf("synced were %q, the oldest in use is %d", d.barrier.names, d.barrier.oldest)
	}
	must(t, d.Always(d.Settle))
	if strings.Contains(d.barrier.names, "000001.vlog") {
		t.Fatalf("a full value log was synced twice: %q", d.barrier.names)
	}
}

func TestBarrierRefuses(t *testing.T) {
	for name, names := range map[string][]string{
		"nothing":         nil,
		"no value log":    {"00001.mem"},
		"no log":          {"000001.vlog"},
		"a strange value": {"one.vlog", "00001.mem"},
	} {
		dir := t.TempDir()
		for _, name := range names {
			must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		}
		b := barrier{dir: dir}
		if b.sync() == nil {
			t.Errorf("%s: synced", name)
		}
	}
	b := barrier{dir: filepath.Join(t.TempDir(), "missing")}
	if b.sync() == nil {
		t.Error("a missing directory was synced")
	}
}

// TestValueLogsDoNotPileUp opens again and again, closing and not: empty value
// logs go away, and one with something in it stays as it is.
func TestValueLogsDoNotPileUp(t *testing.T) {
	dir := t.TempDir()
	large := bytes.Repeat([]byte{7}, valueThreshold)
	d := open(t, dir)
	must(t, d.Write(0, func() error {
		return errors.Join(d.Commit(func(txn Txn) error { return txn.SetLarge([]byte("large"), large) }), d.Settle())
	}))
	must(t, d.Close())
	for round := range 8 {
		d := open(t, dir)
		must(t, d.View(func(txn Txn) error {
			if got, _, err := txn.GetLarge([]byte("large")); err != nil || !bytes.Equal(got, large) {
				t.Errorf("round %d: %d bytes, %v", round, len(got), err)
			}
			return nil
		}))
		if round%2 == 0 {
			must(t, d.Close())
			continue
		}
		// As a crash leaves it: the open files in their full size.
		killed := t.TempDir()
		must(t, d.Close())
		for _, name := range []string{"000001.vlog", "MANIFEST", "KEYREGISTRY"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(killed, name), b, 0o600))
		}
		tables, err := filepath.Glob(filepath.Join(dir, "*"+tableSuffix))
		must(t, err)
		for _, name := range tables {
			b, err := os.ReadFile(name)
			must(t, err)
			must(t, os.WriteFile(filepath.Join(killed, filepath.Base(name)), b, 0o600))
		}
		f, err := os.Create(filepath.Join(killed, "000002.vlog"))
		must(t, err)
		must(t, errors.Join(f.Truncate(2*valueFile), f.Close()))
		dir = killed
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"+valueSuffix))
	must(t, err)
	if len(names) > 3 {
		t.Fatalf("%d value logs after 8 starts: %v", len(names), names)
	}
}

// TestSealLastSavesWhatFollowsDamage is the reason for sealLast: a flipped bit
// in a value must not take those behind it along.
func TestSealLastSavesWhatFollowsDamage(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	for i := range 3 {
		must(t, d.Write(0, func() error {
			return errors.Join(d.Commit(func(txn Txn) error {
				return txn.SetLarge(fmt.Appendf(nil, "large %d", i), bytes.Repeat([]byte{byte(i + 1)}, valueThreshold))
			}), d.Settle())
		}))
	}
	must(t, d.Close())
	name := filepath.Join(dir, "000001.vlog")
	b, err := os.ReadFile(name)
	must(t, err)
	b[bytes.Index(b, bytes.Repeat([]byte{2}, valueThreshold))+100] ^= 1 << 7
	must(t, os.WriteFile(name, b, 0o600))
	d = open(t, dir)
	must(t, d.View(func(txn Txn) error {
		for i := range 3 {
			got, _, err := txn.GetLarge(fmt.Appendf(nil, "large %d", i))
			must(t, err)
			want := bytes.Repeat([]byte{byte(i + 1)}, valueThreshold)
			if i != 1 && !bytes.Equal(got, want) || i == 1 && bytes.Equal(got, want) {
				t.Errorf("value %d has %d bytes, as written: %v", i, len(got), bytes.Equal(got, want))
			}
		}
		return nil
	}))
}

func TestRoom(t *testing.T) {
	free := uint64(1 << 40)
	cfg := config(t.TempDir())
	cfg.Floor, cfg.Free = 1<<30, func() (uint64, error) { return free, nil }
	d, err := Open(cfg)
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	free = 1<<30 + behind + 100
	must(t, d.Room(100))
	err = d.Room(101)
	var full *DiskFullError
	if !errors.As(err, &full) || full.Free != free || full.Need != behind+101 || full.Floor != 1<<30 {
		t.Fatalf("one byte too many: %v", err)
	}
	if !strings.Contains(full.Error(), "1056 MiB are free") || !strings.Contains(full.Error(), "1024 MiB") {
		t.Errorf("the figures are not told: %v", full)
	}
	ran := false
	if err := d.Write(101, func() error { ran = true; return nil }); !errors.Is(err, ErrDiskFull) || ran {
		t.Errorf("written: %v, %v", ran, err)
	}
	must(t, d.Always(func() error { ran = true; return nil }))
	if !ran {
		t.Error("Always asks for room")
	}
}

// TestCloseWithoutItsDirectory: what cannot be flushed must not keep a node from
// ending.
func TestCloseWithoutItsDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Badger waits a second between its tries
		dir := filepath.Join(t.TempDir(), "gone")
		d, err := Open(config(dir))
		must(t, err)
		put(t, d, "key", "value")
		must(t, os.RemoveAll(dir))
		if err := d.Close(); !errors.Is(err, ErrUnflushed) || !strings.Contains(err.Error(), dir) {
			t.Errorf("closed: %v", err)
		}
		must(t, d.Close())
		must(t, os.Mkdir(dir, 0o700)) // Badger's own close ends by this,
		time.Sleep(time.Minute)       // in the bubble's time
	})
}
