package assertion

import (
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Kind is what a statement does. The codes are append-only.
type Kind uint16

// The kinds of statement.
const (
	KindFlag        Kind = 1
	KindBlock       Kind = 2
	KindRetract     Kind = 3
	KindReassign    Kind = 4
	KindPort        Kind = 5
	KindContest     Kind = 6
	KindAnswer      Kind = 7
	KindResource    Kind = 8
	KindLine        Kind = 9
	KindAuthorize   Kind = 10
	KindCampaign    Kind = 11
	KindConsent     Kind = 12
	KindRefusal     Kind = 13
	KindPreference  Kind = 14
	KindReport      Kind = 15
	KindDisposition Kind = 16
	KindPenalty     Kind = 17
	KindReferral    Kind = 18
	KindNotice      Kind = 19
	KindTool        Kind = 20
	KindInspection  Kind = 21
	KindTrace       Kind = 22
	KindTally       Kind = 23
)

// Medium is what carried what was observed.
type Medium uint8

// The media.
const (
	Voice Medium = 0
	Video Medium = 1
	SMS   Medium = 2
	MMS   Medium = 3
	RCS   Medium = 4
)

// Audience is who may read a statement's body.
type Audience uint8

// The audiences. The list never depends on a body that not all may read.
const (
	All        Audience = 0
	Operators  Audience = 1
	Regulators Audience = 2
)

// SubjectKind is what a statement is about.
type SubjectKind uint8

// The kinds of subject.
const (
	SubjectNumber     SubjectKind = 0 // 8 bytes, number.Number
	SubjectRange      SubjectKind = 1 // 9 bytes, number.Range
	SubjectLine       SubjectKind = 2 // text
	SubjectEnterprise SubjectKind = 3 // text, unified social credit code
	SubjectMember     SubjectKind = 4 // text, member ID
	SubjectTool       SubjectKind = 5 // text
	SubjectStatement  SubjectKind = 6 // 38 bytes, taxonomy.Ref
	SubjectCall       SubjectKind = 7 // 32 bytes, keyed hash
)

// Subject is what one statement is about: a kind and its value as bytes.
type Subject struct {
	_     struct{} `cbor:",toarray"`
	Kind  SubjectKind
	Value []byte
}

// BasisKind is what a statement rests on.
type BasisKind uint8

// The kinds of basis.
const (
	BasisReports       BasisKind = 0 // Count reports
	BasisDetection     BasisKind = 1 // rule Name with its Hash
	BasisInvestigation BasisKind = 2
	BasisAllocatee     BasisKind = 3
	BasisImport        BasisKind = 4 // from the source Name
	BasisDerived       BasisKind = 5 // repeats Sources
)

// Basis is what a statement rests on. Fields that its kind does not use are
// empty.
type Basis struct {
	_       struct{} `cbor:",toarray"`
	Kind    BasisKind
	Count   uint32   // of reports
	Name    string   // detection rule or import source, at most 64 bytes
	Hash    []byte   // SHA-256 of the detection rule, else empty
	Sources [][]byte // statement references (38 bytes) or member IDs (text), at most 16
}

// Statement is one thing that an issuer says about a subject: the envelope
// that all kinds share and the encoded body of its kind.
type Statement struct {
	_            struct{} `cbor:",toarray"`
	Version      uint8    // of the envelope, 1
	Kind         Kind
	BodyVersion  uint8
	Subject      Subject
	Medium       Medium
	Audience     Audience
	ObservedFrom int64 // Unix seconds
	ObservedTo   int64
	Effective    int64
	Expires      int64 // taxonomy.Never only for retract
	Basis        Basis
	Body         []byte // canonical CBOR of the kind's body, or a sealed body when Audience is not All
}

// Key returns the list key (or any-length range) that the statement is about;
// false when its subject is neither a number nor a range.
func (s *Statement) Key() (number.Range, bool) {
	switch {
	case s.Subject.Kind == SubjectNumber && len(s.Subject.Value) == number.KeySize-1:
	case s.Subject.Kind == SubjectRange && len(s.Subject.Value) == number.KeySize:
	default:
		return number.Range{}, false
	}
	var key [number.KeySize]byte // a number is the range without free digits
	copy(key[:], s.Subject.Value)
	r, err := number.RangeFromBytes(key)
	return r, err == nil
}

// PublicationID names one delivery of a member: 16 random bytes.
type PublicationID [16]byte

// Flag is the body of a flag: its publisher's whole current view of one
// category of the subject, never an increment.
type Flag struct {
	_          struct{} `cbor:",toarray"`
	Category   taxonomy.Category
	Label      string // the publisher's own word, verbatim, at most 128 bytes
	Confidence uint16 // permille, 0 to 1000
	Reports    uint32 // how many reports the view rests on; 0 not told
}

// Scope is what a block asks for.
type Scope uint8

// The scopes of a block.
const (
	ScopeOwn Scope = 0 // acts on the member's own nodes, as local.block
	ScopeAsk Scope = 1 // asks for ratification; evidence like a flag
)

// Block is the body of a block.
type Block struct {
	_        struct{} `cbor:",toarray"`
	Category taxonomy.Category
	Reason   string // at most 256 bytes
	Scope    Scope
}

// TargetKind is what a retract undoes.
type TargetKind uint8

// The targets of a retract.
const (
	TargetStatement   TargetKind = 0 // 38 bytes, taxonomy.Ref
	TargetBatch       TargetKind = 1 // 36 bytes, batch CID
	TargetPublication TargetKind = 2 // 16 bytes, PublicationID
)

// Retract is the body of a retract. Its subject is the retracted statement,
// or the issuer's own member for a batch or a publication.
type Retract struct {
	_      struct{} `cbor:",toarray"`
	Kind   TargetKind
	Target []byte
	Reason string // at most 256 bytes
}

// Reassign is the body of a reassign: the number has a new user since Date.
type Reassign struct {
	_    struct{} `cbor:",toarray"`
	Date int64    // Unix seconds; counts as its UTC day
}

// Contest is the body of a contest: the number's user disputes what is said.
// Targets names the contested statements; empty contests all on the subject.
type Contest struct {
	_       struct{} `cbor:",toarray"`
	Grounds string   // at most 1,024 bytes
	Targets [][]byte // statement references, at most 16
}

// Answer is the body of an answer to a contest; its subject is the contest.
type Answer struct {
	_      struct{} `cbor:",toarray"`
	Upheld bool     // false: withdrawn
	Reason string   // at most 1,024 bytes
}

// Resource is the body of a resource: who holds and uses a number or range.
type Resource struct {
	_             struct{} `cbor:",toarray"`
	AllocatedTo   string   // member ID
	ResoldTo      string   // member ID or empty
	HostedBy      string   // member ID or empty
	User          string   // organisation or credit code, public; empty for a person
	AccessPoint   string
	Access        []string // member IDs responsible for access, at most 8
	Qualification string
	Purpose       string
	Calling       [][]byte // ranges that may be presented, 9 bytes each, at most 16
	DisplayName   string
}
