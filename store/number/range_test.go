package number_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"ringfence/store/number"
)

func parseRange(t testing.TB, s string) number.Range {
	t.Helper()
	k, err := number.ParseRange(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestParseRangeRefuses(t *testing.T) {
	for _, tt := range []struct{ in, why string }{
		{"", "does not begin with +"},
		{"861700123*/13", "does not begin with +"},
		{"+86*", "country code alone"},
		{"+86!*", "country code alone"},
		{"+861700123*/9", "total length"},
		{"+861700123*/16", "total length"},
		{"+861700123*/013", "total length"},
		{"+861700123*/+13", "total length"},
		{"+861700123*/", "total length"},
		{"+861700123*/x", "total length"},
		{"+861700123**", "neither digits nor a province"},
		{"+861700123*1", "neither digits nor a province"},
		{"+861700123*@31/13", "neither digits nor a province"},
		{"+86!9621@31*/8", "neither digits nor a province"},
	} {
		k, err := number.ParseRange(tt.in)
		if err == nil {
			t.Errorf("ParseRange(%q) = %v, want an error", tt.in, k)
		} else if !strings.Contains(err.Error(), tt.why) {
			t.Errorf("ParseRange(%q): %v; want it to say %q", tt.in, err, tt.why)
		}
	}
}

func TestRangeContains(t *testing.T) {
	for _, tt := range []struct {
		key string
		in  []string
		out []string
	}{
		{
			"+861700123*/13",
			[]string{"+8617001230000", "+8617001239999", "+8617001234567"},
			[]string{"+8617001229999", "+8617001240000", "+861700123000", "+86!17001230000"},
		},
		{
			"+86!95163*",
			[]string{"+86!95163", "+86!951631", "+86!9516323412", "+86!9516399999999"},
			[]string{"+86!9516", "+86!95164", "+869516323412", "+86!95163@31"},
		},
		{
			"+86!96*@31/8",
			[]string{"+86!962121@31", "+86!960000@31"},
			[]string{"+86!962121@00", "+86!962121", "+86!96212@31", "+86!962121@32"},
		},
		{"+8613800138000", []string{"+8613800138000"}, []string{"+8613800138001"}},
	} {
		k := parseRange(t, tt.key)
		for _, s := range tt.in {
			if !k.Contains(parse(t, s)) || !k.Covers(parse(t, s).Range()) {
				t.Errorf("%s does not contain %s", k, s)
			}
		}
		for _, s := range tt.out {
			if k.Contains(parse(t, s)) || k.Covers(parse(t, s).Range()) {
				t.Errorf("%s contains %s", k, s)
			}
		}
	}
	if (number.Range{}).Contains(parse(t, "+8613800138000")) || (number.Range{}).Contains(number.Number{}) {
		t.Error("the range that is none contains something")
	}
}

func TestRangeCovers(t *testing.T) {
	for _, tt := range []struct {
		outer, inner string
		want         bool
	}{
		{"+86170*/13", "+861700123*/13", true},
		{"+861700123*/13", "+86170*/13", false},
		{"+86170*/13", "+86170*/12", false},
		{"+86170*", "+861700123*/13", true},
		{"+86170*", "+861701*", true},
		{"+861701*", "+86170*", false},
		{"+86170*/13", "+86170*", false},
		{"+86170*/13", "+86171*/13", false},
		{"+86!95*", "+86!95163*", true},
		{"+86!95163*", "+86!95163*", true},
	} {
		if got := parseRange(t, tt.outer).Covers(parseRange(t, tt.inner)); got != tt.want {
			t.Errorf("%s covers %s: %t", tt.outer, tt.inner, got)
		}
	}
	k := parseRange(t, "+86170*/13")
	if k.Covers(number.Range{}) || (number.Range{}).Covers(k) {
		t.Error("none covers, or is covered")
	}
}

func TestRangeEnds(t *testing.T) {
	k := parseRange(t, "+861700123*/13")
	if k.First() != parse(t, "+8617001230000") || k.Last() != parse(t, "+8617001239999") || k.Free() != 4 || k.AnyLength() {
		t.Errorf("%s: %s to %s, %d free", k, k.First(), k.Last(), k.Free())
	}
	if _, ok := k.Number(); ok {
		t.Error("a range of ten thousand is a number")
	}
	one := parse(t, "+8617001230000").Range()
	if n, ok := one.Number(); !ok || n != parse(t, "+8617001230000") || one.First() != one.Last() {
		t.Error("a range of one is not its number")
	}
	free := parseRange(t, "+86!95163*")
	if !free.AnyLength() || free.Free() != 8 || free.First() != parse(t, "+86!95163") {
		t.Errorf("%s: first %s, %d free", free, free.First(), free.Free())
	}
	if _, ok := free.Number(); ok {
		t.Error("a range of any length is a number")
	}
	if _, ok := (number.Range{}).Number(); ok {
		t.Error("no range is a number")
	}
	if k.Masked() != k.String() || one.Masked() != "+8617001230***" {
		t.Errorf("masked: %s, %s", k.Masked(), one.Masked())
	}
}

func TestAnyLengthKeys(t *testing.T) {
	var got []string
	for k := range parseRange(t, "+86!95163*").Keys() {
		got = append(got, k.String())
	}
	want := []string{
		"+86!95163", "+86!95163*/8", "+86!95163*/9", "+86!95163*/10", "+86!95163*/11",
		"+86!95163*/12", "+86!95163*/13", "+86!95163*/14", "+86!95163*/15",
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("keys %v, want %v", got, want)
	}
	n := 0
	for k := range parseRange(t, "+86170*/13").Keys() {
		if n++; k != parseRange(t, "+86170*/13") {
			t.Errorf("a range of a given length is the key %s", k)
		}
	}
	if n != 1 {
		t.Errorf("a range of a given length has %d keys", n)
	}
	for range parseRange(t, "+86!95163*").Keys() {
		break // a reader may stop early
	}
}

func TestNewRangeRefuses(t *testing.T) {
	n := parse(t, "+8617001230000")
	for _, free := range []int{-1, 3, 100} {
		if k, err := number.NewRange(n, free); err == nil {
			t.Errorf("NewRange with %d free digits gives %s", free, k)
		}
	}
	if _, err := number.NewRange(number.Number{}, 2); err == nil {
		t.Error("a range without a prefix")
	}
	if k, ok := n.Enclosing(11); ok {
		t.Errorf("Enclosing frees the country code: %s", k)
	}
	if _, ok := n.Enclosing(-1); ok {
		t.Error("Enclosing frees -1 digits")
	}
	if _, ok := (number.Number{}).Enclosing(0); ok {
		t.Error("no number has an enclosing range")
	}
}

func TestRangeFromBytesRefuses(t *testing.T) {
	b := parseRange(t, "+861700123*/13").Bytes()
	for name, change := range map[string]func(*[number.KeySize]byte){
		"no number":                 func(b *[number.KeySize]byte) { b[0] = 0xFF },
		"not the first number":      func(b *[number.KeySize]byte) { b[7]++ },
		"more free than zeros":      func(b *[number.KeySize]byte) { b[8] = 5 },
		"frees the country code":    func(b *[number.KeySize]byte) { b[8] = 11 },
		"frees more than there are": func(b *[number.KeySize]byte) { b[8] = 200 },
	} {
		bad := b
		change(&bad)
		if k, err := number.RangeFromBytes(bad); err == nil {
			t.Errorf("%s: % x is %s", name, bad, k)
		}
	}
}

func TestRangesSortByFirstThenBreadth(t *testing.T) {
	sorted := []string{"+861700000000", "+8617000000000", "+861700000000*/13", "+86170*/13", "+8617000000001", "+86!95163", "+86!95163*", "+86!951630*/9"}
	for i := range sorted {
		for j := range sorted {
			c := parseRange(t, sorted[i]).Compare(parseRange(t, sorted[j]))
			if (c < 0) != (i < j) || (c == 0) != (i == j) {
				t.Errorf("%s against %s: %d", sorted[i], sorted[j], c)
			}
		}
	}
}

// TestRangesAgreeWithTheirText compares Contains and Covers with what the
// texts say, digit by digit.
func TestRangesAgreeWithTheirText(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		a, b := randomNumber(r), randomNumber(r)
		if r.IntN(2) == 0 { // most random pairs have nothing in common
			b = a
		}
		ka, ok1 := a.Enclosing(r.IntN(a.Len() - a.Country().Len()))
		kb, ok2 := b.Enclosing(r.IntN(b.Len() - b.Country().Len()))
		if !ok1 || !ok2 {
			t.Fatalf("no range around %s or %s", a, b)
		}
		want := ka.First().Compare(kb.First()) <= 0 && kb.Last().Compare(ka.Last()) <= 0
		if got := ka.Covers(kb); got != want {
			t.Fatalf("%s covers %s: %t", ka, kb, got)
		}
		if back, err := number.ParseRange(ka.String()); err != nil || back != ka {
			t.Fatalf("%s comes back as %s, %v", ka, back, err)
		}
		text, err := ka.MarshalText()
		var again number.Range
		if err != nil || again.UnmarshalText(text) != nil || again != ka {
			t.Fatalf("%s comes back from its text as %s", ka, again)
		}
	}
	var none number.Range
	if err := none.UnmarshalText(nil); err != nil || !none.IsZero() || none.String() != "" {
		t.Error("the empty text is no range")
	}
	if err := none.UnmarshalText([]byte("170*")); err == nil {
		t.Error("a bad text was accepted")
	}
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"+861700123*/13", "+86!95163*", "+86!9621*@31/8", "+86!962121@31", "+86*", "+8613*/15"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := number.ParseRange(s)
		if err != nil {
			return
		}
		if k.String() != s {
			t.Errorf("ParseRange(%q) prints as %q", s, k)
		}
		if back, err := number.RangeFromBytes(k.Bytes()); err != nil || back != k {
			t.Errorf("%q: bytes come back as %v, %v", s, back, err)
		}
	})
}

func FuzzRangeFromBytes(f *testing.F) {
	for _, s := range []string{"+861700123*/13", "+86!95163*", "+86!962121@31"} {
		b := parseRange(f, s).Bytes()
		f.Add(b[:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) != number.KeySize {
			return
		}
		k, err := number.RangeFromBytes([number.KeySize]byte(b))
		if err != nil {
			return
		}
		if k.Bytes() != [number.KeySize]byte(b) {
			t.Errorf("% x comes back as % x", b, k.Bytes())
		}
		if back, err := number.ParseRange(k.String()); err != nil || back != k {
			t.Errorf("% x prints as %q, which comes back as %v, %v", b, k, back, err)
		}
	})
}
