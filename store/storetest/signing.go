package storetest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"ringfence/store/archive"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

func testReserve(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3; B0")
	a := issuer("A")
	must(t, s.Reserve(a, reservations(t, d, "A0", "A1")))
	must(t, s.Reserve(a, reservations(t, d, "A2")))
	must(t, s.Reserve(issuer("B"), reservations(t, d, "B0")))
	wantReserved(t, s, a, reservations(t, d, "A0", "A1", "A2"))
	wantHighest(t, s, a, d.Batch("A2").Tip())
	// What is only reserved is no batch yet.
	wantNotHeld(t, s, d.Batch("A0").CID)
	wantSince(t, s, 0, nil)
	must(t, s.Append(records(d, "A0", "A1")))
	wantReserved(t, s, a, reservations(t, d, "A2"))
	wantReserved(t, s, issuer("B"), reservations(t, d, "B0"))
	wantHeld(t, s, d.Batch("A0").Record())
	wantHeld(t, s, d.Batch("A1").Record())
	must(t, s.Append(records(d, "A2")))
	wantReserved(t, s, a, nil)
	wantHighest(t, s, a, d.Batch("A2").Tip())
	must(t, s.Reserve(a, reservations(t, d, "A3")))
	wantSince(t, s, 0, records(d, "A0", "A1", "A2"))
}

func testReserveRefuses(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; A0 <- A1'")
	a := issuer("A")
	must(t, s.Reserve(a, reservations(t, d, "A0", "A1")))
	wrong := reservation(t, d.Batch("A2"))
	wrong.Header = reservation(t, d.Batch("A1")).Header
	bodiless := reservation(t, d.Batch("A2"))
	bodiless.Body = nil
	for name, drafts := range map[string][]feed.Reservation{
		"a place reserved before":     reservations(t, d, "A1"),
		"another batch for the place": reservations(t, d, "A1'"),
		"the start again":             reservations(t, d, "A0"),
		"one place twice in one call": reservations(t, d, "A2", "A2"),
		"an order turned round":       reservations(t, d, "A2", "A1"),
		"a header of another CID":     {wrong},
		"no body":                     {bodiless},
	} {
		if s.Reserve(a, drafts) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	wantReserved(t, s, a, reservations(t, d, "A0", "A1"))
	wantHighest(t, s, a, d.Batch("A1").Tip())
	gap := feedtest.Draw(t, "B0 <- B1")
	if s.Reserve(issuer("B"), reservations(t, gap, "B1")) == nil {
		t.Error("a feed that begins with sequence 1: accepted")
	}
	must(t, s.Reserve(a, reservations(t, d, "A2")))
}

// testReserveAfterTip: what came back from peers is taken as well.
func testReserveAfterTip(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2")
	a := issuer("A")
	must(t, s.Append(records(d, "A0", "A1")))
	if s.Reserve(a, reservations(t, d, "A1")) == nil {
		t.Fatal("a place that a batch holds was reserved")
	}
	must(t, s.Reserve(a, reservations(t, d, "A2")))
	// A new epoch may begin although the old one has a reservation.
	r := inEpoch(t, d.Batch("A0"), "A", 1, 0, d.Batch("A1").CID)
	b := feedtest.Batch{Header: d.Batch("A0").Header, CID: r.Tip.CID, Signed: r.Header, Body: r.Body}
	b.Header.Epoch = 1
	must(t, s.Reserve(a, []feed.Reservation{reservation(t, b)}))
	wantHighest(t, s, a, r.Tip)
	if s.Reserve(a, reservations(t, d, "A2")) == nil {
		t.Fatal("a place of the epoch before was reserved")
	}
}

// testReservedPlaceTaken: a foreign batch under the node's own key does not
// make it forget what it was about to sign.
func testReservedPlaceTaken(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
	must(t, s.Reserve(issuer("A"), reservations(t, d, "A0", "A1")))
	must(t, s.Append(records(d, "A0", "A1'")))
	wantReserved(t, s, issuer("A"), reservations(t, d, "A1"))
	wantHeld(t, s, d.Batch("A1'").Record())
	wantNotHeld(t, s, d.Batch("A1").CID)
}

func testBar(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1; B0")
	a := issuer("A")
	must(t, s.Reserve(a, reservations(t, d, "A0")))
	older := feed.Bar{Kind: feed.Restored, Reason: "an older disk"}
	must(t, s.Bar(a, older))
	must(t, s.Bar(a, feed.Bar{Kind: feed.Restored, Reason: "another reason"}))
	wantBar(t, s, a, older)
	err := s.Reserve(a, reservations(t, d, "A1"))
	if !errors.Is(err, feed.ErrBarred) || !strings.Contains(err.Error(), older.Reason) {
		t.Fatalf("a barred issuer reserved: %v", err)
	}
	must(t, s.Reserve(issuer("B"), reservations(t, d, "B0")))
	for _, none := range []feed.Bar{{Kind: feed.Restored}, {Reason: "no kind"}} {
		if s.Bar(issuer("B"), none) == nil {
			t.Fatalf("an issuer was barred by %+v", none)
		}
	}
	wantBar(t, s, issuer("B"), feed.Bar{})
	wantHighest(t, s, a, d.Batch("A0").Tip())
	must(t, s.Lift(a, feed.Restored))
	wantBar(t, s, a, feed.Bar{})
	must(t, s.Lift(a, feed.Restored)) // nothing bars it
	must(t, s.Lift(issuer("C"), feed.Stolen))
	must(t, s.Reserve(a, reservations(t, d, "A1")))
}

// testStolen: that somebody else signs with the key outweighs that the store is
// old, whichever was found first, and what lifts the one does not lift the other.
func testStolen(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0; B0")
	older, thief := feed.Bar{Kind: feed.Restored, Reason: "an older disk"}, feed.Bar{Kind: feed.Stolen, Reason: "a foreign batch"}
	for letter, order := range map[string][]feed.Bar{"A": {older, thief}, "B": {thief, older, {Kind: feed.Stolen, Reason: "another"}}} {
		of := issuer(letter)
		for _, bar := range order {
			must(t, s.Bar(of, bar))
		}
		wantBar(t, s, of, thief)
		if err := s.Lift(of, feed.Restored); !errors.Is(err, feed.ErrBarred) {
			t.Fatalf("%s: lifted as if it were restored: %v", letter, err)
		}
		wantBar(t, s, of, thief)
		if err := s.Reserve(of, reservations(t, d, letter+"0")); !errors.Is(err, feed.ErrBarred) {
			t.Fatalf("%s: whose key is stolen reserved: %v", letter, err)
		}
		must(t, s.Lift(of, feed.Stolen))
		must(t, s.Reserve(of, reservations(t, d, letter+"0")))
	}
}

func wantBar(t *testing.T, s Store, of keys.Public, want feed.Bar) {
	t.Helper()
	if got, barred, err := s.Barred(of); err != nil || got != want || barred != (want != feed.Bar{}) {
		t.Fatalf("%s is barred %v by %+v, %v, want %+v", of.Short(), barred, got, err, want)
	}
}

func testNamed(t *testing.T, s Store) {
	must(t, s.Put("a", "2", []byte("two")))
	must(t, s.Put("a", "1", []byte("one")))
	must(t, s.Put("a", "1", []byte("uno")))
	must(t, s.Put("a", "3", nil))
	must(t, s.Put("a", "long", bytes.Repeat([]byte("x"), 100_000)))
	wantValue(t, s, "a", "1", "uno")
	wantValue(t, s, "a", "3", "")
	wantValue(t, s, "a", "long", strings.Repeat("x", 100_000))
	must(t, s.Delete("a", "long"))
	var keys []string
	must(t, s.List("a", func(key string, value []byte) error {
		keys = append(keys, key+"="+string(value))
		return s.Delete("a", key) // fn may use the store
	}))
	if got := strings.Join(keys, " "); got != "1=uno 2=two 3=" {
		t.Fatalf("listed %q", got)
	}
	if _, ok, err := s.Get("a", "1"); ok || err != nil {
		t.Fatalf("a deleted value: %v, %v", ok, err)
	}
	enough := errors.New("enough")
	must(t, s.Put("a", "1", nil))
	if err := s.List("a", func(string, []byte) error { return enough }); !errors.Is(err, enough) {
		t.Fatalf("an error of fn became %v", err)
	}
	for _, name := range [][2]string{{"", "key"}, {"space", ""}} {
		if s.Put(name[0], name[1], nil) == nil {
			t.Fatalf("a value named %q/%q was kept", name[0], name[1])
		}
	}
}

// testNamedApart: no space reaches into another, whatever their names.
func testNamedApart(t *testing.T, s Store) {
	pairs := [][2]string{{"a", "bc"}, {"ab", "c"}, {"abc", "x"}, {"a", "\x00"}, {"a\x00", "b"}, {"b", "c"}}
	for _, p := range pairs {
		must(t, s.Put(p[0], p[1], []byte(p[0]+"|"+p[1])))
	}
	for _, p := range pairs {
		wantValue(t, s, p[0], p[1], p[0]+"|"+p[1])
		must(t, s.List(p[0], func(key string, value []byte) error {
			if string(value) != p[0]+"|"+key {
				t.Errorf("%q lists %q with the value %q", p[0], key, value)
			}
			return nil
		}))
	}
}

func testBackup(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; A0 <- A1'; B0")
	must(t, s.Reserve(issuer("A"), reservations(t, d, "A0", "A1", "A2")))
	must(t, s.Append(records(d, "A0", "B0", "A1")))
	must(t, s.Quarantine(d.Batch("B0").CID, "broken"))
	must(t, s.Quarantine(d.Batch("A0").CID, "broken"))
	must(t, s.Append(records(d, "A0")))
	must(t, s.Bar(issuer("B"), feed.Bar{Kind: feed.Stolen, Reason: "foreign"}))
	proof, err := feed.NewForkProof(d.Verified("A1"), d.Verified("A1'"))
	must(t, err)
	must(t, s.PutFork(proof))
	must(t, s.Put("space", "key", []byte("value")))

	var out bytes.Buffer
	must(t, s.Backup(&out))
	aside := d.Batch("B0").Record()
	aside.Body = nil
	signers := []archive.Entry{
		archive.Signer{Issuer: issuer("A"), Highest: d.Batch("A2").Tip()},
		archive.Signer{Issuer: issuer("B"), Bar: feed.Bar{Kind: feed.Stolen, Reason: "foreign"}},
	}
	a, b := issuer("A"), issuer("B")
	if bytes.Compare(a[:], b[:]) > 0 {
		signers[0], signers[1] = signers[1], signers[0]
	}
	want := []archive.Entry{
		archive.Record{Arrival: 2, Record: aside, Quarantine: "broken"},
		archive.Record{Arrival: 3, Record: d.Batch("A1").Record()},
		archive.Record{Arrival: 4, Record: d.Batch("A0").Record()},
		archive.Fork{Proof: proof},
		archive.Reservation{Issuer: a, Reservation: reservation(t, d.Batch("A2"))},
		signers[0], signers[1],
		archive.Named{Space: "space", Key: "key", Value: []byte("value")},
	}
	var expected bytes.Buffer
	w, err := archive.NewWriter(&expected)
	must(t, err)
	for _, e := range want {
		must(t, w.Write(e))
	}
	must(t, w.Close())
	if !bytes.Equal(out.Bytes(), expected.Bytes()) {
		t.Fatalf("the backup is\n%q, want\n%q", out.Bytes(), expected.Bytes())
	}
	failing := failingWriter{errors.New("no more room")}
	if err := s.Backup(failing); !errors.Is(err, failing.err) {
		t.Fatalf("a writer that fails: %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
