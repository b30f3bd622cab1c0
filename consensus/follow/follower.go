package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// Ledger is where a follower keeps what it followed.
type Ledger interface {
	ledger.Store
	// Checkpoint returns the newest checkpoint that was kept, nil for none.
	Checkpoint() []byte
	// Keep keeps a checkpoint, durable when it returns, whose tree the store holds.
	Keep(note checkpoint.Note) error
}

// Config is what a Follower stands on.
type Config struct {
	Genesis *charter.Genesis
	Ledger  Ledger
	From    ledger.Source // who serves what is new; nobody trusts it
	// Open opens a tree of From; nil: ledger.Open. Of several who serve it may know
	// better whom to ask.
	Open func(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error)
	// Blame hears why what From gave was of no use, and reports whether reading again
	// may help; nil: it does not.
	Blame func(error) bool
	// Pin is a tree that the ledger is known to have had, because somebody who is believed
	// said so; zero for none. A ledger without it is not this one, whoever cosigned it.
	Pin checkpoint.Tree
	// Enacted takes each decision of the ledger once, in order, some at a time, from the
	// first after the genesis on, also those that were held before. It does not keep the
	// slice. An error is final.
	Enacted func([]charter.Enacted) error
	// Stopped hears, once, what ends following; nil: nobody.
	Stopped func(*Trouble)
}

// Follower is the ledger as it is held here. It may be used concurrently.
type Follower struct {
	cfg    Config
	origin string
	log    checkpoint.Verifier

	doubted atomic.Pointer[context.CancelFunc] // ends what is tried in doubt, which holds mu
	urgent  atomic.Int32                       // how many wait for mu to whom that gives way

	at atomic.Pointer[position] // never changed: whoever extends puts another one

	mu     sync.Mutex  // one at a time extends
	beyond ledger.Tree // that the Ledger holds above at, for a regulator that begins there; zero for none

	standing atomic.Pointer[Standing]
}

// position is how far the ledger was folded. It may be beyond the checkpoint that is
// kept, never beyond one that is certified.
type position struct {
	past *enact.Past
	tree ledger.Tree
}

// Standing is where a follower stands.
type Standing struct {
	Note    checkpoint.Note // the newest that is certified; the zero Note when there is none yet
	Fresh   int64           // Unix seconds, since when it is known to stand; 0 when there is none
	By      int             // so many of the regulators in office cosigned Note
	Seen    Seen            // when each cosigned last, whatever
	State   *charter.State  // as the ledger stands
	Tick    int64           // Unix seconds, of the ledger; 0 before the first tick
	Trouble *Trouble        // why nothing more is followed, if so
}

// Seen is when regulators cosigned last, by their keys, in Unix seconds. It is not
// changed once it is told.
type Seen map[keys.Public]int64

// Size is how many entries are certified: the genesis is, without a checkpoint.
func (s Standing) Size() uint64 { return max(s.Note.Size, 1) }

// ErrUncertified is what errors wrap that say: too few regulators cosigned a checkpoint.
var ErrUncertified = errors.New("the checkpoint is not certified")

// Open folds the ledger that is held here. If it is damaged it is read anew from
// Config.From.
func Open(ctx context.Context, cfg Config) (*Follower, error) {
	f := &Follower{cfg: cfg}
	past, entry, err := enact.Begin(cfg.Genesis)
	if err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	f.origin = checkpoint.Origin(past.State().Federation())
	f.log = checkpoint.Log(f.origin, past.State().LogKey())
	tree, additions, err := ledger.Tree{}.Append([]ledger.Entry{entry})
	if err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	f.at.Store(&position{past, tree})
	f.standing.Store(&Standing{State: past.State()})
	held := cfg.Ledger.Checkpoint()
	if held == nil {
		return f, cfg.Ledger.Write(additions)
	}
	n, err := checkpoint.Open(held, f.log)
	if err != nil {
		return nil, fmt.Errorf("follow: the checkpoint that is kept here: %w", err)
	}
	err = f.take(ctx, cfg.Ledger, n, false)
	if errors.Is(err, ledger.ErrDamaged) {
		err = f.take(ctx, cfg.From, n, true)
	}
	if err != nil {
		return nil, fmt.Errorf("follow: fold the ledger that is held here: %w", err)
	}
	return f, nil
}

// Standing returns where the follower stands.
func (f *Follower) Standing() Standing { return *f.standing.Load() }

// Past returns a copy of what folds from the ledger that is held.
func (f *Follower) Past() *enact.Past { return f.at.Load().past.Clone() }

// At folds anew what Config.Ledger holds, up to a tree at which a decision ends. The zero
// Tree is the genesis. What lies above the certified ledger is believed as far as its
// votes go: it is for a regulator, who begins there.
func (f *Follower) At(ctx context.Context, want checkpoint.Tree) (*enact.Past, ledger.Tree, error) {
	past, entry, err := enact.Begin(f.cfg.Genesis)
	if err != nil {
		return nil, ledger.Tree{}, fmt.Errorf("follow: %w", err)
	}
	if want.Size <= past.Size() {
		tree, _, err := ledger.Tree{}.Append([]ledger.Entry{entry})
		return past, tree, err
	}
	if at := f.at.Load(); at.past.Size() <= want.Size {
		past = at.past.Clone()
	}
	tree, err := ledger.Open(ctx, f.cfg.Ledger, want)
	if err == nil {
		err = Decisions(ctx, ledger.NewReader(tree, f.cfg.Ledger), past, want.Size, func([]ledger.Entry, charter.Enacted) error { return nil })
	}
	if err != nil {
		return nil, tree, fmt.Errorf("follow: fold the ledger %s: %w", want, err)
	}
	f.lock()
	defer f.mu.Unlock()
	if tree.Size() > f.at.Load().tree.Size() {
		f.beyond = tree
	}
	return past, tree, nil
}

// Hold writes down entries from an index on, which go on from the certified ledger up to
// a tree: for a regulator, who begins there. Following leaves them where they are, as
// long as what is certified does not contradict them.
func (f *Follower) Hold(from uint64, entries []ledger.Entry, want checkpoint.Tree) error {
	f.lock()
	defer f.mu.Unlock()
	at := f.at.Load()
	held := at.tree.Size()
	switch {
	case want.Size <= held:
		return nil
	case from > held || from+uint64(len(entries)) != want.Size:
		return fmt.Errorf("follow: hold the ledger %s: %d entries from %d on do not lead from %d there", want, len(entries), from, held)
	}
	entries = entries[held-from:]
	tree, additions, err := at.tree.Append(entries)
	if err == nil && tree.Head() != want {
		err = fmt.Errorf("the entries come to %s", tree.Head())
	}
	if err == nil {
		err = whole(at.past.Clone(), entries)
	}
	if err == nil {
		err = f.cfg.Ledger.Write(additions)
	}
	if err != nil {
		return fmt.Errorf("follow: hold the ledger %s: %w", want, err)
	}
	f.beyond = tree
	return nil
}

// whole reports as nil that entries are decisions that go on from past, with all their
// openings: the tree does not cover those.
func whole(past *enact.Past, entries []ledger.Entry) error {
	for len(entries) > 0 {
		d, err := past.Enter(entries)
		if err != nil {
			return err
		}
		if index := past.Missing(&d); index != 0 {
			return fmt.Errorf("entry %d: %w", index, errMissing)
		}
		entries = entries[d.Size-d.First:]
	}
	return nil
}

// Tree returns the tree of the ledger that is held.
func (f *Follower) Tree() ledger.Tree { return f.at.Load().tree }

// backAfter is by how many seconds a regulator may cosign a smaller checkpoint later than
// the one that is held before that counts as going back: clocks are set.
const backAfter = 600

// Offer takes a checkpoint from anybody and follows the ledger up to it. It reports as
// nil that the ledger is held at least so far. A *Trouble ends following; any other
// error says why not now.
//
// What the regulators in force did not certify may be of later ones, of whom the ledger
// tells, or of a single one that makes it up and serves it slowly. So it gives way to
// what they did certify, to what is Vouched, and to At and Hold.
func (f *Follower) Offer(ctx context.Context, note []byte) error {
	n, err := checkpoint.Open(note, f.log)
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	newer := f.Newer(n)
	if newer || f.Vouched(n) {
		f.lock()
	} else {
		f.mu.Lock()
	}
	defer f.mu.Unlock()
	if !newer {
		defer f.inDoubt(cancel)()
	}
	held := f.Standing()
	switch {
	case held.Trouble != nil:
		return held.Trouble
	case n.Size <= f.Tree().Size() && f.Tree().Size() > 1:
		return f.older(ctx, n, held)
	case n.Size < f.cfg.Pin.Size:
		return fmt.Errorf("follow: %w: %d entries are offered, and the pinned checkpoint has %d", ErrPin, n.Size, f.cfg.Pin.Size)
	}
	for {
		err := f.take(ctx, f.cfg.From, n, true)
		if err == nil || ctx.Err() != nil || f.cfg.Blame == nil || !f.cfg.Blame(err) {
			return f.trouble(err)
		}
	}
}

// lock takes mu, and ends what is tried in doubt.
func (f *Follower) lock() {
	f.urgent.Add(1)
	if stop := f.doubted.Load(); stop != nil {
		(*stop)()
	}
	f.mu.Lock()
	f.urgent.Add(-1)
}

// inDoubt has lock end by stop what is tried by who has mu, until it calls done. It ends
// at once if somebody waits already.
func (f *Follower) inDoubt(stop context.CancelFunc) (done func()) {
	f.doubted.Store(&stop)
	if f.urgent.Load() > 0 {
		stop()
	}
	return func() { f.doubted.Store(nil) }
}

// Vouched reports whether more of the regulators known here than may lie, and more than
// one, cosigned a checkpoint of a larger tree than the one that is held. After a change of
// the regulators most of them are still there: so whoever missed it sees which of the
// checkpoints that it cannot judge is worth its while, whatever a liar makes up.
func (f *Follower) Vouched(n checkpoint.Note) bool {
	held := f.Standing()
	set := held.State.Cosigners()
	_, liars := checkpoint.Quorum(len(set))
	return n.Size > held.Note.Size && checkpoint.Count(set.Cosignatures(n)) > max(liars, 1)
}

// Newer reports whether a checkpoint tells more than the one that is held, by the word of
// the regulators in force as far as they are known here: of a larger tree or of another
// one of that size, later, or by more of them.
func (f *Follower) Newer(n checkpoint.Note) bool {
	held := f.Standing()
	set := held.State.Cosigners()
	given := set.Cosignatures(n)
	fresh, certified := set.Fresh(given)
	switch {
	case !certified || n.Size < held.Note.Size:
		return false
	case n.Tree != held.Note.Tree:
		return true
	}
	return fresh > held.Fresh || fresh == held.Fresh && checkpoint.Count(given) > held.By
}

// older looks at a checkpoint of a tree that is not larger than what was folded.
func (f *Follower) older(ctx context.Context, n checkpoint.Note, held Standing) error {
	at := f.at.Load()
	if _, err := at.past.Certified(n.Bytes()); err != nil {
		return fmt.Errorf("follow: %w: %w", ErrUncertified, err)
	}
	was, err := ledger.NewReader(at.tree, f.cfg.Ledger).At(ctx, n.Size)
	if err != nil {
		return fmt.Errorf("follow: look at the ledger as it was: %w", err)
	}
	_, given := f.cosignatures(n)
	fresh, by := given.fresh, given.by
	switch {
	case was.Head() != n.Tree:
		return f.trouble(&Trouble{Kind: Forked, Held: held.Note, Shown: n})
	case n.Size < held.Note.Size && f.wentBack(held.Note, n):
		return f.trouble(&Trouble{Kind: WentBack, Held: held.Note, Shown: n})
	case n.Size > held.Note.Size, n.Size == held.Note.Size && (fresh > held.Fresh || fresh == held.Fresh && by > held.By):
		return f.keep(n)
	}
	return nil
}

// wentBack reports whether more regulators than may lie cosigned a smaller checkpoint
// after the one that is held. Each is compared with itself: a liar gives what time it
// likes, and one in a bare quorum would make what is held look old.
func (f *Follower) wentBack(held, shown checkpoint.Note) bool {
	set, before := f.cosignatures(held)
	then, after := f.cosignatures(shown)
	later := 0
	for i, v := range set {
		at := slices.IndexFunc(then, func(o checkpoint.Verifier) bool { return o.Key() == v.Key() })
		if at >= 0 && before.all[i] != nil && after.all[at] != nil && after.all[at].Time-before.all[i].Time > backAfter {
			later++
		}
	}
	_, liars := checkpoint.Quorum(len(set))
	return later > liars
}

// trouble notes what ends following, if err is that.
func (f *Follower) trouble(err error) error {
	var t *Trouble
	if errors.As(err, &t) {
		s := f.Standing()
		s.Trouble = t
		f.standing.Store(&s)
		if f.cfg.Stopped != nil {
			f.cfg.Stopped(t)
		}
	}
	return err
}

// keep keeps a certified checkpoint of what was folded.
func (f *Follower) keep(n checkpoint.Note) error {
	if err := f.cfg.Ledger.Keep(n); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	f.stand(n)
	return nil
}

func (f *Follower) stand(n checkpoint.Note) {
	set, given := f.cosignatures(n)
	past := f.at.Load().past
	s := Standing{Note: n, Fresh: given.fresh, By: given.by, Seen: make(Seen), State: past.State()}
	_, s.Tick = past.LastTick()
	before := f.Standing()
	for i, v := range set {
		last := before.Seen[v.Key()]
		switch c := given.all[i]; {
		case c == nil:
		case n.Size > before.Note.Size: // it was given later, whatever an earlier one was dated
			last = c.Time
		default:
			last = max(last, c.Time)
		}
		if last > 0 {
			s.Seen[v.Key()] = last
		}
	}
	f.standing.Store(&s)
}

// given is who cosigned a checkpoint, by place in the set of its size.
type given struct {
	all   []*checkpoint.Cosignature
	by    int
	fresh int64 // since when it is known to stand
}

// cosignatures looks who of the regulators of its size cosigned a certified checkpoint.
func (f *Follower) cosignatures(n checkpoint.Note) (checkpoint.Set, given) {
	state, ok := f.at.Load().past.State().At(n.Size)
	if !ok {
		return nil, given{}
	}
	set := state.Cosigners()
	g := given{all: set.Cosignatures(n)}
	g.fresh, _ = set.Fresh(g.all)
	g.by = checkpoint.Count(g.all)
	return set, g
}
