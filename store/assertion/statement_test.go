package assertion

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

func TestStatementRoundTrip(t *testing.T) {
	unknown := sampleFlag(t)
	unknown.Kind, unknown.BodyVersion, unknown.Body = 999, 7, []byte{0xFF, 0x00}
	unknown.Medium, unknown.Audience, unknown.Basis.Kind, unknown.Subject = 200, 200, 200, Subject{Kind: 99, Value: []byte("anything")}
	statements := []Statement{sampleFlag(t), unknown}
	for _, body := range sampleBodies() {
		statements = append(statements, statementOf(t, body))
	}
	derived := sampleFlag(t)
	derived.Basis = Basis{Kind: BasisDerived, Sources: [][]byte{sampleRef().Bytes(), []byte("vendor-b")}}
	statements = append(statements, derived)
	for _, s := range statements {
		b := encode(t, s)
		back, err := DecodeStatement(b)
		if err != nil {
			t.Errorf("%v: %v", s.Kind, err)
			continue
		}
		if !bytes.Equal(encode(t, back), b) {
			t.Errorf("%v: encodes differently after decoding", s.Kind)
		}
		generic, err := Encode(s)
		if err != nil || !bytes.Equal(generic, b) {
			t.Errorf("%v: by hand %x, by the library %x (%v)", s.Kind, b, generic, err)
		}
		var viaLibrary Statement
		if err := Decode(b, &viaLibrary); err != nil {
			t.Errorf("%v: the library refuses it: %v", s.Kind, err)
		}
		if back.Subject.Kind != viaLibrary.Subject.Kind || !reflect.DeepEqual(normal(back), normal(viaLibrary)) {
			t.Errorf("%v: by hand %+v, by the library %+v", s.Kind, back, viaLibrary)
		}
	}
}

// normal makes nil and empty slices alike.
func normal(s Statement) Statement {
	empty := func(b []byte) []byte { return append([]byte{}, b...) }
	s.Subject.Value, s.Body, s.Basis.Hash = empty(s.Subject.Value), empty(s.Body), empty(s.Basis.Hash)
	if len(s.Basis.Sources) == 0 {
		s.Basis.Sources = nil
	}
	return s
}

// TestEnvelopeBounds holds every fixed bound from both sides: what Encode
// refuses is refused by DecodeStatement too when a stranger encodes it.
func TestEnvelopeBounds(t *testing.T) {
	ref := sampleRef().Bytes()
	tests := []struct {
		name   string
		change func(*Statement)
		ok     bool
	}{
		{"as it is", func(*Statement) {}, true},
		{"envelope version 0", func(s *Statement) { s.Version = 0 }, false},
		{"envelope version 2", func(s *Statement) { s.Version = 2 }, false},
		{"number of 7 bytes", func(s *Statement) { s.Subject.Value = s.Subject.Value[:7] }, false},
		{"number that is none", func(s *Statement) { s.Subject.Value = make([]byte, 8) }, true}, // void, not refused
		{"range of 8 bytes", func(s *Statement) { s.Subject.Kind = SubjectRange }, false},
		{"range of 9 bytes", func(s *Statement) { s.Subject = Subject{Kind: SubjectRange, Value: make([]byte, 9)} }, true},
		{"line without text", func(s *Statement) { s.Subject = Subject{Kind: SubjectLine} }, false},
		{"member not UTF-8", func(s *Statement) { s.Subject = Subject{Kind: SubjectMember, Value: []byte{0xFF}} }, false},
		{"tool of 128 bytes", func(s *Statement) { s.Subject = Subject{Kind: SubjectTool, Value: bytes.Repeat([]byte("a"), 128)} }, true},
		{"tool of 129 bytes", func(s *Statement) { s.Subject = Subject{Kind: SubjectTool, Value: bytes.Repeat([]byte("a"), 129)} }, false},
		{"statement of 37 bytes", func(s *Statement) { s.Subject = Subject{Kind: SubjectStatement, Value: ref[:37]} }, false},
		{"statement of 38 bytes", func(s *Statement) { s.Subject = Subject{Kind: SubjectStatement, Value: ref} }, true},
		{"call of 31 bytes", func(s *Statement) { s.Subject = Subject{Kind: SubjectCall, Value: make([]byte, 31)} }, false},
		{"unknown subject, empty", func(s *Statement) { s.Subject = Subject{Kind: 8} }, true},
		{"unknown subject of 129 bytes", func(s *Statement) { s.Subject = Subject{Kind: 8, Value: make([]byte, 129)} }, false},
		{"observed before 1970", func(s *Statement) { s.ObservedFrom = -1 }, false},
		{"observed after 9999", func(s *Statement) { s.ObservedTo = taxonomy.MaxTime + 1 }, false},
		{"observed backwards", func(s *Statement) { s.ObservedFrom = s.ObservedTo + 1 }, true}, // void, not refused
		{"effective never", func(s *Statement) { s.Effective = taxonomy.Never }, false},
		{"expires at the last time", func(s *Statement) { s.Expires = taxonomy.MaxTime }, true},
		{"expires after it", func(s *Statement) { s.Expires = taxonomy.MaxTime + 1 }, false},
		{"expires never", func(s *Statement) { s.Expires = taxonomy.Never }, true},
		{"expires before 1970", func(s *Statement) { s.Expires = -1 }, false},
		{"basis name of 64 bytes", func(s *Statement) { s.Basis.Name = strings.Repeat("n", 64) }, true},
		{"basis name of 65 bytes", func(s *Statement) { s.Basis.Name = strings.Repeat("n", 65) }, false},
		{"basis name not UTF-8", func(s *Statement) { s.Basis.Name = "\xff" }, false},
		{"basis hash of 31 bytes", func(s *Statement) { s.Basis.Hash = make([]byte, 31) }, false},
		{"basis hash of 32 bytes", func(s *Statement) { s.Basis.Hash = make([]byte, 32) }, true},
		{"16 sources", func(s *Statement) { s.Basis.Sources = slicesOf(16, 64) }, true},
		{"17 sources", func(s *Statement) { s.Basis.Sources = slicesOf(17, 1) }, false},
		{"source of 65 bytes", func(s *Statement) { s.Basis.Sources = slicesOf(1, 65) }, false},
		{"empty source", func(s *Statement) { s.Basis.Sources = slicesOf(1, 0) }, false},
		{"body of 8,000 bytes for all", func(s *Statement) { s.Body = make([]byte, 8000) }, true},
		{"body of 8,192 bytes for all", func(s *Statement) { s.Body = make([]byte, 8192) }, false},
		{"body of 60,000 bytes for operators", func(s *Statement) { s.Audience, s.Body = Operators, make([]byte, 60000) }, true},
		{"body of 65,536 bytes for operators", func(s *Statement) { s.Audience, s.Body = Operators, make([]byte, 65536) }, false},
		{"no body", func(s *Statement) { s.Body = nil }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sampleFlag(t)
			tt.change(&s)
			_, err := s.Encode()
			if (err == nil) != tt.ok {
				t.Errorf("Encode: %v, want accepted %v", err, tt.ok)
			}
			if generic, gerr := Encode(s); gerr == nil {
				if _, err := DecodeStatement(generic); (err == nil) != tt.ok {
					t.Errorf("DecodeStatement: %v, want accepted %v", err, tt.ok)
				}
			}
		})
	}
}

func slicesOf(n, size int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = bytes.Repeat([]byte("a"), size)
	}
	return all
}

// TestDecodeStatementAtEveryCut checks that no prefix of a statement and no
// lengthened one is read, and that errors name the place.
func TestDecodeStatementAtEveryCut(t *testing.T) {
	b := encode(t, sampleFlag(t))
	for n := range b {
		if _, err := DecodeStatement(b[:n]); err == nil || !strings.Contains(err.Error(), "assertion: statement") {
			t.Errorf("cut to %d of %d bytes: %v", n, len(b), err)
		}
	}
	if _, err := DecodeStatement(append(b, 0)); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("one byte more: %v", err)
	}
}

// TestLengthsDoNotAllocate feeds heads that announce more than there is.
func TestLengthsDoNotAllocate(t *testing.T) {
	for _, in := range []string{
		"8c010101" + "82005bffffffffffffffff",
		"9bffffffffffffffff",
		"8c010101" + "820048" + "0000000000000000" + "0000" + "00000000" + "850000607f",
	} {
		b := unhex(t, in)
		if n := testing.AllocsPerRun(10, func() { _, _ = DecodeStatement(b) }); n > 20 {
			t.Errorf("%s: %v allocations", in, n)
		}
	}
}

func TestStatementKey(t *testing.T) {
	s := sampleFlag(t)
	key, ok := s.Key()
	if n, single := key.Number(); !ok || !single || n.String() != "+8617000001234" {
		t.Errorf("key %v, %v", key.Masked(), ok)
	}
	r, err := number.ParseRange("+861700000*/13")
	if err != nil {
		t.Fatal(err)
	}
	b := r.Bytes()
	s.Subject = Subject{Kind: SubjectRange, Value: b[:]}
	if key, ok := s.Key(); !ok || key != r {
		t.Errorf("key %v, %v, want %v", key, ok, r)
	}
	for name, subject := range map[string]Subject{
		"a member":          {Kind: SubjectMember, Value: []byte("vendor-b")},
		"a short number":    {Kind: SubjectNumber, Value: make([]byte, 7)},
		"a number of zeros": {Kind: SubjectNumber, Value: make([]byte, 8)},
		"a broken range":    {Kind: SubjectRange, Value: bytes.Repeat([]byte{0xFF}, 9)},
	} {
		s.Subject = subject
		if key, ok := s.Key(); ok {
			t.Errorf("%s has the key %v", name, key)
		}
	}
}

func TestWords(t *testing.T) {
	for k := KindFlag; k <= KindTally; k++ {
		text, err := k.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Kind
		if err := back.UnmarshalText(text); err != nil || back != k || !k.Known() {
			t.Errorf("kind %d: %q reads as %v, %v", k, text, back, err)
		}
	}
	for m := Voice; m <= RCS; m++ {
		text, err := m.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Medium
		if err := back.UnmarshalText(text); err != nil || back != m || !m.Known() {
			t.Errorf("medium %d: %q reads as %v, %v", m, text, back, err)
		}
	}
	for got, want := range map[string]string{
		Kind(0).String():       "kind(0)",
		Kind(24).String():      "kind(24)",
		Medium(5).String():     "medium(5)",
		Audience(3).String():   "audience(3)",
		Regulators.String():    "regulators",
		BasisKind(6).String():  "basis(6)",
		BasisDerived.String():  "derived",
		BasisReports.String():  "reports",
		Operators.String():     "operators",
		KindResource.String():  "resource",
		KindAuthorize.String(): "authorize",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var k Kind
	if err := k.UnmarshalText(nil); err == nil {
		t.Error("no text is a kind")
	}
	if err := k.UnmarshalText([]byte("flags")); err == nil || !strings.Contains(err.Error(), "flags") {
		t.Errorf("an unknown word: %v", err)
	}
}
