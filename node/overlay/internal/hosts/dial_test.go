package hosts

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"
)

func TestDialTroubleTellsOfClocks(t *testing.T) {
	at, err := ma.NewMultiaddr("/ip4/192.0.2.1/udp/7400/quic-v1")
	if err != nil {
		t.Fatal(err)
	}
	for cause, clock := range map[error]bool{
		fmt.Errorf("handshake: %w", x509.CertificateInvalidError{Reason: x509.Expired}):                true,
		errors.New("CRYPTO_ERROR 0x12a (local): x509: certificate has expired or is not yet valid: …"): true,
		errors.New("CRYPTO_ERROR 0x178 (remote): no application protocol"):                             false,
	} {
		dial := &swarm.DialError{DialErrors: []swarm.TransportError{{Address: at, Cause: cause}}}
		if told := DialTrouble(peer.AddrInfo{Addrs: []ma.Multiaddr{at}}, dial).Text; strings.Contains(told, "clock") != clock || !strings.Contains(told, "192.0.2.1:7400") {
			t.Errorf("%v is told as %q", cause, told)
		}
	}
}
func TestClipCutsBetweenCharacters(t *testing.T) {
	for in, want := range map[string]string{"abc": "abc", "abcdef": "abcd", "ab标c": "ab", "a标": "a标", "": ""} {
		if got := Clip(in, 4); got != want {
			t.Errorf("%q is cut to %q, want %q", in, got, want)
		}
	}
}
