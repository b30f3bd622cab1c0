// Package docs writes the page that documents the REST face in one language, from
// its OpenAPI document and the catalogue of messages. The page has no script and loads nothing from elsewhere: a node
// often stands where there is no way out.
package docs

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/locale"
)

//go:embed docs.html style.css
var pages embed.FS

// Style returns the style sheet, which the page expects at /docs/style.css.
func Style() []byte {
	style, _ := pages.ReadFile("style.css") // embedded: it is there
	return style
}

// group is the operations under one heading of the page.
type group struct {
	Name       string
	Operations []entry
}

// entry is one operation on the page.
type entry struct {
	Method, Path, Summary, Description string
	Role                               string // least role of a token
	Loopback                           any    // open there without one
	Parameters                         []*huma.Param
	Body                               []string // media types and schemas
}

// page is what docs.html shows.
type page struct {
	Lang, Other string // language tags

	Title, Version, Description string
	Groups                      []group
}

// Page writes the page of documentation from an OpenAPI document, its
// operations under the given tags in order, those without any left out, in the language of words.
func Page(document *huma.OpenAPI, tags []string, words *locale.Catalog) ([]byte, error) {
	t, err := template.New("docs.html").Funcs(template.FuncMap{"tell": words.Translated, "text": words.Named}).ParseFS(pages, "docs.html")
	if err != nil {
		return nil, fmt.Errorf("read page of documentation: %w", err)
	}
	p := page{Lang: words.Lang(), Other: "zh", Title: document.Info.Title, Version: document.Info.Version, Description: document.Info.Description}
	if p.Lang == p.Other {
		p.Other = "en"
	}
	for _, tag := range tags {
		if entries := entriesOf(document, tag); len(entries) > 0 {
			p.Groups = append(p.Groups, group{Name: tag, Operations: entries})
		}
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("write page of documentation: %w", err)
	}
	return b.Bytes(), nil
}

// entriesOf lists the operations under a heading, by path and method.
func entriesOf(document *huma.OpenAPI, tag string) []entry {
	var all []entry
	for _, item := range document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Delete} {
			if op == nil || !slices.Contains(op.Tags, tag) {
				continue
			}
			role, _ := op.Extensions["x-ringfence-role"].(string)
			all = append(all, entry{
				Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
				Role: role, Loopback: op.Extensions["x-ringfence-loopback"], Parameters: op.Parameters, Body: bodyOf(op.RequestBody),
			})
		}
	}
	slices.SortFunc(all, func(a, b entry) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return all
}

// bodyOf tells what an operation takes as its body.
func bodyOf(b *huma.RequestBody) []string {
	if b == nil {
		return nil
	}
	var kinds []string
	for media, what := range b.Content {
		if _, name, ok := strings.Cut(what.Schema.Ref, "schemas/"); ok {
			media += " (" + name + ")"
		}
		kinds = append(kinds, media)
	}
	slices.Sort(kinds)
	return kinds
}
