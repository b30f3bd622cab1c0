package publish

import (
	"errors"
	"fmt"

	"ringfence/store/assertion"
)

// ErrDamaged says that a batch of the issuer's own cannot be read here. What a
// file adds to it could not be counted, so nothing is published until it is put
// back, byte for byte: it is signed, and a second story is never told.
var ErrDamaged = errors.New("publish: a batch of this feed is damaged here")

// checkReadable refuses while a batch of the feed is in quarantine.
func (p *Publisher) checkReadable() error {
	aside, err := p.cfg.Store.Quarantined()
	if err != nil {
		return fmt.Errorf("publish: ask what is in quarantine: %w", err)
	}
	if len(aside) == 0 {
		return nil
	}
	reasons := make(map[string]string, len(aside))
	for _, q := range aside {
		reasons[q.Batch.String()] = q.Reason
	}
	tip, held, err := p.cfg.Store.Latest(p.issuer)
	if err != nil {
		return fmt.Errorf("publish: read the feed's end: %w", err)
	}
	for epoch := uint64(0); held && epoch <= tip.Epoch; epoch++ {
		if err := p.checkEpoch(epoch, reasons); err != nil {
			return err
		}
	}
	return nil
}

// checkEpoch refuses when a batch of an epoch is among those set aside.
func (p *Publisher) checkEpoch(epoch uint64, aside map[string]string) error {
	for sequence := uint64(0); ; sequence++ {
		b, held, err := p.cfg.Store.Header(p.issuer, epoch, sequence)
		if err == nil && !held {
			return nil
		}
		var signed assertion.SignedHeader
		if err == nil {
			signed, err = assertion.DecodeSignedHeader(b)
		}
		if err != nil {
			return fmt.Errorf("publish: read place %d/%d of the feed: %w", epoch, sequence, err)
		}
		batch := assertion.CID(signed.Header).String()
		if reason, ok := aside[batch]; ok {
			return fmt.Errorf("%w: batch %s at place %d/%d: %s; put it back from a backup or a peer, then publish the file again (docs/operations.md)", ErrDamaged, batch, epoch, sequence, reason)
		}
	}
}
