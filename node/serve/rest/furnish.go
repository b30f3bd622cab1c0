package rest

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ringfence/node/serve/rest/internal/docs"
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

// furnish adds what is no operation: probes, metrics, documentation.
func (f *face) furnish(mux *http.ServeMux, document []byte, pages map[string][]byte) {
	mux.HandleFunc("GET "+pathHealth, func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET "+pathReady, f.ready)
	mux.HandleFunc("GET "+pathDocument, f.fixed("application/openapi+json", document))
	mux.HandleFunc("GET "+pathDocs, f.documentation(pages))
	mux.HandleFunc("GET "+pathStyle, f.fixed("text/css; charset=utf-8", docs.Style()))
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

// ready tells whether the node can serve. Why it cannot, and that what it serves
// may be stale, is for those who may read. A stale node is ready: the last list is
// better than none.
func (f *face) ready(w http.ResponseWriter, r *http.Request) {
	err, stale, mayRead := f.Ready(), f.Stale(), callerOf(r.Context()).may(reading())
	switch {
	case err == nil && stale != "" && mayRead:
		plain(w, http.StatusOK, "ready, stale: "+stale+"\n")
	case err == nil:
		plain(w, http.StatusOK, "ready\n")
	case mayRead:
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

// documentation serves the page in the language that lang names, else in the one
// that the browser prefers.
func (f *face) documentation(pages map[string][]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		lang := f.languages.Match(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language")).Lang()
		w.Header().Set("Content-Language", lang)
		w.Header().Set("Vary", "Accept-Language")
		f.fixed("text/html; charset=utf-8", pages[lang])(w, r)
	}
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
