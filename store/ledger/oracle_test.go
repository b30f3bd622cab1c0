package ledger_test

import (
	"crypto/sha256"
	"math/bits"
	"slices"

	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// oracle is a ledger as RFC 6962 defines it, in its words and no faster.
type oracle [][]byte

func oracleOf(entries []ledger.Entry) oracle {
	var o oracle
	for _, e := range entries {
		o = append(o, e.Data)
	}
	return o
}

// mth is MTH(D[n]), section 2.1.
func (o oracle) mth() merkle.Hash {
	switch len(o) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(slices.Concat([]byte{0}, o[0]))
	}
	k := o.split()
	left, right := o[:k].mth(), o[k:].mth()
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// split is the largest power of two smaller than n.
func (o oracle) split() int { return 1 << (bits.Len(uint(len(o)-1)) - 1) }

// path is PATH(m, D[n]), section 2.1.1.
func (o oracle) path(m int) []merkle.Hash {
	if len(o) == 1 {
		return nil
	}
	if k := o.split(); m < k {
		return append(o[:k].path(m), o[k:].mth())
	} else {
		return append(o[k:].path(m-k), o[:k].mth())
	}
}

// proof is PROOF(m, D[n]), section 2.1.2.
func (o oracle) proof(m int) []merkle.Hash {
	if m == 0 {
		return nil // of what is not defined there
	}
	return o.subproof(m, true)
}

func (o oracle) subproof(m int, whole bool) []merkle.Hash {
	if m == len(o) {
		if whole {
			return nil
		}
		return []merkle.Hash{o.mth()}
	}
	if k := o.split(); m <= k {
		return append(o[:k].subproof(m, whole), o[k:].mth())
	} else {
		return append(o[k:].subproof(m-k, false), o[:k].mth())
	}
}

func (o oracle) head() checkpoint.Tree { return checkpoint.Tree{Size: uint64(len(o)), Root: o.mth()} }
