package group_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
	qt "ringfence/consensus/quorum/quorumtest"
	"ringfence/store/keys"
)

// want tells every regulator that runs who is to vote, as each reads it from its
// own charter.
func want(c *qt.Cluster, running []int, voters ...int) {
	for _, i := range running {
		c.Member(i).Group.Want(group.Wanted{Voters: qt.Hosts(voters...)})
	}
}

// carried waits until all of these machines have heard that these vote.
func carried(t *testing.T, c *qt.Cluster, machines []int, voters ...int) {
	t.Helper()
	hosts := qt.Hosts(voters...)
	slices.SortFunc(hosts, keys.Public.Compare)
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		same := true
		for _, i := range machines {
			same = same && slices.Equal(c.Member(i).Machine.Voters(), hosts)
		}
		if same {
			return
		}
	}
	for _, i := range machines {
		t.Errorf("%d has heard of %d voters, wanted are %d; %+v", i, len(c.Member(i).Machine.Voters()), len(voters), c.Member(i).Group.Status())
	}
	t.FailNow()
}

func TestVotersFollowTheCharterFromOneToFiveAndBack(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		start(c, 0)
		c.MustSubmit(0, "x1")
		running := []int{0}
		for n := 2; n <= 5; n++ {
			if n == 5 {
				c.Kill(2) // one of four is down, and does not come back in time
				running = without(running, 2)
			}
			c.Start(n - 1)
			running = append(running, n-1)
			var voters []int
			for i := range n {
				voters = append(voters, i)
			}
			want(c, running, voters...)
			carried(t, c, running, voters...)
			c.MustSubmit(n-1, fmt.Sprint("x", n))
		}
		c.Start(2)
		running = []int{0, 1, 2, 3, 4}
		c.Agree("x5", running...)
		for n := 4; n >= 1; n-- {
			leader := c.Leader(running...)
			gone := without(running, leader)[0]
			if n%2 == 0 { // the leader himself goes
				gone = leader
			}
			rest := without(running, gone)
			want(c, running, rest...)
			carried(t, c, rest, rest...)
			c.MustSubmitWithin(rest[0], fmt.Sprint("y", n), 20*time.Second)
			c.Agree(fmt.Sprint("y", n), rest...)
			c.Kill(gone)
			running = rest
		}
		if got := len(c.Agree("y1", running...)); got != 9 {
			t.Errorf("%d commands", got)
		}
	})
}

func TestALearnerAppliesAndHasNoVote(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		c.MustSubmit(0, "a")
		c.Start(3)
		for _, i := range all {
			c.Member(i).Group.Want(group.Wanted{Voters: qt.Hosts(all...), Learners: qt.Hosts(3)})
		}
		c.MustSubmit(1, "b")
		c.Agree("b", 0, 1, 2, 3)
		time.Sleep(5 * time.Second)
		carried(t, c, []int{0, 1, 2, 3}, all...)
		s := c.Member(c.Leader(all...)).Group.Status()
		if len(s.Members) != 4 {
			t.Fatalf("%+v", s)
		}
		for _, m := range s.Members {
			if m.Voter == (m.Host == qt.Key(3)) {
				t.Errorf("%s has a vote: %v", m.Host.Short(), m.Voter)
			}
			if m.Host != s.Leader && (time.Since(m.Contact) > time.Second || m.Lag > 1) {
				t.Errorf("%s answered %v ago and lags %d", m.Host.Short(), time.Since(m.Contact), m.Lag)
			}
		}
		c.Kill(3)
		time.Sleep(10 * time.Second)
		s = c.Member(c.Leader(all...)).Group.Status()
		for _, m := range s.Members {
			if m.Host == qt.Key(3) && time.Since(m.Contact) < 9*time.Second {
				t.Errorf("who is down answered %v ago", time.Since(m.Contact))
			}
		}
	})
}

// TestNobodyIsMadeAVoterWhoDoesNotAnswer: of three with one down a fourth would make
// a majority of those that are not there.
func TestNobodyIsMadeAVoterWhoDoesNotAnswer(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		leader := c.Leader(all...)
		down := without(all, leader)[0]
		rest := without(all, down)
		c.MustSubmit(leader, "a")
		c.Kill(down)
		time.Sleep(5 * time.Second)
		// One who never comes is not made a voter, nor is one who is there removed for
		// one who is not.
		want(c, rest, rest[0], down, 7)
		time.Sleep(30 * time.Second)
		carried(t, c, rest, all...)
		c.MustSubmit(leader, "b")
		c.Agree("b", rest...)
	})
}

// TestVotersChangeWhileOneIsCutOff is F16.
func TestVotersChangeWhileOneIsCutOff(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2, 3}
		start(c, all...)
		leader := c.Leader(all...)
		rest := without(all, leader)
		cut := rest[0]
		clog(c, []int{cut}, all, true)
		clog(c, all, []int{cut}, true)
		c.Start(4)
		running := append(slices.Clone(all), 4)
		// The leader is replaced by a newcomer while another is cut off.
		voters := append(slices.Clone(rest), 4)
		want(c, running, voters...)
		there := without(voters, cut)
		carried(t, c, there, voters...)
		c.MustSubmit(there[0], "a")
		c.Network().Heal()
		c.MustSubmit(cut, "b")
		c.Agree("b", voters...)
		carried(t, c, voters, voters...)
		// Who was removed learns that he leads no more and is no part of it.
		if s := c.Member(leader).Group.Status(); s.Leading {
			t.Errorf("who was removed leads: %+v", s)
		}
	})
}

func TestVotersThatMustNotBeEndTheGroup(t *testing.T) {
	foreign := errors.New("seven is no regulator")
	tweak := func(i int, cfg *group.Config) {
		if i != 2 {
			return
		}
		cfg.Machine.(*qt.Machine).Allow(func(voters []keys.Public) error {
			if slices.Contains(voters, qt.Key(7)) {
				return foreign
			}
			return nil
		})
	}
	bubble(t, 1, tweak, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		c.Leader(all...)
		c.Start(7)
		want(c, []int{0, 1}, 0, 1, 2, 7)
		c.Member(2).Group.Want(group.Wanted{Voters: qt.Hosts(0, 1, 2, 7)})
		if err := c.Member(2).Err(); !errors.Is(err, foreign) {
			t.Errorf("Run returned %v", err)
		}
	})
}
