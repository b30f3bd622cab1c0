package federation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/reconcile"
	"ringfence/store/keys"
)

func TestCompare(t *testing.T) {
	own := reconcile.Beacon{LedgerSize: 1, Frontier: root("f"), Day: 9, Root: root("r"), Version: "old", Ready: true}
	for _, c := range []struct {
		name   string
		change func(*reconcile.Beacon)
		want   agreement
	}{
		{"the same", func(*reconcile.Beacon) {}, agrees},
		{"another time, release and readiness", func(b *reconcile.Beacon) { b.Time, b.Version, b.Ready = noon(), "new", false }, agrees},
		{"another list", func(b *reconcile.Beacon) { b.Root = root("x") }, differs},
		{"another day, another list", func(b *reconcile.Beacon) { b.Day, b.Root = 8, root("x") }, otherDay},
		{"other feeds, another list", func(b *reconcile.Beacon) { b.Frontier, b.Root = root("g"), root("x") }, elsewise},
		{"a longer ledger, the same list", func(b *reconcile.Beacon) { b.LedgerSize = 2 }, elsewise},
		{"other feeds on another day", func(b *reconcile.Beacon) { b.Frontier, b.Day = root("g"), 8 }, elsewise},
	} {
		theirs := own
		c.change(&theirs)
		if got := compare(&own, &theirs); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
		if got := compare(&theirs, &own); got != c.want {
			t.Errorf("%s, turned round: %s", c.name, got)
		}
	}
}

// alike returns a beacon that agrees with the node's own list; other: another
// list made of the same.
func (p *place) alike(other bool) reconcile.Beacon {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.listing()
	if other {
		b.Root = root("another list")
	}
	return b
}

// A peer's word that its list is the same is older than what is known of its batches:
// beside some that one of the two lacks it is not told. What is counted of all peers is
// what is said of each.
func TestNobodyAgreesWhoIsBehind(t *testing.T) {
	p := newPlace(t)
	p.net.meet("a", "b", "c")
	for _, c := range []struct {
		name          string
		ahead, behind uint64
		other, late   bool
		want          agreement
	}{
		{"the same list", 0, 0, false, false, agrees},
		{"it is behind", 0, 5, false, false, elsewise},
		{"it is ahead", 1, 0, false, false, elsewise},
		{"another list", 0, 0, true, false, differs},
		{"another list, and it is behind", 0, 5, true, false, differs},
		{"another list, as it turned out before the own one went on", 0, 0, true, true, differs},
	} {
		p.heard(host("a"), p.alike(c.other), 0)
		p.mu.Lock()
		if c.late {
			h := p.peers[host("a")]
			h.Frontier = root("of before")
			p.peers[host("a")] = h
		}
		own, line := p.listing(), api.Peer{Ahead: int(c.ahead), Behind: int(c.behind)}
		p.describe(&line, host("a"), &own)
		p.mu.Unlock()
		if line.Agreement != string(c.want) {
			t.Errorf("%s: %q, want %q", c.name, line.Agreement, c.want)
		}
		var s api.Standing
		p.tellPeers(&s, map[keys.Public]reconcile.PeerStanding{host("a"): {Ahead: c.ahead, Behind: c.behind}})
		if (s.Agreeing == 1) != (c.want == agrees) || (s.Differing == 1) != (c.want == differs) || s.Connected != 3 {
			t.Errorf("%s: %q, and of %d %d agree and %d differ", c.name, line.Agreement, s.Connected, s.Agreeing, s.Differing)
		}
	}
}

func TestHeard(t *testing.T) { synctest.Test(t, testHeard) }

func testHeard(t *testing.T) {
	p := newPlace(t)
	p.net.meet("a", "b", "c")
	p.heard(host("a"), p.alike(false), 0)
	p.heard(host("b"), p.alike(true), 0)
	p.heard(host("d"), p.alike(true), 0) // its word outlived its connection
	standing := func() (s api.Standing) {
		p.tellPeers(&s, nil)
		return s
	}
	if s := standing(); s.Connected != 3 || s.Agreeing != 1 || s.Differing != 1 {
		t.Errorf("%d connected, %d agree, %d differ", s.Connected, s.Agreeing, s.Differing)
	}
	if got := <-p.unequal; got.peer != host("b") || compare(&got.own, &got.theirs) != differs {
		t.Errorf("looked at is %+v", got)
	}
	<-p.unequal // d
	p.heard(host("b"), p.alike(true), 0)
	if len(p.unequal) != 0 {
		t.Error("a second alarm about one peer within a minute")
	}
	p.heard(host("own2"), p.alike(true), 0)
	<-p.unequal
	p.heard(host("own"), p.alike(true), 0)
	if len(p.unequal) != 0 {
		t.Error("a second alarm about one member, by another host of it")
	}
	p.time = p.time.Add(time.Hour) // the node's clock is set
	p.heard(host("b"), p.alike(true), 0)
	if len(p.unequal) != 0 {
		t.Error("a second alarm about one member within a minute, as the clock was set")
	}
	p.time = p.time.Add(-24 * time.Hour)
	time.Sleep(alarmEvery)
	p.heard(host("b"), p.alike(true), 0)
	if len(p.unequal) != 1 {
		t.Error("no alarm a minute later")
	}
	p.heard(host("b"), p.alike(false), 0)
	if s := standing(); s.Agreeing != 2 || s.Differing != 0 {
		t.Errorf("after it came round %d agree, %d differ", s.Agreeing, s.Differing)
	}
	p.net.meet("c")
	if s := standing(); s.Connected != 1 || s.Agreeing != 0 || s.Differing != 0 {
		t.Errorf("of who is gone %d agree, %d differ", s.Agreeing, s.Differing)
	}
}

// TestKeepAlarm: of each host the first and the newest alarm are kept, whatever
// others do, and all are told in the order of their times.
func TestKeepAlarm(t *testing.T) {
	p := newPlace(t)
	keep := func(member string, at time.Duration, note string) {
		t.Helper()
		must(t, p.keepAlarm(&api.Disagreement{Member: member, Host: host(member).String(), Seen: noon().Add(at).UTC().Format(seenForm), Note: note}))
	}
	keep("b", 0, "b first")
	keep("c", 1500*time.Millisecond, "c first")
	for i := range 100 {
		keep("a", time.Second+time.Duration(i)*time.Minute, fmt.Sprintf("a %d", i))
	}
	keep("b", 2*time.Second, "b second")
	keep("b", 3*time.Hour, "b third")
	got, err := Alarms(p.store)
	must(t, err)
	var notes []string
	for _, a := range got {
		notes = append(notes, a.Note)
	}
	if want := []string{"b first", "a 0", "c first", "a 99", "b third"}; !slices.Equal(notes, want) {
		t.Errorf("kept are %q, want %q", notes, want)
	}
}

func TestAlarmsInTrouble(t *testing.T) {
	for _, at := range []string{"get", "put"} {
		p := newPlace(t)
		p.store.fail[at] = true
		if err := p.keepAlarm(&api.Disagreement{Host: "x"}); err == nil {
			t.Errorf("%s fails, and the alarm is kept", at)
		}
	}
	p := newPlace(t)
	must(t, p.store.Put(spaceAlarms, "x", []byte("{")))
	if _, err := Alarms(p.store); err == nil || !strings.HasPrefix(err.Error(), "federation: ") {
		t.Errorf("what cannot be read is told as an alarm: %v", err)
	}
}

// TestGapsAreCountedInBatches and not in feeds, and no claim makes the count run
// over.
func TestGapsAreCountedInBatches(t *testing.T) {
	p := newPlace(t)
	var s api.Standing
	for _, f := range []reconcile.FeedStanding{
		{Issuer: issuer("B"), Claimed: 40, State: reconcile.Withheld, Reason: phrase.Plain("not given")},
		{Issuer: issuer("C"), Claimed: 2, State: reconcile.Aside, Reason: phrase.Plain("unknown")},
		{Issuer: issuer("A"), Claimed: 9, State: reconcile.Pulling},
		{Issuer: issuer("A"), Claimed: 9, State: reconcile.Frozen},
		{Issuer: issuer("A"), Claimed: 9, State: reconcile.Waiting},
	} {
		p.tellFeed(&s, &f)
	}
	if s.GapBatches != 42 || len(s.Gaps) != 2 || s.FeedsWaiting != 1 {
		t.Errorf("%d batches are missing in %d feeds, %d wait", s.GapBatches, len(s.Gaps), s.FeedsWaiting)
	}
	for range 3 {
		p.tellFeed(&s, &reconcile.FeedStanding{Claimed: 1 << 62, State: reconcile.Withheld})
	}
	if s.GapBatches != 42+3*mostTold {
		t.Errorf("%d batches", s.GapBatches)
	}
}
