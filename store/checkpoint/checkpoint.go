package checkpoint

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// Tree is a state of a log: how many entries, and the Merkle root of them. An empty
// one has the root of no leaves, SHA-256 of nothing.
type Tree struct {
	Size uint64
	Root merkle.Hash
}

// String is the size and the first digits of the root, for people.
func (t Tree) String() string { return fmt.Sprintf("%d:%x", t.Size, t.Root[:6]) }

// Checkpoint is a state of a certain log.
type Checkpoint struct {
	Origin string // which log: see Origin

	Tree
}

// Origin returns the name of a federation's ledger. No two federations have the
// same, so that no signature counts in another.
func Origin(federation cid.Cid) string { return "ringfence/" + federation.String() }

// Text returns the body of the note that is signed (tlog-checkpoint).
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// parseText is the inverse of Text.
func parseText(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return c, fmt.Errorf("checkpoint: %d lines; a checkpoint has its origin, its size and its root, and no more", len(lines)-1)
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseUint(lines[1], 10, 64); err != nil {
		return c, fmt.Errorf("checkpoint: the size %q is no number of entries", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != merkle.HashSize {
		return c, fmt.Errorf("checkpoint: the root %q is not %d bytes in base64", lines[2], merkle.HashSize)
	}
	c.Root = merkle.Hash(root)
	if c.Text() != text {
		return c, fmt.Errorf("checkpoint: %q is not written as a checkpoint is", text)
	}
	return c, nil
}

// Cosignature is a regulator's word that, as of Time, a checkpoint is the largest
// that it knows and extends all that it cosigned.
type Cosignature struct {
	Time      int64 // Unix seconds, not below 0
	Signature keys.Signature
}

// cosigned is the message of a cosignature behind its domain line.
func (c Checkpoint) cosigned(at int64) []byte {
	return fmt.Appendf(nil, "time %d\n%s", at, c.Text())
}

// Cosign signs c as of a time in Unix seconds. Whether it may be signed is decided
// elsewhere: see consensus/cosign.
func (c Checkpoint) Cosign(key keys.Private, at int64) Cosignature {
	return Cosignature{Time: at, Signature: key.Sign(keys.DomainCosignature, c.cosigned(at))}
}

// CosignedBy reports whether s is by's cosignature of c.
func (c Checkpoint) CosignedBy(by keys.Public, s Cosignature) bool {
	return s.Time >= 0 && by.Verify(keys.DomainCosignature, c.cosigned(s.Time), s.Signature)
}
