package group

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group/internal/rpc"
	"ringfence/store/keys"
)

func regulator(i int) keys.Public {
	return keys.FromSeed(sha256.Sum256(fmt.Appendf(nil, "regulator %d", i))).Public()
}

func regulators(text string) []keys.Public {
	var out []keys.Public
	for _, r := range text {
		out = append(out, regulator(int(r-'0')))
	}
	return out
}

// TestNextStep: regulators are digits, 0 leads. Voters and learners as Raft has
// them, who is wanted, who answers (0 always), and the step.
func TestNextStep(t *testing.T) {
	for _, x := range []struct {
		name, voters, learners, want, wantLearn, there string
		step                                           string
	}{
		{"all is as wanted", "012", "", "012", "", "12", ""},
		{"a newcomer learns first", "012", "", "0123", "", "12", "add as learner 3"},
		{"and votes when he has caught up", "012", "3", "0123", "", "123", "make a voter 3"},
		{"not before", "012", "3", "0123", "", "12", ""},
		{"alone to two", "0", "1", "01", "", "1", "make a voter 1"},
		{"four to five, one down", "0123", "4", "01234", "", "134", "make a voter 4"},
		{"three to four, one down: three of four answer", "012", "3", "0123", "", "13", "make a voter 3"},
		{"two to three, one down: nothing is", "01", "2", "012", "", "2", "make a voter 2"},
		{"one goes", "012", "", "01", "", "12", "remove 2"},
		{"who is down goes first", "01234", "", "012", "", "123", "remove 4"},
		{"not to one of two that is down", "012", "", "01", "", "2", ""},
		{"two to one", "01", "", "0", "", "1", "remove 1"},
		{"the leader goes last", "012", "", "1", "", "12", "remove 2"},
		{"the leader goes", "01", "", "1", "", "1", "remove 0"},
		{"not to one who is down", "01", "", "1", "", "", ""},
		{"a learner goes", "012", "3", "012", "", "12", "remove 3"},
		{"a learner stays", "012", "3", "012", "3", "12", ""},
		{"a learner comes", "012", "", "012", "3", "12", "add as learner 3"},
		{"a voter learns", "0123", "", "012", "3", "123", "make a learner 3"},
		{"one for another: he comes first", "012", "3", "013", "", "123", "make a voter 3"},
		{"then the other goes", "0123", "", "013", "", "123", "remove 2"},
		{"nobody is wanted", "012", "", "", "", "12", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := change{
				self: regulator(0), want: Wanted{regulators(x.want), regulators(x.wantLearn)},
				last: 100, alive: time.Unix(1000, 0),
				peer: func(k keys.Public) rpc.Progress {
					if slices.Contains(regulators(x.there), k) {
						return rpc.Progress{Contact: time.Unix(1001, 0), Match: 90}
					}
					return rpc.Progress{Contact: time.Unix(999, 0), Match: 90}
				},
			}
			for s, who := range map[raft.ServerSuffrage]string{raft.Voter: x.voters, raft.Nonvoter: x.learners} {
				for _, k := range regulators(who) {
					c.now.Servers = append(c.now.Servers, raft.Server{Suffrage: s, ID: raft.ServerID(k.String())})
				}
			}
			got := ""
			if s, ok := c.next(); ok {
				got = s.what.String()
				for i := range 9 {
					if regulator(i) == s.who {
						got += fmt.Sprint(" ", i)
					}
				}
			}
			if got != x.step {
				t.Errorf("%q, not %q", got, x.step)
			}
			c.last = 1000 // the newcomer lags
			if s, ok := c.next(); ok && s.what == promote {
				t.Errorf("who lags is made a voter")
			}
		})
	}
}
