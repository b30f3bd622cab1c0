package membership

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
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
	"ringfence/store/keys"
)

// regulators decide by three of four.
var regulators = []string{"reg-1", "reg-2", "reg-3", "reg-4"}

// peer is one member's node.
type peer struct {
	*node.Node
	id    string
	cfg   node.Config
	voice simulations.Voice
	stop  context.CancelFunc
	ended chan error
}

// world is a federation at work.
type world struct {
	*testing.T
	dir    string
	sealed []byte
	state  *charter.State
	peers  map[string]*peer
	first  []string // addresses of a node to begin with
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func key(w *world) keys.Private {
	w.Helper()
	k, err := keys.Generate(rand.Reader)
	w.must(err)
	return k
}

// begin founds a federation of four regulators and an operator, and starts their nodes.
func begin(t *testing.T) *world {
	w := &world{T: t, dir: t.TempDir(), peers: make(map[string]*peer)}
	log, founder := key(w), key(w)
	cfg := charter.FoundingConfig{Name: "members", Created: time.Now().Unix() - 60, Policy: charter.DefaultPolicy(), LogKey: log.Public()}
	ids := append(slices.Clone(regulators), "op")
	for _, id := range ids {
		role, held := charter.Operator, keys.Private{}
		if id != "op" {
			role, held = charter.Regulator, log
		}
		p, card := w.make(id, role, held)
		if id == regulators[0] {
			card.Founder = founder.Public()
		}
		cfg.Cards = append(cfg.Cards, card)
		w.peers[id] = p
	}
	c, err := charter.Found(cfg)
	w.must(err)
	g, err := charter.NewGenesis(c)
	w.must(err)
	w.must(g.Sign(founder))
	w.sealed, err = g.Encode()
	w.must(err)
	w.state, err = charter.At(g)
	w.must(err)
	t.Cleanup(w.end)
	for _, id := range ids {
		w.must(simulations.Settle(w.peers[id].cfg.Dir, w.sealed, w.peers[id].voice))
		w.start(w.peers[id])
	}
	w.until("the ledger has its first tick everywhere", func() bool {
		return w.everywhere(func(p *peer) bool { return p.Ledger().Follower().Standing().Tick > 0 })
	})
	return w
}

// make makes a member's directory with its keys, and its card.
func (w *world) make(id string, role charter.Role, log keys.Private) (*peer, charter.Card) {
	w.Helper()
	p := &peer{id: id, cfg: node.Config{
		Dir: filepath.Join(w.dir, id), FreeFloor: 1, Version: "test", Quorum: group.Loopback(),
		Network: federation.Network{Listen: []string{"127.0.0.1:0"}, Every: time.Second},
	}}
	if os.Getenv("MEMBERS_LOG") != "" {
		p.cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil)).With("node", id)
	}
	var err error
	p.voice, p.cfg.Unlock, err = simulations.MakeVoice(p.cfg.Dir, rand.Reader, log)
	w.must(err)
	card := charter.Card{ID: id, Name: id, Roles: []charter.Role{role}, Group: id, Contact: "desk", Issuers: []keys.Public{p.voice.Issuer.Public()}, Hosts: []keys.Public{p.voice.Host.Public()}}
	if role == charter.Regulator {
		card.Jurisdiction, card.CosignName, card.Vote, card.Cosign = "CN", id+"/cosign", p.voice.Vote.Public(), p.voice.Cosign.Public()
	}
	return p, card
}

func (w *world) start(p *peer) {
	w.Helper()
	p.cfg.Network.Bootstrap = w.first
	var err error
	p.Node, err = node.Open(p.cfg)
	w.must(err)
	ctx, stop := context.WithCancel(context.Background())
	p.stop, p.ended = stop, make(chan error, 1)
	go func(n *node.Node, ended chan<- error) { ended <- n.Run(ctx) }(p.Node, p.ended)
	select {
	case <-p.Ready():
	case err := <-p.ended:
		p.ended <- err
		w.must(errors.Join(err, errors.New("the node of "+p.id+" ended")))
	}
	w.peers[p.id] = p
	if w.first == nil {
		w.first = p.Standing().Addresses
	}
}

func (w *world) halt(p *peer) {
	w.Helper()
	if p.Node == nil {
		return
	}
	p.stop()
	if err := errors.Join(<-p.ended, p.Close()); err != nil {
		w.Error(err)
	}
	p.Node = nil
}

func (w *world) end() {
	for _, p := range w.peers {
		w.halt(p)
	}
}

// everywhere reports whether something holds of every node that runs.
func (w *world) everywhere(holds func(p *peer) bool) bool {
	for _, p := range w.peers {
		if p.Node != nil && !holds(p) {
			return false
		}
	}
	return true
}

func (w *world) until(what string, holds func() bool) {
	w.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("not within a minute: %s", what)
		}
	}
}

// waiting waits until something waits for a regulator's vote, and returns it.
func (w *world) waiting(member string, is func(*api.Motion) bool) (found api.Motion) {
	w.Helper()
	w.until("it waits for "+member, func() bool {
		all, err := w.peers[member].Motions(context.Background(), api.MotionQuery{Mine: true})
		w.must(err)
		i := slices.IndexFunc(all.Motions, func(m api.Motion) bool { return is(&m) })
		if i >= 0 {
			found = all.Motions[i]
		}
		return i >= 0
	})
	return found
}

// votes has a regulator vote for what waits for it, and returns the motion that it is then.
func (w *world) votes(member string, is func(*api.Motion) bool) api.Motion {
	w.Helper()
	m, err := w.peers[member].VoteMotion(context.Background(), api.MotionVote{ID: w.waiting(member, is).ID, For: true})
	w.must(err)
	return m
}
