package constitution

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// The line with the kind is found as the expression says, in whatever surrounds it.
func TestTheLineWithTheKind(t *testing.T) {
	kind, articles := regexp.MustCompile(`(?m)^(?:kind|"kind"): *"?([a-z_]+)"? *$`), regexp.MustCompile(`(?m)^articles:`)
	pieces := []string{"kind", `"kind"`, "kind", ":", ":", " ", `"`, "remove_member", "x", "A", "-", "\n", "\n", "\r", "\t", "articles:", "é"}
	random := rand.New(rand.NewPCG(1, 2))
	found, of := 0, 0
	for range 200_000 {
		text := ""
		for range 1 + random.IntN(8) {
			text += pieces[random.IntN(len(pieces))]
		}
		want, has := "", kind.FindStringSubmatch(text)
		if has != nil {
			want = has[1]
			found++
		}
		if got, ok := kindIn(text); got != want || ok != (has != nil) {
			t.Fatalf("%q is of kind %q, %v, want %q", text, got, ok, want)
		}
		if got := hasArticles(text); got != articles.MatchString(text) {
			t.Fatalf("%q has articles: %v", text, got)
		} else if got {
			of++
		}
	}
	if found < 100 || of < 100 {
		t.Errorf("%d texts have a kind, %d articles", found, of)
	}
}
