package local_test

import (
	"os"
	"strings"
	"testing"

	"ringfence/node/screen/local"
)

// TestDocumentedRules: the example that people copy from the documentation is
// accepted as it stands.
func TestDocumentedRules(t *testing.T) {
	page, err := os.ReadFile("../../../docs/screening.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/screening.md shows no rule file")
	}
	rules, err := local.Parse(local.File{Name: "docs/screening.md", Data: []byte(example)})
	if err != nil {
		t.Fatal(err)
	}
	if rules.Len() != 2 {
		t.Errorf("%d rules, want 2", rules.Len())
	}
}
