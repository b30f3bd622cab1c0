package assertion

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"

	"filippo.io/age"
)

// NonceSize is the size in bytes of the nonce that hides a sealed body behind
// its commitment.
const NonceSize = 32

// Sealed is the body of a statement that is not for all: public is only a
// commitment; the body itself is encrypted (age, age-encryption.org/v1) to the
// keys of the audience. What all agree on never depends on it.
type Sealed struct {
	_          struct{} `cbor:",toarray"`
	Commitment []byte   // SHA-256 of nonce and body
	Ciphertext []byte   // age file of nonce and body
}

func (Sealed) kind() Kind { return 0 }

// Seal encrypts the encoding of a body to recipients and returns the encoded
// Sealed. The nonce comes from random; the encryption's own secrets come from
// the system whatever random is.
func Seal(body []byte, random io.Reader, recipients ...age.Recipient) ([]byte, error) {
	if len(recipients) == 0 {
		return nil, fmt.Errorf("assertion: seal: no recipient")
	}
	plain := make([]byte, NonceSize, NonceSize+len(body))
	if _, err := io.ReadFull(random, plain); err != nil {
		return nil, fmt.Errorf("assertion: seal: read random nonce: %w", err)
	}
	plain = append(plain, body...)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipients...)
	if err != nil {
		return nil, fmt.Errorf("assertion: seal: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("assertion: seal: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("assertion: seal: %w", err)
	}
	sum := sha256.Sum256(plain)
	sealed, err := Encode(Sealed{Commitment: sum[:], Ciphertext: out.Bytes()})
	if err == nil && len(sealed) > MaxSealed {
		return nil, fmt.Errorf("assertion: seal: %d bytes for %d recipients, the most is %d; name fewer", len(sealed), len(recipients), MaxSealed)
	}
	return sealed, err
}

// DecodeSealed reads the shape of a sealed body, strictly.
func DecodeSealed(b []byte) (Sealed, error) {
	var s Sealed
	if len(b) > MaxSealed {
		return s, fmt.Errorf("assertion: sealed body: %d bytes, the most is %d", len(b), MaxSealed)
	}
	if err := Decode(b, &s); err != nil {
		return Sealed{}, err
	}
	if len(s.Commitment) != HashSize || len(s.Ciphertext) == 0 {
		return Sealed{}, fmt.Errorf("assertion: sealed body: want a commitment of %d bytes and a ciphertext", HashSize)
	}
	return s, nil
}

// Open decrypts a sealed body and checks it against its commitment, so that
// two recipients cannot be told two stories. It returns the body's encoding.
func (s Sealed) Open(identities ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(s.Ciphertext), identities...)
	if err != nil {
		return nil, fmt.Errorf("assertion: open sealed body: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, MaxSealed+1))
	if err != nil {
		return nil, fmt.Errorf("assertion: open sealed body: %w", err)
	}
	if len(plain) < NonceSize || len(plain) > MaxSealed {
		return nil, fmt.Errorf("assertion: open sealed body: %d bytes inside, want %d to %d", len(plain), NonceSize, MaxSealed)
	}
	if sum := sha256.Sum256(plain); subtle.ConstantTimeCompare(sum[:], s.Commitment) != 1 {
		return nil, fmt.Errorf("assertion: open sealed body: the content is not what its commitment says")
	}
	return plain[NonceSize:], nil
}
