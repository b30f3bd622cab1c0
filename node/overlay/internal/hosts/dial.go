package hosts

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/quic-go/quic-go"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/phrase"
)

// OtherIdentity reports whether a dial failed because another host answers there.
func OtherIdentity(err error) bool {
	var other sec.ErrPeerIDMismatch
	return errors.As(err, &other)
}

// silent reports whether a dial failed because nobody answers, and not because
// somebody who does would not have it.
func silent(err error) bool {
	var op *net.OpError
	var timed net.Error
	var idle *quic.IdleTimeoutError
	var shake *quic.HandshakeTimeoutError
	return (errors.As(err, &timed) && timed.Timeout()) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &idle) || errors.As(err, &shake) ||
		(errors.As(err, &op) && op.Op == "dial") || errors.Is(err, swarm.ErrNoAddresses) || errors.Is(err, swarm.ErrNoGoodAddresses)
}

// pathless reports whether a dial failed on this machine: nothing was sent.
func pathless(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) ||
		strings.Contains(err.Error(), syscall.ENETUNREACH.Error()) || strings.Contains(err.Error(), syscall.EHOSTUNREACH.Error()) // QUIC tells it in text alone
}

// dated reports whether a dial failed for the dates of a certificate, of which
// only QUIC has any.
func dated(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired || strings.Contains(err.Error(), "certificate has expired or is not yet valid")
}

// FirstCause cuts libp2p's many lines down to one.
func FirstCause(err error) string {
	var dial *swarm.DialError
	if errors.As(err, &dial) && len(dial.DialErrors) > 0 {
		return Clip(dial.DialErrors[0].Cause.Error(), layout.MaxName)
	}
	return Clip(err.Error(), layout.MaxName)
}

// DialTrouble says in words why a try failed.
func DialTrouble(info peer.AddrInfo, err error) phrase.Phrase {
	var dial *swarm.DialError
	if !errors.As(err, &dial) {
		return phrase.New("peer.silent", "nobody answers at %s", address.Places(info.Addrs))
	}
	for _, e := range dial.DialErrors {
		var other sec.ErrPeerIDMismatch
		if errors.As(e.Cause, &other) {
			return phrase.New("peer.other_identity", "another identity answers at %s: %s", address.Place(e.Address), other.Actual)
		}
	}
	for _, e := range dial.DialErrors {
		if dated(e.Cause) {
			return phrase.New("peer.dates", "at %s the dates of certificates do not fit: this node's clock or that one's is more than an hour off; TCP would do without, and fails too", address.Place(e.Address))
		}
		if pathless(e.Cause) {
			return phrase.New("peer.no_route", "no way leads from this machine to %s: %s", address.Place(e.Address), Clip(e.Cause.Error(), layout.MaxName))
		}
		if !silent(e.Cause) {
			return phrase.New("peer.hangs_up", "whoever answers at %s ends the connection: %s", address.Place(e.Address), Clip(e.Cause.Error(), layout.MaxName))
		}
	}
	return phrase.New("peer.silent", "nobody answers at %s", address.Places(info.Addrs))
}

// Clip cuts a text to at most so many bytes, between characters.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	last := 0
	for i := range s {
		if i > most {
			break
		}
		last = i
	}
	return s[:last]
}
