package gossip

import (
	"bytes"
	"context"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"ringfence/node/overlay"
	"ringfence/node/phrase"
	"ringfence/store/keys"
)

// court hears what is held against whom.
type court struct {
	mu     sync.Mutex
	faults map[Fault]int
	lost   []lost
}

func (c *court) listen(cfg *Config) {
	c.faults = make(map[Fault]int)
	cfg.Faulty = func(f Fault) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.faults[f]++
	}
	cfg.Lose = func(peer keys.Public, why phrase.Phrase) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lost = append(c.lost, lost{peer, why})
	}
}

func (c *court) heard() (faults map[Fault]int, gone []lost) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.faults), c.lost
}

// write sends bytes on a stream of the mesh of its own, and waits until it is reset.
func write(t *testing.T, from host.Host, to *member, b []byte) {
	t.Helper()
	s, err := from.NewStream(t.Context(), to.host.ID(), protocol.ID(overlay.ProtocolsOf(federation()).Mesh+"/meshsub/1.2.0"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, s); err == nil {
		t.Fatal("a stream of garbage goes on")
	}
}

// Every kind of what no honest node sends is counted, with what is wrong with it.
func TestWhatNoHonestNodeSendsIsCounted(t *testing.T) {
	var c court
	m := join(t, newHost(t), func(cfg *Config) {
		c.listen(cfg)
		cfg.Batch = func(_ context.Context, _ keys.Public, header, _ []byte) Verdict {
			return map[string]Verdict{"wrong": Reject, "sound": Accept}[string(header)]
		}
		cfg.Evidence = func(context.Context, keys.Public, []byte) Verdict { return Reject }
	})
	saw := func(what string, want map[Fault]int) {
		until(t, what+" is counted", func() bool { got, _ := c.heard(); return maps.Equal(got, want) })
	}
	want := make(map[Fault]int)
	for name, b := range map[string][]byte{
		"no protobuf": {2, 0x0a, 0x7f}, "no control message": {3, 0xff, 0xff, 0xff}, "larger than any": {0xff, 0xff, 0xff, 0x7f},
		"a length without an end": bytes.Repeat([]byte{0xff}, 30),
	} {
		h := newHost(t)
		connect(t, h, m.host)
		write(t, h, m, b)
		want[Garbled]++
		saw(name, want)
	}
	batch := func(header string) *pb.RPC { return publish(m.topics.Batches, encodeBatch([]byte(header), nil)) }
	authored := batch("authored")
	authored.Publish[0].From = []byte("somebody")
	for name, tt := range map[string]struct {
		want Fault
		send *pb.RPC
	}{
		"of no encoding":     {Malformed, publish(m.topics.Evidence, []byte("garbage"))},
		"a wrong batch":      {Refused, batch("wrong")},
		"a wrong proof":      {Refused, publish(m.topics.Evidence, encodeEvidence([]byte("wrong")))},
		"with an author":     {Signed, authored},
		"a sound batch":      {"", batch("sound")},
		"a batch too early":  {"", batch("early")},
		"of a strange topic": {"", publish("strange", []byte("x"))},
	} {
		raw(t, m, tt.send, publish(m.topics.Batches, []byte("after "+name)))
		if tt.want != "" {
			want[tt.want]++
		}
		want[Malformed]++ // of what came after it
		saw(name, want)
	}
	if _, gone := c.heard(); len(gone) != 0 {
		t.Errorf("hung up on %v for one fault", gone)
	}
}

// Three faults are borne of a peer at once and one more in ten minutes, whatever its
// standing; with the next it is hung up on. Nobody is for what an honest node sends.
func TestAPeerIsLostWithItsFourthFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, hosts := virtual(t, 3, 0)
		defer func() { _ = net.Close() }()
		var c court
		for _, h := range hosts {
			defer func() { _ = h.Close() }()
		}
		sprayer := hosts[1] // it has no streams of the mesh but those that it sprays on
		victim := join(t, hosts[0], func(cfg *Config) {
			c.listen(cfg)
			cfg.Direct = []keys.Public{keyOf(t, sprayer)} // it is heard whatever its score
		})
		defer func() { _ = victim.Close() }()
		honest := join(t, hosts[2], nil)
		defer func() { _ = honest.Close() }()
		for _, h := range hosts[1:] {
			if _, err := net.ConnectPeers(victim.host.ID(), h.ID()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		for i := range 3 * faultsBorne {
			victim.say(Ignore)
			if err := honest.Announce([]byte{'h', byte(i)}, nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		fault := func() (faults int, gone []lost) {
			write(t, sprayer, victim, []byte{2, 0x0a, 0x7f})
			synctest.Wait()
			all, gone := c.heard()
			return all[Garbled], gone
		}
		for range faultsBorne + 3 { // seldom enough
			if _, gone := fault(); len(gone) != 0 {
				t.Fatalf("lost for a fault in %v: %v", faultEvery, gone)
			}
			time.Sleep(faultEvery)
		}
		time.Sleep(faultsBorne * faultEvery)
		for i := range faultsBorne {
			if _, gone := fault(); len(gone) != 0 {
				t.Fatalf("lost with fault %d: %v", i+1, gone)
			}
		}
		n, gone := fault()
		if len(gone) != 1 || gone[0].peer != keyOf(t, sprayer) || !strings.Contains(gone[0].why.Text, "more than 3 times, the last time so: bytes that are no message") {
			t.Errorf("with fault %d at once: lost %v", faultsBorne+1, gone)
		}
		if n != 2*faultsBorne+3+1 {
			t.Errorf("%d faults are counted", n)
		}
	})
}

// Of many faults that come at once, as in one RPC, a peer is reported once, and again
// by what it does when it has come back.
func TestAPeerIsLostOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, hosts := virtual(t, 1, 0)
		defer func() { _ = net.Close() }()
		defer func() { _ = hosts[0].Close() }()
		who := hosts[0].ID()
		g := &Gossip{
			cfg: Config{Faulty: func(Fault) {}}, names: names{known: make(map[peer.ID]keys.Public)},
			lost: make(chan lost, 100), allowances: make(map[peer.ID]allowance),
		}
		sprays := func(want int) {
			t.Helper()
			for range 60 {
				g.blame(who, Signed)
			}
			if len(g.lost) != want {
				t.Errorf("reported %d times, want %d", len(g.lost), want)
			}
			for len(g.lost) > 0 {
				<-g.lost
			}
		}
		room := g.lost
		g.lost = nil // nobody takes it
		sprays(0)
		g.lost = room
		sprays(1)
		tracer{g}.OnClosedOutboundStream(who)
		time.Sleep(faultEvery - time.Second)
		sprays(0) // of what was under way when it was hung up on
		time.Sleep(2 * time.Second)
		sprays(1)
	})
}
