package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/api"
)

// contestsInput asks for contests.
type contestsInput struct {
	Preference
	Mine bool   `query:"mine" doc:"Those alone that wait for the answer of this node's member"`
	Lang string `query:"lang" maxLength:"32" doc:"en or zh"`
}

// registerContests adds what is disputed. A contest and an answer are said as anything
// else is.
func (f *face) registerContests(a huma.API) {
	register(f, a, in(tagSaying, "What is disputed, and who has yet to answer", describe("contests", http.MethodGet, api.PathContests, reading())),
		func(ctx context.Context, in *contestsInput) (api.Contests, error) {
			return f.Service.Contests(ctx, api.ContestQuery{Mine: in.Mine, Lang: in.or(in.Lang, f)})
		})
}
