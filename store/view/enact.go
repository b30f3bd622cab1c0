package view

import (
	"fmt"
	"maps"
	"slices"

	"ringfence/store/charter"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/enacted"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/retract"
	"ringfence/store/view/internal/table"
)

// Enact follows the ledger: it takes the next pieces of it, in order, and makes the list
// what it is at the size of the last. The list is no function of the pieces between, so
// many at once cost less than one by one.
//
// Where a piece changes who may say what was said already, the view judges it all anew,
// in a new session, reading the feeds again. An error says that the pieces do not go on
// from here, or are no ledger; those before the bad one count.
func (v *View) Enact(pieces ...charter.Enacted) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.goBack(); err != nil {
		return err
	}
	var effect enacted.Effect
	var broken error
	for i := range pieces {
		if broken = v.w.ledger.Add(&pieces[i], &effect); broken != nil {
			broken = fmt.Errorf("view: enact: %w", broken)
			break
		}
	}
	if err := v.enact(&effect); err != nil {
		return err
	}
	return broken
}

func (v *View) enact(effect *enacted.Effect) error {
	w := v.w
	if w.overturns(effect) {
		return v.rebuild(list.NextSession(v.cfg.Session, w.ledger.Size))
	}
	next := *w.list
	w.list = &next
	w.readLedger(len(effect.Changes) > 0)
	w.freeze(effect.Forked)
	edits := touch(nil, effect.Keys)
	edits = w.cover(effect.Moves, edits)
	edits = w.pass(edits)
	earlier := next.Undo
	edits = w.reach().Moved(&earlier, retract.Hold(&next, w.accounts.All(), true), edits)
	w.update(edits)
	if err := w.raise(effect.Moves); err != nil {
		return err
	}
	return v.settled()
}

// settled shows readers the newest list, which is judged anew first if a port asks for it.
func (v *View) settled() error {
	if v.w.stale {
		return v.rebuild(list.NextSession(v.cfg.Session, v.w.ledger.Size))
	}
	if err := v.w.lose(); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	v.current.Store(v.w.list)
	return nil
}

// rebuild judges everything anew, by the ledger as it is held and the feeds from their
// beginning. Readers keep the old list until the new one stands.
func (v *View) rebuild(session uint64) error {
	cfg := v.cfg
	cfg.Day, cfg.Session = v.w.list.Mark.Day, session
	before, lines := v.w.list, v.w.lines
	for {
		w, err := newWriter(cfg, v.w.ledger)
		if err != nil {
			return err
		}
		w.before, w.lines = before, lines.Anew(w)
		for at, n := range v.w.heads {
			w.heads[at] = max(w.heads[at], n) // those that BringTo added are kept
		}
		w.begin()
		if _, err := w.follow(func(*List) {}); err != nil {
			return fmt.Errorf("view: judge anew at ledger size %d: %w", w.ledger.Size, err)
		}
		strayed := w.strayed
		w.before, w.stale, w.strayed = nil, false, false
		// Ports depend on the ledger alone, so those of this list are right, and so are pins.
		if before, lines = w.list, w.lines; !strayed && !w.misjudges() {
			v.cfg, v.w = cfg, w
			v.current.Store(w.list)
			return nil
		}
	}
}

// readLedger makes the newest list, which nobody else holds yet, one of the ledger as it
// stands.
func (w *writer) readLedger(changed bool) {
	l := w.list
	l.Charter = w.ledger.State
	if changed {
		l.Speakers = list.Speakers(l.Charter)
	}
	l.Mark.LedgerSize = w.ledger.Size
	l.Ratified, l.Ticks, l.Anchors = w.ledger.Ratified.Book(), w.ledger.Ticks, w.ledger.Anchors.All
	if now, ticked := l.Ticks.Now(); ticked {
		l.Mark.Day = taxonomy.DayOf(now)
	}
}

// freeze takes note of epochs that the ledger says to be forked, and of which nothing is
// here.
func (w *writer) freeze(forked []anchors.Place) {
	if len(forked) == 0 || w.cfg.Anchored {
		return
	}
	w.list.Frozen = maps.Clone(w.list.Frozen) // older lists keep theirs
	for _, at := range forked {
		w.list.Frozen[w.place(at)] = struct{}{}
	}
}

// overturns reports whether pieces of the ledger may change how statements are judged
// that were judged already.
func (w *writer) overturns(effect *enacted.Effect) (overturned bool) {
	for i := range effect.Moves { // all of them, for each pins batches
		overturned = w.overturnedAt(&effect.Moves[i]) || overturned
	}
	for _, kind := range effect.Changes {
		if w.overturnedBy(kind) {
			return true
		}
	}
	for _, at := range effect.Forked {
		if !w.cfg.Anchored && w.lines.Len(w.place(at)) > 0 {
			return true
		}
	}
	return overturned
}

func (w *writer) overturnedBy(kind motion.Kind) bool {
	switch kind {
	case motion.RekeyRegulator:
		return false
	case motion.AdmitMember, motion.AdmitIssuer:
		return slices.ContainsFunc(w.list.Batches, func(b list.Batch) bool { return b.Speaker == list.Nobody })
	case motion.Grant:
		return w.claimed(func(b *list.Batch) bool { return b.Cover == 0 })
	}
	return true
}

// claimed reports whether a batch of some kind says anything that only the holder of a
// number may say.
func (w *writer) claimed(of func(*list.Batch) bool) bool {
	for ordinal := range w.timed {
		if of(&w.list.Batches[ordinal]) {
			return true
		}
	}
	return false
}

// overturnedAt reports whether batches that an anchor covers were judged by another
// constitution than that at the size which it names, or as frozen, or lie on another
// branch than it.
func (w *writer) overturnedAt(m *anchors.Move) bool {
	strayed, held := w.lines.Anchored(w.place(m.Place), m.To), w.moved(m)
	if strayed || len(held) == 0 {
		return strayed
	}
	size := w.ledger.Anchors.All[w.ledger.Anchors.Cover(m.Place, m.To)-1].Size
	return !w.ledger.Alike(size, w.ledger.Size) || w.list.IsFrozen(&w.list.Batches[held[0]])
}

// place names an epoch as feeds do.
func (w *writer) place(at anchors.Place) FeedEpoch {
	r, ok := w.ledger.State.RecordAt(at.Issuer)
	if !ok {
		return FeedEpoch{}
	}
	return FeedEpoch{Issuer: r.Key, Epoch: at.Epoch}
}

// moved returns the batches, by ordinal, that are held of those that an anchor covers.
func (w *writer) moved(m *anchors.Move) []uint32 {
	return w.lines.Held(w.place(m.Place), m.From, m.To)
}

// cover notes which batches anchors cover, and adds the keys of what that starts or meets
// to edits.
func (w *writer) cover(moves []anchors.Move, edits []table.Edit) []table.Edit {
	owned := false
	for i := range moves {
		for _, ordinal := range w.moved(&moves[i]) {
			if !owned { // older lists keep theirs
				w.list.Batches, owned = slices.Clone(w.list.Batches), true
			}
			b := &w.list.Batches[ordinal]
			b.Cover = w.ledger.Anchors.Cover(moves[i].Place, b.Sequence)
			if keys, ok := w.timed[ordinal]; ok {
				edits = touch(edits, keys)
				w.unticked = append(w.unticked, ordinal)
			}
		}
	}
	return edits
}

// pass adds the keys to edits that differ because time passed.
func (w *writer) pass(edits []table.Edit) []table.Edit {
	l := w.list
	now, ticked := l.Ticks.Now()
	if !ticked {
		return edits
	}
	w.unticked = slices.DeleteFunc(w.unticked, func(ordinal uint32) bool {
		_, known := l.TickOf(&l.Batches[ordinal])
		if known {
			edits = touch(edits, w.timed[ordinal])
		}
		return known
	})
	edits = touch(edits, w.alarms.Due(now))
	if l.Mark.Day < w.day {
		// The first tick may be of a day before that of this node's clock.
		l.Table.EachKey(func(key number.Range) { edits = append(edits, table.Edit{Key: key, Op: table.Touch}) })
		w.day = l.Mark.Day
	}
	return w.turn(edits)
}

func touch(edits []table.Edit, keys []number.Range) []table.Edit {
	for _, key := range keys {
		edits = append(edits, table.Edit{Key: key, Op: table.Touch})
	}
	return edits
}

// begin settles what stands on the ledger alone, in a view that has applied nothing yet.
func (w *writer) begin() {
	var edits []table.Edit
	w.list.Ratified.EachKey(func(key number.Range) { edits = append(edits, table.Edit{Key: key, Op: table.Touch}) })
	w.update(edits)
}
