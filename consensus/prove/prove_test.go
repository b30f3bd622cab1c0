package prove_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/prove"
	"ringfence/store/charter/chartertest"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

func dayOf(at int64) taxonomy.Day { return taxonomy.DayOf(at) }

func TestEntry(t *testing.T) {
	w := begun(t, 4)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001", "+8613800138002"))
	f := found(t, w.verifier(nil), w.Must(w.Maker("reg", "reg3", "reg4").Entry(t.Context(), at+2)))
	e := f.Entry
	if e == nil || e.Index != at+2 || e.Kind != motion.Ratify || e.Ratified.Subject.String() != "+8613800138001" || e.Ratified.Action != taxonomy.Label ||
		e.Reason != "a test" || e.Proposed != w.Now || e.Until != dayOf(w.Now)+30 || e.Held != 0 || e.Voted != nil {
		t.Errorf("%+v", e)
	}
	if c := f.Certified; c.Tree != w.Tree.Head() || c.Of != 4 || c.Quorum != 3 || c.Fresh != w.Now || !slices.Equal(c.Members, []string{"reg", "reg3", "reg4"}) {
		t.Errorf("%+v", f.Certified)
	}
	if f.Changes != 0 || f.Pinned != 0 || !f.Federation.Equals(w.State.Constitution().Federation()) {
		t.Errorf("%+v", f)
	}
	stay := w.Enact(motion.Stay, ballottest.Reverse(at+2))
	revoke := w.Enact(motion.Revoke, ballottest.Reverse(at+1))
	for index, want := range map[uint64]prove.Entry{stay + 1: {Kind: motion.Stay, Reversed: at + 2}, revoke + 1: {Kind: motion.Revoke, Reversed: at + 1}} {
		if e := found(t, w.verifier(nil), w.Entry(index)).Entry; e.Kind != want.Kind || e.Reversed != want.Reversed || e.Ratified != nil {
			t.Errorf("%+v", e)
		}
	}
}

// With all that a ledger of a thousand million entries and seven regulators with the
// longest names can have, a proof has no more than 4 KiB.
func TestEntryIsSmall(t *testing.T) {
	w := begun(t, 7)
	item := motion.Ratification{
		Subject: chartertest.Range(t, "+8613800138000"), Action: taxonomy.Block, Category: taxonomy.Untyped, Grounds: motion.GroundsFlags,
		Citations: []taxonomy.Ref{{Batch: w.Genesis.CharterCID(), Index: 4000}, {Batch: w.Genesis.CharterCID(), Index: 4001}, {Batch: w.Genesis.CharterCID(), Index: 4002}},
	}
	b, err := item.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for reason, most := range map[string]int{strings.Repeat("r", motion.MaxReason): 4 << 10, "telephone fraud, case 2026/1234 of the provincial office": 3500} {
		p := w.Motion(motion.Ratify, [][]byte{b}, func(h *motion.Header) { h.Reason = reason })
		at := w.Carry(p)
		w.Tick()
		w.Grow()
		file := w.Entry(at + 1)
		proof, err := ledger.ParseProof(file)
		if err != nil {
			t.Fatal(err)
		}
		const (
			hashLine = 45 // of a path, of which a tree of 2^30 entries has 30
			quorum   = 5
			name     = 64
		)
		worst := len(file) + hashLine*(30-len(proof.Path)) + quorum*(name-len("reg2.example/cosign")) + 10
		t.Logf("%d bytes, at worst %d", len(file), worst)
		if worst > most {
			t.Errorf("%d bytes, and up to %d", len(file), worst)
		}
		found(t, w.verifier(nil), file)
	}
}

func TestFull(t *testing.T) {
	w := begun(t, 4)
	w.Seat("op")
	w.Now += 100
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"))
	held := w.Now
	w.Later(3 * 86400)
	w.Unseat("op")
	file := w.Must(w.Maker().Full(t.Context(), at+1))
	f := found(t, w.verifier(nil), file)
	if e := f.Entry; !slices.Equal(e.Voted, w.quorumOf("op", 4)) || e.Held != held || e.Ratified == nil {
		t.Errorf("%+v, want %v at %d", e, w.quorumOf("op", 4), held)
	}
	if f.Changes != 2 {
		t.Errorf("%d changes of the regulators", f.Changes)
	}
	t.Logf("%d bytes", len(file))
	// With a chain of his own a verifier does not look at the one that the proof brings.
	f = found(t, w.verifier(func(tr *prove.Trust) { tr.Sets = w.Sets(true) }), file)
	if f.Pinned != w.Tree.Size() {
		t.Errorf("pinned at %d", f.Pinned)
	}
	// A ledger that has no later tick yet proves the same without the time.
	w.Carry(w.Motion(motion.Ratify, ballottest.Label(t, "+8613800138003"), nil))
	w.Grow()
	if e := found(t, w.verifier(nil), w.Must(w.Maker().Full(t.Context(), w.Tree.Size()-1))).Entry; e.Held != 0 || len(e.Voted) != 3 {
		t.Errorf("%+v", e)
	}
}

// quorumOf is who votes when Carry carries a motion: the first n by seat, with extra.
func (w world) quorumOf(extra string, n int) []string {
	all := append([]string{extra}, w.Seats()...)
	slices.Sort(all)
	return all[:n]
}

func TestWhatIsNoProof(t *testing.T) {
	w := begun(t, 4)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	good := w.Entry(at + 1)
	v := w.verifier(nil)
	for name, file := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "a cut file": good[:100], "a newer file": {0x83, 2, 3, 0}, "a form that is none": {0x83, 1, 9, 0},
		"no extra data": bytes.Replace(good, good[bytes.Index(good, []byte("extra")):bytes.Index(good, []byte("index"))], nil, 1),
		"too large":     append([]byte{0x87, 1, 3}, make([]byte, prove.MaxFile)...),
	} {
		if _, err := v.Verify(file); !errors.As(err, new(*prove.UnreadableError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Maker().Entry(t.Context(), at); err == nil {
		t.Error("a motion entry is proved as an item")
	}
	if _, err := w.Maker().Entry(t.Context(), w.Tree.Size()); err == nil {
		t.Error("an entry that is not there is proved")
	}
	anchor := w.Anchor(nil)
	if _, err := v.Verify(w.Entry(anchor + 1)); err == nil {
		t.Error("an anchor says something of a number")
	}
	if err := w.Store.Keep(w.Note(w.Seats()...)); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.Erase(at + 1); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Maker().Entry(t.Context(), at+1); !errors.Is(err, prove.ErrErased) {
		t.Errorf("an erased entry: %v", err)
	}
	if _, err := v.Verify(good); err != nil {
		t.Errorf("a proof that was made before: %v", err)
	}
}

// What too few regulators cosigned, or others than those of the genesis, proves nothing.
func TestUncertified(t *testing.T) {
	w := begun(t, 4)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	good, err := ledger.ParseProof(w.Entry(at + 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, by := range map[string][]string{"nobody": nil, "two of four": {"reg", "reg2"}, "strangers": {"op", "vendor", "reg", "reg2"}} {
		p := good
		p.Checkpoint = w.Note(by...).Bytes()
		if _, err := w.verifier(nil).Verify(p.Bytes()); !errors.Is(err, prove.ErrUncertified) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := begun(t, 5)
	if _, err := other.verifier(nil).Verify(good.Bytes()); err == nil {
		t.Error("it proves something in another federation")
	}
	double := good
	twice := append(bytes.Clone(w.Note("reg", "reg2").Bytes()), lineOf(w.Note("reg").Bytes())...)
	double.Checkpoint = twice
	if _, err := w.verifier(nil).Verify(double.Bytes()); !errors.Is(err, prove.ErrUncertified) {
		t.Errorf("one regulator counts twice: %v", err)
	}
}

func lineOf(note []byte) []byte {
	lines := bytes.SplitAfter(bytes.TrimRight(note, "\n"), []byte("\n"))
	return append(lines[len(lines)-1], '\n')
}

// files are a proof of each form, with who verifies it.
func files(t testing.TB) (v *prove.Verifier, all map[string][]byte) {
	w := begun(t, 1)
	w.Seat("op")
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"))
	list := listOf(t, 500)
	anchor := w.Anchor(list)
	return w.verifier(func(tr *prove.Trust) { tr.Sets = w.Sets(false) }), map[string][]byte{
		"entry": w.Entry(at + 1),
		"full":  w.Must(w.Maker().Full(t.Context(), at+1)),
		"list":  w.Must(w.Maker().Listed(t.Context(), numberOf(t, 7), anchor, list)),
		"sets":  w.Sets(true),
	}
}

// No bit of a file can be changed so that it says something else. Of the long ones it is
// one bit of each byte, all eight in turn.
func TestNoBitChangesTheMeaning(t *testing.T) {
	v, all := files(t)
	for name, file := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := found(t, v, file)
			same := 0
			step := 1
			if name == "full" || name == "sets" {
				step = 9
			}
			for i := 0; i < 8*len(file); i += step {
				bad := bytes.Clone(file)
				bad[i/8] ^= 1 << (i % 8)
				got, err := v.Verify(bad)
				if err != nil {
					continue
				}
				if same++; !reflect.DeepEqual(got, want) {
					t.Fatalf("bit %d changed: it says %+v, not %+v", i, got, want)
				}
			}
			t.Logf("%d bits, of which %d mean nothing", 8*len(file), same)
		})
	}
}

func FuzzVerify(f *testing.F) {
	v, all := files(f)
	var meant []*prove.Finding
	for _, file := range all {
		f.Add(file)
		meant = append(meant, found(f, v, file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := v.Verify(b)
		if err == nil && !slices.ContainsFunc(meant, func(m *prove.Finding) bool { return reflect.DeepEqual(m, got) }) {
			t.Errorf("%q says %+v", b, got)
		}
	})
}

func numberOf(t testing.TB, i int) number.Number {
	t.Helper()
	n, err := number.FromUint64(must8(t, "+8613800130000") + uint64(i))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func must8(t testing.TB, s string) uint64 {
	t.Helper()
	n, err := number.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n.Uint64()
}
