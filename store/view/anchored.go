package view

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/clock"
	"ringfence/store/view/internal/line"
)

// ErrLacking says that a view that stands at anchored heads does not hold all batches up
// to them yet.
var ErrLacking = errors.New("batches up to an anchored head are not held here")

// ErrPast says that a view was asked to stand at heads below those that the ledger
// anchored. Another one, built anew or from an earlier snapshot, can.
var ErrPast = errors.New("the ledger anchored more than that")

// BringTo makes a view that stands at anchored heads (Config.Anchored) stand at these as
// well, and returns the root of its list. With the ledger enacted to the size on which an
// anchor builds, and the anchor's heads, that is the list root that the anchor names.
//
// Feeds that heads does not name stay where the ledger anchored them, whatever BringTo
// was asked before: where these heads lie beyond those it goes on from them, else from
// where the ledger anchored, to which Enact goes back too. So an anchor that came to
// nothing leaves no trace. It costs what lies between, and a copy of the view's indexes, the list not
// among them, when it leaves the ledger's heads.
//
// The error is ErrLacking or ErrPast, or says that a batch held here is another than the
// head; then the view stands where the ledger anchored, or where it stood.
func (v *View) BringTo(heads []motion.AnchoredHead) (merkle.Hash, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.cfg.Anchored {
		return merkle.Hash{}, errors.New("view: it follows all that is held and stands at no heads")
	}
	if err := v.catchUp(); err != nil {
		return merkle.Hash{}, err
	}
	ways, err := v.w.ways(heads)
	if v.anchored != nil && (err != nil || v.w.passed(heads, v.anchored)) {
		if err := v.goBack(); err != nil {
			return merkle.Hash{}, err
		}
		ways, err = v.w.ways(heads)
	}
	if err != nil {
		return merkle.Hash{}, err
	}
	if v.anchored == nil {
		v.anchored, v.w = v.w, v.w.excursion()
	}
	for i := range heads {
		at := v.w.epochOf(&heads[i])
		v.w.heads[at] = heads[i].Sequence + 1
		v.w.lines.Pin(at, ways[i])
	}
	if err := v.w.drain(); err != nil {
		return merkle.Hash{}, fmt.Errorf("view: %w", err)
	}
	if err := v.settled(); err != nil {
		return merkle.Hash{}, err
	}
	return v.w.list.Mark.Root, v.w.stands()
}

// goBack returns to where the ledger anchored.
func (v *View) goBack() error {
	if v.anchored == nil {
		return nil
	}
	v.w, v.anchored = v.anchored, nil
	return v.catchUp()
}

// catchUp takes in what arrived.
func (v *View) catchUp() error {
	if _, err := v.w.follow(func(*List) {}); err != nil {
		return fmt.Errorf("view: follow feeds: %w", err)
	}
	return v.settled()
}

// excursion returns a writer that goes beyond what is anchored and leaves w as it is. It
// follows no ledger, so it has nothing of what only that reads.
func (w *writer) excursion() *writer {
	c, l := *w, *w.list
	l.Batches, l.OwnKeys, l.ContestKeys = slices.Clip(l.Batches), slices.Clip(l.OwnKeys), slices.Clip(l.ContestKeys)
	l.Targets, l.Ports = slices.Clip(l.Targets), slices.Clip(l.Ports)
	l.Undo.Clip()
	c.list, c.lines, c.heads = &l, w.lines.Clone(&c), maps.Clone(w.heads)
	c.ordinals, c.spent = maps.Clone(w.ordinals), maps.Clone(w.spent)
	c.targets, c.accounts, c.answers = w.targets.Clone(), w.accounts.Clone(), maps.Clone(w.answers)
	for batch, all := range c.answers {
		c.answers[batch] = slices.Clip(all)
	}
	c.due, c.alarms = make(map[taxonomy.Day][]number.Range), clock.Alarms{}
	c.timed, c.unticked, c.strangers = make(map[uint32][]number.Range), nil, make(map[uint32]keys.Public)
	return &c
}

// passed reports whether the view stands anywhere beyond heads and what is anchored.
func (w *writer) passed(heads []motion.AnchoredHead, anchored *writer) bool {
	most := maps.Clone(anchored.heads)
	for i := range heads {
		at := w.epochOf(&heads[i])
		most[at] = max(most[at], heads[i].Sequence+1)
	}
	for at, n := range w.heads {
		if n > most[at] {
			return true
		}
	}
	return false
}

func (w *writer) epochOf(h *motion.AnchoredHead) FeedEpoch {
	return w.place(anchors.Place{Issuer: h.Issuer, Epoch: h.Epoch})
}

// ways returns how the view comes to heads: all batches up to each are here, and the last
// is the one that it names.
func (w *writer) ways(heads []motion.AnchoredHead) (ways []line.Way, err error) {
	for i := range heads {
		h, at := &heads[i], w.epochOf(&heads[i])
		if n := w.lines.Len(at); n > h.Sequence+1 {
			return nil, fmt.Errorf("view: feed %s, epoch %d: head %d, here is %d: %w", at.Issuer.Short(), at.Epoch, h.Sequence, n-1, ErrPast)
		}
		switch way, sequence, err := w.lines.Lead(at, h.Sequence, h.Digest); {
		case errors.Is(err, line.ErrLacking):
			return nil, fmt.Errorf("view: feed %s, epoch %d, batch %d: %w", at.Issuer.Short(), at.Epoch, sequence, ErrLacking)
		case err != nil:
			return nil, fmt.Errorf("view: feed %s, epoch %d: batch %d here is another than the one that leads to the head", at.Issuer.Short(), at.Epoch, sequence)
		default:
			ways = append(ways, way)
		}
	}
	return ways, nil
}

// stands checks that all is held up to where the view stands.
func (w *writer) stands() error {
	for _, at := range slices.SortedFunc(maps.Keys(w.heads), FeedEpoch.Compare) {
		if lacks, first := w.lines.Lacks(at, w.heads[at]); w.lines.Len(at) < w.heads[at] {
			return fmt.Errorf("view: feed %s, epoch %d: of %d batches %d lack, the first is batch %d: %w", at.Issuer.Short(), at.Epoch, w.heads[at], lacks, first, ErrLacking)
		}
	}
	return nil
}

// raise lets a view that stands at anchored heads follow what anchors cover.
func (w *writer) raise(moves []anchors.Move) error {
	if !w.cfg.Anchored {
		return nil
	}
	for i := range moves {
		at := w.place(moves[i].Place)
		w.heads[at] = max(w.heads[at], moves[i].To+1)
	}
	return w.drain()
}

// drain applies what waited and may be applied now.
func (w *writer) drain() error {
	for _, at := range slices.SortedFunc(maps.Keys(w.heads), FeedEpoch.Compare) {
		if _, err := w.advance(at, nil); err != nil {
			return err
		}
	}
	return nil
}
