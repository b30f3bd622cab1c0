package local_test

import (
	"fmt"
	"strings"
	"testing"

	"ringfence/node/screen/local"
)

// TestErrors: each problem is named by file, line, rule and what to do.
func TestErrors(t *testing.T) {
	for _, tc := range []struct{ name, yaml, want string }{
		{"no YAML", "rules: [", "rules.yaml: no YAML: "},
		{"tabs", "rules:\n\t- x", "rules.yaml: no YAML: "},
		{"binary", "\x00\xff\xfe", "rules.yaml: no YAML: "},
		{"a list", "- x", "rules.yaml:1: the file should be a mapping"},
		{"two documents", "rules: []\n---\nrules: []", "more than one YAML document"},
		{"unknown top key", "rule: []", `rules.yaml:1: unknown key "rule"; want rules`},
		{"rules not a list", "rules: {a: b}", "rules.yaml:1: rules should be a list"},
		{"a rule that is a text", "rules:\n  - hello", "rules.yaml:2: a rule should be a mapping"},
		{"no name", "rules:\n  - {block: [anonymous], reason: x}", "rules.yaml:2: a rule without a name"},
		{"bad name", "rules: [{name: vip, block: [anonymous], reason: x}]", `"vip" is no rule name; want local.`},
		{"bare prefix", "rules: [{name: local., block: [anonymous], reason: x}]", `"local." is no rule name`},
		{"capital name", "rules: [{name: local.VIP, block: [anonymous], reason: x}]", "is no rule name"},
		{"long name", "rules: [{name: local." + strings.Repeat("x", 60) + ", block: [anonymous], reason: x}]", "is no rule name"},
		{"own name", "rules: [{name: local.block, block: [anonymous], reason: x}]", "this member's own statements"},
		{"name twice", "rules:\n  - {name: local.a, block: [anonymous], reason: x}\n  - {name: local.a, block: [anonymous], reason: x}", "rules.yaml:3: local.a: the name stands already at rules.yaml:2"},
		{"both", "rules: [{name: local.a, block: [anonymous], allow: [anonymous], reason: x}]", "rules.yaml:1: local.a: want one of allow and block"},
		{"neither", "rules: [{name: local.a, reason: x}]", "want one of allow and block"},
		{"no caller", "rules: [{name: local.a, block: [], reason: x}]", "block should be a list with entries"},
		{"called lost", "rules: [{name: local.a, block: [anonymous], called: , reason: x}]", "called should be a list with entries"},
		{"called empty", "rules: [{name: local.a, block: [anonymous], called: [], reason: x}]", "called should be a list with entries"},
		{"a rule that is nothing", "rules:\n  -", "rules.yaml:2: a rule should be a mapping"},
		{"no reason", "rules: [{name: local.a, block: [anonymous]}]", "needs a reason"},
		{"blank reason", "rules: [{name: local.a, block: [anonymous], reason: ' '}]", "needs a reason"},
		{"long reason", "rules: [{name: local.a, block: [anonymous], reason: " + strings.Repeat("x", 257) + "}]", "the reason has 257 bytes"},
		{"reason that is a list", "rules: [{name: local.a, block: [anonymous], reason: [x]}]", "reason should be a text"},
		{"unknown key", "rules:\n  - name: local.a\n    blok: [anonymous]\n    reason: x", `rules.yaml:3: local.a: unknown key "blok"`},
		{"key twice", "rules: [{name: local.a, block: [anonymous], block: [anonymous], reason: x}]", `key "block" stands twice`},
		{"alias", "rules: [{name: local.a, block: &b [anonymous], reason: x}, {name: local.b, block: *b, reason: x}]", "local.b: aliases and keys that are no words"},
		{"alias in a list", "rules: [{name: local.a, block: [&b anonymous, *b], reason: x}]", "block should be a text"},
		{"key that is no word", "rules: [{name: local.a, block: [anonymous], reason: x, [a]: b}]", "keys that are no words"},
		{"block that is a text", "rules: [{name: local.a, block: anonymous, reason: x}]", "block should be a list"},
		{"no number", "rules: [{name: local.a, block: [+86!95588, 13800138000], reason: x}]", `block entry 2, "138001*****", is no canonical number`},
		{"empty irregular", "rules: [{name: local.a, block: ['irregular:'], reason: x}]", "is no canonical number"},
		{"long irregular", "rules: [{name: local.a, block: ['irregular:" + strings.Repeat("0", 65) + "'], reason: x}]", "irregular:TEXT of 1 to 64 bytes"},
		{"null entry", "rules: [{name: local.a, block: [~], reason: x}]", "block should be a text"},
		{"called no number", "rules: [{name: local.a, block: [anonymous], called: [anonymous], reason: x}]", `called entry 1, "anonymous", is no canonical number`},
		{"excuse of a block", "rules: [{name: local.a, block: [anonymous], excuses: [cli.irregular], reason: x}]", "only an allow excuses"},
		{"unknown excuse", "rules: [{name: local.a, allow: [anonymous], excuses: [list.label], reason: x}]", `"list.label" cannot be excused; want one of cli.irregular, cli.foreign_domestic, cli.unallocated`},
		{"bad until", "rules: [{name: local.a, block: [anonymous], until: tomorrow, reason: x}]", `until "tomorrow" is no date`},
		{"day that does not exist", "rules: [{name: local.a, block: [anonymous], until: 2026-02-30, reason: x}]", "is no date"},
		{"bad shadow", "rules: [{name: local.a, block: [anonymous], shadow: yes, reason: x}]", "shadow should be true or false"},
		{"too large", "# " + strings.Repeat("x", local.MaxFile), "a rule file has at most"},
		{"too many rules", "rules:\n" + many(local.MaxRules+1), "rules.yaml:1002: more than 1000 rules"},
		{"too many numbers", "rules: [{name: local.a, reason: x, block: [" + strings.Repeat("+86!95588,", local.MaxEntries+1) + "]}]", "more than 100000 numbers"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := local.Parse(local.File{Name: "rules.yaml", Data: []byte(tc.yaml)})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  - {name: local.r%d, block: [anonymous], reason: x}\n", i)
	}
	return b.String()
}

func TestErrorsAreAllToldAndBounded(t *testing.T) {
	_, err := local.Parse(
		local.File{Name: "a.yaml", Data: []byte("rules:\n  - {name: local.a, block: [x, y], reason: x}\n")},
		local.File{Name: "b.yaml", Data: []byte("rules:\n  - {name: local.a, allow: [z], reason: x}\n")},
	)
	for _, want := range []string{"a.yaml:2: local.a: block entry 1", "block entry 2", "b.yaml:2: local.a: the name stands already at a.yaml:2", "allow entry 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
	_, err = local.Parse(local.File{Name: "c.yaml", Data: []byte("rules: [{name: local.a, reason: x, block: [" + strings.Repeat("x,", 500) + "]}]")})
	if n := strings.Count(err.Error(), "\n") + 1; n != 20 {
		t.Errorf("%d problems told at once, want 20", n)
	}
}

func TestEmptyFilesHoldNoRules(t *testing.T) {
	for _, yaml := range []string{"", "\n", "# nothing yet\n", "rules:\n", "rules: []", "---\n"} {
		if r, err := local.Parse(local.File{Name: "rules.yaml", Data: []byte(yaml)}); err != nil || r.Len() != 0 {
			t.Errorf("%q: %v", yaml, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, yaml := range []string{
		"", "rules: []",
		"rules:\n  - name: local.vip\n    allow: [+8613800138000, '+861700123*/13', 'irregular:0086', anonymous]\n    called: [+86!95588]\n    excuses: [cli.irregular]\n    until: 2026-12-31\n    shadow: true\n    reason: x\n",
		"rules: [{name: local.a, block: &b [anonymous], reason: x}, {name: local.b, block: *b, reason: x}]",
		"rules: [{? [a] : b}]", "rules: [~, 1, {}]", "a: &a [*a]",
	} {
		f.Add([]byte(yaml))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		file := local.File{Name: "f", Data: data}
		r, err := local.Parse(file)
		if err != nil {
			if r != nil {
				t.Fatal("rules beside an error")
			}
			return
		}
		again, err := local.Parse(file)
		if err != nil || again.Digest() != r.Digest() {
			t.Fatalf("the same file reads otherwise: %v", err)
		}
		for rule := range r.All() {
			if local.CheckName(rule.Name()) != nil || rule.Own() || rule.Reason() == "" {
				t.Fatalf("accepted rule %q with reason %q", rule.Name(), rule.Reason())
			}
		}
	})
}
