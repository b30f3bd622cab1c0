package gate

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// caller is a connection from somewhere.
type caller struct {
	network.Conn
	from ma.Multiaddr
}

func (c *caller) RemoteMultiaddr() ma.Multiaddr { return c.from }
func (c *caller) LocalMultiaddr() ma.Multiaddr  { return c.from }

func from(ip string) *caller { return &caller{from: ma.StringCast("/ip4/" + ip + "/tcp/1")} }

func strangers() *Gate {
	return New(Config{Member: func(peer.ID) bool { return false }, Ended: func() bool { return false }, Now: time.Now, Refusals: NewRefusals(nil)})
}

// Strangers who ask and stay, from as many addresses as there is room for, do not
// keep others from the desk: each has the time for one question.
func TestStrangersWhoStayMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stranger, err := hosts.PeerID(keys.FromSeed([32]byte{1}).Public())
		if err != nil {
			t.Fatal(err)
		}
		g := strangers()
		var stay []*caller
		for i := range layout.MaxStrangers {
			c := from(fmt.Sprintf("10.0.0.%d", i/layout.MaxStrangersAt))
			if goes, ok := g.Enter(c); !ok || goes != nil {
				t.Fatalf("stranger %d: %v, somebody goes: %v", i, ok, goes != nil)
			}
			stay = append(stay, c)
			time.Sleep(time.Millisecond)
		}
		asks := from("192.0.2.1")
		refused := func() bool {
			_, entered := g.Enter(asks)
			return !entered && !g.InterceptSecured(network.DirInbound, stranger, asks)
		}
		if !refused() {
			t.Error("there is room before anybody had time for a question")
		}
		time.Sleep(layout.DeskTime)
		if !g.InterceptSecured(network.DirInbound, stranger, asks) {
			t.Error("no room after everybody had time for a question")
		}
		if goes, ok := g.Enter(asks); !ok || goes != network.Conn(stay[0]) {
			t.Errorf("entered: %v; the one who stays longest does not go", ok)
		}
		// At one address the longest there goes, not the longest of all.
		last := stay[len(stay)-layout.MaxStrangersAt]
		if goes, ok := g.Enter(&caller{from: last.from}); !ok || goes != network.Conn(last) {
			t.Errorf("entered: %v; the one who stays longest at his address does not go", ok)
		}
		for _, c := range append(stay, asks) {
			g.Leave(c)
		}
		if n := g.Strangers(); n != 1 || len(g.at) != 1 {
			t.Errorf("%d strangers are left at %d addresses, want the last one", n, len(g.at))
		}
	})
}
