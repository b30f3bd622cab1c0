package anchors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ringfence/store/charter"
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
)

// backEvery is how often the anchored view may be begun anew because it must go back: who
// proposes heads that lead nowhere costs others no more than that.
const backEvery = time.Minute

// saveEvery is how often it is saved at most, but at the end, and unless manyItems of the
// ledger wait in memory for it.
const (
	saveEvery = 10 * time.Minute
	manyItems = 65_536
)

// stand is the anchored view, and how it comes to where it is asked to stand. A view goes
// only on: where it was brought to heads that were not enacted, and that the next ones do
// not cover, it is begun anew from its file, or from the feeds. It is not safe for
// concurrent use.
type stand struct {
	cfg    *Config
	view   *view.View            // nil: to be begun
	beyond []motion.AnchoredHead // to which it was brought, and which its ledger does not anchor
	went   time.Time             // when it went back last
	saved  time.Time
}

// at brings the view to a size of the ledger and to heads, and returns the list's root.
func (s *stand) at(size uint64, heads []motion.AnchoredHead) (merkle.Hash, error) {
	if s.view == nil {
		if err := s.begin(); err != nil {
			return merkle.Hash{}, err
		}
	}
	if !s.leads(size, heads) {
		if err := s.back(); err != nil {
			return merkle.Hash{}, err
		}
	}
	root, err := s.goOn(size, heads)
	if errors.Is(err, view.ErrPast) {
		if err = s.back(); err == nil {
			root, err = s.goOn(size, heads)
		}
	}
	return root, err
}

func (s *stand) size() uint64 { return s.view.List().Stamp().LedgerSize }

// leads reports whether the view can go on from where it stands.
func (s *stand) leads(size uint64, heads []motion.AnchoredHead) bool {
	if s.size() > size {
		return false
	}
	between, _ := s.cfg.Pieces.between(s.size(), size)
	return len(without(without(s.beyond, anchored(between)), heads)) == 0
}

func (s *stand) goOn(size uint64, heads []motion.AnchoredHead) (merkle.Hash, error) {
	if s.size() > size {
		return merkle.Hash{}, errOlder
	}
	if err := s.enact(size); err != nil {
		return merkle.Hash{}, err
	}
	root, err := s.view.BringTo(heads)
	if err == nil || errors.Is(err, view.ErrLacking) {
		s.beyond = slices.Clone(heads)
	}
	return root, err
}

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
	s.beyond = without(s.beyond, anchored(between))
	return nil
}

// back begins the view anew.
func (s *stand) back() error {
	if now := time.Now(); now.Sub(s.went) < backEvery {
		return errBusy
	} else {
		s.went = now
	}
	return s.begin()
}

// begin loads the view from its file or, without a usable one, replays the feeds.
func (s *stand) begin() error {
	s.view, s.beyond = nil, nil
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
		if _, whole, _ := s.cfg.Pieces.reach(); whole > 0 && !s.onward(v) {
			return errors.New("anchors: the file with the list at the anchored heads is gone: start the node again, which reads the ledger from its beginning")
		}
		if _, err := v.Follow(); err != nil {
			return err
		}
	}
	s.view = v
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
	from := v.List().Stamp().LedgerSize
	_, whole, _ := s.cfg.Pieces.reach()
	if whole <= from {
		return true
	}
	_, ok := s.cfg.Pieces.between(from, whole)
	return ok
}

// settle takes the view to the last anchor and saves it there, so that going back does
// not cost more than what came since, and less of the ledger is held in memory. Where it was brought to heads that are not enacted
// it is left as it is.
func (s *stand) settle(end bool) error {
	to, whole, items := s.cfg.Pieces.reach()
	many := items > manyItems
	if many {
		to = whole // who would build on less proposes anew
	}
	if s.cfg.File == nil || to == 0 || !end && time.Since(s.saved) < saveEvery && (!many || s.view == nil) {
		return nil
	}
	if s.saved = time.Now(); s.view == nil {
		if end {
			return nil // nothing new was computed
		}
		if err := s.begin(); err != nil {
			return err
		}
	}
	if to > s.size() {
		if err := s.enact(to); err != nil {
			return err
		}
	}
	if len(s.beyond) > 0 {
		return nil
	}
	kept := true
	err := s.cfg.File.Save(s.view, func(why error) {
		kept = false
		s.cfg.Logger.Warn("the list at the anchored heads is not saved; the next start takes longer", "reason", why)
	})
	if err == nil && kept {
		s.cfg.Pieces.forget(s.size())
	}
	return err
}

// anchored returns the heads that anchors among decisions name.
func anchored(all []charter.Enacted) (heads []motion.AnchoredHead) {
	for i := range all {
		if m := all[i].Motion; m != nil && m.Motion.Kind == motion.Anchor {
			if of, err := headsOf(all[i].Items); err == nil {
				heads = append(heads, of...)
			}
		}
	}
	return heads
}

// headsOf reads the heads of an anchor.
func headsOf(items []motion.Opening) (heads []motion.AnchoredHead, err error) {
	for i := 1; i < len(items); i++ {
		h, err := motion.DecodeAnchorHeads(items[i].Item)
		if err != nil {
			return nil, err
		}
		heads = append(heads, h.Heads...)
	}
	return heads, nil
}

// without returns the heads that others do not cover.
func without(heads, others []motion.AnchoredHead) (left []motion.AnchoredHead) {
	type place struct {
		issuer uint32
		epoch  uint64
	}
	to := make(map[place]uint64, len(others))
	for i := range others {
		at := place{others[i].Issuer, others[i].Epoch}
		to[at] = max(to[at], others[i].Sequence+1)
	}
	for _, h := range heads {
		if to[place{h.Issuer, h.Epoch}] <= h.Sequence {
			left = append(left, h)
		}
	}
	return left
}
