package local_test

import (
	"slices"
	"testing"
	"time"

	"ringfence/node/screen/local"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func caller(t testing.TB, s string) number.Caller {
	t.Helper()
	n, err := number.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return number.CallerOf(n)
}

func key(t testing.TB, s string) number.Range {
	t.Helper()
	r, err := number.ParseRange(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func parse(t testing.TB, yaml string) *local.Rules {
	t.Helper()
	r, err := local.Parse(local.File{Name: "rules.yaml", Data: []byte(yaml)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// names walks the rules about a caller.
func names(r *local.Rules, c number.Caller) (out []string) {
	walk := r.About(c)
	for rule := walk.Next(); rule != nil; rule = walk.Next() {
		out = append(out, rule.Name())
	}
	return out
}

func TestWalkOrder(t *testing.T) {
	r := parse(t, `
rules:
  - {name: local.wide, block: ["+86138*/13"], reason: x}
  - {name: local.one, allow: [+8613800138000, +8613800138000], reason: x}
  - {name: local.mid, block: ["+8613800138*", "+86138001380*/13"], reason: x}
  - {name: local.again, block: [+8613800138000, "irregular:0086138", anonymous], reason: x}
  - {name: local.text, allow: ["irregular:0086138", anonymous], reason: x}
`)
	for _, tc := range []struct {
		name string
		c    number.Caller
		want []string
	}{
		{"longest key first, then file order", caller(t, "+8613800138000"), []string{"local.one", "local.again", "local.mid", "local.mid", "local.wide"}},
		{"range of any length", caller(t, "+86138001389"), []string{"local.mid"}},
		{"wide alone", caller(t, "+8613900000000"), nil},
		{"irregular text", number.IrregularCaller("0086138", number.DoubledPrefix), []string{"local.again", "local.text"}},
		{"SMS code of the same text", number.SMSCaller("0086138"), []string{"local.again", "local.text"}},
		{"another text", number.IrregularCaller("0086139", number.DoubledPrefix), nil},
		{"anonymous", number.Caller{}, []string{"local.again", "local.text"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := names(r, tc.c); !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
	if got := names(new(local.Rules), caller(t, "+8613800138000")); got != nil {
		t.Errorf("no rules, but %v", got)
	}
}

func TestRuleFields(t *testing.T) {
	r := parse(t, `
rules:
  - name: local.vip
    allow: [+8613800138000]
    called: [+86!95588, "+861062*/12"]
    excuses: [cli.irregular, cli.unallocated]
    until: 2026-11-24T20:00:00+08:00
    shadow: true
    reason: "board members' own phones"
`)
	if r.Len() != 1 {
		t.Fatalf("%d rules, want 1", r.Len())
	}
	walk := r.About(caller(t, "+8613800138000"))
	rule := walk.Next()
	if !rule.Allow() || !rule.Shadow() || rule.Own() || rule.Category() != 0 || rule.Reason() != "board members' own phones" {
		t.Errorf("rule %+v", rule)
	}
	if !rule.Excuses(local.Irregular) || rule.Excuses(local.ForeignDomestic) || !rule.Excuses(local.Unallocated) || rule.Excuses(99) {
		t.Error("the excuses are not those of the file")
	}
	end := noon.Unix() // 20:00 in Beijing
	bank, mobile := number.ReadingsOf(caller(t, "+86!95588")), number.ReadingsOf(caller(t, "+8613900139000"))
	for _, tc := range []struct {
		name   string
		called number.Readings
		at     int64
		want   bool
	}{
		{"in force", bank, end - 1, true},
		{"over", bank, end, false},
		{"another called number", mobile, end - 1, false},
		{"one reading fits", number.ReadingsOf(caller(t, "+8613900139000"), caller(t, "+861062301234")), end - 1, true},
		{"no called number", number.Readings{}, end - 1, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := rule.Applies(&tc.called, tc.at); got != tc.want {
				t.Errorf("applies %v, want %v", got, tc.want)
			}
		})
	}
}

func TestUntilDateHoldsThroughTheDay(t *testing.T) {
	r := parse(t, "rules: [{name: local.day, block: [anonymous], until: 2026-11-24, reason: x}]")
	walk := r.About(number.Caller{})
	rule, called := walk.Next(), number.Readings{}
	last := time.Date(2026, 11, 24, 23, 59, 59, 0, time.UTC)
	if !rule.Applies(&called, last.Unix()) || rule.Applies(&called, last.Unix()+1) {
		t.Error("a date should hold to the end of its day, UTC, and no longer")
	}
}

func TestCompileOwn(t *testing.T) {
	own := []local.Own{
		{Key: key(t, "+86!9558*/7"), Action: taxonomy.Block, Category: taxonomy.Untyped},
		{Key: key(t, "+86!95588"), Action: taxonomy.Allow, Until: noon},
	}
	r, err := local.Compile(own)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(r, caller(t, "+86!95588")); !slices.Equal(got, []string{local.OwnAllow, local.OwnBlock}) {
		t.Errorf("rules %v", got)
	}
	for rule := range r.All() {
		called := number.Readings{}
		if !rule.Own() || rule.Applies(&called, noon.Unix()) == rule.Allow() {
			t.Errorf("rule %s: own %v, in force at noon %v", rule.Name(), rule.Own(), rule.Applies(&called, noon.Unix()))
		}
	}
	slices.Reverse(own)
	if again, err := local.Compile(own); err != nil || again.Digest() != r.Digest() {
		t.Errorf("the order of statements changes the digest (%v)", err)
	}
	for name, bad := range map[string]local.Own{
		"no key": {Action: taxonomy.Block},
		"label":  {Key: own[0].Key, Action: taxonomy.Label},
		"code 3": {Key: own[0].Key, Action: 3},
	} {
		if _, err := local.Compile([]local.Own{bad}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestDigest: the digest follows what the rules say, not how they are written.
func TestDigest(t *testing.T) {
	const base = "rules: [{name: local.a, block: [+86!95588, +12025550123], reason: x}]"
	same := []string{
		"# a comment\nrules:\n  - reason: 'x'\n    name: \"local.a\"\n    block:\n    - +12025550123\n    - +86!95588\n",
		"rules: [{name: local.a, block: [+12025550123, +86!95588, +86!95588], reason: x, shadow: false}]",
	}
	other := []string{
		"", "rules: []",
		"rules: [{name: local.b, block: [+86!95588, +12025550123], reason: x}]",
		"rules: [{name: local.a, allow: [+86!95588, +12025550123], reason: x}]",
		"rules: [{name: local.a, block: [+86!95588], reason: x}]",
		"rules: [{name: local.a, block: [+86!95588, +12025550123, anonymous], reason: x}]",
		"rules: [{name: local.a, block: [+86!95588, +12025550123, 'irregular:1'], reason: x}]",
		"rules: [{name: local.a, block: [+86!95588, +12025550123], reason: y}]",
		"rules: [{name: local.a, block: [+86!95588, +12025550123], reason: x, shadow: true}]",
		"rules: [{name: local.a, block: [+86!95588, +12025550123], reason: x, until: 2027-01-01}]",
		"rules: [{name: local.a, block: [+86!95588, +12025550123], reason: x, called: [+86!10086]}]",
		"rules: [{name: local.a, allow: [+86!95588, +12025550123], reason: x, excuses: [cli.irregular]}]",
		"rules: [{name: local.a, allow: [+86!95588, +12025550123], reason: x, excuses: [cli.unallocated]}]",
	}
	want := parse(t, base).Digest()
	for _, yaml := range same {
		if parse(t, yaml).Digest() != want {
			t.Errorf("another digest for the same rules:\n%s", yaml)
		}
	}
	seen := map[[32]byte]string{want: base}
	for _, yaml := range other[1:] {
		d := parse(t, yaml).Digest()
		if first, twice := seen[d]; twice {
			t.Errorf("one digest for\n%s\nand\n%s", first, yaml)
		}
		seen[d] = yaml
	}
	if parse(t, other[0]).Digest() != parse(t, other[1]).Digest() {
		t.Error("an empty file and an empty list of rules differ")
	}
}

func TestFilesInOrder(t *testing.T) {
	a := local.File{Name: "a.yaml", Data: []byte("rules: [{name: local.a, block: [anonymous], reason: x}]")}
	b := local.File{Name: "b.yaml", Data: []byte("rules: [{name: local.b, block: [anonymous], reason: x}]")}
	ab, err := local.Parse(a, b)
	if err != nil {
		t.Fatal(err)
	}
	ba, err := local.Parse(b, a)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(ab, number.Caller{}); !slices.Equal(got, []string{"local.a", "local.b"}) {
		t.Errorf("rules %v", got)
	}
	if ab.Digest() == ba.Digest() {
		t.Error("the order of rules decides and is not in the digest")
	}
}

func TestWalkAllocatesNothing(t *testing.T) {
	r := parse(t, "rules: [{name: local.a, block: ['+861380013*/13', +8613800138000], called: [+86!95588], reason: x}]")
	c, called := caller(t, "+8613800138000"), number.ReadingsOf(caller(t, "+86!95588"))
	count := 0
	allocs := testing.AllocsPerRun(100, func() {
		walk := r.About(c)
		for rule := walk.Next(); rule != nil; rule = walk.Next() {
			if rule.Applies(&called, 0) {
				count++
			}
		}
	})
	if allocs != 0 || count == 0 {
		t.Errorf("%v allocations a walk over %d rules", allocs, count)
	}
}
