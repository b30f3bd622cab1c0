package gossip

import (
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
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

// Four of five members take what they are given and keep it to themselves. What
// the others say reaches the others, and soon.
func TestFourSilentDroppersToOneStopNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const honest, droppers, degree, messages = 20, 80, 10, 40
		ctx, end := context.WithCancel(t.Context())
		net, hosts := virtual(t, honest+droppers, 25*time.Millisecond)
		late := make(chan time.Duration, 2*messages*honest)
		said := make(map[string]time.Time) // written before it is announced
		var all []*Gossip
		for _, h := range hosts[:honest] {
			m := &heard{verdict: Accept}
			g, err := New(Config{Overlay: plain{h}, Federation: federation(), Hosts: honest + droppers, Evidence: m.proof,
				Batch: func(_ context.Context, _ keys.Public, header, _ []byte) Verdict {
					late <- time.Since(said[string(header)])
					return Accept
				}})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, g)
			go func() { _ = g.Run(ctx) }()
		}
		for _, h := range hosts[honest:] {
			dropper(ctx, t, h)
		}
		random := rand.New(rand.NewPCG(1, 2))
		dial := func(i, j int) {
			if i != j {
				if _, err := net.ConnectPeers(hosts[i].ID(), hosts[j].ID()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i := range hosts {
			for range degree / 2 {
				dial(i, random.IntN(honest)) // all want to be next to the honest
			}
		}
		pause := func(d time.Duration) {
			timer := time.NewTimer(d)
			defer timer.Stop()
			<-timer.C
		}
		pause(30 * time.Second)
		for i := range messages {
			header := fmt.Sprintf("%06d", i)
			synctest.Wait()
			said[header] = time.Now()
			if err := all[random.IntN(honest)].Announce([]byte(header), nil); err != nil {
				t.Fatal(err)
			}
			pause(time.Second)
		}
		pause(20 * time.Second)
		want, got, slow := messages*(honest-1), len(late), 0
		for range got {
			if d := <-late; d > time.Second {
				slow++
			}
		}
		if got*1000 < want*999 {
			t.Errorf("%d of %d deliveries, want 99.9 %%", got, want)
		}
		if slow*100 > want {
			t.Errorf("%d of %d deliveries took more than a second", slow, want)
		}
		end()
		for _, g := range all {
			_ = g.Close()
		}
		for _, h := range hosts {
			_ = h.Close()
		}
		_ = net.Close()
	})
}
