package assertion

import "fmt"

var kindWords = [...]string{
	KindFlag: "flag", KindBlock: "block", KindRetract: "retract", KindReassign: "reassign",
	KindPort: "port", KindContest: "contest", KindAnswer: "answer", KindResource: "resource",
	KindLine: "line", KindAuthorize: "authorize", KindCampaign: "campaign", KindConsent: "consent",
	KindRefusal: "refusal", KindPreference: "preference", KindReport: "report",
	KindDisposition: "disposition", KindPenalty: "penalty", KindReferral: "referral",
	KindNotice: "notice", KindTool: "tool", KindInspection: "inspection", KindTrace: "trace",
	KindTally: "tally",
}

// Known reports whether this version knows the kind.
func (k Kind) Known() bool { return k >= 1 && int(k) < len(kindWords) }

// String returns the word ("flag"), or "kind(n)" for an unknown code.
func (k Kind) String() string {
	if k.Known() {
		return kindWords[k]
	}
	return fmt.Sprintf("kind(%d)", uint16(k))
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
	return fmt.Errorf("assertion: %q is no kind of statement; see docs/formats.md for the table", text)
}

var mediumWords = [...]string{Voice: "voice", Video: "video", SMS: "sms", MMS: "mms", RCS: "rcs"}

// Known reports whether this version knows the medium.
func (m Medium) Known() bool { return int(m) < len(mediumWords) }

// String returns the word ("voice"), or "medium(n)" for an unknown code.
func (m Medium) String() string {
	if m.Known() {
		return mediumWords[m]
	}
	return fmt.Sprintf("medium(%d)", uint8(m))
}

// MarshalText returns the word that String gives.
func (m Medium) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText accepts the words of the known media.
func (m *Medium) UnmarshalText(text []byte) error {
	for i, w := range mediumWords {
		if w == string(text) {
			*m = Medium(i)
			return nil
		}
	}
	return fmt.Errorf("assertion: %q is no medium; want voice, video, sms, mms or rcs", text)
}

var audienceWords = [...]string{All: "all", Operators: "operators", Regulators: "regulators"}

// Known reports whether this version knows the audience.
func (a Audience) Known() bool { return int(a) < len(audienceWords) }

// String returns the word ("all"), or "audience(n)" for an unknown code.
func (a Audience) String() string {
	if a.Known() {
		return audienceWords[a]
	}
	return fmt.Sprintf("audience(%d)", uint8(a))
}

// MarshalText returns the word that String gives.
func (a Audience) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

var basisWords = [...]string{
	BasisReports: "reports", BasisDetection: "detection", BasisInvestigation: "investigation",
	BasisAllocatee: "allocatee", BasisImport: "import", BasisDerived: "derived",
}

// Known reports whether this version knows the basis.
func (k BasisKind) Known() bool { return int(k) < len(basisWords) }

// String returns the word ("reports"), or "basis(n)" for an unknown code.
func (k BasisKind) String() string {
	if k.Known() {
		return basisWords[k]
	}
	return fmt.Sprintf("basis(%d)", uint8(k))
}

// MarshalText returns the word that String gives.
func (k BasisKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
