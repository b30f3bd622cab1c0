package motion

import "fmt"

// Kind is what a motion would do. The codes are append-only.
type Kind uint8

// The kinds.
const (
	AdmitMember     Kind = 1
	ChangeMember    Kind = 2
	RemoveMember    Kind = 3
	AdmitIssuer     Kind = 4
	EndIssuer       Kind = 5 // rotate, expel, leave
	AdmitRegulator  Kind = 6
	RemoveRegulator Kind = 7
	RekeyRegulator  Kind = 8
	Reinstate       Kind = 9 // a new epoch of a forked issuer
	Grant           Kind = 10
	EndGrant        Kind = 11
	SetPolicy       Kind = 12
	Ratify          Kind = 13
	Revoke          Kind = 14
	Stay            Kind = 15
	Anchor          Kind = 16
	NoteFork        Kind = 17
)

var kindWords = [...]string{
	AdmitMember: "admit_member", ChangeMember: "change_member", RemoveMember: "remove_member", AdmitIssuer: "admit_issuer",
	EndIssuer: "end_issuer", AdmitRegulator: "admit_regulator", RemoveRegulator: "remove_regulator", RekeyRegulator: "rekey_regulator",
	Reinstate: "reinstate", Grant: "grant", EndGrant: "end_grant", SetPolicy: "set_policy", Ratify: "ratify", Revoke: "revoke",
	Stay: "stay", Anchor: "anchor", NoteFork: "note_fork",
}

// Known reports whether this version knows the kind. A ledger with another one is
// followed no further: upgrade.
func (k Kind) Known() bool { return k >= AdmitMember && int(k) < len(kindWords) }

// String returns the word ("ratify"), or "kind(n)" for an unknown code.
func (k Kind) String() string {
	if k.Known() {
		return kindWords[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText returns the word that String gives.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText accepts the words of the known kinds.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, w := range kindWords {
		if w != "" && w == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("motion: %q is no kind of motion; see docs/formats.md for the table", text)
}

// Constitutes reports whether a motion of the kind changes the regulators or the
// policy, so that it names both as they stood.
func (k Kind) Constitutes() bool {
	switch k {
	case AdmitRegulator, RemoveRegulator, RekeyRegulator, SetPolicy:
		return true
	}
	return false
}

// NamesHeads reports whether a motion of the kind says up to which batches an
// authority counted, so that it names the ledger size on which it builds.
func (k Kind) NamesHeads() bool {
	switch k {
	case RemoveMember, EndIssuer, EndGrant, Reinstate, Anchor:
		return true
	}
	return false
}
