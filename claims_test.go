package ringfence

import (
	"go/ast"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ringfence/store/checkpoint"
)

// docs/claims.md has a row for each promise. The second cell names what shows
// it: tests as `package.TestName`, commands as `make target` or `ringfence
// verb`, or the words "not kept yet".
func TestClaimsNameTestsAndTargetsThatExist(t *testing.T) {
	tests := make(map[string]bool)
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.test && f.Recv == nil {
				tests[s.dir+"."+f.Name.Name] = true
			}
		}
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("docs/cli.md") // as the code has it: TestReferenceIsUpToDate
	if err != nil {
		t.Fatal(err)
	}
	claims, err := os.ReadFile("docs/claims.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for i, line := range strings.Split(string(claims), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(strings.TrimSpace(cells[1]), "-") || strings.TrimSpace(cells[1]) == "claim" {
			continue
		}
		rows++
		shown := code.FindAllStringSubmatch(cells[2], -1)
		if len(shown) == 0 && !strings.Contains(cells[2], "not kept yet") {
			t.Errorf("docs/claims.md:%d: nothing shows this claim; name a test or a command, or say that it is not kept yet", i+1)
		}
		for _, s := range shown {
			target, isMake := strings.CutPrefix(s[1], "make ")
			verb, isVerb := strings.CutPrefix(s[1], "ringfence ")
			switch {
			case isVerb && strings.Contains(string(manual), "\n## ringfence "+strings.Fields(verb)[0]+"\n"):
			case isMake && strings.Contains(string(makefile), "\n"+strings.Fields(target)[0]+":"):
			case !isMake && tests[s[1]]:
			default:
				t.Errorf("docs/claims.md:%d: %q is neither a test (package.TestName), nor a make target, nor a verb of ringfence", i+1, s[1])
			}
		}
	}
	if rows == 0 {
		t.Error("docs/claims.md has no rows")
	}
}

// TestQuorumTable: the page that tells people what the quorum survives says what the code
// counts.
func TestQuorumTable(t *testing.T) {
	text, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$`)
	rows := row.FindAllStringSubmatch(string(text), -1)
	if len(rows) < 8 {
		t.Fatalf("the table of the quorum has %d rows", len(rows))
	}
	for _, r := range rows {
		var n [7]int
		for i := range n {
			n[i], _ = strconv.Atoi(r[1+i])
		}
		q, f := checkpoint.Quorum(n[0])
		if want := [...]int{n[0], f, q, n[0] - q, n[0] - q + 1, 2*q - n[0], f + 1}; n != want {
			t.Errorf("%d regulators: the page says %v, the rule is %v", n[0], n, want)
		}
	}
}
