package council

import (
	"slices"
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
)

// What the benchmark measures happens: motions enter, are certified and followed, also
// after the leader has gone and come back.
func TestACouncilAtWork(t *testing.T) {
	c := Sit(t, Config{Dir: t.TempDir(), Timing: group.Loopback(), Follower: true})
	defer c.Close()
	var numbers Numbers
	if got := c.Enact(&numbers, 3); len(got) != 3 || got[0] <= 0 || !slices.IsSorted(got) {
		t.Errorf("it took %v", got)
	}
	got := c.Ratify(&numbers, 2)
	if got.Entries != 2*4096 || got.Took <= 0 || got.Busy <= 0 {
		t.Errorf("%+v", got)
	}
	if took := c.Failover(&numbers); took <= 0 {
		t.Errorf("it took %v", took)
	}
	size := c.witness.Standing().Size()
	for _, m := range c.members {
		if has := m.regulator.Load().Follower().Standing().Size(); has < size {
			t.Errorf("%s has %d entries of %d", m.id, has, size)
		}
	}
	if numbers.made != 3+2*4096+1 {
		t.Errorf("%d numbers were labelled", numbers.made)
	}
	if share := c.Rest(time.Second); share <= 0 {
		t.Errorf("it took %v of a processor", share)
	}
}

func TestAFollowerAndAVerifier(t *testing.T) {
	l := Grow(t, 10_000)
	r := Follow(t, l, t.TempDir())
	if r.Entries < 10_000 || r.CatchUp <= 0 || r.Reopen <= 0 || r.OnDisk <= 0 {
		t.Errorf("%+v", r)
	}
	if took := Verify(t, l, 10); took <= 0 {
		t.Errorf("it took %v", took)
	}
}

func TestAnAuditOfWhatIsHeld(t *testing.T) {
	dir := t.TempDir()
	size := Hold(t, 10_000, 48, dir)
	r := Audit(t, dir)
	if r.Entries != size || size < 10_000 || r.Ticks < 48 || r.Anchors != 1 || r.Took <= 0 {
		t.Errorf("%+v of %d", r, size)
	}
}
