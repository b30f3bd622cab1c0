package undo

import (
	"bytes"
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
)

// Key names a publication of a member.
type Key struct {
	Member      charter.MemberIndex
	Publication assertion.PublicationID
}

// Span is a run of neighbouring statements of one batch.
type Span struct {
	Batch       uint32
	First, Last uint16
}

// Delivery is what is held of a publication, and what undoes all of it.
type Delivery struct {
	Spans []Span
	By    By
}

// WholeBatch is the index of what names all statements of a batch.
const WholeBatch = -1

// Named says that a member retracted a statement of a batch, or all of it.
type Named struct {
	Batch  cid.Cid
	Member charter.MemberIndex
	Index  int32 // WholeBatch for all statements
	By     By
}

// Targets are the publications, and the batches that were retracted before they came.
type Targets struct {
	deliveries map[Key]Delivery
	named      map[cid.Cid][]Named
}

// NewTargets returns Targets that know of nothing.
func NewTargets() Targets {
	return Targets{make(map[Key]Delivery), make(map[cid.Cid][]Named)}
}

// Clone returns targets that go their own way from here.
func (t *Targets) Clone() Targets {
	out := Targets{maps.Clone(t.deliveries), maps.Clone(t.named)}
	for key, d := range out.deliveries {
		d.Spans = slices.Clip(d.Spans)
		out.deliveries[key] = d
	}
	for batch, all := range out.named {
		out.named[batch] = slices.Clip(all)
	}
	return out
}

// Delivery returns what is held of a publication.
func (t *Targets) Delivery(key Key) Delivery { return t.deliveries[key] }

// Of yields the publications of a member, in no order.
func (t *Targets) Of(member charter.MemberIndex) iter.Seq2[assertion.PublicationID, Delivery] {
	return func(yield func(assertion.PublicationID, Delivery) bool) {
		for key, d := range t.deliveries {
			if key.Member == member && !yield(key.Publication, d) {
				return
			}
		}
	}
}

// Deliver notes that statements belong to a publication.
func (t *Targets) Deliver(key Key, s Span) {
	d := t.deliveries[key]
	d.Spans = append(d.Spans, s)
	t.deliveries[key] = d
}

// Retract notes what undoes a publication.
func (t *Targets) Retract(key Key, by By, b *Book) {
	d := t.deliveries[key]
	d.By = b.Join(d.By, by)
	t.deliveries[key] = d
}

// Name notes what a retraction named that was not here.
func (t *Targets) Name(n Named) { t.named[n.Batch] = append(t.named[n.Batch], n) }

// By returns what undoes a statement of a publication.
func (t *Targets) By(batch cid.Cid, index uint16, key Key, b *Book) By {
	by := t.deliveries[key].By
	for _, n := range t.named[batch] {
		if n.Names(batch, index, key.Member) {
			by = b.Join(by, n.By)
		}
	}
	return by
}

// Names reports whether n names a statement of a member.
func (n *Named) Names(batch cid.Cid, index uint16, member charter.MemberIndex) bool {
	return n.Batch == batch && n.Member == member && (n.Index == WholeBatch || n.Index == int32(index))
}

// Encode writes the targets.
func (t *Targets) Encode(e *fixed.Writer) {
	deliveries := slices.SortedFunc(maps.Keys(t.deliveries), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Member, b.Member), bytes.Compare(a.Publication[:], b.Publication[:]))
	})
	e.U32(uint32(len(deliveries)))
	for _, k := range deliveries {
		d := t.deliveries[k]
		e.U16(uint16(k.Member))
		e.Raw(k.Publication[:])
		e.U32(uint32(d.By))
		e.U32(uint32(len(d.Spans)))
		for _, s := range d.Spans {
			e.U32(s.Batch)
			e.U16(s.First)
			e.U16(s.Last)
		}
	}
	batches := slices.SortedFunc(maps.Keys(t.named), func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	e.U32(uint32(len(batches)))
	for _, c := range batches {
		e.Raw(c.Bytes())
		e.U32(uint32(len(t.named[c])))
		for _, n := range t.named[c] {
			e.U16(uint16(n.Member))
			e.U32(uint32(n.Index))
			e.U32(uint32(n.By))
		}
	}
}

// DecodeTargets reads what Encode wrote, with a book of undoings and so many batches.
func DecodeTargets(d *fixed.Reader, b *Book, batches int) Targets {
	t := NewTargets()
	by := func() By {
		by := By(d.U32())
		if !b.Holds(by) {
			d.Fail("it names retraction %d of %d", by, len(b.All))
		}
		return by
	}
	for range d.Count(26) {
		key := Key{charter.MemberIndex(d.U16()), assertion.PublicationID(d.Raw(len(assertion.PublicationID{})))}
		one := Delivery{By: by(), Spans: make([]Span, d.Count(8))}
		for i := range one.Spans {
			one.Spans[i] = Span{d.U32(), d.U16(), d.U16()}
			if n := one.Spans[i].Batch; int(n) >= batches {
				d.Fail("it names batch %d of %d", n, batches)
			}
		}
		t.deliveries[key] = one
	}
	for range d.Count(taxonomy.CIDSize + 4) {
		batch := d.CID()
		for range d.Count(10) {
			t.Name(Named{Batch: batch, Member: charter.MemberIndex(d.U16()), Index: int32(d.U32()), By: by()})
		}
	}
	return t
}
