package api

// AnchorPlan is what an anchor names: up to where feeds are to count, at a size of the
// ledger.
type AnchorPlan struct {
	Size     uint64       `json:"ledger_size"`
	Day      string       `json:"day"`                 // of the ledger there
	ListRoot string       `json:"list_root,omitempty"` // that comes of it; a preview computes none
	Moves    []AnchorMove `json:"moves"`
	Left     int          `json:"left"` // issuers that moved too, for another anchor: this one is full
}

// AnchorMove is how far an anchor carries the feed of an issuer.
type AnchorMove struct {
	Issuer   string  `json:"issuer"` // key
	Member   string  `json:"member"`
	Epoch    uint64  `json:"epoch"`
	Anchored *uint64 `json:"anchored,omitempty"` // last sequence that was anchored before; none when left out
	To       uint64  `json:"to"`                 // sequence of the head
	Frozen   bool    `json:"frozen"`             // the epoch forked above it
}
