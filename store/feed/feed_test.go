package feed_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// chainOf returns the chain that the named batches of d form, the last being
// the tip.
func chainOf(d *feedtest.Drawing, names ...string) feed.Chain {
	if len(names) == 0 {
		return feed.Chain{At: func(uint64) ([]byte, bool, error) { return nil, false, nil }}
	}
	return feed.Chain{
		Tip:  d.Batch(names[len(names)-1]).Tip(),
		Held: true,
		At: func(sequence uint64) ([]byte, bool, error) {
			if sequence >= uint64(len(names)) {
				return nil, false, nil
			}
			return d.Batch(names[sequence]).Signed, true, nil
		},
	}
}

func TestPlace(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3 <- A4; A2 <- A3'; A3' <- A4'; A2 <- Aback@-1; A2 <- Asame@0; B1 <- B2; A1'")
	tests := []struct {
		held  []string
		offer string
		want  feed.Relation
		other string // header that Place must return
	}{
		{nil, "A1", feed.Next, ""},
		{nil, "A2", feed.Gap, ""},
		{[]string{"A1"}, "A2", feed.Next, ""},
		{[]string{"A1"}, "A3", feed.Gap, ""},
		{[]string{"A1", "A2", "A3"}, "A1", feed.Known, ""},
		{[]string{"A1", "A2", "A3"}, "A3", feed.Known, ""},
		{[]string{"A1", "A2", "A3"}, "A4", feed.Next, ""},
		{[]string{"A1", "A2", "A3"}, "A3'", feed.Fork, "A3"},
		{[]string{"A1", "A2", "A3", "A4"}, "A3'", feed.Fork, "A3"},
		{[]string{"A1", "A2", "A3", "A4"}, "A4'", feed.Fork, "A4"}, // another parent is a fork all the same
		{[]string{"A1", "A2", "A3"}, "A1'", feed.Fork, "A1"},
		{[]string{"A1", "A2", "A3"}, "A4'", feed.Gap, ""}, // its parent A3' is what is missing
		{[]string{"A1", "A2"}, "Aback", feed.Backwards, ""},
		{[]string{"A1", "A2"}, "Asame", feed.Next, ""},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.held, " ")+" then "+tt.offer, func(t *testing.T) {
			got, other, err := chainOf(d, tt.held...).Place(d.Verified(tt.offer))
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("relation %v, want %v", got, tt.want)
			}
			if tt.other == "" && other != nil || tt.other != "" && !bytes.Equal(other, d.Batch(tt.other).Signed) {
				t.Errorf("the header returned is not that of %q", tt.other)
			}
		})
	}
}

// A later epoch begins once the ledger has opened it, on the base that it names and on no
// other, and not before that is held.
func TestPlaceNewEpoch(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2; A1 <- A2'")
	base := d.Batch("A2").Tip()
	begins := func(previous cid.Cid, sequence uint64, at int64) feed.Verified {
		t.Helper()
		h := d.Batch("A1").Header
		h.Epoch, h.Sequence, h.Previous, h.Time = 1, sequence, previous, at
		v, err := feed.Verify(feedtest.Sign(t, h, nil, feedtest.Key("A")).Signed, feedtest.Federation())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	on := begins(base.CID, 0, base.Time)
	for name, tt := range map[string]struct {
		chain feed.Chain
		offer feed.Verified
		want  feed.Relation
	}{
		"not opened":                 {feed.Chain{}, on, feed.NewEpoch},
		"on its base":                {feed.Chain{Opened: true, Base: base, BaseHeld: true}, on, feed.Next},
		"the base is not held":       {feed.Chain{Opened: true, Base: base}, on, feed.Gap},
		"on another":                 {feed.Chain{Opened: true, Base: base, BaseHeld: true}, begins(d.Batch("A2'").CID, 0, base.Time), feed.Gap},
		"on nothing, where one is":   {feed.Chain{Opened: true, Base: base, BaseHeld: true}, begins(cid.Undef, 0, base.Time), feed.Gap},
		"on nothing":                 {feed.Chain{Opened: true}, begins(cid.Undef, 0, 0), feed.Next},
		"on something where nothing": {feed.Chain{Opened: true}, on, feed.Gap},
		"before its base":            {feed.Chain{Opened: true, Base: base, BaseHeld: true}, begins(base.CID, 0, base.Time-1), feed.Backwards},
		"not the first":              {feed.Chain{Opened: true, Base: base, BaseHeld: true}, begins(base.CID, 1, base.Time), feed.Gap},
	} {
		if got, _, err := tt.chain.Place(tt.offer); err != nil || got != tt.want {
			t.Errorf("%s: relation %v (%v), want %v", name, got, err, tt.want)
		}
	}
}

func TestPlaceSaysWhenTheChainCannotBeRead(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3")
	broken := errors.New("disk gone")
	for name, at := range map[string]func(uint64) ([]byte, bool, error){
		"an error":       func(uint64) ([]byte, bool, error) { return nil, false, broken },
		"a hole":         func(uint64) ([]byte, bool, error) { return nil, false, nil },
		"rotten content": func(uint64) ([]byte, bool, error) { return []byte{0x83, 1}, true, nil },
	} {
		c := chainOf(d, "A1", "A2", "A3")
		c.At = at
		if _, _, err := c.Place(d.Verified("A2")); err == nil {
			t.Errorf("%s in the chain passed", name)
		}
	}
}

func TestVerify(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2")
	good := d.Batch("A2")
	v, err := feed.Verify(good.Signed, feedtest.Federation())
	if err != nil {
		t.Fatal(err)
	}
	if v.Tip() != good.Tip() || v.Header() != good.Header || !bytes.Equal(v.Signed(), good.Signed) || v.Issuer() != good.Header.Issuer || v.CID() != good.CID || v.IsZero() {
		t.Error("Verify does not return what was signed")
	}
	if _, err := feed.Verify(good.Signed, assertion.CID([]byte("another"))); err == nil || !strings.Contains(err.Error(), "federation") {
		t.Errorf("another federation: %v", err)
	}
	// No bit of a signed header is free.
	for i := range good.Signed {
		for bit := range 8 {
			bad := bytes.Clone(good.Signed)
			bad[i] ^= 1 << bit
			if _, err := feed.Verify(bad, feedtest.Federation()); err == nil {
				t.Fatalf("byte %d, bit %d flipped: verified", i, bit)
			}
		}
	}
	if _, err := feed.Verify(append(bytes.Clone(good.Signed), 0), feedtest.Federation()); err == nil {
		t.Error("a byte too many passed")
	}
}

func TestVerifyRefusesAnotherDomainAndAnotherKey(t *testing.T) {
	h := feedtest.Draw(t, "A1").Batch("A1").Header
	unsigned, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, sig := range map[string]keys.Signature{
		"another domain": feedtest.Key("A").Sign(keys.DomainGenesis, unsigned),
		"another key":    feedtest.Key("B").Sign(keys.DomainBatch, unsigned),
		"no signature":   {},
	} {
		signed, err := assertion.Encode(assertion.SignedHeader{Version: assertion.HeaderVersion, Header: unsigned, Signature: sig})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := feed.Verify(signed, feedtest.Federation()); err == nil || !strings.Contains(err.Error(), "signature") {
			t.Errorf("%s: %v", name, err)
		}
		if got, id, err := feed.Peek(signed); err != nil || got != h || id != assertion.CID(unsigned) {
			t.Errorf("%s: Peek should not ask for a signature: %v", name, err)
		}
	}
}

func TestForkProof(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3; A2 <- A3'; A1 <- A2'; A2' <- A3''; B1")
	p, err := feed.NewForkProof(d.Verified("A3"), d.Verified("A3'"))
	if err != nil {
		t.Fatal(err)
	}
	q, err := feed.NewForkProof(d.Verified("A3'"), d.Verified("A3"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.Bytes(), q.Bytes()) || p.Compare(q) != 0 {
		t.Error("the order of the two headers shows in the proof")
	}
	a, b := p.Headers()
	if bytes.Compare(a.CID().Bytes(), b.CID().Bytes()) >= 0 {
		t.Error("the lower CID does not come first")
	}
	if p.Issuer() != feedtest.Key("A").Public() || p.Epoch() != 0 || p.Sequence() != 2 || !p.Federation().Equals(feedtest.Federation()) {
		t.Error("the proof names another place")
	}
	back, err := feed.ParseForkProof(p.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if back.Compare(p) != 0 || !bytes.Equal(back.Bytes(), p.Bytes()) {
		t.Error("the proof does not survive its encoding")
	}
	// Whatever their parents.
	if _, err := feed.NewForkProof(d.Verified("A3"), d.Verified("A3''")); err != nil {
		t.Errorf("headers with two parents: %v", err)
	}
}

func TestForkProofRefusals(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2; A1 <- A2'; B1")
	foreign := d.Batch("A2").Header
	foreign.Federation = assertion.CID([]byte("another"))
	f, err := feed.Verify(feedtest.Sign(t, foreign, nil, feedtest.Key("A")).Signed, foreign.Federation)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]feed.Verified{
		"one header twice": {d.Verified("A2"), d.Verified("A2")},
		"two places":       {d.Verified("A1"), d.Verified("A2")},
		"two issuers":      {d.Verified("A1"), d.Verified("B1")},
		"two federations":  {d.Verified("A2"), f},
		"none":             {d.Verified("A2"), {}},
	} {
		if _, err := feed.NewForkProof(pair[0], pair[1]); err == nil {
			t.Errorf("%s made a fork proof", name)
		}
	}
	p, err := feed.NewForkProof(d.Verified("A2"), d.Verified("A2'"))
	if err != nil {
		t.Fatal(err)
	}
	first, second := p.Headers()
	swapped, err := assertion.Encode([]any{1, second.Signed(), first.Signed()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := feed.ParseForkProof(swapped); err == nil {
		t.Error("the higher CID first was accepted")
	}
	newer, err := assertion.Encode([]any{2, first.Signed(), second.Signed()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := feed.ParseForkProof(newer); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("another version: %v", err)
	}
	for i := range p.Bytes() {
		bad := bytes.Clone(p.Bytes())
		bad[i] ^= 0x10
		if _, err := feed.ParseForkProof(bad); err == nil {
			t.Fatalf("byte %d changed: the proof still holds", i)
		}
	}
	if (feed.ForkProof{}).Bytes() != nil {
		t.Error("no proof has an encoding")
	}
}

// TestLowerIsOneForAll checks that nodes which meet three proofs of one epoch
// in any order keep the same one.
func TestLowerIsOneForAll(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3; A1 <- A2'; A1 <- A2''; A2 <- A3'")
	proof := func(a, b string) feed.ForkProof {
		p, err := feed.NewForkProof(d.Verified(a), d.Verified(b))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	all := []feed.ForkProof{proof("A2", "A2'"), proof("A2", "A2''"), proof("A2'", "A2''"), proof("A3", "A3'")}
	var want feed.ForkProof
	for n, order := range [][4]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}} {
		var kept feed.ForkProof
		for _, i := range order {
			kept = feed.Lower(kept, all[i])
		}
		if n == 0 {
			want = kept
		}
		if kept.Compare(want) != 0 {
			t.Errorf("order %v keeps another proof", order)
		}
	}
	if want.Sequence() != 1 {
		t.Errorf("kept the proof at sequence %d although one is lower", want.Sequence())
	}
	for _, p := range all {
		if p.Compare(want) < 0 {
			t.Error("the kept proof is not the lowest")
		}
		for _, q := range all {
			if sign(p.Compare(q)) != -sign(q.Compare(p)) {
				t.Error("Compare is no order")
			}
		}
	}
}

func sign(n int) int { return min(max(n, -1), 1) }

func TestFreezeCounts(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3; A1 <- A2'")
	anchored := feed.Freeze{Epoch: 0, Head: d.Batch("A2").Tip(), Anchored: true}
	never := feed.Freeze{Epoch: 0}
	later := d.Batch("A3").Tip()
	later.Epoch = 1
	tests := []struct {
		name string
		f    feed.Freeze
		t    feed.Tip
		want bool
	}{
		{"below the anchored head", anchored, d.Batch("A1").Tip(), true},
		{"the anchored head", anchored, d.Batch("A2").Tip(), true},
		{"the other branch at its place", anchored, d.Batch("A2'").Tip(), false},
		{"above the anchored head", anchored, d.Batch("A3").Tip(), false},
		{"a later epoch", anchored, later, true},
		{"never anchored", never, d.Batch("A1").Tip(), false},
	}
	for _, tt := range tests {
		if got := tt.f.Counts(tt.t); got != tt.want {
			t.Errorf("%s: counts %v, want %v", tt.name, got, tt.want)
		}
	}
}

func FuzzParseForkProof(f *testing.F) {
	d := feedtest.Draw(f, "A1 <- A2; A1 <- A2'")
	p, err := feed.NewForkProof(d.Verified("A2"), d.Verified("A2'"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Bytes())
	f.Add([]byte{0x83, 1, 0x40, 0x40})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := feed.ParseForkProof(b)
		if err == nil && !bytes.Equal(p.Bytes(), b) {
			t.Fatalf("%x was read but is written as %x", b, p.Bytes())
		}
	})
}

func FuzzVerify(f *testing.F) {
	d := feedtest.Draw(f, "A1 <- A2")
	for _, b := range d.All() {
		f.Add(b.Signed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := feed.Verify(b, feedtest.Federation())
		if err == nil && !bytes.Equal(v.Signed(), b) {
			t.Fatal("verified bytes are not those that came")
		}
	})
}
