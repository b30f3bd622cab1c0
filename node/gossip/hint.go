package gossip

import (
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"
)

// What is passed on goes to the mesh at once, and the heartbeat tells a few of the
// other peers that it is there. Where most of the mesh passes nothing on, and no
// score tells yet who, the honest then wait for heartbeats. So all peers outside the
// mesh are told at once, by a message of some fifty bytes, and whoever lacks it
// asks. A node lacks nothing for long that one honest neighbour has.
//
// A larger mesh does not do it: with sixteen to twenty-four places 99 % still took
// more than a second when the silent ones took as many as they could (F28).
//
// In a burst that would cost more than it brings: above the rate the heartbeat does
// it alone.
const (
	hintRate  = 4 // messages a second that peers are told of at once; a peer hears ten in a second
	hintBurst = 4
)

// hints is what it takes to tell peers at once. The library's loop owns it.
type hints struct {
	router *pubsub.GossipSubRouter
	limit  *rate.Limiter
	mesh   map[string]map[peer.ID]bool // by topic
}

func newHints(router *pubsub.GossipSubRouter) hints {
	return hints{router: router, limit: rate.NewLimiter(hintRate, hintBurst), mesh: make(map[string]map[peer.ID]bool)}
}

func (h *hints) graft(p peer.ID, topic string) {
	if h.mesh[topic] == nil {
		h.mesh[topic] = make(map[peer.ID]bool)
	}
	h.mesh[topic][p] = true
}

func (h *hints) prune(p peer.ID, topic string) { delete(h.mesh[topic], p) }

func (h *hints) gone(p peer.ID) {
	for _, mesh := range h.mesh {
		delete(mesh, p)
	}
}

// hint tells the peers outside the mesh of a message that came and was accepted.
// Own ones go to everybody as they are.
func (g *Gossip) hint(m *pubsub.Message) {
	if m.ReceivedFrom == g.host.ID() || !g.hints.limit.AllowN(time.Now(), 1) {
		return
	}
	topic := m.GetTopic()
	known := &pb.ControlMessage{Ihave: []*pb.ControlIHave{{TopicID: &topic, MessageIDs: []string{messageID(m.Message)}}}}
	g.mu.Lock()
	peers := make([]peer.ID, 0, len(g.spoken))
	for p := range g.spoken {
		if p != m.ReceivedFrom && !g.hints.mesh[topic][p] {
			peers = append(peers, p)
		}
	}
	g.mu.Unlock()
	for _, p := range peers {
		g.hints.router.SendControl(p, known)
	}
}
