package undo_test

import (
	"slices"
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/undo"
)

// What undoes a statement is a set: the order in which its members came does not matter,
// and one that works suffices.
func TestAnyUndoingThatWorksUndoes(t *testing.T) {
	var b undo.Book
	for batch := range uint32(3) {
		b.Add(undo.Undoing{Batch: batch})
	}
	home := func(batch uint32) bool { return batch == 0 }
	b.SetHolds(map[uint32]undo.Hold{0: {Own: 100}, 1: {Across: 50}, 2: {Across: undo.Never}})
	for _, order := range [][]undo.By{{1, 2, 3}, {3, 2, 1}, {2, 2, 3, 1, 2}} {
		var by undo.By
		for _, one := range order {
			by = b.Join(by, one)
		}
		if b.Undone(by, 49, home) {
			t.Errorf("%v: undone while all wait", order)
		}
		if next := b.Next(by, 49, home); next != 50 {
			t.Errorf("%v: next at %d, want 50", order, next)
		}
		if working := slices.Collect(b.Working(by, 50, home)); !b.Undone(by, 50, home) || !slices.Equal(working, []uint32{1}) {
			t.Errorf("%v: undone by %d, want by 1", order, working)
		}
	}
	by := b.Join(1, 3)
	if b.Undone(by, 99, home) {
		t.Error("undone while it waits on its own feed")
	}
	if !b.Undone(by, 100, home) {
		t.Error("not undone when the wait is over")
	}
}

// A copy of a book, which a reader may hold, stays as it is.
func TestHoldsOfACopyStay(t *testing.T) {
	var b undo.Book
	b.Add(undo.Undoing{})
	b.SetHolds(map[uint32]undo.Hold{0: {Own: 7}})
	held := b
	if changed := b.SetHolds(map[uint32]undo.Hold{0: {}}); len(changed) != 1 || b.Holding() || held.Hold(0).Own != 7 {
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
		holds := undo.Share(claims)
		for _, c := range claims {
			if holds[c.Place].Own != 0 {
				places = append(places, c.Place)
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

// A delivery may have a hundred thousand rows, and be retracted thousands of times: what
// undoes its rows is alike, and is written once and not for each row.
func TestRowsThatAreUndoneAlikeShareIt(t *testing.T) {
	var b undo.Book
	rows := make([]undo.By, 1000)
	for batch := range uint32(100) {
		by := b.ByNext(0)
		b.Add(undo.Undoing{Batch: batch})
		for i := range rows {
			rows[i] = b.Join(rows[i], by)
		}
	}
	for i := range rows {
		if rows[i] != rows[0] {
			t.Fatalf("row %d is undone by %d, the first by %d", i, rows[i], rows[0])
		}
	}
	if n := len(slices.Collect(b.Working(rows[0], 0, func(uint32) bool { return true }))); n != 100 {
		t.Errorf("undone by %d of 100", n)
	}
}
