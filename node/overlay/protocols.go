package overlay

import (
	"io"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"

	"ringfence/node/overlay/internal/frame"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// What others need of the wire. All of it, with every cap and timeout, stands in
// internal/layout.
const (
	Version       = layout.Version        // of the protocols that this release speaks
	MaxGossipBody = layout.MaxGossipBody  // bytes of a body that travels in a message
	MaxGenesis    = layout.MaxGenesis     // bytes of a genesis
	Ledger        = layout.LedgerProtocol // of what is served to everybody
)

// Protocols are the names of what members speak.
type Protocols = layout.Protocols

// ProtocolsOf returns the protocols of a federation.
func ProtocolsOf(federation cid.Cid) Protocols { return layout.ProtocolsOf(federation) }

// Topics are what members gossip about.
type Topics = layout.Topics

// TopicsOf returns the topics of a federation.
func TopicsOf(federation cid.Cid) Topics { return layout.TopicsOf(federation) }

// PeerID returns libp2p's name of a host key.
func PeerID(k keys.Public) (peer.ID, error) { return hosts.PeerID(k) }

// HostKey returns the host key that a peer ID is made of; false for every
// identity that is not a sound Ed25519 key.
func HostKey(id peer.ID) (keys.Public, bool) { return hosts.Key(id) }

// ReadFrame reads one frame of at most so many bytes: four bytes of length, and
// as many bytes. It returns io.EOF when the stream ends before a frame.
func ReadFrame(r io.Reader, most int) ([]byte, error) { return frame.Read(r, most) }

// WriteFrame writes one frame.
func WriteFrame(w io.Writer, b []byte) error { return frame.Write(w, b) }
