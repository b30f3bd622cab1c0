package claims

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"ringfence/store/intake"
)

// The door keeps its words to itself, as text. Each that it has for a batch that is
// early is known here, in that very form; the one of a newer version is another floor's.
func TestEveryWordOfTheDoorIsKnown(t *testing.T) {
	early := map[string]bool{"UnknownIssuer": true, "NotDue": true, "MissingParent": true, "UnopenedEpoch": true, "FrozenEpoch": true, "AnchoredBranch": true, "OtherBranch": true, "NoBody": true, "IncompleteBody": true}
	known, said := make(map[string]bool), make(map[string]bool)
	for _, f := range forms() {
		known[f.Format] = true
	}
	look := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		reason, ok := call.Args[0].(*ast.Ident)
		text, too := call.Args[1].(*ast.BasicLit)
		if !ok || !too || !early[reason.Name] {
			return true
		}
		format, err := strconv.Unquote(text.Value)
		if format = strings.ReplaceAll(format, "%v", "%s"); err != nil || !known[format] {
			t.Errorf("%s: the door says %q, which has no form", reason.Name, format)
		}
		said[format] = true
		return true
	}
	for _, name := range []string{"branch.go", "door.go", "steps.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), "../../../../store/intake/"+name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, look)
	}
	for format := range known {
		if !said[format] {
			t.Errorf("the door does not say %q", format)
		}
	}
}

// What the door saw goes along as values, to be told in other languages too.
func TestEarlyBatchesAreToldWithTheirValues(t *testing.T) {
	for detail, want := range map[string]struct {
		reason intake.Reason
		code   string
		args   string
	}{
		"the batch is dated 2026-11-24T12:30:00Z, more than 10m0s ahead of this node's clock (2026-11-24T12:00:00Z)": {intake.NotDue, "gap.not_due", "2026-11-24T12:30:00Z 10m0s 2026-11-24T12:00:00Z"},
		"the parent of sequence 9 is not held here; the feed is held up to 7":                                        {intake.MissingParent, "gap.missing_parent", "9 7"},
		"cbor: version 2": {intake.NewerVersion, "gap.newer_version", "cbor: version 2"},
		"a wrong body":    {intake.BadBody, "", ""},
	} {
		got := Early(&intake.Outcome{Reason: want.reason, Detail: detail})
		if got.Text != detail || got.Code != want.code || strings.Join(got.Args, " ") != want.args {
			t.Errorf("%+v", got)
		}
	}
}
