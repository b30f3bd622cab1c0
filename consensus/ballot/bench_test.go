package ballot_test

import (
	"fmt"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/motion"
)

// BenchmarkRatify has four regulators ratify in motions of 4,096 items; entries a second
// of Apply alone. BenchmarkFollow folds the same entries as a follower does.
func BenchmarkRatify(b *testing.B) {
	f := ballottest.Begun(b, 4, nil)
	commands := bulk(f)
	past := f.Follow()
	b.ReportAllocs()
	for b.Loop() {
		s := ballot.NewState(past.Clone())
		for i, c := range commands {
			if r := s.Apply(c); i == len(commands)-1 && r.Outcome != ballot.Entered {
				b.Fatalf("%s: %v", r.Outcome, r.Refusal)
			}
		}
	}
	b.ReportMetric(float64(b.N)*motion.MaxItems/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkFollow(b *testing.B) {
	f := ballottest.Begun(b, 4, nil)
	past := f.Follow()
	var entries int
	for _, c := range bulk(f) {
		entries = len(f.Apply(c).Entries)
	}
	last := f.Entries[len(f.Entries)-entries:]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := past.Clone().Enter(last); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*motion.MaxItems/b.Elapsed().Seconds(), "entries/s")
}

// bulk is the commands that ratify 4,096 numbers.
func bulk(f *ballottest.Federation) (commands [][]byte) {
	subjects := make([]string, motion.MaxItems)
	for i := range subjects {
		subjects[i] = fmt.Sprintf("+86138%08d", i)
	}
	p := f.Motion(motion.Ratify, ballottest.Label(f, subjects...), nil)
	commands = append(commands, f.Propose(p, "reg"))
	for _, m := range []string{"reg2", "reg3"} {
		commands = append(commands, vote(f.Vote(p, m, nil)))
	}
	return commands
}
