package rest

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ringfence/node/api"
)

// Paths beside the operations.
const (
	pathHealth   = "/healthz"
	pathReady    = "/readyz"
	pathMetrics  = "/metrics"
	pathDocument = "/openapi.json"
	pathDocs     = "/docs"
	pathStyle    = "/docs/style.css"
)

//go:embed docs.html style.css
var pages embed.FS

// furnish adds what is no operation: probes, metrics, documentation.
func (f *face) furnish(mux *http.ServeMux, document, page []byte) {
	mux.HandleFunc("GET "+pathHealth, func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET "+pathReady, f.ready)
	mux.HandleFunc("GET "+pathDocument, f.fixed("application/openapi+json", document))
	mux.HandleFunc("GET "+pathDocs, f.fixed("text/html; charset=utf-8", page))
	style, _ := pages.ReadFile("style.css") // embedded: it is there
	mux.HandleFunc("GET "+pathStyle, f.fixed("text/css; charset=utf-8", style))
	if f.Gatherer == nil {
		return
	}
	metrics := promhttp.HandlerFor(f.Gatherer, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	mux.HandleFunc("GET "+pathMetrics, func(w http.ResponseWriter, r *http.Request) {
		if f.admit(w, r, reading()) {
			metrics.ServeHTTP(w, r)
		}
	})
}

// ready tells whether the node can serve. Why it cannot is for those who may
// read.
func (f *face) ready(w http.ResponseWriter, r *http.Request) {
	err := f.Ready()
	switch {
	case err == nil:
		plain(w, http.StatusOK, "ready\n")
	case callerOf(r.Context()).may(reading()):
		plain(w, http.StatusServiceUnavailable, "not ready: "+err.Error()+"\n")
	default:
		plain(w, http.StatusServiceUnavailable, "not ready\n")
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a probe that left needs no answer
}

// fixed serves bytes that do not change, to those who may read.
func (f *face) fixed(media string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !f.admit(w, r, reading()) {
			return
		}
		w.Header().Set("Content-Type", media)
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		_, _ = w.Write(content) // a reader that left needs no answer
	}
}

// group is the operations under one heading of the page.
type group struct {
	Name       string
	Operations []entry
}

// entry is one operation on the page.
type entry struct {
	Method, Path, Summary, Description string
	Role                               api.Role
	Loopback                           bool
	Parameters                         []*huma.Param
	Body                               string // media types and schemas
}

// page is what docs.html shows.
type page struct {
	Title, Version, Description string
	Groups                      []group
}

// renderDocs writes the page of documentation from the OpenAPI document.
func renderDocs(document *huma.OpenAPI) ([]byte, error) {
	t, err := template.ParseFS(pages, "docs.html")
	if err != nil {
		return nil, fmt.Errorf("read page of documentation: %w", err)
	}
	p := page{Title: document.Info.Title, Version: document.Info.Version, Description: document.Info.Description}
	for _, tag := range []string{tagNumbers, tagCalls, tagSaying, tagNode} {
		p.Groups = append(p.Groups, group{Name: tag, Operations: entriesOf(document, tag)})
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
			a, _ := op.Metadata[accessKey].(access)
			all = append(all, entry{
				Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
				Role: a.role, Loopback: a.loopback, Parameters: op.Parameters, Body: bodyOf(op.RequestBody),
			})
		}
	}
	slices.SortFunc(all, func(a, b entry) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return all
}

// bodyOf tells in a line what an operation takes as its body.
func bodyOf(b *huma.RequestBody) string {
	if b == nil {
		return ""
	}
	var kinds []string
	for media, what := range b.Content {
		if _, name, ok := strings.Cut(what.Schema.Ref, "schemas/"); ok {
			media += " (" + name + ")"
		}
		kinds = append(kinds, media)
	}
	slices.Sort(kinds)
	return strings.Join(kinds, " or ")
}
