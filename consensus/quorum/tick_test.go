package quorum_test

import (
	"testing"
	"time"
)

// lastTick is the last tick of the certified ledger, as a regulator follows it.
func (c *council) lastTick(member string) (index uint64, unix int64) {
	return c.all[member].Follower().Past().LastTick()
}

// An entry has its tick within two seconds. Where nothing is decided ticks come hourly and
// at the turn of the day, by the regulators' clocks, and between them the checkpoint that
// stands is cosigned anew each minute, so that all know that it is the newest.
func TestWhenTheLedgerTicks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		for i := range 20 {
			time.Sleep(time.Duration(i) * 137 * time.Millisecond)
			p := c.label("+86138001380" + string(rune('0'+i/10)) + string(rune('0'+i%10)))
			before, _ := c.lastTick("reg")
			c.carry(p, "reg", "reg2", "reg3")
			entered := time.Now()
			for index := before; index == before; index, _ = c.lastTick("reg") {
				if time.Since(entered) > 2*time.Second {
					t.Fatalf("decision %d has no tick after two seconds", i)
				}
				time.Sleep(10 * time.Millisecond)
			}
		}

		idle := func(what string, turn time.Duration, ticks bool) {
			t.Helper()
			before, _ := c.lastTick("reg")
			c.turn(turn)
			time.Sleep(20 * time.Second)
			after, unix := c.lastTick("reg")
			if !ticks && after != before {
				t.Fatalf("%s the ledger ticks at entry %d", what, after)
			}
			if off := c.clock().Unix() - unix; ticks && (after != before+1 || off < 0 || off > 20) {
				t.Fatalf("%s the last tick is entry %d, was %d, and %d s old", what, after, before, off)
			}
		}
		_, unix := c.lastTick("reg")
		idle("an hour after the last tick", time.Unix(unix+3601, 0).Sub(c.clock()), true)
		idle("58 minutes later", 58*time.Minute, false)
		idle("an hour later", 2*time.Minute, true)
		for c.clock().Hour() < 23 { // as many hours as there are: each ticks once, and the last within the last hour
			idle("an hour later", time.Hour, true)
		}
		_, unix = c.lastTick("reg")
		midnight := c.clock().Truncate(24 * time.Hour).Add(24 * time.Hour)
		if hour := midnight.Unix() - unix; hour >= 3600 {
			t.Fatalf("the last tick is %d s before the turn of the day: this shows nothing", hour)
		}
		idle("a minute before the turn of the day", midnight.Add(-time.Minute).Sub(c.clock()), false)
		idle("at the turn of the day", midnight.Sub(c.clock()), true)

		size := c.settled(c.Seats()...).Size
		for range 5 {
			time.Sleep(time.Minute)
			for _, m := range c.Seats() {
				if s := c.all[m].Follower().Standing(); s.Size() != size || c.clock().Unix()-s.Fresh > 65 {
					t.Errorf("%s has %d entries, was %d, known to stand %d s ago", m, s.Size(), size, c.clock().Unix()-s.Fresh)
				}
			}
		}
	})
}
