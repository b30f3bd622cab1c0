package book

import (
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// sign makes a record of the host whose key it is.
func sign(by crypto.PrivKey, addrs []ma.Multiaddr, number uint64) ([]byte, error) {
	id, err := peer.IDFromPrivateKey(by)
	if err != nil {
		return nil, err
	}
	envelope, err := record.Seal(&peer.PeerRecord{PeerID: id, Addrs: addrs, Seq: number}, by)
	if err != nil {
		return nil, err
	}
	return envelope.Marshal()
}

// signer returns who says that it signed a record. Whether it did, read tells;
// that costs as much as all else about a record together.
func signer(b []byte) (keys.Public, error) {
	if len(b) > layout.MaxRecord {
		return keys.Public{}, fmt.Errorf("overlay: a peer record of %d bytes, the most is %d", len(b), layout.MaxRecord)
	}
	envelope, err := record.UnmarshalEnvelope(b)
	if err != nil {
		return keys.Public{}, fmt.Errorf("overlay: read a peer record: %w", err)
	}
	id, err := peer.IDFromPublicKey(envelope.PublicKey)
	if err != nil {
		return keys.Public{}, fmt.Errorf("overlay: read a peer record: %w", err)
	}
	k, ok := hosts.BareKey(id)
	if !ok {
		return keys.Public{}, errors.New("overlay: a peer record that no Ed25519 key has signed")
	}
	return k, nil
}

// read checks a signed record: the host that it is of has signed it.
func read(b []byte) (keys.Public, *peer.PeerRecord, error) {
	if len(b) > layout.MaxRecord {
		return keys.Public{}, nil, fmt.Errorf("overlay: a peer record of %d bytes, the most is %d", len(b), layout.MaxRecord)
	}
	rec := new(peer.PeerRecord)
	envelope, err := record.ConsumeTypedEnvelope(b, rec)
	if err != nil {
		return keys.Public{}, nil, fmt.Errorf("overlay: read a peer record: %w", err)
	}
	k, ok := hosts.Key(rec.PeerID)
	if !ok || !rec.PeerID.MatchesPublicKey(envelope.PublicKey) {
		return keys.Public{}, nil, errors.New("overlay: a peer record that another has signed than the host it is of")
	}
	return k, rec, nil
}
