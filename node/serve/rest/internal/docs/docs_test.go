package docs

import (
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/locale"
)

// TestPage: operations stand under their tag by path and method, with who may,
// and text from the document is text and nothing else.
func TestPage(t *testing.T) {
	who := func(role string, open bool) map[string]any {
		return map[string]any{"x-ringfence-role": role, "x-ringfence-loopback": open}
	}
	document := &huma.OpenAPI{
		Info: &huma.Info{Title: "T", Version: "v1", Description: `<svg onload="x">`},
		Paths: map[string]*huma.PathItem{
			"/b": {
				Get:  &huma.Operation{Method: http.MethodGet, Path: "/b", Summary: "third", Tags: []string{"one"}, Extensions: who("reader", true)},
				Post: &huma.Operation{Method: http.MethodPost, Path: "/b", Summary: "fourth", Tags: []string{"one"}, Extensions: who("admin", false)},
			},
			"/a": {
				Delete: &huma.Operation{Method: http.MethodDelete, Path: "/a", Summary: "second", Tags: []string{"one"}, Extensions: who("admin", false)},
				Get:    &huma.Operation{Method: http.MethodGet, Path: "/a", Summary: "first, elsewhere", Tags: []string{"two"}, Extensions: who("reader", true)},
			},
		},
	}
	document.Paths["/b"].Post.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
		"text/plain":       {Schema: &huma.Schema{Type: "string"}},
		"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Thing"}},
	}}
	text, err := Page(document, []string{"two", "none", "one"}, locale.New().Match("en"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	_, sections, _ := strings.Cut(page, "</nav>")
	at := 0
	for _, want := range []string{"<h2>two", "GET-/a", "Open on loopback, else a reader’s token", "<h2>one", "DELETE-/a", "a token of role admin", "GET-/b", "POST-/b", "Body: application/json (Thing) or text/plain"} {
		i := strings.Index(sections[at:], want)
		if i < 0 {
			t.Fatalf("%q does not come where it should:\n%s", want, sections)
		}
		at += i
	}
	if strings.Contains(page, "none") {
		t.Errorf("a heading without operations stands there:\n%s", page)
	}
	if strings.Contains(page, "<svg") || !strings.Contains(page, "&lt;svg") {
		t.Errorf("the document's text is markup:\n%s", page)
	}
}

func TestStyle(t *testing.T) {
	if !strings.Contains(string(Style()), "font:") {
		t.Error("no style sheet")
	}
}
