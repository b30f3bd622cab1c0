package quorum_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/store/keys"
)

// F13 on the ledger: with 300 ms ± 200 each way between regulators, 1 Mb/s and 5 of 100 messages lost,
// what is enacted is certified and followed by every regulator within five seconds, of a
// hundred cases in ninety-nine.
func TestHeadsOverASlowLink(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sitWith(t, 4, 1, func(cfg *quorum.Config) { cfg.Timing = group.Timing{} }) // for regulators far from each other
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		all := c.Seats()
		var hosts []keys.Public
		for _, m := range all {
			hosts = append(hosts, hostKey(m))
		}
		c.mu.Lock()
		c.lose, c.late = 0.05, 500*time.Millisecond
		c.mu.Unlock()
		c.network.Set(hosts, hosts, func(l *quorumtest.Link) {
			l.Delay, l.Jitter, l.Rate = 100*time.Millisecond, 400*time.Millisecond, 1_000_000/8
		})
		var lags []time.Duration
		for i := range 50 {
			p := c.label(fmt.Sprintf("+861380013%04d", i))
			c.submit(all[i%4], c.Propose(p, "reg"))
			second := c.Vote(p, "reg2", nil)
			c.submit(all[i%4], ballot.VoteCommand(&second))
			third := c.Vote(p, "reg3", nil)
			c.submit(all[i%4], ballot.VoteCommand(&third)) // enacted, as its answer says
			begun := time.Now()
			for left := slices.Clone(all); len(left) > 0 && time.Since(begun) < time.Minute; time.Sleep(20 * time.Millisecond) {
				left = slices.DeleteFunc(left, func(m string) bool {
					if !c.all[m].holds(p) {
						return false
					}
					lags = append(lags, time.Since(begun))
					return true
				})
			}
		}
		slices.Sort(lags)
		if len(lags) != 50*len(all) {
			t.Fatalf("of %d cases %d were followed within a minute", 50*len(all), len(lags))
		}
		median, p99 := lags[len(lags)/2], lags[len(lags)*99/100]
		t.Logf("lag of %d heads: median %v, p99 %v, most %v", len(lags), median, p99, lags[len(lags)-1])
		if p99 >= 5*time.Second {
			t.Errorf("p99 is %v", p99)
		}
	})
}
