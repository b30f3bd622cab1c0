package courier

import (
	"log/slog"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/council/letter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/memory"
	"ringfence/store/motion"
)

// Strangers together may ask a few questions at once, each member its own, however many
// the others ask.
func TestStrangersAreHeardSlowly(t *testing.T) {
	c := New(Config{})
	const many = 100_000 // in less time than brings a new one for each
	asked := func(member string) (heard int) {
		for range many {
			if c.allowed(member) {
				heard++
			}
		}
		return heard
	}
	if heard := asked(""); heard < strangerMost || heard == many {
		t.Errorf("%d of %d questions of strangers are heard", heard, many)
	}
	if heard := asked("op"); heard < memberMost || heard == many {
		t.Errorf("%d of %d of a member are heard", heard, many)
	}
	if !c.allowed("other") {
		t.Error("another member is not heard")
	}
}

// What became of a letter is one regulator's word until the ledger has it: whoever says
// that it is done with does not keep it from the others.
func TestOneWordDoesNotEndTheAsking(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	c := New(Config{State: f.State.Constitution, Logger: slog.New(slog.DiscardHandler)})
	o, err := NewOutbox(c, memory.New(), func() time.Time { return time.Unix(f.Now, 0) })
	if err != nil {
		t.Fatal(err)
	}
	p := f.MotionBy(chartertest.Issuer("op"), motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	l, err := letter.Motion(&p.Signed, p.Items)
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []letter.State{letter.Aside, letter.Refused, letter.Expired, letter.Withdrawn, letter.Tabled, letter.Entered} {
		o.add(l).State = said
		if ask, _ := o.due(); len(ask) != 1 {
			t.Errorf("after state %d nobody is asked", said)
		}
		o.forget(l.ID)
	}
}
