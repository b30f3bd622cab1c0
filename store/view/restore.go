package view

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
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
	d := decoder{b: content[len(snapshotMagic):]}
	d.writer(w)
	if d.err == nil && len(d.b) != 0 {
		d.fail("%d bytes too many", len(d.b))
	}
	if d.err != nil {
		return nil, fmt.Errorf("view: %w: %w", ErrSnapshot, d.err)
	}
	v := &View{cfg: cfg, w: w}
	v.cfg.Session = w.list.stamp.Session
	v.current.Store(w.list)
	return v, nil
}

// decoder reads what encoder wrote; the first error sticks and everything
// after it reads as zero. The bytes are hashed before, so that lengths are
// those that were written.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
	d.b = nil
}

func (d *decoder) raw(n int) []byte {
	if len(d.b) < n {
		d.fail("it ends too early")
		return make([]byte, n)
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) u8() uint8   { return d.raw(1)[0] }
func (d *decoder) u16() uint16 { return binary.BigEndian.Uint16(d.raw(2)) }
func (d *decoder) u32() uint32 { return binary.BigEndian.Uint32(d.raw(4)) }
func (d *decoder) u64() uint64 { return binary.BigEndian.Uint64(d.raw(8)) }

// count reads how many items of at least size bytes follow, bounded by what is
// left.
func (d *decoder) count(size int) int {
	n := int(d.u32())
	if n*size > len(d.b) {
		d.fail("%d items announced in %d bytes", n, len(d.b))
		return 0
	}
	return n
}

func (d *decoder) cid() cid.Cid {
	c, err := taxonomy.CIDFromBytes(d.raw(taxonomy.CIDSize))
	if err != nil {
		d.fail("%w", err)
	}
	return c
}

func (d *decoder) key() number.Range {
	k, err := number.RangeFromBytes([number.KeySize]byte(d.raw(number.KeySize)))
	if err != nil {
		d.fail("%w", err)
	}
	return k
}

func (d *decoder) writer(w *writer) {
	l := w.list
	if !d.cid().Equals(l.state.Federation()) || d.u64() != l.stamp.LedgerSize {
		d.fail("it is of another federation or charter")
		return
	}
	l.stamp.Session, l.stamp.Serial = d.u64(), d.u64()
	l.stamp.Day = taxonomy.Day(d.u32())
	root := merkle.Hash(d.raw(merkle.HashSize))
	l.cursor = d.u64()
	w.cursor = l.cursor
	for _, c := range l.counts.kept() {
		*c = int(d.u64())
	}
	d.frozen(l)
	d.batches(w)
	d.table(w)
	d.books(w)
	if d.err != nil {
		return
	}
	l.tree = merkle.Collect(l.treeEntries())
	if l.stamp.Root = l.tree.Root(); l.stamp.Root != root {
		d.fail("its entries give list root %s, it names %s", l.stamp.Root, root)
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
	n := d.count(keys.PublicSize + 8)
	same := n == len(l.frozen)
	for range n {
		f := FeedEpoch{Issuer: keys.Public(d.raw(keys.PublicSize)), Epoch: d.u64()}
		_, known := l.frozen[f]
		same = same && known
	}
	if !same {
		d.fail("another set of feeds is frozen")
	}
}

func (d *decoder) batches(w *writer) {
	l := w.list
	n := d.count(keys.PublicSize)
	same := n == len(l.speakers)
	for i := range n {
		key := keys.Public(d.raw(keys.PublicSize))
		same = same && l.speakers[i].key == key
	}
	if !same {
		d.fail("another roster of issuers is in force")
		return
	}
	l.batches = make([]batch, d.count(68))
	for i := range l.batches {
		b := batch{cid: d.cid(), speaker: d.u32(), epoch: d.u64(), sequence: d.u64(), time: int64(d.u64()), count: int32(d.u32())}
		if b.speaker != nobody && int(b.speaker) >= len(l.speakers) {
			d.fail("batch %d is of no issuer", i)
		}
		l.batches[i] = b
		w.ordinals[b.cid] = uint32(i)
	}
	l.undoings = make([]undoing, d.count(6))
	for i := range l.undoings {
		l.undoings[i] = undoing{batch: d.batch(l), index: d.u16()}
	}
	l.ownKeys = make([]number.Range, d.count(number.KeySize))
	for i := range l.ownKeys {
		l.ownKeys[i] = d.key()
	}
}

// batch reads the ordinal of a batch.
func (d *decoder) batch(l *List) uint32 {
	n := d.u32()
	if int(n) >= len(l.batches) {
		d.fail("it names batch %d of %d", n, len(l.batches))
	}
	return n
}

// undoneBy reads the ordinal of an undoing plus one, or zero.
func (d *decoder) undoneBy(l *List) uint32 {
	n := d.u32()
	if int(n) > len(l.undoings) {
		d.fail("it names retraction %d of %d", n, len(l.undoings))
	}
	return n
}

const (
	placeSize = number.KeySize + 4 + 4 + taxonomy.EntrySize
	rowSize   = 8 + 5*4 + 4*2 + 2
)

func (d *decoder) table(w *writer) {
	l := w.list
	l.table.chunks = make([]*chunk, 0, d.count(8))
	var last number.Range
	for range cap(l.table.chunks) {
		places, rows := int(d.u32()), int(d.u32())
		if places*placeSize+rows*rowSize > len(d.b) || places == 0 {
			d.fail("a run of %d keys and %d statements in %d bytes", places, rows, len(d.b))
			return
		}
		c := &chunk{places: make([]place, places), rows: make([]row, rows)}
		var end uint32
		for i := range c.places {
			p := &c.places[i]
			d.place(w, p)
			if p.end < end || int(p.end) > rows || p.key.Compare(last) <= 0 {
				d.fail("key %d of a run is out of order", i)
				return
			}
			end, last = p.end, p.key
		}
		for i := range c.rows {
			d.row(l, &c.rows[i])
		}
		if int(end) != rows {
			d.fail("a run has %d statements, its keys %d", rows, end)
			return
		}
		l.table.chunks = append(l.table.chunks, c)
		l.table.keys += c.keys()
		l.table.rows += rows
	}
}

func (d *decoder) place(w *writer, p *place) {
	p.key, p.next, p.end = d.key(), taxonomy.Day(d.u32()), d.u32()
	entry, err := taxonomyOf([taxonomy.EntrySize]byte(d.raw(taxonomy.EntrySize)))
	if err != nil {
		d.fail("%w", err)
	}
	p.entry = entry
	w.list.counts.move(taxonomy.Entry{}, entry)
	if p.next != taxonomy.NeverDay {
		w.due[p.next] = append(w.due[p.next], p.key)
	}
}

func (d *decoder) row(l *List, r *row) {
	*r = row{
		lastSeen: int64(d.u64()),
		batch:    d.batch(l),
		undoneBy: d.undoneBy(l),
		from:     taxonomy.Day(d.u32()), until: taxonomy.Day(d.u32()), since: taxonomy.Day(d.u32()),
		index: d.u16(), kind: assertion.Kind(d.u16()),
		category: taxonomy.Category(d.u16()), confidence: d.u16(),
		reason: Reason(d.u8()),
	}
	bits := d.u8()
	r.derived, r.own = bits&rowDerived != 0, bits&rowOwn != 0
	if d.err == nil && l.batches[r.batch].speaker == nobody && !r.void() {
		d.fail("a statement of no issuer counts")
	}
}

func (d *decoder) books(w *writer) {
	for range d.count(26) {
		key := deliveryKey{charter.MemberIndex(d.u16()), assertion.PublicationID(d.raw(len(assertion.PublicationID{})))}
		one := &delivery{undoneBy: d.undoneBy(w.list)}
		one.spans = make([]span, d.count(8))
		for i := range one.spans {
			one.spans[i] = span{d.batch(w.list), d.u16(), d.u16()}
		}
		w.deliveries[key] = one
	}
	for range d.count(taxonomy.CIDSize + 4) {
		target := d.cid()
		for range d.count(10) {
			u := undo{member: charter.MemberIndex(d.u16()), index: int32(d.u32()), undoneBy: d.undoneBy(w.list)}
			w.undone[target] = append(w.undone[target], u)
		}
	}
	for range d.count(keys.PublicSize + 16) {
		place := FeedEpoch{Issuer: keys.Public(d.raw(keys.PublicSize)), Epoch: d.u64()}
		w.next[place] = d.u64()
	}
	for range d.count(14) {
		key := spendKey{speaker: d.u32(), kind: assertion.Kind(d.u16())}
		w.spent[key] = spent{day: taxonomy.Day(d.u32()), count: d.u32()}
	}
}
