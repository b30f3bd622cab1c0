// Package anchors keeps up to where the ledger fixed each feed, and by which motion.
//
// Not only anchors do: whatever ends an authority names the heads up to which it counted.
// Of a batch the first motion whose heads cover it says at which ledger size its
// authority is judged, and the tick of that motion starts and meets what waits for it.
//
// Floor 5, a room of store/view.
package anchors

import (
	"iter"
	"maps"
	"slices"
	"sort"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter/heads"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// Anchor is one motion that fixed heads.
type Anchor struct {
	Index uint64       // of its ledger entry
	End   uint64       // size of the ledger with its items
	Size  uint64       // of the ledger on which it builds: authority is judged there
	Day   taxonomy.Day // the ledger's day when it was enacted
}

// Place is an epoch of an issuer, by its place in the roster.
type Place struct {
	Issuer uint32
	Epoch  uint64
}

// Cover names the anchor that first covered a batch: its place in Book.All plus one; 0
// is none.
type Cover uint32

// Move is how far an anchor carried a feed: from the batch after the one anchored last.
type Move struct {
	Place
	From, To uint64 // sequences, the last included
}

// Book is all anchors. All may be read while it grows; the rest is its writer's.
type Book struct {
	All    []Anchor
	fixed  map[Place]heads.Fixed
	marks  map[Place][]mark // of each place that is fixed
	frozen map[Place]struct{}
}

// mark says that an anchor was the first to cover all up to a sequence.
type mark struct {
	to     uint64
	by     Cover
	digest merkle.Hash // of the batch at to
}

// Fork notes that an epoch forked, and reports whether nothing did before.
func (b *Book) Fork(at Place) bool {
	b.begin()
	_, known := b.frozen[at]
	b.frozen[at] = struct{}{}
	return !known
}

func (b *Book) begin() {
	if b.marks == nil {
		b.fixed, b.marks, b.frozen = make(map[Place]heads.Fixed), make(map[Place][]mark), make(map[Place]struct{})
	}
}

// Add enters an anchor and returns which feeds it carried on, and which epochs it says to
// be forked that none before did.
func (b *Book) Add(a Anchor, named []motion.AnchoredHead) (moves []Move, forked []Place) {
	b.begin()
	b.All = append(b.All, a)
	by := Cover(len(b.All))
	for i := range named {
		h := &named[i]
		at := Place{h.Issuer, h.Epoch}
		if h.Frozen && b.Fork(at) {
			forked = append(forked, at)
		}
		move, next, moved := Move{at, 0, h.Sequence}, heads.Fixed{Head: *h, At: a.Index}, true
		if last, fixed := b.fixed[at]; fixed {
			move.From = last.Head.Sequence + 1
			next, moved = last.Then(*h, a.Index, a.Size)
		}
		if b.fixed[at] = next; moved {
			b.marks[at] = append(b.marks[at], mark{h.Sequence, by, h.Digest})
			moves = append(moves, move)
		}
	}
	return moves, forked
}

// Cover returns what covers a batch first.
func (b *Book) Cover(at Place, sequence uint64) Cover {
	marks := b.marks[at]
	i := sort.Search(len(marks), func(i int) bool { return marks[i].to >= sequence })
	if i == len(marks) {
		return 0
	}
	return marks[i].by
}

// Named returns the digest of the batch at a sequence, where a head is there.
func (b *Book) Named(at Place, sequence uint64) (merkle.Hash, bool) {
	marks := b.marks[at]
	i := sort.Search(len(marks), func(i int) bool { return marks[i].to >= sequence })
	if i == len(marks) || marks[i].to != sequence {
		return merkle.Hash{}, false
	}
	return marks[i].digest, true
}

// Head returns the sequence that was anchored last in an epoch.
func (b *Book) Head(at Place) (uint64, bool) {
	marks := b.marks[at]
	if len(marks) == 0 {
		return 0, false
	}
	return marks[len(marks)-1].to, true
}

// Counts yields, for each epoch that is anchored, how many of its batches are.
func (b *Book) Counts() iter.Seq2[Place, uint64] {
	return func(yield func(Place, uint64) bool) {
		for at, marks := range b.marks {
			if !yield(at, marks[len(marks)-1].to+1) {
				return
			}
		}
	}
}

// Digest returns what an anchored head says of the batch that a CID names.
func Digest(c cid.Cid) merkle.Hash {
	b := c.Hash()
	return merkle.Hash(b[len(b)-merkle.HashSize:])
}

// AllForked returns the epochs that the ledger says to be forked, in order.
func (b *Book) AllForked() []Place { return slices.SortedFunc(maps.Keys(b.frozen), Place.compare) }
