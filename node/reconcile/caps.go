package reconcile

import (
	"time"

	"ringfence/store/assertion"
	"ringfence/store/feed"
)

// What is said at most, in bytes and counts. Whoever says more is dropped.
const (
	maxRequest     = 8 << 10                                             // any request
	maxAnswer      = 64 << 10                                            // any answer but a record
	maxRecord      = assertion.MaxSignedHeader + assertion.MaxSlots + 64 // a record as a frame
	maxPage        = 256                                                 // heads in a frame
	maxHeads       = 16384                                               // heads that one peer claims
	maxSpans       = 64                                                  // spans in a request for ranges
	maxSpan        = 64                                                  // records in a span
	maxSpanBytes   = 4 << 20                                             // records that answer one request
	maxBatches     = 64                                                  // batches asked for by their CIDs
	maxVersion     = 64                                                  // a release's version in a beacon
	maxSequence    = 1 << 62                                             // of a batch, so that counts do not overflow
	maxProof       = feed.MaxForkProof                                   // an encoded fork proof
	maxTalk        = 64                                                  // requests on one stream
	maxStreams     = 8                                                   // that one peer has open at once
	maxNudges      = 4096                                                // waiting to be looked at
	maxErrands     = 1024                                                // headers and proofs to ask one peer for
	minGrant       = 64 << 10                                            // the least that is asked for at once
	window         = 32 << 20                                            // records in memory, asked for ones counted
	reserve        = maxSpanBytes                                        // of it only for the next records of a feed
	maxParts       = 8                                                   // of one feed, asked for or here
	maxAdmission   = 8 << 20                                             // records that the door is shown at once
	defaultRecord  = 16 << 10                                            // guessed size of a record of a feed never pulled
	defaultRate    = 4 << 20                                             // bytes a second of one issuer
	burst          = 256 << 20                                           // of one issuer, before its rate counts
	serveRate      = 64 << 20                                            // bytes a second that one peer is served
	inFlight       = 2                                                   // requests that one peer is asked at once
	strikesToDrop  = 3                                                   // answers that one peer breaks off in a row
	silencesToDrop = 3                                                   // ranges it leaves unanswered in a row while it answers beacons
)

// How long things take at most, and how long they pause.
const (
	frameTimeout = 10 * time.Second // for every pace bytes of a frame, and between frames
	pace         = 64 << 10
	rangeTimeout = 30 * time.Second // for the answer to one request
	trickle      = 3 * time.Second  // whoever sent something this shortly before a timeout is slow, not gone
	openTimeout  = 10 * time.Second
	serveTimeout = 10 * time.Second // for a request to come
	writeTimeout = 30 * time.Second // for a frame to go

	defaultEvery = 10 * time.Second
	newsEvery    = 2 * time.Second        // between beacons while batches are being pulled
	leastPause   = 200 * time.Millisecond // of a feed that nobody gives; doubles each time
	mostPause    = time.Minute
	peerPause    = time.Second // of a peer that did not answer; times the failures in a row
	mostPeer     = 5 * time.Second
	troublePause = 5 * time.Second // when the own store fails
	lookAgain    = time.Second     // at what waits for its time, by a clock that may be set
	refreshEvery = 250 * time.Millisecond
	dropFor      = 10 * time.Minute
)
