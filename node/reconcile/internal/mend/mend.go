// Package mend fetches batches that are held and cannot be read from somebody who has them
// whole, and shows them to the door.
//
// Floor 10, a room of node/reconcile.
package mend

import (
	"context"

	"github.com/ipfs/go-cid"

	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// Held tells what is in quarantine.
type Held interface {
	Quarantined() ([]feed.Quarantined, error)
}

// Taker is the door.
type Taker interface {
	Admit(offers []intake.Offer) ([]intake.Outcome, error)
}

// Work is what mending takes.
type Work struct {
	Held  Held
	Taker Taker
	Open  ask.Opener
}

// From fetches what is in quarantine from a peer and shows it to the door. lie says what
// was refused, own what this node's store could not do.
func (w Work) From(ctx context.Context, peer keys.Public) (lie string, failed ask.Failure, own error) {
	damaged, own := w.Held.Quarantined()
	if own != nil || len(damaged) == 0 {
		return "", failed, own
	}
	var ids []cid.Cid
	for _, q := range damaged[:min(len(damaged), message.MaxBatches)] {
		ids = append(ids, q.Batch)
	}
	var records []message.Record
	failed = ask.With(ctx, w.Open, peer, func(t *ask.Talk) (err error) {
		records, err = t.FetchBatches(ids)
		return err
	})
	if failed.Fault != ask.NoFault || len(records) == 0 {
		return "", failed, nil
	}
	outcomes, own := w.Taker.Admit(Offers(records))
	for _, o := range outcomes {
		if o.Status == intake.Refused {
			lie = o.Detail
		}
	}
	return lie, failed, own
}

// Offers makes offers of what a peer gave.
func Offers(records []message.Record) []intake.Offer {
	all := make([]intake.Offer, len(records))
	for i, rec := range records {
		all[i] = intake.Offer{Header: rec.Header, Body: rec.Body}
	}
	return all
}
