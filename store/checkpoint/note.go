package checkpoint

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"ringfence/store/keys"
)

// MaxNote bounds a note in bytes: a checkpoint, the log's signature and those of
// some eighty cosigners.
const MaxNote = 16 << 10

// Note is a checkpoint with the log's signature, which was checked, and
// cosignatures, which were not: a Set does that.
type Note struct {
	Checkpoint

	raw []byte
}

// Bytes returns the note as it is served. It must not be changed.
func (n Note) Bytes() []byte { return n.raw }

// Open reads a note and checks the log's signature. Lines of keys that nobody
// here knows are kept. No signature is read that is written in another way than the one
// that With writes.
func Open(b []byte, log Verifier) (Note, error) {
	if len(b) > MaxNote {
		return Note{}, fmt.Errorf("checkpoint: the note has %d bytes; at most %d are read", len(b), MaxNote)
	}
	opened, err := note.Open(b, note.VerifierList(log))
	if err != nil {
		return Note{}, fmt.Errorf("checkpoint: open the note: %w", err)
	}
	c, err := parse(b, opened.Text)
	if err != nil {
		return Note{}, err
	}
	if c.Origin != log.name {
		return Note{}, fmt.Errorf("checkpoint: it is of the log %s, not of %s", c.Origin, log.name)
	}
	return Note{c, bytes.Clone(b)}, nil
}

// Peek returns what a note says, of which nothing was checked but the form.
func Peek(b []byte) (Checkpoint, error) {
	if len(b) > MaxNote {
		return Checkpoint{}, fmt.Errorf("checkpoint: the note has %d bytes; at most %d are read", len(b), MaxNote)
	}
	_, err := note.Open(b, nil)
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return Checkpoint{}, fmt.Errorf("checkpoint: read the note: %w", err)
	}
	return parse(b, unverified.Note.Text)
}

// parse reads the text of a note that was read, and refuses a note of which the base64 of
// a signature is not that of its bytes: whoever reads notes passes over the bits behind
// the last byte, so that one signature could be written in several ways.
func parse(b []byte, text string) (Checkpoint, error) {
	c, err := parseText(text)
	if err != nil {
		return Checkpoint{}, err
	}
	for line := range strings.Lines(string(b[len(text):])) {
		name, sig, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "— "), " ")
		if _, err := base64.StdEncoding.Strict().DecodeString(sig); err != nil {
			return Checkpoint{}, fmt.Errorf("checkpoint: the signature of %.80q is not written as signatures are: %w", name, err)
		}
	}
	return c, nil
}

// Sign returns c as a note with the log's signature alone. Key is the log's.
func Sign(c Checkpoint, key keys.Private) (Note, error) {
	s := key.Sign(keys.DomainNote, []byte(c.Text()))
	return c.written(line(Log(c.Origin, key.Public()), s[1:]))
}

// With returns n with one more cosignature, by who, whose key made it. It replaces
// an earlier one by the same key.
func (n Note) With(who Verifier, s Cosignature) (Note, error) {
	if !n.CosignedBy(who.key, s) {
		return Note{}, fmt.Errorf("checkpoint: the cosignature is not %s's of %s", who.name, n.Checkpoint)
	}
	lines, err := n.lines()
	if err != nil {
		return Note{}, err
	}
	own := line(who, s.blob())
	kept := lines[:0]
	for _, l := range lines {
		if l.Name != own.Name || l.Hash != own.Hash {
			kept = append(kept, l)
		}
	}
	return n.written(append(kept, own)...)
}

// lines returns all signatures of the note, checked or not.
func (n Note) lines() ([]note.Signature, error) {
	_, err := note.Open(n.raw, nil)
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		return unverified.Note.UnverifiedSigs, nil
	}
	return nil, fmt.Errorf("checkpoint: read the note: %w", err)
}

func (c Checkpoint) written(lines ...note.Signature) (Note, error) {
	raw, err := note.Sign(&note.Note{Text: c.Text(), UnverifiedSigs: lines})
	if err != nil {
		return Note{}, fmt.Errorf("checkpoint: write the note: %w", err)
	}
	return Note{c, raw}, nil
}

// line is a signature of a note: base64 of key ID and signature.
func line(by Verifier, sig []byte) note.Signature {
	id := by.KeyHash()
	return note.Signature{
		Name: by.name, Hash: id,
		Base64: base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, id), sig...)),
	}
}

// blobOf is what stands behind the key ID in a line that note has read.
func blobOf(s note.Signature) []byte {
	b, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(b) < 4 {
		return nil
	}
	return b[4:]
}
