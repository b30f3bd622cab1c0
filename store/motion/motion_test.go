package motion_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

var (
	federation = wire.CID([]byte("a federation"))
	elsewhere  = wire.CID([]byte("another"))
)

func key(i int) keys.Private { return keys.FromSeed([keys.SeedSize]byte{byte(i), 9}) }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func subject(t testing.TB, text string) number.Range {
	t.Helper()
	return must[number.Range](t)(number.ParseRange(text))
}

func ratification(t testing.TB, text string) motion.Ratification {
	t.Helper()
	return motion.Ratification{
		Subject: subject(t, text), Action: taxonomy.Label, Category: taxonomy.Categories()[0], Grounds: motion.GroundsFlags,
		Citations: []taxonomy.Ref{{Batch: wire.CID([]byte("a batch")), Index: 7}},
	}
}

// items returns n openings of one ratified number.
func items(t testing.TB, n int) []motion.Opening {
	t.Helper()
	r := ratification(t, "+8613800138000")
	item := must[[]byte](t)(r.Encode())
	all := make([]motion.Opening, n)
	for i := range all {
		all[i] = motion.Opening{Salt: [merkle.SaltSize]byte{byte(i), byte(i >> 8)}, Item: item}
	}
	return all
}

func header(t testing.TB, change func(h *motion.Header)) motion.Header {
	t.Helper()
	h := motion.Header{
		Federation: federation, Kind: motion.Ratify, Proposer: key(1).Public(), Time: 1_790_000_000, Expires: 1_790_000_000 + 7*86400,
		Until: taxonomy.DayOf(1_800_000_000), Reason: "flagged by four publishers",
	}
	if _, err := h.Commit(items(t, 3)); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&h)
	}
	return h
}

func signed(t testing.TB, change func(h *motion.Header)) motion.Signed {
	t.Helper()
	return must[motion.Signed](t)(motion.Sign(header(t, change), key(1)))
}

func vote(t testing.TB, m cid.Cid, by int) motion.Vote {
	t.Helper()
	v := motion.Vote{Federation: federation, Motion: m, By: key(by).Public(), For: true, Cast: motion.ByHand, Counter: 1, Time: 1_790_000_100}
	return must[motion.Vote](t)(v.Sign(key(by)))
}

func votes(t testing.TB, m cid.Cid, by ...int) []motion.Vote {
	t.Helper()
	var all []motion.Vote
	for _, i := range by {
		all = append(all, vote(t, m, i))
	}
	slices.SortFunc(all, func(a, b motion.Vote) int { return a.By.Compare(b.By) })
	return all
}

func tick(t testing.TB, by ...int) motion.Tick {
	t.Helper()
	var e motion.Tick
	for _, i := range by {
		one := motion.Time{Federation: federation, By: key(i).Public(), Unix: 1_790_000_000 + int64(i), Previous: 3, Size: 12}
		e.Times = append(e.Times, must[motion.Time](t)(one.Sign(key(i))))
	}
	slices.SortFunc(e.Times, func(a, b motion.Time) int { return a.By.Compare(b.By) })
	return e
}

// entries is one entry of each type.
func entries(t testing.TB) map[string]motion.Entry {
	t.Helper()
	m := signed(t, nil)
	return map[string]motion.Entry{
		"genesis": motion.GenesisEntry{Charter: federation, Signatures: []keys.Endorsement{{Key: key(1).Public(), Signature: key(1).Sign(keys.DomainGenesis, []byte("x"))}}},
		"motion":  motion.MotionEntry{Motion: m, Votes: votes(t, m.ID, 2, 3, 4)},
		"item":    motion.ItemEntry{Kind: motion.Ratify, Motion: m.ID, Commitment: items(t, 1)[0].Commitment()},
		"tick":    tick(t, 2, 3, 4),
	}
}

// TestEntries reads what was written, and nothing else.
func TestEntries(t *testing.T) {
	for name, e := range entries(t) {
		b := e.Bytes()
		got, err := motion.OpenEntry(b, federation)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(got.Bytes(), b) {
			t.Errorf("%s: read %x from %x", name, got.Bytes(), b)
		}
		for i := range b {
			if _, err := motion.OpenEntry(b[:i], federation); err == nil {
				t.Errorf("%s: %d of %d bytes are taken", name, i, len(b))
			}
		}
		if _, err := motion.OpenEntry(append(bytes.Clone(b), 0), federation); err == nil {
			t.Errorf("%s: a byte too many is taken", name)
		}
		if name == "genesis" || name == "item" {
			continue // signed elsewhere
		}
		for i := range b {
			flipped := bytes.Clone(b)
			flipped[i] ^= 0x10
			if _, err := motion.OpenEntry(flipped, federation); err == nil {
				t.Errorf("%s: a bit flipped in byte %d is taken", name, i)
			}
		}
		if _, err := motion.OpenEntry(b, elsewhere); err == nil {
			t.Errorf("%s: it is taken in another federation", name)
		}
	}
}

// TestOpenEntryRefuses lists what is well signed and still no entry.
func TestOpenEntryRefuses(t *testing.T) {
	m, other := signed(t, nil), signed(t, func(h *motion.Header) { h.Time++ })
	inOrder := votes(t, m.ID, 2, 3)
	times := tick(t, 2, 3).Times
	many := make([]motion.Vote, motion.MaxVotes+1)
	for i := range many {
		many[i] = vote(t, m.ID, i)
	}
	slices.SortFunc(many, func(a, b motion.Vote) int { return a.By.Compare(b.By) })
	for name, c := range map[string]struct {
		entry motion.Entry
		want  string
	}{
		"votes out of order":        {motion.MotionEntry{Motion: m, Votes: []motion.Vote{inOrder[1], inOrder[0]}}, "in the order"},
		"one regulator's two votes": {motion.MotionEntry{Motion: m, Votes: []motion.Vote{inOrder[0], inOrder[0]}}, "in the order"},
		"another motion's vote":     {motion.MotionEntry{Motion: m, Votes: votes(t, other.ID, 2)}, "another motion"},
		"too many votes":            {motion.MotionEntry{Motion: m, Votes: many}, "at most"},
		"a tick of nobody":          {motion.Tick{}, "0 times"},
		"times out of order":        {motion.Tick{Times: []motion.Time{times[1], times[0]}}, "in the order"},
	} {
		if _, err := motion.OpenEntry(c.entry.Bytes(), federation); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := motion.OpenEntry(make([]byte, motion.MaxEntry+1), federation); err == nil || !strings.Contains(err.Error(), "the most is") {
		t.Errorf("too large: %v", err)
	}
}

// TestNewer: what a newer release wrote is told as such and never as nonsense.
func TestNewer(t *testing.T) {
	for name, b := range map[string][]byte{
		"version 2":       {0x83, 0x02, 0x01, 0x00},
		"type 9":          {0x83, 0x01, 0x09, 0x00},
		"an item of kind": must[[]byte](t)(wire.Encode(itemOf{Version: 1, Type: 3, Kind: 200, Motion: federation.Bytes()})),
	} {
		if _, err := motion.OpenEntry(b, federation); !errors.Is(err, wire.ErrNewer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type itemOf struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Type       uint8
	Kind       uint8
	Motion     []byte
	Commitment merkle.Hash
}

// TestHeaderRefuses changes one thing each.
func TestHeaderRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(h *motion.Header)
		want   string
	}{
		"no kind":           {func(h *motion.Header) { h.Kind = 0 }, "upgrade"},
		"a kind to come":    {func(h *motion.Header) { h.Kind = 99 }, "upgrade"},
		"no federation":     {func(h *motion.Header) { h.Federation = cid.Undef }, "no federation"},
		"nobody":            {func(h *motion.Header) { h.Proposer = keys.Public{} }, "nobody"},
		"before 1970":       {func(h *motion.Header) { h.Time = -1 }, "outside"},
		"expired at once":   {func(h *motion.Header) { h.Expires = h.Time }, "voted on until"},
		"open for a year":   {func(h *motion.Header) { h.Expires = h.Time + 365*86400 }, "voted on until"},
		"lasts past 9999":   {func(h *motion.Header) { h.Until = taxonomy.NeverDay - 1 }, "lasts until"},
		"builds on a size":  {func(h *motion.Header) { h.BuildsOn = 4 }, "builds on"},
		"a novel":           {func(h *motion.Header) { h.Reason = strings.Repeat("x", motion.MaxReason+1) }, "reason"},
		"no text":           {func(h *motion.Header) { h.Reason = "\xff" }, "reason"},
		"nothing":           {func(h *motion.Header) { h.Count = 0 }, "items"},
		"more than allowed": {func(h *motion.Header) { h.Count = motion.MaxItems + 1 }, "items"},
	} {
		h := header(t, c.change)
		if _, err := h.Encode(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := motion.Sign(header(t, nil), key(2)); err == nil {
		t.Error("another than the proposer signed")
	}
	for _, h := range []motion.Header{
		header(t, nil),
		header(t, func(h *motion.Header) { h.Kind, h.Standing = motion.SetPolicy, merkle.Hash{4} }),
		header(t, func(h *motion.Header) { h.Kind, h.BuildsOn, h.Until = motion.Anchor, 9, taxonomy.NeverDay }),
	} {
		got, err := motion.DecodeHeader(must[[]byte](t)(h.Encode()))
		if err != nil || got != h {
			t.Errorf("%+v is read as %+v, %v", h, got, err)
		}
	}
}

// TestItems: a header commits to its items, in their order, each with its salt.
func TestItems(t *testing.T) {
	all := items(t, 300)
	h := header(t, nil)
	commitments := must[[]merkle.Hash](t)(h.Commit(all))
	if got := must[[]merkle.Hash](t)(h.Holds(all)); !slices.Equal(got, commitments) {
		t.Error("the commitments differ")
	}
	swapped := slices.Clone(all)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	salted := slices.Clone(all)
	salted[9].Salt[15]++
	for name, wrong := range map[string][]motion.Opening{"swapped": swapped, "another salt": salted, "one less": all[:299], "none": nil} {
		if _, err := h.Holds(wrong); err == nil {
			t.Errorf("%s: held", name)
		}
	}
	large := []motion.Opening{{Item: make([]byte, motion.MaxItem)}, {Item: make([]byte, motion.MaxItem)}, {Item: make([]byte, motion.MaxItem)}, {Item: make([]byte, motion.MaxItem)}, {Item: make([]byte, motion.MaxItem)}}
	for name, wrong := range map[string][]motion.Opening{"4,097": items(t, motion.MaxItems+1), "300 kB": large, "an empty one": {{}}, "a large one": {{Item: make([]byte, motion.MaxItem+1)}}} {
		if _, err := h.Commit(wrong); err == nil {
			t.Errorf("%s: committed", name)
		}
	}
	o := must[motion.Opening](t)(motion.OpenOpening(all[7].Bytes()))
	if o.Commitment() != commitments[7] {
		t.Error("an opening does not open its commitment once read")
	}
}

// TestVotes: a vote is of one regulator, on one motion, and says how it was cast.
func TestVotes(t *testing.T) {
	m := signed(t, nil)
	byRule := motion.Vote{Federation: federation, Motion: m.ID, By: key(2).Public(), Cast: motion.ByRule, Rule: merkle.Hash{5}, Counter: 2, Time: 1}
	for _, v := range []motion.Vote{vote(t, m.ID, 2), must[motion.Vote](t)(byRule.Sign(key(2)))} {
		got, err := motion.OpenVote(v.Bytes(), federation)
		if err != nil || got != v {
			t.Errorf("%+v is read as %+v, %v", v, got, err)
		}
	}
	for name, change := range map[string]func(v *motion.Vote){
		"no way":            func(v *motion.Vote) { v.Cast = 0 },
		"by hand of a rule": func(v *motion.Vote) { v.Cast = motion.ByHand },
		"no motion":         func(v *motion.Vote) { v.Motion = cid.Undef },
		"before 1970":       func(v *motion.Vote) { v.Time = -1 },
		"another's key":     func(v *motion.Vote) { v.By = key(3).Public() },
	} {
		v := byRule
		change(&v)
		if _, err := v.Sign(key(2)); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

// TestBodies reads what was written.
func TestBodies(t *testing.T) {
	r := ratification(t, "+861700123*/13")
	got, err := motion.DecodeRatification(must[[]byte](t)(r.Encode()))
	if err != nil || got.Subject != r.Subject || !slices.Equal(got.Citations, r.Citations) || got.Category != r.Category {
		t.Errorf("%+v is read as %+v, %v", r, got, err)
	}
	for name, change := range map[string]func(r *motion.Ratification){
		"of nothing":     func(r *motion.Ratification) { r.Subject = number.Range{} },
		"an action":      func(r *motion.Ratification) { r.Action = 9 },
		"a category":     func(r *motion.Ratification) { r.Category = 0xFFFF },
		"no grounds":     func(r *motion.Ratification) { r.Grounds = 0 },
		"four citations": func(r *motion.Ratification) { r.Citations = slices.Repeat(r.Citations, 4) },
	} {
		r := ratification(t, "+8613800138000")
		change(&r)
		if _, err := r.Encode(); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if v := (motion.Reversal{Index: 1 << 40}); must[motion.Reversal](t)(motion.DecodeReversal(v.Encode())) != v {
		t.Error("a reversal is read as another")
	}
	if p := (motion.AnchorPoint{Size: 9, Day: 20_000, ListRoot: merkle.Hash{1}}); must[motion.AnchorPoint](t)(motion.DecodeAnchorPoint(p.Encode())) != p {
		t.Error("an anchor is read as another")
	}
	full := motion.AnchorHeads{Heads: make([]motion.AnchoredHead, motion.MaxHeads)}
	for i := range full.Heads {
		full.Heads[i] = motion.AnchoredHead{Issuer: 1<<32 - motion.MaxHeads + uint32(i), Epoch: 1 << 52, Sequence: 1 << 52, Frozen: true}
	}
	b := must[[]byte](t)(full.Encode())
	if len(b) > motion.MaxItem {
		t.Errorf("%d heads take %d bytes", motion.MaxHeads, len(b))
	}
	if read, err := motion.DecodeAnchorHeads(b); err != nil || !slices.Equal(read.Heads, full.Heads) {
		t.Errorf("heads: %v", err)
	}
	for name, heads := range map[string][]motion.AnchoredHead{
		"none": {}, "one twice": {{Issuer: 3}, {Issuer: 3}}, "out of order": {{Issuer: 3}, {Issuer: 2}}, "too many": append(slices.Clone(full.Heads), motion.AnchoredHead{}),
	} {
		if _, err := (&motion.AnchorHeads{Heads: heads}).Encode(); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// TestKinds: every kind has a word of its own.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for k := motion.AdmitMember; k.Known(); k++ {
		text, _ := k.MarshalText()
		var back motion.Kind
		if err := back.UnmarshalText(text); err != nil || back != k || seen[string(text)] {
			t.Errorf("%d is %s, which is %d, %v", k, text, back, err)
		}
		seen[string(text)] = true
	}
	if len(seen) != 17 || motion.Kind(0).Known() || motion.Kind(18).String() != "kind(18)" {
		t.Errorf("%d kinds", len(seen))
	}
}

// TestByHand holds what is written by hand against the general codec.
func TestByHand(t *testing.T) {
	type opening struct {
		_    struct{} `cbor:",toarray"`
		Salt [merkle.SaltSize]byte
		Item []byte
	}
	type ratify struct {
		_         struct{} `cbor:",toarray"`
		Version   uint8
		Subject   []byte
		Action    uint8
		Category  uint16
		Grounds   uint8
		Citations [][]byte
	}
	for n := range motion.MaxCitations + 1 {
		r := ratification(t, "+8613800138000")
		r.Citations = nil
		a := ratify{Version: 1, Action: uint8(r.Action), Category: uint16(r.Category), Grounds: uint8(r.Grounds)}
		subject := r.Subject.Bytes()
		a.Subject = subject[:]
		for i := range n {
			c := taxonomy.Ref{Batch: federation, Index: uint16(300 * i)}
			r.Citations, a.Citations = append(r.Citations, c), append(a.Citations, c.Bytes())
		}
		b := must[[]byte](t)(r.Encode())
		if want := wire.Format(a); !bytes.Equal(b, want) {
			t.Errorf("a ratification of %d citations is %x, want %x", n, b, want)
		}
	}
	for _, n := range []int{1, 23, 24, 255, 256, motion.MaxItem} {
		o := motion.Opening{Salt: [merkle.SaltSize]byte{7}, Item: make([]byte, n)}
		if want := wire.Format(opening{Salt: o.Salt, Item: o.Item}); !bytes.Equal(o.Bytes(), want) {
			t.Errorf("an opening of %d bytes is %x", n, o.Bytes()[:20])
		}
	}
}

func FuzzOpenEntry(f *testing.F) {
	for _, e := range entries(f) {
		f.Add(e.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := motion.OpenEntry(b, federation)
		if err == nil && !bytes.Equal(e.Bytes(), b) {
			t.Errorf("%x is read as %x", b, e.Bytes())
		}
	})
}

// FuzzBodies reads whatever is handed in as each item.
func FuzzBodies(f *testing.F) {
	f.Add(items(f, 1)[0].Item)
	f.Add(items(f, 1)[0].Bytes())
	f.Add((&motion.Reversal{Index: 4}).Encode())
	f.Add((&motion.AnchorPoint{Size: 4}).Encode())
	f.Add(must[[]byte](f)((&motion.AnchorHeads{Heads: []motion.AnchoredHead{{Issuer: 4}}}).Encode()))
	f.Fuzz(func(t *testing.T, b []byte) {
		same := func(again []byte, err error) {
			if err == nil && !bytes.Equal(again, b) {
				t.Errorf("%x is read as %x", b, again)
			}
		}
		if r, err := motion.DecodeRatification(b); err == nil {
			same(r.Encode())
		}
		if r, err := motion.DecodeReversal(b); err == nil {
			same(r.Encode(), nil)
		}
		if p, err := motion.DecodeAnchorPoint(b); err == nil {
			same(p.Encode(), nil)
		}
		if h, err := motion.DecodeAnchorHeads(b); err == nil {
			same(h.Encode())
		}
		if o, err := motion.OpenOpening(b); err == nil {
			same(o.Bytes(), nil)
		}
	})
}

// BenchmarkCommit commits to as many items as a motion takes with a citation each.
func BenchmarkCommit(b *testing.B) {
	all := items(b, 2500)
	h := header(b, nil)
	for b.Loop() {
		if _, err := h.Commit(all); err != nil {
			b.Fatal(err)
		}
	}
}
