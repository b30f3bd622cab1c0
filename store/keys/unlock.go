package keys

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// DefaultWorkFactor is the base-2 logarithm of scrypt's N for passphrases:
// about a second on a modern core.
const DefaultWorkFactor = 18

// Unlock is how a ring is opened: by a passphrase or by a key file. The zero
// Unlock opens nothing.
type Unlock struct {
	ask    func() (string, error)
	path   string
	factor int
}

// Passphrase returns an Unlock that asks for a passphrase, once each time a
// ring is opened or made.
func Passphrase(ask func() (string, error)) Unlock {
	return Unlock{ask: ask, factor: DefaultWorkFactor}
}

// KeyFile returns an Unlock by a file that holds one age X25519 identity, as
// CreateKeyFile and age-keygen write it. The file must be readable by its
// owner alone; it is best kept on another medium than the ring.
func KeyFile(path string) Unlock { return Unlock{path: path} }

// WithWorkFactor returns u with another base-2 logarithm of scrypt's N, 1 to
// 22. It counts when a ring is made; a ring that exists says its own, of which
// age opens up to 22.
func (u Unlock) WithWorkFactor(factor int) Unlock {
	u.factor = factor
	return u
}

// CreateKeyFile writes a new key file for KeyFile, mode 0600. It never
// overwrites a file.
func CreateKeyFile(path string, random io.Reader) error {
	a, err := GenerateAudience(random)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("# Opens a ring of Ringfence keys. Keep it secret.\n# public key: %s\n%s\n", a.Recipient(), a.secret())
	if err := writeNew(path, []byte(text)); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func (u Unlock) recipient() (age.Recipient, error) {
	if u.ask == nil {
		id, err := u.fileIdentity()
		if err != nil {
			return nil, err
		}
		return id.Recipient(), nil
	}
	const most = 22 // what age opens without being told otherwise
	if u.factor < 1 || u.factor > most {
		return nil, fmt.Errorf("keys: scrypt work factor %d is outside 1 to %d", u.factor, most)
	}
	passphrase, err := u.passphrase()
	if err != nil {
		return nil, err
	}
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	r.SetWorkFactor(u.factor)
	return r, nil
}

func (u Unlock) identity() (age.Identity, error) {
	if u.ask == nil {
		return u.fileIdentity()
	}
	passphrase, err := u.passphrase()
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return id, nil
}

func (u Unlock) passphrase() (string, error) {
	p, err := u.ask()
	if err != nil {
		return "", fmt.Errorf("keys: ask for the passphrase: %w", err)
	}
	if p == "" {
		return "", errors.New("keys: the passphrase is empty")
	}
	return p, nil
}

func (u Unlock) fileIdentity() (*age.X25519Identity, error) {
	if u.path == "" {
		return nil, errors.New("keys: neither a passphrase nor a key file is given to unlock the keys")
	}
	b, err := readFile(u.path, secretFile)
	if err != nil {
		return nil, err
	}
	var found *age.X25519Identity
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		a, err := parseAudience(line)
		if err != nil || found != nil {
			return nil, fmt.Errorf("keys: %s must hold one age X25519 identity (AGE-SECRET-KEY-1…) and comments, nothing else", u.path)
		}
		found = a.secret()
	}
	if found == nil {
		return nil, fmt.Errorf("keys: %s holds no age X25519 identity (AGE-SECRET-KEY-1…)", u.path)
	}
	return found, nil
}

// seal encrypts text to one recipient.
func seal(text string, to age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return nil, fmt.Errorf("keys: encrypt: %w", err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return nil, fmt.Errorf("keys: encrypt: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("keys: encrypt: %w", err)
	}
	return b.Bytes(), nil
}

// open decrypts what seal wrote; path is for the error alone.
func open(path string, sealed []byte, with age.Identity) (string, error) {
	text, err := unseal(sealed, with)
	var mismatch *age.NoIdentityMatchError
	switch {
	case errors.As(err, &mismatch):
		return "", fmt.Errorf("keys: %s does not open with this passphrase or key file", path)
	case err != nil:
		return "", fmt.Errorf("keys: decrypt %s: %w; restore it from a backup, or remove it if making it was cut short: then it was never in use", path, err)
	}
	return text, nil
}

// unseal decrypts what seal wrote.
func unseal(sealed []byte, with age.Identity) (string, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), with)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	return string(b), err
}

// IsZero reports whether u opens nothing.
func (u Unlock) IsZero() bool { return u.ask == nil && u.path == "" }
