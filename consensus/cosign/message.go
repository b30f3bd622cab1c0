package cosign

import (
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// Phase is what a regulator says of a tree within a generation, by the domain in
// which it signs it.
type Phase keys.Domain

// The phases.
const (
	Reporting = Phase(keys.DomainReport)
	Locking   = Phase(keys.DomainLock)
)

const wordVersion = 1

// word is what is signed of a tree.
type word struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Federation []byte // CID, 36 bytes
	Generation uint64
	Record     merkle.Hash // zeros in generation 0
	Size       uint64
	Root       merkle.Hash
}

func message(federation cid.Cid, g Generation, t checkpoint.Tree) []byte {
	return encoded(word{Version: wordVersion, Federation: federation.Bytes(), Generation: g.Number, Record: g.Record, Size: t.Size, Root: t.Root})
}

// encoded is the canonical encoding of one of this package's formats, which consist
// of what the codec takes.
func encoded(v any) []byte {
	b, err := assertion.Encode(v)
	if err != nil {
		panic(fmt.Sprintf("cosign: a format of ours is not encodable: %v", err))
	}
	return b
}

// Sign says it of a tree. Only a State decides whether it may be said.
func (p Phase) Sign(federation cid.Cid, g Generation, t checkpoint.Tree, key keys.Private) Signer {
	return Signer{key.Public(), key.Sign(keys.Domain(p), message(federation, g, t))}
}

// Verify reports whether s said it of a tree.
func (p Phase) Verify(federation cid.Cid, g Generation, t checkpoint.Tree, s Signer) bool {
	return s.Key.Verify(keys.Domain(p), message(federation, g, t), s.Signature)
}

// Verified returns a with those of its signers who did say it, ascending by key and
// each once.
func (a Agreement) Verified(p Phase, federation cid.Cid) Agreement {
	msg := message(federation, a.Generation, a.Tree)
	a.Signers = slices.DeleteFunc(slices.Clone(a.Signers), func(s Signer) bool {
		return !s.Key.Verify(keys.Domain(p), msg, s.Signature)
	})
	slices.SortStableFunc(a.Signers, Signer.compare)
	a.Signers = slices.CompactFunc(a.Signers, func(s, o Signer) bool { return s.Key == o.Key })
	return a
}

func (s Signer) compare(o Signer) int { return s.Key.Compare(o.Key) }
