package follow_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/follow"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/memory"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

var update = flag.Bool("update", false, "write testdata/ledger-1.json anew: never once it is released; a later release adds a file")

// kept is a ledger as a release left it, and what it came to there.
type kept struct {
	Genesis string      `json:"genesis"`
	Entries [][2]string `json:"entries"` // entry and opening, from the genesis on
	Note    string      `json:"checkpoint"`
	Facts   []string    `json:"facts"`
}

// facts are what follows from a ledger, in words that outlive the code.
func facts(f *follow.Follower) (all []string) {
	past := f.Past()
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	index, unix := past.LastTick()
	say("%d entries, root %s, standing %s", past.Size(), f.Standing().Note.Root, past.State().Standing())
	say("last tick %d at %d, last anchor of %d", index, unix, past.LastAnchor())
	for _, seat := range past.State().Regulators() {
		say("%s regulates with %s and %s", seat.Member, seat.Vote, seat.Cosign)
	}
	for i := range past.Size() {
		until, ratified := past.Ratified(i)
		if ratified {
			say("%d ratified until %s, revoked %v, stayed by %v", i, until, past.IsRevoked(i), past.StayedBy(i))
		}
		if head, at, ok := past.AnchoredHead(uint32(i)); ok {
			say("issuer %d anchored by %d at epoch %d, batch %d, %s", i, at, head.Epoch, head.Sequence, head.Digest)
		}
	}
	return all
}

// F10: every release keeps a ledger, and every later one comes to the same from it.
func TestLedgersOfEarlierReleases(t *testing.T) {
	if *update {
		writeLedger(t, "testdata/ledger-1.json")
	}
	all, err := filepath.Glob("testdata/ledger-*.json")
	if err != nil || len(all) == 0 {
		t.Fatalf("no ledgers are kept: %v", err)
	}
	for _, name := range all {
		t.Run(filepath.Base(name), func(t *testing.T) { readLedger(t, name) })
	}
}

func readLedger(t *testing.T, name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		t.Fatal(err)
	}
	decode := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	genesis, err := charter.DecodeGenesis(decode(k.Genesis))
	if err != nil {
		t.Fatal(err)
	}
	var entries []ledger.Entry
	for _, e := range k.Entries {
		entries = append(entries, ledger.Entry{Data: decode(e[0]), Opening: decode(e[1])})
	}
	served := memory.New().Ledger()
	_, additions, err := ledger.Tree{}.Append(entries)
	if err == nil {
		err = served.Write(additions)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := follow.Open(context.Background(), follow.Config{Genesis: genesis, Ledger: memory.New().Ledger(), From: served, Enacted: func([]charter.Enacted) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Offer(context.Background(), []byte(k.Note)); err != nil {
		t.Fatal(err)
	}
	got := facts(f)
	for i := range max(len(got), len(k.Facts)) {
		if i >= len(got) || i >= len(k.Facts) || got[i] != k.Facts[i] {
			t.Fatalf("fact %d is another: it came to\n%q\nand comes to\n%q", i, k.Facts, got)
		}
	}
}

// writeLedger keeps a ledger in which something of much is.
func writeLedger(t *testing.T, name string) {
	s := serve(t, 4)
	first := s.Carry(s.Motion(motion.Ratify, append(ballottest.Label(s, "+8613800138000", "+8613800138001", "+86138001381*/13"),
		ballottest.Rule(s, "+8613800138002", "block", "crm.fraud.impersonation")), nil))
	s.Tick()
	s.Carry(s.Motion(motion.Revoke, ballottest.Reverse(first+1), nil))
	if r := s.Apply(s.Propose(s.Motion(motion.Stay, ballottest.Reverse(first+2), nil), "reg")); r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
	s.Tick()
	s.grow()
	s.admit("op")
	issuer := chartertest.Issuer("op").Public()
	body := feed.Tip{Epoch: 0, Sequence: 7, CID: assertion.CID([]byte("a header"))}
	s.Carry(s.AnchorOf(map[keys.Public]feed.Tip{issuer: body}))
	s.Carry(s.Motion(motion.Ratify, ballottest.Label(s, "+34911000000"), func(h *motion.Header) { h.Until = taxonomy.DayOf(s.Now) + 9 }))
	s.Tick()
	s.grow()
	f := s.follower(t, nil)
	note := s.note(s.Seats()...)
	f.must(note)
	genesis, err := s.Genesis.Encode()
	if err != nil {
		t.Fatal(err)
	}
	k := kept{Genesis: hex.EncodeToString(genesis), Note: string(note), Facts: facts(f.Follower)}
	for _, e := range slices.Concat([]ledger.Entry{s.First}, s.Entries) {
		k.Entries = append(k.Entries, [2]string{hex.EncodeToString(e.Data), hex.EncodeToString(e.Opening)})
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetIndent("", " ")
	if err := out.Encode(k); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
