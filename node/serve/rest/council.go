package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/api"
)

// MotionInput names a motion; it is exported since the library passes over embedded
// fields that are not.
type MotionInput struct {
	Motion string `path:"motion" maxLength:"128" doc:"ID of a motion, or an unambiguous beginning of it"`
}

// motionsInput asks for motions.
type motionsInput struct {
	Mine bool `query:"mine" doc:"Those alone that wait for the vote of this node's regulator"`
}

// voteInput is a vote.
type voteInput struct {
	MotionInput
	Body api.MotionVote
}

// entriesInput asks for entries of the ledger.
type realignInput struct {
	Sure bool `query:"sure" doc:"Also while the ledger goes on with this regulator, which the promise takes away"`
}

type entriesInput struct {
	Since uint64 `query:"since" doc:"Index of the first entry"`
	Count int    `query:"count" minimum:"0" maximum:"1000" doc:"How many at most; 100 if left out"`
}

// registerCouncil adds how people use the regulators' ledger. A vote binds the regulator,
// and on its node a proposal carries one: both take the owner's socket or a token of the
// role admin.
func (f *face) registerCouncil(a huma.API) {
	op := in(tagCouncil, "Put something to the regulators, or preview it", describe("propose-motion", http.MethodPost, api.PathMotions, keeping()))
	op.MaxBodyBytes = api.MaxProposal
	register(f, a, op, func(ctx context.Context, in *sent[api.Proposal]) (api.Proposed, error) {
		return f.Service.ProposeMotion(ctx, in.Body)
	})
	register(f, a, in(tagCouncil, "What is before the regulators, and what they lately decided", describe("motions", http.MethodGet, api.PathMotions, reading())),
		func(ctx context.Context, in *motionsInput) (api.Motions, error) {
			return f.Service.Motions(ctx, api.MotionQuery{Mine: in.Mine})
		})
	register(f, a, in(tagCouncil, "One motion, what it does and who voted", describe("motion", http.MethodGet, api.PathMotion, reading())),
		func(ctx context.Context, in *MotionInput) (api.Motion, error) {
			return f.Service.Motion(ctx, in.Motion)
		})
	register(f, a, in(tagCouncil, "Vote as the regulator of this node", describe("vote-motion", http.MethodPost, api.PathMotionVote, keeping())),
		func(ctx context.Context, in *voteInput) (api.Motion, error) {
			in.Body.ID = in.Motion
			return f.Service.VoteMotion(ctx, in.Body)
		})
	register(f, a, in(tagCouncil, "Take back what this node proposed", describe("withdraw-motion", http.MethodPost, api.PathMotionWithdrawal, keeping())),
		func(ctx context.Context, in *MotionInput) (api.Motion, error) {
			return f.Service.WithdrawMotion(ctx, in.Motion)
		})
	register(f, a, in(tagCouncil, "How the ledger stands, and who certified it", describe("ledger", http.MethodGet, api.PathLedger, reading())),
		func(ctx context.Context, _ *struct{}) (api.LedgerState, error) { return f.Service.LedgerState(ctx) })
	register(f, a, in(tagCouncil, "Entries of the ledger, in words", describe("entries", http.MethodGet, api.PathLedgerEntries, reading())),
		func(ctx context.Context, in *entriesInput) (api.LedgerEntries, error) {
			return f.Service.LedgerEntries(ctx, api.LedgerQuery{Since: in.Since, Count: in.Count})
		})
	register(f, a, in(tagCouncil, "How the regulators stand, and how many more may fail", describe("quorum", http.MethodGet, api.PathQuorum, reading())),
		func(ctx context.Context, _ *struct{}) (api.QuorumState, error) { return f.Service.QuorumState(ctx) })
	register(f, a, in(tagCouncil, "Promise this regulator to the next generation", describe("realign-quorum", http.MethodPost, api.PathRealign, keeping())),
		func(ctx context.Context, in *realignInput) (api.QuorumState, error) {
			return f.Service.RealignQuorum(ctx, in.Sure)
		})
	f.registerHeads(a)
}
