package merkle

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// maxBlockCount is the greatest number of entries in any block: those of one
// first number, one for each count of free digits that a byte can hold.
const maxBlockCount = 256

// proofKind is what a Proof shows. The codes are part of the encoding.
type proofKind uint8

const (
	emptyList     proofKind = 0 // the list has no entries
	present       proofKind = 1 // the entry, in its block
	apart         proofKind = 2 // a node whose prefix the key does not have
	betweenOthers proofKind = 3 // the block of the key, and the entries around it
)

// Proof shows what a list with a known root says of one key, or that it says
// nothing. It holds no root and no key: those are what it is verified against.
// Only Prove and ParseProof make one; the zero Proof shows that the empty list
// has no key.
type Proof struct {
	kind proofKind

	// Of present and betweenOthers: the block's count of entries, and where the
	// key stands or would stand among them.
	count, index int
	witnesses    []witness

	// Of apart: the node with the other prefix.
	node branch

	path []step // from the block or node up to the root
}

// witness is an entry with its RFC 6962 inclusion proof in the block.
type witness struct {
	entry     Entry
	inclusion []Hash
}

// branch is a node as it is hashed.
type branch struct {
	bits   uint8
	prefix uint64
	kids   [2]Hash
}

// step leads from a subtree to the node above it. The prefix of that node is
// the key's own, and the key says on which side it is.
type step struct {
	bits    uint8 // length of the node's prefix
	sibling Hash
}

// Prove returns the proof of what t says of key, whether that is anything or
// nothing. It hashes what Root would.
func (t *Tree) Prove(key Key) Proof {
	if t == nil || t.root == nil {
		return Proof{kind: emptyList}
	}
	var down []step
	n := t.root
	for !n.isBlock() {
		if bits.LeadingZeros64(n.prefix^key.First) < int(n.bits) {
			node := branch{n.bits, n.prefix, [2]Hash{n.kids[0].sum(), n.kids[1].sum()}}
			slices.Reverse(down)
			return Proof{kind: apart, node: node, path: down}
		}
		side := n.side(key.First)
		down = append(down, step{n.bits, n.kids[1-side].sum()})
		n = n.kids[side]
	}
	slices.Reverse(down)
	i, found := n.find(key)
	p := Proof{kind: betweenOthers, count: n.size(), index: i, path: down}
	if found {
		p.kind = present
	}
	leaves := n.leaves()
	for _, j := range p.places() {
		p.witnesses = append(p.witnesses, witness{n.entry(j), inclusion(leaves, j)})
	}
	return p
}

// leaves returns the leaf hashes of a block's entries.
func (n *node) leaves() []Hash {
	leaves := make([]Hash, n.size())
	for i := range leaves {
		leaves[i] = entryHash(n.entry(i))
	}
	return leaves
}

// places returns where in the block the witnesses stand: the key itself, or the
// one or two around the place where it is not.
func (p *Proof) places() []int {
	if p.kind == present {
		return []int{p.index}
	}
	var at []int
	if p.index > 0 {
		at = append(at, p.index-1)
	}
	if p.index < p.count {
		at = append(at, p.index)
	}
	return at
}

// Verify returns what the list with the given root says of key: its value, or
// false when p shows that it says nothing. The error tells why p shows neither;
// the other results then mean nothing.
func (p Proof) Verify(root Hash, key Key) (Value, bool, error) {
	value, at, err := p.foot(key)
	if err != nil {
		return Value{}, false, fmt.Errorf("merkle: verify proof: %w", err)
	}
	for _, s := range p.path {
		kids := [2]Hash{s.sibling, s.sibling}
		kids[key.First>>(keyBits-1-s.bits)&1] = at
		at = nodeHash(s.bits, key.First&prefixMask(int(s.bits)), kids[0], kids[1])
	}
	if at != root {
		return Value{}, false, fmt.Errorf("merkle: verify proof: it leads to the root %s, not to %s", at, root)
	}
	return value, p.kind == present, nil
}

// foot checks what p says of key at its lowest place and returns the hash of
// that place.
func (p *Proof) foot(key Key) (value Value, at Hash, err error) {
	below := keyBits // every step is to a shorter prefix than what it comes from
	switch p.kind {
	case emptyList:
		if len(p.path) > 0 {
			return Value{}, Hash{}, errors.New("a path in an empty list")
		}
		return Value{}, Hash{}, nil
	case apart:
		below = int(p.node.bits)
		if bits.LeadingZeros64(p.node.prefix^key.First) >= below {
			return Value{}, Hash{}, errors.New("the key has the prefix of the node, so it may stand below")
		}
		at = nodeHash(p.node.bits, p.node.prefix, p.node.kids[0], p.node.kids[1])
	case present:
		if p.witnesses[0].entry.Key() != key {
			return Value{}, Hash{}, errors.New("the entry shown has another key")
		}
		value = p.witnesses[0].entry.Value()
		at, err = p.block()
	case betweenOthers:
		if err := p.around(key); err != nil {
			return Value{}, Hash{}, err
		}
		at, err = p.block()
	}
	if err != nil {
		return Value{}, Hash{}, err
	}
	return value, at, p.onTheWay(key, below)
}

// around checks that the key would stand between the witnesses.
func (p *Proof) around(key Key) error {
	for i, place := range p.places() {
		c := p.witnesses[i].entry.Key().Compare(key)
		if place < p.index && c >= 0 || place >= p.index && c <= 0 {
			return errors.New("the key does not stand between the entries shown")
		}
	}
	return nil
}

// block returns the hash of the block in which all witnesses stand.
func (p *Proof) block() (Hash, error) {
	var root Hash
	for i, place := range p.places() {
		w := p.witnesses[i]
		siblings := make([][]byte, len(w.inclusion))
		for j := range w.inclusion {
			siblings[j] = w.inclusion[j][:]
		}
		leaf := entryHash(w.entry)
		got, err := proof.RootFromInclusionProof(rfc6962.DefaultHasher, uint64(place), uint64(p.count), leaf[:], siblings)
		if err != nil {
			return Hash{}, fmt.Errorf("entry %d of %d: %w", place, p.count, err)
		}
		if i > 0 && Hash(got) != root {
			return Hash{}, errors.New("the two entries shown stand in different blocks")
		}
		root = Hash(got)
	}
	return wrapBlock(p.count, root), nil
}

// onTheWay checks that prefixes grow shorter towards the root and that what is
// shown stands where the key leads.
func (p *Proof) onTheWay(key Key, below int) error {
	shown := []uint64{p.node.prefix}
	if p.kind != apart {
		shown = shown[:0]
		for _, w := range p.witnesses {
			shown = append(shown, w.entry.Key().First)
		}
	}
	for _, s := range p.path {
		if int(s.bits) >= below {
			return fmt.Errorf("a prefix of %d bits above one of %d", s.bits, below)
		}
		below = int(s.bits)
		for _, first := range shown {
			if bits.LeadingZeros64(first^key.First) <= below {
				return errors.New("what is shown does not stand where the key leads")
			}
		}
	}
	return nil
}
