package client

import (
	"context"
	"net/http"
	"net/url"

	"ringfence/node/api"
)

// Prove asks for a proof about a number.
func (c *Client) Prove(ctx context.Context, q api.ProofQuery) (api.Proof, error) {
	r, err := c.about(api.PathProof, api.Query{Number: q.Number, Country: q.Country, At: q.At})
	if err != nil {
		return api.Proof{}, err
	}
	set(r.query, "what", q.What)
	turn(r.query, "full", q.Full)
	r.slow = true
	return ask[api.Proof](ctx, c, r)
}

// ProveSets asks for the set-chain file.
func (c *Client) ProveSets(ctx context.Context, pin bool) (api.Proof, error) {
	query := url.Values{}
	turn(query, "pin", pin)
	return ask[api.Proof](ctx, c, request{method: http.MethodGet, path: api.PathSets, query: query, slow: true})
}

// Constitution asks who takes part, and by which rules.
func (c *Client) Constitution(ctx context.Context, at string) (api.Constitution, error) {
	query := url.Values{}
	set(query, "at", at)
	return ask[api.Constitution](ctx, c, request{method: http.MethodGet, path: api.PathFederation, query: query})
}
