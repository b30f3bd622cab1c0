package client

import (
	"context"
	"net/http"
	"net/url"

	"ringfence/node/api"
)

// FeedHeads asks up to where feeds count.
func (c *Client) FeedHeads(ctx context.Context, q api.FeedHeadQuery) (api.FeedHeads, error) {
	query := url.Values{}
	for name, value := range map[string]string{"issuer": q.Issuer, "member": q.Member, "at": q.At} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return ask[api.FeedHeads](ctx, c, request{method: http.MethodGet, path: api.PathFeedHeads, query: query})
}
