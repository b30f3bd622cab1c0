package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/api"
	"ringfence/node/serve/rest/internal/flow"
)

// problem is an api.Problem as the library writes it.
type problem struct{ api.Problem }

func problemOf(status int, kind api.Kind, detail string) problem {
	return problem{api.Problem{Title: http.StatusText(status), Status: status, Detail: detail, Kind: kind}}
}

// GetStatus returns the status code.
func (p problem) GetStatus() int { return p.Status }

// Error returns the detail.
func (p problem) Error() string { return p.Detail }

// ContentType names the media type of problems.
func (p problem) ContentType(string) string { return api.MediaProblem }

// failure turns an error of the service into a problem. What the service did
// not mean for callers is told to those who look after the node and to the log.
func (f *face) failure(ctx context.Context, route string, err error) problem {
	var known *api.Error
	var large *http.MaxBytesError
	var slow *flow.SlowError
	switch {
	case errors.As(err, &large):
		return problemOf(http.StatusRequestEntityTooLarge, api.BadInput, tooLarge(large.Limit))
	case errors.As(err, &slow):
		return problemOf(http.StatusRequestTimeout, api.Unavailable, slow.Error())
	case errors.As(err, &known) && known.Kind.Known():
		p := problemOf(known.Kind.HTTP(), known.Kind, known.Message)
		p.Coded = known.Coded
		return p
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return problemOf(http.StatusServiceUnavailable, api.Unavailable, "the request was given up before it was done")
	}
	f.Logger.Error("request failed", "route", route, "error", err)
	detail := "the node failed; its log says why"
	if callerOf(ctx).may(keeping()) {
		detail = err.Error()
	}
	return problemOf(http.StatusInternalServerError, api.Internal, detail)
}

// kinded gives the library's own errors, such as a body that breaks its
// schema, the shape of a problem. Values are left out: they may be numbers.
func kinded(_ huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	words := []string{e.Detail}
	for _, d := range e.Errors {
		if d == nil {
			continue
		}
		word := d.Message
		if d.Location != "" {
			word = d.Location + ": " + word
		}
		words = append(words, word)
	}
	if len(words) > 1 {
		words = words[1:]
	}
	return problemOf(e.Status, kindOf(e.Status), strings.Join(words, "; ")).Problem, nil
}

// kindOf is the kind of a status that is not a service's.
func kindOf(status int) api.Kind {
	switch status {
	case http.StatusMethodNotAllowed, http.StatusNotAcceptable:
		return api.BadInput
	case http.StatusRequestTimeout:
		return api.Unavailable
	}
	return api.KindOfHTTP(status)
}

// write answers with a problem outside of the library.
func (f *face) write(w http.ResponseWriter, r *http.Request, p problem) {
	w.Header().Set("Content-Type", api.MediaProblem)
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	if err := json.NewEncoder(w).Encode(p.Problem); err != nil {
		f.Logger.Debug("client left", "route", routeOf(r), "error", err)
	}
}
