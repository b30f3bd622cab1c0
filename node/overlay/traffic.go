package overlay

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/metrics"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// traffic counts the bytes of members' streams. It is a libp2p bandwidth
// reporter that keeps totals alone: the library's own runs a goroutine that
// outlives every host.
type traffic struct {
	mu    sync.RWMutex
	bytes map[peer.ID]*flow
}

type flow struct{ in, out atomic.Int64 }

func newTraffic() *traffic { return &traffic{bytes: make(map[peer.ID]*flow)} }

// count begins to count a peer. Of others, strangers among them, nothing is kept.
func (t *traffic) count(id peer.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bytes[id] == nil {
		t.bytes[id] = new(flow)
	}
}

func (t *traffic) of(id peer.ID) *flow {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.bytes[id]
}

func (t *traffic) LogSentMessageStream(n int64, _ protocol.ID, id peer.ID) {
	if f := t.of(id); f != nil {
		f.out.Add(n)
	}
}

func (t *traffic) LogRecvMessageStream(n int64, _ protocol.ID, id peer.ID) {
	if f := t.of(id); f != nil {
		f.in.Add(n)
	}
}

func (t *traffic) GetBandwidthForPeer(id peer.ID) metrics.Stats {
	f := t.of(id)
	if f == nil {
		return metrics.Stats{}
	}
	return metrics.Stats{TotalIn: f.in.Load(), TotalOut: f.out.Load()}
}

func (t *traffic) GetBandwidthByPeer() map[peer.ID]metrics.Stats {
	t.mu.RLock()
	defer t.mu.RUnlock()
	all := make(map[peer.ID]metrics.Stats, len(t.bytes))
	for id, f := range t.bytes {
		all[id] = metrics.Stats{TotalIn: f.in.Load(), TotalOut: f.out.Load()}
	}
	return all
}

func (t *traffic) GetBandwidthTotals() metrics.Stats {
	var sum metrics.Stats
	for _, s := range t.GetBandwidthByPeer() {
		sum.TotalIn += s.TotalIn
		sum.TotalOut += s.TotalOut
	}
	return sum
}

// What the interface wants beyond that has no use here: all bytes are counted by
// stream, and by peer.

func (t *traffic) LogSentMessage(int64)                                  {}
func (t *traffic) LogRecvMessage(int64)                                  {}
func (t *traffic) GetBandwidthForProtocol(protocol.ID) metrics.Stats     { return metrics.Stats{} }
func (t *traffic) GetBandwidthByProtocol() map[protocol.ID]metrics.Stats { return nil }
func (t *traffic) Reset()                                                {}
func (t *traffic) TrimIdle(time.Time)                                    {}
