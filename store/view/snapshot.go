package view

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
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
	e := encoder{to: buffered, hash: sha256.New()}
	e.raw([]byte(snapshotMagic))
	e.writer(v.w)
	e.flush()
	if e.err == nil {
		_, e.err = buffered.Write(e.hash.Sum(nil))
	}
	if e.err == nil {
		e.err = buffered.Flush()
	}
	if e.err != nil {
		return fmt.Errorf("view: write snapshot: %w", e.err)
	}
	return nil
}

// encoder writes and hashes; the first error sticks.
type encoder struct {
	to   io.Writer
	hash hash.Hash
	buf  []byte
	err  error
}

func (e *encoder) flush() {
	if e.err == nil {
		e.hash.Write(e.buf)
		_, e.err = e.to.Write(e.buf)
	}
	e.buf = e.buf[:0]
}

func (e *encoder) raw(b []byte) {
	e.buf = append(e.buf, b...)
	if len(e.buf) >= 1<<16 {
		e.flush()
	}
}

func (e *encoder) u8(v uint8)   { e.buf = append(e.buf, v) }
func (e *encoder) u16(v uint16) { e.buf = binary.BigEndian.AppendUint16(e.buf, v) }
func (e *encoder) u32(v uint32) { e.buf = binary.BigEndian.AppendUint32(e.buf, v) }
func (e *encoder) u64(v uint64) {
	e.buf = binary.BigEndian.AppendUint64(e.buf, v)
	if len(e.buf) >= 1<<16 {
		e.flush()
	}
}

func (e *encoder) writer(w *writer) {
	l := w.list
	e.raw(l.state.Federation().Bytes())
	e.u64(l.stamp.LedgerSize)
	e.u64(l.stamp.Session)
	e.u64(l.stamp.Serial)
	e.u32(uint32(l.stamp.Day))
	e.raw(l.stamp.Root[:])
	e.u64(l.cursor)
	for _, c := range l.counts.kept() {
		e.u64(uint64(*c))
	}
	e.frozen(l)
	e.batches(l)
	e.table(&l.table)
	e.books(w)
}

func (e *encoder) frozen(l *List) {
	all := slices.SortedFunc(maps.Keys(l.frozen), FeedEpoch.compare)
	e.u32(uint32(len(all)))
	for _, f := range all {
		e.raw(f.Issuer[:])
		e.u64(f.Epoch)
	}
}

func (e *encoder) batches(l *List) {
	e.u32(uint32(len(l.speakers)))
	for i := range l.speakers {
		e.raw(l.speakers[i].key[:])
	}
	e.u32(uint32(len(l.batches)))
	for i := range l.batches {
		b := &l.batches[i]
		e.raw(b.cid.Bytes())
		e.u32(b.speaker)
		e.u64(b.epoch)
		e.u64(b.sequence)
		e.u64(uint64(b.time))
		e.u32(uint32(b.count))
	}
	e.u32(uint32(len(l.undoings)))
	for _, u := range l.undoings {
		e.u32(u.batch)
		e.u16(u.index)
	}
	e.u32(uint32(len(l.ownKeys)))
	for _, k := range l.ownKeys {
		e.key(k)
	}
}

func (e *encoder) key(k number.Range) {
	b := k.Bytes()
	e.raw(b[:])
}

func (e *encoder) table(t *table) {
	e.u32(uint32(len(t.chunks)))
	for _, c := range t.chunks {
		e.u32(uint32(len(c.places)))
		e.u32(uint32(len(c.rows)))
		for i := range c.places {
			p := &c.places[i]
			entry := p.entry.Bytes()
			e.key(p.key)
			e.u32(uint32(p.next))
			e.u32(p.end)
			e.raw(entry[:])
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
	e.u64(uint64(r.lastSeen))
	e.u32(r.batch)
	e.u32(r.undoneBy)
	e.u32(uint32(r.from))
	e.u32(uint32(r.until))
	e.u32(uint32(r.since))
	e.u16(r.index)
	e.u16(uint16(r.kind))
	e.u16(uint16(r.category))
	e.u16(r.confidence)
	e.u8(uint8(r.reason))
	var bits uint8
	if r.derived {
		bits |= rowDerived
	}
	if r.own {
		bits |= rowOwn
	}
	e.u8(bits)
}

func (e *encoder) books(w *writer) {
	deliveries := slices.SortedFunc(maps.Keys(w.deliveries), func(a, b deliveryKey) int {
		return cmp.Or(cmp.Compare(a.member, b.member), bytes.Compare(a.publication[:], b.publication[:]))
	})
	e.u32(uint32(len(deliveries)))
	for _, k := range deliveries {
		d := w.deliveries[k]
		e.u16(uint16(k.member))
		e.raw(k.publication[:])
		e.u32(d.undoneBy)
		e.u32(uint32(len(d.spans)))
		for _, s := range d.spans {
			e.u32(s.batch)
			e.u16(s.first)
			e.u16(s.last)
		}
	}
	targets := slices.SortedFunc(maps.Keys(w.undone), func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	e.u32(uint32(len(targets)))
	for _, c := range targets {
		e.raw(c.Bytes())
		e.u32(uint32(len(w.undone[c])))
		for _, u := range w.undone[c] {
			e.u16(uint16(u.member))
			e.u32(uint32(u.index))
			e.u32(u.undoneBy)
		}
	}
	places := slices.SortedFunc(maps.Keys(w.next), FeedEpoch.compare)
	e.u32(uint32(len(places)))
	for _, p := range places {
		e.raw(p.Issuer[:])
		e.u64(p.Epoch)
		e.u64(w.next[p])
	}
	quotas := slices.SortedFunc(maps.Keys(w.spent), func(a, b spendKey) int {
		return cmp.Or(cmp.Compare(a.speaker, b.speaker), cmp.Compare(a.kind, b.kind))
	})
	e.u32(uint32(len(quotas)))
	for _, k := range quotas {
		e.u32(k.speaker)
		e.u16(uint16(k.kind))
		e.u32(uint32(w.spent[k].day))
		e.u32(w.spent[k].count)
	}
}

// taxonomyOf decodes five bytes of which zero ones are no entry.
func taxonomyOf(b [taxonomy.EntrySize]byte) (taxonomy.Entry, error) {
	if b == ([taxonomy.EntrySize]byte{}) {
		return taxonomy.Entry{}, nil
	}
	return taxonomy.EntryFromBytes(b)
}
