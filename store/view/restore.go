package view

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"ringfence/store/assertion"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/clock"
	"ringfence/store/view/internal/enacted"
	"ringfence/store/view/internal/fixed"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/lost"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// ErrSnapshot marks a snapshot that cannot be used: damaged, of another
// release, or of another charter. The remedy is to replay, which needs no
// snapshot.
var ErrSnapshot = errors.New("snapshot unusable")

// Load returns the view that Save wrote. The snapshot's own hash is checked
// before anything is read from it, and the list's root after. cfg must be that
// of the view that was saved, but for the session and the day, which the
// snapshot holds.
func Load(cfg Config, snapshot []byte) (*View, error) {
	const sum = sha256.Size
	if len(snapshot) < len(snapshotMagic)+sum || string(snapshot[:len(snapshotMagic)]) != snapshotMagic {
		return nil, fmt.Errorf("view: %w: it does not begin as one of this release", ErrSnapshot)
	}
	content := snapshot[:len(snapshot)-sum]
	if sha256.Sum256(content) != [sum]byte(snapshot[len(content):]) {
		return nil, fmt.Errorf("view: %w: its hash does not match, it is damaged or cut short", ErrSnapshot)
	}
	d := decoder{fixed.NewReader(content[len(snapshotMagic):])}
	w, err := d.writer(cfg)
	if err == nil {
		err = d.End()
	}
	if err != nil {
		return nil, fmt.Errorf("view: %w: %w", ErrSnapshot, err)
	}
	v := &View{cfg: cfg, w: w}
	v.cfg.Session = w.list.Mark.Session
	v.current.Store(w.list)
	return v, nil
}

// decoder reads what encoder wrote.
type decoder struct{ *fixed.Reader }

func (d *decoder) writer(cfg Config) (*writer, error) {
	if !d.CID().Equals(cfg.State.Federation()) {
		return nil, errors.New("it is of another federation")
	}
	ledger := &enacted.Fold{State: cfg.State}
	if ledger.Decode(d.Reader); d.Err() != nil {
		return nil, d.Err()
	}
	w, err := newWriter(cfg, ledger)
	if err != nil {
		return nil, err
	}
	d.list(w)
	return w, nil
}

func (d *decoder) list(w *writer) {
	l := w.list
	l.Mark.Session, l.Mark.Serial = d.U64(), d.U64()
	l.Mark.Day = taxonomy.Day(d.U32())
	root := merkle.Hash(d.Raw(merkle.HashSize))
	l.Cursor = d.U64()
	w.cursor = l.Cursor
	for _, c := range l.Tally.Kept() {
		*c = int(d.U64())
	}
	d.frozen(l)
	d.batches(w)
	speakers := make([]uint32, len(l.Batches))
	for i := range speakers {
		speakers[i] = l.Batches[i].Speaker
	}
	l.Undo = undo.Decode(d.Reader, speakers)
	l.Table = table.Decode(d.Reader, func(p *table.Place) { d.place(w, p) }, func(r *table.Row) { d.row(l, r) })
	l.ContestKeys = l.Table.KeysOf(assertion.KindContest)
	w.alarms = clock.DecodeAlarms(d.Reader)
	d.contests(w)
	w.accounts = undo.DecodeAccounts(d.Reader, &l.Undo)
	d.books(w)
	if d.Err() != nil {
		return
	}
	l.Hashes = merkle.Collect(l.TreeEntries())
	if l.Mark.Root = l.Hashes.Root(); l.Mark.Root != root {
		d.Fail("its entries give list root %s, it names %s", l.Mark.Root, root)
	}
}

func (d *decoder) frozen(l *List) {
	n := d.Count(keys.PublicSize + 8)
	same := n == len(l.Frozen)
	for range n {
		f := FeedEpoch{Issuer: keys.Public(d.Raw(keys.PublicSize)), Epoch: d.U64()}
		_, known := l.Frozen[f]
		same = same && known
	}
	if !same {
		d.Fail("another set of feeds is frozen")
	}
}

func (d *decoder) batches(w *writer) {
	l := w.list
	lost.Decode(l, d.Reader, w.lines.Lose)
	l.Batches = make([]list.Batch, d.Count(72))
	for i := range l.Batches {
		b := list.Batch{CID: d.CID(), Speaker: d.U32(), Cover: anchors.Cover(d.U32())}
		at := FeedEpoch{}
		if b.Speaker == list.Nobody {
			at.Issuer = keys.Public(d.Raw(keys.PublicSize))
			w.strangers[uint32(i)] = at.Issuer
		} else if int(b.Speaker) < len(l.Speakers) {
			at.Issuer = l.Speakers[b.Speaker].Key
		}
		b.DecodePlace(d.Reader)
		at.Epoch = b.Epoch
		if b.Speaker != list.Nobody && int(b.Speaker) >= len(l.Speakers) {
			d.Fail("batch %d is of no issuer", i)
		}
		if int(b.Cover) > len(l.Anchors) {
			d.Fail("batch %d is covered by anchor %d of %d", i, b.Cover, len(l.Anchors))
		}
		l.Batches[i] = b
		w.ordinals[b.CID] = uint32(i)
		w.lines.Apply(at, uint32(i), b.CID)
	}
	l.OwnKeys = make([]number.Range, d.Count(number.KeySize))
	for i := range l.OwnKeys {
		l.OwnKeys[i] = d.Key()
	}
}

// batch reads the ordinal of a batch.
func (d *decoder) batch(l *List) uint32 {
	n := d.U32()
	if int(n) >= len(l.Batches) {
		d.Fail("it names batch %d of %d", n, len(l.Batches))
	}
	return n
}

func (d *decoder) place(w *writer, p *table.Place) {
	w.list.Tally.Move(taxonomy.Entry{}, p.Entry)
	if p.Next != taxonomy.NeverDay {
		w.due[p.Next] = append(w.due[p.Next], p.Key)
	}
}

func (d *decoder) row(l *List, r *table.Row) {
	switch {
	case int(r.Batch) >= len(l.Batches):
		d.Fail("a statement is in batch %d of %d", r.Batch, len(l.Batches))
	case !l.Undo.Holds(r.UndoneBy):
		d.Fail("it names retraction %d of %d", r.UndoneBy, len(l.Undo.All))
	case l.Batches[r.Batch].Speaker == list.Nobody && !r.Void():
		d.Fail("a statement of no issuer counts")
	}
}

func (d *decoder) contests(w *writer) {
	w.list.DecodeTerms(d.Reader)
	for range d.Count(taxonomy.CIDSize + 4) {
		c := d.CID()
		all := make([]waiting, d.Count(table.RowSize+len(assertion.PublicationID{})))
		for i := range all {
			all[i].row.Decode(d.Reader)
			all[i].publication = assertion.PublicationID(d.Raw(len(all[i].publication)))
			d.row(w.list, &all[i].row)
		}
		w.answers[c] = all
	}
}

func (d *decoder) books(w *writer) {
	w.targets = undo.DecodeTargets(d.Reader, &w.list.Undo, len(w.list.Batches))
	for range d.Count(8) {
		ordinal := d.batch(w.list)
		of := make([]number.Range, d.Count(number.KeySize))
		for i := range of {
			of[i] = d.Key()
		}
		w.timed[ordinal] = of
		if d.Err() != nil {
			return
		}
		if b := &w.list.Batches[ordinal]; b.Cover != 0 {
			if _, ticked := w.list.TickOf(b); !ticked {
				w.unticked = append(w.unticked, ordinal)
			}
		}
	}
	for range d.Count(14) {
		key := spendKey{speaker: d.U32(), kind: assertion.Kind(d.U16())}
		w.spent[key] = spent{day: taxonomy.Day(d.U32()), count: d.U32()}
	}
}
