package assertion

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

func TestEveryKindIsSoundAsSampled(t *testing.T) {
	seen := map[Kind]bool{}
	for _, body := range sampleBodies() {
		s := statementOf(t, body)
		got, reason := s.Check()
		if reason != Sound {
			t.Errorf("%v: %v", s.Kind, reason)
			continue
		}
		if KindOf(got) != s.Kind {
			t.Errorf("%v: the body is of kind %v", s.Kind, KindOf(got))
		}
		again, err := EncodeBody(got)
		if err != nil || !bytes.Equal(again, s.Body) {
			t.Errorf("%v: encodes differently after decoding (%v)", s.Kind, err)
		}
		seen[s.Kind] = true
	}
	for k := KindFlag; k <= KindTally; k++ {
		if !seen[k] {
			t.Errorf("no sample of %v", k)
		}
	}
}

func TestDecodeBodyIsStrict(t *testing.T) {
	for _, body := range sampleBodies() {
		b, err := EncodeBody(body)
		if err != nil {
			t.Fatal(err)
		}
		kind := KindOf(body)
		if _, err := DecodeBody(kind, BodyVersion, append(bytes.Clone(b), 0)); err == nil {
			t.Errorf("%v with a byte more was read", kind)
		}
		for n := range b {
			if _, err := DecodeBody(kind, BodyVersion, b[:n]); err == nil {
				t.Errorf("%v cut to %d of %d bytes was read", kind, n, len(b))
			}
		}
		longer := append([]byte{0x98, b[0] & 0x1F}, b[1:]...) // the array's head one byte longer
		if _, err := DecodeBody(kind, BodyVersion, longer); err == nil {
			t.Errorf("%v with a long head was read", kind)
		}
		if _, err := DecodeBody(kind, BodyVersion+1, b); !errors.Is(err, ErrUnknownBody) {
			t.Errorf("%v of another version: %v", kind, err)
		}
	}
	for _, kind := range []Kind{0, KindTally + 1, 0xFFFF} {
		if _, err := DecodeBody(kind, BodyVersion, nil); !errors.Is(err, ErrUnknownBody) {
			t.Errorf("%v: %v", kind, err)
		}
	}
}

// TestCheckFlag has one row for each rule that a flag can break.
func TestCheckFlag(t *testing.T) {
	free, err := number.ParseRange("+861700000*/13")
	if err != nil {
		t.Fatal(err)
	}
	rangeKey := free.Bytes()
	flag := func(f Flag) func(*testing.T, *Statement) {
		return func(t *testing.T, s *Statement) { s.Basis = Basis{Kind: BasisInvestigation}; setBody(t, s, f) }
	}
	change := func(f func(*Statement)) func(*testing.T, *Statement) {
		return func(_ *testing.T, s *Statement) { f(s) }
	}
	digest := bytes.Repeat([]byte{1}, HashSize)
	tests := []struct {
		name   string
		change func(*testing.T, *Statement)
		want   Reason
	}{
		{"as it is", change(func(*Statement) {}), Sound},
		{"on a range", change(func(s *Statement) { s.Subject = Subject{Kind: SubjectRange, Value: rangeKey[:]} }), Sound},
		{"unknown kind", change(func(s *Statement) { s.Kind = 999 }), UnknownKind},
		{"unknown body version", change(func(s *Statement) { s.BodyVersion = 2 }), UnknownKind},
		{"unknown medium", change(func(s *Statement) { s.Medium = 5 }), UnknownCode},
		{"unknown basis", change(func(s *Statement) { s.Basis.Kind = 6 }), UnknownCode},
		{"body of another kind", change(func(s *Statement) { s.Kind = KindBlock }), BadBody},
		{"no body", change(func(s *Statement) { s.Body = nil }), BadBody},
		{"about a member", change(func(s *Statement) { s.Subject = Subject{Kind: SubjectMember, Value: []byte("vendor-b")} }), BadSubject},
		{"number of zeros", change(func(s *Statement) { s.Subject.Value = make([]byte, 8) }), BadNumber},
		{"observed backwards", change(func(s *Statement) { s.ObservedFrom = s.ObservedTo + 1 }), BadObserved},
		{"observed in one second", change(func(s *Statement) { s.ObservedFrom = s.ObservedTo }), Sound},
		{"expires never", change(func(s *Statement) { s.Expires = taxonomy.Never }), BadExpiry},
		{"expires when it begins", change(func(s *Statement) { s.Expires = s.Effective }), BadExpiry},
		{"expires a second later", change(func(s *Statement) { s.Expires = s.Effective + 1 }), Sound},
		{"unknown category", flag(Flag{Category: taxonomy.Category(taxonomy.Mkt)<<8 | 200}), BadCategory},
		{"no category", flag(Flag{}), BadCategory},
		{"confidence 1000", flag(Flag{Category: taxonomy.Untyped, Confidence: 1000}), Sound},
		{"confidence 1001", flag(Flag{Category: taxonomy.Untyped, Confidence: 1001}), BadConfidence},
		{"label of 128 bytes", flag(Flag{Category: taxonomy.Untyped, Label: strings.Repeat("l", 128)}), Sound},
		{"label of 129 bytes", flag(Flag{Category: taxonomy.Untyped, Label: strings.Repeat("l", 129)}), BadText},
		{"another count in the basis", change(func(s *Statement) { s.Basis.Count = 13 }), BadBasis},
		{"reports with a name", change(func(s *Statement) { s.Basis.Name = "rule" }), BadBasis},
		{"import with a name", change(func(s *Statement) { s.Basis = Basis{Kind: BasisImport, Name: "a list"} }), Sound},
		{"import without", change(func(s *Statement) { s.Basis = Basis{Kind: BasisImport} }), BadBasis},
		{"import with a count", change(func(s *Statement) { s.Basis = Basis{Kind: BasisImport, Name: "a list", Count: 12} }), BadBasis},
		{"detection", change(func(s *Statement) { s.Basis = Basis{Kind: BasisDetection, Name: "rule", Hash: digest} }), Sound},
		{"detection without a hash", change(func(s *Statement) { s.Basis = Basis{Kind: BasisDetection, Name: "rule"} }), BadBasis},
		{"derived", change(func(s *Statement) {
			s.Basis = Basis{Kind: BasisDerived, Sources: [][]byte{sampleRef().Bytes(), []byte("vendor-b")}}
		}), Sound},
		{"derived from nothing", change(func(s *Statement) { s.Basis = Basis{Kind: BasisDerived} }), BadBasis},
		{"derived from no member", change(func(s *Statement) { s.Basis = Basis{Kind: BasisDerived, Sources: [][]byte{[]byte("Vendor B")}} }), BadBasis},
		{"investigation with sources", change(func(s *Statement) {
			s.Basis = Basis{Kind: BasisInvestigation, Sources: [][]byte{[]byte("vendor-b")}}
		}), BadBasis},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sampleFlag(t)
			tt.change(t, &s)
			// Void is a judgement about a statement whose envelope holds.
			if _, err := DecodeStatement(encode(t, s)); err != nil {
				t.Fatalf("the envelope does not hold: %v", err)
			}
			if _, got := s.Check(); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// TestCheckOthers has a row for each rule of the other judged kinds.
func TestCheckOthers(t *testing.T) {
	ref, batch := sampleRef().Bytes(), sampleRef().Batch.Bytes()
	member := Subject{Kind: SubjectMember, Value: []byte("vendor-b")}
	wide := Subject{Kind: SubjectRange, Value: make([]byte, number.KeySize)}
	broken := bytes.Clone(ref)
	broken[0] = 0
	resource := Resource{AllocatedTo: "carrier-a"}
	with := func(f func(*Resource)) Resource { r := resource; f(&r); return r }
	tests := []struct {
		name    string
		body    Body
		subject *Subject
		want    Reason
	}{
		{"block", Block{Category: taxonomy.Untyped}, nil, Sound},
		{"block without a category", Block{}, nil, BadCategory},
		{"block of an unknown scope", Block{Category: taxonomy.Untyped, Scope: 2}, nil, BadCode},
		{"block with a long reason", Block{Category: taxonomy.Untyped, Reason: strings.Repeat("r", 257)}, nil, BadText},
		{"retract of a batch", Retract{Kind: TargetBatch, Target: batch}, &member, Sound},
		{"retract of a publication", Retract{Kind: TargetPublication, Target: make([]byte, 16)}, &member, Sound},
		{"retract of a short publication", Retract{Kind: TargetPublication, Target: make([]byte, 15)}, &member, BadTarget},
		{"retract of no batch", Retract{Kind: TargetBatch, Target: batch[:35]}, &member, BadTarget},
		{"retract of a batch about a statement", Retract{Kind: TargetBatch, Target: batch}, &Subject{Kind: SubjectStatement, Value: ref}, BadTarget},
		{"retract of another than its subject", Retract{Kind: TargetStatement, Target: broken}, &Subject{Kind: SubjectStatement, Value: ref}, BadTarget},
		{"retract about a number", Retract{Kind: TargetBatch, Target: batch}, &Subject{Kind: SubjectNumber, Value: make([]byte, 8)}, BadSubject},
		{"retract of an unknown target", Retract{Kind: 3, Target: ref}, &member, BadCode},
		{"retract with a long reason", Retract{Kind: TargetStatement, Target: ref, Reason: strings.Repeat("r", 257)}, nil, BadText},
		{"retract of no statement", Retract{Kind: TargetStatement, Target: broken}, nil, BadReference},
		{"retract by no member", Retract{Kind: TargetBatch, Target: batch}, &Subject{Kind: SubjectMember, Value: []byte("Vendor B")}, BadMember},
		{"reassign of a range", Reassign{Date: when}, &wide, RangeNotAllowed},
		{"reassign before 1970", Reassign{Date: -1}, nil, BadTime},
		{"port of a range", Port{From: "a", To: "b"}, &wide, RangeNotAllowed},
		{"contest of all", Contest{Grounds: "mine"}, nil, Sound},
		{"contest with 17 targets", Contest{Targets: slicesOf(17, 38)}, nil, TooMany},
		{"contest of no statement", Contest{Targets: [][]byte{broken}}, nil, BadReference},
		{"contest with long grounds", Contest{Grounds: strings.Repeat("g", 1025)}, nil, BadText},
		{"answer to a number", Answer{}, &Subject{Kind: SubjectNumber, Value: make([]byte, 8)}, BadSubject},
		{"answer with a long reason", Answer{Reason: strings.Repeat("r", 1025)}, nil, BadText},
		{"resource", resource, nil, Sound},
		{"resource of nobody", Resource{}, nil, BadMember},
		{"resource resold to no member", with(func(r *Resource) { r.ResoldTo = "MVNO B" }), nil, BadMember},
		{"resource with access by nobody", with(func(r *Resource) { r.Access = []string{""} }), nil, BadMember},
		{"resource with 9 accesses", with(func(r *Resource) { r.Access = make([]string, 9) }), nil, TooMany},
		{"resource with 17 callings", with(func(r *Resource) { r.Calling = slicesOf(17, 9) }), nil, TooMany},
		{"resource with a calling of 8 bytes", with(func(r *Resource) { r.Calling = slicesOf(1, 8) }), nil, BadNumber},
		{"resource with a broken calling", with(func(r *Resource) { r.Calling = [][]byte{bytes.Repeat([]byte{0xFF}, 9)} }), nil, BadNumber},
		{"resource with a long name", with(func(r *Resource) { r.DisplayName = strings.Repeat("n", 257) }), nil, BadText},
		{"authorize of a tool", Authorize{}, &Subject{Kind: SubjectTool, Value: []byte("t")}, BadSubject},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := statementOf(t, tt.body)
			if tt.subject != nil {
				s.Subject = *tt.subject
			}
			if _, err := DecodeStatement(encode(t, s)); err != nil {
				t.Fatalf("the envelope does not hold: %v", err)
			}
			if _, got := s.Check(); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	retract := statementOf(t, Retract{Kind: TargetStatement, Target: ref})
	retract.Expires = when + 1
	if _, got := retract.Check(); got != BadExpiry {
		t.Errorf("a retract that expires: %v", got)
	}
}

func TestReasonTexts(t *testing.T) {
	seen := map[string]Reason{}
	for r := Sound; int(r) < len(reasonTexts); r++ {
		for _, lang := range []string{"en", "zh-CN"} {
			text := r.Text(lang)
			if other, dup := seen[text]; text == "" || dup {
				t.Errorf("reason %d in %s is %q, as reason %d is", uint8(r), lang, text, uint8(other))
			}
			seen[text] = r
		}
		if r >= FirstViewReason {
			t.Errorf("reason %d is a code of the floors above", uint8(r))
		}
	}
	if got := Reason(63).String(); got != "reason(63)" {
		t.Errorf("an unknown reason is %q", got)
	}
	var err error = BadExpiry
	var reason Reason
	if !errors.As(err, &reason) || reason != BadExpiry || !strings.Contains(err.Error(), "expires") {
		t.Errorf("a reason as an error: %v", err)
	}
}
