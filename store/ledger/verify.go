package ledger

import (
	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

// VerifyInclusion reports as nil that an entry stands at index of a tree.
func VerifyInclusion(entry []byte, index uint64, path []merkle.Hash, in checkpoint.Tree) error {
	return merkle.VerifyInclusion(merkle.EntryHash(entry), index, in.Size, path, in.Root)
}

// VerifyConsistency reports as nil that the newer tree begins with all that the older
// has.
func VerifyConsistency(older, newer checkpoint.Tree, path []merkle.Hash) error {
	return merkle.VerifyConsistency(older.Size, newer.Size, path, older.Root, newer.Root)
}
