package storetest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func records(d *feedtest.Drawing, names ...string) []feed.Record {
	out := make([]feed.Record, len(names))
	for i, name := range names {
		out[i] = d.Batch(name).Record()
	}
	return out
}

func issuer(letter string) keys.Public { return feedtest.Key(letter).Public() }

// inEpoch signs a batch like b at another place.
func inEpoch(t *testing.T, b feedtest.Batch, letter string, epoch, sequence uint64, previous cid.Cid) feed.Record {
	t.Helper()
	h := b.Header
	h.Epoch, h.Sequence, h.Previous = epoch, sequence, previous
	return feedtest.Sign(t, h, b.Body, feedtest.Key(letter)).Record()
}

// reservation is what a publisher kept before it signed b.
func reservation(t *testing.T, b feedtest.Batch) feed.Reservation {
	t.Helper()
	s, err := assertion.DecodeSignedHeader(b.Signed)
	must(t, err)
	return feed.Reservation{Tip: b.Tip(), Header: s.Header, Body: b.Body}
}

func reservations(t *testing.T, d *feedtest.Drawing, names ...string) []feed.Reservation {
	t.Helper()
	out := make([]feed.Reservation, len(names))
	for i, name := range names {
		out[i] = reservation(t, d.Batch(name))
	}
	return out
}

func equalRecords(a, b feed.Record) bool {
	return a.Issuer == b.Issuer && a.Tip == b.Tip && bytes.Equal(a.Header, b.Header) && bytes.Equal(a.Body, b.Body)
}

func equalReservations(a, b feed.Reservation) bool {
	return a.Tip == b.Tip && bytes.Equal(a.Header, b.Header) && bytes.Equal(a.Body, b.Body)
}

// arrived is what a follower saw of one batch.
type arrived struct {
	next   uint64
	record feed.Record
}

func since(t *testing.T, s Store, cursor uint64) []arrived {
	t.Helper()
	var out []arrived
	must(t, s.Since(cursor, func(next uint64, r feed.Record) error {
		out = append(out, arrived{next, r})
		return nil
	}))
	return out
}

// wantSince checks what arrived after cursor, and returns the last cursor.
func wantSince(t *testing.T, s Store, cursor uint64, want []feed.Record) uint64 {
	t.Helper()
	got := since(t, s, cursor)
	if len(got) != len(want) {
		t.Fatalf("%d batches arrived after %d, want %d", len(got), cursor, len(want))
	}
	for i, a := range got {
		if a.next <= cursor {
			t.Fatalf("the cursor goes from %d to %d", cursor, a.next)
		}
		cursor = a.next
		if !equalRecords(a.record, want[i]) {
			t.Fatalf("batch %d to arrive is %d of %s, want %d of %s", i,
				a.record.Tip.Sequence, a.record.Issuer.Short(), want[i].Tip.Sequence, want[i].Issuer.Short())
		}
	}
	return cursor
}

// wantHeld checks that a record is there by every way of asking for it.
func wantHeld(t *testing.T, s Store, r feed.Record) {
	t.Helper()
	has, err := s.Has(r.Tip.CID)
	must(t, err)
	got, ok, err := s.Batch(r.Tip.CID)
	must(t, err)
	if !has || !ok || !equalRecords(got, r) {
		t.Fatalf("place %d/%d of %s: has %v, batch %v, equal %v", r.Tip.Epoch, r.Tip.Sequence, r.Issuer.Short(), has, ok, equalRecords(got, r))
	}
	header, ok, err := s.Header(r.Issuer, r.Tip.Epoch, r.Tip.Sequence)
	must(t, err)
	if !ok || !bytes.Equal(header, r.Header) {
		t.Fatalf("place %d/%d of %s: header %v", r.Tip.Epoch, r.Tip.Sequence, r.Issuer.Short(), ok)
	}
}

func wantNotHeld(t *testing.T, s Store, c cid.Cid) {
	t.Helper()
	has, err := s.Has(c)
	must(t, err)
	_, ok, err := s.Batch(c)
	must(t, err)
	if has || ok {
		t.Fatalf("batch %s: has %v, batch %v, want neither", c, has, ok)
	}
}

func wantTip(t *testing.T, s Store, r feed.Record) {
	t.Helper()
	tip, ok, err := s.Tip(r.Issuer, r.Tip.Epoch)
	must(t, err)
	if !ok || tip != r.Tip {
		t.Fatalf("tip of epoch %d is %v (%v), want %v", r.Tip.Epoch, tip, ok, r.Tip)
	}
}

func wantReserved(t *testing.T, s Store, who keys.Public, want []feed.Reservation) {
	t.Helper()
	got, err := s.Reserved(who)
	must(t, err)
	if !slices.EqualFunc(got, want, equalReservations) {
		t.Fatalf("%d reservations, want %d, or they differ", len(got), len(want))
	}
}

func wantHighest(t *testing.T, s Store, who keys.Public, want feed.Tip) {
	t.Helper()
	got, ok, err := s.HighestReserved(who)
	must(t, err)
	if !ok || got != want {
		t.Fatalf("highest reserved %v (%v), want %v", got, ok, want)
	}
}

func wantValue(t *testing.T, s Store, space, key, want string) {
	t.Helper()
	got, ok, err := s.Get(space, key)
	must(t, err)
	if !ok || string(got) != want {
		t.Fatalf("%s/%s is %q (%v), want %q", space, key, got, ok, want)
	}
}
