package cosign

import (
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/wire"
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
	return wire.Format(word{Version: wordVersion, Federation: federation.Bytes(), Generation: g.Number, Record: g.Record, Size: t.Size, Root: t.Root})
}

// Sign says it of a tree. Only a State decides whether it may be said.
func (p Phase) Sign(federation cid.Cid, g Generation, t checkpoint.Tree, key keys.Private) Signer {
	return Signer{Key: key.Public(), Signature: key.Sign(keys.Domain(p), message(federation, g, t))}
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
	slices.SortStableFunc(a.Signers, Signer.Compare)
	a.Signers = slices.CompactFunc(a.Signers, func(s, o Signer) bool { return s.Key == o.Key })
	return a
}
