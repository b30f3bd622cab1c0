package address

import (
	"strings"
	"testing"

	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/layout"
)

func TestAddressesOfTheConfiguration(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1:7400": "192.0.2.1:7400 (udp), 192.0.2.1:7400 (tcp)",
		":7400":          "0.0.0.0:7400 (udp), 0.0.0.0:7400 (tcp)",
		"[::1]:1":        "[::1]:1 (udp), [::1]:1 (tcp)",
	} {
		got, err := Listen(in)
		if err != nil || Places(got) != want {
			t.Errorf("listen on %q: %s, %v", in, Places(got), err)
		}
	}
	for _, in := range []string{"example.org:7400", "192.0.2.1", "192.0.2.1:99999", ""} {
		if got, err := Listen(in); err == nil {
			t.Errorf("listen on %q: %s", in, Places(got))
		}
	}
	if got, err := Announced("example.org:7400"); err != nil || got[1].String() != "/dns/example.org/tcp/7400" {
		t.Errorf("announce: %v, %v", got, err)
	}
	if got, err := Announced(":7400"); err == nil {
		t.Errorf("announce nothing: %v", got)
	}
	if _, err := Parse("/ip4/192.0.2.1/tcp/7400"); err == nil {
		t.Error("an address without an identity is taken")
	}
}

func TestOnlyTCPAndQUICAreUsable(t *testing.T) {
	var all []ma.Multiaddr
	for text, want := range map[string]bool{
		"/ip4/192.0.2.1/tcp/1": true, "/ip6/::1/udp/1/quic-v1": true, "/dns4/a.example/tcp/1": true,
		"/ip4/192.0.2.1/tcp/1/ws": false, "/ip4/192.0.2.1/udp/1": false, "/ip4/192.0.2.1": false, "/unix/tmp": false,
		"/ip4/192.0.2.1/tcp/1/p2p/12D3KooWHFHQhcpNYwmtFkikZw9j5kTVQxBkWhQQhpWWKYd5u18Z/p2p-circuit": false,
		"/dns/" + strings.Repeat("a", layout.MaxAddress) + "/tcp/1":                                 false,
	} {
		a, err := ma.NewMultiaddr(text)
		if err != nil {
			t.Fatal(err)
		}
		if Usable(a) != want {
			t.Errorf("%s: %v", text, !want)
		}
		all = append(all, a, a)
	}
	if got := Usables(all); len(got) != 3 {
		t.Errorf("of all: %v", got)
	}
}

// One subscriber is one address, whichever of his own he uses.
func TestNeighbourhood(t *testing.T) {
	for text, want := range map[string]string{
		"/ip4/192.0.2.1/tcp/1":                 "192.0.2.1/32",
		"/ip4/192.0.2.1/udp/2/quic-v1":         "192.0.2.1/32",
		"/ip6/2001:db8:0:1::1/tcp/1":           "2001:db8::/56",
		"/ip6/2001:db8:0:ff:1:2:3:4/tcp/1":     "2001:db8::/56",
		"/ip6/2001:db8:0:100::1/udp/1/quic-v1": "2001:db8:0:100::/56",
		"/ip6/::ffff:192.0.2.1/tcp/1":          "192.0.2.1/32",
		"/dns/example.org/tcp/1":               "invalid Prefix",
	} {
		if got := Neighbourhood(ma.StringCast(text)).String(); got != want {
			t.Errorf("%s is counted as %s, want %s", text, got, want)
		}
	}
}
