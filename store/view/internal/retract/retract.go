// Package retract finds what a retraction reaches: the statements of a target, the keys
// under which they are filed, and which of them come to something else when a retraction
// works sooner or later than it did.
//
// Keys are read from the batches. Where a batch cannot be read any more they are sought
// among the rows, which takes longer and tells the same: damage to what was said must not
// keep a member from undoing it, nor make it undo more or less here than elsewhere.
//
// Floor 5, a room of store/view.
package retract

import (
	"encoding/binary"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// Reach is what is here that may be retracted.
type Reach struct {
	List     *list.List
	Ordinals map[cid.Cid]uint32 // batches by CID
	Targets  *undo.Targets
}

// Found is a statement of a target.
type Found struct {
	Batch uint32
	Index uint16
	Keys  []number.Range // under which it is filed, if it is; good until the next is found
	// Row is its row, if it is a flag as the share counts them; else nil.
	Row    *table.Row
	Erased bool         // it has no opening here, and is counted as a flag, which most are
	Until  taxonomy.Day // when it ends, of flags and of what is erased
}

// Flag reports whether the share counts the statement.
func (f *Found) Flag() bool { return f.Row != nil || f.Erased }

// Within yields the statements of a run, in order.
func (r Reach) Within(s undo.Span) iter.Seq[Found] {
	return func(yield func(Found) bool) {
		slots, err := r.List.Source.Slots(r.List.Batches[s.Batch].CID)
		if err != nil {
			r.sought(s, yield)
			return
		}
		var keys []number.Range
		for i := int(s.First); i < len(slots) && i <= int(s.Last); i++ {
			one := Found{Batch: s.Batch, Index: uint16(i)}
			if said := slots[i].Statement(); said != nil {
				keys = r.keys(keys[:0], said)
				r.filed(&one, keys)
			} else {
				one.Until = slots[i].Expiry()
				one.Erased = one.Until != taxonomy.NeverDay // else it was a retraction
			}
			if !yield(one) {
				return
			}
		}
	}
}

// sought yields the statements of a run that have rows, for want of their batch.
func (r Reach) sought(s undo.Span, yield func(Found) bool) {
	keys := make(map[uint16][]number.Range)
	r.List.Table.Each(func(p *table.Place, row *table.Row) {
		if row.Batch == s.Batch && row.Index >= s.First && row.Index <= s.Last {
			keys[row.Index] = append(keys[row.Index], p.Key)
		}
	})
	for _, index := range slices.Sorted(maps.Keys(keys)) {
		one := Found{Batch: s.Batch, Index: index}
		r.filed(&one, keys[index])
		if !yield(one) {
			return
		}
	}
}

func (r Reach) filed(one *Found, keys []number.Range) {
	if one.Keys = keys; len(keys) == 0 {
		return
	}
	if one.Row = r.List.SharedRow(keys[0], one.Batch, one.Index); one.Row != nil {
		one.Until = one.Row.Until
	}
}

// keys appends the keys under which a statement is filed: those that it is about, and of
// an answer those of the contest.
func (r Reach) keys(to []number.Range, s *assertion.Statement) []number.Range {
	if key, ok := s.Key(); ok {
		for one := range key.Keys() {
			to = append(to, one)
		}
	}
	if s.Kind != assertion.KindAnswer {
		return to
	}
	if ref, err := taxonomy.RefFromBytes(s.Subject.Value); err == nil {
		if ordinal, held := r.Ordinals[ref.Batch]; held {
			to = append(to, r.List.KeysOf(ordinal, ref.Index, assertion.KindContest)...)
		}
	}
	return to
}

// One returns what undoes a single statement by its own name; 0 if nothing does. It is
// false when the statement has no row to tell.
func (r Reach) One(batch uint32, index uint16) (by undo.By, filed bool) {
	for one := range r.Within(undo.Span{Batch: batch, First: index, Last: index}) {
		for _, key := range one.Keys {
			_, rows := r.List.Table.Find(key)
			for i := range rows {
				if rows[i].Batch == batch && rows[i].Index == index {
					return r.List.Undo.OneOf(rows[i].UndoneBy), true
				}
			}
		}
	}
	return 0, false
}

// Moved adds the keys to edits where the undoings at some places make a difference that
// they did not make in an earlier book. It costs what differs, or the whole table where
// that is less.
func (r Reach) Moved(earlier *undo.Book, places []uint32, edits []table.Edit) []table.Edit {
	now := r.List.Clock()
	moved := r.List.Undo.Moved(earlier, places, now)
	spans, known := r.spans(moved)
	if !known || len(moved)*assertion.MaxStatements > r.List.Table.Rows {
		if len(moved) > 0 {
			edits = r.scan(earlier, edits)
		}
		return edits
	}
	for _, s := range spans {
		if !r.List.Undo.Differs(earlier, s.of, r.List.Batches[s.Batch].Speaker, now) {
			continue
		}
		for one := range r.Within(s.Span) {
			for _, key := range one.Keys {
				edits = append(edits, table.Edit{Key: key, Op: table.Touch, Row: table.Row{Batch: one.Batch, Index: one.Index}})
			}
		}
	}
	return edits
}

func (r Reach) scan(earlier *undo.Book, edits []table.Edit) []table.Edit {
	now := r.List.Clock()
	r.List.Table.Each(func(p *table.Place, row *table.Row) {
		if row.UndoneBy != 0 && r.List.Undo.Differs(earlier, row.UndoneBy, r.List.Batches[row.Batch].Speaker, now) {
			edits = append(edits, table.Edit{Key: p.Key, Op: table.Touch, Row: table.Row{Batch: row.Batch, Index: row.Index}})
		}
	})
	return edits
}

// part is a run of statements of a target.
type part struct {
	undo.Span
	of undo.By
}

// spans returns the statements of targets, by what their first retractions name; false
// when one of those cannot be read.
func (r Reach) spans(targets []undo.By) (all []part, known bool) {
	for _, of := range targets {
		first := &r.List.Undo.All[of-1]
		if int(first.Batch) >= len(r.List.Batches) {
			return nil, false
		}
		told := r.List.Read(&table.Row{Batch: first.Batch, Index: first.Index})
		body, ok := told.Body.(assertion.Retract)
		if !ok {
			return nil, false
		}
		if body.Kind == assertion.TargetPublication {
			key := undo.Key{Member: told.Member, Publication: assertion.PublicationID(body.Target)}
			for _, s := range r.Targets.Delivery(key).Spans {
				all = append(all, part{s, of})
			}
			continue
		}
		target, index, ok := Named(&body)
		ordinal, held := r.Ordinals[target]
		if !ok || !held {
			continue // of what is not here nothing differs
		}
		all = append(all, part{Span(ordinal, index), of})
	}
	return all, true
}

// Named returns the batch that a retraction names and the statement of it, or
// undo.WholeBatch; false when it names no such thing.
func Named(body *assertion.Retract) (cid.Cid, int32, bool) {
	if body.Kind == assertion.TargetPublication || len(body.Target) < taxonomy.CIDSize {
		return cid.Undef, 0, false
	}
	target, err := taxonomy.CIDFromBytes(body.Target[:taxonomy.CIDSize])
	switch {
	case err != nil:
		return cid.Undef, 0, false
	case body.Kind == assertion.TargetStatement:
		return target, int32(binary.BigEndian.Uint16(body.Target[taxonomy.CIDSize:])), true
	}
	return target, undo.WholeBatch, true
}

// Span returns a statement of a batch, or all of it.
func Span(batch uint32, index int32) undo.Span {
	if index == undo.WholeBatch {
		return undo.Span{Batch: batch, Last: math.MaxUint16}
	}
	return undo.Span{Batch: batch, First: uint16(index), Last: uint16(index)}
}
