package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/api"
	"ringfence/node/authority/exhibit"
	"ringfence/node/federation"
	"ringfence/node/forks"
	"ringfence/node/metrics"
	"ringfence/node/phrase"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/view"
)

// apart says that a node has no place among the others, and why.
func apart(why phrase.Phrase) error {
	return phrase.Join(phrase.New("problem.apart", "this node is apart from the others, so it answers from what it holds and hears nothing new"), why)
}

// noKeys is why a node that was opened without its keys is mute and apart.
func noKeys() phrase.Phrase { return phrase.New("problem.no_keys", "this node holds no keys") }

// lacks says that a node lacks a key.
func lacks(of keys.Purpose) phrase.Phrase {
	return phrase.New("problem.lacks_key", "keys/ holds no %s key", of)
}

// openHost takes the key by which other nodes know this one.
func (n *Node) openHost(ring *keys.Ring) {
	key, err := ring.Private(keys.PurposeHost)
	if err != nil {
		n.hostErr = lacks(keys.PurposeHost)
		return
	}
	n.host, n.hostErr = key, nil
}

// apart returns why this node has no place among the others; nil when it has one. A node
// whose host the charter does not name yet reads and screens, and follows the ledger as
// a stranger until that admits it.
func (n *Node) apart() error {
	if n.hostErr != nil {
		return apart(phrase.From(n.hostErr))
	}
	s := n.State()
	if r, known := s.Record(n.whose()); known && !s.IsMember(r.Member) {
		return apart(phrase.New("problem.left", "its member has left the federation or was expelled, and neither that ID nor its keys come back: whoever joins anew does so under another ID, from another directory (ringfence init)"))
	}
	if _, ok := s.Host(n.host.Public()); !ok {
		return apart(phrase.New("problem.not_member", "the charter names no node with the host key %s: the others meet it once the regulators have admitted it; ringfence join asks for that", n.host.Public()))
	}
	return nil
}

// meet takes the node's place on the network; nil without a key for it.
func (n *Node) meet() (*federation.Federation, error) {
	if why := n.apart(); why != nil {
		n.log.Warn("nobody is met", "reason", why)
	}
	if n.host.IsZero() {
		return nil, nil
	}
	sealed, err := n.genesis.Encode()
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	issuer := func() keys.Public { return keys.Public{} }
	if n.own != nil {
		issuer = n.own.Issuer
	}
	f, err := federation.New(federation.Config{
		Key: n.host, State: n.State, Genesis: sealed, Store: n.store, Door: n.door, List: n.view.List, Issuer: issuer,
		Admitted: n.wake, Checkpoint: n.under.Hear, Anchored: n.heads.Taken,
		Lift:    func(head cid.Cid) error { return n.own.Lift(head, feed.Restored) },
		Counted: n.metrics.AddBatches, Gossiped: n.metrics.AddGossip, Dropped: n.metrics.AddDropped, Faulty: n.metrics.AddGossipFault, Refused: n.metrics.AddRefused,
		Network: n.cfg.Network, Logger: n.log, Now: n.cfg.Now, Version: n.cfg.Version,
	})
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	return f, nil
}

// wake lets the list take in what was admitted, soon.
func (n *Node) wake() {
	select {
	case n.news <- struct{}{}:
	default: // it will look anyway
	}
}

// announce tells the others what this node said.
func (n *Node) announce(batches []*intake.Admitted) {
	n.metrics.AddBatches(intake.Fresh.String(), len(batches))
	if f := n.among.Load(); f != nil {
		f.Announce(batches)
	}
}

// maySign asks the peers; a node that meets nobody knows only what it last heard.
func (n *Node) maySign() error {
	if f := n.among.Load(); f != nil {
		return f.MaySign()
	}
	return federation.TwinBefore(n.store, n.cfg.Now())
}

// freeze takes a proved fork out of the list at once and passes it on. A list that is not
// made yet begins with what the store has.
func (n *Node) freeze(proof feed.ForkProof) {
	if n.view == nil {
		return
	}
	if f := n.among.Load(); f != nil {
		f.Tell(proof)
	}
	session, err := n.session()
	if err == nil {
		err = n.view.Freeze(view.FeedEpoch{Issuer: proof.Issuer(), Epoch: proof.Epoch()}, session)
	}
	if err != nil {
		n.log.Error("a forked feed still counts until the next start", "issuer", proof.Issuer().Short(), "reason", err)
		return
	}
	if own, _ := n.member(); n.ofMember(proof.Issuer()) {
		n.log.Error(n.forks().Problem(view.Suspended(n.view.List(), own)).Text, "issuer", proof.Issuer().Short())
	}
	n.log.Warn("an issuer signed two stories; nothing of that epoch counts", "issuer", proof.Issuer().Short(), "epoch", proof.Epoch(), "sequence", proof.Sequence())
}

// catchUpPatience is how long a node that reaches nobody is called not ready.
const catchUpPatience = 30 * time.Second

// readiness returns why the node is not ready: it has not caught up with its
// peers, or will never have any. One that has heard nobody for a while answers
// for what it has, and so does one that was started without its keys on purpose.
func (n *Node) readiness() error {
	f := n.among.Load()
	if why := n.apart(); why != nil && !n.cfg.Unlock.IsZero() {
		return why
	}
	if f == nil || f.CaughtUp() {
		return nil
	}
	s := f.Standing()
	if s.Connected == 0 && f.Unheard() > catchUpPatience {
		return nil
	}
	return fmt.Errorf("catching up with the peers: %d of %d batches, %d of %d nodes connected", s.BatchesDone, s.BatchesTotal, s.Connected, s.Hosts)
}

// stale says in words that what the node serves may be stale; "" while it is not.
// It serves on: the last list is better than none.
func (n *Node) stale() string {
	if f := n.among.Load(); f != nil && !f.Stale().IsZero() {
		return f.Stale().Text
	}
	return n.under.Stale().Text
}

// unheard is for how long no peer has told all that it holds.
func (n *Node) unheard() time.Duration {
	if f := n.among.Load(); f != nil {
		return f.Unheard()
	}
	return 0
}

// Standing returns how the node stands among the others; nil when it has no
// place among them.
func (n *Node) Standing() *api.Standing {
	f := n.among.Load()
	if f == nil {
		return nil
	}
	s := f.Standing()
	return &s
}

// Peers implements api.Reader.
func (n *Node) Peers(context.Context) (api.Peers, error) {
	f, why := n.among.Load(), n.apart()
	switch {
	case why != nil && n.serving.running.Load():
		return api.Peers{}, api.Tell(api.Unavailable, phrase.From(why))
	case f != nil:
		return api.Peers{Addresses: f.Standing().Addresses, Peers: f.Peers()}, nil
	}
	return api.Peers{}, api.Tell(api.Unavailable, phrase.New("error.nobody_connected", "no node runs on %s, so nobody is connected; start it with ringfence run", n.cfg.Dir))
}

// Evidence implements api.Reader.
func (n *Node) Evidence(context.Context) (api.Evidence, error) {
	out, err := api.Evidence{}, error(nil)
	if out.Forks, err = n.forks().Evidence(n.view.List()); err != nil {
		return api.Evidence{}, fmt.Errorf("node: %w", err)
	}
	if out.Disagreements, err = federation.Alarms(n.store); err != nil {
		return api.Evidence{}, fmt.Errorf("node: %w", err)
	}
	if out.Ledger, err = exhibit.All(n.store); err != nil {
		return api.Evidence{}, fmt.Errorf("node: %w", err)
	}
	return out, nil
}

// forks answers about proved forks.
func (n *Node) forks() *forks.Forks {
	f := &forks.Forks{State: n.State(), Store: n.store}
	if own, known := n.member(); known {
		f.Member = &own
	}
	if among := n.among.Load(); among != nil {
		f.Claimed = among.Lacks
	}
	return f
}

// ofMember reports whether a key is one of this node's member.
func (n *Node) ofMember(issuer keys.Public) bool {
	own, known := n.member()
	r, admitted := n.State().Record(issuer)
	return known && admitted && r.Member == own
}

// spare reports whether the charter names another key of this node's member.
func (n *Node) spare() bool { return n.forks().Spare() }

// SayAgain implements api.Reader.
func (n *Node) SayAgain(context.Context) (api.SayAgain, error) {
	const most = 10_000
	out := api.SayAgain{Statements: []api.Statement{}, Lacking: []api.Lacking{}}
	member, ok := n.member()
	if !ok {
		return out, nil
	}
	var err error
	if out.Lacking, err = n.forks().Lacking(); err != nil {
		return out, fmt.Errorf("node: %w", err)
	}
	l := n.view.List()
	all, more := view.ToSayAgain(l, member, most)
	for i := range all {
		out.Statements = append(out.Statements, n.book.Load().Statement(l, &all[i]))
	}
	out.Suspended, out.More = view.Suspended(l, member), more
	return out, nil
}

// measurePeers tells monitoring how the node stands among the others.
func (n *Node) measurePeers() {
	f := n.among.Load()
	if f == nil {
		return
	}
	s := f.Standing()
	m := metrics.Federation{
		Known: s.Hosts, Connected: s.Connected, Agreeing: s.Agreeing, Differing: s.Differing,
		Missing: s.BatchesTotal - s.BatchesDone, Waiting: s.BatchesWaiting, FeedsWaiting: s.FeedsWaiting, Gaps: s.GapBatches,
		Heard: time.Now().Add(-f.Unheard()), Twin: !f.Twin().IsZero(),
	}
	if s.ClockBehindSeconds != nil {
		m.ClockBehind = *s.ClockBehindSeconds
	}
	if proofs, err := n.store.Forks(); err == nil {
		m.Forked = len(proofs)
	}
	n.metrics.SetFederation(m)
}

// troubles tells in words what is wrong between this node and the others.
func (n *Node) troubles() []phrase.Phrase {
	out := n.under.Problems()
	if err := n.maySign(); err != nil {
		out = append(out, phrase.From(err))
	}
	if why := n.apart(); why != nil && n.serving.running.Load() {
		return append(out, phrase.From(why))
	}
	f := n.among.Load()
	if f == nil {
		return out
	}
	s := f.Standing()
	out = append(out, f.Deaf()...)
	if stale := f.Stale(); !stale.IsZero() {
		out = append(out, stale)
	}
	if s.Confirming != nil {
		out = append(out, phrase.Join(phrase.New("problem.unconfirmed", "the peers have not confirmed yet where this node's feed ends"), *s.Confirming))
	}
	if s.Differing > 0 {
		out = append(out, phrase.New("problem.differing", "%d connected nodes have another list made of the same statements: a fault or an attack; `ringfence peers` names them, /v1/evidence has what was found", s.Differing))
	}
	return append(out, s.Gaps...)
}

// runFederation lives among the peers until ctx ends.
func (n *Node) runFederation(ctx context.Context, f *federation.Federation) error {
	if f == nil {
		<-ctx.Done()
		return nil
	}
	err := f.Run(ctx)
	n.among.Store(nil)
	return errors.Join(err, f.Close())
}
