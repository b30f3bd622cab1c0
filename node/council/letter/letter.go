// Package letter is what people put to the regulators, as it travels: from a member's
// node to the regulators' nodes, from a newcomer's to any member's, and in files.
//
// A letter holds either a motion, signed by its proposer, with all its items; or a
// request: one change of the constitution that whoever asks for it has endorsed with the
// keys that must agree, and that somebody in force is to propose. So asks who cannot
// propose: a newcomer for its admission, the holder of a recovery key for a new epoch.
// Both prove themselves, so it matters not who carries them.
//
// It decides nothing: what is judged of a letter is its shape, its bounds and its
// signatures.
//
// Floor 12, a room of node/council.
package letter

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// Bounds of a letter.
const (
	// MaxMotion is the greatest length of a letter with a motion, in bytes; as a command
	// of Raft it is no longer.
	MaxMotion = ballot.MaxCommand
	// MaxRequest is the greatest length of one with a request.
	MaxRequest = motion.MaxItem + 64
)

// version is the only one of the formats of this package.
const version = 1

// What a letter holds. The codes are append-only.
const (
	holdsMotion  = 1
	holdsRequest = 2
)

// Letter is one. Its signatures were verified.
type Letter struct {
	ID     cid.Cid
	Kind   motion.Kind
	Matter *enact.Matter // the motion; nil of a request
	Item   []byte        // what is requested, as items are encoded; nil of a motion

	requested article.Item
	bytes     []byte
}

// Motion puts a motion with its items into a letter.
func Motion(m *motion.Signed, items []motion.Opening) (Letter, error) {
	b := wire.AppendUint(wire.AppendUint(wire.AppendArray(nil, 4), version), holdsMotion)
	b = wire.AppendArray(wire.AppendBytes(b, m.Bytes()), len(items))
	for i := range items {
		b = wire.AppendBytes(b, items[i].Bytes())
	}
	return Open(b, m.Federation)
}

// Request puts a change that its own keys have endorsed into a letter.
func Request(it article.Item, federation cid.Cid) (Letter, error) {
	items, err := article.Encode(it)
	if err != nil {
		return Letter{}, err
	}
	b := wire.AppendUint(wire.AppendUint(wire.AppendArray(nil, 4), version), holdsRequest)
	return Open(wire.AppendBytes(wire.AppendUint(b, uint64(it.Kind())), items[0]), federation)
}

// Open reads a letter and verifies what is signed in it. The letter keeps b, which must
// not change.
func Open(b []byte, federation cid.Cid) (l Letter, err error) {
	if len(b) > MaxMotion {
		return l, fmt.Errorf("letter: %d bytes; at most %d", len(b), MaxMotion)
	}
	if err := wire.Newer("letter", b, version); err != nil {
		return l, err
	}
	l.bytes = b
	in := wire.NewReader("letter", b)
	in.Array("letter", 4, 4)
	in.Version(version)
	switch in.Uint("content", holdsRequest) {
	case holdsMotion:
		return l, l.openMotion(&in, federation)
	case holdsRequest:
		return l, l.openRequest(&in, federation)
	}
	return l, errors.Join(in.Err(), errors.New("letter: it holds nothing"))
}

func (l *Letter) openMotion(in *wire.Reader, federation cid.Cid) error {
	const heads = 16
	signed := in.Bytes("motion", 1, motion.MaxHeader+128)
	var openings [][]byte
	for n := in.Array("openings", 1, motion.MaxItems); len(openings) < n && in.Err() == nil; {
		openings = append(openings, in.Bytes("opening", 1, motion.MaxItem+heads+64))
	}
	if err := in.End(); err != nil {
		return err
	}
	m, r := enact.OpenMatter(federation, signed, openings)
	if r != nil {
		return fmt.Errorf("letter: %w", r)
	}
	l.Matter, l.ID, l.Kind = m, m.ID, m.Kind
	return nil
}

func (l *Letter) openRequest(in *wire.Reader, federation cid.Cid) error {
	l.Kind = motion.Kind(in.Uint("kind", 255))
	l.Item = in.Bytes("item", 1, motion.MaxItem)
	if err := in.End(); err != nil {
		return err
	}
	if !requestable(l.Kind) {
		return fmt.Errorf("letter: a request is for what keys endorse, not for %s", l.Kind)
	}
	items, err := article.Open(federation, l.Kind, []motion.Opening{{Item: l.Item}})
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	l.requested, l.ID = items[0], wire.CID(l.bytes)
	return nil
}

// requestable reports whether who asks for a change of a kind endorses it.
func requestable(k motion.Kind) bool {
	switch k {
	case motion.AdmitMember, motion.AdmitIssuer, motion.EndIssuer, motion.AdmitRegulator, motion.RekeyRegulator, motion.Reinstate:
		return true
	}
	return false
}

// IsRequest reports whether the letter holds a request.
func (l *Letter) IsRequest() bool { return l.Matter == nil }

// Requested returns what is requested; nil of a motion.
func (l *Letter) Requested() article.Item { return l.requested }

// Bytes returns the canonical encoding, which must not change.
func (l *Letter) Bytes() []byte { return l.bytes }

// block is how a letter is called in a file.
const block = "RINGFENCE LETTER"

// Armour returns letters as text, for files and mail: one block each (RFC 7468).
func Armour(all ...Letter) []byte {
	var out bytes.Buffer
	for i := range all {
		_ = pem.Encode(&out, &pem.Block{Type: block, Bytes: all[i].bytes}) // a buffer takes everything
	}
	return out.Bytes()
}

// Armoured reports whether a text holds letters.
func Armoured(text string) bool {
	return bytes.Contains([]byte(text), []byte("-----BEGIN "+block+"-----"))
}

// Read reads the letters of a text, at most so many, and verifies what is signed in them.
func Read(text string, federation cid.Cid, most int) (all []Letter, err error) {
	for rest := []byte(text); ; {
		var p *pem.Block
		if p, rest = pem.Decode(rest); p == nil {
			break
		}
		switch {
		case p.Type != block:
			continue
		case len(all) == most:
			return nil, fmt.Errorf("letter: more than %d letters", most)
		}
		l, err := Open(p.Bytes, federation)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	if len(all) == 0 {
		return nil, errors.New("letter: a letter is broken off, or its text was changed")
	}
	return all, nil
}
