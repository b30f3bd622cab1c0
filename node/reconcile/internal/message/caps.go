package message

import (
	"time"

	"ringfence/store/assertion"
	"ringfence/store/feed"
)

// What is said at most, in bytes and counts. Whoever says more is dropped.
const (
	MaxRequest   = 8 << 10                                             // any request
	MaxAnswer    = 64 << 10                                            // any answer but a record
	MaxRecord    = assertion.MaxSignedHeader + assertion.MaxSlots + 64 // a record as a frame
	MaxPage      = 256                                                 // heads in a frame
	MaxHeads     = 16384                                               // heads that one peer claims
	MaxSpans     = 64                                                  // spans in a request for ranges
	MaxSpan      = 64                                                  // records in a span
	MaxSpanBytes = 4 << 20                                             // records that answer one request
	MaxBatches   = 64                                                  // batches asked for by their CIDs
	maxVersion   = 64                                                  // a release's version in a beacon
	MaxSequence  = 1 << 62                                             // of a batch, so that counts do not overflow
	MaxProof     = feed.MaxForkProof                                   // an encoded fork proof
	MaxTalk      = 64                                                  // requests on one stream
	MaxStreams   = 8                                                   // that one peer has open at once
	ServeRate    = 64 << 20                                            // bytes a second that one peer is served
	AskCost      = 4 << 10                                             // bytes that a request, and each place looked up for it, counts for at least
)

// How long things take at most, and how long they pause.
const (
	FrameTimeout = 10 * time.Second // for every Pace bytes of an answer
	Pace         = 64 << 10
	FrameWorth   = 4 << 10          // bytes of the pace that a frame counts for at least
	LeastTimeout = 30 * time.Second // for the answer to one request; longer when the pace allows it
	Trickle      = 3 * time.Second  // whoever sent something this shortly before a timeout is slow, not gone
	OpenTimeout  = 10 * time.Second
	ServeTimeout = 10 * time.Second // for a request to come
	WriteTimeout = 30 * time.Second // for Pace bytes to go

	RefreshEvery = 250 * time.Millisecond // between two looks at what the store holds
)
