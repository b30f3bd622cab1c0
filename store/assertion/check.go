package assertion

import (
	"bytes"
	"errors"
	"slices"
	"unicode/utf8"

	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Bounds of what bodies hold, in bytes and elements. Exceeding one makes a
// statement void, never a batch refused.
const (
	MaxLabel   = 128  // a publisher's own word
	MaxReason  = 256  // of a block, retract
	MaxGrounds = 1024 // of a contest; reason of an answer
	MaxField   = 256  // each text of a resource
	MaxTargets = 16   // of a contest
	MaxAccess  = 8    // members responsible for an access
	MaxCalling = 16   // ranges that may be presented
	MaxMember  = 32   // a member ID: 1 to 32 of a-z 0-9 -

	// MaxConfidence is certainty, in permille.
	MaxConfidence = 1000
)

// Check judges a statement by itself: its body, its subject, and what the two
// say of each other. It returns the body and Sound, or why the statement is
// void on every node whatever the charter says. A statement for a narrower
// audience has a Sealed body, of which only the shape is judged. Who may say
// it, about which number, for how long, is not asked here.
func (s *Statement) Check() (Body, Reason) {
	if !s.Kind.Known() || s.BodyVersion != BodyVersion {
		return nil, UnknownKind
	}
	body, reason := s.body()
	if reason != Sound {
		return nil, reason
	}
	if !s.Medium.Known() || !s.Audience.Known() || !s.Basis.Kind.Known() {
		return body, UnknownCode
	}
	for _, judge := range [...]func(*Statement) Reason{
		(*Statement).checkSubject, (*Statement).checkTimes, (*Statement).checkBasis,
	} {
		if reason := judge(s); reason != Sound {
			return body, reason
		}
	}
	if ruled, ok := body.(judged); ok {
		return body, ruled.check(s)
	}
	return body, Sound
}

func (s *Statement) body() (Body, Reason) {
	if s.Audience != All {
		sealed, err := DecodeSealed(s.Body)
		if err != nil {
			return nil, BadBody
		}
		return sealed, Sound
	}
	body, err := DecodeBody(s.Kind, s.BodyVersion, s.Body)
	switch {
	case errors.Is(err, ErrUnknownBody):
		return nil, UnknownKind
	case err != nil:
		return nil, BadBody
	}
	return body, Sound
}

// checkSubject asks for a subject that the kind can have, well-formed.
func (s *Statement) checkSubject() Reason {
	switch s.Kind {
	case KindFlag, KindBlock, KindContest, KindResource, KindAuthorize:
		return s.wantKey()
	case KindReassign, KindPort:
		if s.Subject.Kind == SubjectRange {
			return RangeNotAllowed
		}
		return s.wantKey()
	case KindRetract:
		// Which of the two depends on the target; see Retract.check.
		if s.Subject.Kind != SubjectStatement && s.Subject.Kind != SubjectMember {
			return BadSubject
		}
	case KindAnswer:
		if s.Subject.Kind != SubjectStatement {
			return BadSubject
		}
	}
	return s.checkSubjectValue()
}

func (s *Statement) wantKey() Reason {
	if s.Subject.Kind != SubjectNumber && s.Subject.Kind != SubjectRange {
		return BadSubject
	}
	return s.checkSubjectValue()
}

func (s *Statement) checkSubjectValue() Reason {
	switch s.Subject.Kind {
	case SubjectNumber, SubjectRange:
		if _, ok := s.Key(); !ok {
			return BadNumber
		}
	case SubjectStatement:
		if _, err := taxonomy.RefFromBytes(s.Subject.Value); err != nil {
			return BadReference
		}
	case SubjectMember:
		if !validMember(string(s.Subject.Value)) {
			return BadMember
		}
	}
	return Sound
}

func (s *Statement) checkTimes() Reason {
	if s.ObservedFrom > s.ObservedTo {
		return BadObserved
	}
	if s.Kind == KindRetract {
		if s.Expires != taxonomy.Never {
			return BadExpiry
		}
		return Sound
	}
	if s.Expires == taxonomy.Never || s.Expires <= s.Effective {
		return BadExpiry
	}
	return Sound
}

// checkBasis asks that a basis fills the fields of its kind and no others.
func (s *Statement) checkBasis() Reason {
	x := &s.Basis
	var want struct{ count, name, hash, sources bool }
	switch x.Kind {
	case BasisReports:
		want.count = true
	case BasisDetection:
		want.name, want.hash = true, true
	case BasisImport:
		want.name = true
	case BasisDerived:
		want.sources = true
	}
	switch {
	case !want.count && x.Count != 0,
		want.name != (x.Name != ""),
		want.hash != (len(x.Hash) != 0),
		want.sources != (len(x.Sources) != 0):
		return BadBasis
	}
	for _, source := range x.Sources {
		if _, err := taxonomy.RefFromBytes(source); err != nil && !validMember(string(source)) {
			return BadBasis
		}
	}
	return Sound
}

func (f Flag) check(s *Statement) Reason {
	switch {
	case !f.Category.Known():
		return BadCategory
	case f.Confidence > MaxConfidence:
		return BadConfidence
	case s.Basis.Kind == BasisReports && s.Basis.Count != f.Reports:
		return BadBasis
	}
	return texts(MaxLabel, f.Label)
}

func (b Block) check(*Statement) Reason {
	switch {
	case !b.Category.Known():
		return BadCategory
	case b.Scope > ScopeAsk:
		return BadCode
	}
	return texts(MaxReason, b.Reason)
}

func (t Retract) check(s *Statement) Reason {
	if reason := texts(MaxReason, t.Reason); reason != Sound {
		return reason
	}
	wantSubject := SubjectMember
	switch t.Kind {
	case TargetStatement:
		wantSubject = SubjectStatement
		if !bytes.Equal(t.Target, s.Subject.Value) {
			return BadTarget
		}
	case TargetBatch:
		if _, err := taxonomy.CIDFromBytes(t.Target); err != nil {
			return BadTarget
		}
	case TargetPublication:
		if len(t.Target) != merkle.PublicationSize {
			return BadTarget
		}
	default:
		return BadCode
	}
	if s.Subject.Kind != wantSubject {
		return BadTarget
	}
	return Sound
}

func (r Reassign) check(*Statement) Reason {
	if r.Date < 0 || r.Date > taxonomy.MaxTime {
		return BadTime
	}
	return Sound
}

func (c Contest) check(*Statement) Reason {
	if len(c.Targets) > MaxTargets {
		return TooMany
	}
	for _, target := range c.Targets {
		if _, err := taxonomy.RefFromBytes(target); err != nil {
			return BadReference
		}
	}
	return texts(MaxGrounds, c.Grounds)
}

func (a Answer) check(*Statement) Reason { return texts(MaxGrounds, a.Reason) }

func (r Resource) check(*Statement) Reason {
	if len(r.Access) > MaxAccess || len(r.Calling) > MaxCalling {
		return TooMany
	}
	return first(
		members(append([]string{r.AllocatedTo}, r.Access...)...),
		optionalMembers(r.ResoldTo, r.HostedBy),
		ranges(r.Calling),
		texts(MaxField, r.User, r.AccessPoint, r.Qualification, r.Purpose, r.DisplayName),
	)
}

// first returns the first reason that is not Sound.
func first(reasons ...Reason) Reason {
	for _, r := range reasons {
		if r != Sound {
			return r
		}
	}
	return Sound
}

// texts asks for UTF-8 of at most most bytes each.
func texts(most int, all ...string) Reason {
	for _, t := range all {
		if len(t) > most || !utf8.ValidString(t) {
			return BadText
		}
	}
	return Sound
}

func members(all ...string) Reason {
	for _, m := range all {
		if !validMember(m) {
			return BadMember
		}
	}
	return Sound
}

func optionalMembers(all ...string) Reason {
	return members(slices.DeleteFunc(all, func(m string) bool { return m == "" })...)
}

func ranges(all [][]byte) Reason {
	for _, b := range all {
		if len(b) != number.KeySize {
			return BadNumber
		}
		if _, err := number.RangeFromBytes([number.KeySize]byte(b)); err != nil {
			return BadNumber
		}
	}
	return Sound
}

func validMember(id string) bool {
	if len(id) < 1 || len(id) > MaxMember || id[0] == '-' {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
