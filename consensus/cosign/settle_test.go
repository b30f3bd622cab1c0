package cosign

import (
	"testing"

	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

// straight is a log in which the root at a size names the size, up to a length, and
// from a size on another story.
type straight struct{ length, other uint64 }

func (l straight) Root(size uint64) (merkle.Hash, bool) {
	if size > l.length {
		return merkle.Hash{}, false
	}
	h := merkle.Hash{byte(size), byte(size >> 8)}
	if l.other > 0 && size >= l.other {
		h[31] = 1
	}
	return h, true
}

func (l straight) tree(size uint64) checkpoint.Tree {
	root, _ := l.Root(size)
	return checkpoint.Tree{Size: size, Root: root}
}

// A regulator that heard nobody else's words for longer than it may wait goes on where
// the others have certified without it.
func TestSettleLetsItGoOn(t *testing.T) {
	l := straight{length: 200}
	var s State
	for size := uint64(1); size <= MaxPending; size++ {
		var refused Refusal
		if s, _, refused = s.Report(size, l); refused != None {
			t.Fatalf("size %d: %v", size, refused)
		}
	}
	if _, _, refused := s.Report(100, l); refused != Pending {
		t.Fatalf("one more: %v, want %v", refused, Pending)
	}
	s, refused := s.Settle(l.tree(99), l)
	if refused != None {
		t.Fatal(refused)
	}
	if _, _, refused := s.Report(98, l); refused != Passed {
		t.Errorf("below what is certified: %v, want %v", refused, Passed)
	}
	s, tree, refused := s.Report(100, l)
	if refused != None || tree != l.tree(100) || len(s.Reported) != 1 {
		t.Errorf("it reports %v (%v), and waits for %d", tree, refused, len(s.Reported))
	}
}

// One whose log a certified tree contradicts says nothing more in its generation,
// whatever the log becomes.
func TestSettleSilences(t *testing.T) {
	l, truth := straight{length: 50, other: 20}, straight{length: 50}
	s, _, refused := State{}.Report(10, l)
	if refused != None {
		t.Fatal(refused)
	}
	s, refused = s.Settle(truth.tree(30), l)
	if refused != Rewritten {
		t.Fatalf("%v, want %v", refused, Rewritten)
	}
	if _, _, refused := s.Report(40, truth); refused != Promised {
		t.Errorf("%v, want %v", refused, Promised)
	}
	if s, refused = s.Join(Generation{Number: 1}, truth.tree(30), straight{length: 30}); refused != None {
		t.Errorf("join: %v", refused)
	}
	if _, _, refused := s.Report(40, truth); refused != None {
		t.Errorf("after joining: %v", refused)
	}
}

// What contradicts its own cosignature at the same size is told as that.
func TestSettleAgainstItself(t *testing.T) {
	l, other := straight{length: 5}, straight{length: 5, other: 1}
	s := State{Cosigned: l.tree(5)}
	if _, refused := s.Settle(other.tree(5), l); refused != Conflict {
		t.Errorf("%v, want %v", refused, Conflict)
	}
	if _, refused := s.Settle(l.tree(5), l); refused != None {
		t.Errorf("its own: %v", refused)
	}
}
