package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"ringfence/store/archive"
	"ringfence/store/assertion"
	"ringfence/store/feed/feedtest"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
	"ringfence/store/storetest"
)

func TestLedger(t *testing.T) {
	storetest.RunLedger(t, func(t *testing.T) (storetest.Store, storetest.Ledger) {
		s := openDir(t, t.TempDir())
		return s, s.Ledger()
	})
}

// wantLedger checks that a store holds all of a tree, and its checkpoint.
func wantLedger(t testing.TB, s *Store, tree ledger.Tree) {
	t.Helper()
	if want := storetest.Note(t, tree.Head()).Bytes(); !bytes.Equal(s.Ledger().Checkpoint(), want) {
		t.Fatalf("the checkpoint is %q, want %q", s.Ledger().Checkpoint(), want)
	}
	wantTree(t, s, tree)
}

func wantTree(t testing.TB, s *Store, tree ledger.Tree) {
	t.Helper()
	opened, err := ledger.Open(t.Context(), s.Ledger(), tree.Head())
	must(t, err)
	must(t, ledger.NewReader(opened, s.Ledger()).Check(t.Context(), 0))
}

// TestLedgerSurvivesKills copies the directory after every step, as kill -9 leaves
// it: what was acknowledged is there.
func TestLedgerSurvivesKills(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	var tree, certified ledger.Tree
	for _, size := range []uint64{1, 255, 256, 257, 1000, 5097} {
		tree = ledgertest.Grow(t, s.Ledger(), tree, ledgertest.Entries(tree.Size(), size))
		killed := openDir(t, copyDir(t, dir))
		wantTree(t, killed, tree)
		if certified.Size() > 0 {
			wantLedger(t, killed, certified)
		}
		certified = tree
		must(t, s.Ledger().Keep(storetest.Note(t, tree.Head())))
		wantLedger(t, openDir(t, copyDir(t, dir)), tree)
	}
	must(t, s.Ledger().Erase(4, 700))
	killed := openDir(t, copyDir(t, dir))
	wantLedger(t, killed, tree)
	for i, want := range map[uint64]bool{3: false, 4: true, 700: true} {
		if erased, err := killed.Ledger().Erased(i); err != nil || erased != want {
			t.Errorf("opening %d: erased %v, %v", i, erased, err)
		}
	}
	// In an orderly way too, from tables.
	must(t, s.Close())
	wantLedger(t, openDir(t, dir), tree)
}

// TestLedgerTornWrite is a power cut during a write: of the files that it touched
// some sectors reached the disk and others did not. The tree before it is whole, and
// the write can be done again.
func TestLedgerTornWrite(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	tree := ledgertest.Grow(t, s.Ledger(), ledger.Tree{}, ledgertest.Entries(0, 700))
	must(t, s.Ledger().Keep(storetest.Note(t, tree.Head())))
	before := copyDir(t, dir)
	grown, additions, err := tree.Append(bulk()[:2000])
	must(t, err)
	must(t, s.Ledger().Write(additions))
	random := rand.New(rand.NewPCG(10, 5))
	for range 4 {
		torn := copyDir(t, dir)
		for _, suffix := range []string{".vlog", ".mem"} {
			for i, name := range files(t, torn, suffix) {
				tear(t, files(t, before, suffix)[i], name, random)
			}
		}
		s := openDir(t, torn)
		wantLedger(t, s, tree)
		must(t, s.Ledger().Write(additions))
		must(t, s.Ledger().Keep(storetest.Note(t, grown.Head())))
		wantLedger(t, s, grown)
		must(t, s.Close())
	}
}

// tear gives back to half of the sectors of a file what they held before.
func tear(t *testing.T, before, name string, random *rand.Rand) {
	t.Helper()
	const sector = 512
	old, err := os.ReadFile(before)
	must(t, err)
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	must(t, err)
	now := make([]byte, sector)
	end := min(len(old), written(t, name)+sector)
	for at := 0; at+sector <= end; at += sector {
		_, err := f.ReadAt(now, int64(at))
		must(t, err)
		if was := old[at : at+sector]; !bytes.Equal(was, now) && random.IntN(2) == 0 {
			_, err := f.WriteAt(was, int64(at))
			must(t, err)
		}
	}
	must(t, f.Close())
}

// TestFlippedBitsInTheLedger flips single bits in every kind of file. What is read
// afterwards is what was written, or an error that says what is damaged or missing.
func TestFlippedBitsInTheLedger(t *testing.T) {
	made := t.TempDir()
	s := openDir(t, made)
	entries := bulk()[:600]
	tree := ledgertest.Grow(t, s.Ledger(), ledger.Tree{}, entries[:300])
	tree = ledgertest.Grow(t, s.Ledger(), tree, entries[300:301])
	tree = ledgertest.Grow(t, s.Ledger(), tree, entries[301:])
	must(t, s.Ledger().Keep(storetest.Note(t, tree.Head())))
	killed := copyDir(t, made)
	must(t, s.Close())
	random := rand.New(rand.NewPCG(10, 6))
	for _, c := range []struct{ dir, suffix string }{{made, ".sst"}, {made, ".vlog"}, {killed, ".vlog"}, {killed, ".mem"}} {
		found := 0
		for range 6 {
			dir := copyDir(t, c.dir)
			name := files(t, dir, c.suffix)[0]
			flip(t, name, random.IntN(written(t, name)*8))
			if !trueLedger(t, dir, tree, entries) {
				found++
			}
		}
		if found == 0 {
			t.Errorf("of 6 bits that were flipped in %s none was noticed", c.suffix)
		}
	}
}

// trueLedger opens a damaged directory and reads its ledger, of which nothing may be
// other than it was, and reports whether it is whole. The scrub says the same.
func trueLedger(t *testing.T, dir string, tree ledger.Tree, entries []ledger.Entry) bool {
	t.Helper()
	s, err := Open(Config{Dir: dir, FreeFloor: 1})
	if err != nil {
		return false
	}
	defer func() { must(t, s.Close()) }()
	if s.Ledger().Checkpoint() == nil {
		return false // and is fetched again from the beginning
	}
	whole := true
	reader := ledger.NewReader(tree, s.Ledger())
	notice := func(err error) bool {
		if err != nil {
			whole = false
			if !errors.Is(err, ledger.ErrDamaged) && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the error does not tell: %v", err)
			}
		}
		return err == nil
	}
	for bundle := uint64(0); bundle*ledger.Full < tree.Size(); bundle++ {
		got, err := reader.Entries(t.Context(), bundle)
		beside, errBeside := reader.Openings(t.Context(), bundle)
		for i, e := range entries[bundle*ledger.Full : min(tree.Size(), (bundle+1)*ledger.Full)] {
			if err == nil && !bytes.Equal(got[i], e.Data) || errBeside == nil && !bytes.Equal(beside[i], e.Opening) {
				t.Errorf("slot %d of bundle %d is served with other bytes", i, bundle)
			}
		}
		notice(err)
		notice(errBeside)
	}
	notice(reader.Check(t.Context(), 0))
	if _, err := s.Scrub(t.Context(), nil); (err == nil) != whole || err != nil && !errors.Is(err, ErrDamaged) {
		t.Errorf("whole: %v; the scrub says %v", whole, err)
	}
	return whole
}

// TestScrubNamesWhatIsDamagedInTheLedger: by its checksum, and by its hash what was
// changed before it was written. Written again it is mended.
func TestScrubNamesWhatIsDamagedInTheLedger(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	entries := bulk()[:600]
	tree, additions, err := ledger.Tree{}.Append(entries)
	must(t, err)
	must(t, s.Ledger().Write(additions))
	must(t, s.Ledger().Keep(storetest.Note(t, tree.Head())))
	report, err := s.Scrub(t.Context(), nil)
	if err != nil || report.Entries != 600 {
		t.Fatalf("a sound ledger: %+v, %v", report, err)
	}
	for name, change := range map[string]func(){
		"on the disk": func() {
			values := files(t, dir, ".vlog")[0]
			b, err := os.ReadFile(values)
			must(t, err)
			flip(t, values, 8*(bytes.LastIndex(b, entries[300].Data)+3))
		},
		"in memory": func() {
			other := bytes.Clone(entries[300].Data)
			other[3] ^= 1
			must(t, s.Ledger().Write([]ledger.Addition{{
				Tile: ledger.Tile{Kind: ledger.Entries, Index: 1, Width: 45}, Skip: 44,
				Data: append([]byte{0, byte(len(other))}, other...),
			}}))
		},
	} {
		change()
		_, err := s.Scrub(t.Context(), nil)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "tile/entries/001") {
			t.Errorf("changed %s: %v", name, err)
		}
		must(t, s.Ledger().Write(additions))
		_, err = s.Scrub(t.Context(), nil)
		must(t, err)
	}
}

// TestSmallAppendsWriteLittle: a tick of some hundred bytes does not write again what
// lies before it in its rows.
func TestSmallAppendsWriteLittle(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	large := make([]ledger.Entry, 100)
	for i := range large {
		large[i] = ledger.Entry{Data: bytes.Repeat([]byte{byte(i)}, 60_000), Opening: bytes.Repeat([]byte{byte(i)}, 60_000)}
	}
	tree := ledgertest.Grow(t, s.Ledger(), ledger.Tree{}, large)
	sizes := func() (n int) {
		for _, suffix := range []string{".vlog", ".mem"} {
			for _, name := range files(t, dir, suffix) {
				n += written(t, name)
			}
		}
		return n
	}
	before := sizes()
	const ticks = 140
	for i := range ticks {
		tree = ledgertest.Grow(t, s.Ledger(), tree, []ledger.Entry{{Data: fmt.Appendf(nil, "%0200d", i)}})
	}
	each := (sizes() - before) / ticks
	t.Logf("%d bytes a tick", each)
	if each > 8<<10 {
		t.Errorf("%d bytes a tick, want at most 8 KiB", each)
	}
	wantTree(t, s, tree)
}

// TestBackupCarriesTheLedger restores it, without what nobody certified.
func TestBackupCarriesTheLedger(t *testing.T) {
	s := openDir(t, t.TempDir())
	var tree ledger.Tree
	for _, n := range []int{600, 1, 30} { // of which some fill a frame each with a few
		entries := bulk()[:n]
		if n == 30 {
			for i := range entries {
				entries[i].Data = bytes.Repeat(entries[i].Data[:60], 1000)
			}
		}
		tree = ledgertest.Grow(t, s.Ledger(), tree, entries)
	}
	must(t, s.Ledger().Keep(storetest.Note(t, tree.Head())))
	must(t, s.Ledger().Erase(7, 256))
	ledgertest.Grow(t, s.Ledger(), tree, ledgertest.Entries(0, 300))
	all := chain(t, "A", 2, 60)
	must(t, s.Append(all))
	var backup bytes.Buffer
	must(t, s.Backup(&backup))

	to := Config{Dir: t.TempDir(), FreeFloor: 1, Federation: feedtest.Federation()}
	must(t, Restore(bytes.NewReader(backup.Bytes()), to))
	again := open(t, to)
	wantLedger(t, again, tree)
	wantServed(t, again, all)
	for i, want := range map[uint64]bool{6: false, 7: true, 256: true} {
		if erased, err := again.Ledger().Erased(i); err != nil || erased != want {
			t.Errorf("opening %d: erased %v, %v", i, erased, err)
		}
	}
	beyond := ledger.Tile{Kind: ledger.Entries, Index: tree.Size() / ledger.Full, Width: int(tree.Size()%ledger.Full) + 1}
	if _, err := again.Ledger().Read(t.Context(), beyond); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("entries that nobody certified came back: %v", err)
	}
	var second bytes.Buffer
	must(t, again.Backup(&second))
	if !strings.Contains(second.String(), string(storetest.Note(t, tree.Head()).Bytes())) {
		t.Error("a backup of what was restored has no checkpoint")
	}
}

// TestBackupOfADamagedLedger has the feeds, which nobody else may have.
func TestBackupOfADamagedLedger(t *testing.T) {
	var log journal
	s := open(t, Config{Dir: t.TempDir(), Logger: log.logger()})
	tree := ledgertest.Grow(t, s.Ledger(), ledger.Tree{}, ledgertest.Entries(0, 600))
	must(t, s.Ledger().Keep(storetest.Note(t, tree.Head())))
	all := chain(t, "A", 2, 60)
	must(t, s.Append(all))
	must(t, s.Ledger().Write([]ledger.Addition{{Tile: ledger.Tile{Kind: ledger.Entries, Index: 1, Width: 1}, Data: []byte{0, 1, 7}}}))
	var backup bytes.Buffer
	must(t, s.Backup(&backup))
	if !strings.Contains(log.String(), "tile/entries/001") {
		t.Errorf("nobody was told what is damaged: %s", log.String())
	}
	to := Config{Dir: t.TempDir(), FreeFloor: 1}
	must(t, Restore(&backup, to))
	again := open(t, to)
	wantServed(t, again, all)
	if note := again.Ledger().Checkpoint(); note != nil {
		t.Errorf("restored with the checkpoint %q", note)
	}
	ledgertest.Grow(t, again.Ledger(), ledger.Tree{}, ledgertest.Entries(0, 600))
}

// TestRestoreRefusesAnotherLedger: an archive with its hash, made by nobody's backup.
func TestRestoreRefusesAnotherLedger(t *testing.T) {
	entries := ledgertest.Entries(0, 300)
	tree, _, err := ledger.Tree{}.Append(entries)
	must(t, err)
	sound := []archive.Entry{
		archive.Bundle{Entries: entries[:200]}, archive.Bundle{First: 200, Entries: entries[200:]},
		archive.Checkpoint{Note: storetest.Note(t, tree.Head()).Bytes()},
	}
	other := ledgertest.Entries(0, 300)
	other[7].Data = []byte("another")
	for name, c := range map[string]struct {
		entries []archive.Entry
		want    string
	}{
		"sound":           {sound, ""},
		"an entry other":  {[]archive.Entry{archive.Bundle{Entries: other[:200]}, sound[1], sound[2]}, "root"},
		"some left out":   {[]archive.Entry{sound[0], sound[2]}, "root"},
		"a gap":           {[]archive.Entry{sound[1], sound[2]}, "leaves some out"},
		"behind its end":  {append(sound[:3:3], archive.Bundle{First: 300, Entries: entries[:1]}), "leaves some out"},
		"two checkpoints": {append(sound[:3:3], sound[2]), "two checkpoints"},
	} {
		var b bytes.Buffer
		a, err := archive.NewWriter(&b)
		must(t, err)
		for _, e := range c.entries {
			must(t, a.Write(e))
		}
		must(t, a.Close())
		err = Restore(bytes.NewReader(b.Bytes()), Config{Dir: t.TempDir(), FreeFloor: 1, Federation: feedtest.Federation()})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == "" {
			err = Restore(&b, Config{Dir: t.TempDir(), FreeFloor: 1, Federation: assertion.CID([]byte("another"))})
			if err == nil || !strings.Contains(err.Error(), "federation") {
				t.Errorf("of another federation: %v", err)
			}
		}
	}
}
