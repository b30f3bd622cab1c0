package article

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/wire"
)

// MaxKeys is how many issuers, and how many hosts, one member has at most.
const MaxKeys = 64

const (
	maxID         = 32
	maxName       = 128
	maxContact    = 256
	maxCosignName = 64
)

// Validate checks what a member can show by itself. The error names the field.
func (m *Member) Validate() error {
	if err := identifier(m.ID); err != nil {
		return fmt.Errorf("id: %w", err)
	}
	if err := identifier(m.Group); err != nil {
		return fmt.Errorf("group: %w; a member that depends on no other is a group of its own", err)
	}
	for _, t := range [...]struct {
		name, value string
		least, most int
	}{{"name", m.Name, 1, maxName}, {"name_zh", m.NameZh, 0, maxName}, {"contact", m.Contact, 1, maxContact}} {
		if err := CheckText(t.value, t.least, t.most); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	if err := checkRoles(m.Roles); err != nil {
		return err
	}
	if len(m.Issuers) > MaxKeys || len(m.Hosts) > MaxKeys {
		return fmt.Errorf("issuers: %d issuers and %d hosts; a member has at most %d of each", len(m.Issuers), len(m.Hosts), MaxKeys)
	}
	if m.Audience == "" {
		return nil
	}
	if err := keys.CheckRecipient(m.Audience); err != nil {
		return fmt.Errorf("audience: %w", err)
	}
	return nil
}

// checkRoles refuses no role at all, and roles out of order.
func checkRoles(list []Role) error {
	if len(list) == 0 {
		return errors.New("roles: a member has at least one")
	}
	for i, r := range list {
		switch {
		case r > Sector:
			return fmt.Errorf("roles[%d]: role code %d is unknown: %w", i, r, wire.ErrNewer)
		case !r.Valid():
			return fmt.Errorf("roles[%d]: role code %d is none", i, r)
		case i > 0 && list[i-1] >= r:
			return fmt.Errorf("roles[%d]: %s stands twice or out of order", i, r)
		}
	}
	return nil
}

// Validate checks what a seat can show by itself, but for its keys. The error names
// the field.
func (r *Seat) Validate() error {
	if !jurisdiction(r.Jurisdiction) {
		return fmt.Errorf(`jurisdiction: %.64q; want a country as "CN" or a part of one as "CN-31" (ISO 3166)`, r.Jurisdiction)
	}
	if err := cosignName(r.CosignName); err != nil {
		return fmt.Errorf("cosign_name: %w", err)
	}
	return nil
}

// ParseRange reads a range as articles write it, in 9 bytes.
func ParseRange(b []byte) (number.Range, error) {
	if len(b) != number.KeySize {
		return number.Range{}, errors.New("a range has 9 bytes")
	}
	return number.RangeFromBytes([number.KeySize]byte(b))
}

// identifier accepts 1 to 32 of a-z, 0-9 and the hyphen, a letter or digit
// first.
func identifier(s string) error {
	bad := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	if s == "" || len(s) > maxID || s[0] == '-' || strings.ContainsFunc(s, bad) {
		return fmt.Errorf("%.64q; want 1 to %d of a-z, 0-9 and hyphens, a letter or digit first", s, maxID)
	}
	return nil
}

// CheckText accepts valid UTF-8 without control characters, of least to most bytes.
func CheckText(s string, least, most int) error {
	switch {
	case len(s) < least || len(s) > most:
		return fmt.Errorf("%d bytes; want %d to %d", len(s), least, most)
	case !utf8.ValidString(s):
		return fmt.Errorf("the text is not UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("the text holds control characters")
	}
	return nil
}

// cosignName accepts key names of signed notes (C2SP signed-note): not empty,
// no space and no plus.
func cosignName(s string) error {
	if err := CheckText(s, 1, maxCosignName); err != nil {
		return err
	}
	if strings.ContainsFunc(s, unicode.IsSpace) || strings.Contains(s, "+") {
		return fmt.Errorf("%q holds a space or a plus, which key names of signed notes must not", s)
	}
	return nil
}

// jurisdiction accepts ISO 3166-1 and 3166-2 codes by their shape.
func jurisdiction(s string) bool {
	country, part, divided := strings.Cut(s, "-")
	upper := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' })
	}
	alnum := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	}
	return len(country) == 2 && upper(country) && (!divided || len(part) >= 1 && len(part) <= 3 && alnum(part))
}
