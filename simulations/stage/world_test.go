package stage

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ringfence/node/publish"
	"ringfence/simulations/data"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/disk"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
)

// member publishes in these tests. The charter trusts it, so its word labels.
const member = "vendor"

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// founding is the federation of these tests, the same in every process.
func founding(t testing.TB) charter.FoundingConfig {
	t.Helper()
	return chartertest.Config(t, member+": vendor; trusted")
}

func found(t testing.TB) *charter.State {
	t.Helper()
	return chartertest.State(t, founding(t))
}

func config(state *charter.State, store Store) Config {
	return Config{State: state, Store: store, Now: func() time.Time { return noon }, Random: rand.Reader}
}

// lines returns the first so many lines of the FTC's ninety-day file, from a
// line on, under its header.
func lines(t testing.TB, from, count int) []byte {
	t.Helper()
	text, err := data.Read(data.FTC90Days)
	if err != nil {
		t.Fatal(err)
	}
	all := bytes.SplitAfter(text, []byte("\n"))
	return bytes.Join(append([][]byte{all[0]}, all[1+from:1+from+count]...), nil)
}

// file is a text as the demo's vendor of numbers delivers it.
func file(text []byte) File {
	return File{Name: data.FTC90Days, Mapping: "ftc-90days", Newest: taxonomy.DayOf(noon.Unix()) - 1, Text: bytes.NewReader(text)}
}

// deliver publishes a text and returns what came of it.
func deliver(s *Stage, text []byte, opts publish.Options) (publish.Result, error) {
	_, res, err := s.Publish(context.Background(), chartertest.Issuer(member), file(text), opts)
	return res, err
}

// ideal is what an undisturbed run of a text comes to.
type ideal struct {
	root       merkle.Hash
	statements int
}

// undisturbed publishes a text in memory.
func undisturbed(t testing.TB, text []byte) ideal {
	t.Helper()
	s, err := New(config(found(t), memory.New()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deliver(s, text, publish.Options{}); err != nil {
		t.Fatal(err)
	}
	l := s.View.List()
	if l.Counts().Labelled == 0 {
		t.Fatal("nothing is labelled: the root would tell little")
	}
	return ideal{l.Stamp().Root, l.Counts().Statements}
}

// check compares a stage with what an undisturbed run comes to.
func (want ideal) check(t testing.TB, s *Stage) {
	t.Helper()
	l := s.View.List()
	if l.Stamp().Root != want.root || l.Counts().Statements != want.statements || l.Counts().Void != 0 {
		t.Errorf("root %x, %+v; an undisturbed run has root %x and %d statements", l.Stamp().Root, l.Counts(), want.root, want.statements)
	}
}

// open opens a store and a stage on it, and closes it when the test ends.
func open(t testing.TB, cfg disk.Config) (*disk.Store, *Stage) {
	t.Helper()
	store, err := disk.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s, err := New(config(found(t), store))
	if err != nil {
		t.Fatal(err)
	}
	return store, s
}

// A stage on the disk, on memory and from a snapshot has one list; the second
// delivery adds nothing.
func TestStage(t *testing.T) {
	text := lines(t, 0, 12_000)
	want := undisturbed(t, text)
	dir := t.TempDir()
	store, s := open(t, disk.Config{Dir: dir, FreeFloor: 1})
	receipts := 0
	res, err := deliver(s, text, publish.Options{Receipt: func(publish.Receipt) error { receipts++; return nil }})
	if err != nil || res.Said != want.statements || receipts < res.Said {
		t.Fatalf("%+v, %d receipts, %v", res, receipts, err)
	}
	want.check(t, s)
	if res, err := deliver(s, text, publish.Options{}); err != nil || !res.Already {
		t.Errorf("again: %+v, %v", res, err)
	}
	var saved bytes.Buffer
	if err := s.View.Save(&saved); err != nil {
		t.Fatal(err)
	}
	for _, snapshot := range [][]byte{nil, saved.Bytes()} {
		cfg := config(found(t), store)
		cfg.Snapshot = snapshot
		again, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		want.check(t, again)
	}
}

// write makes a file of a test.
func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// files returns the paths of the files below a directory.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
