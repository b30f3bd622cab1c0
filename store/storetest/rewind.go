package storetest

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"ringfence/store/archive"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

// testRewind changes a feed to another branch.
func testRewind(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3; A1 <- A2' <- A3'; B0")
	other, far := d.Batch("A2'").Record(), d.Batch("A3'").Record()
	must(t, s.Append(records(d, "A0", "A1", "A2", "A3", "B0")))
	must(t, s.Rewind(issuer("A"), 0, 4)) // where it does not go on
	must(t, s.Rewind(issuer("A"), 1, 0)) // of which nothing is held
	wantTip(t, s, d.Batch("A3").Record())

	must(t, s.Rewind(issuer("A"), 0, 2))
	wantTip(t, s, d.Batch("A1").Record())
	if latest, ok, err := s.Latest(issuer("A")); err != nil || !ok || latest != d.Batch("A1").Tip() {
		t.Fatalf("the last is %v (%v), %v", latest, ok, err)
	}
	for n := uint64(2); n < 4; n++ {
		if _, held, err := s.Header(issuer("A"), 0, n); err != nil || held {
			t.Fatalf("place %d has a header: %v, %v", n, held, err)
		}
	}
	wantHeld(t, s, d.Batch("A1").Record())
	for _, name := range []string{"A2", "A3"} {
		got, ok, err := s.Batch(d.Batch(name).CID)
		must(t, err)
		if !ok || !equalRecords(got, d.Batch(name).Record()) {
			t.Fatalf("%s is not held beside its feed", name)
		}
	}
	must(t, s.Append(records(d, "A2"))) // it is held, so it is passed over
	wantTip(t, s, d.Batch("A1").Record())
	must(t, s.Quarantine(d.Batch("A3").CID, "rotten")) // also one that is mended is no more than the next
	if s.Append(records(d, "A3")) == nil || s.Append([]feed.Record{far}) == nil {
		t.Fatal("a gap was appended")
	}
	must(t, s.Append([]feed.Record{other, far}))
	wantTip(t, s, far)
	wantHeld(t, s, other)
	wantSince(t, s, 0, append(records(d, "A0", "A1", "A2", "B0"), other, far))

	var b bytes.Buffer
	must(t, s.Backup(&b))
	in, err := archive.NewReader(&b)
	must(t, err)
	var kept []string
	for {
		e, err := in.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		if r, ok := e.(archive.Record); ok {
			kept = append(kept, r.Record.Tip.CID.String())
		}
	}
	want := []string{d.Batch("A0").CID.String(), d.Batch("A1").CID.String(), d.Batch("B0").CID.String(), other.Tip.CID.String(), far.Tip.CID.String()}
	if strings.Join(kept, " ") != strings.Join(want, " ") {
		t.Fatalf("a backup has %v, want %v", kept, want)
	}

	must(t, s.Rewind(issuer("A"), 0, 3))
	must(t, s.Append(records(d, "A3")))
	wantTip(t, s, d.Batch("A3").Record())
	wantHeld(t, s, d.Batch("A3").Record())
	must(t, s.Rewind(issuer("A"), 0, 0))
	if tip, held, err := s.Tip(issuer("A"), 0); err != nil || held {
		t.Fatalf("the tip of nothing is %v, %v", tip, err)
	}
	if _, held, err := s.Latest(issuer("A")); err != nil || held {
		t.Fatalf("something is the last: %v", err)
	}
	if tips, err := s.Tips(); err != nil || len(tips) != 1 {
		t.Fatalf("%d feeds are held, want that of B: %v", len(tips), err)
	}
}

// testRewindLong takes back more than is written at once.
func testRewindLong(t *testing.T, s Store) {
	var drawing strings.Builder
	for i := range 400 {
		fmt.Fprintf(&drawing, "A%d <- ", i)
	}
	d := feedtest.Draw(t, drawing.String()+"A400")
	var all []feed.Record
	for _, b := range d.All() {
		all = append(all, b.Record())
	}
	must(t, s.Append(all))
	must(t, s.Rewind(issuer("A"), 0, 3))
	wantTip(t, s, all[2])
	if _, held, err := s.Header(issuer("A"), 0, 3); err != nil || held {
		t.Fatalf("place 3 has a header: %v", err)
	}
}
