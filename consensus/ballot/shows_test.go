package ballot_test

import (
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
)

// A command shows from when it is applied, and not before: a vote also when a newer one of
// its regulator counts or the motion is in the ledger, and no longer when the motion is gone.
func TestWhatShows(t *testing.T) {
	f := begun(t, 4, nil)
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	propose := f.Propose(p, "reg")
	against := vote(f.Vote(p, "reg2", func(v *motion.Vote) { v.For = false }))
	after := vote(f.Vote(p, "reg2", func(v *motion.Vote) { v.Counter = 2 }))
	same := vote(f.Vote(p, "reg2", func(v *motion.Vote) { v.Counter, v.For = 2, false }))
	last := vote(f.Vote(p, "reg3", nil))
	silent := vote(f.Vote(p, "reg4", nil))
	shown := func(want bool, commands ...[]byte) {
		t.Helper()
		for i, c := range commands {
			if f.State.Shows(c) != want {
				t.Errorf("command %d shows: %t", i, !want)
			}
		}
	}
	shown(false, propose, against, after, last, ballot.MarkCommand(), nil, []byte{1})
	outcome(t, f.Apply(propose), ballot.Taken)
	shown(true, propose)
	shown(false, against, after, last)
	outcome(t, f.Apply(against), ballot.Taken)
	shown(true, against)
	shown(false, after)
	outcome(t, f.Apply(after), ballot.Taken)
	shown(true, against, after)
	shown(false, same, last, silent) // the same counter and another word is another vote
	outcome(t, f.Apply(last), ballot.Entered)
	shown(true, propose, after, last, silent)

	gone := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138001"), nil)
	op := chartertest.Issuer("op")
	w, err := motion.Withdrawal{Federation: gone.Federation, Motion: gone.ID, By: op.Public(), Time: f.Now}.Sign(op)
	if err != nil {
		t.Fatal(err)
	}
	outcome(t, f.Apply(f.Propose(gone, "reg")), ballot.Taken)
	shown(false, withdraw(w))
	outcome(t, f.Apply(withdraw(w)), ballot.Taken)
	shown(true, withdraw(w))
	shown(false, f.Propose(gone, "reg"))
}
