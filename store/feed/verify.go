package feed

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/keys"
)

// Verified is a signed header that Verify has found to be whole: canonical, of
// the right federation, and signed by the key that it names as its issuer. The
// zero Verified is none.
type Verified struct {
	header assertion.Header
	id     cid.Cid
	signed string // the bytes that came, immutable
}

// Verify decodes a signed header, compares its federation and checks the
// signature. It does not ask whether the issuer was ever admitted: a stranger's
// header verifies too, and it is cheaper to look the key up first (see Peek).
func Verify(signed []byte, federation cid.Cid) (Verified, error) {
	v, s, err := decode(signed)
	if err != nil {
		return Verified{}, err
	}
	if !v.header.Federation.Equals(federation) {
		return Verified{}, fmt.Errorf("feed: the header is of federation %s, not %s", v.header.Federation, federation)
	}
	if err := v.checkSignature(s); err != nil {
		return Verified{}, err
	}
	return v, nil
}

// Peek decodes a signed header without checking its signature, for those who
// look up a key or a place before they spend time on a signature. It is not to
// be trusted.
func Peek(signed []byte) (assertion.Header, cid.Cid, error) {
	v, _, err := decode(signed)
	return v.header, v.id, err
}

func decode(signed []byte) (Verified, assertion.SignedHeader, error) {
	s, err := assertion.DecodeSignedHeader(signed)
	if err != nil {
		return Verified{}, s, fmt.Errorf("feed: decode signed header: %w", err)
	}
	h, err := assertion.DecodeHeader(s.Header)
	if err != nil {
		return Verified{}, s, fmt.Errorf("feed: decode header: %w", err)
	}
	return Verified{header: h, id: assertion.CID(s.Header), signed: string(signed)}, s, nil
}

func (v Verified) checkSignature(s assertion.SignedHeader) error {
	if !v.header.Issuer.Verify(keys.DomainBatch, s.Header, s.Signature) {
		return fmt.Errorf("feed: the signature of epoch %d, sequence %d is not of issuer %s", v.header.Epoch, v.header.Sequence, v.header.Issuer.Short())
	}
	return nil
}

// IsZero reports whether v is none.
func (v Verified) IsZero() bool { return v.signed == "" }

// Header returns the header.
func (v Verified) Header() assertion.Header { return v.header }

// CID returns the CID of the unsigned header, which names the batch.
func (v Verified) CID() cid.Cid { return v.id }

// Issuer returns the owner of the feed.
func (v Verified) Issuer() keys.Public { return v.header.Issuer }

// Tip returns the place of the batch in its feed.
func (v Verified) Tip() Tip {
	return Tip{Epoch: v.header.Epoch, Sequence: v.header.Sequence, CID: v.id, Time: v.header.Time}
}

// Signed returns the signed header as it came.
func (v Verified) Signed() []byte { return []byte(v.signed) }
