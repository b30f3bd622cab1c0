package overlay

import (
	"time"

	"github.com/ipfs/go-cid"
)

// Version is that of the protocols which this release speaks. Nodes of different
// versions tell each other so at the desk.
const Version = 1

// DeskProtocol is the one protocol for strangers. It names no federation, so
// that a node of another one learns where it has come.
const DeskProtocol = "/ringfence/desk/1"

// Protocols are the names of what members speak. They carry the federation, so
// that nodes of two federations have nothing to say to each other.
type Protocols struct {
	Peers     string // exchange of signed peer records
	Reconcile string // vectors, ranges, fork proofs, beacon
	Mesh      string // prefix of GossipSub: "/meshsub/1.2.0" follows
}

// ProtocolsOf returns the protocols of a federation.
func ProtocolsOf(federation cid.Cid) Protocols {
	prefix := "/ringfence/" + federation.String()
	return Protocols{Peers: prefix + "/peers/1", Reconcile: prefix + "/reconcile/1", Mesh: prefix}
}

// Topics are what members gossip about.
type Topics struct {
	Batches     string // headers, with their bodies when they are small
	Evidence    string // fork proofs
	Checkpoints string // of the ledger, once there is one
}

// TopicsOf returns the topics of a federation.
func TopicsOf(federation cid.Cid) Topics {
	prefix := "ringfence/" + federation.String()
	return Topics{Batches: prefix + "/batches/1", Evidence: prefix + "/evidence/1", Checkpoints: prefix + "/checkpoints/1"}
}

// MaxGossipBody is how large a body may be, in bytes, to travel in a message;
// larger ones are announced by their header and pulled.
const MaxGossipBody = 16 << 10

// Times that matter to more than one place.
const (
	DialTimeout   = 10 * time.Second
	StreamTimeout = 10 * time.Second // to open a stream
	RedialEvery   = 5 * time.Second  // at most, between two tries of one member
)
