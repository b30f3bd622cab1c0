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
	"ringfence/store/view"
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

// goOn makes the own list another one, made of more.
func (p *place) goOn(t *testing.T) {
	t.Helper()
	p.epochs++
	must(t, p.view.Freeze(view.FeedEpoch{Issuer: issuer("A"), Epoch: p.epochs}, 1))
	p.Listed()
}

// counted returns what peers says of "a", once status counts it alike.
func (p *place) counted(t *testing.T) (line api.Peer) {
	t.Helper()
	p.mu.Lock()
	own := p.listing()
	p.describe(&line, host("a"), &own)
	p.mu.Unlock()
	var s api.Standing
	p.tellPeers(&s)
	if (s.Agreeing == 1) != (line.Agreement == string(agrees)) || (s.Differing == 1) != (line.Agreement == string(differs)) {
		t.Errorf("%q, and of %d %d agree and %d differ", line.Agreement, s.Connected, s.Agreeing, s.Differing)
	}
	return line
}

// Lists are compared that were made of the same, whoever made his sooner: a word of
// before with a list that is no longer the own one, and one of later once the own list
// has come as far. It counts for three minutes; and of him who stays behind for as long
// since the own list went on.
func TestListsMadeOfTheSameAreCompared(t *testing.T) { synctest.Test(t, testListsMadeOfTheSame) }

func testListsMadeOfTheSame(t *testing.T) {
	p := newPlace(t)
	p.net.meet("a", "b")
	say := func(b reconcile.Beacon) { p.heard(host("a"), b, 0) }
	want := func(what string, want agreement, ago int64) {
		t.Helper()
		line := p.counted(t)
		if line.Agreement != string(want) || (line.AgreedSeconds == nil) != (ago < 0) || ago >= 0 && *line.AgreedSeconds != ago {
			t.Errorf("%s: %q, want %q of %d s ago", what, line.Agreement, want, ago)
		}
	}
	first, firstOther := p.alike(false), p.alike(true)
	p.goOn(t)
	say(first)
	want("the list of before", agrees, 0)
	p.goOn(t)
	p.pass(5 * time.Second)
	say(reconcile.Beacon{Frontier: root("ahead"), Day: first.Day, Root: root("r")})
	want("what cannot be compared yet", agrees, 5)
	p.pass(50 * time.Second)
	say(first)
	want("the list of before, again", agrees, 55)
	p.pass(agreedFor - 55*time.Second)
	want("nothing that counts since", elsewise, int64(agreedFor/time.Second))
	say(p.alike(false))
	want("caught up", agrees, 0)
	say(firstOther)
	want("another list, of before", differs, -1)
	if len(p.unequal) != 1 {
		t.Fatal("no alarm about a list of before")
	}
	<-p.unequal
	say(reconcile.Beacon{Frontier: root("ahead"), Day: first.Day, Root: root("r")})
	want("another list before, and nothing to compare since", differs, -1)
	p.pass(time.Hour)
	want("another list an hour before", differs, -1)
	say(p.alike(false))
	want("come round", agrees, 0)

	ahead := newPlace(t)
	for range 3 {
		ahead.goOn(t)
	}
	for _, other := range []bool{false, true} {
		p := newPlace(t)
		p.net.meet("a")
		p.heard(host("a"), ahead.alike(other), 0)
		for range 2 {
			p.goOn(t)
			if got := p.counted(t).Agreement; got != string(elsewise) {
				t.Errorf("what the own list does not hold is compared: %q", got)
			}
		}
		p.goOn(t)
		if got := p.counted(t).Agreement; other && (got != string(differs) || len(p.unequal) != 1) || !other && (got != string(agrees) || len(p.unequal) != 0) {
			t.Errorf("a list that the own one reached (another: %v): %q, %d alarms", other, got, len(p.unequal))
		}
	}
}

// Only so many lists are known of.
func TestListsAreBounded(t *testing.T) {
	p := newPlace(t)
	first := p.alike(false)
	for range keptLists - 1 {
		p.goOn(t)
	}
	if p.lists.find(&first) == nil || len(p.lists.ring) != keptLists {
		t.Errorf("of %d lists the first is forgotten", len(p.lists.ring))
	}
	p.goOn(t)
	newest := p.alike(false)
	if p.lists.find(&first) != nil || p.lists.find(&newest) != &p.lists.ring[0] || len(p.lists.ring) != keptLists {
		t.Errorf("%d lists are kept", len(p.lists.ring))
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
		p.tellPeers(&s)
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
		must(t, p.keepAlarm(&api.Disagreement{Member: member, Host: host(member).String(), Seen: noon().Add(at).UTC().Format(seenForm), Note: phrase.Plain(note)}))
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
		notes = append(notes, a.Note.Text)
	}
	if want := []string{"b first", "a 0", "c first", "a 99", "b third"}; !slices.Equal(notes, want) {
		t.Errorf("kept are %q, want %q", notes, want)
	}
}

// An alarm that was kept while its note was English alone is read still.
func TestAlarmsKeptBefore(t *testing.T) {
	p := newPlace(t)
	must(t, p.store.Put(spaceAlarms, "x", []byte(`{"member":"b","note":"the lists had gone on"}`)))
	if got, err := Alarms(p.store); err != nil || len(got) != 1 || got[0].Note.Text != "the lists had gone on" {
		t.Errorf("%+v: %v", got, err)
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
