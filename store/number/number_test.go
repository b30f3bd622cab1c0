package number_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"ringfence/store/number"
)

// vectors reads testdata/name: two columns, comments left out.
func vectors(t *testing.T, name string) [][2]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var rows [][2]string
	for in := bufio.NewScanner(f); in.Scan(); {
		if a, b, ok := strings.Cut(in.Text(), ","); ok && !strings.HasPrefix(a, "#") {
			rows = append(rows, [2]string{a, b})
		}
	}
	if len(rows) < 10 {
		t.Fatalf("%s has %d vectors", name, len(rows))
	}
	return rows
}

func parse(t testing.TB, s string) number.Number {
	t.Helper()
	n, err := number.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNumberVectors(t *testing.T) {
	for _, v := range vectors(t, "numbers.csv") {
		n := parse(t, v[0])
		if got := fmt.Sprintf("%016x", n.Uint64()); got != v[1] {
			t.Errorf("Parse(%q) is %s, want %s", v[0], got, v[1])
		}
		if n.String() != v[0] {
			t.Errorf("%q prints as %q", v[0], n)
		}
		if back, err := number.FromUint64(n.Uint64()); err != nil || back != n {
			t.Errorf("FromUint64 of %q gives %v, %v", v[0], back, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ in, why string }{
		{"", "does not begin with +"},
		{"+", "does not begin with +"},
		{"8613800138000", "does not begin with +"},
		{"+0613800138000", "no country code"},
		{"+86", "country code alone"},
		{"+86!", "country code alone"},
		{"+!8613800138000", "no country code"},
		{"+!86!95588", "no country code"},
		{"+86!!95588", "country code alone"},
		{"+8!695588", "should be 86"},
		{"+869!5588", "should be 86"},
		{"+86!955!88", "neither digits nor a province"},
		{"+210123456", "no assigned country code"},
		{"+1234567890123456", "more than 15 digits"},
		{"+86 13800138000", "country code alone"},
		{"+86138x", "neither digits nor a province"},
		{"+8613800138000@31", "neither digits nor a province"},
		{"+86!962121@3", "neither digits nor a province"},
		{"+86!962121@312", "neither digits nor a province"},
		{"+86!962121@3x", "neither digits nor a province"},
		{"+86!962121@@1", "neither digits nor a province"},
		{"+861700123*/13", "neither digits nor a province"},
		{"＋8613800138000", "does not begin with +"},
	} {
		n, err := number.Parse(tt.in)
		if err == nil {
			t.Errorf("Parse(%q) = %v, want an error", tt.in, n)
		} else if !strings.Contains(err.Error(), tt.why) {
			t.Errorf("Parse(%q): %v; want it to say %q", tt.in, err, tt.why)
		}
		if !n.IsZero() {
			t.Errorf("Parse(%q) fails and gives %v", tt.in, n)
		}
	}
}

func TestErrorsDoNotShowNumbers(t *testing.T) {
	for _, in := range []string{"8613800138642", "+8613800138642@31", "+8613800138642x", "8613800138642 " + strings.Repeat("x", 50)} {
		_, err := number.Parse(in)
		if err == nil || strings.Contains(err.Error(), "642") {
			t.Errorf("the error on a number shows it whole: %v", err)
		}
		if len(err.Error()) > 200 {
			t.Errorf("the error repeats %d bytes", len(err.Error()))
		}
	}
}

func TestFromUint64Refuses(t *testing.T) {
	good := parse(t, "+8613800138000").Uint64()
	local := parse(t, "+86!962121@31").Uint64()
	for _, tt := range []struct {
		name string
		v    uint64
	}{
		{"zero", 0},
		{"top bit", good | 1<<63},
		{"second bit", good | 1<<62},
		{"province in the international namespace", good | 5<<54},
		{"province beyond 99", local&^(0x7F<<54) | 101<<54},
		{"length too small for the digits", good - 1<<50},
		{"length too great for the digits", good + 1<<50},
		{"no digits", 13 << 50},
		{"country code alone", 2<<50 | 86},
		{"unassigned country code", 9<<50 | 210123456},
		{"all ones", ^uint64(0)},
	} {
		if n, err := number.FromUint64(tt.v); err == nil {
			t.Errorf("%s: FromUint64(%016x) = %v, want an error", tt.name, tt.v, n)
		}
	}
}

func TestConstructors(t *testing.T) {
	for _, tt := range []struct {
		make func() (number.Number, error)
		want string // "" for an error
	}{
		{func() (number.Number, error) { return number.International("8613800138000") }, "+8613800138000"},
		{func() (number.Number, error) { return number.International("") }, ""},
		{func() (number.Number, error) { return number.International("86") }, ""},
		{func() (number.Number, error) { return number.International("0086138") }, ""},
		{func() (number.Number, error) { return number.International("86138a") }, ""},
		{func() (number.Number, error) { return number.International("2101234567") }, ""},
		{func() (number.Number, error) { return number.International("8613800138000000") }, ""},
		{func() (number.Number, error) { return number.Service(number.China, "95588") }, "+86!95588"},
		{func() (number.Number, error) { return number.Service(number.Spain, "091") }, "+34!091"},
		{func() (number.Number, error) { return number.Service(number.China, "") }, ""},
		{func() (number.Number, error) { return number.Service(0, "95588") }, ""},
		{func() (number.Number, error) { return number.LocalService(number.China, 31, "962121") }, "+86!962121@31"},
		{func() (number.Number, error) { return number.LocalService(number.China, 0, "962121") }, "+86!962121@00"},
		{func() (number.Number, error) { return number.LocalService(number.China, -1, "962121") }, "+86!962121@00"},
		{func() (number.Number, error) { return number.LocalService(number.China, 100, "962121") }, ""},
	} {
		n, err := tt.make()
		if n.String() != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("got %q, %v; want %q", n, err, tt.want)
		}
	}
}

func TestNumberParts(t *testing.T) {
	for _, tt := range []struct {
		text     string
		country  number.Country
		national string
		service  bool
		province int
		local    bool
		known    bool
		masked   string
	}{
		{"+8613800138000", 86, "13800138000", false, 0, false, false, "+8613800138***"},
		{"+12136986000", 1, "2136986000", false, 0, false, false, "+12136986***"},
		{"+85221221188", 852, "21221188", false, 0, false, false, "+85221221***"},
		{"+78005553535", 7, "8005553535", false, 0, false, false, "+78005553***"},
		{"+34!091", 34, "091", true, 0, false, false, "+34!***"},
		{"+86!95588", 86, "95588", true, 0, false, false, "+86!95***"},
		{"+86!962121@31", 86, "962121", true, 31, true, true, "+86!962***@31"},
		{"+86!962121@00", 86, "962121", true, 0, true, false, "+86!962***@00"},
		{"+86!11", 86, "11", true, 0, false, false, "+86!**"},
	} {
		n := parse(t, tt.text)
		if n.Country() != tt.country || n.NationalDigits() != tt.national || n.Service() != tt.service {
			t.Errorf("%s: country %s, national %s, service %t", tt.text, n.Country(), n.NationalDigits(), n.Service())
		}
		if n.Digits() != tt.country.String()+tt.national || n.Len() != len(n.Digits()) {
			t.Errorf("%s: digits %s, length %d", tt.text, n.Digits(), n.Len())
		}
		if d, l := n.National(); fmt.Sprintf("%0*d", l, d) != tt.national {
			t.Errorf("%s: National gives %d in %d digits", tt.text, d, l)
		}
		if p, local, known := n.Province(); p != tt.province || local != tt.local || known != tt.known {
			t.Errorf("%s: province %d, local %t, known %t", tt.text, p, local, known)
		}
		if n.Masked() != tt.masked {
			t.Errorf("%s: masked %s, want %s", tt.text, n.Masked(), tt.masked)
		}
		if _, local, _ := n.Nationwide().Province(); local || n.Nationwide().NationalDigits() != tt.national {
			t.Errorf("%s: nationwide %s", tt.text, n.Nationwide())
		}
	}
	if z := (number.Number{}); !z.IsZero() || z.String() != "" || z.Masked() != "" || z.Digits() != "" || z.Country() != 0 || z.Len() != 0 {
		t.Error("the zero number is something")
	}
}

func TestNumberAsText(t *testing.T) {
	type doc struct {
		N number.Number `json:"n"`
	}
	for _, text := range []string{"+8613800138000", "+86!962121@31", ""} {
		in := fmt.Sprintf(`{"n":%q}`, text)
		var d doc
		if err := json.Unmarshal([]byte(in), &d); err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(d)
		if err != nil || string(out) != in {
			t.Errorf("%s comes back as %s, %v", in, out, err)
		}
	}
	d := doc{N: parse(t, "+86!95588")}
	if err := json.Unmarshal([]byte(`{"n":"95588"}`), &d); err == nil {
		t.Error("text that is not canonical was accepted")
	}
	if d.N != parse(t, "+86!95588") {
		t.Error("a refused text changed the number")
	}
}

// randomNumber draws a number of any namespace, province and length.
func randomNumber(r *rand.Rand) number.Number {
	for {
		var b strings.Builder
		for range 4 + r.IntN(12) {
			b.WriteByte(byte('0' + r.IntN(10)))
		}
		n, err := number.International(b.String())
		if err != nil {
			continue
		}
		switch r.IntN(3) {
		case 1:
			n, err = number.Service(n.Country(), n.NationalDigits())
		case 2:
			n, err = number.LocalService(n.Country(), r.IntN(101)-1, n.NationalDigits())
		}
		if err == nil {
			return n
		}
	}
}

func TestRandomNumbersKeepTheirText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		n := randomNumber(r)
		back, err := number.Parse(n.String())
		if err != nil || back != n {
			t.Fatalf("%s comes back as %s, %v", n, back, err)
		}
		again, err := number.FromUint64(n.Uint64())
		if err != nil || again != n {
			t.Fatalf("%016x comes back as %s, %v", n.Uint64(), again, err)
		}
	}
}

// TestPrefixIsOneInterval sorts all numbers of a small space and requires that
// those of one namespace, province, prefix and length stand together.
func TestPrefixIsOneInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var all []number.Number
	for range 4000 {
		all = append(all, randomNumber(r))
	}
	slices.SortFunc(all, number.Number.Compare)
	for range 200 {
		n := all[r.IntN(len(all))]
		free := r.IntN(n.Len() - n.Country().Len())
		k, ok := n.Enclosing(free)
		if !ok {
			t.Fatalf("no range of %d free digits around %s", free, n)
		}
		stem := n.String()
		if i := strings.IndexByte(stem, '@'); i >= 0 {
			stem = stem[:i]
		}
		stem = stem[:len(stem)-free]
		pn, ln, kn := n.Province()
		first, last := -1, -1
		count := 0
		for i, m := range all {
			pm, lm, km := m.Province()
			if m.Len() == n.Len() && m.Service() == n.Service() && pm == pn && lm == ln && km == kn && strings.HasPrefix(m.String(), stem) {
				if first < 0 {
					first = i
				}
				last = i
				count++
				if !k.Contains(m) {
					t.Fatalf("%s does not contain %s", k, m)
				}
			} else if k.Contains(m) {
				t.Fatalf("%s contains %s", k, m)
			}
		}
		if last-first+1 != count {
			t.Fatalf("the %d numbers of %s lie among %d", count, k, last-first+1)
		}
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	for _, s := range []string{"+8613800138000", "+86!95588", "+86!962121@31"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = number.Parse(s) }); n != 0 {
			t.Errorf("Parse(%q) allocates %v times", s, n)
		}
	}
	n := parse(t, "+8613800138000")
	buf := make([]byte, 0, 32)
	if a := testing.AllocsPerRun(100, func() { buf = n.AppendText(buf[:0]) }); a > 1 {
		t.Errorf("AppendText allocates %v times", a)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"+8613800138000", "+86!95588", "+86!962121@31", "+!86", "+1", "+86!!1", "+999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := number.Parse(s)
		if err != nil {
			return
		}
		if n.String() != s {
			t.Errorf("Parse(%q) prints as %q: two texts for one number", s, n)
		}
		if back, err := number.FromUint64(n.Uint64()); err != nil || back != n {
			t.Errorf("Parse(%q) makes %016x, which is no number: %v", s, n.Uint64(), err)
		}
	})
}

func FuzzFromUint64(f *testing.F) {
	f.Add(uint64(0x0035_07d5_9e43_3d90))
	f.Add(uint64(0x2010_0000_0083_beb4))
	f.Fuzz(func(t *testing.T, v uint64) {
		n, err := number.FromUint64(v)
		if err != nil {
			return
		}
		if back, err := number.Parse(n.String()); err != nil || back != n {
			t.Errorf("%016x prints as %q, which comes back as %v, %v", v, n, back, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := number.Parse("+8613800138000"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestRangeVectors(t *testing.T) {
	for _, v := range vectors(t, "ranges.csv") {
		k, err := number.ParseRange(v[0])
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		b := k.Bytes()
		if got := hex.EncodeToString(b[:]); got != v[1] {
			t.Errorf("ParseRange(%q) is %s, want %s", v[0], got, v[1])
		}
		if k.String() != v[0] {
			t.Errorf("%q prints as %q", v[0], k)
		}
		if back, err := number.RangeFromBytes(b); err != nil || back != k {
			t.Errorf("RangeFromBytes of %q gives %v, %v", v[0], back, err)
		}
	}
}
