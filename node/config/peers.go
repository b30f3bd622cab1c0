package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	ma "github.com/multiformats/go-multiaddr"
)

// CheckPeer checks the form of a peer's address: a multiaddr that says where the
// peer is and, after /p2p/, who it is. Whether anybody is there is not asked.
func CheckPeer(address string) error {
	const example = "/ip4/192.0.2.1/tcp/7400/p2p/12D3KooW…"
	a, err := ma.NewMultiaddr(address)
	if err != nil {
		return fmt.Errorf("%s is no address of a peer; want one such as %s, as ringfence peers shows it on that node", quote(address), example)
	}
	if _, err := a.ValueForProtocol(ma.P_P2P); err != nil {
		return fmt.Errorf("%s says where the peer is and not who: end it with /p2p/ and the peer's ID, such as %s, as ringfence peers shows it on that node", quote(address), example)
	}
	if a[0].Protocol().Code == ma.P_P2P {
		return fmt.Errorf("%s says who the peer is and not where: begin it with its address, such as %s", quote(address), example)
	}
	return nil
}

// peers judges what was written about peers.
func (l *loader) peers() Peers {
	w := &l.written.Peers
	p := Peers{Listen: l.listen(keyPeersOn, w.Listen), Announce: w.Announce, Bootstrap: w.Bootstrap}
	if host, _, err := net.SplitHostPort(p.Listen); err == nil && host != "" {
		if _, err := netip.ParseAddr(host); err != nil {
			l.complain(keyPeersOn, "%s is no IP address of this machine; 0.0.0.0:7400 stands for all it has, and a name by which others know it belongs in %s", quote(host), keyAnnounce)
		}
	}
	for _, address := range w.Announce {
		if !reachable(address) {
			l.complain(keyAnnounce, "%s is no address by which others reach this node; want host:port, such as node.example.net:7400", quote(address))
		}
	}
	for _, address := range w.Bootstrap {
		if err := CheckPeer(address); err != nil {
			l.complain(keyBootstrap, "%v", err)
		}
	}
	switch w.LAN { // viper writes a boolean as a digit
	case "1", "true":
		p.LAN = true
	case "", "0", "false":
	default:
		l.complain(keyLAN, "%s is neither true nor false", quote(w.LAN))
	}
	return p
}

// reachable reports whether host:port can be meant for others.
func reachable(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || strings.ContainsAny(host, " /") {
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
