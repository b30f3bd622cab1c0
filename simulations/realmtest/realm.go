package realmtest

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/federation"
	"ringfence/simulations"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

// Realm is a federation of whole nodes.
type Realm struct {
	testing.TB
	Log     keys.Private // the ledger's, which regulators hold
	Nodes   []*Station
	Genesis []byte // sealed
	Logger  *slog.Logger
}

// Station is one node, running or not.
type Station struct {
	ID    string // of its member
	Dir   string
	Card  charter.Card
	Voice simulations.Voice
	Cfg   node.Config
	Node  *node.Node // nil while it is stopped

	realm *Realm
	halt  context.CancelFunc
	ended chan error
}

// Recovery is the recovery key of a member that founds a realm.
func Recovery(member string) keys.Private { return chartertest.Key("recovery", member) }

// Found founds a federation and starts a node of each member. A member is written as
// chartertest.Config takes it ("op: operator"); "reg", a regulator and the founder, is one
// in any case. Of late ones a node runs whose member the genesis does not name.
func Found(t testing.TB, members []string, late ...string) *Realm {
	t.Helper()
	r := &Realm{TB: t, Logger: slog.New(slog.DiscardHandler)}
	var err error
	r.Log, err = keys.Generate(rand.Reader)
	r.Must(err)
	cfg := chartertest.Config(t, members...)
	cfg.LogKey, cfg.Created = r.Log.Public(), time.Now().Unix()-3600
	for i := range cfg.Cards {
		cfg.Cards[i] = r.make(cfg.Cards[i]).Card
	}
	for _, id := range late {
		r.make(chartertest.Card(t, id, "operator"))
	}
	sealed := chartertest.Seal(t, cfg)
	r.Genesis, err = sealed.Encode()
	r.Must(err)
	for _, s := range r.Nodes {
		r.Must(simulations.Settle(s.Dir, r.Genesis, s.Voice))
		s.Start()
	}
	t.Cleanup(func() {
		for _, s := range r.Nodes {
			s.Stop()
		}
	})
	return r
}

// make makes the directory and the keys of a node.
func (r *Realm) make(card charter.Card) *Station {
	r.Helper()
	var log keys.Private
	if slices.Contains(card.Roles, charter.Regulator) {
		log = r.Log
	}
	s := &Station{ID: card.ID, Dir: filepath.Join(r.TempDir(), card.ID), realm: r}
	var unlock keys.Unlock
	var err error
	s.Voice, unlock, err = simulations.MakeVoice(s.Dir, rand.Reader, log)
	r.Must(err)
	card.Issuers, card.Hosts = []keys.Public{s.Voice.Issuer.Public()}, []keys.Public{s.Voice.Host.Public()}
	if !log.IsZero() {
		card.Vote, card.Cosign = s.Voice.Vote.Public(), s.Voice.Cosign.Public()
	}
	s.Card = card
	s.Cfg = node.Config{
		Dir: s.Dir, Unlock: unlock, FreeFloor: 1, Version: "test", Logger: r.Logger, Quorum: group.Loopback(),
		Network: federation.Network{Listen: []string{"127.0.0.1:0"}, Every: time.Second},
	}
	r.Nodes = append(r.Nodes, s)
	return s
}

// Run starts a node in a directory that is made already, of a member that the genesis need
// not name.
func (r *Realm) Run(member string, cfg node.Config) *Station {
	r.Helper()
	s := &Station{ID: member, Dir: cfg.Dir, Cfg: cfg, realm: r}
	r.Nodes = append(r.Nodes, s)
	s.Start()
	return s
}

// Must ends the test when something failed.
func (r *Realm) Must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// Of returns the node of a member.
func (r *Realm) Of(member string) *Station {
	r.Helper()
	for _, s := range r.Nodes {
		if s.ID == member {
			return s
		}
	}
	r.Fatalf("no node of %q", member)
	return nil
}

// patience is how long something may take that comes by itself.
const patience = time.Minute

// Until waits until something holds.
func (r *Realm) Until(what string, holds func() bool) {
	r.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// Everywhere waits until something holds of every node that runs.
func (r *Realm) Everywhere(what string, holds func(*node.Node) bool) {
	r.Helper()
	for _, s := range r.Nodes {
		if s.Node != nil {
			r.Until(s.ID+": "+what, func() bool { return holds(s.Node) })
		}
	}
}

// Enact proposes something on a regulator's node, has others vote for it, and waits until
// it is enacted in the list of every node that runs.
func (r *Realm) Enact(p api.Proposal, by string, voters ...string) {
	r.Helper()
	at := r.Decide(p, by, voters...)
	r.Everywhere("it is in its list", func(n *node.Node) bool { return n.State().Size() > at })
}

// Decide is Enact without the waiting for every list; at is the ledger index of what was
// enacted.
func (r *Realm) Decide(p api.Proposal, by string, voters ...string) (at uint64) {
	r.Helper()
	made, err := r.Of(by).Node.ProposeMotion(context.Background(), p)
	r.Must(err)
	id := made.Motion.ID
	for _, v := range voters {
		r.Until("the motion is before "+v, func() bool {
			_, err := r.Of(v).Node.Motion(context.Background(), id)
			return err == nil
		})
		_, err := r.Of(v).Node.VoteMotion(context.Background(), api.MotionVote{ID: id, For: true})
		r.Must(err)
	}
	r.Until("it is enacted", func() bool {
		m, err := r.Of(by).Node.Motion(context.Background(), id)
		r.Must(err)
		if m.Refusal != nil {
			r.Fatalf("%s: %s", m.Kind, m.Refusal.Text)
		}
		at = m.Parts[0].First
		return m.State == api.MotionEnacted
	})
	return at
}

// Start opens the node and runs it.
func (s *Station) Start() {
	s.realm.Helper()
	s.Cfg.Network.Bootstrap = nil
	for _, o := range s.realm.Nodes {
		if o.Node != nil {
			s.Cfg.Network.Bootstrap = append(s.Cfg.Network.Bootstrap, o.Node.Standing().Addresses...)
		}
	}
	opened, err := node.Open(s.Cfg)
	s.realm.Must(err)
	ctx, halt := context.WithCancel(context.Background())
	s.Node, s.halt, s.ended = opened, halt, make(chan error, 1)
	go func() { s.ended <- opened.Run(ctx) }()
	select {
	case <-opened.Ready():
	case err := <-s.ended:
		s.realm.Fatalf("%s: %v", s.ID, errors.Join(err, opened.Close()))
	}
}

// Stop ends the node, if it runs.
func (s *Station) Stop() {
	s.realm.Helper()
	if s.Node == nil {
		return
	}
	s.halt()
	err := errors.Join(<-s.ended, s.Node.Close())
	s.Node = nil
	if err != nil {
		s.realm.Errorf("%s: %v", s.ID, err)
	}
}

// Flag has the node flag a number, and waits until every node that runs counts so many
// flags.
func (s *Station) Flag(number string) error {
	_, err := s.Node.Say(context.Background(), api.Say{Kind: "flag", Subject: number, Category: "mkt.retail"})
	return err
}
