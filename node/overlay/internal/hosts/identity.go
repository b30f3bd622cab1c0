package hosts

import (
	"crypto/ed25519"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/crypto/pb"
	"github.com/libp2p/go-libp2p/core/peer"

	"ringfence/store/keys"
)

// PeerID returns libp2p's name of a host key.
func PeerID(k keys.Public) (peer.ID, error) {
	if k.IsZero() || k[0] != keys.Ed25519 {
		return "", fmt.Errorf("overlay: name a host: %q is no Ed25519 key", k)
	}
	public, err := crypto.UnmarshalEd25519PublicKey(k[1:])
	if err != nil {
		return "", fmt.Errorf("overlay: name host %s: %w", k.Short(), err)
	}
	return peer.IDFromPublicKey(public)
}

// Key returns the host key that a peer ID is made of; false for every
// identity that is not a sound Ed25519 key.
func Key(id peer.ID) (keys.Public, bool) {
	k, ok := BareKey(id)
	if !ok {
		return k, false
	}
	k, err := keys.ParsePublic(k[:])
	return k, err == nil
}

// BareKey returns the bytes of an Ed25519 key. Whether they are a sound key costs
// as much to find out as a signature; those of the charter are.
func BareKey(id peer.ID) (k keys.Public, ok bool) {
	public, err := id.ExtractPublicKey()
	if err != nil || public.Type() != pb.KeyType_Ed25519 {
		return k, false
	}
	raw, err := public.Raw()
	if err != nil || len(raw) != len(k)-1 {
		return k, false
	}
	k[0] = keys.Ed25519
	copy(k[1:], raw)
	return k, true
}

// Identity dresses a host's private key for libp2p.
func Identity(k keys.Private) (crypto.PrivKey, peer.ID, error) {
	if k.IsZero() {
		return nil, "", fmt.Errorf("overlay: no host key given")
	}
	seed := k.Seed()
	private, err := crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		return nil, "", fmt.Errorf("overlay: read the host key: %w", err)
	}
	id, err := peer.IDFromPrivateKey(private)
	return private, id, err
}
