package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/api"
)

type headsInput struct {
	Issuer string `query:"issuer" doc:"Key of one issuer"`
	Member string `query:"member" doc:"All issuers of a member"`
	At     string `query:"at" doc:"Number of a batch, or none; left out, the last one"`
}

// registerHeads adds what motions say of feeds.
func (f *face) registerHeads(a huma.API) {
	register(f, a, in(tagCouncil, "Up to where feeds count, for a motion that names it", describe("feed-heads", http.MethodGet, api.PathFeedHeads, reading())),
		func(ctx context.Context, in *headsInput) (api.FeedHeads, error) {
			return f.Service.FeedHeads(ctx, api.FeedHeadQuery{Issuer: in.Issuer, Member: in.Member, At: in.At})
		})
}
