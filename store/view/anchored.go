package view

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/line"
)

// ErrLacking says that a view that stands at anchored heads does not hold all batches up
// to them yet.
var ErrLacking = errors.New("batches up to an anchored head are not held here")

// ErrPast says that a view was asked to stand at heads that it has passed. Another one,
// built anew or from an earlier snapshot, can.
var ErrPast = errors.New("the view stands beyond that")

// BringTo makes a view that stands at anchored heads (Config.Anchored) stand at these as
// well, and returns the root of its list. With the ledger enacted to the size on which an
// anchor builds, and the anchor's heads, that is the list root that the anchor names.
//
// It costs what lies between. Feeds that heads does not name stay where the ledger
// anchored them. The error is ErrLacking or ErrPast, or says that a batch held here is
// another than the head.
func (v *View) BringTo(heads []motion.AnchoredHead) (merkle.Hash, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.w
	if !w.cfg.Anchored {
		return merkle.Hash{}, errors.New("view: it follows all that is held and stands at no heads")
	}
	if _, err := w.follow(func(*List) {}); err != nil {
		return merkle.Hash{}, fmt.Errorf("view: follow feeds: %w", err)
	}
	for i := range heads {
		if err := w.reaches(&heads[i]); err != nil {
			return merkle.Hash{}, err
		}
	}
	for i := range heads {
		w.heads[w.epochOf(&heads[i])] = heads[i].Sequence + 1
	}
	if err := w.drain(); err != nil {
		return merkle.Hash{}, fmt.Errorf("view: %w", err)
	}
	if err := v.settled(); err != nil {
		return merkle.Hash{}, err
	}
	return v.w.list.Mark.Root, v.w.stands()
}

func (w *writer) epochOf(h *motion.AnchoredHead) FeedEpoch {
	return w.place(anchors.Place{Issuer: h.Issuer, Epoch: h.Epoch})
}

// reaches checks that the view can go on to a head: all batches up to it are here, and
// the last is the one that it names. They are applied in place of any others.
func (w *writer) reaches(h *motion.AnchoredHead) error {
	at := w.epochOf(h)
	if n := w.lines.Len(at); n > h.Sequence+1 {
		return fmt.Errorf("view: feed %s, epoch %d: head %d, here is %d: %w", at.Issuer.Short(), at.Epoch, h.Sequence, n-1, ErrPast)
	}
	switch sequence, err := w.lines.Lead(at, h.Sequence, h.Digest); {
	case errors.Is(err, line.ErrLacking):
		return fmt.Errorf("view: feed %s, epoch %d, batch %d: %w", at.Issuer.Short(), at.Epoch, sequence, ErrLacking)
	case err != nil:
		return fmt.Errorf("view: feed %s, epoch %d: batch %d here is another than the one that leads to the head", at.Issuer.Short(), at.Epoch, sequence)
	}
	return nil
}

// stands checks that all is held up to where the view stands.
func (w *writer) stands() error {
	for _, at := range slices.SortedFunc(maps.Keys(w.heads), FeedEpoch.Compare) {
		if held := w.lines.Len(at); held < w.heads[at] {
			return fmt.Errorf("view: feed %s, epoch %d: %d of %d batches: %w", at.Issuer.Short(), at.Epoch, held, w.heads[at], ErrLacking)
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
