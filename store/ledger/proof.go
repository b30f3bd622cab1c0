package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

const (
	proofHeader = "c2sp.org/tlog-proof@v1"
	extraWord   = "extra "
	indexWord   = "index "
)

const (
	// MaxExtra bounds the extra data of a proof file in bytes: an entry and its
	// opening, and as much again.
	MaxExtra = 4 << 16

	maxHashes    = 63 // that an inclusion proof in a tree of MaxSize has
	maxProofFile = 1<<10 + 2*MaxExtra + maxHashes*64 + checkpoint.MaxNote
)

// Proof is what stands in a proof file (C2SP tlog-proof): that an entry, which is
// kept elsewhere, stands in the ledger. Nothing of it is checked before Verify,
// and Extra not even then.
type Proof struct {
	Extra      []byte // what the reader may want beside: nobody signs it; at most MaxExtra bytes
	Index      uint64 // of the entry
	Path       []merkle.Hash
	Checkpoint []byte // a note, as served
}

// Bytes returns the proof file.
func (p Proof) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(proofHeader + "\n")
	if len(p.Extra) > 0 {
		b.WriteString(extraWord + base64.StdEncoding.EncodeToString(p.Extra) + "\n")
	}
	b.WriteString(indexWord + strconv.FormatUint(p.Index, 10) + "\n")
	for _, h := range p.Path {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads a proof file and refuses what Bytes would write otherwise.
func ParseProof(b []byte) (Proof, error) {
	p, err := parseProof(b)
	if err == nil && !bytes.Equal(p.Bytes(), b) {
		err = errors.New("it is not written in the one way that it can be")
	}
	if err != nil {
		return Proof{}, fmt.Errorf("ledger: read a proof file: %w", err)
	}
	return p, nil
}

func parseProof(b []byte) (p Proof, err error) {
	if len(b) > maxProofFile {
		return p, fmt.Errorf("%d bytes; at most %d", len(b), maxProofFile)
	}
	head, note, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok || len(note) == 0 {
		return p, errors.New("no checkpoint stands behind an empty line")
	}
	if len(note) > checkpoint.MaxNote {
		return p, fmt.Errorf("its checkpoint has %d bytes; at most %d are read", len(note), checkpoint.MaxNote)
	}
	p.Checkpoint = bytes.Clone(note)
	lines := strings.SplitN(string(head), "\n", 4+maxHashes) // three other lines, and one too many
	if lines[0] != proofHeader {
		return p, fmt.Errorf("it does not begin with %q", proofHeader)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], extraWord) {
		if p.Extra, err = base64.StdEncoding.DecodeString(lines[0][len(extraWord):]); err != nil {
			return p, fmt.Errorf("its extra data is not base64: %w", err)
		}
		if len(p.Extra) > MaxExtra {
			return p, fmt.Errorf("its extra data has %d bytes; at most %d", len(p.Extra), MaxExtra)
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], indexWord) {
		return p, errors.New("it has no line with the entry's index")
	}
	if p.Index, err = strconv.ParseUint(lines[0][len(indexWord):], 10, 64); err != nil {
		return p, fmt.Errorf("%.40q names no index", lines[0])
	}
	if lines = lines[1:]; len(lines) > maxHashes {
		return p, fmt.Errorf("%d hashes; no tree needs more than %d", len(lines), maxHashes)
	}
	for i, line := range lines {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(h) != merkle.HashSize {
			return p, fmt.Errorf("hash %d, %.60q, is not %d bytes in base64", i, line, merkle.HashSize)
		}
		p.Path = append(p.Path, merkle.Hash(h))
	}
	return p, nil
}

// Verify checks that the checkpoint is the log's, that the quorum of cosigners
// certified it, and that the entry stands at the proof's index of its tree. It
// returns the checkpoint.
func (p Proof) Verify(entry []byte, log checkpoint.Verifier, cosigners checkpoint.Set) (checkpoint.Note, error) {
	note, err := checkpoint.Open(p.Checkpoint, log)
	if err != nil {
		return checkpoint.Note{}, err
	}
	if _, ok := cosigners.Certified(note); !ok {
		return checkpoint.Note{}, fmt.Errorf("ledger: the checkpoint %s has not the cosignatures of %d of %d regulators", note.Checkpoint.Tree, cosigners.Quorum(), len(cosigners))
	}
	if err := VerifyInclusion(entry, p.Index, p.Path, note.Checkpoint.Tree); err != nil {
		return checkpoint.Note{}, err
	}
	return note, nil
}
