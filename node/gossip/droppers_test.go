package gossip

import (
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	mocknet "github.com/libp2p/go-libp2p/p2p/net/mock"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay"
	"ringfence/store/keys"
)

// virtual returns hosts that are linked and not connected, so far apart, for a
// synctest bubble.
func virtual(t *testing.T, n int, latency time.Duration) (mocknet.Mocknet, []host.Host) {
	t.Helper()
	net := mocknet.New()
	net.SetLinkDefaults(mocknet.LinkOptions{Latency: latency})
	var hosts []host.Host
	for i := range n {
		key, _, err := crypto.GenerateEd25519Key(cryptorand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		h, err := net.AddPeer(key, ma.StringCast(fmt.Sprintf("/ip4/10.0.%d.%d/tcp/1", i/256, i%256)))
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, h)
	}
	if err := net.LinkAll(); err != nil {
		t.Fatal(err)
	}
	return net, hosts
}

// dropper joins the mesh, hears everything and passes nothing on.
func dropper(ctx context.Context, t *testing.T, h host.Host) {
	t.Helper()
	mesh := protocol.ID(overlay.ProtocolsOf(federation()).Mesh + "/meshsub/1.2.0")
	router, err := pubsub.NewGossipSub(ctx, h,
		pubsub.WithGossipSubProtocols([]protocol.ID{mesh}, func(f pubsub.GossipSubFeature, p protocol.ID) bool {
			return p == mesh && f != pubsub.GossipSubFeatureExtensions
		}),
		pubsub.WithGossipSubParams(meshParams(smallFederation+1)), // it takes as many places as it can
		pubsub.WithNoAuthor(), pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithMessageIdFn(messageID),
		pubsub.WithDefaultValidator(func(context.Context, peer.ID, *pubsub.Message) pubsub.ValidationResult {
			return pubsub.ValidationIgnore
		}))
	if err != nil {
		t.Fatal(err)
	}
	topic, err := router.Join(overlay.TopicsOf(federation()).Batches)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topic.Relay(); err != nil {
		t.Fatal(err)
	}
}

// F28: four of five members take what they are given and keep it to themselves.
// What the others say reaches the others from the first word on, when no score
// tells yet who is who: 99 % of it within five times what it takes among the same
// honest alone.
func TestFourSilentDroppersToOneStopNothing(t *testing.T) {
	const honest, droppers, messages, times = 20, 80, 20, 5
	quiet := took(t, honest, 0, messages, 0)
	var loud []time.Duration
	for seed := range uint64(3) {
		loud = append(loud, took(t, honest, droppers, messages, seed+1)...)
	}
	slices.Sort(loud)
	at99 := func(all []time.Duration) time.Duration { return all[len(all)*99/100] }
	t.Logf("to each: 99 %% after %v and all after %v among droppers; 99 %% after %v among the honest alone", at99(loud), loud[len(loud)-1], at99(quiet))
	if want := 3 * messages * (honest - 1); len(loud)*1000 < want*999 || len(quiet) != want/3 {
		t.Errorf("%d of %d deliveries, want 99.9 %%; %d of %d where nobody drops", len(loud), want, len(quiet), want/3)
	}
	if at99(loud) > times*at99(quiet) {
		t.Errorf("99 %% are there after %v, want %d times %v at most", at99(loud), times, at99(quiet))
	}
}

// took lets some honest ones among droppers speak, soon after they have met, and
// returns how long each word took to each of the others, in order.
func took(t *testing.T, honest, droppers, messages int, seed uint64) (all []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		net, hosts := virtual(t, honest+droppers, 25*time.Millisecond)
		random := rand.New(rand.NewPCG(seed, 2))
		late := make(chan time.Duration, 2*messages*honest)
		said := make(map[string]time.Time) // written before it is announced
		var mesh []*Gossip
		for _, h := range hosts[:honest] {
			m := &heard{verdict: Accept}
			g, err := New(Config{
				Overlay: plain{h}, Federation: federation(), Hosts: len(hosts), Evidence: m.proof,
				Batch: func(_ context.Context, _ keys.Public, header, _ []byte) Verdict {
					late <- time.Since(said[string(header)])
					return Accept
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			mesh = append(mesh, g)
			go func() { _ = g.Run(ctx) }()
			time.Sleep(rand.N(2 * time.Second / time.Duration(honest))) // their heartbeats are not in step
		}
		for _, h := range hosts[honest:] {
			dropper(ctx, t, h)
		}
		dial(t, net, hosts, random)
		time.Sleep(5 * time.Second)
		for i := range messages {
			header := fmt.Sprintf("%06d", i)
			synctest.Wait()
			said[header] = time.Now()
			if err := mesh[random.IntN(honest)].Announce([]byte(header), nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(500*time.Millisecond + rand.N(time.Second))
		}
		time.Sleep(20 * time.Second)
		for range len(late) {
			all = append(all, <-late)
		}
		end()
		for _, g := range mesh {
			_ = g.Close()
		}
		for _, h := range hosts {
			_ = h.Close()
		}
		_ = net.Close()
	})
	slices.Sort(all)
	return all
}

// dial connects hosts as the overlay does in a large federation: each dials
// others until it has thirty-two.
func dial(t *testing.T, net mocknet.Mocknet, hosts []host.Host, random *rand.Rand) {
	t.Helper()
	for i, h := range hosts {
		for _, j := range random.Perm(len(hosts)) {
			if i == j || len(h.Network().Peers()) >= 32 {
				continue
			}
			if _, err := net.ConnectPeers(h.ID(), hosts[j].ID()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
