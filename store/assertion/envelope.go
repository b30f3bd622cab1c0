package assertion

import (
	"fmt"
	"unicode/utf8"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// EnvelopeVersion is the only version of the statement envelope.
const EnvelopeVersion = 1

// Fixed bounds of the envelope. They are part of the format: what exceeds them
// is refused by every node for ever, so they never change. Bounds that may
// change are the charter's and are judged by the view.
const (
	// MaxStatement is the size in bytes of an encoded statement for all.
	MaxStatement = 8 << 10
	// MaxSealed is its size when it is for a narrower audience: the sealed
	// body grows by about 100 bytes a recipient.
	MaxSealed = 64 << 10
	// MaxSubject is the size in bytes of a subject's value.
	MaxSubject = 128
	// MaxBasisName is the size in bytes of a rule's or source's name.
	MaxBasisName = 64
	// MaxSources is how many sources a derived statement may name.
	MaxSources = 16
	// MaxSource is the size in bytes of one of them.
	MaxSource = 64
	// CallRefSize is the size in bytes of a keyed hash that stands for a call.
	CallRefSize = 32
)

// HashSize is the size in bytes of a SHA-256 digest inside a statement.
const HashSize = 32

// subjectSize returns the least and the most bytes of a subject's value. A
// kind that this version does not know may have any value up to MaxSubject.
func subjectSize(k SubjectKind) (least, most int) {
	switch k {
	case SubjectNumber:
		return 8, 8
	case SubjectRange:
		return number.KeySize, number.KeySize
	case SubjectStatement:
		return taxonomy.RefSize, taxonomy.RefSize
	case SubjectCall:
		return CallRefSize, CallRefSize
	case SubjectLine, SubjectEnterprise, SubjectMember, SubjectTool:
		return 1, MaxSubject
	}
	return 0, MaxSubject
}

// isText reports whether a subject of this kind is UTF-8 text.
func (k SubjectKind) isText() bool { return k >= SubjectLine && k <= SubjectTool }

// Size of the parts of a statement as arrays.
const (
	statementFields = 12
	subjectFields   = 2
	basisFields     = 5
)

// Encode returns the canonical encoding of s. It refuses what DecodeStatement
// refuses: shape and fixed bounds. Whether s would count is for Check to say.
func (s *Statement) Encode() ([]byte, error) {
	return s.AppendTo(make([]byte, 0, 64+len(s.Subject.Value)+len(s.Basis.Name)+len(s.Body)))
}

// AppendTo appends the canonical encoding of s to b.
func (s *Statement) AppendTo(b []byte) ([]byte, error) {
	start := len(b)
	if err := s.validate(); err != nil {
		return nil, err
	}
	b = wire.AppendArray(b, statementFields)
	b = wire.AppendUint(b, uint64(s.Version))
	b = wire.AppendUint(b, uint64(s.Kind))
	b = wire.AppendUint(b, uint64(s.BodyVersion))
	b = wire.AppendArray(b, subjectFields)
	b = wire.AppendUint(b, uint64(s.Subject.Kind))
	b = wire.AppendBytes(b, s.Subject.Value)
	b = wire.AppendUint(b, uint64(s.Medium))
	b = wire.AppendUint(b, uint64(s.Audience))
	b = wire.AppendUint(b, uint64(s.ObservedFrom))
	b = wire.AppendUint(b, uint64(s.ObservedTo))
	b = wire.AppendUint(b, uint64(s.Effective))
	b = wire.AppendUint(b, uint64(s.Expires))
	b = s.Basis.appendTo(b)
	b = wire.AppendBytes(b, s.Body)
	if size := len(b) - start; size > s.maxSize() {
		return nil, fmt.Errorf("assertion: statement: %d bytes encoded, the most is %d", size, s.maxSize())
	}
	return b, nil
}

func (x *Basis) appendTo(b []byte) []byte {
	b = wire.AppendArray(b, basisFields)
	b = wire.AppendUint(b, uint64(x.Kind))
	b = wire.AppendUint(b, uint64(x.Count))
	b = wire.AppendText(b, x.Name)
	b = wire.AppendBytes(b, x.Hash)
	b = wire.AppendArray(b, len(x.Sources))
	for _, source := range x.Sources {
		b = wire.AppendBytes(b, source)
	}
	return b
}

// DecodeStatement reads what Encode writes and nothing else. Subject, basis
// and body share b, which must not change afterwards. Kinds, body versions and
// codes that this version does not know are let through as long as the
// envelope holds; it is Check that judges them.
func DecodeStatement(b []byte) (Statement, error) {
	var s Statement
	err := decodeStatement(b, &s)
	return s, err
}

// decodeStatement fills a zero s in place, since a batch has thousands.
func decodeStatement(b []byte, s *Statement) error {
	if err := Newer("statement", b, EnvelopeVersion); err != nil {
		return err
	}
	r := wire.NewReader("assertion: statement", b)
	r.Array("envelope", statementFields, statementFields)
	s.Version = uint8(r.Uint("version", 0xFF))
	s.Kind = Kind(r.Uint("kind", 0xFFFF))
	s.BodyVersion = uint8(r.Uint("body version", 0xFF))
	r.Array("subject", subjectFields, subjectFields)
	s.Subject.Kind = SubjectKind(r.Uint("subject kind", 0xFF))
	s.Subject.Value = r.Bytes("subject", 0, MaxSubject)
	s.Medium = Medium(r.Uint("medium", 0xFF))
	s.Audience = Audience(r.Uint("audience", 0xFF))
	s.ObservedFrom = int64(r.Uint("observed from", uint64(taxonomy.MaxTime)))
	s.ObservedTo = int64(r.Uint("observed to", uint64(taxonomy.MaxTime)))
	s.Effective = int64(r.Uint("effective", uint64(taxonomy.MaxTime)))
	s.Expires = int64(r.Uint("expires", uint64(taxonomy.Never)))
	s.Basis.read(&r)
	s.Body = r.Bytes("body", 0, MaxSealed)
	if err := r.End(); err != nil {
		return err
	}
	if err := s.validate(); err != nil {
		return err
	}
	if len(b) > s.maxSize() {
		return fmt.Errorf("assertion: statement: %d bytes, the most is %d", len(b), s.maxSize())
	}
	return nil
}

func (x *Basis) read(r *wire.Reader) {
	r.Array("basis", basisFields, basisFields)
	x.Kind = BasisKind(r.Uint("basis kind", 0xFF))
	x.Count = uint32(r.Uint("basis count", 0xFFFFFFFF))
	x.Name = r.Text("basis name", MaxBasisName)
	x.Hash = r.Bytes("basis hash", 0, HashSize)
	if n := r.Array("basis sources", 0, MaxSources); n > 0 {
		x.Sources = make([][]byte, 0, n)
		for range n {
			x.Sources = append(x.Sources, r.Bytes("basis source", 1, MaxSource))
		}
	}
}

func (s *Statement) maxSize() int {
	if s.Audience == All {
		return MaxStatement
	}
	return MaxSealed
}

// validate holds the shape and the fixed bounds of the envelope, for both
// directions.
func (s *Statement) validate() error {
	if s.Version != EnvelopeVersion {
		return fmt.Errorf("assertion: statement: envelope version %d is unknown here; a newer release may know it", s.Version)
	}
	least, most := subjectSize(s.Subject.Kind)
	if n := len(s.Subject.Value); n < least || n > most {
		return fmt.Errorf("assertion: statement: a subject of kind %d has %d to %d bytes, not %d", s.Subject.Kind, least, most, n)
	}
	if s.Subject.Kind.isText() && !utf8.Valid(s.Subject.Value) {
		return fmt.Errorf("assertion: statement: a subject of kind %d is UTF-8 text", s.Subject.Kind)
	}
	for _, t := range [...]struct {
		name string
		at   int64
	}{{"observed from", s.ObservedFrom}, {"observed to", s.ObservedTo}, {"effective", s.Effective}} {
		if t.at < 0 || t.at > taxonomy.MaxTime {
			return fmt.Errorf("assertion: statement: %s %d is not between 0 and %d", t.name, t.at, taxonomy.MaxTime)
		}
	}
	if s.Expires < 0 || s.Expires > taxonomy.MaxTime && s.Expires != taxonomy.Never {
		return fmt.Errorf("assertion: statement: expires %d is neither between 0 and %d nor never", s.Expires, taxonomy.MaxTime)
	}
	return s.Basis.validate()
}

func (x *Basis) validate() error {
	switch {
	case len(x.Name) > MaxBasisName || !utf8.ValidString(x.Name):
		return fmt.Errorf("assertion: statement: the basis name is UTF-8 of at most %d bytes", MaxBasisName)
	case len(x.Hash) != 0 && len(x.Hash) != HashSize:
		return fmt.Errorf("assertion: statement: the basis hash has 0 or %d bytes, not %d", HashSize, len(x.Hash))
	case len(x.Sources) > MaxSources:
		return fmt.Errorf("assertion: statement: %d basis sources, the most is %d", len(x.Sources), MaxSources)
	}
	for i, source := range x.Sources {
		if len(source) < 1 || len(source) > MaxSource {
			return fmt.Errorf("assertion: statement: basis source %d has %d bytes, not 1 to %d", i, len(source), MaxSource)
		}
	}
	return nil
}
