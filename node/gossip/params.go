package gossip

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"ringfence/node/overlay"
	"ringfence/store/keys"
)

// How much is held for whom. A burst of a thousand batches must pass through
// every queue, also when it comes from several neighbours at once.
const (
	maxRPC        = 64 << 10 // bytes on the wire at once, messages and control
	outboundQueue = 2048     // messages to one peer, shared among the peers
	validateQueue = 4096     // messages that wait for their callback
	maxTopics     = 16       // subscriptions that one message of a peer may name

	// What one peer may send. Above it messages are dropped unread, so that
	// replaying what is known cannot fill a core with hashing.
	peerRate  = 2000 // messages a second
	peerBurst = 2 * validateQueue

	seenFor     = 10 * time.Minute // replays after it meet the store
	scoresEvery = 5 * time.Second  // are scores told
)

// smallFederation is up to how many hosts a mesh of four is enough. The usual
// sizes would have no effect there but that nobody is ever pruned.
const smallFederation = 9

// meshParams returns the shape of the mesh for a federation of some hosts
// (gossipsub v1.1, and Dout < Dlo, Dout < D/2 of its section on parameters).
func meshParams(hosts int) pubsub.GossipSubParams {
	p := pubsub.DefaultGossipSubParams()
	if hosts <= smallFederation {
		p.D, p.Dlo, p.Dhi, p.Dout, p.Dscore = 4, 2, 8, 1, 3
	} else {
		p.D, p.Dlo, p.Dhi, p.Dout, p.Dscore = 8, 6, 12, 3, 5
	}
	p.Dlazy = 6
	p.HistoryLength, p.HistoryGossip = 6, 3
	p.DirectConnectInitialDelay = 0 // the overlay connects; the library would sleep it through whatever ends
	return p
}

// Thresholds of the score. A peer below the last is not heard at all.
const (
	gossipBelow  = -100
	publishBelow = -500
	graylisted   = -1000

	// graftAbove is a little more than silence earns: 1 for being a member and
	// at most 1 for time in the mesh. When half of the mesh is below it, better
	// peers are sought, so that members that pass nothing on lose their place.
	graftAbove = 2.5
)

// topicScore scores one of so many topics. Invalid messages weigh their number squared: the
// fourth puts a peer below the graylist, and it takes an hour to be forgotten.
func topicScore(topics int) *pubsub.TopicScoreParams {
	return &pubsub.TopicScoreParams{
		SkipAtomicValidation: true, // no P3, no P3b
		TopicWeight:          1,

		TimeInMeshWeight:  1.0 / 3600,
		TimeInMeshQuantum: time.Second,
		TimeInMeshCap:     3600 / float64(topics), // all topics earn 1 between them

		FirstMessageDeliveriesWeight: 0.664,
		FirstMessageDeliveriesDecay:  0.9916,
		FirstMessageDeliveriesCap:    100,

		InvalidMessageDeliveriesWeight: -99,
		InvalidMessageDeliveriesDecay:  0.9994,
	}
}

func (g *Gossip) scoreParams(t overlay.Topics) *pubsub.PeerScoreParams {
	names := []string{t.Batches, t.Evidence}
	if g.cfg.Checkpoint != nil {
		names = append(names, t.Checkpoints)
	}
	scores := make(map[string]*pubsub.TopicScoreParams, len(names))
	for _, name := range names {
		scores[name] = topicScore(len(names))
	}
	return &pubsub.PeerScoreParams{
		Topics:            scores,
		TopicScoreCap:     100,
		AppSpecificScore:  g.applicationScore,
		AppSpecificWeight: 1,

		BehaviourPenaltyWeight:    -10,
		BehaviourPenaltyThreshold: 6,
		BehaviourPenaltyDecay:     0.986,

		DecayInterval: time.Second,
		DecayToZero:   0.01,
		RetainScore:   10 * time.Minute,
		SeenMsgTTL:    seenFor,
	}
}

func (g *Gossip) applicationScore(id peer.ID) float64 {
	if g.cfg.Score == nil {
		return 1
	}
	k, ok := g.names.host(id)
	if !ok {
		return 1
	}
	return g.cfg.Score(k)
}

// names remembers host keys: reading one checks a point on the curve, and the
// router asks for every score of every peer several times a second.
type names struct {
	mu    sync.Mutex
	known map[peer.ID]keys.Public
}

// mostNames bounds what is remembered; members are fewer.
const mostNames = 4096

func (n *names) host(id peer.ID) (keys.Public, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k, ok := n.known[id]; ok {
		return k, true
	}
	k, ok := overlay.HostKey(id)
	if !ok {
		return k, false
	}
	if len(n.known) >= mostNames {
		n.known = make(map[peer.ID]keys.Public)
	}
	n.known[id] = k
	return k, true
}

// options puts together what the library is told.
func (g *Gossip) options() ([]pubsub.Option, error) {
	cfg, topics := &g.cfg, g.topics
	newest, oldest := g.versions()
	var direct []peer.AddrInfo // the overlay knows their addresses
	for _, k := range cfg.Direct {
		id, err := overlay.PeerID(k)
		if err != nil {
			return nil, err
		}
		g.direct[k] = id
		direct = append(direct, peer.AddrInfo{ID: id})
	}
	filter := pubsub.NewAllowlistSubscriptionFilter(topics.Batches, topics.Evidence, topics.Checkpoints)
	return []pubsub.Option{
		pubsub.WithGossipSubProtocols([]protocol.ID{newest, oldest}, func(f pubsub.GossipSubFeature, p protocol.ID) bool {
			switch f {
			case pubsub.GossipSubFeatureMesh, pubsub.GossipSubFeaturePX:
				return p == newest || p == oldest
			case pubsub.GossipSubFeatureIdontwant:
				return p == newest
			}
			return false
		}),
		pubsub.WithGossipSubParams(meshParams(cfg.Hosts)),
		pubsub.WithPeerScore(g.scoreParams(topics), &pubsub.PeerScoreThresholds{
			GossipThreshold: gossipBelow, PublishThreshold: publishBelow, GraylistThreshold: graylisted,
			AcceptPXThreshold: 1000, OpportunisticGraftThreshold: graftAbove,
		}),
		pubsub.WithPeerScoreInspect(g.keepScores, scoresEvery),
		pubsub.WithFloodPublish(true),
		pubsub.WithPeerExchange(false),
		pubsub.WithDirectPeers(direct),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithMessageIdFn(messageID),
		pubsub.WithSubscriptionFilter(pubsub.WrapLimitSubscriptionFilter(filter, maxTopics)),
		pubsub.WithMaxMessageSize(maxRPC),
		pubsub.WithMaxControlMessageSize(maxRPC),
		pubsub.WithPeerOutboundQueueSize(outboundQueue),
		pubsub.WithValidateQueueSize(validateQueue),
		pubsub.WithValidateWorkers(1), // keeps the order of arrival
		pubsub.WithSeenMessagesTTL(seenFor),
		pubsub.WithAppSpecificRpcInspector(g.inspect),
		pubsub.WithRawTracer(tracer{g}),
		pubsub.WithLogger(g.log),
		pubsub.WithRPCLogger(g.messageLog()),
	}, nil
}

// versions returns the protocols of the mesh.
func (g *Gossip) versions() (newest, oldest protocol.ID) {
	mesh := overlay.ProtocolsOf(g.cfg.Federation).Mesh
	return protocol.ID(mesh + "/meshsub/1.2.0"), protocol.ID(mesh + "/meshsub/1.1.0")
}

// messageID names a message by its topic and content: the same bytes are the
// same message, whoever sent them.
func messageID(m *pb.Message) string {
	h := sha256.New()
	h.Write([]byte("ringfence/gossip/v1\n"))
	h.Write([]byte(m.GetTopic()))
	h.Write([]byte("\n"))
	h.Write(m.GetData())
	return string(h.Sum(nil)[:20])
}

// inspect sees everything that comes, before anything is done with it, and
// drops what is above a peer's budget.
func (g *Gossip) inspect(from peer.ID, rpc *pubsub.RPC) error {
	n := len(rpc.GetPublish())
	if n == 0 {
		return nil
	}
	g.mu.Lock()
	budget := g.allowance(from).messages
	g.mu.Unlock()
	if budget.AllowN(time.Now(), n) {
		return nil
	}
	for _, m := range rpc.GetPublish() {
		g.counter(m.GetTopic()).dropped.Add(1)
	}
	rpc.Publish = nil // what is said about the mesh still counts
	return nil
}

// validator makes the library's validator of one of ours. It runs in the one
// worker, so that messages are judged in the order in which they came.
func (g *Gossip) validator(c *counter, judge judge) pubsub.ValidatorEx {
	return func(ctx context.Context, from peer.ID, m *pubsub.Message) pubsub.ValidationResult {
		if from == g.host.ID() {
			return pubsub.ValidationAccept // our own, on its way out
		}
		verdict, fault := Reject, Malformed
		if k, ok := g.names.host(from); ok {
			verdict, fault = judge(ctx, k, m.GetData())
		}
		switch verdict {
		case Accept:
			c.accepted.Add(1)
			return pubsub.ValidationAccept
		case Reject:
			c.rejected.Add(1)
			g.blame(from, fault)
			return pubsub.ValidationReject
		}
		c.ignored.Add(1)
		return pubsub.ValidationIgnore
	}
}
