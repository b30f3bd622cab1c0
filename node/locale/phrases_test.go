package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringfence/consensus/ballot/enact"
	"ringfence/node/locale/regulators"
	"ringfence/node/phrase"
	"ringfence/store/view"
)

// spoken is a phrase as some package says it.
type spoken struct {
	at, english string
	values      int
}

// TestEveryPhraseIsToldInChinese goes over every phrase.New and phrase.Form in the
// tree: each has its English there and its Chinese here, in which no place lacks a
// value; nothing is here that nobody says.
func TestEveryPhraseIsToldInChinese(t *testing.T) {
	all := spokenPhrases(t)
	if len(all) < 60 {
		t.Fatalf("only %d phrases are found; the test does not see the tree", len(all))
	}
	unused := map[string]bool{
		"gap.newer_version": true, // its value is what another floor found in the bytes, in English
	}
	form, chinese := regexp.MustCompile(`^[a-z]+\.[a-z0-9_]+$`), make(map[Key]string)
	for _, s := range phrases() {
		if strings.HasPrefix(string(s.code), "ballot.") {
			continue // made of the ballot's codes: TestEveryRefusalIsToldInChinese
		}
		if _, twice := chinese[s.code]; twice {
			t.Errorf("%s stands twice", s.code)
		}
		chinese[s.code] = s.zh
		if _, ok := all[string(s.code)]; !ok {
			t.Errorf("nobody says %s", s.code)
		}
	}
	for _, m := range messages() {
		if _, ok := all[string(m.key)]; ok {
			t.Errorf("%s is a phrase and a message", m.key)
		}
	}
	for code, said := range all {
		zh, ok := chinese[Key(code)]
		switch {
		case !form.MatchString(code) || said.english == "":
			t.Errorf("%s: the phrase %q, %q is misshapen", said.at, code, said.english)
		case !ok || !strings.ContainsFunc(zh, han):
			t.Errorf("%s: {%q, %q}, lacks its Chinese: %q", said.at, code, said.english, zh)
		case strings.HasSuffix(zh, "。") || strings.HasSuffix(said.english, "."):
			t.Errorf("%s: %s ends with a full stop; phrases are put together", said.at, code)
		}
		var want []string
		for i := range said.values {
			want = append(want, "{"+strconv.Itoa(i)+"}")
		}
		for _, place := range places.FindAllString(zh, -1) {
			if _, of, coded := strings.Cut(strings.Trim(place, "{}"), "|"); coded && !slices.ContainsFunc(messages(), func(m message) bool { return strings.HasPrefix(string(m.key), of+".") }) {
				t.Errorf("%s: no code of %q has a name", code, of)
			}
		}
		if got := placesOf(zh); !slices.Equal(got, want) && !unused[code] {
			t.Errorf("%s: %s has the places %v and %d values: {%q, %q}", said.at, code, got, said.values, said.english, zh)
		}
	}
}

// TestEveryRefusalIsToldInChinese: each code by which the ballot refuses has its Chinese,
// in which the English stands for what it is about, and there is no other.
func TestEveryRefusalIsToldInChinese(t *testing.T) {
	zh := New().Match("zh")
	n := 0
	for c := enact.Unreadable; !strings.HasPrefix(c.String(), "code("); c++ {
		text := zh.Phrase(phrase.Coded("ballot."+c.String(), "why it is", "why it is"))
		if !strings.ContainsFunc(text, han) || !strings.Contains(text, "（why it is）") {
			t.Errorf("%s is told as %q", c, text)
		}
		n++
	}
	if n != len(regulators.BallotCodes()) {
		t.Errorf("%d codes, %d texts", n, len(regulators.BallotCodes()))
	}
}

// spokenPhrases returns the phrases of the tree by code. One code has one English.
func spokenPhrases(t *testing.T) map[string]spoken {
	t.Helper()
	all := make(map[string]spoken)
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			code, english, values, ok := phraseIn(n)
			if !ok {
				return true
			}
			s := spoken{fset.Position(n.Pos()).String(), english, values}
			if before, twice := all[code]; code == "" || twice && before.english != english {
				t.Errorf("%s: %q, %q is also said at %s as %q, or no literal", s.at, code, english, before.at, before.english)
			}
			all[code] = s
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// phraseIn reads phrase.New(code, english, values...) and an element of
// []phrase.Form{{Code: code, Format: english}}; what is no literal is "".
func phraseIn(n ast.Node) (code, english string, values int, ok bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, is := n.Fun.(*ast.SelectorExpr); is && f.Sel.Name == "New" && isName(f.X, "phrase") && len(n.Args) >= 2 {
			return literal(n.Args[0]), literal(n.Args[1]), len(n.Args) - 2, true
		}
	case *ast.CompositeLit:
		if len(n.Elts) == 2 {
			first, is := n.Elts[0].(*ast.KeyValueExpr)
			second, too := n.Elts[1].(*ast.KeyValueExpr)
			if is && too && isName(first.Key, "Code") && isName(second.Key, "Format") {
				english = literal(second.Value)
				return literal(first.Value), english, strings.Count(english, "%"), true
			}
		}
	}
	return "", "", 0, false
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return s
}

// TestPhrase: Chinese by the code, with what is said after it; English, and what has no
// code here, in its own words.
func TestPhrase(t *testing.T) {
	en, zh := New().Match("en"), New().Match("zh")
	told := phrase.Join(phrase.New("bar.restored", "this node does not sign yet"), phrase.New("new.code", "it is %d years old", 3),
		phrase.New("confirm.members", "%d of %d members", 1, 2))
	for c, want := range map[*Catalog]string{
		en: "this node does not sign yet: it is 3 years old: 1 of 2 members",
		zh: zh.Text("bar.restored") + "：it is 3 years old：" + zh.Text("confirm.members", "1", "2"),
	} {
		if got := c.Phrase(told); got != want {
			t.Errorf("%s: %q, want %q", c.Lang(), got, want)
		}
	}
	if !strings.ContainsFunc(zh.Text("bar.restored"), han) || !strings.Contains(zh.Text("confirm.members", "1", "2"), "2") {
		t.Error("the Chinese is none")
	}
}

// TestPhraseNamesCodes: a value that is a code stands in Chinese by its name; one that has
// none, and every one in English and for machines, as it is.
func TestPhraseNamesCodes(t *testing.T) {
	told := phrase.New("change.remove_regulator", "takes the regulator's seat of %s, who keeps the roles %s", "{1}", "vendor, oracle, mvno")
	en, zh := New().Match("en"), New().Match("zh")
	if got := en.Phrase(told); got != told.Text {
		t.Errorf("%q, want %q", got, told.Text)
	}
	want := "取消 {1} 的监管席位，其保留的角色：" + zh.Text("role.vendor") + ", oracle, " + zh.Text("role.mvno")
	if got := zh.Phrase(told); got != want || !strings.Contains(got, "号码标记企业") {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestEveryReasonOfAVoidStatementIsAPhrase: each has a code that no other has, its English
// as a page has it, and its Chinese.
func TestEveryReasonOfAVoidStatementIsAPhrase(t *testing.T) {
	all := New()
	en, zh, seen := all.Match("en"), all.Match("zh"), map[string]bool{}
	for r := view.Reason(1); r.String() != "unknown reason"; r++ {
		if strings.HasPrefix(r.String(), "reason(") {
			continue // a code that assertion keeps free
		}
		told := all.Void(r)
		if told.Code == "" || seen[told.Code] || told.Text != en.Void(r) || en.Phrase(told) != told.Text || zh.Phrase(told) != zh.Void(r) || !strings.ContainsFunc(zh.Phrase(told), han) {
			t.Errorf("%s is told as %+v, %q", r, told, zh.Phrase(told))
		}
		seen[told.Code] = true
	}
	if told := all.Void(view.NotVoid); !told.IsZero() || len(seen) < 30 {
		t.Errorf("%d reasons; what counts is told as %+v", len(seen), told)
	}
}
