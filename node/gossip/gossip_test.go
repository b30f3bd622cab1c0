package gossip

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/assertion"
	"ringfence/store/keys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func federation() cid.Cid { return assertion.CID([]byte("a charter")) }

// plain is a host without the overlay's gates.
type plain struct{ host host.Host }

func (p plain) Host() host.Host { return p.host }

func newHost(t *testing.T) host.Host {
	t.Helper()
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.ResourceManager(&network.NullResourceManager{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// heard is what a member's callbacks were given.
type heard struct {
	mu      sync.Mutex
	headers []string
	bodies  []int
	proofs  []string
	verdict Verdict
}

func (h *heard) batch(_ context.Context, _ keys.Public, header, body []byte) Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.headers, h.bodies = append(h.headers, string(header)), append(h.bodies, len(body))
	return h.verdict
}

func (h *heard) proof(_ context.Context, _ keys.Public, proof []byte) Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.proofs = append(h.proofs, string(proof))
	return h.verdict
}

// say sets what the callbacks think from now on.
func (h *heard) say(v Verdict) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.verdict = v
}

func (h *heard) count() (batches, proofs int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.headers), len(h.proofs)
}

// member is a node of the federation in a test.
type member struct {
	*Gossip
	host host.Host
	key  keys.Public
	heard
}

func keyOf(t *testing.T, h host.Host) keys.Public {
	t.Helper()
	k, ok := overlay.HostKey(h.ID())
	if !ok {
		t.Fatal("the host has no Ed25519 key")
	}
	return k
}

// join makes a member of h, which runs until the test ends.
func join(t *testing.T, h host.Host, change func(*Config)) *member {
	t.Helper()
	return joinAs(t, plain{h}, change)
}

func joinAs(t *testing.T, n Network, change func(*Config)) *member {
	t.Helper()
	h := n.Host()
	m := &member{host: h, key: keyOf(t, h)}
	m.verdict = Accept
	cfg := Config{Overlay: n, Federation: federation(), Hosts: 3, Batch: m.batch, Evidence: m.proof}
	if change != nil {
		change(&cfg)
	}
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	m.Gossip = g
	done := make(chan error, 1)
	go func() { done <- g.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return m
}

func connect(t *testing.T, from, to host.Host) {
	t.Helper()
	if err := from.Connect(t.Context(), peer.AddrInfo{ID: to.ID(), Addrs: to.Addrs()}); err != nil {
		t.Fatal(err)
	}
}

// until polls for what becomes true by itself.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	overlaytest.Within(t, overlaytest.Patience, what, holds)
}

// hears reports how many peers m would send batches to.
func (m *member) hears() int { return len(m.batches.ListPeers()) }

// meshed waits until so many peers are in m's mesh of batches: before it, what m
// passes on reaches nobody.
func (m *member) meshed(t *testing.T, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), overlaytest.Patience)
	defer cancel()
	ready := false
	err := m.batches.Publish(ctx, nil, pubsub.WithReadiness(func(router pubsub.PubSubRouter, topic string) (bool, error) {
		if ready, _ = pubsub.MinTopicSize(want)(router, topic); ready {
			cancel()
		}
		return false, nil // nothing is published
	}))
	if !ready {
		t.Fatal(err)
	}
}

// line makes members that are connected one to the next only.
func line(t *testing.T, n int) []*member {
	t.Helper()
	var all []*member
	for i := range n {
		all = append(all, join(t, newHost(t), nil))
		if i > 0 {
			connect(t, all[i-1].host, all[i].host)
		}
	}
	for i, m := range all {
		want := min(i, 1) + min(n-1-i, 1)
		if want > 0 {
			m.meshed(t, want)
		}
	}
	return all
}

func TestEveryMemberHearsABatchAndAProofOnce(t *testing.T) {
	all := line(t, 3)
	if err := all[0].Announce([]byte("header"), []byte("body")); err != nil {
		t.Fatal(err)
	}
	if err := all[0].Announce([]byte("large"), make([]byte, overlay.MaxGossipBody+1)); err != nil {
		t.Fatal(err)
	}
	if err := all[2].Tell([]byte("proof")); err != nil {
		t.Fatal(err)
	}
	until(t, "the last hears two batches and the first a proof", func() bool {
		batches, _ := all[2].count()
		_, proofs := all[0].count()
		return batches == 2 && proofs == 1
	})
	all[2].heard.mu.Lock()
	defer all[2].heard.mu.Unlock()
	if got := fmt.Sprint(all[2].headers, all[2].bodies); got != "[header large] [4 0]" {
		t.Errorf("the last heard %s", got)
	}
	if c := all[2].Counts(); c.Batches.Accepted != 2 || c.Evidence.Accepted != 0 {
		t.Errorf("the last counts %+v", c)
	}
	if batches, _ := all[0].count(); batches != 0 {
		t.Errorf("the first judged %d of its own batches", batches)
	}
}

// A burst is what a publisher of a table makes. None of it may be lost on the
// way, and each batch must come after its parent.
func TestABurstOfAThousandBatchesLosesNone(t *testing.T) {
	const burst = 1000
	all := line(t, 3)
	body := make([]byte, overlay.MaxGossipBody)
	for i := range burst {
		binary.BigEndian.PutUint32(body, uint32(i))
		if err := all[0].Announce(fmt.Appendf(nil, "%06d", i), body); err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range all[1:] {
		until(t, "all of the burst has come", func() bool { n, _ := m.count(); return n >= burst })
		m.heard.mu.Lock()
		for j, header := range m.headers {
			if header != fmt.Sprintf("%06d", j) {
				t.Fatalf("member %d hears %s in place %d", i+1, header, j)
			}
		}
		m.heard.mu.Unlock()
		if c := m.Counts().Batches; c.Accepted != burst || c.Dropped != 0 || c.Unsent != 0 {
			t.Errorf("member %d counts %+v", i+1, c)
		}
	}
}

func TestIgnoredCostsNothingAndGoesNoFurther(t *testing.T) {
	all := line(t, 3)
	all[1].say(Ignore)
	for i := range 50 {
		if err := all[0].Announce(fmt.Appendf(nil, "%d", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the middle has judged all", func() bool { n, _ := all[1].count(); return n == 50 })
	until(t, "scores are kept", func() bool { _, ok := all[1].Scores()[all[0].key]; return ok })
	if score := all[1].Scores()[all[0].key]; score < 1 {
		t.Errorf("the score of the sender of what was ignored is %v, want at least 1", score)
	}
	if n, _ := all[2].count(); n != 0 {
		t.Errorf("%d of what was ignored went on", n)
	}
	if c := all[1].Counts().Batches; c.Ignored != 50 {
		t.Errorf("the middle counts %+v", c)
	}
}

// raw is a peer that speaks the mesh's protocol as it likes.
func raw(t *testing.T, to *member, send ...*pb.RPC) {
	t.Helper()
	h := newHost(t)
	h.SetStreamHandler(protocol.ID(overlay.ProtocolsOf(federation()).Mesh+"/meshsub/1.2.0"), func(s network.Stream) {
		_, _ = io.Copy(io.Discard, s) // ends with the host
	})
	connect(t, h, to.host)
	s, err := h.NewStream(t.Context(), to.host.ID(), protocol.ID(overlay.ProtocolsOf(federation()).Mesh+"/meshsub/1.2.0"))
	if err != nil {
		t.Fatal(err)
	}
	for _, rpc := range send {
		b, err := proto.Marshal(rpc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(append(binary.AppendUvarint(nil, uint64(len(b))), b...)); err != nil {
			t.Fatal(err)
		}
	}
}

func publish(topic string, data []byte) *pb.RPC {
	return &pb.RPC{Publish: []*pb.Message{{Topic: &topic, Data: data}}}
}

func TestStrangeTopicsAndMessagesAreRefused(t *testing.T) {
	all := line(t, 2)
	topics, on := all[0].topics, true
	var many []*pb.RPC_SubOpts
	for i := range 1000 {
		topic := fmt.Sprintf("topic %d", i)
		many = append(many, &pb.RPC_SubOpts{Subscribe: &on, Topicid: &topic})
	}
	strange := "strange"
	raw(t, all[0],
		&pb.RPC{Subscriptions: append(many, &pb.RPC_SubOpts{Subscribe: &on, Topicid: &topics.Batches})}, // too many at once: all refused
		&pb.RPC{Subscriptions: []*pb.RPC_SubOpts{{Subscribe: &on, Topicid: &strange}, {Subscribe: &on, Topicid: &topics.Evidence}}},
		publish(strange, []byte("x")),
		publish(topics.Checkpoints, []byte("x")),
		publish(topics.Batches, []byte("garbage")),
		publish(topics.Batches, encodeBatch([]byte("last"), nil)),
	)
	until(t, "what is well formed is heard", func() bool { n, _ := all[0].count(); return n == 1 })
	if n := all[0].hears(); n != 1 {
		t.Errorf("%d peers are in the topic of batches, want the one that asked for few topics", n)
	}
	if n := len(all[0].evidence.ListPeers()); n != 2 {
		t.Errorf("%d peers are in the topic of evidence, want 2", n)
	}
	if c := all[0].Counts().Batches; c.Rejected != 1 || c.Accepted != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestAPeerHasABudgetOfMessages(t *testing.T) {
	all := line(t, 1)
	topic := all[0].topics.Batches
	same := encodeBatch([]byte("again"), nil)
	const each = 300
	rpc := &pb.RPC{}
	for range each {
		rpc.Publish = append(rpc.Publish, &pb.Message{Topic: &topic, Data: same})
	}
	var send []*pb.RPC
	for range 3 * peerBurst / each {
		send = append(send, rpc)
	}
	raw(t, all[0], send...)
	until(t, "what is above the budget is dropped", func() bool { return all[0].Counts().Batches.Dropped > peerBurst/2 })
	if n, _ := all[0].count(); n != 1 {
		t.Errorf("a message that came %d times was judged %d times", len(send)*each, n)
	}
}

func TestTwoFederationsDoNotHearEachOther(t *testing.T) {
	a := join(t, newHost(t), nil)
	b := join(t, newHost(t), func(c *Config) { c.Federation = assertion.CID([]byte("another")) })
	c := join(t, newHost(t), nil)
	connect(t, a.host, b.host)
	connect(t, a.host, c.host)
	until(t, "the two of one federation hear each other", func() bool { return a.hears() == 1 && c.hears() == 1 })
	if n := b.hears(); n != 0 {
		t.Errorf("the node of another federation hears %d", n)
	}
}

func TestDirectPeersAreHeardAndTold(t *testing.T) {
	x, y := newHost(t), newHost(t)
	a := join(t, x, func(c *Config) { c.Direct = []keys.Public{keyOf(t, y)} })
	b := join(t, y, func(c *Config) {
		c.Direct = []keys.Public{keyOf(t, x)}
		c.Score = func(keys.Public) float64 { return 2 * graylisted }
	})
	connect(t, x, y)
	until(t, "both hear each other", func() bool { return a.hears() == 1 && b.hears() == 1 })
	if err := a.Announce([]byte("header"), nil); err != nil {
		t.Fatal(err)
	}
	until(t, "a direct peer of bad standing is heard", func() bool { n, _ := b.count(); return n == 1 })
}

// Who the direct peers are may change while the mesh lives.
func TestDirectPeersComeAndGo(t *testing.T) {
	x, y := newHost(t), newHost(t)
	a, b := join(t, x, nil), join(t, y, func(c *Config) {
		c.Score = func(keys.Public) float64 { return 2 * graylisted }
	})
	connect(t, x, y)
	a.SetDirect([]keys.Public{keyOf(t, y)})
	b.SetDirect([]keys.Public{keyOf(t, x)})
	until(t, "both hear each other", func() bool { return a.hears() == 1 && b.hears() == 1 })
	if err := a.Announce([]byte("header"), nil); err != nil {
		t.Fatal(err)
	}
	until(t, "who became a direct peer is heard, whatever its standing", func() bool { n, _ := b.count(); return n == 1 })
	a.SetDirect(nil)
	b.SetDirect(nil)
	if err := a.Announce([]byte("another"), nil); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // the first took less than a tenth of that
	if n, _ := b.count(); n != 1 {
		t.Error("who is a direct peer no longer is heard in spite of its standing")
	}
}

func TestWhatIsNeededIsAskedFor(t *testing.T) {
	h := newHost(t)
	for name, change := range map[string]func(*Config){
		"no overlay":             func(c *Config) { c.Overlay = nil },
		"nobody judges batches":  func(c *Config) { c.Batch = nil },
		"nobody judges evidence": func(c *Config) { c.Evidence = nil },
		"no federation":          func(c *Config) { c.Federation = cid.Undef },
	} {
		m := new(heard)
		cfg := Config{Overlay: plain{h}, Federation: federation(), Hosts: 3, Batch: m.batch, Evidence: m.proof}
		change(&cfg)
		if g, err := New(cfg); err == nil {
			t.Errorf("%s: taken", name)
			_ = g.Close()
		}
	}
}

// An operator who stops a node reads nothing of the library's inner life.
func TestAPlainEndSaysNothing(t *testing.T) {
	var said bytes.Buffer
	g, err := New(Config{
		Overlay: plain{newHost(t)}, Federation: federation(), Hosts: 3, Batch: new(heard).batch, Evidence: new(heard).proof,
		Logger: slog.New(slog.NewTextHandler(&said, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "the library's loops have ended", func() bool {
		stacks := make([]byte, 1<<20)
		return !bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("go-libp2p-pubsub"))
	})
	log := libraryLog(slog.New(slog.NewTextHandler(&said, nil)))
	log.With("a", 1).WithGroup("g").Info("news")
	if said.Len() > 0 {
		t.Errorf("the operator reads %q", said.String())
	}
	log.With("a", 1).Warn("trouble")
	if !strings.Contains(said.String(), "level=WARN msg=trouble a=1") {
		t.Errorf("a warning is lost: %q", said.String())
	}
}

func TestWhatIsTooLargeIsNotSent(t *testing.T) {
	g := join(t, newHost(t), nil)
	for name, err := range map[string]error{
		"no header":      g.Announce(nil, nil),
		"a large header": g.Announce(make([]byte, assertion.MaxSignedHeader+1), nil),
		"no proof":       g.Tell(nil),
		"a large proof":  g.Tell(make([]byte, maxEvidenceMessage)),

		"a checkpoint without its topic": g.Spread([]byte("note")),
	} {
		if err == nil {
			t.Errorf("%s was sent", name)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Announce([]byte("header"), nil); err == nil {
		t.Error("a closed Gossip says that it announced")
	}
}
