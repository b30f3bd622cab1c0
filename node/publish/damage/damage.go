// Package damage refuses to go on from a feed of which something cannot be read.
//
// Floor 10, a room of node/publish.
package damage

import (
	"errors"
	"fmt"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Store tells which batches are held and cannot be read.
type Store interface {
	Quarantined() ([]feed.Quarantined, error)
	Latest(issuer keys.Public) (feed.Tip, bool, error)
	Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error)
}

// ErrDamaged says that a batch of the issuer's own cannot be read here. What a
// file adds to it could not be counted, so nothing is published until it is put
// back, byte for byte: it is signed, and a second story is never told.
var ErrDamaged = errors.New("publish: a batch of this feed is damaged here")

// Check refuses while a batch of an issuer's feed is in quarantine.
func Check(s Store, issuer keys.Public) error {
	aside, err := s.Quarantined()
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
	tip, held, err := s.Latest(issuer)
	if err != nil {
		return fmt.Errorf("publish: read the feed's end: %w", err)
	}
	for epoch := uint64(0); held && epoch <= tip.Epoch; epoch++ {
		if err := checkEpoch(s, issuer, epoch, reasons); err != nil {
			return err
		}
	}
	return nil
}

// checkEpoch refuses when a batch of an epoch is among those set aside.
func checkEpoch(s Store, issuer keys.Public, epoch uint64, aside map[string]string) error {
	for sequence := uint64(0); ; sequence++ {
		b, held, err := s.Header(issuer, epoch, sequence)
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
