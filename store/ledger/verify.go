package ledger

import (
	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

// VerifyInclusion reports as nil that an entry stands at index of a tree.
func VerifyInclusion(entry []byte, index uint64, path []merkle.Hash, in checkpoint.Tree) error {
	return merkle.VerifyInclusion(merkle.EntryHash(entry), index, in.Size, path, in.Root)
}

// VerifyConsistency reports as nil that the tree new begins with all that old has.
func VerifyConsistency(old, new checkpoint.Tree, path []merkle.Hash) error {
	return merkle.VerifyConsistency(old.Size, new.Size, path, old.Root, new.Root)
}
