package api

// FeedHeadQuery asks up to where feeds count: of one issuer, or of all that a member has in
// force.
type FeedHeadQuery struct {
	Issuer string `json:"issuer,omitempty"` // key
	Member string `json:"member,omitempty"`
	// At is the number of the batch, or none; left out, the last one that is held, and of
	// a feed that forked the last before that or that is anchored.
	At string `json:"at,omitempty"`
}

// FeedHeads is what a motion says of feeds that ends an authority or goes on in a new epoch.
type FeedHeads struct {
	Federation string     `json:"federation"`
	Size       uint64     `json:"ledger_size"` // on which it builds
	Heads      []FeedHead `json:"heads"`
}

// FeedHead is up to where one feed counts, in the epoch that is open.
type FeedHead struct {
	Issuer   string `json:"issuer"`
	Member   string `json:"member"`
	Index    uint32 `json:"roster_index"`
	Epoch    uint64 `json:"epoch"`
	Sequence uint64 `json:"sequence"`
	Head     string `json:"head"` // of its batch; "" for nothing
}
