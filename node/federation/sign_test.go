package federation

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// restored is the bar of a node whose store may be old.
var restored = feed.Bar{Kind: feed.Restored, Reason: "the store was restored"}

// confirming is what a restored node finds around it.
type confirming struct {
	name    string
	own     string   // the drawing's batches that it holds
	near    []string // who is connected
	ready   string   // of them
	unasked string
	holds   map[string]string // the last batch that a peer holds, none when it has none
	away    []overlay.Peer
	was     []string      // who was connected until a second ago, after a look a minute earlier
	after   time.Duration // it looks a second time
	want    string        // what is missing; "": it signs again
}

func TestConfirm(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3; A1 <- A2'; A0 <- A1'")
	all := map[string]string{"a": "A2", "b": "A2"}
	tests := []confirming{
		{name: "two ready members", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: all},
		{name: "nobody", own: "A0 A1 A2", want: "0 of 2 members"},
		{name: "one", own: "A0 A1 A2", near: []string{"a"}, ready: "a", holds: all, want: "1 of 2 members"},
		{name: "one, and others come and go", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a", unasked: "b", holds: all,
			away: []overlay.Peer{{Host: host("c"), Address: "x"}, {Host: host("d"), Address: "x", LastTry: noon()}}, want: "1 of 2 members"},
		{name: "one, who knows more", own: "A0 A1 A2", near: []string{"a"}, ready: "a", holds: map[string]string{"a": "A3"}, want: "a peer (a) has told of this feed up to 0/3, and here it ends at 0/2"},
		{name: "one, who contradicts, while another is dialled", own: "A0 A1 A2", near: []string{"a"}, ready: "a", holds: map[string]string{"a": "A2'"},
			away: []overlay.Peer{{Host: host("d"), Address: "x"}}, want: "a holds another batch 0/2"},
		{name: "one of two is not ready", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a", holds: all, want: "1 of 2 members"},
		{name: "the own second node is no other member", own: "A0 A1 A2", near: []string{"a", "own2"}, ready: "a own2", holds: all, want: "1 of 2 members"},
		{name: "it may know more all the same", own: "A0 A1 A2", near: []string{"a", "b", "own2"}, ready: "a b own2", holds: map[string]string{"own2": "A3"}, want: "up to 0/3, and here it ends at 0/2; the rest is fetched"},
		{name: "one was not asked", own: "A0 A1 A2", near: []string{"a", "b", "c"}, ready: "a b c", unasked: "c", holds: all, want: "c was not asked yet"},
		{name: "one was not dialled", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: all,
			away: []overlay.Peer{{Host: host("d"), Address: "x"}}, want: "d was not dialled yet"},
		{name: "one is being dialled", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: all,
			away: []overlay.Peer{{Host: host("d"), Address: "x", LastTry: noon()}}, want: "d is being dialled"},
		{name: "one is dialled again and again", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: all, after: reach - 1,
			away: []overlay.Peer{{Host: host("d"), Address: "x", LastTry: noon().Add(reach / 2)}}, want: "d is being dialled"},
		{name: "one cannot be reached", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: all, after: reach,
			away: []overlay.Peer{{Host: host("c")}, {Host: host("d"), Address: "x", LastTry: noon().Add(reach / 2)}}},
		{name: "one cannot be reached, by a clock that was set back since the start", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: all, after: reach,
			away: []overlay.Peer{{Host: host("d"), Address: "x", LastTry: noon().Add(-time.Hour)}}},
		{name: "one was there a moment ago", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: all, was: []string{"a", "d"},
			away: []overlay.Peer{{Host: host("d"), Address: "x", LastTry: noon()}}, want: "d is being dialled"},
		{name: "one was there and is out of reach now", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A2", "b": "A2", "d": "A2"}, was: []string{"a", "d"}, after: reach,
			away: []overlay.Peer{{Host: host("d"), Address: "x", LastTry: noon()}}},
		{name: "one who was there knew more", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A2", "b": "A2", "d": "A3"}, was: []string{"a", "d"}, after: reach,
			away: []overlay.Peer{{Host: host("d"), Address: "x", LastTry: noon()}}, want: "a peer (d) has told of this feed up to 0/3, and here it ends at 0/2"},
		{name: "one who was there knew more, where nothing is held", near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"d": "A0"}, was: []string{"a", "d"}, after: reach,
			away: []overlay.Peer{{Host: host("d"), Address: "x", LastTry: noon()}}, want: "a peer (d) has told of this feed up to 0/0, and here nothing of it is held"},
		{name: "one that is not ready knows more", own: "A0 A1 A2", near: []string{"a", "b", "c"}, ready: "a b", holds: map[string]string{"a": "A2", "b": "A2", "c": "A3"}, want: "up to 0/3"},
		{name: "one lags", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A2", "b": "A0"}},
		{name: "all is lost here", near: []string{"a", "b"}, ready: "a b", holds: all, want: "up to 0/2, and here nothing of it is held"},
		{name: "a feed that nobody knows", near: []string{"a", "b"}, ready: "a b"},
		{name: "nobody has fetched it yet", own: "A0", near: []string{"a", "b"}, ready: "a b", want: "no peer holds anything yet of this feed, which ends at 0/0 here"},
		{name: "the own feed is ahead", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A1", "b": "A0"}, want: "the peers know this feed up to 0/1, here it ends at 0/2; they are fetching the rest"},
		{name: "another batch at the end", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A2", "b": "A2'"}, want: "b holds another batch 0/2"},
		{name: "another batch below the end", own: "A0 A1 A2", near: []string{"a", "b", "c"}, ready: "a b c", holds: map[string]string{"a": "A2", "b": "A2", "c": "A1'"}, want: "c holds another batch 0/1"},
		{name: "a fork that is not proved here yet", own: "A0 A1 A2", near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A2", "b": "fork"}, want: "b has a proof that this feed is forked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { confirm(t, d, &tt) })
		})
	}
}

// confirm lets a restored node look around as a case has it, in a bubble.
func confirm(t *testing.T, d *feedtest.Drawing, tt *confirming) {
	p := newPlace(t)
	p.hold(t, d, strings.Fields(tt.own)...)
	must(t, p.store.Bar(issuer("A"), restored))
	if tt.was != nil {
		earlier := confirming{near: tt.was[:1], holds: tt.holds, away: tt.away}
		surround(t, p, d, &earlier)
		_ = p.confirm()
		p.pass(time.Minute)
		earlier.near, earlier.away = tt.was, nil
		surround(t, p, d, &earlier)
		_ = p.confirm()
		p.pass(time.Second)
	}
	surround(t, p, d, tt)
	got := p.confirm().Text
	if tt.after > 0 {
		if got == "" {
			t.Error("it waits for nobody")
		}
		p.pass(tt.after)
		got = p.confirm().Text
	}
	if tt.want != "" {
		if !strings.Contains(got, tt.want) || len(p.lifted) != 0 {
			t.Errorf("it waits because %q, want %q; lifted %v", got, tt.want, p.lifted)
		}
		return
	}
	tip, _, err := p.store.Latest(issuer("A"))
	must(t, err)
	if got != "" || len(p.lifted) != 1 || !p.lifted[0].Equals(tip.CID) {
		t.Errorf("it waits because %q; lifted %v", got, p.lifted)
	}
}

// Where the charter names too few others nobody can confirm the feed: then a person is
// told what ends the wait, unless there is something to wait for.
func TestConfirmWhereTooFewAreMembers(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1")
	for _, c := range []struct{ holds, want string }{
		{"A0", "the charter names 1 of the 2 other members with a node that it takes to confirm it, so nobody can; a person ends the bar by ringfence restore lift HEAD"},
		{"A1", "a peer (reg) has told of this feed up to 0/1"},
	} {
		p := newPlace(t)
		state := chartertest.State(t, chartertest.Config(t, "own: vendor"))
		p.cfg.State = func() *charter.State { return state }
		p.hold(t, d, "A0")
		must(t, p.store.Bar(issuer("A"), restored))
		for _, near := range [][]string{nil, {"reg"}} {
			surround(t, p, d, &confirming{near: near, ready: "reg", holds: map[string]string{"reg": c.holds}, away: []overlay.Peer{{Host: host("d"), Address: "x"}}})
			if got := p.confirm().Text; near != nil && !strings.HasPrefix(got, c.want) || len(p.lifted) != 0 {
				t.Errorf("beside %v it waits because %q; lifted %v", near, got, p.lifted)
			}
		}
	}
}

// A host that comes, tells what it knows and goes between two looks is as good as
// one that was seen: it is waited for, and what it told is not forgotten.
func TestConfirmSeesWhoComesAndGoes(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1")
	for _, c := range []struct {
		holds, waits string
		lifted       int
	}{{"A0", "d is being dialled", 1}, {"A1", "a peer (d) has told of this feed up to 0/1", 0}} {
		synctest.Test(t, func(t *testing.T) {
			p := newPlace(t)
			p.hold(t, d, "A0")
			must(t, p.store.Bar(issuer("A"), restored))
			around := confirming{
				near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A0", "b": "A0", "d": c.holds},
				away: []overlay.Peer{{Host: host("d"), Address: "x", LastTry: noon()}},
			}
			surround(t, p, d, &around)
			_ = p.confirm()
			p.pass(reach - time.Millisecond)
			p.met(host("d"))
			there := around
			there.near, there.away = []string{"a", "b", "d"}, nil
			surround(t, p, d, &there)
			p.parted(host("d"))
			surround(t, p, d, &around)
			p.pass(time.Millisecond)
			if got := p.confirm().Text; !strings.HasPrefix(got, c.waits) {
				t.Errorf("who was there a millisecond ago is out of reach: %q", got)
			}
			p.pass(reach)
			if got := p.confirm().Text; len(p.lifted) != c.lifted || (got == "") != (c.lifted == 1) {
				t.Errorf("it held %s, and %d times it was lifted: %q", c.holds, len(p.lifted), got)
			}
		})
	}
}

// Who comes while the others are being asked is asked too.
func TestConfirmAsksWhoCameJustNow(t *testing.T) {
	d := feedtest.Draw(t, "A0")
	p := newPlace(t)
	p.hold(t, d, "A0")
	must(t, p.store.Bar(issuer("A"), restored))
	surround(t, p, d, &confirming{near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A0", "b": "A0"},
		away: []overlay.Peer{{Host: host("d"), Connected: true}}})
	if got := p.confirm().Text; got != "d was not asked yet" || len(p.lifted) != 0 {
		t.Errorf("%q; lifted %v", got, p.lifted)
	}
}

// surround puts peers around a node as a case has them.
func surround(t *testing.T, p *place, d *feedtest.Drawing, tt *confirming) {
	t.Helper()
	p.net.meet(tt.near...)
	p.net.away = tt.away
	clear(p.net.told)
	for _, m := range tt.near {
		if m == tt.unasked {
			continue
		}
		said := told{ready: strings.Contains(" "+tt.ready+" ", " "+m+" ")}
		switch last := tt.holds[m]; last {
		case "":
		case "fork":
			said.heads = []reconcile.Head{{Issuer: issuer("A"), Forked: true, Proof: root("proof")}}
		default:
			said.heads = []reconcile.Head{headOf(d.Batch(last))}
		}
		p.net.told[host(m)] = said
	}
}

// What bars a node is never lifted while a fork of its feed is proved, or while
// somebody else may hold its key, whatever the peers say.
func TestConfirmLiftsNothingElse(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
	thief := feed.Bar{Kind: feed.Stolen, Reason: "a foreign batch"}
	proof := forkOf(t, d.Batch("A1"), d.Batch("A1'"))
	for _, c := range []struct {
		name   string
		bars   []feed.Bar
		forked bool
		want   feed.BarKind
	}{
		{"nothing bars it", nil, false, 0},
		{"it is stolen", []feed.Bar{thief}, false, feed.Stolen},
		{"restored, then stolen", []feed.Bar{restored, thief}, false, feed.Stolen},
		{"a proof is held from before", nil, true, feed.Stolen},
		{"restored, and a proof is held", []feed.Bar{restored}, true, feed.Stolen},
	} {
		p := newPlace(t)
		p.hold(t, d, "A0", "A1")
		for _, bar := range c.bars {
			must(t, p.store.Bar(issuer("A"), bar))
		}
		if c.forked {
			must(t, p.store.PutFork(proof))
		}
		surround(t, p, d, &confirming{near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A1", "b": "A1"}})
		for range 2 {
			if got := p.confirm().Text; got != "" || len(p.lifted) != 0 {
				t.Errorf("%s: %q; lifted %v", c.name, got, p.lifted)
			}
		}
		if got := p.bar(t); got.Kind != c.want {
			t.Errorf("%s: barred by %+v", c.name, got)
		}
		if n := strings.Count(p.log.String(), "this node stops signing"); n > 1 || (n == 1) != c.forked {
			t.Errorf("%s: it is told %d times: %s", c.name, n, p.log.String())
		}
	}
}

func TestConfirmInTrouble(t *testing.T) {
	d := feedtest.Draw(t, "A0")
	fresh := func() *place {
		p := newPlace(t)
		p.hold(t, d, "A0")
		must(t, p.store.Bar(issuer("A"), restored))
		surround(t, p, d, &confirming{near: []string{"a", "b"}, ready: "a b", holds: map[string]string{"a": "A0", "b": "A0"}})
		return p
	}
	for _, at := range []string{"latest", "fork", "barred", "header"} {
		p := fresh()
		p.store.fail[at] = true
		if got := p.confirm().Text; !strings.Contains(got, errGone.Error()) || len(p.lifted) != 0 {
			t.Errorf("%s fails: %q; lifted %v", at, got, p.lifted)
		}
	}
	p := fresh()
	p.unlifted = fmt.Errorf("a reserved place is missing")
	if got := p.confirm().Text; got != "a reserved place is missing" || strings.Contains(p.log.String(), "signs again") {
		t.Errorf("not lifted: %q, %s", got, p.log.String())
	}
}

// A node that does not sign has nothing to confirm and nothing to be barred from.
func TestWhoDoesNotSign(t *testing.T) {
	d := feedtest.Draw(t, "A0; A0'")
	p := newPlace(t)
	p.cfg.Issuer = func() keys.Public { return keys.Public{} }
	p.store.fail["latest"] = true
	if got := p.confirm().Text; got != "" {
		t.Errorf("it confirms: %q", got)
	}
	proof := forkOf(t, d.Batch("A0"), d.Batch("A0'"))
	if _, err := p.AdmitFork(proof.Bytes()); err != nil || p.bar(t).Kind != 0 {
		t.Errorf("barred by %+v, %v", p.bar(t), err)
	}
}
