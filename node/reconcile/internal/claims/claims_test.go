package claims

import (
	"testing"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/assertion"
)

// TestVerdict decides what a feed rests as, from what each claim was found to be.
func TestVerdict(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	far := Claim{Count: 9, Bad: phrase.Plain("far"), As: Waiting, Due: at(20)}
	near := Claim{Count: 9, Bad: phrase.Plain("near"), As: Waiting, Due: at(10)}
	newer := Claim{Count: 9, Bad: phrase.Plain("newer"), As: Aside}
	kept := Claim{Count: 9, Bad: phrase.Plain("kept"), As: Withheld}
	mute := Claim{Count: 9}
	mute.Hush()
	short := Claim{Count: 5, Bad: phrase.Plain("a short one"), As: Withheld}
	for _, tt := range []struct {
		name string
		all  []Claim
		as   State
		why  string
		due  time.Time
	}{
		{"kept back", []Claim{kept, short}, Withheld, "kept", time.Time{}},
		{"all of a newer version", []Claim{newer, newer, short}, Aside, "newer", time.Time{}},
		{"one of a newer version", []Claim{newer, kept}, Withheld, "kept", time.Time{}},
		{"one silent", []Claim{newer, mute}, Withheld, "newer", time.Time{}},
		{"dated ahead", []Claim{kept, far, newer, near, mute}, Waiting, "far", at(10)},
	} {
		book := Book[int]{}
		for i := range tt.all {
			book[i] = &tt.all[i]
		}
		if as, why, due := book.Verdict(5); as != tt.as || why.Text != tt.why || !due.Equal(tt.due) {
			t.Errorf("%s: %v, %q, %v", tt.name, as, why, due)
		}
		if claimed, live := book.Reach(); claimed != 9 || live != 0 {
			t.Errorf("%s: %d are claimed, %d may be had", tt.name, claimed, live)
		}
	}
}

// TestHear keeps what stays so when a peer tells another head, and nothing else.
func TestHear(t *testing.T) {
	head := &message.Head{Sequence: 6, CID: assertion.CID([]byte("seven"))}
	now := time.Unix(100, 0)
	for _, tt := range []struct {
		name  string
		claim Claim
		bad   string
	}{
		{"kept back", Claim{Bad: phrase.Plain("kept"), As: Withheld}, ""},
		{"of a newer version", Claim{Bad: phrase.Plain("newer"), As: Aside}, "newer"},
		{"due", Claim{Bad: phrase.Plain("ahead"), As: Waiting, Due: now}, ""},
		{"not due", Claim{Bad: phrase.Plain("ahead"), As: Waiting, Due: now.Add(1)}, "ahead"},
	} {
		c := tt.claim
		c.Doubt, c.Mute = true, true
		if c.Hear(head, now); c.Bad.Text != tt.bad || c.Count != 7 || c.Head != head || c.Doubt || c.Mute {
			t.Errorf("%s: %+v", tt.name, c)
		}
		if !c.Bad.IsZero() && (c.As != tt.claim.As || c.Due != tt.claim.Due) {
			t.Errorf("%s: bad as %v until %v", tt.name, c.As, c.Due)
		}
		if c.Excuse(); !c.Bad.IsZero() || c.As != Settled {
			t.Errorf("%s: %+v", tt.name, c)
		}
	}
}

func TestStateWords(t *testing.T) {
	for s := Settled; s <= Frozen; s++ {
		if s.String() == "" {
			t.Errorf("state %d has no word", s)
		}
	}
	if State(9).String() != "state(9)" {
		t.Error("an unknown state has a word")
	}
}
