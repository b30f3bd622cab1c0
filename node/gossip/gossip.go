package gossip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"ringfence/node/overlay"
	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/checkpoint"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Verdict is what a callback thinks of a message.
type Verdict uint8

// The verdicts. The zero Verdict is Ignore.
const (
	Ignore Verdict = iota // of no use here and now; goes no further, costs nothing
	Accept                // goes on to others
	Reject                // wrong on every node for ever; counts against the sender
)

// String returns the word. The words are labels of metrics.
func (v Verdict) String() string {
	switch v {
	case Accept:
		return "accept"
	case Reject:
		return "reject"
	}
	return "ignore"
}

// Network is what gossip needs of the overlay: a host on which only members
// open the streams of the mesh.
type Network interface{ Host() host.Host }

// Config says what a Gossip is made of. The callbacks are called one at a time,
// must not block for long, and must not change or keep the bytes.
type Config struct {
	Overlay    Network
	Federation cid.Cid
	Hosts      int // of the federation; small ones get a small mesh
	// Batch judges a signed header and its body, which is empty when the header
	// came alone.
	Batch func(ctx context.Context, from keys.Public, header, body []byte) Verdict
	// Evidence judges a fork proof.
	Evidence func(ctx context.Context, from keys.Public, proof []byte) Verdict
	// Checkpoint judges a checkpoint as a note, of at most checkpoint.MaxNote bytes.
	// It rejects only what is none in itself, and ignores what is not newer than
	// what is held. nil: the topic is not joined.
	Checkpoint func(ctx context.Context, from keys.Public, note []byte) Verdict
	// Score is what else is known of a peer, 1 for a member in good standing; nil
	// is 1 for all. It is called often and must not block.
	Score func(peer keys.Public) float64
	// Direct peers, to begin with, get every message and are heard whatever their score
	// is. It must be mutual: a direct peer is no place of the mesh.
	Direct []keys.Public
	// Member reports whether a host, or this one, has a place in the mesh now; nil: all
	// have. Whoever has none is a guest of the host, and no fault is found with him.
	Member func(host keys.Public) bool
	// Lose is called, one peer at a time, with a peer that has sent more than is
	// borne of what no honest node sends. It is to hang up on it for longer than its
	// score is remembered, which is 10 minutes, and to let it come back.
	Lose   func(peer keys.Public, why phrase.Phrase)
	Faulty func(Fault)  // for monitoring, of each fault; must not block
	Logger *slog.Logger // nil: none
}

// Gossip is a node's part in the mesh. It is safe for concurrent use.
type Gossip struct {
	cfg               Config
	log               *slog.Logger
	names             names
	host              host.Host
	router            *pubsub.PubSub
	end               context.CancelFunc
	ended             <-chan struct{}
	topics            overlay.Topics
	batches, evidence *pubsub.Topic
	checkpoints       *pubsub.Topic // nil: not joined
	ofBatches         counter
	ofEvidence        counter
	ofCheckpoints     counter
	ofOthers          counter // of topics that we have not joined
	hints             hints
	lost              chan lost // to be hung up on

	directing sync.Mutex // held while direct changes
	direct    map[keys.Public]peer.ID

	mu         sync.Mutex // guards what follows
	scores     map[keys.Public]float64
	spoken     map[peer.ID]bool      // there is a stream to it
	allowances map[peer.ID]allowance // of members, so no more than the charter names
}

// New takes a place in the mesh of the overlay's host. It can speak at once and
// hears nothing before Run.
func New(cfg Config) (*Gossip, error) {
	if cfg.Overlay == nil || cfg.Batch == nil || cfg.Evidence == nil || !cfg.Federation.Defined() {
		return nil, errors.New("gossip: an overlay, a federation, and who judges batches and evidence are needed")
	}
	if cfg.Lose == nil {
		cfg.Lose = func(keys.Public, phrase.Phrase) {}
	}
	if cfg.Member == nil {
		cfg.Member = func(keys.Public) bool { return true }
	}
	if cfg.Faulty == nil {
		cfg.Faulty = func(Fault) {}
	}
	ctx, end := context.WithCancel(context.Background())
	h := cfg.Overlay.Host()
	g := &Gossip{
		cfg: cfg, log: libraryLog(cfg.Logger), names: names{known: make(map[peer.ID]keys.Public)},
		host: h, end: end, ended: ctx.Done(), topics: overlay.TopicsOf(cfg.Federation),
		lost: make(chan lost, 16), scores: make(map[keys.Public]float64), spoken: make(map[peer.ID]bool), allowances: make(map[peer.ID]allowance), direct: make(map[keys.Public]peer.ID),
	}
	if err := g.start(ctx, h); err != nil {
		end()
		return nil, fmt.Errorf("gossip: %w", err)
	}
	return g, nil
}

func (g *Gossip) start(ctx context.Context, h host.Host) error {
	options, err := g.options()
	if err != nil {
		return err
	}
	mesh := pubsub.DefaultGossipSubRouter(h)
	g.hints = newHints(mesh)
	g.router, err = pubsub.NewGossipSubWithRouter(ctx, h, mesh, append(options, mesh.WithDefaultTagTracer())...)
	if err != nil {
		return err
	}
	join := func(topic string, c *counter, judge judge) (*pubsub.Topic, error) {
		if err := g.router.RegisterTopicValidator(topic, g.validator(c, judge), pubsub.WithValidatorInline(true)); err != nil {
			return nil, err
		}
		return g.router.Join(topic)
	}
	if g.batches, err = join(g.topics.Batches, &g.ofBatches, g.judgeBatch); err != nil {
		return err
	}
	if g.evidence, err = join(g.topics.Evidence, &g.ofEvidence, g.judgeProof); err != nil || g.cfg.Checkpoint == nil {
		return err
	}
	g.checkpoints, err = join(g.topics.Checkpoints, &g.ofCheckpoints, g.judgeNote)
	return err
}

// SetDirect says who the direct peers are from now on: see Config.Direct.
func (g *Gossip) SetDirect(hosts []keys.Public) {
	g.directing.Lock()
	defer g.directing.Unlock()
	for k, id := range g.direct {
		if !slices.Contains(hosts, k) {
			delete(g.direct, k)
			_ = g.router.RemoveDirectPeer(id) // it fails at the end alone
		}
	}
	for _, k := range hosts {
		id, err := overlay.PeerID(k)
		if _, known := g.direct[k]; known || err != nil {
			continue // no host by such a key can ever prove itself
		}
		g.direct[k] = id
		_ = g.router.AddDirectPeer(peer.AddrInfo{ID: id}) // the overlay knows its addresses
	}
}

// joined returns the topics that this node is in.
func (g *Gossip) joined() []*pubsub.Topic {
	if g.checkpoints == nil {
		return []*pubsub.Topic{g.batches, g.evidence}
	}
	return []*pubsub.Topic{g.batches, g.evidence, g.checkpoints}
}

// judge says what a message is worth, and of a rejected one what is wrong with it.
type judge func(ctx context.Context, from keys.Public, message []byte) (Verdict, Fault)

func (g *Gossip) judgeBatch(ctx context.Context, from keys.Public, message []byte) (Verdict, Fault) {
	header, body, err := decodeBatch(message)
	if err != nil {
		return Reject, Malformed
	}
	return g.cfg.Batch(ctx, from, header, body), Refused
}

func (g *Gossip) judgeProof(ctx context.Context, from keys.Public, message []byte) (Verdict, Fault) {
	proof, err := decodeEvidence(message)
	if err != nil {
		return Reject, Malformed
	}
	return g.cfg.Evidence(ctx, from, proof), Refused
}

func (g *Gossip) judgeNote(ctx context.Context, from keys.Public, message []byte) (Verdict, Fault) {
	note, err := decodeNote(message)
	if err != nil {
		return Reject, Malformed
	}
	return g.cfg.Checkpoint(ctx, from, note), Refused
}

// Run hears and passes on until ctx or the Gossip ends. The callbacks are the
// only readers: topics are relayed and have no subscriber, so none can be slow.
func (g *Gossip) Run(ctx context.Context) error {
	for _, topic := range g.joined() {
		leave, err := topic.Relay()
		select {
		case <-g.ended:
			return nil
		default:
		}
		if err != nil {
			return fmt.Errorf("gossip: join %s: %w", topic, err)
		}
		defer leave()
	}
	g.watch(ctx)
	return nil
}

// Close leaves the mesh. Call it before the overlay is closed; the streams, and
// what serves them, end with their connections.
func (g *Gossip) Close() error {
	g.end()
	return nil
}

// Announce pushes a batch of this node. A body that is too large for a message
// is left out, and peers pull it. It returns when the message is on its way;
// nobody confirms it.
func (g *Gossip) Announce(header, body []byte) error {
	if len(header) == 0 || len(header) > assertion.MaxSignedHeader {
		return fmt.Errorf("gossip: announce: a signed header of %d bytes, want 1 to %d", len(header), assertion.MaxSignedHeader)
	}
	if len(body) > overlay.MaxGossipBody {
		body = nil
	}
	if err := g.batches.Publish(context.Background(), encodeBatch(header, body)); err != nil {
		return fmt.Errorf("gossip: announce: %w", err)
	}
	return nil
}

// Tell pushes a fork proof.
func (g *Gossip) Tell(proof []byte) error {
	if len(proof) == 0 || len(proof) > feed.MaxForkProof {
		return fmt.Errorf("gossip: tell: a fork proof of %d bytes, want 1 to %d", len(proof), feed.MaxForkProof)
	}
	if err := g.evidence.Publish(context.Background(), encodeEvidence(proof)); err != nil {
		return fmt.Errorf("gossip: tell: %w", err)
	}
	return nil
}

// Spread pushes a checkpoint, as a note. It fails when Config.Checkpoint is nil.
func (g *Gossip) Spread(note []byte) error {
	if g.checkpoints == nil {
		return errors.New("gossip: spread: the topic of checkpoints is not joined")
	}
	if len(note) == 0 || len(note) > checkpoint.MaxNote {
		return fmt.Errorf("gossip: spread: a checkpoint of %d bytes, want 1 to %d", len(note), checkpoint.MaxNote)
	}
	if err := g.checkpoints.Publish(context.Background(), encodeNote(note)); err != nil {
		return fmt.Errorf("gossip: spread: %w", err)
	}
	return nil
}

// Scores returns what is thought of each peer, as of at most five seconds ago: 0 and
// more is well, below -1,000 nothing is heard of it.
func (g *Gossip) Scores() map[keys.Public]float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.scores)
}

func (g *Gossip) keepScores(all map[peer.ID]float64) {
	scores := make(map[keys.Public]float64, len(all))
	for id, score := range all {
		if k, ok := g.names.host(id); ok {
			scores[k] = score
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.scores = scores
}
