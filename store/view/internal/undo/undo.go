// Package undo remembers what was retracted by which statement, and from when on.
//
// Several retractions may name one statement, and each may have to wait: so what
// undoes a statement is a set, and which of them came first never matters.
//
// Floor 5, a room of store/view.
package undo

import (
	"iter"
	"maps"
)

// By is what undoes a statement: 0 nothing, else one undoing or several.
type By uint32

// several marks a By of which the rest is the place in Book.pairs.
const several By = 1 << 31

// Undoing is a retract statement that retracts something.
type Undoing struct {
	Batch uint32 // ordinal of its batch
	Index uint16 // in it
	// Alone says that it names one statement, of another feed than its own.
	Alone bool
	// Own counts the flags of its own feed that it undoes, those too that another undid,
	// and Live the live ones that the feed had before it.
	Own, Live uint32
}

// Said is what a batch said of a target that it retracts. Said again in the same batch it
// never works sooner than the first time, so that it is written nowhere else: a target may
// be millions of statements.
type Said struct {
	Place   int  // among the batch's undoings
	Foreign bool // the target is another member's
}

// Hold says when an undoing works, in Unix seconds: at once where it is 0.
type Hold struct {
	Own    int64 // on its own feed
	Across int64 // on the other feeds of its member
}

// Never is when an undoing works that waits for an anchor.
const Never = 1<<63 - 1

// Book is all undoings. A copy stays as it is while the original grows.
type Book struct {
	All   []Undoing
	pairs []pair
	last  joined          // what was joined last: the rows of a delivery are undone alike, one after the other
	held  map[uint32]Hold // by place in All: those that wait or waited
}

type pair struct{ one, rest By }

type joined struct{ by, more, out By }

// ByNext returns the By of the undoing that is added after so many others.
func (b *Book) ByNext(others int) By { return By(len(b.All) + others + 1) }

// Add appends undoings.
func (b *Book) Add(more ...Undoing) { b.All = append(b.All, more...) }

// Clip makes what is appended later go elsewhere.
func (b *Book) Clip() {
	b.All = b.All[:len(b.All):len(b.All)]
	b.pairs = b.pairs[:len(b.pairs):len(b.pairs)]
}

// Join returns what undoes a statement by either.
func (b *Book) Join(by, more By) By {
	switch {
	case by == 0:
		return more
	case by == b.last.by && more == b.last.more:
		return b.last.out
	case more == 0 || b.has(by, more):
		return by
	case more&several != 0:
		for one := range b.each(more) {
			by = b.Join(by, one)
		}
		return by
	}
	b.pairs = append(b.pairs, pair{more, by})
	b.last = joined{by, more, several | By(len(b.pairs)-1)}
	return b.last.out
}

func (b *Book) has(by, one By) bool {
	for each := range b.each(by) {
		if each == one {
			return true
		}
	}
	return false
}

// each yields the single undoings of by.
func (b *Book) each(by By) func(func(By) bool) {
	return func(yield func(By) bool) {
		for by&several != 0 {
			p := b.pairs[by&^several]
			if !yield(p.one) {
				return
			}
			by = p.rest
		}
		if by != 0 {
			yield(by)
		}
	}
}

// Each calls fn with the place in All of each undoing of by until it returns false.
func (b *Book) Each(by By, fn func(place uint32) bool) {
	for one := range b.each(by) {
		if !fn(uint32(one) - 1) {
			return
		}
	}
}

// Hold returns when the undoing at a place works.
func (b *Book) Hold(place uint32) Hold { return b.held[place] }

// Holding reports whether any undoing waits or waited.
func (b *Book) Holding() bool { return len(b.held) > 0 }

// SetHolds puts when undoings work in place of what was, and returns whose changed.
func (b *Book) SetHolds(holds map[uint32]Hold) (changed map[uint32]struct{}) {
	for place, h := range holds {
		if b.held[place] == h {
			continue
		}
		if changed == nil {
			changed = make(map[uint32]struct{})
			b.held = maps.Clone(b.held)
			if b.held == nil {
				b.held = make(map[uint32]Hold)
			}
		}
		changed[place] = struct{}{}
		if h == (Hold{}) {
			delete(b.held, place)
		} else {
			b.held[place] = h
		}
	}
	return changed
}

// Undone reports whether any undoing of by works at a time, in Unix seconds. own tells
// whether a batch is of the same feed as the statement.
func (b *Book) Undone(by By, now int64, own func(batch uint32) bool) bool {
	for range b.Working(by, now, own) {
		return true
	}
	return false
}

// Working yields the places of the undoings of by that work at a time, in Unix seconds.
func (b *Book) Working(by By, now int64, own func(batch uint32) bool) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for one := range b.each(by) {
			place := uint32(one) - 1
			if len(b.held) > 0 {
				from := b.held[place].Across
				if own(b.All[place].Batch) {
					from = b.held[place].Own
				}
				if from > now {
					continue
				}
			}
			if !yield(place) {
				return
			}
		}
	}
}

// Next returns the next time after now, in Unix seconds, from which by undoes more of a
// statement than before; 0 if none is known.
func (b *Book) Next(by By, now int64, own func(batch uint32) bool) (next int64) {
	if len(b.held) == 0 {
		return 0
	}
	for one := range b.each(by) {
		place := uint32(one) - 1
		from := b.held[place].Across
		if own(b.All[place].Batch) {
			from = b.held[place].Own
		}
		if from > now && from != Never && (next == 0 || from < next) {
			next = from
		}
	}
	return next
}
