package tiles

import (
	"time"

	"ringfence/node/overlay"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
)

// Paths beside ledger.CheckpointPath and those of tiles.
const (
	// GenesisPath is where the sealed genesis is served, whose charter entry 0 of the
	// ledger names by its CID.
	GenesisPath = "genesis"

	maxPath = 96 // bytes of a request
)

// The first byte of an answer.
const (
	given byte = iota // what was asked for follows
	absent
)

// Sizes, in bytes. The large answer is a genesis or a bundle; those of real ledgers
// are small.
const (
	small    = 1 << 20 // an answer up to this long shares maxSmall with others
	maxSmall = 4 << 20 // of all small answers that are being read
	piece    = 64 << 10
)

// Counts.
const (
	maxStreams = 8  // that one peer has open at once
	maxAhead   = 64 // requests on one stream that are not answered yet
	maxReads   = 32 // that one Source has under way
	maxAsked   = 16 // peers that are asked for their checkpoint
)

// How long things take.
const (
	grace        = 5 * time.Second // for an answer to begin, and what it may lag behind …
	pace         = 64 << 10        // … so many bytes a second
	hedgeAfter   = 2 * time.Second // until another peer is asked too
	openTimeout  = 5 * time.Second
	idle         = 5 * time.Second  // until a stream on which nothing is asked is closed
	serveTimeout = 15 * time.Second // for a request to come
	readTimeout  = 5 * time.Second  // for the own disk
	pause        = time.Second      // times the failures in a row, until a peer is as good as others
	mostPause    = time.Minute
	distrust     = 10 * time.Minute // until one that lied is

	serveRate  = 64 << 20 // bytes a second that one peer is served, …
	serveBurst = 64 << 20 // … and at once
	serveCost  = 4 << 10  // bytes that an answer counts for at least
)

// due is when an answer must be there of which so many bytes have come.
func due(begun time.Time, came int) time.Time {
	return begun.Add(grace + time.Duration(came)*time.Second/pace)
}

// mostOf is how long what lies at a path is at most.
func mostOf(path string) int {
	switch path {
	case ledger.CheckpointPath:
		return checkpoint.MaxNote
	case GenesisPath:
		return overlay.MaxGenesis
	}
	t, err := ledger.ParsePath(path)
	if err != nil {
		return 0
	}
	return t.MaxBytes()
}
