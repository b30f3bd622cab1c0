package view

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/harmonise"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/clock"
	"ringfence/store/view/internal/enacted"
	"ringfence/store/view/internal/line"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/loader"
	"ringfence/store/view/internal/lost"
	"ringfence/store/view/internal/retract"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// writer is the one that changes the list: it holds the newest List and what
// only writing needs. View.mu guards it.
type writer struct {
	cfg  Config
	list *List
	memo *harmonise.Memo

	ordinals map[cid.Cid]uint32              // batches by CID
	targets  undo.Targets                    // of retractions, also before they arrive
	spent    map[spendKey]spent              // of daily quotas
	due      map[taxonomy.Day][]number.Range // keys whose entry differs from that day on
	lines    *line.Lines                     // the batches of each epoch in order
	cursor   uint64                          // of following; the list's own is where a snapshot resumes

	ledger   *enacted.Fold
	alarms   clock.Alarms              // keys whose entry differs from that tick on
	timed    map[uint32][]number.Range // by batch: the keys where it says what anchors and ticks decide about
	unticked []uint32                  // of timed: those whose anchor has had no tick
	day      taxonomy.Day              // up to which due is done
	before   *List                     // of a view that is judged anew: the list before, for its ports
	stale    bool                      // what was judged is to be judged anew: a port showed that a statement was misjudged,
	strayed  bool                      // or an anchor that another branch counts
	heads    map[FeedEpoch]uint64      // of a view that stands at anchored heads: how many batches count

	accounts  undo.Accounts          // by speaker
	answers   map[cid.Cid][]waiting  // to contests of batches that are not here yet
	strangers map[uint32]keys.Public // who signed the batches of nobody

	evidence []harmonise.Evidence // scratch of Settle
}

type spendKey struct {
	speaker uint32
	kind    assertion.Kind
}

type spent struct {
	day   taxonomy.Day
	count uint32
}

func newWriter(cfg Config, ledger *enacted.Fold) (*writer, error) {
	rules, err := list.NewRules(ledger.State)
	if err != nil {
		return nil, err
	}
	frozen := make(map[FeedEpoch]struct{}, len(cfg.Frozen))
	for _, f := range cfg.Frozen {
		frozen[f] = struct{}{}
	}
	if now, ticked := ledger.Ticks.Now(); ticked {
		cfg.Day = taxonomy.DayOf(now)
	}
	w := &writer{
		cfg: cfg,
		list: &List{
			Mark:     Stamp{Session: cfg.Session, LedgerSize: ledger.Size, Day: cfg.Day},
			Hashes:   &merkle.Tree{},
			Charter:  ledger.State,
			Compiled: rules,
			Speakers: list.Speakers(ledger.State),
			Frozen:   frozen,
			Source:   loader.New(cfg.Source),
			Ratified: ledger.Ratified.Book(),
			Ticks:    ledger.Ticks,
			Anchors:  ledger.Anchors.All,
		},
		ledger:    ledger,
		day:       cfg.Day,
		memo:      rules.NewMemo(memoPatterns),
		ordinals:  make(map[cid.Cid]uint32),
		targets:   undo.NewTargets(),
		spent:     make(map[spendKey]spent),
		due:       make(map[taxonomy.Day][]number.Range),
		timed:     make(map[uint32][]number.Range),
		heads:     make(map[FeedEpoch]uint64),
		accounts:  make(undo.Accounts),
		answers:   make(map[cid.Cid][]waiting),
		strangers: make(map[uint32]keys.Public),
	}
	w.lines = line.New(w)
	for _, at := range ledger.Anchors.AllForked() {
		frozen[w.place(at)] = struct{}{}
	}
	if cfg.Anchored {
		clear(frozen) // what lies beyond the heads is not here
		for at, n := range ledger.Anchors.Counts() {
			w.heads[w.place(at)] = n
		}
	}
	return w, nil
}

// follow applies what arrived since the list's cursor, publishing each list.
func (w *writer) follow(publish func(*List)) (int, error) {
	n := 0
	err := w.cfg.Source.Since(w.cursor, func(next uint64, r feed.Record) error {
		applied, err := w.take(&r)
		if err != nil {
			return err
		}
		n += applied
		w.cursor = next
		// A snapshot resumes before the first record that waits, so that its
		// view meets the record again.
		if !w.lines.Waits() {
			saved := *w.list
			saved.Cursor = next
			w.list = &saved
		}
		publish(w.list)
		return nil
	})
	return n, err
}

// take applies a record and those of its feed that waited for it. A feed is
// applied in its own order, also where a batch that was damaged and fetched
// again arrives after its children: what an issuer may say depends on what it
// said before.
func (w *writer) take(r *feed.Record) (int, error) {
	if _, known := w.ordinals[r.Tip.CID]; known {
		return 0, nil
	}
	header, _, err := feed.Peek(r.Header)
	if err != nil {
		return 0, fmt.Errorf("batch %s: %w", r.Tip.CID, err)
	}
	at := FeedEpoch{Issuer: r.Issuer, Epoch: r.Tip.Epoch}
	if w.lines.Wait(at, r.Tip.Sequence, line.Link{CID: r.Tip.CID, Previous: header.Previous}) {
		w.stale, w.strayed = true, true
	}
	n, err := w.advance(at, r)
	if err == nil {
		err = w.lose()
	}
	return n, err
}

// lose adds the batches that are known by now to be lost to the newest list.
func (w *writer) lose() (err error) {
	w.list, err = lost.Add(w.list, w.lines.Losses(), w.cfg.Source)
	return err
}

// advance applies what may be applied now of an epoch. A record in hand need not be read.
func (w *writer) advance(at FeedEpoch, hand *feed.Record) (n int, err error) {
	for {
		link, sequence, ok := w.lines.Next(at)
		if !ok || w.cfg.Anchored && sequence >= w.heads[at] {
			return n, nil
		}
		r := hand
		if r == nil || r.Tip.CID != link.CID {
			held, ok, err := w.cfg.Source.Batch(link.CID)
			if err != nil {
				return n, fmt.Errorf("batch %s: %w", link.CID, err)
			}
			if r = &held; !ok {
				w.lines.Drop(at, sequence, link.CID)
				return n, nil // quarantined meanwhile; it will arrive again
			}
		}
		if err := w.applyRecord(r); err != nil {
			return n, err
		}
		n++
	}
}

// Named implements line.Book.
func (w *writer) Named(at FeedEpoch, sequence uint64) (merkle.Hash, bool) {
	r, ok := w.ledger.State.Record(at.Issuer)
	if !ok {
		return merkle.Hash{}, false
	}
	return w.ledger.Anchors.Named(anchors.Place{Issuer: r.Index, Epoch: at.Epoch}, sequence)
}

// Anchored implements line.Book.
func (w *writer) Anchored(at FeedEpoch) (uint64, bool) {
	r, ok := w.ledger.State.Record(at.Issuer)
	if !ok {
		return 0, false
	}
	return w.ledger.Anchors.Head(anchors.Place{Issuer: r.Index, Epoch: at.Epoch})
}

// Forked implements line.Book.
func (w *writer) Forked(at FeedEpoch) bool {
	_, ok := w.list.Frozen[at]
	return ok
}

// CID implements line.Book.
func (w *writer) CID(ordinal uint32) cid.Cid { return w.list.Batches[ordinal].CID }

func (w *writer) applyRecord(r *feed.Record) error {
	slots, err := assertion.DecodeSlots(r.Body)
	if err != nil {
		return fmt.Errorf("batch %s: %w", r.Tip.CID, err)
	}
	if len(slots) == 0 {
		return fmt.Errorf("batch %s: no statements", r.Tip.CID)
	}
	w.list.Source.Remember(r.Tip.CID, slots)
	next := *w.list // the list that readers hold stays as it is
	w.list = &next
	j := w.newJudge(r.Issuer, r.Tip, slots)
	j.judge()
	w.commit(j)
	return nil
}

// commit makes what a judge found part of the newest list, which nobody else holds yet.
func (w *writer) commit(j *judge) {
	ordinal := j.ordinal
	next := w.list
	next.Batches = append(next.Batches, j.batch)
	earlier := next.Undo
	next.Undo.Add(len(next.Anchors) > 0, j.undoings...)
	next.OwnKeys, next.ContestKeys = append(next.OwnKeys, j.ownKeys...), append(next.ContestKeys, j.contested...)
	j.count(&next.Tally)
	next.Targets, next.Ports = append(next.Targets, j.targets...), append(next.Ports, j.ports...)
	for i := range j.answers {
		j.answers[i].note(w)
	}
	delete(w.answers, j.batch.CID)
	w.ordinals[j.batch.CID] = ordinal
	w.lines.Apply(j.place, ordinal, j.batch.CID)
	if j.batch.Speaker == list.Nobody {
		w.strangers[ordinal] = j.place.Issuer
	}
	if len(j.timed) > 0 {
		w.timed[ordinal] = j.timed
		if j.batch.Cover != 0 {
			w.unticked = append(w.unticked, ordinal)
		}
	}
	for _, p := range j.publications {
		w.targets.Deliver(undo.Key{Member: j.member, Publication: p.id}, p.Span)
	}
	for key, by := range j.dead {
		w.targets.Retract(key, by)
	}
	for name, by := range j.named {
		w.targets.Name(name, by)
	}
	for of, lives := range j.lives {
		w.targets.Live(of, lives)
	}
	for key, s := range j.spent {
		w.spent[key] = s
	}
	if j.batch.Speaker != list.Nobody {
		first, account := len(earlier.All), w.accounts.Of(j.batch.Speaker)
		account.Keep(j.ends, first, len(j.undoings))
		places := retract.Hold(next, []*undo.Account{account}, false)
		for i := range j.undoings {
			places = append(places, uint32(first+i))
		}
		j.edits = w.reach().Moved(&earlier, places, j.edits)
	}
	w.update(j.edits)
}

// reach finds what retractions reach in the newest list.
func (w *writer) reach() retract.Reach {
	return retract.Reach{List: w.list, Ordinals: w.ordinals, Targets: &w.targets}
}

// update recomputes the keys that edits touch, in the newest list, which
// nobody else holds yet.
func (w *writer) update(edits []table.Edit) {
	l := w.list
	var moves []table.Moved
	l.Table, moves = l.Table.Apply(edits, w)
	changes := make([]merkle.Change, 0, len(moves))
	for _, m := range moves {
		if m.Next != taxonomy.NeverDay {
			w.due[m.Next] = append(w.due[m.Next], m.Key)
		}
		if m.Entry == m.From {
			continue
		}
		l.Tally.Move(m.From, m.Entry)
		changes = append(changes, merkle.Change{
			Key:    merkle.Key{First: m.Key.First().Uint64(), Free: uint8(m.Key.Free())},
			Value:  m.Entry.Bytes(),
			Delete: m.Entry.IsZero(),
		})
	}
	if len(changes) == 0 {
		return
	}
	l.Hashes = l.Hashes.Apply(changes)
	l.Mark.Root = l.Hashes.Root()
	l.Mark.Serial++
}

// turnTo recomputes the keys whose entries differ from a day up to day on.
func (w *writer) turnTo(day taxonomy.Day) {
	if _, ticked := w.list.Ticks.Now(); ticked || day <= w.list.Mark.Day {
		return
	}
	next := *w.list
	next.Mark.Day = day
	w.list = &next
	w.update(w.turn(nil))
}

// turn adds the keys to edits that differ on the list's day from before.
func (w *writer) turn(edits []table.Edit) []table.Edit {
	day := w.list.Mark.Day
	for _, d := range w.dueBy(day) {
		for _, key := range w.due[d] {
			// A key that moved since was filed anew for its other day.
			if p, _ := w.list.Table.Find(key); p != nil && p.Next == d {
				edits = append(edits, table.Edit{Key: key, Op: table.Touch})
			}
		}
		delete(w.due, d)
	}
	w.day = max(w.day, day)
	return edits
}

func (w *writer) dueBy(day taxonomy.Day) []taxonomy.Day {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.due)), func(d taxonomy.Day) bool { return d > day })
}
