package quorum_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/certify"
)

// Three of four begin another generation: what was certified stands, what was before the
// regulators is before them again, and the fourth joins by promising later.
func TestRealign(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3")
		c.everywhere(p, 10*time.Second, c.Seats()...)
		open := c.label("+8613800138001")
		c.submit("reg", c.Propose(open, "reg"))
		three := []string{"reg", "reg2", "reg3"}
		for _, m := range three {
			if _, err := c.all[m].Realign(); err != nil {
				t.Fatal(err)
			}
		}
		c.eventually("three are in the next generation", 30*time.Second, func() bool {
			for _, m := range three {
				if s, _ := c.all[m].keeper.State(); s.Generation.Number != 1 {
					return false
				}
			}
			return true
		})
		for _, m := range []string{"reg2", "reg3"} {
			v := c.Vote(open, m, nil)
			c.submit("reg", ballot.VoteCommand(&v))
		}
		c.everywhere(open, 20*time.Second, three...)
		if s, _ := c.all["reg4"].keeper.State(); s.Generation.Number != 0 {
			t.Error("the fourth joined unasked")
		}
		if _, err := c.all["reg4"].Realign(); err != nil {
			t.Fatal(err)
		}
		q := c.label("+8613800138002")
		c.eventually("the fourth is in the next generation", 30*time.Second, func() bool {
			s, _ := c.all["reg4"].keeper.State()
			return s.Generation.Number == 1
		})
		c.leave("reg2")
		c.carry(q, "reg", "reg3", "reg4")
		c.everywhere(q, 20*time.Second, "reg", "reg3", "reg4")
		c.oneLedger("reg", "reg3", "reg4")
	})
}

// A generation that starts at a lock above what is certified: who did not apply it gets
// the entries from who did, also when these have begun already, and whatever a liar gives
// instead.
func TestAGenerationStartsAboveWhatIsCertified(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		before := c.settled(c.Seats()...)
		c.apart([]string{"reg4"}, c.but("reg4"), true)
		c.mu.Lock()
		c.filter = func(_, _ string, b []byte) []byte { return quorum.Without(b, certify.Locked, certify.Cosigned) }
		c.mu.Unlock()
		p := c.label("+8613800138000")
		c.carry(p, c.but("reg4")...)
		c.eventually("all have locked it", 20*time.Second, func() bool {
			for _, m := range c.but("reg4") {
				if s, _ := c.all[m].keeper.State(); s.Locked.Tree.Size <= before.Size+2 { // the tick too
					return false
				}
			}
			return true
		})
		c.lie("reg3", nil)
		lying := c.stream(func() {
			for to := before.Size + 1; to < before.Size+8; to++ {
				var parts [][]byte
				for range to - before.Size {
					parts = append(parts, []byte("not what was applied"), nil)
				}
				_ = c.tell("reg3", "reg4", quorum.Message(quorum.AboutEntries, append([][]byte{quorum.Stretch(before.Size, to)}, parts...)...))
			}
		})
		c.mu.Lock()
		clear(c.cut) // but Raft does not reach reg4 yet
		c.filter = func(_, _ string, b []byte) []byte {
			if quorum.IsAbout(b, quorum.AboutEntries) {
				return nil
			}
			return quorum.Without(b, certify.Locked, certify.Cosigned)
		}
		c.mu.Unlock()
		for _, m := range []string{"reg", "reg2", "reg4"} {
			if _, err := c.all[m].Realign(); err != nil {
				t.Fatal(err)
			}
		}
		c.inGeneration(1, "reg", "reg2")
		time.Sleep(2 * time.Second)
		if s := c.status("reg4"); s.Generation != 0 || s.Realign.Joining != 1 || s.Realign.Start.Size <= before.Size {
			t.Errorf("reg4 has no entries, and is in generation %d, at %+v", s.Generation, s.Realign)
		}
		c.mu.Lock()
		c.filter = nil
		c.mu.Unlock()
		c.inGeneration(1, "reg4")
		c.apart([]string{"reg4"}, c.but("reg4"), false)
		lying()
		c.everywhere(p, 60*time.Second, "reg", "reg2", "reg4")
		for _, m := range []string{"reg", "reg2", "reg4"} { // and from there after a restart
			c.leave(m)
			c.start(m)
		}
		q := c.label("+8613800138001")
		c.carry(q, "reg", "reg2", "reg4")
		c.everywhere(q, 60*time.Second, "reg", "reg2", "reg4")
		c.oneLedger("reg", "reg2", "reg4")
	})
}

// stream does something ten times a second until it is told to end.
func (c *council) stream(f func()) (end func()) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				f()
			}
		}
	}()
	return func() { close(stop); <-ended }
}

// restarts are how many realignments `go test` looks at; soak_test.go looks at hundreds.
const restarts = 3

// Regulators restart at any step of a realignment, and a third of what they say is lost:
// in the end all are in one generation, and what was decided and what was open stands.
func TestRealignUnderRestarts(t *testing.T) {
	for seed := range uint64(restarts) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { bubble(t, func(t *testing.T) { realignUnderRestarts(t, seed) }) })
	}
}

func realignUnderRestarts(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 3))
	c := sitWith(t, 4, seed, nil)
	defer c.close()
	c.begun(c.Seats()...)
	p := c.label("+8613800138000")
	c.carry(p, c.Seats()[:3]...)
	c.everywhere(p, 10*time.Second, c.Seats()...)
	c.mu.Lock()
	c.lose, c.late = 0.33, 50*time.Millisecond
	c.mu.Unlock()
	c.rough = true
	seats := c.Seats()
	for range 12 {
		time.Sleep(time.Duration(random.Int64N(int64(800 * time.Millisecond))))
		m := seats[random.IntN(len(seats))]
		if random.IntN(2) == 0 {
			_, _ = c.all[m].Realign() // it may be starting
			continue
		}
		c.leave(m)
		time.Sleep(time.Duration(random.Int64N(int64(200 * time.Millisecond))))
		c.start(m)
	}
	c.mu.Lock()
	c.lose = 0
	c.mu.Unlock()
	c.oneGeneration(seats...)
	q := c.label("+8613800138001")
	c.carry(q, seats[1:]...)
	c.everywhere(q, 60*time.Second, seats...)
	c.everywhere(p, time.Second, seats...)
	c.oneLedger(seats...)
}

// oneGeneration has people realign until all members are in one generation, and nobody is
// promised to another: those that are behind a quorum, or all if there is none or somebody
// is promised to the next, or joined another record of the same number.
func (c *council) oneGeneration(members ...string) {
	c.Helper()
	for range 8 {
		time.Sleep(20 * time.Second)
		in, most := make(map[string][]string), ""
		for _, m := range members {
			if s := c.status(m); s.Running && s.Silence == "" {
				in[s.Record] = append(in[s.Record], m)
				if len(in[s.Record]) > len(in[most]) {
					most = s.Record
				}
			}
		}
		there := in[most]
		if len(there) == len(members) {
			return
		}
		for _, m := range members {
			if len(there) < 3 || !slices.Contains(there, m) && c.status(m).Generation >= c.status(there[0]).Generation {
				there = nil
				break
			}
		}
		for _, m := range members {
			if !slices.Contains(there, m) {
				_, _ = c.all[m].Realign() // it may be starting
			}
		}
	}
	for _, m := range members {
		s := c.status(m)
		c.Logf("%s: ended %v, generation %d %.8s, %s, %+v", m, c.all[m].ended, s.Generation, s.Record, s.Silence, s.Realign)
	}
	c.Fatal("they do not come together in one generation")
}
