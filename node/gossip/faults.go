package gossip

import (
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	"ringfence/node/phrase"
	"ringfence/store/keys"
)

// Fault is what a peer sent that no honest node sends, whatever its state. The words
// are labels of metrics.
type Fault string

// The faults.
const (
	Garbled   Fault = "garbled"   // bytes that are no message of the mesh; the stream is reset
	Signed    Fault = "signed"    // a message with an author, a number or a signature of libp2p's
	Malformed Fault = "malformed" // a message of a topic of ours in no encoding of ours
	Refused   Fault = "refused"   // a batch, a fork proof or a checkpoint that its callback rejects
)

// What is borne of a peer. The score bears as much of messages that are wrong: their
// fourth is the last that is judged. But it knows nothing of bytes that are none, and
// a peer that it does not hear any more keeps its connection, and says nothing that
// would tell its operator why.
const (
	faultsBorne = 3                // at once; with one more the peer is lost
	faultEvery  = 10 * time.Minute // until one is forgotten
)

// allowance is what one peer may send.
type allowance struct {
	messages, faults *rate.Limiter
	lost             time.Time // when no more was borne of it
}

// allowance returns a peer's. The caller holds the lock.
func (g *Gossip) allowance(p peer.ID) allowance {
	a, ok := g.allowances[p]
	if !ok {
		a = allowance{messages: rate.NewLimiter(peerRate, peerBurst), faults: rate.NewLimiter(rate.Every(faultEvery), faultsBorne)}
		g.allowances[p] = a
	}
	return a
}

// full reports whether nothing of it is used.
func (a allowance) full() bool {
	return a.messages.Tokens() >= peerBurst && a.faults.Tokens() >= faultsBorne
}

// lost is a peer of which no more is borne.
type lost struct {
	peer keys.Public
	why  phrase.Phrase
}

// blame counts a fault of a peer. It does not block: the library's loop is among
// those who call it, and cannot close a connection. What is still under way from a
// peer that is being hung up on is no reason to do it again, and it stays away for
// longer than one fault is remembered.
func (g *Gossip) blame(id peer.ID, what Fault) {
	k, ok := g.names.host(id)
	if !ok {
		return
	}
	g.cfg.Faulty(what)
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.allowance(id)
	if a.faults.AllowN(now, 1) || now.Sub(a.lost) < faultEvery {
		return
	}
	select {
	case g.lost <- lost{k, phrase.Join(phrase.New("peer.faults", "it sent what no honest node sends on the mesh, more than %d times, the last time so", faultsBorne), what.words())}:
		a.lost = now
		g.allowances[id] = a
	default: // it will do it again
	}
}

func (f Fault) words() phrase.Phrase {
	switch f {
	case Garbled:
		return phrase.New("fault.garbled", "bytes that are no message")
	case Signed:
		return phrase.New("fault.signed", "a message with a signature of the transport's, which none has")
	case Malformed:
		return phrase.New("fault.malformed", "a message in no encoding of ours")
	}
	return phrase.New("fault.refused", "a batch, a fork proof or a checkpoint that every node refuses")
}

// faultOf returns what the library holds against a message before any validator of
// ours sees it.
func faultOf(reason string) (Fault, bool) {
	switch reason {
	case pubsub.RejectMissingSignature, pubsub.RejectInvalidSignature, pubsub.RejectUnexpectedSignature,
		pubsub.RejectUnexpectedAuthInfo, pubsub.RejectSelfOrigin:
		return Signed, true
	}
	return "", false
}
