package ballot_test

import (
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/motion"
)

// begun founds a federation of n regulators with its first tick. When the test is over a
// follower folds what entered, and must come to what the regulators have.
func begun(t testing.TB, n int, change func(cfg *charter.FoundingConfig)) *ballottest.Federation {
	t.Helper()
	f := ballottest.Begun(t, n, change)
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		if got, want := f.Follow().Digest(), f.State.Past().Digest(); got != want {
			t.Errorf("a follower of the entries has the digest %s, the regulators %s", got, want)
		}
	})
	return f
}

// refused checks that a result is a refusal with a code, that it changed nothing, and
// that it is on record.
func refused(t testing.TB, f *ballottest.Federation, r ballot.Result, want enact.Code) {
	t.Helper()
	if r.Outcome != ballot.Refused || r.Refusal.Code != want {
		t.Errorf("got %s %v, want it refused as %s", r.Outcome, r.Refusal, want)
		return
	}
	if r.Refusal.Words == "" || len(r.Entries) != 0 {
		t.Errorf("%s: words %q and %d entries", want, r.Refusal.Words, len(r.Entries))
	}
	records := f.State.Docket().Refusals
	if len(records) == 0 {
		t.Errorf("%s is not on record", want)
		return
	}
	last := records[len(records)-1]
	if last.Refusal != *r.Refusal || last.Verb != r.Verb || !last.Motion.Equals(r.Motion) || last.Size != r.Size {
		t.Errorf("on record is %+v, the result was %+v", last, r)
	}
}

func outcome(t testing.TB, r ballot.Result, want ballot.Outcome) {
	t.Helper()
	if r.Outcome != want {
		t.Errorf("got %s %v, want %s", r.Outcome, r.Refusal, want)
	}
}

func vote(v motion.Vote) []byte           { return ballot.VoteCommand(&v) }
func withdraw(w motion.Withdrawal) []byte { return ballot.WithdrawCommand(&w) }
func tick(t motion.Tick) []byte           { return ballot.TickCommand(&t) }
