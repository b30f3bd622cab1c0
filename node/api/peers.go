package api

import "ringfence/node/phrase"

// Standing is how a node stands among its peers.
type Standing struct {
	Addresses    []string `json:"addresses"` // by which others reach this node
	Hosts        int      `json:"hosts"`     // other nodes that the charter names
	Connected    int      `json:"connected"` // of them
	Agreeing     int      `json:"agreeing"`  // of the connected: had the same list, made of the same, within three minutes, and no other since
	Differing    int      `json:"differing"` // had another list, made of the same, when last compared: an alarm
	Ready        bool     `json:"ready"`     // held, at least once since the start, what its peers held
	BatchesDone  int      `json:"catch_up_done_batches"`
	BatchesTotal int      `json:"catch_up_total_batches"`
	// BatchesWaiting are dated more than ten minutes ahead of this node's clock;
	// they are taken in when they are due or the clock is set right.
	BatchesWaiting int             `json:"waiting_batches"`
	FeedsWaiting   int             `json:"waiting_feeds"` // that these batches are of
	Gaps           []phrase.Phrase `json:"gaps"`          // batches that somebody announced and nobody gives
	GapBatches     int             `json:"gap_batches"`   // how many
	// UnheardSeconds is for how long no peer has told this node what it holds and
	// given it all; beyond five minutes what the node serves may be stale.
	UnheardSeconds int64 `json:"unheard_seconds"`
	Stale          bool  `json:"stale"`
	// ClockBehindSeconds is by how much the peers' clocks are ahead of this
	// one's, by the median; null while no peer has said.
	ClockBehindSeconds *float64 `json:"clock_behind_seconds"`
	// Confirming says what a restored node waits for before it signs.
	Confirming *phrase.Phrase `json:"confirming,omitempty"`
}

// Peers is what a node knows of the other nodes of its federation.
type Peers struct {
	Addresses []string `json:"addresses"` // of this node
	Peers     []Peer   `json:"peers"`
}

// Peer is one other node of the federation.
type Peer struct {
	Member    string `json:"member"`
	Host      string `json:"host"` // its host key
	Connected bool   `json:"connected"`
	Since     string `json:"since,omitempty"`
	Address   string `json:"address,omitempty"` // by which it is connected, or was last
	Inbound   bool   `json:"inbound"`           // it dialled
	Direct    bool   `json:"direct"`            // kept connected: a regulator, or of the same member
	Ready     bool   `json:"ready"`             // holds what its own peers held when it met them
	Agreement string `json:"agreement" enum:"yes,no,other_inputs,other_day,unknown"`
	// AgreedSeconds is how long ago it was last known to have had this node's list; null
	// when it never was, or had another one since.
	AgreedSeconds *int64 `json:"agreed_seconds"`
	// Ahead is how many batches it holds and this node does not, Behind how many this
	// node held that it did not when it last told all that it holds; nobody takes more
	// of a frozen feed, so of those neither counts any.
	Ahead  int `json:"ahead_batches"`
	Behind int `json:"behind_batches"`
	// ToldSeconds is how long ago it told that; null: not yet.
	ToldSeconds *int64 `json:"told_seconds"`
	// ClockAheadSeconds is by how much its clock is ahead of this node's.
	ClockAheadSeconds *float64       `json:"clock_ahead_seconds"`
	Heard             string         `json:"heard,omitempty"` // when it last said how it stands
	Version           string         `json:"version,omitempty"`
	Score             float64        `json:"score"` // of gossip; below 0 it has misbehaved
	ReceivedBytes     int64          `json:"received_bytes"`
	SentBytes         int64          `json:"sent_bytes"`
	LastTry           string         `json:"last_try,omitempty"`
	Trouble           *phrase.Phrase `json:"trouble,omitempty"` // why it is not connected
}

// Evidence is what proves that somebody told two stories.
type Evidence struct {
	Forks         []Fork         `json:"forks"`
	Disagreements []Disagreement `json:"disagreements"`
	// Ledger is of regulators: what they signed twice, and what ended following.
	Ledger []LedgerEvidence `json:"ledger"`
}

// LedgerEvidence is two stories of the ledger that cannot both be true. Of one regulator
// they are two words of it (kind two_stories); else two certified checkpoints, or one and
// the entry in it that has no place.
type LedgerEvidence struct {
	Kind       string      `json:"kind" enum:"two_stories,forked,went_back,broken"`
	Member     string      `json:"member,omitempty"` // whose words they are
	Key        string      `json:"key,omitempty"`    // that cosigns
	Said       string      `json:"said,omitempty" doc:"What it did with both: reported, locked, cosigned"`
	Generation uint64      `json:"generation,omitempty"`
	Seen       string      `json:"seen"`
	First      LedgerStory `json:"first"`
	Second     LedgerStory `json:"second"`
	Why        string      `json:"why,omitempty"`
}

// LedgerStory is what was signed of a tree.
type LedgerStory struct {
	Size  uint64 `json:"size"`
	Root  string `json:"root"`
	Bytes []byte `json:"bytes"` // base64: the signed word, or the checkpoint; whoever has both stories can check them alone
}

// Fork is an epoch of a feed with two signed headers at one place.
type Fork struct {
	Member     string `json:"member"`
	Issuer     string `json:"issuer"`
	Epoch      uint64 `json:"epoch"`
	Sequence   uint64 `json:"sequence"`
	First      string `json:"first"`                // CID of the one header
	Second     string `json:"second"`               // and of the other
	Suspended  int    `json:"suspended_statements"` // as many as this node holds; another may hold more or fewer
	ProofBytes []byte `json:"proof"`                // base64; whoever has it can check it alone
}

// SayAgain is what a member has to say again under another of its keys to have what
// it had before a fork of its own key: without what it took back, replaced or said
// again itself, and what has expired.
type SayAgain struct {
	Suspended  int         `json:"suspended_statements"` // lost effect, whatever they were
	Statements []Statement `json:"statements"`           // in the order in which they came; at most 10,000
	More       bool        `json:"more"`                 // there are others
	// Lacking is what may have to be said again and is not known here.
	Lacking []Lacking `json:"lacking"`
}

// Lacking is an epoch that a fork froze, of which other nodes hold what this one does not.
type Lacking struct {
	Issuer  string   `json:"issuer"`
	Epoch   uint64   `json:"epoch"`
	Held    uint64   `json:"held_batches"`
	Missing uint64   `json:"missing_batches"` // that connected nodes claim to hold beyond; 0: nothing is held, and nobody connected claims any
	Holders []string `json:"holders"`         // member and host key of each of these nodes
}

// Disagreement is a peer whose list differed though it was made of the same.
type Disagreement struct {
	Member     string        `json:"member"`
	Host       string        `json:"host"`
	Seen       string        `json:"seen"`
	LedgerSize uint64        `json:"ledger_size"`
	Frontier   string        `json:"frontier"`
	Day        string        `json:"day"`
	OwnRoot    string        `json:"own_root"`
	TheirRoot  string        `json:"their_root"`
	Prefix     string        `json:"prefix,omitempty"` // 16 hex digits: where the first difference lies
	PrefixBits int           `json:"prefix_bits,omitempty"`
	OwnBlock   *Sublist      `json:"own_block,omitempty"`
	TheirBlock *Sublist      `json:"their_block,omitempty"`
	Note       phrase.Phrase `json:"note,omitzero"`
}

// Sublist is what a list says of the numbers that begin with some bits.
type Sublist struct {
	Entries int    `json:"entries"`
	Hash    string `json:"hash"`
}
