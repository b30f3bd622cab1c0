package strangertest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// cid is the name of an encoding.
func cid(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append([]byte{0x01, 0x71, 0x12, 0x20}, sum[:]...)
}

// signed says whether a signature is a key's over a context line and a message.
func signed(key, signature []byte, line string, message []byte) bool {
	return len(key) == 33 && key[0] == 1 && len(signature) == 65 && signature[0] == 1 &&
		ed25519.Verify(key[1:], append([]byte(line+"\n"), message...), signature[1:])
}

// root is the tree head of RFC 6962, section 2.1.
func root(leaves [][]byte) tlog.Hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return tlog.RecordHash(leaves[0])
	}
	k := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	return tlog.NodeHash(root(leaves[:k]), root(leaves[k:]))
}

// included says whether a leaf stands at an index of a tree.
func included(leaf []byte, index uint64, path [][]byte, t tree) error {
	proof := make(tlog.RecordProof, len(path))
	for i, h := range path {
		if copy(proof[i][:], h) != len(proof[i]) || len(h) != len(proof[i]) {
			return errors.New("a hash of an inclusion path has not 32 bytes")
		}
	}
	if index >= t.size {
		return errors.New("the index lies beyond the tree")
	}
	return tlog.CheckRecord(proof, int64(t.size), t.root, int64(index), tlog.RecordHash(leaf))
}

// tree is a state of the ledger.
type tree struct {
	size uint64
	root tlog.Hash
}

// cosigner verifies one key's tlog-cosignatures, version 1.
type cosigner struct {
	name string
	key  []byte
}

func (c cosigner) Name() string { return c.name }

func (c cosigner) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(c.name+"\n\x04"), c.key[1:]...))
	return binary.BigEndian.Uint32(sum[:])
}

func (c cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	line := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.key[1:], append([]byte(line), text...), sig[8:])
}

// checkpoint reads a note of a federation that its log signed, and says which of some
// seats cosigned it, by the names of their cosigners.
func (f *Federation) checkpoint(file []byte, seats ...seat) (tree, map[string]bool, error) {
	vkey, err := note.NewEd25519VerifierKey(f.origin, f.log[1:])
	if err != nil {
		return tree{}, nil, err
	}
	log, err := note.NewVerifier(vkey)
	if err != nil {
		return tree{}, nil, err
	}
	verifiers := []note.Verifier{log}
	for _, s := range seats {
		verifiers = append(verifiers, cosigner{s.name, s.cosign})
	}
	n, err := note.Open(file, note.VerifierList(distinct(verifiers)...))
	if err != nil {
		return tree{}, nil, fmt.Errorf("checkpoint: %w", err)
	}
	by := make(map[string]bool)
	for _, s := range append(n.Sigs, n.UnverifiedSigs...) {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return tree{}, nil, fmt.Errorf("checkpoint: signature of %s: %w", s.Name, err)
		}
	}
	for _, s := range n.Sigs {
		by[fmt.Sprint(s.Name, s.Hash)] = true
	}
	if !by[fmt.Sprint(log.Name(), log.KeyHash())] {
		return tree{}, nil, errors.New("checkpoint: the log did not sign it")
	}
	t, err := parseTree(n.Text, f.origin)
	return t, by, err
}

func distinct(all []note.Verifier) (some []note.Verifier) {
	had := make(map[string]bool)
	for _, v := range all {
		if id := fmt.Sprint(v.Name(), v.KeyHash()); !had[id] {
			had[id] = true
			some = append(some, v)
		}
	}
	return some
}

func parseTree(text, origin string) (tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[3] != "" {
		return tree{}, errors.New("checkpoint: not three lines of this federation")
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return tree{}, errors.New("checkpoint: no size")
	}
	hash, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(hash) != sha256.Size {
		return tree{}, errors.New("checkpoint: no root")
	}
	return tree{size, tlog.Hash(hash)}, nil
}

// proofFile is a C2SP tlog-proof.
type proofFile struct {
	extra      []byte
	index      uint64
	path       [][]byte
	checkpoint []byte
}

func parseProof(file []byte) (p proofFile, err error) {
	top, bottom, ok := bytes.Cut(file, []byte("\n\n"))
	lines := strings.Split(string(top), "\n")
	if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return p, errors.New("no tlog-proof file")
	}
	p.checkpoint = bottom
	lines = lines[1:]
	if text, ok := strings.CutPrefix(lines[0], "extra "); ok {
		if p.extra, err = base64.StdEncoding.Strict().DecodeString(text); err != nil {
			return p, fmt.Errorf("extra: %w", err)
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return p, errors.New("no index")
	}
	text := strings.TrimPrefix(lines[0], "index ")
	if p.index, err = strconv.ParseUint(text, 10, 63); err != nil || strconv.FormatUint(p.index, 10) != text {
		return p, errors.New("no index")
	}
	for _, line := range lines[1:] {
		h, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(h) != sha256.Size || len(p.path) == 63 {
			return p, errors.New("no inclusion path")
		}
		p.path = append(p.path, h)
	}
	return p, nil
}
