package erase

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/follow"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// Kept is how long openings are kept after they died, in seconds by the ledger's clock: 7
// days.
const Kept = 7 * 86400

// ErrUncertified is what errors wrap that say: the checkpoint that is kept is none of this
// ledger that the regulators in force certified.
var ErrUncertified = errors.New("the kept checkpoint is not certified")

// Ledger is the ledger that is held.
type Ledger interface {
	ledger.Source
	// Checkpoint returns the newest certified checkpoint that was kept, nil for none.
	Checkpoint() []byte
	// Erase erases openings of entries that the checkpoint covers, durably and for good.
	// Where it is cut off, some of them are erased.
	Erase(indexes ...uint64) error
}

// Config is whose openings are erased.
type Config struct {
	Genesis *charter.Genesis
	Ledger  Ledger
	// Replays is for a regulator, who starts from a snapshot that may be weeks old and
	// applies anew what came since: it keeps what judges that, the openings of revocations
	// and stays, and of blocks, which have caps.
	Replays bool
	// Progress hears how far a phase is, in entries or in openings; nil: nobody.
	Progress func(p Phase, done, total uint64)
}

// Phase is what is done.
type Phase uint8

// The phases, in their order.
const (
	Reading Phase = 1 // entries: the ledger, once to its end, once to where the dead are counted
	Erasing Phase = 2 // openings
)

// Motion is one of which openings are due.
type Motion struct {
	Index uint64 // of its entry
	ID    cid.Cid
	Kind  motion.Kind // Ratify, Revoke or Stay
	Due   int         // openings
}

// Plan is what may be erased. The openings that are there are due, waiting, alive or
// judging.
type Plan struct {
	Size    uint64   // of the ledger by its kept checkpoint; 1 where the genesis alone is held
	Now     int64    // what the newest certified tick is worth, Unix seconds; 0 before the first
	Then    int64    // that of the last tick Kept before it; what was dead then is due. 0: there is none
	Motions []Motion // of which openings are due, by index
	Due     uint64   // openings
	Waiting uint64   // openings that are dead, and not for long enough
	Alive   uint64   // openings of ratified entries, revocations and stays that must be kept
	Judging uint64   // openings that are dead and kept all the same, for what a regulator replays
	Before  uint64   // openings that were not there when it was made: erased, here or where they came from

	indexes []uint64 // of the entries whose openings are due, rising
}

// decided is a motion whose openings may be erased some day.
type decided struct {
	index uint64
	id    cid.Cid
	kind  motion.Kind
	held  []uint32 // items whose openings are there
	kept  []uint32 // those whose openings a regulator keeps
}

// Find reads the ledger that is held, as followers do, and finds what is due. The error
// says why nothing can be: what is held cannot be read, or is not a ledger that the
// regulators certified. Nothing is changed.
func Find(ctx context.Context, cfg Config) (*Plan, error) {
	p, err := find(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	return p, nil
}

func find(ctx context.Context, cfg Config) (*Plan, error) {
	end, _, err := enact.Begin(cfg.Genesis)
	if err != nil {
		return nil, err
	}
	kept := cfg.Ledger.Checkpoint()
	if kept == nil {
		return &Plan{Size: end.Size()}, nil
	}
	origin := checkpoint.Origin(end.State().Federation())
	n, err := checkpoint.Open(kept, checkpoint.Log(origin, end.State().LogKey()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUncertified, err)
	}
	tree, err := ledger.Open(ctx, cfg.Ledger, n.Tree)
	if err != nil {
		return nil, err
	}
	r := reading{cfg: cfg, from: ledger.NewReader(tree, cfg.Ledger), total: 2 * n.Size}
	if err := r.read(ctx, end, n.Size, r.decided); err != nil {
		return nil, err
	}
	if _, err := end.Certified(n.Bytes()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUncertified, err)
	}
	p := &Plan{Size: n.Size, Before: r.before}
	_, p.Now = end.LastTick()
	then, _, err := enact.Begin(cfg.Genesis)
	if err == nil {
		var size uint64
		if size, p.Then = r.lastTick(p.Now - Kept); size != 0 {
			err = r.read(ctx, then, size, func(*charter.Enacted) {})
		}
	}
	if err != nil {
		return nil, err
	}
	p.sort(r.motions, then, end)
	return p, nil
}

// told is how often progress is told while the ledger is read, about.
const told = 1000

// reading is a ledger that is gone through.
type reading struct {
	cfg     Config
	from    *ledger.Reader
	done    uint64 // entries
	total   uint64
	ticks   []tick
	motions []decided
	before  uint64
}

type tick struct {
	size uint64 // of the ledger with it
	unix int64
}

func (r *reading) read(ctx context.Context, past *enact.Past, size uint64, each func(*charter.Enacted)) error {
	return follow.Decisions(ctx, r.from, past, size, func(_ []ledger.Entry, d charter.Enacted) error {
		each(&d)
		before, step := r.done, max(r.total/told, 1)
		if r.done += d.Size - d.First; r.cfg.Progress != nil && before/step != r.done/step {
			r.cfg.Progress(Reading, r.done, r.total)
		}
		return nil
	})
}

// decided notes a decision.
func (r *reading) decided(d *charter.Enacted) {
	if d.Tick != 0 {
		r.ticks = append(r.ticks, tick{d.Size, d.Tick})
	}
	if d.Motion == nil {
		return
	}
	m := decided{index: d.First, id: d.Motion.Motion.ID, kind: d.Motion.Motion.Kind}
	switch m.kind {
	case motion.Ratify, motion.Revoke, motion.Stay:
	default:
		return // always alive
	}
	for i := range d.Items {
		switch item := d.Items[i].Item; {
		case len(item) == 0:
			r.before++
		case r.cfg.Replays && judges(m.kind, item):
			m.kept = append(m.kept, uint32(i))
		default:
			m.held = append(m.held, uint32(i))
		}
	}
	r.motions = append(r.motions, m)
}

// judges reports whether later motions are refused for what an item says.
func judges(kind motion.Kind, item []byte) bool {
	if kind != motion.Ratify {
		return true
	}
	one, err := motion.DecodeRatification(item)
	return err != nil || one.Action == taxonomy.Block
}

// lastTick returns the size of the ledger with the last tick that is worth no more than
// unix, and what it is worth; 0 and 0 for none. What comes after that tick, and before the
// next, may have come at any time between.
func (r *reading) lastTick(unix int64) (size uint64, worth int64) {
	for _, t := range r.ticks {
		if t.unix <= unix {
			size, worth = t.size, t.unix
		}
	}
	return size, worth
}

// sort sorts the openings that are there by what the ledger said of them then, and says
// at its end.
func (p *Plan) sort(motions []decided, then, end *enact.Past) {
	for i := range motions {
		m := &motions[i]
		for _, item := range m.kept {
			if end.IsAlive(m.kind, m.index, int(item)) {
				p.Alive++
			} else {
				p.Judging++
			}
		}
		due := 0
		for _, item := range m.held {
			switch {
			case end.IsAlive(m.kind, m.index, int(item)):
				p.Alive++
			case m.index >= then.Size() || then.IsAlive(m.kind, m.index, int(item)):
				p.Waiting++
			default:
				due++
				p.indexes = append(p.indexes, m.index+1+uint64(item))
			}
		}
		if due > 0 {
			p.Motions = append(p.Motions, Motion{Index: m.index, ID: m.id, Kind: m.kind, Due: due})
			p.Due += uint64(due)
		}
	}
}

// step is how many openings are erased at once, about: the most that is done anew after
// a stop, and how often the disk is waited for.
const step = 4096

// Erase erases what a plan of this ledger says is due, and returns how many openings it
// erased, also when an error, or the end of ctx, stops it on the way.
func Erase(ctx context.Context, cfg Config, p *Plan) (erased uint64, err error) {
	for left := p.indexes; len(left) > 0; {
		if ctx.Err() != nil {
			return erased, fmt.Errorf("erase: after %d of %d openings: %w", erased, p.Due, ctx.Err())
		}
		some := left[:min(step, len(left))]
		if err := cfg.Ledger.Erase(some...); err != nil {
			return erased, fmt.Errorf("erase: after %d of %d openings: %w", erased, p.Due, err)
		}
		left, erased = left[len(some):], erased+uint64(len(some))
		if cfg.Progress != nil {
			cfg.Progress(Erasing, erased, p.Due)
		}
	}
	return erased, nil
}
