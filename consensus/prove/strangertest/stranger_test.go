package strangertest

import (
	"bytes"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/prove/provetest"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	ours "ringfence/store/motion"
)

// A stranger has nothing of this project, and clients of transparency logs that are not
// its own.
func TestAStrangerImportsNothingOfOurs(t *testing.T) {
	for _, name := range []string{"cbor.go", "doc.go", "genesis.go", "ledger.go", "motion.go", "proof.go", "tree.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			full, _ := strconv.Unquote(i.Path.Value)
			if root, _, _ := strings.Cut(full, "/"); root == "ringfence" || strings.Contains(root, ".") && !strings.HasPrefix(full, "golang.org/x/mod/sumdb/") {
				t.Errorf("%s imports %s", name, full)
			}
		}
	}
}

type world struct{ *provetest.World }

func federation(w *provetest.World) *Federation {
	w.Helper()
	file, err := w.Genesis.Encode()
	if err != nil {
		w.Fatal(err)
	}
	f, err := Read(file)
	if err != nil {
		w.Fatal(err)
	}
	return f
}

// split is a ledger as it is served.
func (w world) split() (entries, openings [][]byte) {
	for _, e := range append([]ledger.Entry{w.First}, w.Entries...) {
		entries, openings = append(entries, e.Data), append(openings, e.Opening)
	}
	return entries, openings
}

// note certifies entries as regulators would who certify anything.
func (w world) note(entries [][]byte, members ...string) []byte {
	w.Helper()
	if len(members) == 0 {
		members = w.Seats()
	}
	var all []ledger.Entry
	for _, e := range entries {
		all = append(all, ledger.Entry{Data: e})
	}
	tree, _, err := (ledger.Tree{}).Append(all)
	if err != nil {
		w.Fatal(err)
	}
	return w.NoteOf(tree.Head(), members...).Bytes()
}

// told is a ledger with decisions of many kinds, of regulators who stay the same.
func told(t *testing.T) world {
	w := world{provetest.Begun(t, 4)}
	at := w.Enact(ours.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001", "+8613800138002"))
	w.Enact(ours.Stay, ballottest.Reverse(at+2))
	w.Enact(ours.Revoke, ballottest.Reverse(at+1))
	w.Anchor(&merkle.Tree{})
	w.articles()
	w.Later(2 * 86400)
	w.Grow()
	return w
}

// articles changes members, issuers and the policy.
func (w world) articles() {
	w.Helper()
	recovery, second, third := chartertest.Key("recovery", "vendor"), keys.FromSeed([keys.SeedSize]byte{7}), keys.FromSeed([keys.SeedSize]byte{8})
	w.Enact(ours.AdmitIssuer, w.Article(&article.IssuerAdmission{Member: "vendor", Key: second.Public()}, second, recovery))
	rotation := &article.IssuerEnd{Issuer: second.Public(), How: article.Rotate, Successor: third.Public()}
	w.Carry(w.Motion(ours.EndIssuer, w.Article(rotation, second, third), func(h *ours.Header) { h.BuildsOn = w.State.Size() }))
	setting := article.PolicySetting{Policy: *w.State.Constitution().Policy(), Taxonomy: w.State.Constitution().Taxonomy()}
	setting.Policy.BlockCap.Min = 3
	w.Enact(ours.SetPolicy, w.Article(&setting))
	w.Carry(w.MotionBy(third, ours.Ratify, ballottest.Label(w, "+8613800138009"), nil))
	w.Grow()
}

// seated is a ledger whose regulators change: one comes, one gets another voting key, one
// goes.
func seated(t *testing.T) world {
	w := world{provetest.Begun(t, 4)}
	w.Enact(ours.Ratify, ballottest.Label(t, "+8613800138000"))
	w.Change(w.Admit("op"), "reg", "reg2", "reg3", "op") // three of four, four of five
	w.Enact(ours.Ratify, ballottest.Label(t, "+8613800138001"))
	fresh := keys.FromSeed([keys.SeedSize]byte{9})
	rekey := &article.RegulatorRekeying{Member: "reg4", Vote: fresh.Public(), Cosign: chartertest.Key("cosign", "reg4").Public()}
	w.Change(w.Motion(ours.RekeyRegulator, w.Article(rekey, fresh), nil), "op", "reg", "reg2", "reg3")
	w.Change(w.Remove("reg"), "op", "reg", "reg2", "reg3") // four of five, three of four
	w.Enact(ours.Ratify, ballottest.Label(t, "+8613800138002"))
	return w
}

func TestAStrangerReplaysALedger(t *testing.T) {
	w := told(t)
	entries, openings := w.split()
	l, err := federation(w.World).Replay(entries, openings, w.note(entries))
	if err != nil {
		t.Fatal(err)
	}
	if l.Size != w.Tree.Size() || l.Time != uint64(w.Now) || l.Ratified != 3 || l.Motions[13] != 2 || len(l.Motions) != 7 || len(l.Seats) != 4 {
		t.Errorf("%d entries by %d, %d ratified, motions %v, seats %v", l.Size, l.Time, l.Ratified, l.Motions, l.Seats)
	}
	w = seated(t)
	entries, openings = w.split()
	if l, err = federation(w.World).Replay(entries, openings, w.note(entries)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l.Seats, w.Seats()) || l.Ratified != 3 {
		t.Errorf("seats %v, want %v", l.Seats, w.Seats())
	}
	// What was erased is missing, of what may be.
	for i, e := range w.Entries {
		if len(e.Opening) == 0 {
			continue
		}
		less := slices.Clone(openings)
		less[i+1] = nil
		kind := l.kind(entries[i+1])
		_, err := federation(w.World).Replay(entries, less, w.note(entries))
		if (err == nil) != (kind >= ratify && kind <= stay) {
			t.Errorf("without the opening of entry %d, of kind %d: %v", i+1, kind, err)
		}
	}
}

func (l *Ledger) kind(entry []byte) uint64 {
	f := opened("item", entry, 5)
	f.is(1, 3)
	return f.uint()
}

// Whatever byte of the ledger is another, a stranger refuses it, also when the regulators
// certified it so: each entry is refused for what it says itself. Every part of an entry
// is longer than the stride, or inside of something that is hashed or signed as one.
func TestAStrangerFindsEachChangedByte(t *testing.T) {
	w := told(t)
	f := federation(w.World)
	entries, openings := w.split()
	tried := 0
	for i := range entries {
		for at := 0; at < len(entries[i]); at += 17 {
			other := slices.Clone(entries)
			other[i] = changed(entries[i], at)
			if _, err := f.Replay(other, openings, w.note(other)); err == nil {
				t.Errorf("byte %d of entry %d is another, and nobody sees it", at, i)
			}
			tried++
		}
		for at := 0; at < len(openings[i]); at += 17 {
			other := slices.Clone(openings)
			other[i] = changed(openings[i], at)
			if _, err := f.Replay(entries, other, w.note(entries)); err == nil {
				t.Errorf("byte %d of opening %d is another, and nobody sees it", at, i)
			}
			tried++
		}
	}
	note := w.note(entries, "reg", "reg2", "reg3")
	for at := 0; at < len(note); at += 5 {
		if _, err := f.Replay(entries, openings, changed(note, at)); err == nil {
			t.Errorf("byte %d of the checkpoint is another, and nobody sees it", at)
		}
	}
	genesis, _ := w.Genesis.Encode()
	for at := 0; at < len(genesis); at += 11 {
		if g, err := Read(changed(genesis, at)); err == nil {
			t.Errorf("byte %d of the genesis is another, and nobody sees it: %x", at, g.id)
		}
	}
	t.Logf("%d changed bytes of entries and openings", tried)
}

func changed(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// remade is a ledger of which the entry at an index was made anew from its fields.
func remade(t *testing.T, entries [][]byte, at uint64, change func(parts []any)) [][]byte {
	t.Helper()
	v, err := decode(entries[at])
	if err != nil {
		t.Fatal(err)
	}
	parts := v.([]any)
	change(parts)
	out := slices.Clone(entries)
	out[at] = encode(parts)
	return out
}

// What too few, others, or those who were removed said and cosigned counts for nothing,
// however rightly they signed.
func TestAStrangerCountsWhoIsInForce(t *testing.T) {
	w := seated(t)
	f := federation(w.World)
	p := w.Motion(ours.Ratify, ballottest.Label(t, "+8613800138003"), nil)
	at := w.Carry(p) // by op, reg2, reg3
	entries, openings := w.split()
	drop := func(n int) func([]any) { return func(parts []any) { parts[3] = parts[3].([]any)[n:] } }
	by := func(member string) func([]any) {
		return func(parts []any) {
			vote := w.Vote(p, member, nil)
			votes := append(slices.Clone(parts[3].([]any)[1:]), any(vote.Bytes()))
			slices.SortFunc(votes, func(a, b any) int { return bytes.Compare(voter(t, a), voter(t, b)) })
			parts[3] = votes
		}
	}
	last := slices.IndexFunc(entries, func(e []byte) bool { return bytes.HasPrefix(e, []byte{0x83, 1, 5}) })
	settled := func(members ...string) func([]any) {
		tree, err := w.Maker().Ledger.At(t.Context(), uint64(last))
		if err != nil {
			t.Fatal(err)
		}
		return func(parts []any) { parts[2] = w.NoteOf(tree.Head(), members...).Bytes() }
	}
	tick := uint64(2)
	for entries[tick][2] != 4 {
		tick++
	}
	for name, c := range map[string]struct {
		at     uint64
		change func([]any)
		want   string
	}{
		"as it is":                         {at, func([]any) {}, ""},
		"too few votes":                    {at, drop(1), "2 votes where 3 are needed"},
		"no votes":                         {at, drop(3), "0 votes"},
		"a removed regulator's vote":       {at, by("reg"), "is no regulator"},
		"a vote by a replaced key":         {at, by("reg4"), "is no regulator"},
		"a member's vote":                  {at, by("vendor"), "is no regulator"},
		"a tick of too few":                {tick, func(parts []any) { parts[2] = parts[2].([]any)[1:] }, "2 times where 3 are needed"},
		"settled by two of the old four":   {uint64(last), settled("reg", "reg2", "op"), "2 of 4"},
		"settled by three of the new five": {uint64(last), settled("reg", "reg2", "reg3"), "3 of 5"},
	} {
		other := remade(t, entries, c.at, c.change)
		_, err := f.Replay(other, openings, w.note(other))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for name, members := range map[string][]string{"too few": {"op", "reg2"}, "one of them removed": {"reg", "op", "reg2"}, "the founders": {"reg"}} {
		if _, err := f.Replay(entries, openings, w.note(entries, members...)); err == nil {
			t.Errorf("certified by %s (%v)", name, members)
		}
	}
}

func voter(t *testing.T, vote any) []byte {
	t.Helper()
	body := opened("signed vote", vote.([]byte), 2).bytes()
	f := opened("vote", body, 9)
	f.is(1)
	f.bytes()
	f.bytes()
	return f.bytes(33)
}

func TestAStrangerVerifiesProofsInFull(t *testing.T) {
	w := seated(t)
	f := federation(w.World)
	index := w.Tree.Size() - 2 // of an item; its tick follows
	for _, at := range []uint64{3, index} {
		file := w.Must(w.Maker("op", "reg2", "reg3").Full(t.Context(), at))
		e, err := f.Verifier().Entry(file)
		if err != nil {
			t.Fatalf("entry %d: %v", at, err)
		}
		if e.Index != at || e.Kind != ratify || e.Reason != "a test" || e.Votes < 3 || e.By != uint64(w.Now) {
			t.Errorf("%+v", e)
		}
		tampered(t, file, func(file []byte) error { _, err := f.Verifier().Entry(file); return err })
	}
	// A proof in short needs the set chain, which is certified by itself.
	short := w.Must(w.Maker("op", "reg2", "reg3").Entry(t.Context(), index))
	if _, err := f.Verifier().Entry(short); err == nil {
		t.Error("believed without a set chain, by regulators whom nobody knows")
	}
	v := f.Verifier()
	chain := w.Must(w.Maker("op", "reg2", "reg3").Sets(t.Context(), true))
	if err := v.SetChain(chain); err != nil {
		t.Fatal(err)
	}
	if e, err := v.Entry(short); err != nil || e.Index != index || e.Votes != 0 {
		t.Errorf("%+v, %v", e, err)
	}
	for at := 0; at < len(chain); at += 23 {
		if err := f.Verifier().SetChain(changed(chain, at)); err == nil {
			t.Errorf("byte %d of the set chain is another, and nobody sees it", at)
		}
	}
	for name, members := range map[string][]string{"too few": {"op", "reg2"}, "one of them removed": {"reg", "op", "reg2"}} {
		p, err := ledger.ParseProof(short)
		if err != nil {
			t.Fatal(err)
		}
		p.Checkpoint = w.Note(members...).Bytes()
		if _, err := v.Entry(p.Bytes()); err == nil {
			t.Errorf("believed by %s (%v)", name, members)
		}
	}
}

// tampered changes bytes of a proof file, and of its extra data within the base64; no part
// of either is shorter than the stride but the small numbers of headers, which are signed.
func tampered(t *testing.T, file []byte, verify func([]byte) error) {
	t.Helper()
	for at := 0; at < len(file); at += 61 {
		if err := verify(changed(file, at)); err == nil {
			t.Errorf("byte %d of the proof is another, and nobody sees it", at)
		}
	}
	p, err := ledger.ParseProof(file)
	if err != nil {
		t.Fatal(err)
	}
	extra := p.Extra
	for at := 0; at < len(extra); at += 29 {
		p.Extra = changed(extra, at)
		if err := verify(p.Bytes()); err == nil {
			t.Errorf("byte %d of what is beside the proof is another, and nobody sees it", at)
		}
	}
}
