package anchors

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/charter/heads"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// An anchor of as many heads as one names, of the largest that there are, is a motion and
// fits one command.
func TestAnAnchorOfManyHeadsFitsOneCommand(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	p := plan{size: 1 << 40, day: 20_000}
	for i := range mostHeads {
		p.moves = append(p.moves, move{head: motion.AnchoredHead{
			Issuer: math.MaxUint32 - mostHeads + uint32(i), Epoch: math.MaxUint64, Sequence: math.MaxUint64, Digest: merkle.Hash{0xff}, Frozen: true,
		}})
	}
	items, err := p.items(merkle.Hash{1}, rand.NewChaCha8([32]byte{}))
	if err != nil {
		t.Fatal(err)
	}
	h := motion.Header{Federation: f.State.Constitution().Federation(), Kind: motion.Anchor, Proposer: ballottest.VoteKey("reg").Public(), Time: 1, Expires: 2, Until: taxonomy.NeverDay, BuildsOn: p.size}
	if _, err := h.Commit(items); err != nil {
		t.Fatal(err)
	}
	m, err := motion.Sign(h, ballottest.VoteKey("reg"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := motion.Vote{Federation: h.Federation, Motion: m.ID, By: h.Proposer, For: true, Cast: motion.ByRule, Rule: motion.AnchorRule(), Time: 1}.Sign(ballottest.VoteKey("reg"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(ballot.ProposeCommand(&m, items, &v)); n > ballot.MaxCommand || mostHeads < 4000 {
		t.Errorf("%d heads make a command of %d bytes; the most is %d", mostHeads, n, ballot.MaxCommand)
	}
	named, err := heads.Anchored(items)
	if err != nil || len(named) != mostHeads || named[mostHeads-1] != p.moves[mostHeads-1].head {
		t.Errorf("%d heads are read: %v", len(named), err)
	}
}

// What is planned is what moved: feeds as far as the list has them, and of a forked epoch
// that it is frozen where it was anchored, once.
func TestWhatAnAnchorNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		forks := make(map[view.FeedEpoch]bool)
		want := func(what string, heads ...motion.AnchoredHead) {
			t.Helper()
			v, err := view.New(view.Config{State: w.founded, Source: w.store, Day: taxonomy.DayOf(time.Now().Unix()), Session: 1})
			w.must(err)
			w.must(v.Enact(w.decided...))
			_, err = v.Follow()
			w.must(err)
			p := draw(w.State.Past(), v.List(), func(at view.FeedEpoch) bool { return forks[at] })
			same := len(p.heads()) == len(heads)
			for i, h := range p.heads() {
				same = same && h == heads[i]
			}
			if !same || p.size != w.State.Size() || p.day != taxonomy.DayOf(w.Now) {
				t.Fatalf("%s: %+v, want %+v", what, p, heads)
			}
		}
		want("nothing was said")
		op := w.flag("op", "+8613900139000")
		vendor := w.flag("vendor", "+8613800138000")
		want("both", op, vendor)
		w.anchor(op, vendor)
		want("all is anchored")
		vendor1 := w.flag("vendor", "+8613800138001")
		want("one moved", vendor1)
		forks[view.FeedEpoch{Issuer: w.said["vendor"][0].Issuer}] = true
		frozen := vendor
		frozen.Frozen = true
		want("it forked", frozen)
		w.anchor(frozen)
		want("that is said")
	})
}

// anchor has the ledger anchor heads, with the root of no list.
func (w *world) anchor(heads ...motion.AnchoredHead) {
	w.Helper()
	p := plan{size: w.State.Size(), day: taxonomy.DayOf(w.Now)}
	for _, h := range heads {
		p.moves = append(p.moves, move{head: h})
	}
	items, err := p.items(merkle.Hash{1}, w.salt)
	w.must(err)
	var raw [][]byte
	for _, o := range items {
		raw = append(raw, o.Item)
	}
	w.take(w.Try(w.Motion(motion.Anchor, raw, func(h *motion.Header) { h.BuildsOn = p.size }), "reg"))
}

// What a node lacks before it can judge an anchor it says in words, and looks for before
// it touches its view.
func TestWhatIsMissingBeforeAnAnchorIsJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		vendor := w.flag("vendor", "+8613800138000")
		a := New(Config{Store: w.store})
		past := w.State.Past()
		for code, c := range map[string]struct {
			change func(*motion.AnchorPoint, *motion.AnchoredHead)
			forked bool
		}{
			"":                    {func(*motion.AnchorPoint, *motion.AnchoredHead) {}, false},
			"anchor.lacks_ledger": {func(p *motion.AnchorPoint, _ *motion.AnchoredHead) { p.Size++ }, false},
			"anchor.astray":       {func(p *motion.AnchorPoint, _ *motion.AnchoredHead) { p.Day++ }, false},
			"anchor.lacks_issuer": {func(_ *motion.AnchorPoint, h *motion.AnchoredHead) { h.Issuer = 99 }, false},
			"anchor.lacks_fork":   {func(_ *motion.AnchorPoint, h *motion.AnchoredHead) { h.Frozen = true }, false},
			"anchor.forked":       {func(*motion.AnchorPoint, *motion.AnchoredHead) {}, true},
			"anchor.beyond_fork":  {func(_ *motion.AnchorPoint, h *motion.AnchoredHead) { h.Frozen = true }, true}, // nothing of it is anchored
			"anchor.lacks_feed":   {func(_ *motion.AnchorPoint, h *motion.AnchoredHead) { h.Sequence = 7 }, false},
		} {
			point, head := motion.AnchorPoint{Size: past.Size(), Day: taxonomy.DayOf(w.Now)}, vendor
			c.change(&point, &head)
			got := a.lacks(&point, []motion.AnchoredHead{head}, past, func(view.FeedEpoch) bool { return c.forked })
			if got.Code != code {
				t.Errorf("%q: %+v", code, got)
			}
		}
	})
}

// A forked epoch is frozen where it was anchored last: a proposer cannot have a rule anchor
// the branch that it prefers.
func TestAForkIsFrozenNowhereElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		first := w.flag("vendor", "+8613800138000")
		w.anchor(first)
		second := w.flag("vendor", "+8613800138001")
		other := first
		other.Digest[0]++
		a, past := New(Config{Store: w.store}), w.State.Past()
		for code, h := range map[string]motion.AnchoredHead{"": first, "anchor.beyond_fork": second, "anchor.beyond_fork ": other} {
			h.Frozen = true
			point := motion.AnchorPoint{Size: past.Size(), Day: taxonomy.DayOf(w.Now)}
			got := a.lacks(&point, []motion.AnchoredHead{h}, past, func(view.FeedEpoch) bool { return true })
			if got.Code != strings.TrimSpace(code) {
				t.Errorf("frozen at %d: %+v, want %q", h.Sequence, got, code)
			}
		}
	})
}
