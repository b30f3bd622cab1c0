package article

import (
	"errors"
	"fmt"

	"ringfence/store/keys"
	"ringfence/store/wire"
)

// CheckKey refuses a key that is missing, malformed or of small order. The error wraps
// wire.ErrNewer for an algorithm that this release does not know.
func CheckKey(k keys.Public) error {
	switch {
	case k.IsZero():
		return errors.New("the key is missing")
	case k[0] > keys.Ed25519:
		return fmt.Errorf("key algorithm %d: %w", k[0], wire.ErrNewer)
	}
	_, err := keys.ParsePublic(k[:])
	return err
}

// Purpose is what a key is for, in words: "issuer".
type Purpose string

// The purposes. A key serves one.
const (
	ForFeed     Purpose = "issuer"
	ForHost     Purpose = "host"
	ForRecovery Purpose = "recovery"
	ForVotes    Purpose = "vote"
	ForCosign   Purpose = "cosign"
	ForFounding Purpose = "founder"
	ForLog      Purpose = "log"
)

// Key is a key with its purpose.
type Key struct {
	keys.Public
	Purpose Purpose
}

// EachKey hands the keys of m to claim, with the field in which each stands, and refuses
// lists that are out of order. The first error is returned.
func (m *Member) EachKey(claim func(place string, k Key) error) error {
	for _, list := range [...]struct {
		name    string
		purpose Purpose
		keys    []keys.Public
	}{{"issuers", ForFeed, m.Issuers}, {"hosts", ForHost, m.Hosts}} {
		for j, k := range list.keys {
			at := fmt.Sprintf("%s[%d]", list.name, j)
			if err := claim(at, Key{k, list.purpose}); err != nil {
				return err
			}
			if j > 0 && list.keys[j-1].Compare(k) >= 0 {
				return fmt.Errorf("%s: out of order", at)
			}
		}
	}
	if m.Recovery.IsZero() {
		return nil
	}
	return claim("recovery", Key{m.Recovery, ForRecovery})
}

func checkSeatKeys(vote, cosign keys.Public) error {
	if err := CheckKey(vote); err != nil {
		return fmt.Errorf("vote: %w", err)
	}
	if err := CheckKey(cosign); err != nil {
		return fmt.Errorf("cosign: %w", err)
	}
	return nil
}

// InUse says what a key of a member is, in words.
func (p Purpose) InUse(member string) string {
	if p == ForLog {
		return "the log key"
	}
	return fmt.Sprintf("%s key of %q", p, member)
}

// Uses tells of keys what they already are, in words.
type Uses map[keys.Public]string

// Claim enters a key of a member, well formed and not in use. The error begins with
// place.
func (u Uses) Claim(place string, k Key, member string) error {
	if err := CheckKey(k.Public); err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	if other := u[k.Public]; other != "" {
		return fmt.Errorf("%s: key is already %s; a key serves one purpose", place, other)
	}
	u[k.Public] = k.Purpose.InUse(member)
	return nil
}

// Member claims the keys of a member.
func (u Uses) Member(m *Member) error {
	return m.EachKey(func(place string, k Key) error { return u.Claim(place, k, m.ID) })
}

// Seat claims the keys of a regulator's seat.
func (u Uses) Seat(r *Seat) error {
	if err := u.Claim("vote", Key{r.Vote, ForVotes}, r.Member); err != nil {
		return err
	}
	return u.Claim("cosign", Key{r.Cosign, ForCosign}, r.Member)
}
