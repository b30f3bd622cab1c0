package anchors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"ringfence/store/feed"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Why the anchored view cannot stand somewhere.
var (
	errAhead = errors.New("anchors: the ledger that is followed here does not reach that size yet")
	errOlder = errors.New("anchors: that size lies before what this node still holds of the ledger in order")
	errBusy  = errors.New("anchors: the list at the heads was begun anew a moment ago")
	errGone  = errors.New("anchors: nothing is left from which the list at the anchored heads could go on: start the node again, which reads the ledger from its beginning")
)

// backEvery is how often the anchored view may be begun anew because it must go back: who
// proposes what builds on less and less of the ledger costs others no more than that.
const backEvery = time.Minute

// saveEvery is how often it is saved at most, but at the end, and unless more than
// manyItems wait in memory for it: each decision of the ledger is one, and each item.
const (
	saveEvery = 10 * time.Minute
	manyItems = 65_536
)

// stand is the anchored view, and how it comes to where it is asked to stand. From heads
// that nobody enacted a view comes back by itself; from the ledger it does not, so where
// it is asked to stand on less of that it is begun anew from its file, or from the feeds.
// It is not safe for concurrent use.
type stand struct {
	cfg   *Config
	view  *view.View // nil: to be begun
	base  uint64     // size of the ledger from which it would be begun anew
	went  time.Time  // when it went back last
	saved time.Time
}

// at brings the view to a size of the ledger and to heads, and returns the list's root.
func (s *stand) at(size uint64, heads []motion.AnchoredHead) (merkle.Hash, error) {
	if s.view == nil {
		if err := s.begin(); err != nil {
			return merkle.Hash{}, err
		}
	}
	if s.size() > size {
		if err := s.back(size); err != nil {
			return merkle.Hash{}, err
		}
	}
	if err := s.enact(size); err != nil {
		return merkle.Hash{}, err
	}
	return s.view.BringTo(heads)
}

func (s *stand) size() uint64 { return s.view.List().Stamp().LedgerSize }

// enact takes the ledger up to a size.
func (s *stand) enact(size uint64) error {
	between, ok := s.cfg.Pieces.between(s.size(), size)
	if !ok {
		return errAhead
	}
	if err := s.view.Enact(between...); err != nil {
		s.view = nil
		return err
	}
	return nil
}

// back begins the view anew, to stand at a size or above it.
func (s *stand) back(size uint64) error {
	now := time.Now()
	switch {
	case s.base > size || !s.cfg.Pieces.goOnFrom(s.base):
		return errOlder
	case now.Sub(s.went) < backEvery:
		return errBusy
	}
	s.went = now
	return s.begin()
}

// begin loads the view from its file or, without a usable one, replays the feeds. Where
// the decisions that are held go on from neither, they are dropped: nothing ever can.
func (s *stand) begin() error {
	if s.view = nil; s.cfg.Pieces.dropped() {
		return errGone
	}
	var session [8]byte
	if _, err := io.ReadFull(s.cfg.Random, session[:]); err != nil {
		return fmt.Errorf("anchors: draw a session: %w", err)
	}
	cfg := view.Config{
		State: s.cfg.Founded, Source: s.cfg.Store, Day: taxonomy.DayOf(s.cfg.Now().Unix()), Session: binary.BigEndian.Uint64(session[:]), Anchored: true,
	}
	v := s.load(cfg)
	if v == nil {
		var err error
		if v, err = view.New(cfg); err != nil {
			return err
		}
		if !s.onward(v) {
			s.cfg.Pieces.Drop()
			return errGone
		}
		if _, err := v.Follow(); err != nil {
			return err
		}
	}
	s.view, s.base = v, v.List().Stamp().LedgerSize
	return nil
}

// load returns the view that the file holds, nil if it is of no use.
func (s *stand) load(cfg view.Config) *view.View {
	if s.cfg.File == nil {
		return nil
	}
	cfg.State = s.cfg.Ledger.Standing().State
	v, err := s.cfg.File.Load(cfg, taxonomy.NeverDay)
	if err == nil && v != nil {
		_, err = v.Follow()
	}
	switch {
	case errors.Is(err, feed.ErrCursor): // the store was restored to a moment before
		return nil
	case err != nil:
		s.cfg.Logger.Warn("the saved list at the anchored heads is not used; replaying the feeds", "reason", err)
		return nil
	case v == nil || !s.onward(v):
		return nil
	}
	return v
}

// onward reports whether the decisions that are held go on from a view.
func (s *stand) onward(v *view.View) bool {
	return s.cfg.Pieces.goOnFrom(v.List().Stamp().LedgerSize)
}

// settle takes the view to the last anchor and saves it there, so that going back does
// not cost more than what came since, and less of the ledger is held in memory. Where
// many items wait it takes all of them, and what cannot be saved is forgotten even so: the
// next start takes longer then. Who would build on less proposes anew.
func (s *stand) settle(end bool) error {
	to, whole, items := s.cfg.Pieces.reach()
	many := items > manyItems
	if many {
		to = whole
	}
	if to == 0 || !s.settles(end, many) {
		return nil
	}
	if s.saved = time.Now(); s.view == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	if to > s.size() {
		if err := s.enact(to); err != nil {
			return err
		}
	}
	if !many && s.size() > to {
		return nil // an anchor that is open may build on what lies between
	}
	kept, err := s.save()
	if kept {
		s.base = s.size()
	}
	if kept || many {
		s.cfg.Pieces.forget(s.size())
	}
	return err
}

// settles reports whether it is time to settle.
func (s *stand) settles(end, many bool) bool {
	since := time.Since(s.saved)
	switch {
	case end:
		return s.view != nil && s.cfg.File != nil // else nothing new was computed
	case many && s.view == nil:
		return since >= backEvery
	case many:
		return since >= planEvery
	}
	return s.cfg.File != nil && since >= saveEvery
}

// save writes the view to its file, and reports whether it is there.
func (s *stand) save() (kept bool, err error) {
	if s.cfg.File == nil {
		return false, nil
	}
	kept = true
	err = s.cfg.File.Save(s.view, func(why error) {
		kept = false
		s.cfg.Logger.Warn("the list at the anchored heads is not saved; the next start takes longer", "reason", why)
	})
	return kept && err == nil, err
}
