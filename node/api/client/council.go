package client

import (
	"context"
	"net/http"
	"net/url"
	"ringfence/node/api"
	"strconv"
)

// ProposeMotion puts something to the regulators, or previews it.
func (c *Client) ProposeMotion(ctx context.Context, p api.Proposal) (api.Proposed, error) {
	return tell[api.Proposed](ctx, c, api.PathMotions, p)
}

// Motions asks what is before the regulators.
func (c *Client) Motions(ctx context.Context, q api.MotionQuery) (api.Motions, error) {
	query := url.Values{}
	turn(query, "mine", q.Mine)
	return ask[api.Motions](ctx, c, request{method: http.MethodGet, path: api.PathMotions, query: query})
}

// Motion asks for one motion.
func (c *Client) Motion(ctx context.Context, id string) (api.Motion, error) {
	if err := named(id); err != nil {
		return api.Motion{}, err
	}
	return ask[api.Motion](ctx, c, request{method: http.MethodGet, path: api.Path(api.PathMotion, id)})
}

// VoteMotion votes on one.
func (c *Client) VoteMotion(ctx context.Context, v api.MotionVote) (api.Motion, error) {
	if err := named(v.ID); err != nil {
		return api.Motion{}, err
	}
	return tell[api.Motion](ctx, c, api.Path(api.PathMotionVote, v.ID), api.MotionVote{For: v.For})
}

// WithdrawMotion takes one back.
func (c *Client) WithdrawMotion(ctx context.Context, id string) (api.Motion, error) {
	if err := named(id); err != nil {
		return api.Motion{}, err
	}
	return ask[api.Motion](ctx, c, request{method: http.MethodPost, path: api.Path(api.PathMotionWithdrawal, id)})
}

// named refuses an ID that no path can hold.
func named(id string) error {
	if id == "" || id == "/" {
		return api.Errorf(api.BadInput, "%q is no motion's ID", id)
	}
	return nil
}

// LedgerState asks how the ledger stands.
func (c *Client) LedgerState(ctx context.Context) (api.LedgerState, error) {
	return ask[api.LedgerState](ctx, c, request{method: http.MethodGet, path: api.PathLedger})
}

// LedgerEntries asks for entries of the ledger.
func (c *Client) LedgerEntries(ctx context.Context, q api.LedgerQuery) (api.LedgerEntries, error) {
	query := url.Values{}
	if q.Since > 0 {
		query.Set("since", strconv.FormatUint(q.Since, 10))
	}
	if q.Count != 0 {
		query.Set("count", strconv.Itoa(q.Count))
	}
	return ask[api.LedgerEntries](ctx, c, request{method: http.MethodGet, path: api.PathLedgerEntries, query: query})
}

// QuorumState asks how the regulators stand.
func (c *Client) QuorumState(ctx context.Context) (api.QuorumState, error) {
	return ask[api.QuorumState](ctx, c, request{method: http.MethodGet, path: api.PathQuorum})
}

// RealignQuorum promises the node's regulator to the next generation.
func (c *Client) RealignQuorum(ctx context.Context, sure bool) (api.QuorumState, error) {
	query := url.Values{}
	if sure {
		query.Set("sure", "true")
	}
	return ask[api.QuorumState](ctx, c, request{method: http.MethodPost, path: api.PathRealign, query: query})
}
