package merkle

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// HashSize is the length in bytes of a Hash.
const HashSize = sha256.Size

// Hash is a SHA-256 digest: of a leaf, of a node, or the root of a tree. It is
// written as 64 lower-case hexadecimal digits.
type Hash [HashSize]byte

// The first byte of what is hashed says what it is, so that no leaf can pass
// for a node (RFC 6962, section 2.1; blockPrefix is ours).
const (
	leafPrefix  = 0x00
	nodePrefix  = 0x01
	blockPrefix = 0x02
)

// String returns h as 64 lower-case hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether h is 32 zero bytes, the root of the empty list.
func (h Hash) IsZero() bool { return h == Hash{} }

// MarshalText implements encoding.TextMarshaler with the form of String.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It takes what String
// returns and nothing else, upper-case digits included.
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err == nil {
		*h = parsed
	}
	return err
}

// ParseHash returns the Hash that String wrote as s.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != 2*HashSize {
		return Hash{}, fmt.Errorf("merkle: a hash has %d hexadecimal digits, this has %d characters", 2*HashSize, len(s))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, fmt.Errorf("merkle: parse hash: %w", err)
	}
	if h.String() != s {
		return Hash{}, fmt.Errorf("merkle: a hash is written in lower-case digits")
	}
	return h, nil
}

// SaltSize and PublicationSize are the lengths in bytes of what is hashed into
// a statement's leaf beside the statement.
const (
	SaltSize        = 16
	PublicationSize = 16
)

// Inner returns SHA-256(salt ‖ statement): the commitment that remains of a
// statement when its slot is erased. The salt keeps a reader of the commitment
// from guessing the statement.
func Inner(salt [SaltSize]byte, statement []byte) Hash {
	// Statements are short; those that fit are hashed without an allocation.
	var short [512]byte
	buf := append(append(short[:0], salt[:]...), statement...)
	return sha256.Sum256(buf)
}

// LeafHash returns SHA-256(0x00 ‖ expiryDay ‖ publication ‖ inner), the leaf of
// one statement. It is an RFC 6962 leaf hash already and must not be hashed
// again before Root. The day is big-endian, counted as the list counts days;
// 0xFFFFFFFF is never.
func LeafHash(expiryDay uint32, publication [PublicationSize]byte, inner Hash) Hash {
	var buf [1 + 4 + PublicationSize + HashSize]byte
	buf[0] = leafPrefix
	binary.BigEndian.PutUint32(buf[1:], expiryDay)
	copy(buf[5:], publication[:])
	copy(buf[5+PublicationSize:], inner[:])
	return sha256.Sum256(buf[:])
}

// EntryHash returns the RFC 6962 leaf hash of an entry of a log, SHA-256(0x00 ‖
// entry).
func EntryHash(entry []byte) Hash {
	// Most entries are short; those that fit are hashed without an allocation.
	var short [512]byte
	return sha256.Sum256(append(append(short[:0], leafPrefix), entry...))
}

// hashChildren returns the RFC 6962 hash of a node: SHA-256(0x01 ‖ left ‖ right).
func hashChildren(left, right *Hash) Hash {
	var buf [1 + 2*HashSize]byte
	buf[0] = nodePrefix
	copy(buf[1:], left[:])
	copy(buf[1+HashSize:], right[:])
	return sha256.Sum256(buf[:])
}
