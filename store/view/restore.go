package view

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
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
	w, err := newWriter(cfg)
	if err != nil {
		return nil, err
	}
	d := decoder{fixed.NewReader(content[len(snapshotMagic):])}
	d.writer(w)
	if err := d.End(); err != nil {
		return nil, fmt.Errorf("view: %w: %w", ErrSnapshot, err)
	}
	v := &View{cfg: cfg, w: w}
	v.cfg.Session = w.list.stamp.Session
	v.current.Store(w.list)
	return v, nil
}

// decoder reads what encoder wrote.
type decoder struct{ *fixed.Reader }

func (d *decoder) writer(w *writer) {
	l := w.list
	if !d.CID().Equals(l.state.Federation()) || d.U64() != l.stamp.LedgerSize {
		d.Fail("it is of another federation or charter")
		return
	}
	l.stamp.Session, l.stamp.Serial = d.U64(), d.U64()
	l.stamp.Day = taxonomy.Day(d.U32())
	root := merkle.Hash(d.Raw(merkle.HashSize))
	l.cursor = d.U64()
	w.cursor = l.cursor
	for _, c := range l.counts.kept() {
		*c = int(d.U64())
	}
	d.frozen(l)
	d.batches(w)
	d.table(w)
	d.books(w)
	if d.Err() != nil {
		return
	}
	l.tree = merkle.Collect(l.treeEntries())
	if l.stamp.Root = l.tree.Root(); l.stamp.Root != root {
		d.Fail("its entries give list root %s, it names %s", l.stamp.Root, root)
	}
}

// treeEntries yields the listed places as the tree holds them.
func (l *List) treeEntries() iter.Seq2[merkle.Key, merkle.Value] {
	return func(yield func(merkle.Key, merkle.Value) bool) {
		for key, entry := range l.All() {
			if !yield(merkle.Key{First: key.First().Uint64(), Free: uint8(key.Free())}, entry.Bytes()) {
				return
			}
		}
	}
}

func (d *decoder) frozen(l *List) {
	n := d.Count(keys.PublicSize + 8)
	same := n == len(l.frozen)
	for range n {
		f := FeedEpoch{Issuer: keys.Public(d.Raw(keys.PublicSize)), Epoch: d.U64()}
		_, known := l.frozen[f]
		same = same && known
	}
	if !same {
		d.Fail("another set of feeds is frozen")
	}
}

func (d *decoder) batches(w *writer) {
	l := w.list
	n := d.Count(keys.PublicSize)
	same := n == len(l.speakers)
	for i := range n {
		key := keys.Public(d.Raw(keys.PublicSize))
		same = same && l.speakers[i].key == key
	}
	if !same {
		d.Fail("another roster of issuers is in force")
		return
	}
	l.batches = make([]batch, d.Count(68))
	for i := range l.batches {
		b := batch{cid: d.CID(), speaker: d.U32(), epoch: d.U64(), sequence: d.U64(), time: int64(d.U64()), count: int32(d.U32())}
		if b.speaker != nobody && int(b.speaker) >= len(l.speakers) {
			d.Fail("batch %d is of no issuer", i)
		}
		l.batches[i] = b
		w.ordinals[b.cid] = uint32(i)
	}
	l.undoings = make([]undoing, d.Count(6))
	for i := range l.undoings {
		l.undoings[i] = undoing{batch: d.batch(l), index: d.U16()}
	}
	l.ownKeys = make([]number.Range, d.Count(number.KeySize))
	for i := range l.ownKeys {
		l.ownKeys[i] = d.Key()
	}
}

// batch reads the ordinal of a batch.
func (d *decoder) batch(l *List) uint32 {
	n := d.U32()
	if int(n) >= len(l.batches) {
		d.Fail("it names batch %d of %d", n, len(l.batches))
	}
	return n
}

// undoneBy reads the ordinal of an undoing plus one, or zero.
func (d *decoder) undoneBy(l *List) uint32 {
	n := d.U32()
	if int(n) > len(l.undoings) {
		d.Fail("it names retraction %d of %d", n, len(l.undoings))
	}
	return n
}

const (
	placeSize = number.KeySize + 4 + 4 + taxonomy.EntrySize
	rowSize   = 8 + 5*4 + 4*2 + 2
)

func (d *decoder) table(w *writer) {
	l := w.list
	l.table.chunks = make([]*chunk, 0, d.Count(8))
	var last number.Range
	for range cap(l.table.chunks) {
		places, rows := int(d.U32()), int(d.U32())
		if places*placeSize+rows*rowSize > d.Left() || places == 0 {
			d.Fail("a run of %d keys and %d statements in %d bytes", places, rows, d.Left())
			return
		}
		c := &chunk{places: make([]place, places), rows: make([]row, rows)}
		var end uint32
		for i := range c.places {
			p := &c.places[i]
			d.place(w, p)
			if p.end < end || int(p.end) > rows || p.key.Compare(last) <= 0 {
				d.Fail("key %d of a run is out of order", i)
				return
			}
			end, last = p.end, p.key
		}
		for i := range c.rows {
			d.row(l, &c.rows[i])
		}
		if int(end) != rows {
			d.Fail("a run has %d statements, its keys %d", rows, end)
			return
		}
		l.table.chunks = append(l.table.chunks, c)
		l.table.keys += c.keys()
		l.table.rows += rows
	}
}

func (d *decoder) place(w *writer, p *place) {
	p.key, p.next, p.end = d.Key(), taxonomy.Day(d.U32()), d.U32()
	entry, err := taxonomyOf([taxonomy.EntrySize]byte(d.Raw(taxonomy.EntrySize)))
	if err != nil {
		d.Fail("%w", err)
	}
	p.entry = entry
	w.list.counts.move(taxonomy.Entry{}, entry)
	if p.next != taxonomy.NeverDay {
		w.due[p.next] = append(w.due[p.next], p.key)
	}
}

func (d *decoder) row(l *List, r *row) {
	*r = row{
		lastSeen: int64(d.U64()),
		batch:    d.batch(l),
		undoneBy: d.undoneBy(l),
		from:     taxonomy.Day(d.U32()), until: taxonomy.Day(d.U32()), since: taxonomy.Day(d.U32()),
		index: d.U16(), kind: assertion.Kind(d.U16()),
		category: taxonomy.Category(d.U16()), confidence: d.U16(),
		reason: Reason(d.U8()),
	}
	bits := d.U8()
	r.derived, r.own = bits&rowDerived != 0, bits&rowOwn != 0
	if d.Err() == nil && l.batches[r.batch].speaker == nobody && !r.void() {
		d.Fail("a statement of no issuer counts")
	}
}

func (d *decoder) books(w *writer) {
	for range d.Count(26) {
		key := deliveryKey{charter.MemberIndex(d.U16()), assertion.PublicationID(d.Raw(len(assertion.PublicationID{})))}
		one := &delivery{undoneBy: d.undoneBy(w.list)}
		one.spans = make([]span, d.Count(8))
		for i := range one.spans {
			one.spans[i] = span{d.batch(w.list), d.U16(), d.U16()}
		}
		w.deliveries[key] = one
	}
	for range d.Count(taxonomy.CIDSize + 4) {
		target := d.CID()
		for range d.Count(10) {
			u := undo{member: charter.MemberIndex(d.U16()), index: int32(d.U32()), undoneBy: d.undoneBy(w.list)}
			w.undone[target] = append(w.undone[target], u)
		}
	}
	for range d.Count(keys.PublicSize + 16) {
		place := FeedEpoch{Issuer: keys.Public(d.Raw(keys.PublicSize)), Epoch: d.U64()}
		w.next[place] = d.U64()
	}
	for range d.Count(14) {
		key := spendKey{speaker: d.U32(), kind: assertion.Kind(d.U16())}
		w.spent[key] = spent{day: taxonomy.Day(d.U32()), count: d.U32()}
	}
}
