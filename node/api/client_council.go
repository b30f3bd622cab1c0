package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// ProposeMotion puts something to the regulators, or previews it.
func (c *Client) ProposeMotion(ctx context.Context, p Proposal) (Proposed, error) {
	return tell[Proposed](ctx, c, PathMotions, p)
}

// Motions asks what is before the regulators.
func (c *Client) Motions(ctx context.Context, q MotionQuery) (Motions, error) {
	query := url.Values{}
	turn(query, "mine", q.Mine)
	return ask[Motions](ctx, c, request{method: http.MethodGet, path: PathMotions, query: query})
}

// Motion asks for one motion.
func (c *Client) Motion(ctx context.Context, id string) (Motion, error) {
	if err := named(id); err != nil {
		return Motion{}, err
	}
	return ask[Motion](ctx, c, request{method: http.MethodGet, path: Path(PathMotion, id)})
}

// VoteMotion votes on one.
func (c *Client) VoteMotion(ctx context.Context, v MotionVote) (Motion, error) {
	if err := named(v.ID); err != nil {
		return Motion{}, err
	}
	return tell[Motion](ctx, c, Path(PathMotionVote, v.ID), MotionVote{For: v.For})
}

// WithdrawMotion takes one back.
func (c *Client) WithdrawMotion(ctx context.Context, id string) (Motion, error) {
	if err := named(id); err != nil {
		return Motion{}, err
	}
	return ask[Motion](ctx, c, request{method: http.MethodPost, path: Path(PathMotionWithdrawal, id)})
}

// named refuses an ID that no path can hold.
func named(id string) error {
	if id == "" || id == "/" {
		return Errorf(BadInput, "%q is no motion's ID", id)
	}
	return nil
}

// LedgerState asks how the ledger stands.
func (c *Client) LedgerState(ctx context.Context) (LedgerState, error) {
	return ask[LedgerState](ctx, c, request{method: http.MethodGet, path: PathLedger})
}

// LedgerEntries asks for entries of the ledger.
func (c *Client) LedgerEntries(ctx context.Context, q LedgerQuery) (LedgerEntries, error) {
	query := url.Values{}
	if q.Since > 0 {
		query.Set("since", strconv.FormatUint(q.Since, 10))
	}
	if q.Count != 0 {
		query.Set("count", strconv.Itoa(q.Count))
	}
	return ask[LedgerEntries](ctx, c, request{method: http.MethodGet, path: PathLedgerEntries, query: query})
}

// QuorumState asks how the regulators stand.
func (c *Client) QuorumState(ctx context.Context) (QuorumState, error) {
	return ask[QuorumState](ctx, c, request{method: http.MethodGet, path: PathQuorum})
}

// RealignQuorum promises the node's regulator to the next generation.
func (c *Client) RealignQuorum(ctx context.Context) (QuorumState, error) {
	return ask[QuorumState](ctx, c, request{method: http.MethodPost, path: PathRealign})
}
