package hosts

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
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

// What fails on this machine is not told as if somebody had answered.
func TestDialTroubleTellsOfNoWay(t *testing.T) {
	at, err := ma.NewMultiaddr("/ip4/192.0.2.1/udp/7400/quic-v1")
	if err != nil {
		t.Fatal(err)
	}
	for cause, want := range map[error]string{
		&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}:                              "peer.no_route",
		errors.New("INTERNAL_ERROR (local): write udp4 0.0.0.0:7400->192.0.2.1:7400: sendmsg: network is unreachable"): "peer.no_route",
		errors.New("INTERNAL_ERROR (remote): out of order"):                                                            "peer.hangs_up",
		&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}:                             "peer.silent",
	} {
		dial := &swarm.DialError{DialErrors: []swarm.TransportError{{Address: at, Cause: cause}}}
		if told := DialTrouble(peer.AddrInfo{Addrs: []ma.Multiaddr{at}}, dial); told.Code != want {
			t.Errorf("%v is told as %s, %q", cause, told.Code, told.Text)
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
