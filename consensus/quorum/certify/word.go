package certify

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/cosign"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// Saying is what a word says of a tree.
type Saying uint8

// The sayings. Those of a generation stand before the one that is of none.
const (
	Reported Saying = 1
	Locked   Saying = 2
	Cosigned Saying = 3
)

// String returns the verb.
func (s Saying) String() string {
	switch s {
	case Reported:
		return "reported"
	case Locked:
		return "locked"
	case Cosigned:
		return "cosigned"
	}
	return fmt.Sprintf("saying(%d)", uint8(s))
}

// phase is the rule's name of a saying within a generation.
func (s Saying) phase() cosign.Phase {
	if s == Locked {
		return cosign.Locking
	}
	return cosign.Reporting
}

// Word is one regulator's signed word on one tree.
type Word struct {
	Saying     Saying
	Generation cosign.Generation // zero of a cosignature
	Tree       checkpoint.Tree
	By         cosign.Signer
	Time       int64 // Unix seconds, of a cosignature; else 0
}

// MaxWord is the size in bytes that no encoded word exceeds.
const MaxWord = 256

const wordVersion = 1

type wordArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Saying     uint8
	Generation uint64
	Record     merkle.Hash
	Size       uint64
	Root       merkle.Hash
	Key        keys.Public
	Time       int64
	Signature  keys.Signature
}

// Bytes returns the canonical encoding.
func (w *Word) Bytes() []byte {
	return wire.Format(wordArray{
		Version: wordVersion, Saying: uint8(w.Saying), Generation: w.Generation.Number, Record: w.Generation.Record,
		Size: w.Tree.Size, Root: w.Tree.Root, Key: w.By.Key, Time: w.Time, Signature: w.By.Signature,
	})
}

// Decode reads what Bytes writes and nothing else. Who said it is verified later.
func Decode(b []byte) (Word, error) {
	if len(b) > MaxWord {
		return Word{}, fmt.Errorf("certify: a word of %d bytes; at most %d are read", len(b), MaxWord)
	}
	var a wordArray
	if err := wire.Decode(b, &a); err != nil {
		return Word{}, fmt.Errorf("certify: this is no word: %w", err)
	}
	w := Word{
		Saying: Saying(a.Saying), Generation: cosign.Generation{Number: a.Generation, Record: a.Record},
		Tree: checkpoint.Tree{Size: a.Size, Root: a.Root}, By: cosign.Signer{Key: a.Key, Signature: a.Signature}, Time: a.Time,
	}
	switch {
	case a.Version != wordVersion:
		return Word{}, fmt.Errorf("certify: a word of version %d; this program knows %d: upgrade", a.Version, wordVersion)
	case w.Saying < Reported || w.Saying > Cosigned:
		return Word{}, fmt.Errorf("certify: a word that says %d, which this program does not know", a.Saying)
	case w.Saying == Cosigned && w.Generation != cosign.Generation{}:
		return Word{}, fmt.Errorf("certify: a cosignature of generation %d; it has none", a.Generation)
	case w.Saying != Cosigned && w.Time != 0, w.Time < 0:
		return Word{}, fmt.Errorf("certify: a word at the time %d", a.Time)
	}
	return w, nil
}

// verify reports whether its signer did say it, in the ledger of that federation.
func (w *Word) verify(federation cid.Cid) bool {
	if w.Saying == Cosigned {
		c := checkpoint.Checkpoint{Origin: checkpoint.Origin(federation), Tree: w.Tree}
		return c.CosignedBy(w.By.Key, checkpoint.Cosignature{Time: w.Time, Signature: w.By.Signature})
	}
	return w.Saying.phase().Verify(federation, w.Generation, w.Tree, w.By)
}
