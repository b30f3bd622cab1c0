package enact

import (
	"testing"

	"ringfence/store/charter/chartertest"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// TestHands counts votes by rule beside those by hand. No rule is declared today, so
// that seat refuses such votes; what they will not suffice for stands here.
func TestHands(t *testing.T) {
	for _, c := range []struct {
		need         Need
		hands, rules int
		want         Code // 0: carried
	}{
		{Need{Votes: 5}, 0, 5, 0},
		{Need{Votes: 5}, 4, 0, TooFewVotes},
		{Need{Votes: 5, Hands: 3}, 3, 2, 0},
		{Need{Votes: 5, Hands: 3}, 2, 5, NotByHand},
		{Need{Votes: 5, Hands: 5}, 4, 3, NotByHand},
		{Need{Votes: 5, Hands: 5}, 5, 0, 0},
		{Need{Votes: 0}, 0, 0, TooFewVotes}, // nobody decides nothing
	} {
		var votes []motion.Vote
		for range c.hands {
			votes = append(votes, motion.Vote{Cast: motion.ByHand})
		}
		for range c.rules {
			votes = append(votes, motion.Vote{Cast: motion.ByRule})
		}
		if r := c.need.Met(votes); (c.want == 0) != (r == nil) || r != nil && r.Code != c.want {
			t.Errorf("%d by hand and %d by rule for %+v: %v, want %s", c.hands, c.rules, c.need, r, c.want)
		}
	}
}

// TestPastIsCompact ratifies 8,192 entries, whose openings were erased: a Past keeps
// where the two motions lie and nothing for each entry.
func TestPastIsCompact(t *testing.T) {
	past, _, err := Begin(chartertest.Seal(t, chartertest.Config(t)))
	if err != nil {
		t.Fatal(err)
	}
	enterTick(t, past)
	for range 2 {
		enterErased(t, past, motion.MaxItems)
	}
	kept := len(past.revoked) + len(past.stayed) + len(past.blocked) + len(past.anchored) + len(past.forks)
	if len(past.ratified) != 2 || kept != 0 || len(past.enacted) != 2 || len(past.borders) != 4 {
		t.Errorf("of two motions a Past keeps %d runs, %d IDs, %d borders and %d more", len(past.ratified), len(past.enacted), len(past.borders), kept)
	}
	for index, want := range map[uint64]bool{0: false, 1: false, 2: false, 3: true, 4098: true, 4099: false, 4100: true, 8195: true, 8196: false} {
		if _, ok := past.Ratified(index); ok != want {
			t.Errorf("entry %d is ratified: %v", index, ok)
		}
	}
}

func enterTick(t *testing.T, past *Past) {
	t.Helper()
	key := chartertest.Key("vote", "reg")
	one, err := motion.Time{Federation: past.State().Federation(), By: key.Public(), Unix: chartertest.Created, Size: past.Size()}.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := past.Enter([]ledger.Entry{{Data: motion.Tick{Times: []motion.Time{one}}.Bytes()}}); err != nil {
		t.Fatal(err)
	}
}

func enterErased(t *testing.T, past *Past, n int) {
	t.Helper()
	key := chartertest.Key("vote", "reg")
	h := motion.Header{
		Federation: past.State().Federation(), Kind: motion.Ratify, Proposer: key.Public(), Time: chartertest.Created,
		Expires: chartertest.Created + 86400, Until: taxonomy.DayOf(chartertest.Created) + 9, Count: n,
	}
	commitments := make([]merkle.Hash, n)
	for i := range commitments {
		commitments[i] = merkle.EntryHash([]byte{byte(i), byte(i >> 8), byte(past.Size())})
	}
	h.Root = motion.Root(commitments)
	m, err := motion.Sign(h, key)
	if err != nil {
		t.Fatal(err)
	}
	v, err := motion.Vote{Federation: h.Federation, Motion: m.ID, By: key.Public(), For: true, Cast: motion.ByHand}.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	entries := []ledger.Entry{{Data: motion.MotionEntry{Motion: m, Votes: []motion.Vote{v}}.Bytes()}}
	for _, c := range commitments {
		entries = append(entries, ledger.Entry{Data: motion.ItemEntry{Kind: m.Kind, Motion: m.ID, Commitment: c}.Bytes()})
	}
	if _, err := past.Enter(entries); err != nil {
		t.Fatal(err)
	}
}

// TestCodes gives every code and verb a name of its own.
func TestCodes(t *testing.T) {
	seen := make(map[string]bool)
	for c := Unreadable; c <= Uncertified; c++ {
		if name := c.String(); name == "" || seen[name] {
			t.Errorf("code %d is named %q", c, name)
		} else {
			seen[name] = true
		}
	}
	if Code(0).String() != "code(0)" || (Uncertified+1).String() == "" || len(codeWords) != int(Uncertified)+1 {
		t.Errorf("%d names, the last code is %d", len(codeWords), Uncertified)
	}
}
