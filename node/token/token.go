// Package token keeps the bearer tokens of a node's API: who has one may do what its
// role may, until it is revoked.
//
// A secret is told once, to whoever asked for it, and kept nowhere: the store has its
// SHA-256 only. It is 32 random bytes, so guessing is hopeless without a slow hash,
// and the time that a check takes does not tell how much of a secret is right.
//
// Floor 10. What a role may do is the face's to decide, and who may make tokens too.
package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"ringfence/node/api"
)

// space is the space of named values that this package owns: from a token's name to
// what is kept of it, as JSON.
const space = "token"

// Values is where tokens are kept.
type Values interface {
	Put(space, key string, value []byte) error
	Delete(space, key string) error
	List(space string, fn func(key string, value []byte) error) error
}

// kept is what is kept of a token.
type kept struct {
	Name string    `json:"name"`
	Role api.Role  `json:"role"`
	Hash string    `json:"sha256"`
	Made time.Time `json:"made"`
}

// Ring holds the tokens of a node. It is safe for concurrent use.
type Ring struct {
	values Values

	mu  sync.Mutex
	all []kept
}

// Open reads the tokens that were kept.
func Open(values Values) (*Ring, error) {
	r := &Ring{values: values}
	err := values.List(space, func(name string, value []byte) error {
		var k kept
		if err := json.Unmarshal(value, &k); err != nil {
			return fmt.Errorf("node: token %q: %w", name, err)
		}
		r.all = append(r.all, k)
		return nil
	})
	return r, err
}

// Authenticate returns the role of a secret; false for one that is no token's.
func (r *Ring) Authenticate(secret string) (api.Role, bool) {
	hash := []byte(hashed(secret))
	r.mu.Lock()
	defer r.mu.Unlock()
	var role api.Role
	found := false
	for _, k := range r.all {
		if subtle.ConstantTimeCompare([]byte(k.Hash), hash) == 1 {
			role, found = k.Role, true
		}
	}
	return role, found
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// longestName is how many bytes a token's name has at most.
const longestName = 64

// Make draws a token from a cryptographic source, keeps it and returns it with its
// secret. The error is of kind api.BadInput for a name or role that cannot be, and
// api.Refused for a name that is taken.
func (r *Ring) Make(t api.TokenRequest, random io.Reader, now time.Time) (api.Token, error) {
	if t.Name == "" || len(t.Name) > longestName || strings.ContainsFunc(t.Name, func(r rune) bool { return r <= ' ' || r == 0x7F }) {
		return api.Token{}, api.Errorf(api.BadInput, "a token's name has 1 to 64 characters without spaces, so that it can be told and revoked")
	}
	if !slices.Contains([]api.Role{api.RoleReader, api.RolePublisher, api.RoleAdmin}, t.Role) {
		return api.Token{}, api.Errorf(api.BadInput, "%q is no role; want reader, publisher or admin", t.Role)
	}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return api.Token{}, fmt.Errorf("node: draw a token: %w", err)
	}
	text := hex.EncodeToString(secret)
	k := kept{Name: t.Name, Role: t.Role, Hash: hashed(text), Made: now.UTC()}
	value, err := json.Marshal(k)
	if err != nil {
		return api.Token{}, fmt.Errorf("node: encode token: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index(t.Name) >= 0 {
		return api.Token{}, api.Errorf(api.Refused, "there is a token %q already; revoke it first, or choose another name", t.Name)
	}
	if err := r.values.Put(space, t.Name, value); err != nil {
		return api.Token{}, err
	}
	r.all = append(r.all, k)
	made := k.told()
	made.Secret = text
	return made, nil
}

func (r *Ring) index(name string) int {
	return slices.IndexFunc(r.all, func(k kept) bool { return k.Name == name })
}

func (k *kept) told() api.Token {
	return api.Token{Name: k.Name, Role: k.Role, Made: k.Made.Format(time.RFC3339)}
}

// All lists the tokens, without their secrets.
func (r *Ring) All() []api.Token {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := []api.Token{}
	for i := range r.all {
		out = append(out, r.all[i].told())
	}
	return out
}

// Revoke ends a token. The error is of kind api.NotFound when there is none of that
// name.
func (r *Ring) Revoke(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.index(name)
	if i < 0 {
		return api.Errorf(api.NotFound, "there is no token %q", name)
	}
	if err := r.values.Delete(space, name); err != nil {
		return err
	}
	r.all = slices.Delete(r.all, i, i+1)
	return nil
}
