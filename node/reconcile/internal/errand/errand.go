// Package errand asks one peer for a single thing, the header of a place or the fork proof of
// an epoch, and shows what comes to the door at once.
//
// Where the ledger anchored another branch of a feed than the one that is held, one header
// leads to the next below it: those are asked for in one conversation, as far as it goes.
//
// Floor 10, a room of node/reconcile.
package errand

import (
	"context"

	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// Taker is the door.
type Taker interface {
	Admit(offers []intake.Offer) ([]intake.Outcome, error)
	AdmitFork(proof []byte) (intake.Outcome, error)
}

// Errand is what is asked for.
type Errand struct {
	Lane  message.Lane
	Proof bool   // the fork proof of the epoch; else a header
	Down  bool   // and those below it, while they lead down an anchored branch
	Place uint64 // of the header
}

// Result is what came of an errand.
type Result struct {
	Place   uint64 // of the last header that was asked for
	Failed  ask.Failure
	Came    bool
	Outcome intake.Outcome // of what came last
	Own     error          // of this node's store; no peer is to be blamed for it
}

// Work is what an errand takes.
type Work struct {
	Taker Taker
	Open  ask.Opener
}

// Run asks a peer and shows the door what comes.
func (w Work) Run(ctx context.Context, peer keys.Public, e Errand) (r Result) {
	r.Place = e.Place
	r.Failed = ask.With(ctx, w.Open, peer, func(t *ask.Talk) error {
		for range message.MaxTalk {
			if err := w.step(t, e, &r); err != nil {
				return err
			}
			if !e.Down || !r.Came || r.Own != nil || r.Outcome.Reason != intake.AnchoredBranch || r.Outcome.Tip.Sequence != r.Place || r.Place == 0 {
				return nil
			}
			r.Place--
		}
		r.Place++ // the last one asked for
		return nil
	})
	return r
}

// step asks for one thing.
func (w Work) step(t *ask.Talk, e Errand, r *Result) error {
	request, most := message.EncodeHeader(e.Lane, r.Place), message.MaxRequest
	if e.Proof {
		request, most = message.EncodeProof(e.Lane), message.MaxProof
	}
	shown, err := t.FetchBytes(request, most)
	r.Came = err == nil && len(shown) > 0
	switch {
	case !r.Came:
		return err
	case e.Proof:
		r.Outcome, r.Own = w.Taker.AdmitFork(shown)
		return nil
	}
	all, err := w.Taker.Admit([]intake.Offer{{Header: shown}})
	if r.Own = err; err == nil {
		r.Outcome = all[0]
	}
	return nil
}
