package overlay

import (
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
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

// serviceOf returns the name under which nodes of a federation find each other
// on a local network (mDNS). A label has at most 63 bytes.
func serviceOf(federation cid.Cid) string {
	s := federation.String()
	return "_ringfence-" + s[max(0, len(s)-32):] + "._udp"
}

// MaxGossipBody is how large a body may be, in bytes, to travel in a message;
// larger ones are announced by their header and pulled.
const MaxGossipBody = 16 << 10

// Times that matter to more than one place.
const (
	DialTimeout   = 10 * time.Second // of one who asks at the desk
	StreamTimeout = 10 * time.Second // to open a stream
	RedialEvery   = 5 * time.Second  // at most, between two tries of one member
)

// The way to other members.
const (
	everyone       = 64               // up to so many hosts each keeps a connection to all
	someOthers     = 32               // above, so many beside the direct peers
	maxTries       = 96               // under way at once
	exchangeTime   = 10 * time.Second // for one exchange of records
	exchangeEvery  = 30 * time.Second // with one neighbour, picked at random; half of it to the whole
	silence        = 40 * time.Second // until a member is asked whether it is still there, …
	aliveTime      = 7 * time.Second  // … and for its answer
	spreadEvery    = time.Second      // at most: what is new is passed on, …
	spreadTo       = 8                // … to so many neighbours at a time
	maxAddresses   = 8                // of one host
	maxAddress     = 256              // bytes of one address
	maxRecord      = 4 << 10          // bytes of a signed record
	maxRecords     = 256              // in one exchange
	maxExchange    = maxRecords*(maxRecord+3) + 64
	recordEvery    = time.Second // between two records of one host that are taken
	exchangesRate  = 1           // a second that one member may begin, …
	exchangesBurst = 16          // … and at once
)

// What strangers may have.
const (
	maxStrangers           = 32               // connections at once
	maxStrangersAt         = 4                // from one address
	strangerTime           = time.Minute      // until the connection is closed
	deskTime               = 10 * time.Second // for one question
	maxQuestion            = 64               // bytes
	maxName                = 256              // bytes of the federation's name
	maxRelease             = 64               // bytes of the release's name
	maxGenesis             = charter.MaxSize + 256<<10
	maxWelcome             = maxGenesis + 1<<10
	deskRate, deskBurst    = 20, 60 // questions a second, in total
	deskRateAt, deskBurstA = 1, 10  // from one address
	genesisRate            = 2      // a second that are handed out, in total
	genesisBurst           = 8
	maxDeskAddresses       = 4096 // that are told apart; then the oldest are forgotten
)

// Connections and what they may use (go-libp2p's resource manager). Some 64
// nodes may live behind one address, each connected twice when both dial at once.
const (
	lowWater, highWater = 96, 192 // connections; above, those without protection are closed
	trimGrace           = 20 * time.Second

	maxConns            = 448
	maxHalfOpen         = 384 // connections whose other end is not proven yet
	maxHalfOpenMembers  = 128 // more of them from addresses of members
	maxConnsAt          = 160 // from one IPv4 address or IPv6 /56
	maxConnsNear        = 320 // from one IPv6 /48
	connRateAt          = 40  // new ones a second from or to one address, …
	connBurstAt         = 192 // … and at once
	connRate, connBurst = 200, 600
	connRateHere        = 400 // on loopback, where a whole federation may live
	connBurstHere       = 1500

	maxMemory         = 256 << 20 // bytes reserved by all connections
	maxMemoryMember   = 64 << 20
	maxMemoryStranger = 4 << 20
	maxStreams        = 8192
	maxStreamsMember  = 512
	maxStreamStranger = 8
	maxConnsMember    = 8
	maxConnsStranger  = 2
)
