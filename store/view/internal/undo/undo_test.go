package undo_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/undo"
)

// What undoes a target is a set: the order in which its members came does not matter, and
// one that works suffices.
func TestAnyUndoingThatWorksUndoes(t *testing.T) {
	holds := []undo.Hold{{Own: 100}, {Across: 50}, {Across: undo.Never}} // by speaker
	const home = 0
	for _, order := range [][]uint32{{0, 1, 2}, {2, 1, 0}, {1, 1, 2, 0, 1}} {
		var b undo.Book
		var placed []undo.Placed
		for batch, speaker := range order {
			b.Add(true, undo.Undoing{Batch: uint32(batch), Speaker: speaker, Of: 1})
			placed = append(placed, undo.Placed{Place: uint32(batch), Hold: holds[speaker]})
		}
		b.SetHolds(placed)
		if from := b.From(1, home); from != 50 {
			t.Errorf("%v: undone from %d, want 50", order, from)
		}
		var working []uint32
		for place := range b.Working(1, 50, home) {
			working = append(working, order[place])
		}
		if len(working) == 0 || slices.ContainsFunc(working, func(s uint32) bool { return s != 1 }) {
			t.Errorf("%v: undone by %d, want by 1", order, working)
		}
		if n := len(slices.Collect(b.Working(1, 49, home))); n != 0 {
			t.Errorf("%v: %d work while all wait", order, n)
		}
		if from := b.From(1, 3); from != 0 { // as 0 waits on its own feed alone
			t.Errorf("%v: what a fourth said is undone from %d", order, from)
		}
	}
}

// From is the soonest of all, however often they are put off and brought forward.
func TestFromIsTheSoonestOfAll(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var b undo.Book
		holds := make(map[uint32]undo.Hold)
		firsts := []undo.By{1, 2, 3}
		for place := range uint32(20) {
			u := undo.Undoing{Speaker: rnd.Uint32N(3), Of: undo.By(place + 1)}
			if place >= 3 {
				u.Of = firsts[rnd.IntN(3)]
			}
			b.Add(false, u)
		}
		earlier := b
		by := b.Join(b.Join(1, 2), 3)
		for range 10 {
			var placed []undo.Placed
			for range 1 + rnd.IntN(6) {
				p := undo.Placed{Place: rnd.Uint32N(20), Hold: undo.Hold{Own: rnd.Int64N(5), Across: rnd.Int64N(5)}}
				placed = append(placed, p)
				holds[p.Place] = p.Hold
			}
			b.SetHolds(placed)
			for _, one := range []undo.By{1, 2, 3, by} {
				for speaker := range uint32(4) {
					want := int64(undo.Never)
					b.Each(one, func(place uint32) bool {
						h := holds[place].Across
						if b.All[place].Speaker == speaker {
							h = holds[place].Own
						}
						want = min(want, h)
						return true
					})
					if got := b.From(one, speaker); got != want {
						t.Fatalf("from %d, want %d", got, want)
					}
					if one != by && earlier.From(one, speaker) != 0 {
						t.Fatal("an earlier book changed")
					}
				}
			}
		}
	}
}

// A copy of a book, which a reader may hold, stays as it is.
func TestHoldsOfACopyStay(t *testing.T) {
	var b undo.Book
	b.Add(false, undo.Undoing{Of: 1})
	b.SetHolds([]undo.Placed{{Place: 0, Hold: undo.Hold{Own: 7}}})
	held := b
	if changed := b.SetHolds([]undo.Placed{{Place: 0}}); len(changed) != 1 || b.Holding() || !held.Holding() || held.Hold(0).Own != 7 {
		t.Errorf("changed %v; now %+v, the copy %+v", changed, b.Hold(0), held.Hold(0))
	}
}

func TestShare(t *testing.T) {
	p := policy.Default() // 50 permille, but 1000 at least; 100 across
	claim := func(place uint32, day taxonomy.Day, own, live uint32) undo.Claim {
		c := undo.Claim{Place: place, Day: day, Works: 77, Policy: &p}
		c.Own, c.Live = own, live
		return c
	}
	held := func(claims ...undo.Claim) (places []uint32) {
		var share undo.Share
		for i := range claims {
			if h := share.Hold(&claims[i]); h.Own != 0 {
				places = append(places, h.Place)
			}
		}
		return places
	}
	for name, c := range map[string]struct {
		claims []undo.Claim
		want   int
	}{
		"the least":                    {[]undo.Claim{claim(0, 0, 1000, 1000)}, 0},
		"beyond the least":             {[]undo.Claim{claim(0, 0, 1001, 2000)}, 1},
		"the share of many":            {[]undo.Claim{claim(0, 0, 5000, 100_000)}, 0},
		"together":                     {[]undo.Claim{claim(0, 0, 600, 1000), claim(1, 0, 600, 400)}, 1},
		"one that waits uses nothing":  {[]undo.Claim{claim(0, 0, 1200, 2000), claim(1, 0, 1000, 2000)}, 1},
		"a new day":                    {[]undo.Claim{claim(0, 0, 1000, 1000), claim(1, 1, 1000, 1000)}, 0},
		"nothing of one's own to undo": {[]undo.Claim{claim(0, 0, 1000, 1000), claim(1, 0, 0, 0)}, 0},
	} {
		if got := held(c.claims...); len(got) != c.want {
			t.Errorf("%s: %v wait, want %d", name, got, c.want)
		}
	}
	free := claim(0, 0, 5000, 5000)
	free.Free = true
	if got := held(free); len(got) != 0 {
		t.Errorf("what the first anchor covers waits: %v", got)
	}
}

// A delivery may have a hundred thousand rows, and be retracted thousands of times: its rows
// name it once, and what further retractions cost does not grow with those before them.
func TestFurtherRetractionsOfATargetJoinTheFirst(t *testing.T) {
	var b undo.Book
	const times = 1000
	b.Add(true, undo.Undoing{Of: 1})
	rows := b.Join(0, 1)
	for batch := range uint32(times - 1) {
		place := batch + 1
		b.Add(true, undo.Undoing{Batch: place, Of: 1})
		earlier := b
		changed := b.SetHolds([]undo.Placed{{Place: place}})
		if moved := b.Moved(&earlier, changed, 0); len(moved) != 0 {
			t.Fatalf("retraction %d makes a difference to %d", place, moved)
		}
		if b.Join(rows, 1) != rows {
			t.Fatal("the rows name it again")
		}
	}
	n := testing.AllocsPerRun(10, func() {
		b.Add(true, undo.Undoing{Of: 1})
		b.SetHolds([]undo.Placed{{Place: uint32(len(b.All) - 1)}})
	})
	if n > 100 {
		t.Errorf("a further retraction allocates %v times", n)
	}
	if got := len(slices.Collect(b.Working(rows, 0, 0))); got != len(b.All) {
		t.Errorf("undone by %d of %d", got, len(b.All))
	}
}
