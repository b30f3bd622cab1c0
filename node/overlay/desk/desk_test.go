package desk

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"go.uber.org/goleak"
	"golang.org/x/time/rate"

	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/assertion"
	"ringfence/store/keys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is the host key made of one byte.
func key(b byte) keys.Private { return keys.FromSeed([32]byte{b}) }

// listening returns a host on loopback, until the test ends.
func listening(t *testing.T, k keys.Private) host.Host {
	t.Helper()
	private, _, err := hosts.Identity(k)
	if err != nil {
		t.Fatal(err)
	}
	options := append(hosts.Options(private, "test"), hosts.Transports()...)
	h, err := libp2p.New(append(options, libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"))...)
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

// addresses returns where a host listens, as if another one did.
func addresses(t *testing.T, h host.Host, as keys.Private) (all []string) {
	t.Helper()
	id, err := hosts.PeerID(as.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range h.Addrs() {
		all = append(all, a.String()+"/p2p/"+id.String())
	}
	return all
}

// nowhere returns an address of this machine where nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	id, err := hosts.PeerID(key(1).Public())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/ip4/127.0.0.1/tcp/%d/p2p/%s", l.Addr().(*net.TCPAddr).Port, id)
}

func TestAskAtTheDesk(t *testing.T) {
	genesis := make([]byte, 4<<20)
	member, err := hosts.PeerID(key(2).Public())
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Unix(1_700_000_000, 0)
	cfg := Config{
		Federation: assertion.CID([]byte("federation")), Name: "联邦", Version: "1.2.3", Genesis: func() []byte { return genesis },
		Member: func(id peer.ID) bool { return id == member }, Now: func() time.Time { return clock },
	}
	h := listening(t, key(1))
	h.SetStreamHandler(layout.DeskProtocol, New(cfg).Serve)
	for _, at := range addresses(t, h, key(1)) {
		w, err := Ask(t.Context(), AskConfig{Address: at, Genesis: true})
		if err != nil {
			t.Fatal(err)
		}
		if w.Federation != cfg.Federation || w.Name != "联邦" || w.Lowest != 1 || w.Highest != 1 || w.Member || w.Version != "1.2.3" ||
			len(w.Genesis) != len(genesis) || !w.Time.Equal(clock) {
			w.Genesis = nil
			t.Errorf("%s: %+v", at, w)
		}
	}
	w, err := Ask(t.Context(), AskConfig{Address: addresses(t, h, key(1))[0], Key: key(2)})
	if err != nil || !w.Member || w.Genesis != nil {
		t.Errorf("a member asks: %+v, %v", w, err)
	}
	for want, at := range map[error]string{
		ErrUnreachable:   nowhere(t),
		ErrOtherIdentity: addresses(t, h, key(2))[0],
		ErrNoDesk:        addresses(t, listening(t, key(3)), key(3))[0],
	} {
		_, err := Ask(t.Context(), AskConfig{Address: at})
		if !errors.Is(err, want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want %v, got %v", want, err)
		}
	}
	busy := New(cfg)
	busy.total = rate.NewLimiter(0, 0)
	h.SetStreamHandler(layout.DeskProtocol, busy.Serve)
	if _, err := Ask(t.Context(), AskConfig{Address: addresses(t, h, key(1))[0]}); !errors.Is(err, ErrBusy) {
		t.Errorf("a busy desk says %v", err)
	}
}

func TestOneAddressAndAllTogetherAskSoOftenOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{})
		allowed := func(at string, times int) (n int) {
			for range times {
				if d.allow(netip.MustParsePrefix(at)) {
					n++
				}
			}
			return n
		}
		if n := allowed("192.0.2.1/32", 100); n != layout.DeskBurstA {
			t.Errorf("one address asks %d times at once, want %d", n, layout.DeskBurstA)
		}
		if n := allowed("192.0.2.2/32", 1); n != 1 {
			t.Error("another address pays for it")
		}
		time.Sleep(3 * time.Second)
		if n := allowed("192.0.2.1/32", 100); n != 3*layout.DeskRateAt {
			t.Errorf("after three seconds it asks %d times, want %d", n, 3*layout.DeskRateAt)
		}
		time.Sleep(time.Minute)
		n := 0
		for i := range layout.MaxDeskAddresses + 100 {
			n += allowed(fmt.Sprintf("10.%d.%d.%d/32", i>>16, i>>8&255, i&255), 1)
		}
		if n != layout.DeskBurst || len(d.at) > layout.MaxDeskAddresses {
			t.Errorf("all together ask %d times at once, want %d; %d addresses are remembered", n, layout.DeskBurst, len(d.at))
		}
	})
}
