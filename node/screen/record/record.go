// Package record makes the record of a verdict.
//
// A refused call is a claim against somebody, so each refusal can be traced:
// when, at which trunk, by which rule, with which list and which local rules.
// It must not become a register of who calls whom: numbers are masked, and
// tagged with a secret of the node, so that those who hold the secret and know
// a number find its records, and nobody reads numbers out of them.
//
// Floor 9, part of screening. It makes values; storing and logging them is the
// node's.
package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"time"

	"ringfence/node/screen"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// KeySize is the length of a Key in bytes.
const KeySize = 32

// Key is the node's secret for naming callers in records: equal numbers
// get equal tags on one node, and nobody without the key can try out numbers.
// It prints redacted.
type Key struct{ secret [KeySize]byte }

// NewKey returns the key with the given secret.
func NewKey(secret [KeySize]byte) Key { return Key{secret} }

const redacted = "[record key]"

// Format prints a fixed text for every verb.
func (Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue logs a fixed text.
func (Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText refuses: the secret is not written by accident.
func (Key) MarshalText() ([]byte, error) {
	return nil, fmt.Errorf("record: a record key is not written as text")
}

// TagSize is the length of a Tag in bytes.
const TagSize = 16

// Tag stands for a caller in records: the first 16 bytes of the HMAC-SHA-256
// under the node's Key. The zero Tag is none.
type Tag [TagSize]byte

// String returns the bytes in hexadecimal, "" for none.
func (t Tag) String() string {
	if t == (Tag{}) {
		return ""
	}
	return hex.EncodeToString(t[:])
}

// MarshalText returns the text that String gives.
func (t Tag) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText accepts the text that String gives.
func (t *Tag) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = Tag{}
		return nil
	}
	var got Tag
	if len(text) != hex.EncodedLen(TagSize) {
		return fmt.Errorf("record: a tag has %d hexadecimal digits, not %d", hex.EncodedLen(TagSize), len(text))
	}
	if _, err := hex.Decode(got[:], text); err != nil {
		return fmt.Errorf("record: a tag is written in hexadecimal: %w", err)
	}
	*t = got
	return nil
}

// Tag returns the tag of a caller; none for an anonymous one.
func (k Key) Tag(c number.Caller) (t Tag) {
	if c.Kind() == number.Anonymous {
		return t
	}
	mac := hmac.New(sha256.New, k.secret[:])
	// The kind keeps an irregular text apart from the number that it mimics.
	mac.Write([]byte{byte(c.Kind())})
	mac.Write([]byte(c.String()))
	copy(t[:], mac.Sum(nil))
	return t
}

// Party is one side of a call in a record: enough to recognise it, not enough
// to dial it.
type Party struct {
	Masked string `json:"masked"`
	Tag    Tag    `json:"tag"`
}

// Decision is the record of one verdict. It names nobody: numbers are masked,
// and tagged with the node's key so that the records about a number can be
// found by those who know the number and hold the key.
type Decision struct {
	Time        time.Time           `json:"time"`
	Caller      Party               `json:"caller"`
	Identity    screen.Identity     `json:"identity"`
	Reading     uint8               `json:"reading"`
	Redirecting Party               `json:"redirecting"`
	Called      Party               `json:"called"`
	Trunk       string              `json:"trunk"`
	Ingress     screen.IngressClass `json:"ingress"`
	Screening   screen.Screening    `json:"screening"`
	Roaming     screen.Roaming      `json:"roaming"`
	Attestation screen.Attestation  `json:"attestation"`
	Action      taxonomy.Action     `json:"action"`
	Treatment   screen.Treatment    `json:"treatment"`
	Rule        string              `json:"rule"`
	Basis       screen.Basis        `json:"basis"`
	Class       taxonomy.Class      `json:"class"`
	Contested   bool                `json:"contested"`
	Excused     screen.Rule         `json:"excused"`
	Shadow      string              `json:"shadow"` // the rule in shadow, "" for none
	WouldBe     taxonomy.Action     `json:"would_be"`

	LedgerSize  uint64 `json:"ledger_size"`
	ListSession uint64 `json:"list_session"`
	ListSerial  uint64 `json:"list_serial"`
	ListRoot    string `json:"list_root"`
	AgeSeconds  int64  `json:"list_age_seconds"`
	Stale       bool   `json:"list_stale"`
	RulesDigest string `json:"rules_digest"`
}

// Kept reports whether a record of v must be made and kept: of a refusal, or of what
// would have been one.
func Kept(v *screen.Verdict) bool {
	return v.Action == taxonomy.Block || v.Shadow.Action == taxonomy.Block
}

// New returns the record of the answer v to call; rules is the digest of the
// Screener that gave it.
func New(key Key, call *screen.Call, v *screen.Verdict, rules [sha256.Size]byte) Decision {
	caller := v.Caller
	if v.Identity == screen.NoIdentity { // no rule spoke of a caller
		if caller = call.Asserted.First(); caller.Kind() == number.Anonymous {
			caller = call.Presented.First()
		}
	}
	return Decision{
		Time: call.Time.UTC(), Caller: key.party(caller), Identity: v.Identity, Reading: v.Reading,
		Redirecting: key.party(call.Redirecting), Called: key.party(call.Called.First()),
		Trunk: call.Ingress.Trunk, Ingress: call.Ingress.Class, Screening: call.Screening,
		Roaming: call.Roaming, Attestation: call.Attestation,
		Action: v.Action, Treatment: v.Treatment, Rule: v.RuleName(), Basis: v.Basis, Class: v.Class,
		Contested: v.Contested, Excused: v.Excused, Shadow: v.Shadow.RuleName(), WouldBe: v.Shadow.Action,
		LedgerSize: v.List.LedgerSize, ListSession: v.List.Session, ListSerial: v.List.Serial, ListRoot: hex.EncodeToString(v.List.Root[:]),
		AgeSeconds: int64(v.Age / time.Second), Stale: v.Stale, RulesDigest: hex.EncodeToString(rules[:]),
	}
}

func (k Key) party(c number.Caller) Party { return Party{c.Masked(), k.Tag(c)} }

// LogValue returns the record as one group of attributes, without what is
// empty.
func (d Decision) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("action", d.Action.String()), slog.String("rule", d.Rule),
		slog.String("treatment", d.Treatment.String()),
		slog.String("caller", d.Caller.Masked), slog.String("caller_tag", d.Caller.Tag.String()),
		slog.String("called", d.Called.Masked), slog.String("called_tag", d.Called.Tag.String()),
		slog.Uint64("ledger_size", d.LedgerSize), slog.Uint64("list_session", d.ListSession),
		slog.Uint64("list_serial", d.ListSerial),
		slog.String("list_root", d.ListRoot), slog.Int64("list_age_seconds", d.AgeSeconds),
		slog.String("rules_digest", d.RulesDigest),
	}
	for _, a := range []slog.Attr{
		slog.String("identity", d.Identity.String()), slog.String("trunk", d.Trunk),
		slog.String("ingress", d.Ingress.String()), slog.String("class", d.Class.String()),
		slog.String("excused", d.Excused.String()), slog.String("shadow", d.Shadow),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if d.Shadow != "" {
		attrs = append(attrs, slog.String("would_be", d.WouldBe.String()))
	}
	return slog.GroupValue(attrs...)
}
