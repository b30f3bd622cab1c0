package quorum

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/cosign"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/standing"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// Network is how regulators reach each other, by the hosts of their nodes.
type Network interface {
	// Dial opens a stream to another's Regulator.Serve.
	Dial(ctx context.Context, to keys.Public) (group.Stream, error)
	// Send sends a message to another's Regulator.Receive. It may be lost, and Send
	// does not wait for it.
	Send(to keys.Public, message []byte)
}

// Keeper keeps the certification state where neither Raft nor a backup reaches.
type Keeper interface {
	// State returns what was kept last, and why it is lost, if it is.
	State() (s cosign.State, lost string)
	// Keep makes a state durable. An error is final; it is one to keep what is lost.
	Keep(cosign.State) error
	// Forget makes it durable that the state is lost.
	Forget(why string) error
	// Adopt holds a lost state again: see Regulator.Adopt.
	Adopt(cosign.State) error
}

// Config is what a Regulator stands on.
type Config struct {
	Genesis *charter.Genesis
	Host    keys.Public  // of the own node
	Vote    keys.Private // signs the times of ticks
	Cosign  keys.Private
	Log     keys.Private // held by every regulator

	Dir    string        // of Raft's generations
	Ledger follow.Ledger // that is followed here
	// From, Open and Blame are follow.Config's, for what this regulator did not apply
	// itself.
	From  ledger.Source
	Open  func(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error)
	Blame func(error) bool

	Keeper  Keeper
	Network Network

	// Pin is follow.Config's.
	Pin checkpoint.Tree
	// Enacted takes the decisions of the followed ledger: see follow.Config.
	Enacted func([]charter.Enacted) error
	// Certified takes each newly certified checkpoint once it is followed here, to be
	// told on; nil: nobody.
	Certified func(checkpoint.Note)
	// Lied takes evidence against a regulator, once in a Regulator's life.
	Lied func(certify.Conflict)
	// Stopped is follow.Config's.
	Stopped func(*follow.Trouble)
	// Backlog is how many entries may wait to be certified before motions and votes are
	// refused: 65,536 when zero.
	Backlog uint64
	// BacklogBytes is how many bytes they may have: ballot.MaxWaiting when zero.
	BacklogBytes int

	Now    func() time.Time
	Room   func() error // group.Config's
	Timing group.Timing
	Disk   func(dir string) (group.Disk, error) // nil: raft-wal
	Logger *slog.Logger
}

// Regulator is one regulator at work. It may be used concurrently.
type Regulator struct {
	cfg      Config
	log      checkpoint.Verifier
	follower *follow.Follower
	waking   chan struct{} // something may be to do
	offered  chan struct{} // a checkpoint may be to follow
	waited   waits         // of attend alone

	now atomic.Pointer[run]

	mu       sync.Mutex // held for moments: never while the follower, a disk or the network is waited for
	offers   offers
	wanted   checkpoint.Tree // that is being followed
	times    map[keys.Public]motion.Time
	helped   map[keys.Public]time.Time // by host: only those that take part
	heard    map[keys.Public]contact   // as above
	evidence []certify.Conflict        // at most one of each regulator
	stalled  standing.Stall

	joining *joining       // the generation that is to begin
	shown   *cosign.Record // that others have begun, for which this regulator was not asked
	carry   []carried      // what generations before have left over
}

// run is the machinery of one run of a generation's Raft.
type run struct {
	machine   *applied.Machine
	group     *group.Group
	certifier *certify.Certifier
	record    []byte // that began the generation; nil of the first
}

// Open folds the ledger that is held here. Close is not needed: a Regulator holds
// nothing open outside Run.
func Open(ctx context.Context, cfg Config) (*Regulator, error) {
	cfg.Backlog, cfg.BacklogBytes = cmp.Or(cfg.Backlog, defaultBacklog), cmp.Or(cfg.BacklogBytes, ballot.MaxWaiting)
	r := &Regulator{
		cfg: cfg, waking: make(chan struct{}, 1), offered: make(chan struct{}, 1), times: make(map[keys.Public]motion.Time),
		helped: make(map[keys.Public]time.Time), heard: make(map[keys.Public]contact),
	}
	var err error
	r.follower, err = follow.Open(ctx, follow.Config{
		Genesis: cfg.Genesis, Ledger: cfg.Ledger, From: (*sources)(r), Open: r.open, Blame: cfg.Blame, Pin: cfg.Pin, Enacted: cfg.Enacted, Stopped: cfg.Stopped,
	})
	if err != nil {
		return nil, err
	}
	state := r.follower.Standing().State
	r.log = checkpoint.Log(checkpoint.Origin(state.Federation()), state.LogKey())
	return r, nil
}

// Follower returns the ledger as it is followed here.
func (r *Regulator) Follower() *follow.Follower { return r.follower }

// Run takes part until ctx ends, then returns nil, or until it cannot go on, then why.
// It may be called again after it returned.
func (r *Regulator) Run(ctx context.Context) error {
	for {
		now, err := r.begin(ctx)
		if err != nil {
			return err
		}
		if err := r.generation(ctx, now); !errors.Is(err, errJoin) {
			return err
		}
		r.leave(now.machine.LeftOver())
		if err := r.begun(ctx); err != nil {
			return err
		}
	}
}

// errJoin ends a generation because another begins.
var errJoin = errors.New("another generation begins")

// generation takes part in one.
func (r *Regulator) generation(outer context.Context, now *run) error {
	ctx, cancel := context.WithCancelCause(outer)
	now.machine.Begin(ctx, cancel, now.certifier.Mark)
	// What still arrives for this run when it has ended must not be kept over what the
	// next one keeps.
	defer now.certifier.End()
	r.now.Store(now)
	defer r.now.Store(nil)
	r.waited = waits{}
	r.mu.Lock()
	r.stalled = standing.Stall{}
	r.mu.Unlock()
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel(nil)
	parts.Go(func() { r.following(ctx, now) })
	parts.Go(func() { cancel(r.attend(ctx, now)) })
	if err := now.group.Run(ctx); err != nil || outer.Err() != nil {
		return err
	}
	return context.Cause(ctx)
}

// begin makes what a run of the own generation takes.
func (r *Regulator) begin(ctx context.Context) (*run, error) {
	state, lost := r.cfg.Keeper.State()
	m, err := r.newMachine(ctx, state.Start)
	if err != nil {
		return nil, err
	}
	now := &run{machine: m}
	now.certifier = certify.New(certify.Config{
		Federation: m.Constitution().Federation(), Key: r.cfg.Cosign, LogKey: r.cfg.Log,
		State: state, Lost: lost, Newest: r.follower.Standing().Note, Log: m, Quorum: m.Quorum, Known: m.Known, Set: m.Cosigners,
		Keep: r.cfg.Keeper.Keep, Forgot: r.cfg.Keeper.Forget, Say: r.say, Certified: r.certified, Lied: r.lied,
		Now: func() int64 { return r.cfg.Now().Unix() },
	})
	// A disk that went back is known by one's own cosignature on what is held.
	if note := r.follower.Standing().Note; note.Size > 0 {
		if err := now.certifier.Learn(note); err != nil {
			return nil, err
		}
	}
	first, err := r.voters(now, &state)
	if err != nil {
		return nil, err
	}
	now.group, err = group.New(group.Config{
		Self: r.cfg.Host, Generation: group.Generation(state.Generation.Record), Dir: r.cfg.Dir, First: first, Screen: r.screen,
		Machine: m, Dial: r.cfg.Network.Dial, Admitted: m.Admitted, Room: r.cfg.Room, Timing: r.cfg.Timing, Logger: r.cfg.Logger, Disk: r.cfg.Disk,
	})
	return now, err
}

// newMachine returns the machine of a generation that starts at a tree.
func (r *Regulator) newMachine(ctx context.Context, start checkpoint.Tree) (*applied.Machine, error) {
	return applied.New(ctx, applied.Config{
		Follower: r.follower, Ledger: r.cfg.Ledger, Log: r.log, Host: r.cfg.Host, Poke: r.poke, Logger: r.cfg.Logger,
	}, start)
}

// maxEvidence is of how many regulators evidence is held.
const maxEvidence = 64

// lied keeps the first evidence against each regulator and tells it on.
func (r *Regulator) lied(l certify.Conflict) {
	r.mu.Lock()
	known := len(r.evidence) >= maxEvidence || slices.ContainsFunc(r.evidence, func(o certify.Conflict) bool { return o.First.By.Key == l.First.By.Key })
	if !known {
		r.evidence = append(r.evidence, l)
	}
	r.mu.Unlock()
	if !known && r.cfg.Lied != nil {
		r.cfg.Lied(l)
	}
}

// poke has somebody look whether there is something to do.
func (r *Regulator) poke() {
	select {
	case r.waking <- struct{}{}:
	default:
	}
}

// Submit brings a command into the order. What comes of it is provisional until it is
// certified: see Follower. Its errors are the group's.
func (r *Regulator) Submit(ctx context.Context, command []byte) (applied.Answer, error) {
	now := r.now.Load()
	if now == nil {
		return applied.Answer{}, group.ErrStopped
	}
	if refused := r.screen(command); refused != nil {
		return applied.DecodeAnswer(refused)
	}
	result, err := now.group.Submit(ctx, command)
	if err != nil {
		return applied.Answer{}, err
	}
	return applied.DecodeAnswer(result.Answer)
}

// Docket returns what lies before the regulators.
func (r *Regulator) Docket() (ballot.Docket, bool) {
	now := r.now.Load()
	if now == nil {
		return ballot.Docket{}, false
	}
	return now.machine.Docket(), true
}

// Open returns the motions of a kind that lie before the regulators, none while it does
// not run.
func (r *Regulator) Open(kind motion.Kind) []ballot.Open {
	if now := r.now.Load(); now != nil {
		return now.machine.Open(kind)
	}
	return nil
}

// defaultBacklog is Config.Backlog when it is zero.
const defaultBacklog = 1 << 16

// screen refuses what would add to the ledger while too much of it waits to be
// certified: it is held in memory, and may all be dropped by a realignment.
func (r *Regulator) screen(command []byte) []byte {
	now := r.now.Load()
	if now == nil {
		return nil
	}
	switch ballot.VerbOf(command) {
	case ballot.Propose, ballot.Vote:
	default:
		return nil
	}
	size, certified := now.machine.Size(), r.follower.Standing().Size()
	waiting, bytes := size-min(size, certified), now.machine.Waiting()
	if waiting < r.cfg.Backlog && bytes < r.cfg.BacklogBytes {
		return nil
	}
	return applied.EncodeAnswer(&ballot.Result{Outcome: ballot.Refused, Size: size, Motion: cid.Undef, Refusal: enact.Refuse(enact.Uncertified,
		"%d entries of %d bytes wait to be certified, and no more than %d or %d bytes do: too few regulators are there or agree; submit it again when they do",
		waiting, bytes, r.cfg.Backlog, r.cfg.BacklogBytes)})
}

// Entered reports whether a motion that could still be voted on is in the ledger as this
// regulator applied it. That is provisional: what the Follower has is certified.
func (r *Regulator) Entered(id cid.Cid) bool {
	now := r.now.Load()
	return now != nil && now.machine.Entered(id)
}

// Shows reports whether what a command is to do is done as this regulator applied it. What
// Submit returns is the leader's word, who may lie: submit again until it shows.
func (r *Regulator) Shows(command []byte) bool {
	now := r.now.Load()
	return now != nil && now.machine.Shows(command)
}

// Withdrawn reports whether the proposer of a motion that could still be voted on took it
// back, as this regulator applied it.
func (r *Regulator) Withdrawn(id cid.Cid) bool {
	now := r.now.Load()
	return now != nil && now.machine.Withdrawn(id)
}
