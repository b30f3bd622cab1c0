package article

import (
	"fmt"
	"strings"
)

// Role is what an organisation is in the federation. The codes are
// append-only.
type Role uint8

// The roles.
const (
	Operator       Role = 1
	MVNO           Role = 2
	Vendor         Role = 3
	CallCentre     Role = 4
	Internet       Role = 5
	Handset        Role = 6
	Coordinator    Role = 7
	Regulator      Role = 8
	PublicSecurity Role = 9  // authority: police
	Sector         Role = 10 // authority: a sector's regulator
)

var roleWords = [...]string{
	Operator:       "operator",
	MVNO:           "mvno",
	Vendor:         "vendor",
	CallCentre:     "callcentre",
	Internet:       "internet",
	Handset:        "handset",
	Coordinator:    "coordinator",
	Regulator:      "regulator",
	PublicSecurity: "public_security",
	Sector:         "sector",
}

// Valid reports whether r is one of the roles of this version.
func (r Role) Valid() bool { return r >= Operator && int(r) < len(roleWords) }

// String returns the word by which files and screens name r, or "role(n)" for
// a code that this version does not know.
func (r Role) String() string {
	if r.Valid() {
		return roleWords[r]
	}
	return fmt.Sprintf("role(%d)", uint8(r))
}

// MarshalText returns the word that String gives; it refuses unknown codes.
func (r Role) MarshalText() ([]byte, error) {
	if !r.Valid() {
		return nil, fmt.Errorf("charter: role code %d is unknown", uint8(r))
	}
	return []byte(r.String()), nil
}

// UnmarshalText accepts the words that String gives.
func (r *Role) UnmarshalText(text []byte) error {
	for i, w := range roleWords {
		if w != "" && w == string(text) {
			*r = Role(i)
			return nil
		}
	}
	return fmt.Errorf("charter: %q is no role; want one of %s", text, strings.Join(roleWords[Operator:], ", "))
}
