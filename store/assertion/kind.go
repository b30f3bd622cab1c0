package assertion

import "fmt"

// word returns the word of a code, or "what(n)" for a code without one.
func word[T ~uint8 | ~uint16](words []string, what string, code T) string {
	if int(code) < len(words) && words[code] != "" {
		return words[code]
	}
	return fmt.Sprintf("%s(%d)", what, code)
}

// unword returns the code of a word.
func unword[T ~uint8 | ~uint16](words []string, what string, text []byte) (T, error) {
	for i, w := range words {
		if w != "" && w == string(text) {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("assertion: %q is no %s; see docs/formats.md for the table", text, what)
}

var kindWords = []string{
	KindFlag: "flag", KindBlock: "block", KindRetract: "retract", KindReassign: "reassign",
	KindPort: "port", KindContest: "contest", KindAnswer: "answer", KindResource: "resource",
	KindLine: "line", KindAuthorize: "authorize", KindCampaign: "campaign", KindConsent: "consent",
	KindRefusal: "refusal", KindPreference: "preference", KindReport: "report",
	KindDisposition: "disposition", KindPenalty: "penalty", KindReferral: "referral",
	KindNotice: "notice", KindTool: "tool", KindInspection: "inspection", KindTrace: "trace",
	KindTally: "tally",
}

// Known reports whether this version knows the kind.
func (k Kind) Known() bool { return k >= KindFlag && k <= KindTally }

// String returns the word ("flag"), or "kind(n)" for an unknown code.
func (k Kind) String() string { return word(kindWords, "kind", k) }

// MarshalText returns the word that String gives.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText accepts the words of the known kinds.
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = unword[Kind](kindWords, "kind", text)
	return err
}

var mediumWords = []string{Voice: "voice", Video: "video", SMS: "sms", MMS: "mms", RCS: "rcs"}

// Known reports whether this version knows the medium.
func (m Medium) Known() bool { return m <= RCS }

// String returns the word ("voice"), or "medium(n)" for an unknown code.
func (m Medium) String() string { return word(mediumWords, "medium", m) }

// MarshalText returns the word that String gives.
func (m Medium) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText accepts the words of the known media.
func (m *Medium) UnmarshalText(text []byte) (err error) {
	*m, err = unword[Medium](mediumWords, "medium", text)
	return err
}

var audienceWords = []string{All: "all", Operators: "operators", Regulators: "regulators"}

// Known reports whether this version knows the audience.
func (a Audience) Known() bool { return a <= Regulators }

// String returns the word ("all"), or "audience(n)" for an unknown code.
func (a Audience) String() string { return word(audienceWords, "audience", a) }

// MarshalText returns the word that String gives.
func (a Audience) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

var basisWords = []string{
	BasisReports: "reports", BasisDetection: "detection", BasisInvestigation: "investigation",
	BasisAllocatee: "allocatee", BasisImport: "import", BasisDerived: "derived",
}

// Known reports whether this version knows the basis.
func (k BasisKind) Known() bool { return k <= BasisDerived }

// String returns the word ("reports"), or "basis(n)" for an unknown code.
func (k BasisKind) String() string { return word(basisWords, "basis", k) }

// MarshalText returns the word that String gives.
func (k BasisKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
