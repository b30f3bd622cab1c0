package gossip

import (
	"sync/atomic"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// Counts are messages since the start, by topic. Each is counted once, however
// many copies came, and own ones are not.
type Counts struct{ Batches, Evidence, Checkpoints TopicCounts }

// TopicCounts are the messages of one topic.
type TopicCounts struct {
	Accepted, Ignored, Rejected uint64
	Dropped                     uint64 // unread, copies among them: the queue was full, or the peer above its budget
	Unsent                      uint64 // to one peer each: it reads too slowly
}

type counter struct{ accepted, ignored, rejected, dropped, unsent atomic.Uint64 }

func (c *counter) counts() TopicCounts {
	return TopicCounts{
		Accepted: c.accepted.Load(), Ignored: c.ignored.Load(), Rejected: c.rejected.Load(),
		Dropped: c.dropped.Load(), Unsent: c.unsent.Load(),
	}
}

// Counts returns the counts so far.
func (g *Gossip) Counts() Counts {
	return Counts{Batches: g.ofBatches.counts(), Evidence: g.ofEvidence.counts(), Checkpoints: g.ofCheckpoints.counts()}
}

func (g *Gossip) counter(topic string) *counter {
	switch topic {
	case g.topics.Batches:
		return &g.ofBatches
	case g.topics.Evidence:
		return &g.ofEvidence
	case g.topics.Checkpoints:
		if g.checkpoints != nil {
			return &g.ofCheckpoints
		}
	}
	return &g.ofOthers
}

// tracer hears from the library what no validator sees: what was dropped, which
// peers are gone, and what is passed on to whom. Everything else it is told it does
// not count. The library calls it from its one loop.
type tracer struct{ g *Gossip }

func (t tracer) RejectMessage(m *pubsub.Message, reason string) {
	if reason == pubsub.RejectValidationQueueFull || reason == pubsub.RejectValidationThrottled {
		t.g.counter(m.GetTopic()).dropped.Add(1)
	}
	if f, ok := faultOf(reason); ok {
		t.g.blame(m.ReceivedFrom, f)
	}
}

func (t tracer) DropRPC(rpc *pubsub.RPC, _ peer.ID) {
	for _, m := range rpc.GetPublish() {
		t.g.counter(m.GetTopic()).unsent.Add(1)
	}
}

func (t tracer) OnNewOutboundStream(p peer.ID, _ protocol.ID) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	t.g.spoken[p] = true
}

func (t tracer) OnClosedOutboundStream(p peer.ID) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	delete(t.g.spoken, p)
	t.g.hints.gone(p)
	if a, ok := t.g.allowances[p]; ok && a.full() {
		delete(t.g.allowances, p) // else coming back would be a new one
	}
}

func (t tracer) Graft(p peer.ID, topic string)    { t.g.hints.graft(p, topic) }
func (t tracer) Prune(p peer.ID, topic string)    { t.g.hints.prune(p, topic) }
func (t tracer) DeliverMessage(m *pubsub.Message) { t.g.hint(m) }

func (tracer) Join(string)                                          {}
func (tracer) Leave(string)                                         {}
func (tracer) ValidateMessage(*pubsub.Message)                      {}
func (tracer) DuplicateMessage(*pubsub.Message)                     {}
func (tracer) ThrottlePeer(peer.ID)                                 {}
func (tracer) RecvRPC(*pubsub.RPC)                                  {}
func (tracer) SendRPC(*pubsub.RPC, peer.ID)                         {}
func (tracer) SendRPCCompleted(*pubsub.RPC, peer.ID, time.Duration) {}
func (tracer) UndeliverableMessage(*pubsub.Message)                 {}
