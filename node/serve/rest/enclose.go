package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"ringfence/node/api"
	"ringfence/node/serve/rest/internal/flow"
)

// enclose puts the walls around the routes, outermost first: who asks and what
// becomes of it; requests that a browser makes for another site; too many at
// once; what no route takes.
func (f *face) enclose(mux *http.ServeMux) http.Handler {
	sameSite := http.NewCrossOriginProtection()
	sameSite.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.write(w, r, problemOf(http.StatusForbidden, api.Forbidden, "a page of another site may not ask this node"))
	}))
	return f.observe(sameSite.Handler(f.shed(f.route(mux))))
}

// observe says who asks, counts and logs what became of it, and keeps a panic
// to its own request.
func (f *face) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		c, ok := f.identify(r)
		r = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
		answer := &recorder{ResponseWriter: w}
		if control := http.NewResponseController(w); r.Body == http.NoBody {
			flow.Lift(control)
		} else {
			r.Body = &flow.Unhurried{ReadCloser: r.Body, Control: control}
		}
		secure(w.Header())
		defer func() {
			f.settle(answer, r, begun, recover())
		}()
		if !ok {
			f.Logger.Warn("token refused", "from", c.address)
			f.challenge(answer, r, "the token is not known here or was revoked; `ringfence token list` tells the names in use")
			return
		}
		next.ServeHTTP(answer, r)
	})
}

// settle ends a request: panicked is what its handler panicked with, if it
// did.
func (f *face) settle(w *recorder, r *http.Request, begun time.Time, panicked any) {
	route := routeOf(r)
	cut := false
	switch reason, _ := panicked.(error); {
	case panicked == nil:
	case errors.Is(reason, http.ErrAbortHandler):
		cut = true
	case reason != nil && w.failed != nil:
		f.Logger.Debug("client left", "route", route, "error", w.failed)
		cut = true
	default:
		f.Logger.Error("request panicked", "route", route, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		if cut = w.status != 0; !cut {
			f.write(w, r, problemOf(http.StatusInternalServerError, api.Internal, "the node failed; its log says why"))
		}
	}
	took := time.Since(begun)
	if f.Metrics != nil {
		f.Metrics.Request(route, r.Method, w.code(), took)
	}
	f.Logger.Debug("request", "route", route, "method", r.Method, "code", w.code(), "caller", callerOf(r.Context()).told(), "took", took)
	if cut {
		panic(http.ErrAbortHandler) // the server closes the connection, so that the answer does not look whole
	}
}

// secure sets the headers that hold for every answer. Answers hold numbers and
// belong in no cache.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

// shed refuses what is too often or too much at once. The owner is never too
// often; probes of health always pass.
func (f *face) shed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == pathHealth {
			next.ServeHTTP(w, r)
			return
		}
		if c := callerOf(r.Context()); c.origin != owner && !f.clients.Allow(c.address, time.Now()) {
			w.Header().Set("Retry-After", "1")
			f.write(w, r, problemOf(http.StatusTooManyRequests, api.Refused, fmt.Sprintf("more than %d requests a second; wait a second, or ask about many numbers at once with POST %s", f.Limits.PerSecond, api.PathLookups)))
			return
		}
		slots := f.slots
		if f.ofLedger(r) {
			slots = f.open
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			f.write(w, r, problemOf(http.StatusServiceUnavailable, api.Unavailable, "the node has as much to do as it can; ask again in a second"))
		}
	})
}

// route gives a request to the operation that takes it, and answers in our own
// words when none does.
func (f *face) route(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		misfit := &discarder{header: make(http.Header)}
		mux.ServeHTTP(misfit, r)
		switch misfit.status {
		case http.StatusMethodNotAllowed:
			w.Header()["Allow"] = misfit.header["Allow"]
			f.write(w, r, problemOf(misfit.status, api.BadInput, "this path takes "+misfit.header.Get("Allow")))
		default:
			f.write(w, r, problemOf(http.StatusNotFound, api.NotFound, "there is nothing at this path; /docs lists the operations"))
		}
	})
}

// routeOf is the pattern that took a request, without its method; "" when none
// did.
func routeOf(r *http.Request) string {
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	return r.Pattern
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	failed error // of a write
}

// WriteHeader remembers the first status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write remembers a failure.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	if err != nil {
		w.failed = err
	}
	return n, err
}

// Unwrap lets http.ResponseController through.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// discarder is a ResponseWriter that keeps status and headers only.
type discarder struct {
	header http.Header
	status int
}

// Header returns the headers.
func (d *discarder) Header() http.Header { return d.header }

// WriteHeader keeps the status.
func (d *discarder) WriteHeader(status int) { d.status = status }

// Write drops the body.
func (d *discarder) Write(p []byte) (int, error) { return len(p), nil }
