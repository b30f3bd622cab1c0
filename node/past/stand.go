package past

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// standing is the list as it was.
type standing struct {
	moment

	anchored *view.List // as the anchor has it; nil without one
	list     *view.List // at the size of the moment, with the feeds as the anchor has them
	lacking  int        // statements of which nobody knows any more what they said, though they may have counted
	erased   int        // ledger entries of which that is so, at the moment
	last     uint64     // index of the last of them
}

// lost is why a moment is not recomputable.
type lost struct {
	phrase.Phrase
	kind api.Kind
}

// stand computes the list as it was at a moment. The error is a lost where what it takes
// is no longer here, or never was.
func (t *Teller) stand(ctx context.Context, m moment) (*standing, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s := t.keptOf(m); s != nil {
		return s, nil
	}
	s, err := t.compute(ctx, m)
	if err == nil {
		t.keep(s)
	}
	return s, err
}

// keptOf returns what is kept of a moment.
func (t *Teller) keptOf(m moment) *standing {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kept
	if k == nil || k.size != m.size || (k.anchor == nil) != (m.anchor == nil) || m.anchor != nil && k.anchor.index != m.anchor.index {
		return nil
	}
	return k
}

// keep keeps a standing in the place of the one before.
func (t *Teller) keep(s *standing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = s
	if t.gone != nil {
		t.gone.Stop()
	}
	t.gone = time.AfterFunc(keptFor, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.kept == s {
			t.kept = nil
		}
	})
}

// told is how many entries of the ledger a view takes at once, at least.
const told = 8192

func (t *Teller) compute(ctx context.Context, m moment) (*standing, error) {
	feeds := &reading{from: t.cfg.Feeds, ended: ctx.Err}
	cfg := view.Config{State: t.cfg.Founded, Source: feeds, Day: taxonomy.DayOf(t.cfg.Now().Unix()), Session: 1, Anchored: true}
	if m.anchor == nil {
		cfg.Source = nothing{}
	}
	v, err := view.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("past: %w", err)
	}
	s := &standing{moment: m}
	var pieces []charter.Enacted
	take := func() error {
		err := v.Enact(pieces...)
		pieces = pieces[:0]
		return err
	}
	var gone losses
	err = t.replay(ctx, func(d charter.Enacted) error {
		if m.anchor != nil && s.anchored == nil && d.Size > m.anchor.point.Size {
			erased, _ := gone.counting(m.anchor.point.Day)
			if err := errors.Join(take(), s.anchorIn(v, erased)); err != nil {
				return err
			}
		}
		if d.Size > m.size {
			return errEnough
		}
		gone.note(&d)
		pieces = append(pieces, d)
		if len(pieces) < told {
			return nil
		}
		return take()
	})
	if err == nil {
		err = take()
	}
	if err != nil {
		return nil, err
	}
	feeds.ended = func() error { return nil } // who asks now is another one
	s.list = v.List()
	s.erased, s.last = gone.counting(s.list.Stamp().Day)
	return s, nil
}

// anchorIn brings a view that has the ledger up to the anchor's size to its heads, and
// compares what comes out with what the anchor says. Erased is how many ledger entries may
// have counted there of which nobody knows any more what they said.
func (s *standing) anchorIn(v *view.View, erased int) error {
	root, err := v.BringTo(s.anchor.heads)
	switch {
	case errors.Is(err, view.ErrLacking):
		return lost{phrase.New("past.lacking", "this node does not hold all batches up to the anchor in ledger entry %d", s.anchor.index), api.Unavailable}
	case err != nil:
		return err
	}
	s.anchored = v.List()
	s.lacking = s.anchored.ErasedAlive(s.anchor.point.Day)
	switch {
	case root == s.anchor.point.ListRoot:
		return nil
	case s.lacking == 0 && erased > 0:
		return lost{openings(erased), api.NotFound}
	case s.lacking > 0:
		return lost{phrase.New("past.erased", "what it takes was erased since: %d statements that may have counted at the anchor in ledger entry %d", s.lacking, s.anchor.index), api.NotFound}
	}
	return api.Tell(api.Internal, phrase.New("past.differs", "the anchor in ledger entry %d names the list root %s, and here the same feeds and ledger come to %s: a fault, or an attack; keep the data directory and tell the members",
		s.anchor.index, s.anchor.point.ListRoot, root))
}

// tell says which moment an answer is of, and why only the ledger is known of it, if so.
func (s *standing) tell(why phrase.Phrase) *api.AsOf {
	out := &api.AsOf{LedgerSize: s.list.Stamp().LedgerSize, Day: s.list.Stamp().Day.String()}
	if now, ticked := s.list.Now(); ticked {
		out.Time = time.Unix(now, 0).UTC().Format(time.RFC3339)
	}
	if a := s.anchor; a != nil {
		out.Anchor = &api.AnchorRef{Index: a.index, Size: a.point.Size, Day: a.point.Day.String(), ListRoot: a.point.ListRoot.String()}
		if s.lacking > 0 {
			why = phrase.New("past.partial", "the anchor confirms what the list said, and not why: %d statements that may have counted then were erased since", s.lacking)
		}
	}
	if why = s.also(why); !why.IsZero() {
		out.Lacks = &why
	}
	return out
}

// reading reads feeds for as long as somebody waits for what comes of it.
type reading struct {
	from  view.Source
	ended func() error
}

// Batch implements view.Source.
func (r *reading) Batch(batch cid.Cid) (feed.Record, bool, error) {
	if err := r.ended(); err != nil {
		return feed.Record{}, false, err
	}
	return r.from.Batch(batch)
}

// Since implements view.Source.
func (r *reading) Since(cursor uint64, fn func(next uint64, r feed.Record) error) error {
	return r.from.Since(cursor, func(next uint64, one feed.Record) error {
		if err := r.ended(); err != nil {
			return err
		}
		return fn(next, one)
	})
}

// nothing is the feeds of who is to know the ledger alone.
type nothing struct{}

// Batch implements view.Source.
func (nothing) Batch(cid.Cid) (feed.Record, bool, error) { return feed.Record{}, false, nil }

// Since implements view.Source.
func (nothing) Since(uint64, func(uint64, feed.Record) error) error { return nil }
