package reconcile

import (
	"time"

	"ringfence/node/reconcile/internal/message"
)

// What is held and asked for at most, in bytes and counts.
const (
	maxErrands    = 1024                 // headers and proofs to ask one peer for
	minGrant      = 64 << 10             // the least that is asked for at once
	firstGrant    = 256 << 10            // of a peer that has not shown how quick it is
	window        = 16 << 20             // records in memory, asked for ones counted
	reserve       = message.MaxSpanBytes // of it only for the next records of a feed
	maxAdmission  = 4 << 20              // records that the door is shown at once
	defaultRecord = 16 << 10             // guessed size of a record of a feed never pulled
	inFlight      = 2                    // requests that one peer is asked at once
	// maxAsked is the requests for ranges in flight to all peers: at the pace that
	// each must keep they share a line of 1.7 Mbit/s, and nobody is dropped for a
	// thin line of this node's.
	maxAsked = 32
)

// How long pulling rests.
const (
	leastTurn    = 2 * time.Millisecond   // between two turns of the planner
	newsEvery    = 2 * time.Second        // between beacons while batches are being pulled
	leastPause   = 200 * time.Millisecond // of a feed that nobody gives; doubles each time
	mostPause    = time.Minute
	grantTime    = 5 * time.Second // for what is asked for at once, at the rate of before
	troublePause = 5 * time.Second // when the own store fails
	lookAgain    = time.Second     // at what waits for its time, by a clock that may be set
	dropFor      = 10 * time.Minute
)
