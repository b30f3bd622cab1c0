// Package keys holds the keys that speak for organisations: public keys with
// their algorithm, signatures over messages of a named domain, private keys
// that print redacted, and the directory in which they lie encrypted.
//
// Every signature in the federation says what it is a signature of: the
// message begins with an ASCII domain line, and a key serves one purpose. So a
// batch can never be taken for a genesis charter, nor a vote for a batch. The
// algorithm stands in the first byte of each key and signature; Ed25519 is the
// only one today, verified by the standard library everywhere, because
// libraries differ on malformed signatures and a federation must not split
// over one. Public keys that are malformed or of small order are refused when
// they enter.
//
// At rest (Create, Open, List) each key is one age file; all are sealed to an
// identity of their own, lock.age, which a passphrase or a key file opens. So
// a passphrase is stretched once and changed in one place, and with the age
// tool alone an owner gets at the keys: decrypt lock.age, then the key with
// it. A lost key stops an organisation and a leaked one speaks for it, hence
// the refusals: nothing is overwritten, nothing is read that others could
// read, and no private key prints, logs or marshals.
//
// Floor 0. It knows no charter, no statement and no clock; randomness is an
// argument.
package keys

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"filippo.io/edwards25519"
)

// Ed25519 is the algorithm byte of Ed25519 keys and signatures (RFC 8032).
const Ed25519 byte = 1

// Sizes in bytes of an encoded public key and of a signature, the algorithm
// byte included, and of the secret that a key is made from.
const (
	PublicSize    = 1 + ed25519.PublicKeySize
	SignatureSize = 1 + ed25519.SignatureSize
	SeedSize      = ed25519.SeedSize
)

// Domain is the line that every signed message begins with.
type Domain string

// The domains in use.
const (
	DomainBatch   Domain = "ringfence/batch/v1\n"
	DomainGenesis Domain = "ringfence/genesis/v1\n"

	// What regulators say to each other before they cosign: see consensus/cosign.
	DomainReport  Domain = "ringfence/report/v1\n"
	DomainLock    Domain = "ringfence/lock/v1\n"
	DomainPromise Domain = "ringfence/promise/v1\n"
	// What is put to the regulators, and what they say to it: see store/motion.
	DomainMotion Domain = "ringfence/motion/v1\n"
	DomainVote   Domain = "ringfence/vote/v1\n"
	DomainTick   Domain = "ringfence/tick/v1\n"
	// DomainWithdrawal begins a proposer's word that it takes a motion back.
	DomainWithdrawal Domain = "ringfence/withdrawal/v1\n"

	// DomainArticle is signed by those who must agree to a change of the charter: see
	// store/charter/article.
	DomainArticle Domain = "ringfence/article/v1\n"

	// DomainCosignature begins what a regulator cosigns (C2SP tlog-cosignature).
	DomainCosignature Domain = "cosignature/v1\n"
	// DomainNote begins nothing: C2SP signed-note signs the text as it is, whose
	// first line names the log. The log's key signs nothing else.
	DomainNote Domain = ""
)

// Public is an algorithm byte and a public key. The zero Public is none.
type Public [PublicSize]byte

// Signature is an algorithm byte and a signature.
type Signature [SignatureSize]byte

// Endorsement is a signature and the key that made it. What it is a signature of is
// told where it stands. In a format it is an array of the two.
type Endorsement struct {
	_         struct{} `cbor:",toarray"`
	Key       Public
	Signature Signature
}

// Compare orders endorsements by their keys.
func (e Endorsement) Compare(o Endorsement) int { return e.Key.Compare(o.Key) }

// ParsePublic decodes an algorithm byte and a key. It refuses unknown
// algorithms, encodings that are not canonical, and keys of small order.
func ParsePublic(b []byte) (Public, error) {
	if len(b) != PublicSize {
		return Public{}, fmt.Errorf("keys: a public key has %d bytes, not %d", PublicSize, len(b))
	}
	if b[0] != Ed25519 {
		return Public{}, fmt.Errorf("keys: unknown key algorithm %d; 1 is Ed25519", b[0])
	}
	point, err := new(edwards25519.Point).SetBytes(b[1:])
	if err != nil {
		return Public{}, fmt.Errorf("keys: no point of edwards25519: %w", err)
	}
	if [32]byte(point.Bytes()) != [32]byte(b[1:]) {
		return Public{}, fmt.Errorf("keys: the key's encoding is not canonical")
	}
	if new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return Public{}, fmt.Errorf("keys: the key is of small order")
	}
	return Public(b), nil
}

// ParsePublicText reads the text that String gives.
func ParsePublicText(s string) (Public, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != PublicSize {
		return Public{}, fmt.Errorf("keys: %.80q is no public key: that is written as %d digits of 0 to 9 and a to f, and all of them count", s, 2*PublicSize)
	}
	return ParsePublic(b)
}

// Compare orders keys by their bytes.
func (p Public) Compare(o Public) int { return bytes.Compare(p[:], o[:]) }

// IsZero reports whether p is none.
func (p Public) IsZero() bool { return p == Public{} }

// String returns the bytes in hexadecimal.
func (p Public) String() string {
	if p.IsZero() {
		return ""
	}
	return hex.EncodeToString(p[:])
}

// Short returns the first twelve hexadecimal digits, as tables cut a key: what a log
// says of a host is found in them, and the other way round.
func (p Public) Short() string { return hex.EncodeToString(p[:6]) }

// MarshalText returns the text that String gives.
func (p Public) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText accepts the text that String gives; the empty text is none.
func (p *Public) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Public{}
		return nil
	}
	got, err := ParsePublicText(string(text))
	if err != nil {
		return err
	}
	*p = got
	return nil
}

// Verify reports whether sig is p's signature of message in domain.
func (p Public) Verify(domain Domain, message []byte, sig Signature) bool {
	if p[0] != Ed25519 || sig[0] != Ed25519 {
		return false
	}
	return ed25519.Verify(p[1:], signed(domain, message), sig[1:])
}

func signed(domain Domain, message []byte) []byte {
	b := make([]byte, 0, len(domain)+len(message))
	return append(append(b, domain...), message...)
}

// Private is a private key. It prints redacted. The zero Private is none.
type Private struct {
	// A closure, because fmt prints what lies in unexported fields of other
	// structs without asking its methods, but of functions only the place.
	secret func() ed25519.PrivateKey
}

// Generate makes a key from 32 bytes of random.
func Generate(random io.Reader) (Private, error) {
	seed, err := readSeed(random)
	if err != nil {
		return Private{}, err
	}
	return FromSeed(seed), nil
}

func readSeed(random io.Reader) (seed [SeedSize]byte, err error) {
	if _, err := io.ReadFull(random, seed[:]); err != nil {
		return seed, fmt.Errorf("keys: read %d random bytes: %w", len(seed), err)
	}
	return seed, nil
}

// FromSeed returns the key of an RFC 8032 seed.
func FromSeed(seed [SeedSize]byte) Private {
	key := ed25519.NewKeyFromSeed(seed[:])
	return Private{func() ed25519.PrivateKey { return key }}
}

// Seed returns the RFC 8032 seed, the secret itself; zeros for none.
func (p Private) Seed() (seed [SeedSize]byte) {
	if p.secret != nil {
		copy(seed[:], p.secret().Seed())
	}
	return seed
}

// IsZero reports whether p is none.
func (p Private) IsZero() bool { return p.secret == nil }

// Public returns the public half; none for none.
func (p Private) Public() Public {
	if p.IsZero() {
		return Public{}
	}
	const seedSize = ed25519.SeedSize // an ed25519.PrivateKey is seed ‖ public key
	return Public(append([]byte{Ed25519}, p.secret()[seedSize:]...))
}

// Sign signs message in domain. Without a key it returns the zero Signature,
// which nobody accepts.
func (p Private) Sign(domain Domain, message []byte) Signature {
	if p.IsZero() {
		return Signature{}
	}
	return Signature(append([]byte{Ed25519}, ed25519.Sign(p.secret(), signed(domain, message))...))
}

const redacted = "[private key]"

var errNoText = errors.New("keys: a private key is not written as text")

// String returns a fixed text, never the key.
func (p Private) String() string { return redacted }

// GoString returns a fixed text, never the key.
func (p Private) GoString() string { return redacted }

// Format prints a fixed text for every verb.
func (p Private) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue logs a fixed text.
func (p Private) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText refuses: a private key is written only by Create.
func (p Private) MarshalText() ([]byte, error) { return nil, errNoText }
