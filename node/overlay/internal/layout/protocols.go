// Package layout is the wire at one glance: every protocol, topic, version, cap and
// timeout of the overlay, in one file, so that a question about any of them has one
// place to look and a change of one is seen beside the others.
//
// What is said under these names is the business of the packages that say it; the
// overlay passes on under its own name what others need.
package layout

import (
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
)

// Version is that of the protocols which this release speaks. Nodes of different
// versions tell each other so at the desk.
const Version = 1

// The protocols for everybody. They name no federation: at the desk a node of another
// one learns where it has come, and a ledger says by itself whose it is.
const (
	DeskProtocol   = "/ringfence/desk/1"
	LedgerProtocol = "/ringfence/ledger/1" // checkpoint, tiles, genesis
)

// Protocols are the names of what members speak. They carry the federation, so
// that nodes of two federations have nothing to say to each other.
type Protocols struct {
	Peers     string // exchange of signed peer records
	Reconcile string // vectors, ranges, fork proofs, beacon
	Quorum    string // the regulators' Raft; its caps stand in consensus/quorum/group/internal/rpc
	Regulate  string // what regulators tell each other beside Raft
	Propose   string // what is put to the regulators; strangers may request to be admitted
	Mesh      string // prefix of GossipSub: "/meshsub/1.2.0" follows
}

// ProtocolsOf returns the protocols of a federation.
func ProtocolsOf(federation cid.Cid) Protocols {
	prefix := "/ringfence/" + federation.String()
	return Protocols{Peers: prefix + "/peers/1", Reconcile: prefix + "/reconcile/1", Quorum: prefix + "/quorum/1", Regulate: prefix + "/regulate/1", Propose: prefix + "/propose/1", Mesh: prefix}
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

// ServiceOf returns the name under which nodes of a federation find each other
// on a local network (mDNS). A label has at most 63 bytes.
func ServiceOf(federation cid.Cid) string {
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
	Everyone       = 64               // up to so many hosts each keeps a connection to all
	SomeOthers     = 32               // above, so many beside the direct peers
	MaxTries       = 96               // under way at once
	ExchangeTime   = 10 * time.Second // for one exchange of records
	ExchangeEvery  = 30 * time.Second // with one neighbour, picked at random; half of it to the whole
	Silence        = 40 * time.Second // until a member is asked whether it is still there, …
	AliveTime      = 7 * time.Second  // … and for its answer
	SpreadEvery    = time.Second      // at most: what is new is passed on, …
	SpreadTo       = 8                // … to so many neighbours at a time
	MaxAddresses   = 8                // of one host
	MaxAddress     = 256              // bytes of one address
	MaxRecord      = 4 << 10          // bytes of a signed record
	MaxRecords     = 256              // in one exchange
	MaxExchange    = MaxRecords*(MaxRecord+3) + 64
	RecordEvery    = time.Second // between two records of one host that are taken
	ExchangesRate  = 1           // a second that one member may begin, …
	ExchangesBurst = 16          // … and at once
)

// What strangers may have.
const (
	MaxStrangers           = 32               // connections at once
	MaxStrangersAt         = 4                // from one address
	StrangerTime           = time.Minute      // until the connection is closed
	DeskTime               = 10 * time.Second // for one question
	MaxQuestion            = 64               // bytes
	MaxName                = 256              // bytes of the federation's name
	MaxRelease             = 64               // bytes of the release's name
	MaxGenesis             = charter.MaxSize + 256<<10
	MaxWelcome             = MaxGenesis + 1<<10
	DeskRate, DeskBurst    = 20, 60 // questions a second, in total
	DeskRateAt, DeskBurstA = 1, 10  // from one address
	GenesisRate            = 2      // a second that are handed out, in total
	GenesisBurst           = 8
	MaxDeskAddresses       = 4096 // that are told apart; then all are forgotten
)

// What strangers may have of what is served to everybody. Members have their share
// beside it, and from whoever serves.
const (
	MaxGuests                 = 32                // streams at once
	MaxGuestsAt               = 4                 // of them from one address
	GuestRate, GuestBurst     = 16 << 20, 4 << 20 // bytes a second, in total
	GuestRateAt, GuestBurstAt = 8 << 20, 2 << 20  // to one address
	GuestPiece                = 64 << 10          // bytes that are written at once, …
	GuestCost                 = 4 << 10           // … and what each writing counts for at least
	MaxGuestPlaces            = 1024              // addresses that are told apart
	VisitTime                 = 10 * time.Second  // to be connected and have a stream
)

// Connections and what they may use (go-libp2p's resource manager). Some 64
// nodes may live behind one address, each connected twice when both dial at once.
const (
	LowWater, HighWater = 96, 192 // connections; above, those without protection are closed
	TrimGrace           = 20 * time.Second

	MaxConns            = 448
	MaxHalfOpen         = 384 // connections whose other end is not proven yet
	MaxHalfOpenMembers  = 128 // more of them from addresses of members
	MaxConnsAt          = 160 // from one IPv4 address or IPv6 /56
	MaxConnsNear        = 320 // from one IPv6 /48
	ConnRateAt          = 40  // new ones a second from or to one address, …
	ConnBurstAt         = 192 // … and at once
	ConnRate, ConnBurst = 200, 600
	ConnRateHere        = 400 // on loopback, where a whole federation may live
	ConnBurstHere       = 1500

	MaxMemory         = 256 << 20 // bytes reserved by all connections
	MaxMemoryMember   = 64 << 20
	MaxMemoryStranger = 4 << 20
	MaxStreams        = 8192
	MaxStreamsMember  = 512
	MaxStreamStranger = 8
	MaxConnsMember    = 8
	MaxConnsStranger  = 2
)
