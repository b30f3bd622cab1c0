package certify_test

import (
	"testing"

	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

// Another tree of the size of the newest checkpoint, cosigned by a quorum as well, takes
// nobody's place: who cosigned both is evidence, and the first stays, however fresh the other.
func TestASplitIsEvidence(t *testing.T) {
	c := found(t, 4)
	for i := range c.all {
		c.grow(i, 5)
	}
	c.deliver()
	r := c.all[3]
	before := r.Status().Newest
	other := checkpoint.Checkpoint{Origin: before.Origin, Tree: checkpoint.Tree{Size: 5, Root: merkle.Hash{9}}}
	n, err := checkpoint.Sign(other, key(200))
	for _, liar := range []int{0, 1, 2} {
		if err == nil {
			n, err = n.With(c.set[liar], other.Cosign(c.keys[liar], c.clock+100))
		}
	}
	c.do(err)
	told := len(r.certified)
	c.do(r.Learn(n))
	if got := r.newest(); got != before.Tree {
		t.Errorf("the newest is %v, was %v", got, before.Tree)
	}
	if len(r.certified) != told {
		t.Error("the other one is told on as certified")
	}
	both := 0
	for _, l := range r.lies {
		if l.First.By.Key != l.Second.By.Key || l.First.Tree != before.Tree || l.Second.Tree != other.Tree {
			t.Errorf("evidence: %+v", l)
		}
		both++
	}
	cosigned := c.set.Cosignatures(before)
	want := 0
	for _, i := range []int{0, 1, 2} {
		if cosigned[i] != nil {
			want++
		}
	}
	if both != want || want < 2 {
		t.Errorf("evidence against %d; %d cosigned both", both, want)
	}
}
