package checkpoint

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"ringfence/store/keys"
)

// algorithm is the byte by which C2SP signed-note tells kinds of keys apart.
type algorithm byte

const (
	ed25519Note        algorithm = 1
	ed25519Cosignature algorithm = 4
)

// Verifier is a public key under the name that stands in notes: the log's or a
// cosigner's. It is a note.Verifier.
type Verifier struct {
	name string
	alg  algorithm
	key  keys.Public
}

// Log returns who checks the log's own signature. Its name is the log's origin.
func Log(origin string, key keys.Public) Verifier { return Verifier{origin, ed25519Note, key} }

// Cosigner returns who checks a regulator's cosignatures, under the name that its seat
// in the charter gives.
func Cosigner(name string, key keys.Public) Verifier { return Verifier{name, ed25519Cosignature, key} }

// Name returns the name in the note.
func (v Verifier) Name() string { return v.name }

// Key returns the public key.
func (v Verifier) Key() keys.Public { return v.key }

// spoken is the key as C2SP writes it: algorithm and 32 bytes.
func (v Verifier) spoken() []byte { return append([]byte{byte(v.alg)}, v.key[1:]...) }

// KeyHash returns the key ID: the first four bytes of
// SHA-256(name ‖ 0x0A ‖ algorithm ‖ key).
func (v Verifier) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(v.name+"\n"), v.spoken()...))
	return binary.BigEndian.Uint32(sum[:4])
}

// String returns the key as signed-note writes it ("vkey"), which is what a policy
// file names.
func (v Verifier) String() string {
	return fmt.Sprintf("%s+%08x+%s", v.name, v.KeyHash(), base64.StdEncoding.EncodeToString(v.spoken()))
}

// timeSize is how many bytes the time takes before a cosignature.
const timeSize = 8

// Verify reports whether sig is v's signature of the note text msg.
func (v Verifier) Verify(msg, sig []byte) bool {
	if v.alg == ed25519Note {
		s, ok := signature(sig)
		return ok && v.key.Verify(keys.DomainNote, msg, s)
	}
	c, err := parseText(string(msg))
	if err != nil {
		return false
	}
	s, ok := cosignature(sig)
	return ok && c.CosignedBy(v.key, s)
}

func signature(b []byte) (s keys.Signature, ok bool) {
	if len(b) != keys.SignatureSize-1 {
		return s, false
	}
	return keys.Signature(append([]byte{keys.Ed25519}, b...)), true
}

func cosignature(b []byte) (c Cosignature, ok bool) {
	if len(b) < timeSize {
		return c, false
	}
	c.Time = int64(binary.BigEndian.Uint64(b))
	c.Signature, ok = signature(b[timeSize:])
	return c, ok
}

// blob is the inverse of cosignature.
func (c Cosignature) blob() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(c.Time)), c.Signature[1:]...)
}
