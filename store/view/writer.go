package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/harmonise"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/loader"
)

// writer is the one that changes the list: it holds the newest List and what
// only writing needs. View.mu guards it.
type writer struct {
	cfg  Config
	list *List
	memo *harmonise.Memo

	ordinals   map[cid.Cid]uint32              // batches by CID
	deliveries map[deliveryKey]*delivery       // what carries a publication ID
	undone     map[cid.Cid][]undo              // retracted, also before it arrives
	spent      map[spendKey]spent              // of daily quotas
	due        map[taxonomy.Day][]number.Range // keys whose entry differs from that day on
	next       map[FeedEpoch]uint64            // the sequence to apply next
	waiting    map[waitKey]cid.Cid             // arrived before their parents
	cursor     uint64                          // of following; the list's own is where a snapshot resumes

	evidence []harmonise.Evidence // scratch of settle
}

type waitKey struct {
	FeedEpoch
	sequence uint64
}

type deliveryKey struct {
	member      charter.MemberIndex
	publication assertion.PublicationID
}

type delivery struct {
	spans    []span
	undoneBy uint32 // ordinal in undoings plus one; 0: not retracted
}

// span is a run of neighbouring statements of one batch.
type span struct {
	batch       uint32
	first, last uint16
}

// undo says that a member retracted a statement of a batch, or all of it.
type undo struct {
	member   charter.MemberIndex
	index    int32 // wholeBatch for all statements
	undoneBy uint32
}

const wholeBatch = -1

type spendKey struct {
	speaker uint32
	kind    assertion.Kind
}

type spent struct {
	day   taxonomy.Day
	count uint32
}

func newWriter(cfg Config) (*writer, error) {
	rules, err := newRules(cfg.State)
	if err != nil {
		return nil, err
	}
	frozen := make(map[FeedEpoch]struct{}, len(cfg.Frozen))
	for _, f := range cfg.Frozen {
		frozen[f] = struct{}{}
	}
	return &writer{
		cfg: cfg,
		list: &List{
			stamp:    Stamp{Session: cfg.Session, LedgerSize: cfg.State.Size(), Day: cfg.Day},
			tree:     &merkle.Tree{},
			state:    cfg.State,
			rules:    rules,
			speakers: speakers(cfg.State),
			frozen:   frozen,
			source:   loader.New(cfg.Source),
		},
		memo:       rules.NewMemo(memoPatterns),
		ordinals:   make(map[cid.Cid]uint32),
		deliveries: make(map[deliveryKey]*delivery),
		undone:     make(map[cid.Cid][]undo),
		spent:      make(map[spendKey]spent),
		due:        make(map[taxonomy.Day][]number.Range),
		next:       make(map[FeedEpoch]uint64),
		waiting:    make(map[waitKey]cid.Cid),
	}, nil
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
		if len(w.waiting) == 0 {
			saved := *w.list
			saved.cursor = next
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
	if !w.wants(r) {
		return 0, nil
	}
	place := FeedEpoch{r.Issuer, r.Tip.Epoch}
	if r.Tip.Sequence != w.next[place] {
		w.waiting[waitKey{place, r.Tip.Sequence}] = r.Tip.CID
		return 0, nil
	}
	for n := 1; ; n++ {
		if err := w.applyRecord(r); err != nil {
			return n, err
		}
		w.next[place]++
		key := waitKey{place, w.next[place]}
		c, ok := w.waiting[key]
		if !ok {
			return n, nil
		}
		delete(w.waiting, key)
		child, ok, err := w.cfg.Source.Batch(c)
		if err != nil {
			return n, fmt.Errorf("batch %s: %w", c, err)
		}
		if !ok {
			return n, nil // quarantined meanwhile; it will arrive again
		}
		r = &child
	}
}

// wants reports whether a record lies within the heads that the view follows
// and was not applied before.
func (w *writer) wants(r *feed.Record) bool {
	if _, ok := w.ordinals[r.Tip.CID]; ok {
		return false
	}
	if w.cfg.Heads == nil {
		return true
	}
	head, ok := w.cfg.Heads[r.Issuer]
	return ok && cmp.Or(cmp.Compare(r.Tip.Epoch, head.Epoch), cmp.Compare(r.Tip.Sequence, head.Sequence)) <= 0
}

func (w *writer) applyRecord(r *feed.Record) error {
	slots, err := assertion.DecodeSlots(r.Body)
	if err != nil {
		return fmt.Errorf("batch %s: %w", r.Tip.CID, err)
	}
	if len(slots) == 0 {
		return fmt.Errorf("batch %s: no statements", r.Tip.CID)
	}
	w.list.source.Remember(r.Tip.CID, slots)
	j := w.newJudge(r.Issuer, r.Tip, slots)
	j.judge()
	w.commit(j)
	return nil
}

// commit makes what a judge found part of the view and makes the next list.
func (w *writer) commit(j *judge) {
	ordinal := j.ordinal
	next := *w.list
	next.batches = append(next.batches, j.batch)
	next.undoings = append(next.undoings, j.undoings...)
	next.ownKeys = append(next.ownKeys, j.ownKeys...)
	next.counts.take(j)
	w.ordinals[j.batch.cid] = ordinal
	for _, p := range j.publications {
		d := w.delivery(deliveryKey{j.member, p.id})
		d.spans = append(d.spans, p.span)
	}
	for _, u := range j.undoneDeliveries {
		w.delivery(u.key).undoneBy = u.undoneBy
	}
	for _, u := range j.undone {
		w.undone[u.batch] = append(w.undone[u.batch], u.undo)
	}
	for key, s := range j.spent {
		w.spent[key] = s
	}
	w.list = &next
	w.update(j.edits)
}

func (w *writer) delivery(key deliveryKey) *delivery {
	d := w.deliveries[key]
	if d == nil {
		d = &delivery{}
		w.deliveries[key] = d
	}
	return d
}

// update recomputes the keys that edits touch, in the newest list, which
// nobody else holds yet.
func (w *writer) update(edits []edit) {
	l := w.list
	var moves []moved
	l.table, moves = l.table.apply(edits, w)
	changes := make([]merkle.Change, 0, len(moves))
	for _, m := range moves {
		if m.next != taxonomy.NeverDay {
			w.due[m.next] = append(w.due[m.next], m.key)
		}
		if m.entry == m.from {
			continue
		}
		l.counts.move(m.from, m.entry)
		changes = append(changes, merkle.Change{
			Key:    merkle.Key{First: m.key.First().Uint64(), Free: uint8(m.key.Free())},
			Value:  m.entry.Bytes(),
			Delete: m.entry.IsZero(),
		})
	}
	if len(changes) == 0 {
		return
	}
	l.tree = l.tree.Apply(changes)
	l.stamp.Root = l.tree.Root()
	l.stamp.Serial++
}

func (c *Counts) move(from, to taxonomy.Entry) {
	for _, e := range [...]struct {
		taxonomy.Entry
		by int
	}{{from, -1}, {to, +1}} {
		if !e.IsZero() {
			c.Entries += e.by
		}
		switch e.Action {
		case taxonomy.Label:
			c.Labelled += e.by
		case taxonomy.Block:
			c.Blocked += e.by
		}
		if e.Contested {
			c.Contested += e.by
		}
		if e.Ratified {
			c.Ratified += e.by
		}
	}
}

// turnTo recomputes the keys whose entries differ from a day up to day on.
func (w *writer) turnTo(day taxonomy.Day) {
	if day <= w.list.stamp.Day {
		return
	}
	var edits []edit
	for _, d := range w.dueBy(day) {
		for _, key := range w.due[d] {
			// A key that moved since was filed anew for its other day.
			if p, _ := w.list.table.find(key); p != nil && p.next == d {
				edits = append(edits, edit{key: key, op: opTouch})
			}
		}
		delete(w.due, d)
	}
	next := *w.list
	next.stamp.Day = day
	w.list = &next
	w.update(edits)
}

func (w *writer) dueBy(day taxonomy.Day) []taxonomy.Day {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.due)), func(d taxonomy.Day) bool { return d > day })
}
