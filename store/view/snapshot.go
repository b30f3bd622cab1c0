package view

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
)

// A snapshot is the view's memory written down, so that a restart need not
// replay: a magic line, everything in fixed-width big-endian integers, and the
// SHA-256 of all before it. It is this node's own cache and no format of the
// federation: another release may refuse it and replay. The hash finds damage;
// a snapshot is never taken from another node.
const snapshotMagic = "ringfence view snapshot 2\n"

// Save writes a snapshot of the view as it stands. The view does not change
// meanwhile; readers go on.
func (v *View) Save(to io.Writer) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	buffered := bufio.NewWriterSize(to, 1<<20)
	e := encoder{fixed.NewWriter(buffered)}
	e.Raw([]byte(snapshotMagic))
	e.writer(v.w)
	err := e.Sum()
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("view: write snapshot: %w", err)
	}
	return nil
}

// encoder writes a view in fixed widths.
type encoder struct{ *fixed.Writer }

func (e *encoder) writer(w *writer) {
	l := w.list
	e.Raw(l.state.Federation().Bytes())
	e.U64(l.stamp.LedgerSize)
	e.U64(l.stamp.Session)
	e.U64(l.stamp.Serial)
	e.U32(uint32(l.stamp.Day))
	e.Raw(l.stamp.Root[:])
	e.U64(l.cursor)
	for _, c := range l.counts.kept() {
		e.U64(uint64(*c))
	}
	e.frozen(l)
	e.batches(l)
	e.table(&l.table)
	e.books(w)
}

func (e *encoder) frozen(l *List) {
	all := slices.SortedFunc(maps.Keys(l.frozen), FeedEpoch.compare)
	e.U32(uint32(len(all)))
	for _, f := range all {
		e.Raw(f.Issuer[:])
		e.U64(f.Epoch)
	}
}

func (e *encoder) batches(l *List) {
	e.U32(uint32(len(l.speakers)))
	for i := range l.speakers {
		e.Raw(l.speakers[i].key[:])
	}
	e.U32(uint32(len(l.batches)))
	for i := range l.batches {
		b := &l.batches[i]
		e.Raw(b.cid.Bytes())
		e.U32(b.speaker)
		e.U64(b.epoch)
		e.U64(b.sequence)
		e.U64(uint64(b.time))
		e.U32(uint32(b.count))
	}
	e.U32(uint32(len(l.undoings)))
	for _, u := range l.undoings {
		e.U32(u.batch)
		e.U16(u.index)
	}
	e.U32(uint32(len(l.ownKeys)))
	for _, k := range l.ownKeys {
		e.Key(k)
	}
}

func (e *encoder) table(t *table) {
	e.U32(uint32(len(t.chunks)))
	for _, c := range t.chunks {
		e.U32(uint32(len(c.places)))
		e.U32(uint32(len(c.rows)))
		for i := range c.places {
			p := &c.places[i]
			entry := p.entry.Bytes()
			e.Key(p.key)
			e.U32(uint32(p.next))
			e.U32(p.end)
			e.Raw(entry[:])
		}
		for i := range c.rows {
			e.row(&c.rows[i])
		}
	}
}

const (
	rowDerived = 1 << 0
	rowOwn     = 1 << 1
)

func (e *encoder) row(r *row) {
	e.U64(uint64(r.lastSeen))
	e.U32(r.batch)
	e.U32(r.undoneBy)
	e.U32(uint32(r.from))
	e.U32(uint32(r.until))
	e.U32(uint32(r.since))
	e.U16(r.index)
	e.U16(uint16(r.kind))
	e.U16(uint16(r.category))
	e.U16(r.confidence)
	e.U8(uint8(r.reason))
	var bits uint8
	if r.derived {
		bits |= rowDerived
	}
	if r.own {
		bits |= rowOwn
	}
	e.U8(bits)
}

func (e *encoder) books(w *writer) {
	deliveries := slices.SortedFunc(maps.Keys(w.deliveries), func(a, b deliveryKey) int {
		return cmp.Or(cmp.Compare(a.member, b.member), bytes.Compare(a.publication[:], b.publication[:]))
	})
	e.U32(uint32(len(deliveries)))
	for _, k := range deliveries {
		d := w.deliveries[k]
		e.U16(uint16(k.member))
		e.Raw(k.publication[:])
		e.U32(d.undoneBy)
		e.U32(uint32(len(d.spans)))
		for _, s := range d.spans {
			e.U32(s.batch)
			e.U16(s.first)
			e.U16(s.last)
		}
	}
	targets := slices.SortedFunc(maps.Keys(w.undone), func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	e.U32(uint32(len(targets)))
	for _, c := range targets {
		e.Raw(c.Bytes())
		e.U32(uint32(len(w.undone[c])))
		for _, u := range w.undone[c] {
			e.U16(uint16(u.member))
			e.U32(uint32(u.index))
			e.U32(u.undoneBy)
		}
	}
	places := slices.SortedFunc(maps.Keys(w.next), FeedEpoch.compare)
	e.U32(uint32(len(places)))
	for _, p := range places {
		e.Raw(p.Issuer[:])
		e.U64(p.Epoch)
		e.U64(w.next[p])
	}
	quotas := slices.SortedFunc(maps.Keys(w.spent), func(a, b spendKey) int {
		return cmp.Or(cmp.Compare(a.speaker, b.speaker), cmp.Compare(a.kind, b.kind))
	})
	e.U32(uint32(len(quotas)))
	for _, k := range quotas {
		e.U32(k.speaker)
		e.U16(uint16(k.kind))
		e.U32(uint32(w.spent[k].day))
		e.U32(w.spent[k].count)
	}
}

// taxonomyOf decodes five bytes of which zero ones are no entry.
func taxonomyOf(b [taxonomy.EntrySize]byte) (taxonomy.Entry, error) {
	if b == ([taxonomy.EntrySize]byte{}) {
		return taxonomy.Entry{}, nil
	}
	return taxonomy.EntryFromBytes(b)
}
