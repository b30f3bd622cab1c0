package keys

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// Hand seals a key, to be handed to the owner of an audience key and to nobody else: the
// ledger's, which every regulator holds.
func Hand(p Purpose, key Private, recipient string) ([]byte, error) {
	if err := CheckRecipient(recipient); err != nil {
		return nil, err
	}
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	seed := key.Seed()
	return seal(fmt.Sprintf("%s %s %s\n", privateFormat, p, hex.EncodeToString(seed[:])), to)
}

// MaxHanded is how many bytes a sealed key has at most.
const MaxHanded = maxFile

// ErrNotHanded is what errors wrap that say: a file is none that Hand made for this
// directory.
var ErrNotHanded = errors.New("keys: what was handed over is no key for here")

// Receive imports a key that Hand sealed to the audience key in dir.
func Receive(dir string, p Purpose, sealed []byte, unlock Unlock, random io.Reader) (Half, error) {
	ring, err := Open(dir, unlock)
	if err != nil {
		return Half{}, err
	}
	own, err := ring.Audience()
	if err != nil {
		return Half{}, err
	}
	text, err := unseal(sealed, own.secret())
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other):
		return Half{}, fmt.Errorf("%w: it is sealed to another audience key than this directory's", ErrNotHanded)
	case err != nil:
		return Half{}, fmt.Errorf("%w: it is of another kind, or damaged: %w", ErrNotHanded, err)
	}
	handed := Ring{private: make(map[Purpose]Private)}
	if strings.Count(text, " ") != 2 || !strings.HasPrefix(text, privateFormat+" "+string(p)+" ") {
		return Half{}, fmt.Errorf("%w: it holds no %s key", ErrNotHanded, p)
	}
	if _, err := handed.add(p, text); err != nil {
		return Half{}, fmt.Errorf("%w: %w", ErrNotHanded, err)
	}
	key, err := handed.Private(p)
	if err != nil {
		return Half{}, err
	}
	return Import(dir, p, key, unlock, random)
}
