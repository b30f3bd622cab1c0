package quorum

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/cosign"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
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
	// Keep makes a state durable. An error is final.
	Keep(cosign.State) error
	// Forget makes it durable that the state is lost.
	Forget(why string) error
}

// Config is what a Regulator stands on.
type Config struct {
	Genesis *charter.Genesis
	Host    keys.Public  // of the own node
	Vote    keys.Private // signs the times of ticks
	Cosign  keys.Private
	Log     keys.Private // held by every regulator

	Dir     string        // of Raft's generations
	Ledger  follow.Ledger // that is followed here
	// From, Open and Blame are follow.Config's, for what this regulator did not apply
	// itself.
	From  ledger.Source
	Open  func(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error)
	Blame func(error) bool

	Keeper  Keeper
	Network Network

	// Enacted takes the decisions of the followed ledger: see follow.Config.
	Enacted func([]charter.Enacted) error
	// Certified takes each newly certified checkpoint once it is followed here, to be
	// told on; nil: nobody.
	Certified func(checkpoint.Note)
	// Lied takes evidence against a regulator.
	Lied func(certify.Conflict)

	Now    func() time.Time
	Timing group.Timing
	Disk   func(dir string) (group.Disk, error) // nil: raft-wal
	Logger *slog.Logger
}

// Regulator is one regulator at work. It may be used concurrently.
type Regulator struct {
	cfg      Config
	log      checkpoint.Verifier
	follower *follow.Follower
	ctx      context.Context // of Run
	waking   chan struct{}   // something may be to do
	offers   chan struct{}   // a checkpoint may be to follow

	now atomic.Pointer[run]

	mu     sync.Mutex
	offer  checkpoint.Note // the newest that is to be followed
	times  map[keys.Public]motion.Time
	helped map[keys.Public]time.Time // by host: only those that take part
	waited waits

	joining *joining // the generation that is to begin
	carry   [][]byte // commands that the generation before has left over
}

// run is the machinery of one run of a generation's Raft.
type run struct {
	machine   *machine
	group     *group.Group
	certifier *certify.Certifier
	record    []byte // that began the generation; nil of the first
}

// Open folds the ledger that is held here. Close is not needed: a Regulator holds
// nothing open outside Run.
func Open(ctx context.Context, cfg Config) (*Regulator, error) {
	r := &Regulator{
		cfg: cfg, ctx: ctx, waking: make(chan struct{}, 1), offers: make(chan struct{}, 1),
		times: make(map[keys.Public]motion.Time), helped: make(map[keys.Public]time.Time),
	}
	var err error
	r.follower, err = follow.Open(ctx, follow.Config{
		Genesis: cfg.Genesis, Ledger: cfg.Ledger, From: (*sources)(r), Open: r.open, Blame: cfg.Blame, Enacted: cfg.Enacted,
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

// sources gives the follower what is to be followed: what this regulator applied itself,
// if that is what is certified, else what peers have.
type sources Regulator

// Read implements ledger.Source.
func (s *sources) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	r := (*Regulator)(s)
	r.mu.Lock()
	wanted := r.offer.Tree
	r.mu.Unlock()
	if m := r.applied(wanted); m != nil {
		b, err := m.Read(ctx, t)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return b, err
		}
	}
	return r.cfg.From.Read(ctx, t)
}

// applied returns the machine that came to a tree by itself; nil if none did.
func (r *Regulator) applied(tree checkpoint.Tree) *machine {
	now := r.now.Load()
	if now == nil {
		return nil
	}
	if root, ok := now.machine.Root(tree.Size); !ok || root != tree.Root {
		return nil
	}
	return now.machine
}

// open opens a certified tree where it is to be read from.
func (r *Regulator) open(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error) {
	if m := r.applied(head); m != nil {
		return ledger.Open(ctx, m, head)
	}
	if r.cfg.Open != nil {
		return r.cfg.Open(ctx, head)
	}
	return ledger.Open(ctx, r.cfg.From, head)
}

// Run takes part until ctx ends, then returns nil, or until it cannot go on, then why.
func (r *Regulator) Run(ctx context.Context) error {
	r.ctx = ctx
	for {
		now, err := r.begin(ctx)
		if err != nil {
			return err
		}
		if err := r.generation(ctx, now); !errors.Is(err, errJoin) {
			return err
		}
		r.mu.Lock()
		r.carry = now.machine.leftOver()
		r.mu.Unlock()
		if err := r.begun(); err != nil {
			return err
		}
	}
}

// errJoin ends a generation because another begins.
var errJoin = errors.New("another generation begins")

// generation takes part in one.
func (r *Regulator) generation(ctx context.Context, now *run) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.now.Store(now)
	defer r.now.Store(nil)
	r.waited = waits{}
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel(nil)
	parts.Go(func() { r.following(ctx) })
	parts.Go(func() {
		if r.attend(ctx, now) {
			cancel(errJoin)
		}
	})
	if err := now.group.Run(ctx); err != nil {
		return err
	}
	if errors.Is(context.Cause(ctx), errJoin) {
		return errJoin
	}
	return nil
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
		Federation: m.constitution().Federation(), Key: r.cfg.Cosign, LogKey: r.cfg.Log,
		State: state, Lost: lost, Newest: r.follower.Standing().Note, Log: m, Quorum: m.quorum, Set: m.cosigners,
		Keep: r.cfg.Keeper.Keep, Forgot: r.cfg.Keeper.Forget, Say: r.say, Certified: r.certified, Lied: r.cfg.Lied,
		Now: func() int64 { return r.cfg.Now().Unix() },
	})
	first, err := r.voters(now, &state)
	if err != nil {
		return nil, err
	}
	now.group, err = group.New(group.Config{
		Self: r.cfg.Host, Generation: group.Generation(state.Generation.Record), Dir: r.cfg.Dir, First: first,
		Machine: m, Dial: r.cfg.Network.Dial, Admitted: m.admitted, Timing: r.cfg.Timing, Logger: r.cfg.Logger, Disk: r.cfg.Disk,
	})
	return now, err
}

// seated returns the hosts of all who have a seat.
func seated(s *charter.State) (hosts []keys.Public) {
	for _, seat := range s.Regulators() {
		if host, ok := hostOf(s, seat.Member); ok {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// wanted is who is to take part: those with a seat vote, and those learn to whom a motion
// would give one.
func (m *machine) wanted() (w group.Wanted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.state.Constitution()
	w.Voters = seated(s)
	for _, member := range m.state.Newcomers() {
		if host, ok := hostOf(s, member); ok && !slices.Contains(w.Voters, host) {
			w.Learners = append(w.Learners, host)
		}
	}
	return w
}

// quorum implements cosign.Quorum over the regulators of a size, and where they change
// over those before it as well.
func (m *machine) quorum(size uint64, by []cosign.Signer) bool {
	sets := m.sets(size)
	for _, set := range sets {
		n := 0
		for _, v := range set {
			if slices.ContainsFunc(by, func(s cosign.Signer) bool { return s.Key == v.Key() }) {
				n++
			}
		}
		if n < set.Quorum() {
			return false
		}
	}
	return len(sets) > 0
}

// cosigners returns all who may cosign a size.
func (m *machine) cosigners(size uint64) (all checkpoint.Set) {
	for _, set := range m.sets(size) {
		for _, v := range set {
			if !slices.ContainsFunc(all, func(o checkpoint.Verifier) bool { return o.Key() == v.Key() }) {
				all = append(all, v)
			}
		}
	}
	return all
}

// sets returns whose quorum each it takes to certify a size; none for a size that is not
// known here.
func (m *machine) sets(size uint64) []checkpoint.Set {
	now := m.constitution()
	after, ok := now.At(size)
	if !ok {
		return nil
	}
	sets := []checkpoint.Set{after.Cosigners()}
	if before, ok := now.At(size - 1); ok && before.Standing() != after.Standing() {
		sets = append(sets, before.Cosigners())
	}
	return sets
}

// admitted reports whether a host may speak to the group: one that is to take part, that
// still does, or, for a regulator that lags, that does as the followed ledger has it.
func (m *machine) admitted(host keys.Public) bool {
	if _, ok := seatOf(m.r.follower.Standing().State, host); ok {
		return true
	}
	w := m.wanted()
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(w.Voters, host) || slices.Contains(w.Learners, host) || slices.Contains(m.voters, host)
}

// say sends words to all other regulators.
func (r *Regulator) say(said []certify.Word) {
	for part := range slices.Chunk(said, maxParts) {
		m := message{topic: aboutWords}
		for i := range part {
			m.parts = append(m.parts, part[i].Bytes())
		}
		r.broadcast(&m)
	}
}

// broadcast sends a message to all others who take part.
func (r *Regulator) broadcast(m *message) {
	now := r.now.Load()
	if now == nil {
		return
	}
	b := m.bytes()
	w := now.machine.wanted()
	for _, host := range append(w.Voters, w.Learners...) {
		if host != r.cfg.Host {
			r.cfg.Network.Send(host, b)
		}
	}
}

// Serve takes a stream of Raft that another regulator opened.
func (r *Regulator) Serve(s group.Stream) {
	now := r.now.Load()
	if now == nil {
		_ = s.Close() // it is gone either way
		return
	}
	now.group.Serve(s)
}

// Receive takes a message from another regulator. Its error says what is wrong with it.
func (r *Regulator) Receive(from keys.Public, b []byte) error {
	now := r.now.Load()
	if now == nil || !now.machine.admitted(from) {
		return nil
	}
	m, err := decodeMessage(b)
	if err != nil {
		return err
	}
	switch m.topic {
	case aboutWords:
		var errs []error
		behind, earlier := false, false
		generation := now.certifier.Status().State.Generation.Number
		for _, part := range m.parts {
			w, err := certify.Decode(part)
			if err == nil {
				err = now.certifier.Hear(w)
			}
			if errors.Is(err, certify.ErrStranger) {
				continue // it is said again
			}
			earlier = earlier || w.Saying != certify.Cosigned && w.Generation.Number < generation
			errs, behind = append(errs, err), behind || w.Saying != certify.Cosigned && w.Tree.Size <= r.follower.Standing().Note.Size
		}
		if behind || earlier {
			r.helpOn(now, from)
		}
		return errors.Join(errs...)
	case aboutNote:
		for _, part := range m.parts {
			if err := r.Offer(part); err != nil {
				return err
			}
		}
	case aboutNoTime:
		return r.giveTime(now, from)
	case aboutPromise:
		for _, part := range m.parts {
			if err := now.certifier.HearPromise(part); err != nil {
				return err
			}
		}
		r.helpOn(now, from)
	case aboutRecord:
		for _, part := range m.parts {
			if err := r.hearRecord(now, part); err != nil {
				return err
			}
		}
	case aboutNoEntries:
		return r.giveEntries(now, from, m.parts)
	case aboutEntries:
		return r.takeEntries(from, m.parts)
	case aboutTime:
		for _, part := range m.parts {
			if err := r.takeTime(now, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// helpEvery is how often somebody who is behind is sent the newest checkpoint, at most.
const helpEvery = time.Second

// helpOn sends the newest checkpoint, and the record that began the own generation, to
// who still works on one that is covered, or in an earlier one.
func (r *Regulator) helpOn(now *run, to keys.Public) {
	at := r.cfg.Now()
	r.mu.Lock()
	early := at.Sub(r.helped[to]) < helpEvery
	if !early {
		r.helped[to] = at
	}
	r.mu.Unlock()
	if early {
		return
	}
	if note := r.follower.Standing().Note.Bytes(); len(note) > 0 {
		r.cfg.Network.Send(to, (&message{topic: aboutNote, parts: [][]byte{note}}).bytes())
	}
	if now.record != nil {
		r.cfg.Network.Send(to, (&message{topic: aboutRecord, parts: [][]byte{now.record}}).bytes())
	}
}

// marked has a size certified.
func (r *Regulator) marked(size uint64) {
	now := r.now.Load()
	if now == nil {
		return
	}
	if err := now.certifier.Mark(size); err != nil {
		r.cfg.Logger.Error("this regulator does not certify", "error", err)
	}
}

// certified takes a checkpoint that the regulators certified just now.
func (r *Regulator) certified(n checkpoint.Note, _ int64) { r.want(n) }

// Offer takes a checkpoint from anybody, to be followed.
func (r *Regulator) Offer(note []byte) error {
	n, err := checkpoint.Open(note, r.log)
	if err != nil {
		return err
	}
	r.want(n)
	return nil
}

// want has a checkpoint followed, if it is newer than what is.
func (r *Regulator) want(n checkpoint.Note) {
	r.mu.Lock()
	if n.Size >= r.offer.Size {
		r.offer = n
	}
	r.mu.Unlock()
	select {
	case r.offers <- struct{}{}:
	default:
	}
}

// following follows what is offered.
func (r *Regulator) following(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.offers:
		}
		r.mu.Lock()
		n := r.offer
		r.mu.Unlock()
		if err := r.follower.Offer(ctx, n.Bytes()); err != nil {
			if ctx.Err() == nil {
				r.cfg.Logger.Warn("a checkpoint cannot be followed", "checkpoint", n.Tree.String(), "error", err)
			}
			continue
		}
		if r.cfg.Certified != nil {
			r.cfg.Certified(n)
		}
		now := r.now.Load()
		if err := now.certifier.Learn(n); err != nil {
			r.cfg.Logger.Error("this regulator does not certify", "error", err)
		}
		now.machine.release(n.Size)
		r.poke()
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
func (r *Regulator) Submit(ctx context.Context, command []byte) (Answer, error) {
	now := r.now.Load()
	if now == nil {
		return Answer{}, group.ErrStopped
	}
	result, err := now.group.Submit(ctx, command)
	if err != nil {
		return Answer{}, err
	}
	return decodeAnswer(result.Answer)
}

// Docket returns what lies before the regulators.
func (r *Regulator) Docket() (ballot.Docket, bool) {
	now := r.now.Load()
	if now == nil {
		return ballot.Docket{}, false
	}
	now.machine.mu.Lock()
	defer now.machine.mu.Unlock()
	return now.machine.state.Docket(), true
}
