package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/overlay"
	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/answer"
	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/inbox"
	"ringfence/node/reconcile/internal/message"
	"ringfence/node/reconcile/internal/pace"
	"ringfence/node/reconcile/internal/quota"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// Beacon is what a node tells its neighbours of where it stands.
type Beacon = message.Beacon

// Head is the last batch of an epoch of a feed that a node holds, and whether the
// epoch is forked.
type Head = message.Head

// Held is what a node shows of what it holds.
type Held interface {
	Tips() ([]feed.Head, error)
	Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error)
	Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error)
	Batch(c cid.Cid) (feed.Record, bool, error)
	Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error)
	Forks() ([]feed.ForkProof, error)
	Quarantined() ([]feed.Quarantined, error)
}

// Taker takes what was pulled; it is the door, with the node's clock. An error is
// the node's own trouble.
type Taker interface {
	Admit(offers []intake.Offer) ([]intake.Outcome, error)
	AdmitFork(proof []byte) (intake.Outcome, error)
}

// Config is what a Reconciler needs. Its funcs are called from several goroutines.
// Opened, Keep, Anchored and Now may be asked under the Reconciler's lock and must not call it;
// the others may.
type Config struct {
	Held   Held
	Taker  Taker
	Beacon func() Beacon
	// Sublist answers for the own list; nil: nobody is answered.
	Sublist    func(prefix uint64, bits int) (merkle.Sublist, error)
	Open       func(ctx context.Context, peer keys.Public) (overlay.Stream, error)
	Neighbours func() []keys.Public
	// Heard hears every beacon, with how long the answer took; 0 when the peer
	// told it by itself, and then its Time is as old as the way was long.
	Heard func(peer keys.Public, b Beacon, roundTrip time.Duration)
	// Drop closes the connection to a peer, if there is one, and refuses it until
	// then, by the node's clock. It tells whom that concerns.
	Drop func(peer keys.Public, why phrase.Phrase, until time.Time)
	// Doubt hears whom a conversation failed with that should be connected.
	Doubt func(peer keys.Public)
	// Opened reports whether the door takes anything of an epoch: the issuer was
	// admitted and the ledger has opened it. Of others nothing is remembered; who told of
	// them is asked again once Enacted says that the ledger has gone on. nil: the door is
	// asked with a record.
	Opened func(issuer keys.Public, epoch uint64) bool
	// Keep reports, as for the door, of whom what a fork froze is pulled all the same.
	// nil: of nobody.
	Keep func(issuer keys.Public) bool
	// Anchored returns how many batches of an epoch the ledger has anchored, and whether
	// it has closed the epoch. No more is pulled of one that is closed, or that a fork
	// froze. nil: nothing is anchored or closed.
	Anchored func(issuer keys.Public, epoch uint64) (batches uint64, closed bool)
	// Astray is the door's: of which place a header is wanted to find the branch that the
	// ledger anchored, and whether another one is held; ok is false where none is wanted.
	// nil: never. It may read the store, and is not asked under the lock.
	Astray func(issuer keys.Public, epoch uint64) (place uint64, strayed, ok bool, err error)

	Now    func() time.Time
	Logger *slog.Logger
	// Every is the time between two exchanges with a neighbour, whoever of the two
	// began them; 0: 10 s; with jitter. Six times that after anything new was heard
	// of they come at a third of the rate.
	Every time.Duration
	Rate  int64 // bytes a second that one issuer's feed may be pulled at, in the long run; 0: 4 MiB
}

// Reconciler pulls and answers. Make one with New; it is safe for concurrent use.
type Reconciler struct {
	cfg      Config
	answerer *answer.Answerer
	inbox    *inbox.Box
	stirred  atomic.Bool // the planning goroutine has not seen it yet
	ready    atomic.Bool // as the last turn found

	mu   sync.Mutex // held by the planning goroutine for a turn, but not while it reads the store
	plan plan
}

// New returns a Reconciler that answers at once and pulls once it runs.
func New(cfg Config) (*Reconciler, error) {
	if cfg.Held == nil || cfg.Taker == nil || cfg.Beacon == nil || cfg.Open == nil || cfg.Now == nil {
		return nil, errors.New("reconcile: the configuration lacks a store, a taker, a beacon, a way to open streams or a clock")
	}
	if cfg.Neighbours == nil {
		cfg.Neighbours = func() []keys.Public { return nil }
	}
	if cfg.Heard == nil {
		cfg.Heard = func(keys.Public, Beacon, time.Duration) {}
	}
	if cfg.Drop == nil {
		cfg.Drop = func(keys.Public, phrase.Phrase, time.Time) {}
	}
	if cfg.Doubt == nil {
		cfg.Doubt = func(keys.Public) {}
	}
	if cfg.Opened == nil {
		cfg.Opened = func(keys.Public, uint64) bool { return true }
	}
	if cfg.Keep == nil {
		cfg.Keep = func(keys.Public) bool { return false }
	}
	if cfg.Anchored == nil {
		cfg.Anchored = func(keys.Public, uint64) (uint64, bool) { return 0, false }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Every <= 0 {
		cfg.Every = pace.DefaultEvery
	}
	if cfg.Rate <= 0 {
		cfg.Rate = quota.DefaultRate
	}
	r := &Reconciler{cfg: cfg, inbox: inbox.New()}
	r.answerer = answer.New(answer.Config{
		Held: cfg.Held, Beacon: cfg.Beacon, Sublist: cfg.Sublist, Logger: cfg.Logger,
		Told: func(peer keys.Public, w message.Word) {
			cfg.Heard(peer, w.Beacon, 0)
			r.post(func(now time.Time) { r.plan.told(peer, w, now) })
		},
	})
	r.plan = newPlan(r)
	return r, nil
}

// Run pulls from neighbours until ctx ends. When it returns, nothing of the
// Reconciler uses the store any more, and streams are no longer answered.
func (r *Reconciler) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	r.mu.Lock()
	r.plan.under = func() (func(func(context.Context)), context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		return func(do func(context.Context)) {
			working.Go(func() { do(ctx) })
		}, cancel
	}
	r.plan.start, _ = r.plan.under()
	r.mu.Unlock()
	for _, peer := range r.cfg.Neighbours() {
		r.Met(peer)
	}
	for ctx.Err() == nil {
		again, began := r.turn(), time.Now()
		pace.Pass(ctx, again, r.inbox.Wake())
		pace.Pass(ctx, leastTurn-time.Since(began), nil) // much talk is heard at once
	}
	cancel()
	working.Wait()
	r.answerer.Stop()
	return nil
}

// turn lets the plan act on what happened, and returns when to look again.
func (r *Reconciler) turn() time.Duration {
	r.mu.Lock()
	now := time.Now()
	events, nudges := r.inbox.Empty()
	for _, happened := range events {
		happened(now)
	}
	for n, tip := range nudges {
		r.plan.nudged(n.Peer, n.Lane, tip, now)
	}
	if r.stirred.Swap(false) {
		r.plan.stir(now)
	}
	wait := r.plan.act(now)
	dropped, doubted := r.plan.dropped, r.plan.doubted
	r.plan.dropped, r.plan.doubted = nil, nil
	r.ready.Store(r.plan.ready(now))
	r.mu.Unlock()
	for _, peer := range doubted {
		r.cfg.Doubt(peer)
	}
	for _, d := range dropped {
		r.cfg.Drop(d.peer, d.why, r.cfg.Now().Add(dropFor))
	}
	return wait
}

// post hands the planning goroutine something to do.
func (r *Reconciler) post(happened func(now time.Time)) { r.inbox.Post(happened) }

// Met says that a peer is connected: what it has is compared at once.
func (r *Reconciler) Met(peer keys.Public) { r.post(func(now time.Time) { r.plan.met(peer, now) }) }

// Parted says that a peer is gone; what it claimed is forgotten.
func (r *Reconciler) Parted(peer keys.Public) {
	r.answerer.Forget()
	r.post(func(now time.Time) { r.plan.parted(peer, now) })
}

// Nudge says that a peer should have a batch, so that it is pulled now. Nudges
// are coalesced; what is lost comes with the next exchange.
func (r *Reconciler) Nudge(peer, issuer keys.Public, tip feed.Tip) {
	r.inbox.Nudge(inbox.Nudge{Peer: peer, Lane: message.Lane{Issuer: issuer, Epoch: tip.Epoch}}, tip)
}

// Stir says that this node has something new: exchanges come at their usual pace
// again, so that whoever missed it learns of it.
func (r *Reconciler) Stir() {
	if !r.stirred.Swap(true) {
		r.inbox.Rouse()
	}
}

// Enacted says that the ledger has gone on: what was passed over may be open now, and of
// what is frozen more may be anchored.
func (r *Reconciler) Enacted() {
	r.post(func(now time.Time) { r.plan.enacted(now) })
}

// Serve answers on a stream until its other end has asked all it wanted, or asks
// what cannot be read. It closes the stream.
func (r *Reconciler) Serve(s overlay.Stream) { r.answerer.Serve(s) }

// Walker returns what asks a peer for sublists of its list, one conversation a
// question, until ctx ends.
func (r *Reconciler) Walker(ctx context.Context, peer keys.Public) merkle.Walker {
	return ask.NewWalker(ctx, r.cfg.Open, peer)
}
