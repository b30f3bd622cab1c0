package merkle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// maxProofHashes bounds a proof: a tree of 2^64 leaves has 64 levels.
const maxProofHashes = 64

// Root returns the RFC 6962 tree head over leaves, which are leaf hashes
// already. Of no leaves it is SHA-256 of nothing. It does not allocate.
func Root(leaves []Hash) Hash {
	if len(leaves) == 0 {
		return sha256.Sum256(nil)
	}
	var a accumulator
	for i := range leaves {
		a.add(leaves[i])
	}
	return a.root()
}

// accumulator computes an RFC 6962 tree head leaf by leaf. Between two leaves
// the stack holds the roots of the full subtrees that the bits of the count
// stand for, the largest first.
type accumulator struct {
	stack [maxProofHashes]Hash
	count uint
	depth int
}

func (a *accumulator) add(leaf Hash) {
	a.stack[a.depth] = leaf
	a.depth++
	a.count++
	for range bits.TrailingZeros(a.count) {
		a.depth--
		a.stack[a.depth-1] = hashChildren(&a.stack[a.depth-1], &a.stack[a.depth])
	}
}

// root returns the head over the leaves so far, of which there is at least one,
// and ends the accumulator's use.
func (a *accumulator) root() Hash {
	for ; a.depth > 1; a.depth-- {
		a.stack[a.depth-2] = hashChildren(&a.stack[a.depth-2], &a.stack[a.depth-1])
	}
	return a.stack[0]
}

// Prove returns the inclusion proof of the leaf at index (RFC 9162, section
// 2.1.3.1): the siblings on its way to the root, lowest first. It fails when
// index is not the place of a leaf.
func Prove(leaves []Hash, index int) ([]Hash, error) {
	if index < 0 || index >= len(leaves) {
		return nil, fmt.Errorf("merkle: prove leaf %d: the tree has %d leaves, counted from 0", index, len(leaves))
	}
	return inclusion(leaves, index), nil
}

// inclusion is Prove for an index that is the place of a leaf.
func inclusion(leaves []Hash, index int) []Hash {
	path := make([]Hash, inclusionLength(index, len(leaves)))
	// It is filled in from its end, since we walk from the root down.
	for at := len(path) - 1; len(leaves) > 1; at-- {
		split := firstHalf(len(leaves))
		if index < split {
			path[at] = Root(leaves[split:])
			leaves = leaves[:split]
		} else {
			path[at] = Root(leaves[:split])
			leaves, index = leaves[split:], index-split
		}
	}
	return path
}

// inclusionLength returns how many hashes the inclusion proof of a leaf has: one
// for each level where its subtree is not the last, and one for each full
// subtree to the left of the path where it is.
func inclusionLength(index, count int) int {
	inner := bits.Len(uint(index ^ (count - 1)))
	return inner + bits.OnesCount(uint(index)>>inner)
}

// VerifyInclusion reports as nil that leaf stands at index of the tree of size
// leaves whose head is root. A leaf is a leaf hash, as LeafHash and EntryHash
// return it.
func VerifyInclusion(leaf Hash, index, size uint64, path []Hash, root Hash) error {
	err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf[:], proofHashes(path), root[:])
	return notProved(err, "leaf %d of %d is not proved", index, size)
}

// VerifyConsistency reports as nil that the tree of size newer leaves whose head is
// newRoot begins with the older ones whose head is oldRoot (RFC 9162, section
// 2.1.4.2). An older tree of no leaves needs the head of none.
func VerifyConsistency(older, newer uint64, path []Hash, oldRoot, newRoot Hash) error {
	if older == 0 && oldRoot != Root(nil) {
		return fmt.Errorf("merkle: %s is not the head of no leaves", oldRoot)
	}
	err := proof.VerifyConsistency(rfc6962.DefaultHasher, older, newer, proofHashes(path), oldRoot[:], newRoot[:])
	return notProved(err, "a tree of %d leaves is not proved to begin with %d others", newer, older)
}

// notProved says what the library found, in one line: it spreads two hashes over four, each
// byte a decimal number.
func notProved(err error, what string, about ...any) error {
	if err == nil {
		return nil
	}
	if other := (proof.RootMismatchError{}); errors.As(err, &other) {
		err = fmt.Errorf("the hashes of the proof lead to the head %x, and it should be %x", other.CalculatedRoot, other.ExpectedRoot)
	}
	return fmt.Errorf("merkle: %s: %w", fmt.Sprintf(what, about...), err)
}

// proofHashes returns a proof as the library takes it. Of one that is too long for any tree
// it returns no more than enough for the library to refuse it.
func proofHashes(path []Hash) [][]byte {
	path = path[:min(len(path), maxProofHashes+1)]
	hashes := make([][]byte, len(path))
	for i := range path {
		hashes[i] = path[i][:]
	}
	return hashes
}
