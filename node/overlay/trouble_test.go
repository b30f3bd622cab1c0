package overlay_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay"
	"ringfence/node/overlay/desk"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/overlay/overlaytest"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// roster is a charter that can change.
type roster struct {
	mu    sync.Mutex
	hosts []keys.Public
}

func (r *roster) Host(k keys.Public) (charter.MemberIndex, bool) {
	i := slices.Index(r.Hosts(), k)
	return charter.MemberIndex(max(i, 0)), i >= 0
}

func (r *roster) Hosts() []keys.Public {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hosts
}

func (r *roster) set(hosts ...keys.Public) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts = hosts
}

// free returns an address of this machine where nobody listens.
func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func addressOf(t testing.TB, hostport string, k keys.Public) string {
	t.Helper()
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		t.Fatal(err)
	}
	id, err := overlay.PeerID(k)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/ip4/%s/tcp/%s/p2p/%s", host, port, id)
}

// tcpAddress returns the overlay's address for TCP.
func tcpAddress(t testing.TB, o *overlay.Overlay) string {
	t.Helper()
	for _, a := range multiaddrs(t, o.Addresses()) {
		if port, err := a.ValueForProtocol(multiaddr.P_TCP); err == nil {
			return "127.0.0.1:" + port
		}
	}
	t.Fatal("no TCP")
	return ""
}

func TestTroubleIsToldInWords(t *testing.T) {
	f, other := overlaytest.Found("a", 3), overlaytest.Found("b", 1)
	listen := []string{"127.0.0.1:0"}
	start := func(cfg overlay.Config) *overlay.Overlay { o, _ := overlaytest.Start(t, cfg); return o }

	ignorant := f.Config(1) // its charter does not name host 0
	ignorant.Listen, ignorant.Roster = listen, &roster{hosts: f.Hosts()[1:]}
	ignorant.Hosts = ignorant.Roster.(*roster).Hosts
	foreign := f.Config(1)
	foreign.Listen, foreign.Federation, foreign.Name = listen, other.ID, "the other one"
	right := f.Config(1)
	right.Listen = listen
	third := f.Config(2)
	third.Listen = listen

	newer := plain(t, identityOf(t, f.Keys[1]))
	if err := newer.Network().Listen(multiaddrs(t, []string{"/ip4/127.0.0.1/tcp/0"})[0]); err != nil {
		t.Fatal(err)
	}
	newer.SetStreamHandler(layout.DeskProtocol, func(s network.Stream) {
		defer func() { _ = s.Close() }()
		if _, err := overlay.ReadFrame(s, 100); err == nil {
			_ = overlay.WriteFrame(s, desk.Welcome{Federation: f.ID, Lowest: 2, Highest: 3, Member: true, Version: "9.0"}.Encode())
		}
	})
	silent := plain(t, identityOf(t, f.Keys[1]))
	if err := silent.Network().Listen(multiaddrs(t, []string{"/ip4/127.0.0.1/tcp/0"})[0]); err != nil {
		t.Fatal(err)
	}

	nobody := free(t)
	for name, c := range map[string]struct{ at, want string }{
		"nobody":    {addressOf(t, nobody, f.Keys[1].Public()), "nobody answers at " + nobody},
		"other":     {addressOf(t, tcpAddress(t, start(third)), f.Keys[1].Public()), "another identity answers at 127.0.0.1:"},
		"foreign":   {addressOf(t, tcpAddress(t, start(foreign)), f.Keys[1].Public()), "it speaks federation " + other.ID.String() + " (the other one)"},
		"ignorant":  {addressOf(t, tcpAddress(t, start(ignorant)), f.Keys[1].Public()), "it does not know this host as a member"},
		"newer":     {newer.Addrs()[0].String() + "/p2p/" + newer.ID().String(), "it speaks protocol versions 2 to 3 (release \"9.0\"), this release speaks 1"},
		"silent":    {silent.Addrs()[0].String() + "/p2p/" + silent.ID().String(), "speaks nothing of ours"},
		"no way":    {addressOf(t, nobody, f.Keys[2].Public()), "no address of it is known"},
		"all right": {addressOf(t, tcpAddress(t, start(right)), f.Keys[1].Public()), ""},
	} {
		cfg := f.Config(0)
		cfg.Bootstrap = []string{c.at}
		o := start(cfg)
		overlaytest.Within(t, overlaytest.Patience, name+": "+c.want, func() bool {
			p := o.Peers()[0]
			if c.want == "" {
				return p.Connected && p.Trouble.IsZero()
			}
			return !p.Connected && strings.Contains(p.Trouble.Text, c.want)
		})
	}
}

// book keeps records in memory.
type book struct {
	mu   sync.Mutex
	kept map[keys.Public][]byte
}

func (b *book) Records() ([][]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.kept)), nil
}

func (b *book) Keep(host keys.Public, record []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[host] = record
	return nil
}

// changes writes down what Changed is told.
type changes struct {
	mu  sync.Mutex
	all []string
}

func (c *changes) add(f *overlaytest.Federation) func(keys.Public, bool) {
	return func(k keys.Public, joined bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all = append(c.all, fmt.Sprint(slices.Index(f.Hosts(), k), joined))
	}
}

func (c *changes) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.all, ", ")
}

func TestRestartFindsTheOthersFromTheBook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("a", 4)
		b := &book{kept: make(map[keys.Public][]byte)}
		var seen changes
		config := func(i int, cfg *overlay.Config) {
			if i == 3 {
				cfg.Book = b
			}
			if i == 0 {
				cfg.Changed = seen.add(f)
			}
		}
		all, stop := sim.Net(t, f, config)
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all...)
		if kept, err := b.Records(); err != nil || len(kept) != 4 {
			t.Fatalf("%d records are kept, want the own one and the others', %v", len(kept), err)
		}
		if err := all[3].Close(); err != nil {
			t.Fatal(err)
		}
		overlaytest.Within(t, time.Minute, "the others notice", func() bool { return len(all[0].Neighbours()) == 2 })
		cfg := f.Config(3)
		cfg.Book, cfg.Options = b, sim.Options(13) // it has moved
		cfg.Twin = func(at string) { t.Errorf("its earlier life at %s is taken for another's", at) }
		o, end := overlaytest.Start(t, cfg)
		defer end()
		overlaytest.Whole(t, 10*time.Second, all[0], all[1], all[2], o)
		if got := seen.String(); strings.Count(got, "3 true") != 2 || !strings.HasSuffix(got, "3 false, 3 true") {
			t.Errorf("host 0 was told %q", got)
		}
	})
}

func TestDroppedPeersStayOutUntilThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("a", 2)
		all, stop := sim.Net(t, f, nil)
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all...)
		all[0].Drop(f.Keys[1].Public(), phrase.Plain("it lies"), time.Now().Add(time.Minute))
		time.Sleep(30 * time.Second)
		if len(all[0].Neighbours())+len(all[1].Neighbours()) != 0 {
			t.Error("it is back before its time")
		}
		if p := all[0].Peers()[0]; p.Connected || !strings.Contains(p.Trouble.Text, "it lies") {
			t.Errorf("%+v", p)
		}
		if p := all[1].Peers()[0]; p.Connected || !strings.Contains(p.Trouble.Text, "or it refuses this one") {
			t.Errorf("who is refused is told %q", p.Trouble)
		}
		if _, err := all[0].Open(t.Context(), f.Keys[1].Public(), echoProtocol); err == nil {
			t.Error("a stream to a dropped peer")
		}
		time.Sleep(30 * time.Second)
		overlaytest.Whole(t, 10*time.Second, all...)
	})
}

func TestWhoLeavesTheCharterIsPartedFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("a", 3)
		r := &roster{hosts: f.Hosts()[:2]}
		var seen changes
		all, stop := sim.Net(t, f, func(i int, cfg *overlay.Config) {
			cfg.Roster, cfg.Hosts = r, r.Hosts
			if i == 0 {
				cfg.Changed = seen.add(f)
			}
		})
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all[:2]...)
		time.Sleep(10 * time.Second)
		if n := len(all[2].Neighbours()); n != 0 {
			t.Errorf("who is no member has %d neighbours", n)
		}
		r.set(f.Hosts()...) // it is admitted
		r2, end := restart(t, sim, f, r, 2, 12)
		defer end()
		overlaytest.Whole(t, 10*time.Second, all[0], all[1], r2)
		// Its first life runs still, under the same key, so they take turns.
		before := seen.String()
		if !strings.HasPrefix(before, "1 true, 2 true") || !strings.HasSuffix(before, "2 true") {
			t.Errorf("host 0 was told %q", before)
		}
		r.set(f.Hosts()[:2]...) // and expelled
		overlaytest.Within(t, 10*time.Second, "parted", func() bool { return len(all[0].Neighbours()) == 1 && len(all[1].Neighbours()) == 1 })
		time.Sleep(5 * time.Second)
		if got := strings.TrimPrefix(seen.String(), before); got != ", 2 false" {
			t.Errorf("once it was expelled host 0 was told %q", got)
		}
	})
}

func restart(t *testing.T, sim *overlaytest.Simnet, f *overlaytest.Federation, r *roster, i, node int) (*overlay.Overlay, func()) {
	t.Helper()
	cfg := f.Config(i)
	cfg.Roster, cfg.Hosts, cfg.Options = r, r.Hosts, sim.Options(node)
	cfg.Bootstrap = []string{sim.Bootstrap(t, 0, f.Keys[0].Public())}
	return overlaytest.Start(t, cfg)
}

func TestShortPartitionsHealAsFast(t *testing.T) {
	for _, long := range []time.Duration{3 * time.Second, 13 * time.Second, 17 * time.Second, 22 * time.Second, 40 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{Jitter: 10 * time.Millisecond})
			defer sim.Close()
			all, stop := sim.Net(t, overlaytest.Found("a", 4), nil)
			defer stop()
			overlaytest.Whole(t, 10*time.Second, all...)
			for _, o := range all {
				o.Handle(echoProtocol, echo)
			}
			sim.Partition(func(node int) int { return node % 2 })
			time.Sleep(long)
			sim.Partition(nil)
			start := time.Now()
			overlaytest.Within(t, 10*time.Second, fmt.Sprintf("after %v everyone hears everyone", long), func() bool {
				for _, from := range all {
					for _, to := range all {
						if from != to && !answers(t, from, to) {
							return false
						}
					}
				}
				return true
			})
			t.Logf("partition of %v: healed after %v", long, time.Since(start))
		})
	}
}

// A member that somebody has waited for in vain is asked whether it is there, long
// before its silence or the transport would tell; one that is there stays.
func TestADoubtedMemberIsAskedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("a", 3)
		all, stop := sim.Net(t, f, nil)
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all...)
		sim.Partition(func(node int) int { return node / 2 })
		time.Sleep(2 * time.Second)
		for _, k := range f.Hosts()[1:] {
			all[0].Doubt(k)
		}
		time.Sleep(8 * time.Second)
		if left := all[0].Neighbours(); len(left) != 1 || left[0] != f.Keys[1].Public() {
			t.Errorf("of the two that were doubted %d are left", len(left))
		}
	})
}

// answers reports whether one member hears another within half a second.
func answers(t *testing.T, from, to *overlay.Overlay) bool {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	s, err := from.Open(ctx, to.Self(), echoProtocol)
	if err != nil {
		return false
	}
	defer func() { _ = s.Close() }()
	if s.SetDeadline(time.Now().Add(500*time.Millisecond)) != nil || overlay.WriteFrame(s, []byte("?")) != nil {
		return false
	}
	_, err = overlay.ReadFrame(s, 10)
	return err == nil
}

// Above 64 hosts a node that has 32 others tries one more every five seconds, at
// random, and direct peers as ever.
func TestInALargeFederationSomeAreEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const leaves, lonely, direct, n = 40, 41, 42, 70 // what follows does not exist
		sim := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer sim.Close()
		f := overlaytest.Found("large", n)
		hosts := f.Hosts()
		cfg := f.Config(0)
		cfg.Options = sim.Options(0)
		cfg.Direct = func(k keys.Public) bool { return k == hosts[direct] }
		for i := lonely; i < n; i++ {
			cfg.Bootstrap = append(cfg.Bootstrap, sim.Bootstrap(t, i, hosts[i]))
		}
		o, stop := overlaytest.Start(t, cfg)
		defer stop()
		for i := 1; i <= lonely; i++ {
			leaf := f.Config(i)
			leaf.Options = sim.Options(i)
			leaf.Hosts = func() []keys.Public { return hosts[:1] }
			leaf.Bootstrap = []string{sim.Bootstrap(t, 0, hosts[0])}
			if i == lonely {
				leaf.Bootstrap = nil
			}
			_, end := overlaytest.Start(t, leaf)
			defer end()
		}
		overlaytest.Within(t, 10*time.Second, "the leaves are connected", func() bool { return len(o.Neighbours()) >= leaves })
		time.Sleep(10 * time.Second)
		tries, straight, last := 0, 0, make(map[keys.Public]time.Time)
		const minutes = 10
		for range minutes * 60 * 2 {
			for i, p := range o.Peers()[lonely-1:] {
				if !p.LastTry.After(last[p.Host]) {
					continue
				}
				last[p.Host] = p.LastTry
				if i == direct-lonely {
					straight++
				} else {
					tries++
				}
			}
			time.Sleep(time.Second / 2)
		}
		if most := minutes*12 + n; tries < minutes*6 || tries > most {
			t.Errorf("%d tries of others in %d minutes, want about one every five seconds", tries, minutes)
		}
		if straight < minutes*12-1 {
			t.Errorf("%d tries of a direct peer in %d minutes, want one every five seconds at least", straight, minutes)
		}
		if !slices.Contains(o.Neighbours(), hosts[lonely]) {
			t.Error("who is never looked for by others was not found")
		}
	})
}
