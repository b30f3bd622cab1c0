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

// Name names a statement of a batch, or all of it, of a member.
type Name struct {
	Batch cid.Cid
	Part
}

// Part is that in a batch.
type Part struct {
	Member charter.MemberIndex
	Index  int32 // WholeBatch for all statements
}

// Targets are the publications, and what retractions named that is a whole batch or has no
// row, be it that it is not here yet.
type Targets struct {
	deliveries map[Key]Delivery
	named      map[cid.Cid]map[Part]By
	lives      map[By]Lives // of the batches and publications that were retracted
}

// NewTargets returns Targets that know of nothing.
func NewTargets() Targets {
	return Targets{make(map[Key]Delivery), make(map[cid.Cid]map[Part]By), make(map[By]Lives)}
}

// Clone returns targets that go their own way from here.
func (t *Targets) Clone() Targets {
	out := Targets{maps.Clone(t.deliveries), maps.Clone(t.named), maps.Clone(t.lives)}
	for key, d := range out.deliveries {
		d.Spans = slices.Clip(d.Spans)
		out.deliveries[key] = d
	}
	for batch, parts := range out.named {
		out.named[batch] = maps.Clone(parts)
	}
	for by, lives := range out.lives {
		out.lives[by] = slices.Clone(lives)
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
func (t *Targets) Retract(key Key, by By) {
	d := t.deliveries[key]
	d.By = by
	t.deliveries[key] = d
}

// Name notes what undoes what a retraction named.
func (t *Targets) Name(n Name, by By) {
	if t.named[n.Batch] == nil {
		t.named[n.Batch] = make(map[Part]By)
	}
	t.named[n.Batch][n.Part] = by
}

// Named returns what undoes what a retraction names, if it was noted.
func (t *Targets) Named(n Name) By { return t.named[n.Batch][n.Part] }

// By returns what undoes a statement of a publication.
func (t *Targets) By(n Name, publication assertion.PublicationID, b *Book) By {
	by := t.deliveries[Key{n.Member, publication}].By
	if parts := t.named[n.Batch]; parts != nil {
		by = b.Join(by, parts[n.Part])
		by = b.Join(by, parts[Part{n.Member, WholeBatch}])
	}
	return by
}

// Live adds to the flags of a target.
func (t *Targets) Live(of By, more Lives) {
	lives := t.lives[of]
	for _, one := range more {
		lives.Add(one.speaker, one.until, one.flags)
	}
	t.lives[of] = lives
}

// LiveAfter counts the flags of a target that an issuer said and that end after a day.
func (t *Targets) LiveAfter(of By, speaker uint32, day taxonomy.Day) uint32 {
	return t.lives[of].After(speaker, day)
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
		parts := slices.SortedFunc(maps.Keys(t.named[c]), func(a, b Part) int {
			return cmp.Or(cmp.Compare(a.Member, b.Member), cmp.Compare(a.Index, b.Index))
		})
		e.Raw(c.Bytes())
		e.U32(uint32(len(parts)))
		for _, p := range parts {
			e.U16(uint16(p.Member))
			e.U32(uint32(p.Index))
			e.U32(uint32(t.named[c][p]))
		}
	}
	e.U32(uint32(len(t.lives)))
	for _, by := range slices.Sorted(maps.Keys(t.lives)) {
		e.U32(uint32(by))
		e.U32(uint32(len(t.lives[by])))
		for _, one := range t.lives[by] {
			e.U32(one.speaker)
			e.U32(uint32(one.until))
			e.U32(one.flags)
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
			t.Name(Name{batch, Part{charter.MemberIndex(d.U16()), int32(d.U32())}}, by())
		}
	}
	for range d.Count(8) {
		of, lives := by(), Lives{}
		for range d.Count(12) {
			lives.Add(d.U32(), taxonomy.Day(d.U32()), d.U32())
		}
		t.lives[of] = lives
	}
	return t
}
