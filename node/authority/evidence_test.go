package authority

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/cosign"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/certify"
	"ringfence/node/authority/exhibit"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/memory"
)

// What convicts a regulator, and what ended following, is kept with the signed bytes that
// prove it, the first against each; it is there after a restart.
func TestEvidenceAgainstRegulatorsIsKept(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	store, now := memory.New(), time.Unix(f.Now, 0)
	open := func() *Authority {
		a, err := Open(t.Context(), Config{
			Genesis: f.Genesis, Ledger: store.Ledger(), Exhibits: store, Enacted: func([]charter.Enacted) error { return nil },
			Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	word := func(root byte) certify.Word {
		w := certify.Word{Saying: certify.Reported, Generation: cosign.Generation{Number: 1}, Tree: checkpoint.Tree{Size: 9, Root: [32]byte{root}}}
		w.By.Key = chartertest.Key("cosign", "reg2").Public()
		return w
	}
	note := func(root byte) checkpoint.Note {
		c := checkpoint.Checkpoint{Origin: checkpoint.Origin(f.State.Constitution().Federation()), Tree: checkpoint.Tree{Size: 9, Root: [32]byte{root}}}
		n, err := checkpoint.Sign(c, chartertest.Key("log", ""))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a := open()
	a.lied(certify.Conflict{First: word(1), Second: word(2)})
	now = now.Add(time.Hour)
	a.lied(certify.Conflict{First: word(1), Second: word(3)})
	a.stopped(&follow.Trouble{Kind: follow.Forked, Held: note(1), Shown: note(2)})
	a.stopped(&follow.Trouble{Kind: follow.Forked, Held: note(1), Shown: note(2)})
	a.stopped(&follow.Trouble{Kind: follow.Newer, Held: note(1), Shown: note(2), Why: errors.New("kind 99")})

	open() // again
	all, err := exhibit.All(store)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d exhibits, %v: %+v", len(all), err, all)
	}
	lie, fork := all[0], all[1]
	second, err := certify.Decode(lie.Second.Bytes)
	if err != nil || second != word(2) || lie.Kind != "two_stories" || lie.Member != "reg2" || lie.Said != "reported" || lie.First.Root == lie.Second.Root {
		t.Errorf("%+v, %v", lie, err)
	}
	if fork.Kind != "forked" || fork.First.Size != 9 || !bytes.Equal(fork.First.Bytes, note(1).Bytes()) || !bytes.Equal(fork.Second.Bytes, note(2).Bytes()) || fork.Why == "" {
		t.Errorf("%+v", fork)
	}
}
