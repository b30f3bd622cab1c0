package authority

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ringfence/consensus/follow"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/group"
	"ringfence/node/authority/exhibit"
	"ringfence/node/gossip"
	"ringfence/node/overlay"
	"ringfence/node/reconcile/tiles"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// Config is what an Authority stands on.
type Config struct {
	Genesis *charter.Genesis
	Ledger  follow.Ledger
	// Pin is follow.Config's: what this node was told that the ledger once was.
	Pin      checkpoint.Tree
	Exhibits exhibit.Store // where evidence against regulators is kept
	// Enacted takes the decisions of the followed ledger: see follow.Config.
	Enacted func([]charter.Enacted) error
	Seat    *Seat // of a regulator; nil: a member, who follows
	Now     func() time.Time
	Logger  *slog.Logger
}

// Authority is a node's place under the ledger. It may be used concurrently.
type Authority struct {
	cfg       Config
	sealed    []byte
	log       *slog.Logger
	follower  *follow.Follower
	regulator *quorum.Regulator // nil of a member
	peers     peers

	offers  chan []byte // heard by gossip
	vouched chan []byte // as offers, cosigned by too few that are known here, and more than may lie
	doubts  chan []byte // as offers, of cosigners that are not known here

	spread atomic.Pointer[func(note []byte)] // passes checkpoints on
	post   atomic.Pointer[mail]              // to other regulators
	net    atomic.Pointer[overlay.Overlay]   // while it runs
	ended  atomic.Pointer[error]             // why the regulator takes part no more
	full   atomic.Bool                       // it takes no part while its disk is too full
	closed atomic.Bool
}

// Open folds the ledger that is held here.
func Open(ctx context.Context, cfg Config) (*Authority, error) {
	a := &Authority{cfg: cfg, log: cfg.Logger, offers: make(chan []byte, 16), vouched: make(chan []byte, 16), doubts: make(chan []byte, 16)}
	var err error
	if a.sealed, err = cfg.Genesis.Encode(); err != nil {
		return nil, err
	}
	if s := cfg.Seat; s != nil {
		a.regulator, err = quorum.Open(ctx, quorum.Config{
			Genesis: cfg.Genesis, Host: s.Host, Vote: s.Vote, Cosign: s.Cosign, Log: s.Log, Dir: s.Dir, Keeper: s.Keeper, Room: s.Room, Timing: s.Timing,
			Ledger: cfg.Ledger, From: &a.peers, Open: a.peers.open, Blame: a.peers.blame, Pin: cfg.Pin, Enacted: cfg.Enacted,
			Network: a, Certified: func(n checkpoint.Note) { a.tell(n.Bytes()) }, Lied: a.lied, Stopped: a.stopped, Now: cfg.Now, Logger: cfg.Logger,
		})
		if err != nil {
			return nil, fmt.Errorf("authority: %w", err)
		}
		a.follower = a.regulator.Follower()
		return a, nil
	}
	a.follower, err = follow.Open(ctx, follow.Config{
		Genesis: cfg.Genesis, Ledger: cfg.Ledger, From: &a.peers, Open: a.peers.open, Blame: a.peers.blame, Pin: cfg.Pin, Enacted: cfg.Enacted, Stopped: a.stopped,
	})
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return a, nil
}

// Close closes what a regulator keeps of its certification. Run must have ended.
func (a *Authority) Close() error {
	if a == nil || a.cfg.Seat == nil || a.closed.Swap(true) {
		return nil
	}
	return a.cfg.Seat.Keeper.Close()
}

// Follower returns the ledger as it is followed here.
func (a *Authority) Follower() *follow.Follower { return a.follower }

// Regulator returns the regulator's part, nil on a member's node.
func (a *Authority) Regulator() *quorum.Regulator { return a.regulator }

// Hear judges a checkpoint that somebody gossips: it is passed on as far as it is newer
// than what is held.
func (a *Authority) Hear(_ context.Context, _ keys.Public, note []byte) gossip.Verdict {
	n, err := checkpoint.Peek(note)
	if err != nil {
		return gossip.Reject
	}
	held := a.follower.Standing()
	if n.Size < held.Note.Size || held.Trouble != nil {
		return gossip.Ignore
	}
	// Of cosigners whom this node does not know yet it can say nothing.
	if newer, err := a.heard(note); err != nil || !newer {
		return gossip.Ignore
	}
	return gossip.Accept
}

// heard has a checkpoint followed that the log signed, and reports whether it is known to
// tell more than the one that is held. What is not waits behind no other and holds none up.
func (a *Authority) heard(note []byte) (newer bool, err error) {
	n, err := checkpoint.Open(note, a.LogKey())
	if err != nil || n.Tree == a.follower.Standing().Note.Tree && !a.follower.Newer(n) {
		return false, err
	}
	take := a.doubts
	if newer = a.follower.Newer(n); newer {
		take = a.offers
	} else if a.follower.Vouched(n) {
		take = a.vouched
	}
	select {
	case take <- n.Bytes():
	default: // it will ask
	}
	return newer, nil
}

// LogKey returns who checks the log's own signature.
func (a *Authority) LogKey() checkpoint.Verifier { return a.logKey(a.follower.Standing().State) }

func (a *Authority) logKey(s *charter.State) checkpoint.Verifier {
	return checkpoint.Log(checkpoint.Origin(s.Federation()), s.LogKey())
}

// How often peers are asked for their newest checkpoint, and when what was certified is
// tried again of which nobody could give the ledger: they may have yet to follow it
// themselves.
const (
	askEvery  = 30 * time.Second
	retrySoon = time.Second // and twice as late each time, up to askEvery
)

// Run follows the ledger, and takes part in keeping it, over an overlay that is not
// running yet: what it serves is registered before. Spread gossips a checkpoint. It ends
// with ctx: where the regulator cannot go on the node follows.
func (a *Authority) Run(ctx context.Context, o *overlay.Overlay, spread func(note []byte)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	source, err := tiles.New(tiles.Config{
		Open: func(ctx context.Context, peer keys.Public) (overlay.Stream, error) {
			return o.Visit(ctx, peer, overlay.Ledger)
		},
		Peers: func() []keys.Public { return whom(o) },
	})
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	defer source.Close()
	a.peers.set(source)
	defer a.peers.set(nil)
	a.spread.Store(&spread)
	defer a.spread.Store(nil)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop()
	if a.regulator == nil {
		a.follow(ctx, source, lonely(o))
		return nil
	}
	m := newMail(ctx, func(ctx context.Context, to keys.Public) (overlay.Stream, error) {
		return o.Open(ctx, to, overlay.ProtocolsOf(a.follower.Standing().State.Federation()).Regulate)
	})
	defer m.wait()
	defer stop()
	a.post.Store(m)
	defer a.post.Store(nil)
	a.net.Store(o)
	defer a.net.Store(nil)
	parts.Go(func() { a.follow(ctx, source, lonely(o)) })
	err = a.preside(ctx, a.regulator.Run)
	if err != nil { // only opening it anew tells what the disk has
		a.log.Error("this node's regulator takes part no more until the node is started anew; the node follows the ledger on", "reason", err)
		a.ended.Store(&err)
		<-ctx.Done()
	}
	return nil
}

// whom returns whom to ask for the ledger: the members that are connected, and where none
// is, as for a node that nobody knows as a member yet, all that may be reached.
func whom(o *overlay.Overlay) []keys.Public {
	if near := o.Neighbours(); len(near) > 0 {
		return near
	}
	return o.Reachable()
}

// lonely tells whether no member is connected.
func lonely(o *overlay.Overlay) func() bool { return func() bool { return len(o.Neighbours()) == 0 } }

// Serve registers what this node serves of the ledger, and a regulator's part, before the
// overlay runs. It returns what is to be called at the end.
func (a *Authority) Serve(o *overlay.Overlay) (done func()) {
	server := tiles.NewServer(a, a.log)
	o.HandleAll(overlay.Ledger, server.Serve)
	if r := a.regulator; r != nil {
		o.HandleQuorum(func(s overlay.Stream) { r.Serve(s) })
		o.Handle(overlay.ProtocolsOf(a.follower.Standing().State.Federation()).Regulate, func(s overlay.Stream) {
			if err := receive(s, r.Receive); err != nil {
				a.log.Warn("another regulator's message is refused", "host", s.Peer().Short(), "reason", err)
			}
		})
	}
	return server.Close
}

// follow takes what is heard, and asks for what was not. Of what the regulators that are
// known here did not certify it tries one at a time, beside: it may take long, and gives
// way to what they did, and to what more of them cosigned than may lie. When the last
// member that was connected goes it asks at once: the others let go of a node whose member
// has left, which learns of that in the ledger alone.
func (a *Authority) follow(ctx context.Context, source *tiles.Source, alone func() bool) {
	var beside sync.WaitGroup
	defer beside.Wait()
	for _, notes := range []chan []byte{a.vouched, a.doubts} {
		beside.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case note := <-notes:
					a.offer(ctx, note)
				}
			}
		})
	}
	ask := time.NewTimer(0)
	defer ask.Stop()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	left := alone()
	var failed []byte
	var again <-chan time.Time
	wait := retrySoon
	try := func(note []byte) {
		if failed, again = nil, nil; a.offer(ctx, note) {
			wait = retrySoon
			return
		}
		failed, again = note, time.After(wait)
		wait = min(2*wait, askEvery)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
			try(failed)
		case <-look.C:
			before := left
			if left = alone(); left && !before {
				ask.Reset(0)
			}
		case note := <-a.offers:
			try(note)
		case <-ask.C:
			for _, o := range source.Checkpoints(ctx) {
				if _, err := a.heard(o.Note); err != nil {
					source.Lied(o.From)
				}
			}
			ask.Reset(askEvery)
			if a.follower.Standing().Note.Size == 0 {
				ask.Reset(time.Second)
			}
		}
	}
}

// offer reports whether trying it again is of no use.
func (a *Authority) offer(ctx context.Context, note []byte) (done bool) {
	if a.regulator != nil && a.ended.Load() == nil {
		if err := a.regulator.Offer(note); err != nil {
			a.log.Warn("a checkpoint is of no use", "reason", err)
		}
		return true // it tries again itself
	}
	var t *follow.Trouble
	err := a.follower.Offer(ctx, note)
	if done = err == nil || ctx.Err() != nil || errors.As(err, &t); !done {
		a.log.Warn("a checkpoint cannot be followed yet", "reason", err)
	}
	return done
}

// tell passes a newly certified checkpoint on.
func (a *Authority) tell(note []byte) {
	if spread := a.spread.Load(); spread != nil {
		(*spread)(note)
	}
}

// Dial implements quorum.Network.
func (a *Authority) Dial(ctx context.Context, to keys.Public) (group.Stream, error) {
	o := a.net.Load()
	if o == nil {
		return nil, errors.New("authority: this node is on no network")
	}
	return o.OpenQuorum(ctx, to)
}

// Send implements quorum.Network.
func (a *Authority) Send(to keys.Public, message []byte) {
	if m := a.post.Load(); m != nil {
		m.send(to, message)
	}
}

// Read implements ledger.Source: of what is held here.
func (a *Authority) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	return a.cfg.Ledger.Read(ctx, t)
}

// Checkpoint returns the newest certified checkpoint and its size; nothing and 0 while
// there is none.
func (a *Authority) Checkpoint() (note []byte, size uint64) {
	n := a.follower.Standing().Note
	return n.Bytes(), n.Size
}

// Genesis returns the sealed genesis.
func (a *Authority) Genesis() []byte { return a.sealed }

// Policy returns the policy file for tools that are not ours.
func (a *Authority) Policy() string {
	s := a.follower.Standing().State
	text, err := s.Cosigners().Policy(a.logKey(s))
	if err != nil {
		a.log.Warn("there is no policy file", "reason", err)
		return ""
	}
	return text
}

// peers is whoever serves the ledger, while this node has a network.
type peers struct{ source atomic.Pointer[tiles.Source] }

func (p *peers) set(s *tiles.Source) { p.source.Store(s) }

// Read implements ledger.Source.
func (p *peers) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	if s := p.source.Load(); s != nil {
		return s.Read(ctx, t)
	}
	return nil, fmt.Errorf("authority: %s: this node is on no network: %w", t, fs.ErrNotExist)
}

func (p *peers) open(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error) {
	if s := p.source.Load(); s != nil {
		return s.Open(ctx, head)
	}
	return ledger.Tree{}, errors.New("authority: this node is on no network")
}

func (p *peers) blame(err error) bool {
	s := p.source.Load()
	return s != nil && s.Blame(err)
}
