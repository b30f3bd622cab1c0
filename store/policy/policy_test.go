package policy_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

func read(text string) (policy.Policy, error) { return policy.Read(strings.NewReader(text)) }

// The written policy that every document shows is the one that federations
// begin with.
func TestDefaultPolicyIsTheWrittenOne(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := read(string(b))
	if err != nil {
		t.Fatal(err)
	}
	if want := policy.Default(); !samePolicy(p, want) {
		t.Errorf("the file says\n%+v\nwant\n%+v", p, want)
	}
	// Reading fills gaps from the default, so see that nothing was missing.
	written, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := keysOf(string(written)), keysOf(string(b)); got != want {
		t.Errorf("keys\n%s\nwant\n%s", got, want)
	}
}

// keysOf returns the lines of a policy file without comments.
func keysOf(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// samePolicy compares without telling a nil list from an empty one.
func samePolicy(a, b policy.Policy) bool {
	if len(a.MemberWeights) == 0 && len(b.MemberWeights) == 0 {
		a.MemberWeights, b.MemberWeights = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// Every figure goes through YAML and JSON and comes back: each is given a value
// of its own, so that no two can be confused.
func TestPolicyRoundTrip(t *testing.T) {
	p := policy.Default()
	next := uint64(2)
	number := func(v reflect.Value) {
		if next++; v.CanUint() {
			v.SetUint(next)
		} else {
			v.SetInt(int64(next))
		}
	}
	count := eachFigure(reflect.ValueOf(&p).Elem(), "policy", func(_ string, v reflect.Value) { number(v) })
	if count != 55 {
		t.Fatalf("%d figures, want 55", count)
	}
	p.RulesVersion = 1
	p.ExpiryMaxDays = policy.ExpiryMaxDays{Flag: 300, Block: 301, Ratified: 302}
	p.ExpiryDays.Reassign = 500
	p.MaxFreeDigits = policy.FreeDigits{Flag: 1, Block: 2, Ratified: 3}
	p.MemberWeights = []policy.MemberWeight{{Member: "a", Permille: 700}, {Member: "b", Permille: 0}}
	text, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	back, err := read(string(text))
	if err != nil || !samePolicy(back, p) {
		t.Errorf("YAML gives back\n%+v, %v\nwant\n%+v\nfrom\n%s", back, err, p, text)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := read(string(b)); err != nil || !samePolicy(back, p) {
		t.Errorf("JSON gives back %+v, %v", back, err)
	}
}

// eachFigure calls do for every number in v with its name as the file writes
// it, and returns how many there were.
func eachFigure(v reflect.Value, place string, do func(string, reflect.Value)) int {
	count := 0
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := place + "." + f.Tag.Get("json")
		switch {
		case !f.IsExported() || f.Type.Kind() == reflect.Slice:
		case f.Type.Kind() == reflect.Struct:
			count += eachFigure(v.Field(i), name, do)
		default:
			do(name, v.Field(i))
			count++
		}
	}
	return count
}

// No figure escapes the bounds: the greatest value of its type is refused by
// name everywhere, except where the type is the bound.
func TestEveryFigureIsBounded(t *testing.T) {
	unbounded := map[string]bool{"policy.ratified_block_cap.min": true}
	standard := policy.Default()
	eachFigure(reflect.ValueOf(&standard).Elem(), "policy", func(place string, v reflect.Value) {
		if unbounded[place] {
			return
		}
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		if v.CanUint() {
			v.SetUint(1<<(v.Type().Bits()) - 1)
		} else {
			v.SetInt(1<<(v.Type().Bits()-1) - 1)
		}
		err := standard.Validate()
		v.Set(before)
		// A bound that other bounds depend on may be named by those.
		if err == nil || !strings.HasPrefix(place, "policy.expiry_max_days") && !strings.HasPrefix(err.Error(), place+":") {
			t.Errorf("the greatest value of %s: error %v", place, err)
		}
	})
	if err := standard.Validate(); err != nil {
		t.Error(err)
	}
}

func TestPolicyBounds(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*policy.Policy)
		want   string // "" accepts
	}{
		{"unknown rules", func(p *policy.Policy) { p.RulesVersion = 2 }, "policy.rules_version: version 2 is unknown; this program knows 1: upgrade needed"},
		{"no rules", func(p *policy.Policy) { p.RulesVersion = 0 }, "upgrade needed"},
		{"weight 1000", func(p *policy.Policy) { p.Weights.Vendor = 1000 }, ""},
		{"weight 0", func(p *policy.Policy) { p.Weights.Vendor = 0 }, ""},
		{"weight 1001", func(p *policy.Policy) { p.Weights.Vendor = 1001 }, "policy.weights_permille.vendor: 1001 is outside 0 to 1000"},
		{"own weight 1001", func(p *policy.Policy) { p.MemberWeights = []policy.MemberWeight{{Member: "a", Permille: 1001}} }, "policy.member_weights[0].permille"},
		{"own weights out of order", func(p *policy.Policy) { p.MemberWeights = []policy.MemberWeight{{Member: "b"}, {Member: "a"}} }, `policy.member_weights[1].member: "a" stands twice or out of order`},
		{"own weight twice", func(p *policy.Policy) { p.MemberWeights = []policy.MemberWeight{{Member: "a"}, {Member: "a"}} }, "policy.member_weights[1].member"},
		{"half-life 0", func(p *policy.Policy) { p.HalfLifeDays.Mkt = 0 }, "policy.half_life_days.mkt: 0 is outside 1 to 10000"},
		{"half-life 10000", func(p *policy.Policy) { p.HalfLifeDays.Mkt = 10000 }, ""},
		{"half-life 10001", func(p *policy.Policy) { p.HalfLifeDays.OK = 10001 }, "policy.half_life_days.ok"},
		{"one report that counts in full", func(p *policy.Policy) { p.Confidence.CountK = 0 }, "policy.confidence.count_k"},
		{"label 999", func(p *policy.Policy) { p.LabelPermille = 999 }, ""},
		{"label 1000, without a logarithm", func(p *policy.Policy) { p.LabelPermille = 1000 }, "policy.label_permille"},
		{"label 0, passed by nothing", func(p *policy.Policy) { p.LabelPermille = 0 }, "policy.label_permille"},
		{"harmless 0, always contested", func(p *policy.Policy) { p.HarmlessPermille = 0 }, "policy.harmless_permille"},
		{"voice 0, heard in silence", func(p *policy.Policy) { p.VoicePermille = 0 }, "policy.voice_permille"},
		{"no single source ever", func(p *policy.Policy) { p.SinglePermille = 1000 }, ""},
		{"negative margin", func(p *policy.Policy) { p.ContestedMargin = -1 }, "policy.contested_margin: -1"},
		{"flag that outlives its bound", func(p *policy.Policy) { p.FlagExpiryDays.ID = 366 }, "policy.flag_expiry_days.id: 366 is outside 1 to 365"},
		{"block that outlives its bound", func(p *policy.Policy) { p.ExpiryDays.BlockAsk = 366 }, "policy.expiry_days.block_ask"},
		{"reassign that a flag outlives", func(p *policy.Policy) { p.ExpiryDays.Reassign = 455 }, "policy.expiry_days.reassign: 455 is outside 456"},
		{"whole countries", func(p *policy.Policy) { p.MaxFreeDigits.Flag = 15 }, "policy.max_free_digits.flag"},
		{"no delay", func(p *policy.Policy) { p.BlockDelayHours = 0 }, ""},
		{"no quota", func(p *policy.Policy) { p.Quotas.Statements = 0 }, "policy.quota_a_day.statements"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := policy.Default()
			c.change(&p)
			err := p.Validate()
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, c.want)
		})
	}
}

func TestReadFillsGaps(t *testing.T) {
	for _, empty := range []string{"", "# nothing\n", "rules_version: 1\n"} {
		if p, err := read(empty); err != nil || !samePolicy(p, policy.Default()) {
			t.Errorf("%q: %+v, %v", empty, p, err)
		}
	}
	p, err := read("weights_permille: {vendor: 400}\nmember_weights:\n- {member: z, permille: 1}\n- {member: list, permille: trusted}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Default()
	want.Weights.Vendor = 400
	want.MemberWeights = []policy.MemberWeight{{Member: "list", Permille: policy.Trusted}, {Member: "z", Permille: 1}}
	if !samePolicy(p, want) {
		t.Errorf("%+v, want %+v", p, want)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		parts      []string
	}{
		{"unknown key", "rules_version: 1\nlabel_permile: 280\n", []string{"line 2", `"label_permile" is no key of a policy`}},
		{"unknown role", "weights_permille: {telco: 1}\n", []string{"line 1", `"telco" is no key`}},
		{"unknown key of a weight", "member_weights: [{member: a, permille: 1, until: 2}]\n", []string{"line 1", `"until"`, "member and permille"}},
		{"weight without a value", "member_weights: [{member: a}]\n", []string{"line 1", `"a"`, "trusted"}},
		{"weight in words", "member_weights: [{member: a, permille: high}]\n", []string{"line 1", "0 to 1000"}},
		{"weight that is no map", "member_weights: [a]\n", []string{"line 1"}},
		{"text for a number", "label_permille: much\n", []string{"line 1"}},
		{"negative", "label_permille: -1\n", []string{"line 1"}},
		{"too large for any field", "label_permille: 70000\n", []string{"line 1"}},
		{"fraction", "contested_margin: 8192.9\n", []string{"line 1", "8192.9", "whole number"}},
		{"key twice", "label_permille: 280\nlabel_permille: 281\n", []string{"line 2", "label_permille"}},
		{"out of bounds", "label_permille: 1000\n", []string{"policy.label_permille"}},
		{"newer rules", "rules_version: 2\n", []string{"upgrade needed"}},
		{"two documents", "rules_version: 1\n---\nrules_version: 1\n", []string{"holds one"}},
		{"list", "- 1\n", []string{"line 1"}},
		{"binary", "\x00\x01", []string{"read policy"}},
		{"not YAML", "a: [", []string{"read policy"}},
		{"huge", strings.Repeat("#", 1<<20+1), []string{"larger than"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(c.text)
			wantError(t, err, append(c.parts, "policy")...)
			if strings.Contains(err.Error(), "policy.P") {
				t.Errorf("error %q names a Go type", err)
			}
		})
	}
	broken := errors.New("broken disk")
	if _, err := policy.Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v, want the reader's", err)
	}
}

func TestByClass(t *testing.T) {
	half := policy.Default().HalfLifeDays
	for cl, want := range map[taxonomy.Class]uint16{0: 0, taxonomy.Crm: 60, taxonomy.Har: 60, taxonomy.Mkt: 120, taxonomy.Oth: 90, taxonomy.Unk: 60, taxonomy.ID: 180, taxonomy.OK: 120, 8: 0, 255: 0} {
		if got := half.Of(cl); got != want {
			t.Errorf("class %d: %d days, want %d", cl, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("label_permille: 300\n")
	f.Add("member_weights: [{member: a, permille: trusted}]\n")
	f.Add("a: &a [*a, *a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := read(text)
		if err != nil {
			return
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%q is read but not valid: %v", text, err)
		}
		written, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := read(string(written)); err != nil || !samePolicy(back, p) {
			t.Errorf("%q does not come back: %v", text, err)
		}
	})
}

func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that says %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}
