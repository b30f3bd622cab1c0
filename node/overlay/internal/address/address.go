// Package address turns what an operator writes (host:port) into the addresses of
// libp2p (multiaddrs), says which of those are of use here, and writes them for
// people again.
package address

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"ringfence/node/overlay/internal/layout"
)

// Listen turns a host:port to listen on into addresses for TCP and QUIC. An
// empty host means every address of the machine.
func Listen(hostport string) ([]ma.Multiaddr, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, fmt.Errorf("overlay: listen on %q: want host:port: %w", hostport, err)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return nil, fmt.Errorf("overlay: listen on %q: want an IP address of this machine, or none for all of them", hostport)
	}
	return transports(host, port)
}

// Announced turns a host:port by which others reach this node, possibly a DNS
// name, into addresses for TCP and QUIC.
func Announced(hostport string) ([]ma.Multiaddr, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil || host == "" {
		return nil, fmt.Errorf("overlay: announce %q: want host:port as others reach it", hostport)
	}
	return transports(host, port)
}

func transports(host, port string) ([]ma.Multiaddr, error) {
	kind := "dns"
	if ip, err := netip.ParseAddr(host); err == nil {
		kind = "ip4"
		if ip.Is6() {
			kind = "ip6"
		}
	}
	var all []ma.Multiaddr
	for _, form := range []string{"/%s/%s/udp/%s/quic-v1", "/%s/%s/tcp/%s"} {
		a, err := ma.NewMultiaddr(fmt.Sprintf(form, kind, host, port))
		if err != nil {
			return nil, fmt.Errorf("overlay: address %s: %w", net.JoinHostPort(host, port), err)
		}
		all = append(all, a)
	}
	return all, nil
}

// Parse reads a multiaddr that ends with /p2p/ and whose it is.
func Parse(text string) (*peer.AddrInfo, error) {
	info, err := peer.AddrInfoFromString(text)
	if err != nil {
		return nil, fmt.Errorf("overlay: address %q: want a multiaddr such as /ip4/192.0.2.1/tcp/7400/p2p/12D3Koo…: %w", text, err)
	}
	return info, nil
}

// Usable reports whether an address is one that this overlay dials: TCP or QUIC
// at an IP address or a DNS name, and of sane length.
func Usable(a ma.Multiaddr) bool {
	if a == nil || len(a.Bytes()) > layout.MaxAddress || len(a) < 2 {
		return false
	}
	switch a[0].Protocol().Code {
	case ma.P_IP4, ma.P_IP6, ma.P_DNS, ma.P_DNS4, ma.P_DNS6:
	default:
		return false
	}
	switch {
	case len(a) == 2:
		return a[1].Protocol().Code == ma.P_TCP
	case len(a) == 3:
		return a[1].Protocol().Code == ma.P_UDP && a[2].Protocol().Code == ma.P_QUIC_V1
	}
	return false
}

// Usables returns the first usable ones among addresses, each once.
func Usables(addrs []ma.Multiaddr) []ma.Multiaddr {
	var out []ma.Multiaddr
	for _, a := range addrs {
		if len(out) < layout.MaxAddresses && Usable(a) && !ma.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// Beyond returns addrs without those of the loopback interface, unless there are
// no others: on another machine they lead nowhere.
func Beyond(addrs []ma.Multiaddr) []ma.Multiaddr {
	var out []ma.Multiaddr
	for _, a := range addrs {
		if !manet.IsIPLoopback(a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return addrs
	}
	return out
}

// Places writes addresses for people: "192.0.2.1:7400 (tcp)", with commas.
func Places(addrs []ma.Multiaddr) string {
	var words []string
	for _, a := range addrs {
		words = append(words, Place(a))
	}
	return strings.Join(words, ", ")
}

func Place(a ma.Multiaddr) string {
	if len(a) < 2 {
		return "an unknown address"
	}
	return net.JoinHostPort(a[0].Value(), a[1].Value()) + " (" + a[1].Protocol().Name + ")"
}

// Neighbourhood is what counts as one address when strangers are counted: an
// IPv4 address, or the /56 that one subscriber of IPv6 has.
func Neighbourhood(a ma.Multiaddr) netip.Prefix {
	ip, err := manet.ToIP(a)
	if err != nil {
		return netip.Prefix{}
	}
	addr, _ := netip.AddrFromSlice(ip)
	addr = addr.Unmap()
	bits := 32
	if addr.Is6() {
		bits = 56
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
