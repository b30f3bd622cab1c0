package council

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/audit"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// What is audited: how often a list root is anchored while motions come in, and how many
// hours nothing happens afterwards.
const (
	anchorsEach = 256 // motions
	heldEntries = 1_000_000
	idleTicks   = 365 * 24 // for so many entries
	storeDir    = "store"
)

// holder makes a ledger as a node holds it, with the list that follows from it.
type holder struct {
	*ballottest.Federation
	store *disk.Store
	tree  ledger.Tree
	past  *enact.Past
	list  *view.View
}

// take writes down what was entered since, and lets the list follow.
func (h *holder) take() {
	h.Helper()
	tree, additions, err := h.tree.Append(h.Entries)
	if err == nil {
		err = h.store.Ledger().Write(additions)
	}
	for entries := h.Entries; err == nil && len(entries) > 0; {
		var d charter.Enacted
		if d, err = h.past.Enter(entries); err == nil {
			entries = entries[d.Size-d.First:]
			err = h.list.Enact(d)
		}
	}
	if err != nil {
		h.Fatal(err)
	}
	h.tree, h.Entries = tree, nil
	h.State.Release(h.State.Size())
}

// anchor anchors the list as it is.
func (h *holder) anchor() {
	h.Helper()
	h.take()
	root, err := h.list.BringTo(nil)
	if err != nil {
		h.Fatal(err)
	}
	point := motion.AnchorPoint{Size: h.State.Size(), Day: taxonomy.DayOf(h.Now), ListRoot: root}
	h.Carry(h.Motion(motion.Anchor, [][]byte{point.Encode()}, nil))
	h.Tick()
}

// Hold makes what an auditor goes through, in a directory: a ledger of so many entries,
// labels of numbers in motions of 256 that last for a year, list roots anchored between
// them, then a year of ticks by the hour, and an anchor at its end. It returns the size.
func Hold(t testing.TB, entries, ticks int, dir string) uint64 {
	t.Helper()
	store, err := disk.Open(disk.Config{Dir: filepath.Join(dir, storeDir)})
	if err != nil {
		t.Fatal(err)
	}
	h := &holder{Federation: ballottest.Begun(t, regulators, nil), store: store}
	first := h.First
	if h.past, _, err = enact.Begin(h.Genesis); err == nil {
		h.list, err = view.New(view.Config{State: h.past.State(), Source: store, Day: taxonomy.DayOf(h.Now), Session: 1, Anchored: true})
	}
	var additions []ledger.Addition
	if err == nil {
		h.tree, additions, err = h.tree.Append([]ledger.Entry{first})
	}
	if err == nil {
		err = store.Ledger().Write(additions)
	}
	if err != nil {
		t.Fatal(err)
	}
	var numbers Numbers
	lasting := func(m *motion.Header) { m.Until = taxonomy.DayOf(h.Now) + 365 }
	for n := 1; int(h.tree.Size()) < entries; n++ {
		h.Carry(h.Motion(motion.Ratify, numbers.next(t, itemsEach), lasting))
		if n%motionsEach == 0 {
			h.Now++
			h.Tick()
		}
		if n%anchorsEach == 0 {
			h.anchor()
		}
		h.take()
	}
	for range ticks {
		h.Now += 3600
		h.Tick()
	}
	h.anchor()
	h.take()
	if err = store.Ledger().Keep(noteOf(h.Federation, h.tree)); err == nil {
		err = store.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return h.tree.Size()
}

// Audited is what it took to audit what Hold made.
type Audited struct {
	Entries uint64        `json:"entries"`
	Ticks   int           `json:"ticks"`
	Anchors int           `json:"anchors"`
	Took    time.Duration `json:"took_nanoseconds"` // the store opened, and all of it judged
	Peak    int64         `json:"peak_bytes"`       // of resident memory meanwhile; 0 where the system does not tell
}

// Audit audits what Hold made in a directory. It fails unless all is right.
func Audit(t testing.TB, dir string) Audited {
	t.Helper()
	genesis := ballottest.Found(t, regulators, nil).Genesis
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // a new peak: proc(5)
	began := time.Now()
	store, err := disk.Open(disk.Config{Dir: filepath.Join(dir, storeDir)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.Run(context.Background(), audit.Config{Genesis: genesis, Ledger: store.Ledger(), Feeds: store})
	took, peak := time.Since(began), peakBytes()
	if err != nil {
		t.Fatal(err)
	}
	if !r.Clean() || r.Right != r.Anchors || r.Anchors == 0 {
		t.Fatalf("council: %d of %d list roots follow: %+v", r.Right, r.Anchors, r.Findings)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return Audited{Entries: r.Judged, Ticks: r.Ticks, Anchors: r.Anchors, Took: took, Peak: peak}
}

// peakBytes returns the highest resident memory of this process.
func peakBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10
}
