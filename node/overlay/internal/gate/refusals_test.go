package gate

import (
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/phrase"
	"ringfence/store/keys"
)

func hostID(t *testing.T, seed byte) peer.ID {
	t.Helper()
	id, err := hosts.PeerID(keys.FromSeed([32]byte{seed}).Public())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// What the limits of connections refuse of others is counted by what was too much;
// what this node itself opens is not.
func TestWhatTheLimitsRefuseIsCounted(t *testing.T) {
	at := func(format string, i int) ma.Multiaddr { return ma.StringCast(fmt.Sprintf(format, i+1)) }
	near := func(i int) ma.Multiaddr { return at("/ip4/192.0.2.7/udp/%d/quic-v1", i) }
	spread := func(i int) ma.Multiaddr { return ma.StringCast(fmt.Sprintf("/ip4/10.%d.%d.1/tcp/1", i/250, i%250)) }
	for name, tt := range map[string]struct {
		dir  network.Direction
		open int
		from func(i int) ma.Multiaddr
		want Reason
	}{
		"too many half open":         {network.DirInbound, layout.MaxHalfOpen + 1, spread, TooMany},
		"too fast":                   {network.DirInbound, layout.ConnBurst + 100, spread, TooFast},
		"too many from one address":  {network.DirInbound, layout.MaxConnsAt + 1, near, TooMany},
		"too fast from one address":  {network.DirInbound, layout.ConnBurstAt + 32, near, TooFast},
		"opened by this node itself": {network.DirOutbound, layout.ConnBurst + 100, spread, ""},
	} {
		got := make(map[string]int)
		m, err := NewResources(func(peer.ID) bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		c := Counted(m, NewRefusals(func(reason string) { got[reason]++ }))
		refused := 0
		for i := range tt.open {
			if _, err := c.OpenConnection(tt.dir, false, tt.from(i)); err != nil {
				refused++
			}
		}
		counted := 0
		for _, n := range got {
			counted += n
		}
		if refused == 0 || (tt.want != "" && (got[string(tt.want)] == 0 || counted != refused)) || (tt.want == "" && counted != 0) {
			t.Errorf("%s: %d refused, counted %v", name, refused, got)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A stranger with one identity and many connections is refused, and that is counted.
func TestOneIdentityTooOftenIsCounted(t *testing.T) {
	got := make(map[string]int)
	m, err := NewResources(func(peer.ID) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	c := Counted(m, NewRefusals(func(reason string) { got[reason]++ }))
	for i := range layout.MaxConnsStranger + 1 {
		scope, err := c.OpenConnection(network.DirInbound, false, ma.StringCast("/ip4/192.0.2.7/tcp/1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := scope.SetPeer(hostID(t, 1)); (err != nil) != (i == layout.MaxConnsStranger) {
			t.Errorf("connection %d: %v", i, err)
		}
	}
	if !maps.Equal(got, map[string]int{string(TooMany): 1}) {
		t.Errorf("counted %v", got)
	}
}

// Who opens a connection and never proves who he is is counted when it ends, once.
func TestWhoNeverSaysWhoHeIsIsCounted(t *testing.T) {
	got := make(map[string]int)
	m, err := NewResources(func(peer.ID) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	c := Counted(m, NewRefusals(func(reason string) { got[reason]++ }))
	for i, dir := range []network.Direction{network.DirInbound, network.DirInbound, network.DirOutbound} {
		scope, err := c.OpenConnection(dir, false, ma.StringCast("/ip4/192.0.2.7/tcp/1"))
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 { // this one says it
			if err := scope.SetPeer(hostID(t, 1)); err != nil {
				t.Fatal(err)
			}
		}
		scope.Done()
		scope.Done()
	}
	if !maps.Equal(got, map[string]int{string(Nobody): 1}) {
		t.Errorf("counted %v", got)
	}
}

// Whom the gate refuses or closes is counted once, with the reason.
func TestWhomTheGateRefusesIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(map[string]int)
		member, dropped := hostID(t, 1), hostID(t, 2)
		g := New(Config{
			Member: func(id peer.ID) bool { return id != hostID(t, 3) }, Ended: func() bool { return false }, Now: time.Now,
			Refusals: NewRefusals(func(reason string) { got[reason]++ }),
		})
		g.Drop(dropped, phrase.Plain("why"), time.Now().Add(time.Hour))
		saw := func(when string, want map[string]int) {
			t.Helper()
			if !maps.Equal(got, want) {
				t.Errorf("%s: counted %v, want %v", when, got, want)
			}
			clear(got)
		}
		g.InterceptSecured(network.DirInbound, member, from("192.0.2.1"))
		g.InterceptSecured(network.DirInbound, hostID(t, 3), from("192.0.2.1"))
		g.InterceptSecured(network.DirOutbound, dropped, from("192.0.2.1"))
		saw("who is let in, and whom this node dials", map[string]int{})
		g.InterceptSecured(network.DirInbound, "RSA", from("192.0.2.1"))
		g.InterceptSecured(network.DirInbound, dropped, from("192.0.2.1"))
		saw("another kind of key, and a dropped member", map[string]int{string(NoKey): 1, string(Lost): 1})

		var here []*caller
		for range layout.MaxStrangersAt {
			here = append(here, from("192.0.2.1"))
			g.Enter(here[len(here)-1])
			time.Sleep(time.Second) // so that the first one is the one to go
		}
		saw("as many strangers as fit", map[string]int{})
		g.InterceptSecured(network.DirInbound, hostID(t, 3), from("192.0.2.1"))
		g.Enter(from("192.0.2.1"))
		saw("two too many", map[string]int{string(Crowded): 2})
		time.Sleep(layout.DeskTime)
		goes, _ := g.Enter(from("192.0.2.1"))
		g.Leave(goes)
		saw("one makes room", map[string]int{string(Displaced): 1})
		g.Leave(here[1])
		saw("one leaves", map[string]int{})
		time.Sleep(layout.StrangerTime)
		g.Leave(here[2])
		g.Leave(here[2])
		saw("one has had his time", map[string]int{string(Overstays): 1})
	})
}

// A tally names the address and the reason with the most, is of the time since the
// last, and remembers no more addresses than it may.
func TestTally(t *testing.T) {
	r := NewRefusals(nil)
	if got := r.Take(); got != (Tally{}) {
		t.Errorf("of nothing: %+v", got)
	}
	for i, ip := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.2", "192.0.2.3"} {
		why := TooFast
		if i == 0 {
			why = NoKey
		}
		r.Add(why, from(ip).from)
	}
	r.Add(Lost, from("192.0.2.9").from) // told elsewhere
	got := r.Take()
	if got.Connections != 5 || got.Addresses != 3 || got.More || got.From.String() != "192.0.2.2/32" || got.FromThere != 3 || got.Why != TooFast || got.ForThat != 4 {
		t.Errorf("%+v", got)
	}
	for i := range 2 * mostPlaces {
		r.Add(TooFast, from(fmt.Sprintf("10.0.%d.%d", i/250, i%250)).from)
	}
	if got := r.Take(); got.Connections != 2*mostPlaces || got.Addresses != mostPlaces || !got.More || got.From.String() != "10.0.0.0/32" {
		t.Errorf("from many: %+v", got)
	}
	if got := r.Take(); got != (Tally{}) {
		t.Errorf("afterwards: %+v", got)
	}
}
