// Package proof tells whether a stored batch still proves itself, as a stranger
// would ask: the header is canonical, of its place and signed by its issuer, and
// the statements give its root.
//
// Checksums tell what the disk has changed; this tells whatever else went
// wrong, in memory, in a copy, or by a hand, since the batch was accepted.
//
// Floor 6, a room of store/disk. It knows no charter, so it does not ask whether
// the issuer was ever admitted.
package proof

import (
	"ringfence/store/assertion"
	"ringfence/store/disk/internal/damage"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Check returns nil when r proves itself, else what does not fit.
func Check(r *feed.Record) error {
	signed, err := assertion.DecodeSignedHeader(r.Header)
	if err != nil {
		return damage.Errorf("batch %s: %w", r.Tip.CID, err)
	}
	header, err := assertion.DecodeHeader(signed.Header)
	if err != nil {
		return damage.Errorf("batch %s: %w", r.Tip.CID, err)
	}
	tip := feed.Tip{Epoch: header.Epoch, Sequence: header.Sequence, CID: assertion.CID(signed.Header), Time: header.Time}
	if tip != r.Tip || header.Issuer != r.Issuer {
		return damage.Errorf("batch %s: the header is of another place", r.Tip.CID)
	}
	if !header.Issuer.Verify(keys.DomainBatch, signed.Header, signed.Signature) {
		return damage.Errorf("batch %s: the signature does not fit", r.Tip.CID)
	}
	slots, err := assertion.DecodeSlots(r.Body)
	if err == nil {
		_, err = header.Match(slots)
	}
	if err != nil {
		return damage.Errorf("batch %s: %w", r.Tip.CID, err)
	}
	return nil
}
