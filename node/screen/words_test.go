package screen_test

import (
	"encoding"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ringfence/node/screen"
	"ringfence/node/screen/local"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// word is an enumeration with one text form.
type word interface {
	encoding.TextMarshaler
	String() string
}

// TestWords: every code has its own word, and reading the word gives the code.
func TestWords(t *testing.T) {
	for _, tc := range []struct {
		name string
		want string // the words in the order of the codes
		code func(i uint8) word
		read func(s string) (word, error)
	}{
		{"ingress", "|national|international|enterprise|reseller",
			func(i uint8) word { return screen.IngressClass(i) }, reading[screen.IngressClass]},
		{"screening", "|user_not_verified|user_passed|user_failed|network_provided",
			func(i uint8) word { return screen.Screening(i) }, reading[screen.Screening]},
		{"roaming", "unknown|yes|no",
			func(i uint8) word { return screen.Roaming(i) }, reading[screen.Roaming]},
		{"attestation", "|A|B|C",
			func(i uint8) word { return screen.Attestation(i) }, reading[screen.Attestation]},
		{"treatment", "connect|mark|reject|announce|divert",
			func(i uint8) word { return screen.Treatment(i) }, reading[screen.Treatment]},
		{"basis", "|call|local|ratified|evidence", func(i uint8) word { return screen.Basis(i) }, reading[screen.Basis]},
		{"identity", "|asserted|presented", func(i uint8) word { return screen.Identity(i) }, reading[screen.Identity]},
		{"rule", "|callee.emergency|bypass|cli.irregular|cli.foreign_domestic|cli.unallocated|local.allow|local.block|list.ratified|list.label",
			func(i uint8) word { return screen.Rule(i) }, reading[screen.Rule]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			words := strings.Split(tc.want, "|")
			for i, want := range words {
				w := tc.code(uint8(i))
				text, err := w.MarshalText()
				if err != nil || w.String() != want || string(text) != want {
					t.Errorf("code %d is %q and marshals %q, %v; want %q", i, w, text, err, want)
				}
				if got, err := tc.read(want); err != nil || got != w {
					t.Errorf("reading %q gives %v, %v", want, got, err)
				}
			}
			if w := tc.code(uint8(len(words))); !strings.HasSuffix(w.String(), ")") {
				t.Errorf("the code after the last is %q, want its number in parentheses", w)
			}
			if _, err := tc.read("Nonsense"); err == nil || !strings.Contains(err.Error(), words[len(words)-1]) {
				t.Errorf("reading nonsense: %v; want an error that lists the words", err)
			}
		})
	}
}

func reading[T word, P interface {
	*T
	encoding.TextUnmarshaler
}](s string) (word, error) {
	var v T
	err := P(&v).UnmarshalText([]byte(s))
	return v, err
}

func TestRules(t *testing.T) {
	all := screen.Rules()
	for i, r := range all {
		if got, err := screen.ParseRule(r.String()); err != nil || got != r {
			t.Errorf("%q reads as %v, %v", r, got, err)
		}
		if i > 0 && r != all[i-1]+1 {
			t.Errorf("%s does not follow %s", r, all[i-1])
		}
	}
	if _, err := screen.ParseRule(""); err == nil {
		t.Error("the empty text is a rule")
	}
	if screen.CLIUnallocated.Default() || !screen.ListLabel.Default() {
		t.Error("cli.unallocated alone stands in shadow by default")
	}
}

// TestExcusesAreCLIRules: what a rule file may excuse is what screen checks.
func TestExcusesAreCLIRules(t *testing.T) {
	for e := local.Irregular; e <= local.Unallocated; e++ {
		if want := screen.CLIIrregular + screen.Rule(e); e.String() != want.String() {
			t.Errorf("excuse %q stands for rule %q", e, want)
		}
	}
	if n := slices.IndexFunc(screen.Rules(), screen.Rule.CLI); n < 0 {
		t.Error("no rule judges the caller ID")
	}
	if local.OwnAllow != screen.LocalAllow.String() || local.OwnBlock != screen.LocalBlock.String() {
		t.Error("the member's own rules have two names")
	}
}

// echo is a Texts that shows which messages were asked for.
type echo struct{}

func (echo) Lang() string { return "en" }
func (echo) Named(key string, args ...string) string {
	return key + "(" + strings.Join(args, "; ") + ")"
}

func TestDisplay(t *testing.T) {
	loan := category("mkt.finance.loan")
	for _, tc := range []struct {
		name string
		v    screen.Verdict
		want string
	}{
		{"nothing", screen.Verdict{}, "verdict.none()"},
		{"identity", screen.Verdict{Class: taxonomy.ID, Category: category("id.courier")}, "verdict.identity(verdict.kind(Identity only; Courier))"},
		{"no category", screen.Verdict{Rule: screen.ListLabel, Action: label, Class: taxonomy.Har}, "verdict.list.label(Malicious harassment)"},
		{"label", screen.Verdict{Rule: screen.ListLabel, Action: label, Class: taxonomy.Mkt, Category: loan}, "verdict.list.label(verdict.kind(Commercial marketing; Loans))"},
		{"contested", screen.Verdict{Rule: screen.ListLabel, Action: label, Class: taxonomy.Har, Contested: true}, "verdict.contested(verdict.list.label(Malicious harassment))"},
		{"ratified", screen.Verdict{Rule: screen.ListRatified, Action: block, Class: taxonomy.Har}, "verdict.list.ratified.block(Malicious harassment)"},
		{"foreign domestic", screen.Verdict{Rule: screen.CLIForeignDomestic, Action: label}, "verdict.cli.foreign_domestic.label()"},
		{"irregular", screen.Verdict{Rule: screen.CLIIrregular, Action: block, Caller: callers["irregular"]}, "verdict.cli.irregular(reason.irregular.doubled_prefix())"},
		{"sms code", screen.Verdict{Rule: screen.CLIIrregular, Action: block, Caller: callers["sms"]}, "verdict.cli.irregular(reason.irregular.sms_code())"},
		{"unknown reason", screen.Verdict{Rule: screen.CLIIrregular, Action: block, Caller: number.IrregularCaller("x", 200)}, "verdict.cli.irregular(reason.irregular.other())"},
		{"file rule", screen.Verdict{Rule: screen.LocalBlock, Local: "local.no", Action: block}, "verdict.local.block(local.no)"},
		{"own rule", screen.Verdict{Rule: screen.LocalAllow}, "verdict.local.allow(local.allow)"},
		{"emergency", screen.Verdict{Rule: screen.CalleeEmergency}, "verdict.callee.emergency()"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.v.Display(echo{}); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// TestMessages holds the messages that the catalogue must know, each with its
// count of arguments. The catalogue's own test reads the same file.
func TestMessages(t *testing.T) {
	want, err := os.ReadFile("testdata/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, m := range screen.Messages() {
		fmt.Fprintf(&got, "%s %d\n", m.Key, m.Args)
	}
	if got.String() != string(want) {
		t.Errorf("testdata/messages.txt should hold:\n%s", got.String())
	}
}

func TestShadowed(t *testing.T) {
	s := newScreener(t, nil)
	v := s.Decide(listOf(), callFrom(screen.International, "landline"))
	got := v.Shadowed()
	if got.Action != allow || got.RuleName() != "" || got.Treatment != screen.Connect {
		t.Errorf("a face in shadow answers %s by %q", got.Action, got.RuleName())
	}
	if want := (screen.Would{Action: block, Treatment: screen.Reject, Rule: screen.CLIForeignDomestic}); got.Shadow != want {
		t.Errorf("told %+v, want %+v", got.Shadow, want)
	}
	if got.Caller != v.Caller || got.List != v.List || got.Age != v.Age {
		t.Error("the shadow lost the caller or the list")
	}
}
