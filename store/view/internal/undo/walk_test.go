package undo

import "testing"

// What a further retraction comes to is known without going through those before it: here
// the way back to them leads to one that was never said, and would work at once.
func TestAFurtherRetractionDoesNotLookBack(t *testing.T) {
	var b Book
	wait := func(from int64) {
		b.Add(true, Undoing{Of: 1})
		b.SetHolds([]Placed{{Place: uint32(len(b.All) - 1), Hold: Hold{Own: from, Across: from}}})
	}
	for range 10 {
		wait(100)
	}
	last := uint32(len(b.All) - 1)
	b.before = b.before.With(last, 1<<20)
	wait(200)
	if from := b.From(1, 0); from != 100 {
		t.Fatalf("it works from %d on, want 100", from)
	}
	wait(50)
	if from := b.From(1, 0); from != 50 {
		t.Fatalf("it works from %d on, want 50", from)
	}
	b.SetHolds([]Placed{{Place: uint32(len(b.All) - 1), Hold: Hold{Own: 300, Across: 300}}}) // then it must
	if from := b.From(1, 0); from != 0 {
		t.Fatalf("it works from %d on: the test would not see that it looks back", from)
	}
}
