package line_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/merkle"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/line"
	"ringfence/store/view/internal/list"
)

// node is a view that does nothing but keep one epoch in line.
type node struct {
	heads   map[uint64]cid.Cid // that the ledger named
	forked  bool
	heard   []batch
	applied []cid.Cid
	lines   *line.Lines
}

type batch struct {
	sequence uint64
	line.Link
}

var at list.FeedEpoch

func (n *node) Named(_ list.FeedEpoch, sequence uint64) (merkle.Hash, bool) {
	c, ok := n.heads[sequence]
	if !ok {
		return merkle.Hash{}, false
	}
	return anchors.Digest(c), true
}

func (n *node) Anchored(list.FeedEpoch) (last uint64, ok bool) {
	for sequence := range n.heads {
		last, ok = max(last, sequence), true
	}
	return last, ok
}

func (n *node) Forked(list.FeedEpoch) bool { return n.forked }

func (n *node) CID(ordinal uint32) cid.Cid { return n.applied[ordinal] }

// take takes a batch and reports whether the line has strayed.
func (n *node) take(b batch) bool {
	if slices.Contains(n.applied, b.CID) {
		return false
	}
	strayed := n.lines.Wait(at, b.sequence, b.Link)
	for {
		next, _, ok := n.lines.Next(at)
		if !ok {
			return strayed
		}
		n.applied = append(n.applied, next.CID)
		n.lines.Apply(at, uint32(len(n.applied)-1), next.CID)
	}
}

// anew takes all again until nothing strays, as a view does that judges anew.
func (n *node) anew(t *testing.T) {
	t.Helper()
	for range 20 {
		strayed := false
		n.lines, n.applied = n.lines.Anew(n), nil
		for _, b := range n.heard {
			strayed = n.take(b) || strayed
		}
		if !strayed {
			return
		}
	}
	t.Fatal("it strays for ever")
}

// tree draws batches that fork now and then, and the branch to one of the last.
func tree(rnd *rand.Rand) (all, branch []batch) {
	for i := range 4 + rnd.IntN(20) {
		var b batch
		b.CID = assertion.CID(binary.BigEndian.AppendUint32(nil, uint32(i)))
		if i > 0 {
			parent := all[i-1-rnd.IntN(min(i, 4))]
			b.sequence, b.Previous = parent.sequence+1, parent.CID
		}
		all = append(all, b)
	}
	for c := all[len(all)-1].CID; c.Defined(); {
		b := all[slices.IndexFunc(all, func(b batch) bool { return b.CID == c })]
		branch, c = append(branch, b), b.Previous
	}
	slices.Reverse(branch)
	return all, branch
}

// Whatever heads, the proof and batches of any branches come in whatever order, the line
// ends on the anchored one; on the way nothing settles that is of another.
func TestAnchoredBranchIsFoundInEveryOrder(t *testing.T) {
	strayed, others := 0, 0
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		all, branch := tree(rnd)
		others += len(all) - len(branch)
		n := &node{heads: make(map[uint64]cid.Cid)}
		n.lines = line.New(n)
		var heads []batch
		for _, b := range branch {
			if rnd.IntN(3) == 0 {
				heads = append(heads, b)
			}
		}
		heads = append(heads, branch[len(branch)-1])
		rnd.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		proof := rnd.IntN(len(all))
		for len(n.heard) < len(all) || len(heads) > 0 {
			again := false
			if len(n.heard) == proof && !n.forked {
				n.forked, again = true, true
			}
			if len(heads) > 0 && (len(n.heard) == len(all) || rnd.IntN(4) == 0) {
				n.heads[heads[0].sequence] = heads[0].CID
				again = n.lines.Anchored(at, heads[0].sequence) || again
				heads = heads[1:]
			} else {
				n.heard = append(n.heard, all[len(n.heard)])
				again = n.take(n.heard[len(n.heard)-1]) || again
			}
			if again {
				n.anew(t)
				strayed++
			}
		}
		for i, b := range branch {
			if i >= len(n.applied) || n.applied[i] != b.CID {
				t.Fatalf("seed %d: %d batches are applied, and the one at %d is not that of the branch of %d", seed, len(n.applied), i, len(branch))
			}
		}
		if clone := n.lines.Clone(n); clone.Len(at) != n.lines.Len(at) || clone.Waits() != n.lines.Waits() {
			t.Fatalf("seed %d: a copy differs", seed)
		}
	}
	if strayed == 0 || others == 0 {
		t.Errorf("%d lines strayed, %d batches of other branches: the test does not reach what it is for", strayed, others)
	}
}

// A way to a head is found through what waits, and names what is lacking or another.
func TestLead(t *testing.T) {
	n := &node{heads: make(map[uint64]cid.Cid)}
	n.lines = line.New(n)
	c := func(i byte) cid.Cid { return assertion.CID([]byte{i}) }
	n.take(batch{0, line.Link{CID: c(0)}})
	n.take(batch{2, line.Link{CID: c(2), Previous: c(1)}})
	if _, sequence, err := n.lines.Lead(at, 2, anchors.Digest(c(2))); err != line.ErrLacking || sequence != 1 {
		t.Errorf("a gap: %d, %v", sequence, err)
	}
	if lacks, first := n.lines.Lacks(at, 5); lacks != 3 || first != 1 { // 1, 3 and 4
		t.Errorf("%d lack, the first is %d", lacks, first)
	}
	if lacks, first := n.lines.Lacks(at, 1<<62); lacks != 1<<62-2 || first != 1 {
		t.Errorf("of a head that nobody has %d lack, the first is %d", lacks, first)
	}
	if lacks, first := n.lines.Lacks(at, 1); lacks != 0 || first != 1 {
		t.Errorf("of one that is here: %d, %d", lacks, first)
	}
	if _, sequence, err := n.lines.Lead(at, 2, anchors.Digest(c(9))); err != line.ErrOther || sequence != 2 {
		t.Errorf("another head: %d, %v", sequence, err)
	}
	if _, sequence, err := n.lines.Lead(at, 0, anchors.Digest(c(9))); err != line.ErrOther || sequence != 0 {
		t.Errorf("another than the last: %d, %v", sequence, err)
	}
	n.lines.Wait(at, 1, line.Link{CID: c(8), Previous: c(0)})
	n.lines.Wait(at, 1, line.Link{CID: c(1), Previous: c(0)})
	way, _, err := n.lines.Lead(at, 2, anchors.Digest(c(2)))
	if err != nil || len(way) != 2 {
		t.Fatalf("%d batches on the way, %v", len(way), err)
	}
	n.lines.Pin(at, way)
	if next, sequence, ok := n.lines.Next(at); !ok || sequence != 1 || next.CID != c(1) {
		t.Errorf("next is %v at %d, which is not on the way", next.CID, sequence)
	}
}
