package layout

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/disk/internal/damage"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestKeysVector(t *testing.T) {
	issuer := keys.Public{1, 0xAA}
	l := Lane{Issuer: issuer, Epoch: 2}
	c := assertion.CID([]byte("batch"))
	id := hex.EncodeToString(c.Bytes())
	who := "01aa" + strings.Repeat("00", 31)
	two, three := "0000000000000002", "0000000000000003"
	for _, k := range []struct {
		got  []byte
		want string
	}{
		{ArrivalKey(3), "61" + three},
		{BatchKey(c), "62" + id},
		{BodyKey(c), "64" + id},
		{ForkKey(l), "66" + who + two},
		{GapKey(3), "67" + three},
		{NamedKey("ab", "c"), "6e02" + "6162" + "63"},
		{QuarantineKey(c), "71" + id},
		{ReservationKey(issuer, feed.Tip{Epoch: 2, Sequence: 3}), "72" + who + two + three},
		{PlaceKey(l, 3), "73" + who + two + three},
		{TipKey(l), "74" + who + two},
		{NamedPrefix("ab"), "6e02" + "6162"},
		{ReservationPrefix(issuer), "72" + who},
		{CheckpointKey(), "63"},
		{ErasedKey(3), "65" + three},
		{RunKey(ledger.Tile{Kind: ledger.Openings, Index: 3, Width: 7}, 255), "6c" + "02" + "00" + three + "ff"},
		{RunKey(ledger.Tile{Level: 2, Index: 3, Width: 7}, 0), "6c" + "00" + "02" + three + "00"},
	} {
		if got := hex.EncodeToString(k.got); got != k.want {
			t.Errorf("a key is %s, want %s", got, k.want)
		}
	}
}

// TestKeysAreOrdered: byte order is the order of the parts.
func TestKeysAreOrdered(t *testing.T) {
	a := Lane{Issuer: keys.Public{1}, Epoch: 255}
	b := Lane{Issuer: keys.Public{1}, Epoch: 256}
	c := Lane{Issuer: keys.Public{2}}
	ordered := [][]byte{PlaceKey(a, 255), PlaceKey(a, 256), PlaceKey(b, 0), PlaceKey(c, 0)}
	if !slices.IsSortedFunc(ordered, bytes.Compare) {
		t.Error("places are out of order")
	}
	if bytes.Compare(ArrivalKey(255), ArrivalKey(256)) >= 0 {
		t.Error("arrivals are out of order")
	}
}

func TestValuesRoundTrip(t *testing.T) {
	r := feedtest.Draw(t, "A0 <- A1").Batch("A1").Record()
	v := BatchOf(9, &r)
	batch, err := DecodeBatch(r.Tip.CID, v.Encode())
	must(t, err)
	if got := batch.Record(r.Body); batch.Arrival != 9 || got.Tip != r.Tip || got.Issuer != r.Issuer || !bytes.Equal(got.Header, r.Header) || batch.Body != ExtentOf(r.Body) {
		t.Errorf("a batch became %+v", batch)
	}
	issuer, tip, err := DecodeTip(TipKey(v.Lane())[1:], EncodeTip(r.Tip))
	must(t, err)
	if issuer != r.Issuer || tip != r.Tip {
		t.Errorf("a tip became %v", tip)
	}
	draft := feed.Reservation{Tip: r.Tip, Header: []byte("header"), Body: []byte("body")}
	kept := ReservationOf(&draft)
	reservation, err := DecodeReservation(ReservationKey(r.Issuer, r.Tip)[1+keys.PublicSize:], kept.Encode())
	must(t, err)
	if reservation.Tip != draft.Tip || string(reservation.Header) != "header" || reservation.Body != ExtentOf(draft.Body) {
		t.Errorf("a reservation became %+v", reservation)
	}
	q := Quarantine{Arrival: 4, Reason: "broken"}
	c, quarantine, err := DecodeQuarantine(QuarantineKey(r.Tip.CID)[1:], q.Encode())
	must(t, err)
	if c != r.Tip.CID || quarantine != q {
		t.Errorf("a quarantine became %+v", quarantine)
	}
	g := Gap{After: 3, Last: 5}
	gap, err := DecodeGap(GapKey(3)[1:], g.Encode())
	must(t, err)
	if gap != g {
		t.Errorf("a gap became %+v", gap)
	}
	space, name, err := DecodeNamed(NamedKey("space", "key")[1:])
	must(t, err)
	if space != "space" || name != "key" {
		t.Errorf("a name became %q/%q", space, name)
	}
}

// TestCutShort: no value and no key that lacks bytes is taken for a whole one.
func TestCutShort(t *testing.T) {
	r := feedtest.Draw(t, "A0").Batch("A0").Record()
	v := BatchOf(1, &r)
	draft := ReservationOf(&feed.Reservation{Tip: r.Tip})
	c := r.Tip.CID
	decoders := map[string]struct {
		whole  []byte
		fixed  int // bytes that must be there
		decode func(b []byte) error
	}{
		"batch":           {v.Encode(), len(v.Encode()) - len(r.Header) + 1, func(b []byte) error { _, err := DecodeBatch(c, b); return err }},
		"tip":             {EncodeTip(r.Tip), 52, func(b []byte) error { _, _, err := DecodeTip(TipKey(v.Lane())[1:], b); return err }},
		"key of tip":      {TipKey(v.Lane())[1:], 41, func(b []byte) error { _, _, err := DecodeTip(b, EncodeTip(r.Tip)); return err }},
		"reservation":     {draft.Encode(), 52, func(b []byte) error { _, err := DecodeReservation(make([]byte, 16), b); return err }},
		"its place":       {make([]byte, 16), 16, func(b []byte) error { _, err := DecodeReservation(b, draft.Encode()); return err }},
		"quarantine":      {Quarantine{}.Encode(), 8, func(b []byte) error { _, _, err := DecodeQuarantine(c.Bytes(), b); return err }},
		"key of the same": {c.Bytes(), 36, func(b []byte) error { _, _, err := DecodeQuarantine(b, Quarantine{}.Encode()); return err }},
		"gap":             {Gap{Last: 1}.Encode(), 8, func(b []byte) error { _, err := DecodeGap(make([]byte, 8), b); return err }},
		"name":            {NamedKey("space", "k")[1:], 7, func(b []byte) error { _, _, err := DecodeNamed(b); return err }},
	}
	for name, d := range decoders {
		must(t, d.decode(d.whole))
		for n := range d.fixed {
			if err := d.decode(d.whole[:n]); !errors.Is(err, damage.Err) {
				t.Errorf("%s, %d of %d bytes: %v", name, n, len(d.whole), err)
			}
		}
	}
	if _, err := DecodeGap(make([]byte, 8), Gap{}.Encode()); !errors.Is(err, damage.Err) {
		t.Errorf("a gap of nothing: %v", err)
	}
}

func TestBeyond(t *testing.T) {
	gaps := []Gap{{After: 2, Last: 4}, {After: 4, Last: 5}, {After: 9, Last: 12}}
	for n, want := range map[uint64]uint64{1: 1, 2: 2, 3: 6, 4: 6, 5: 6, 6: 6, 9: 9, 10: 13, 12: 13, 13: 13} {
		if got := Beyond(gaps, n); got != want {
			t.Errorf("beyond %d is %d, want %d", n, got, want)
		}
	}
	if Beyond(nil, 7) != 7 {
		t.Error("without gaps a number moved")
	}
}

func TestChecks(t *testing.T) {
	long := strings.Repeat("x", 2000)
	for _, c := range []struct {
		space, key string
		value      int
		ok         bool
	}{
		{"s", "k", 0, true},
		{long[:MaxName], long[:MaxKey], MaxNamed, true},
		{"", "k", 0, false},
		{"s", "", 0, false},
		{long[:MaxName+1], "k", 0, false},
		{"s", long[:MaxKey+1], 0, false},
		{"s", "k", MaxNamed + 1, false},
	} {
		if err := CheckName(c.space, c.key, make([]byte, c.value)); (err == nil) != c.ok {
			t.Errorf("%.10s/%.10s of %d bytes: %v", c.space, c.key, c.value, err)
		}
	}
	for _, c := range []struct {
		header, body int
		ok           bool
	}{
		{1, 0, true},
		{assertion.MaxSignedHeader, assertion.MaxSlots, true},
		{0, 1, false},
		{assertion.MaxSignedHeader + 1, 1, false},
		{1, assertion.MaxSlots + 1, false},
	} {
		if err := CheckSizes(make([]byte, c.header), make([]byte, c.body)); (err == nil) != c.ok {
			t.Errorf("a header of %d and a body of %d bytes: %v", c.header, c.body, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	r := feedtest.Draw(f, "A0").Batch("A0").Record()
	v := BatchOf(1, &r)
	f.Add(TipKey(v.Lane())[1:], v.Encode())
	f.Add(NamedKey("space", "key")[1:], EncodeTip(r.Tip))
	f.Add(QuarantineKey(r.Tip.CID)[1:], Quarantine{1, "broken"}.Encode())
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if got, err := DecodeBatch(r.Tip.CID, value); err == nil && !bytes.Equal(got.Encode(), value) {
			t.Error("a batch that was accepted is written otherwise")
		}
		if issuer, tip, err := DecodeTip(key, value); err == nil {
			if again := TipKey(Lane{issuer, tip.Epoch})[1:]; !bytes.HasPrefix(key, again) || !bytes.HasPrefix(value, EncodeTip(tip)) {
				t.Error("a tip that was accepted is written otherwise")
			}
		}
		if got, err := DecodeReservation(key, value); err == nil && !bytes.Equal(got.Encode(), value) {
			t.Error("a reservation that was accepted is written otherwise")
		}
		if c, q, err := DecodeQuarantine(key, value); err == nil && (!bytes.Equal(c.Bytes(), key) || !bytes.Equal(q.Encode(), value)) {
			t.Error("a quarantine that was accepted is written otherwise")
		}
		if g, err := DecodeGap(key, value); err == nil && !bytes.HasPrefix(value, g.Encode()) {
			t.Error("a gap that was accepted is written otherwise")
		}
		if space, name, err := DecodeNamed(key); err == nil && !bytes.Equal(NamedKey(space, name)[1:], key) {
			t.Error("a name that was accepted is written otherwise")
		}
	})
}
