// Package undo remembers what was retracted by which statement, and from when on.
//
// A target (a publication, a batch or one statement) may be retracted many times, and each
// retraction may have to wait: so what undoes a target is a set, and which of them came
// first never matters. Rows name the targets they are of, by the first retraction of each,
// and the set is kept once: a further retraction costs the same whatever the target holds,
// and however often it was retracted before.
//
// Floor 5, a room of store/view.
package undo

import (
	"iter"
	"slices"

	"ringfence/store/view/internal/sparse"
)

// By is what undoes a statement: 0 nothing, else one target that was retracted, named by
// its first undoing, or several.
type By uint32

// several marks a By of which the rest is the place in Book.pairs.
const several By = 1 << 31

// Undoing is a retract statement that retracts something.
type Undoing struct {
	Batch   uint32 // ordinal of its batch
	Speaker uint32 // of that
	// Of is the first undoing of its target, which may be itself; 0 when it undoes nothing,
	// the target being another member's or retracted in its batch before.
	Of By
	// Own counts the flags of its own feed that it undoes, those too that another undid,
	// and Live the live ones that the feed had before it.
	Own, Live uint32
	Index     uint16 // in its batch
	// Alone says that it names one statement, of another feed than its own.
	Alone bool
	One   bool // it names one statement
}

// Said is what a batch said of a target that it retracts. Said again in the same batch it
// never works sooner than the first time, so that it is written nowhere else.
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

func (h Hold) on(own bool) int64 {
	if own {
		return h.Own
	}
	return h.Across
}

func (h Hold) sooner(o Hold) Hold { return Hold{min(h.Own, o.Own), min(h.Across, o.Across)} }

// Placed is when the undoing at a place in Book.All works.
type Placed struct {
	Place uint32
	Hold
}

// Book is all undoings. A copy stays as it is while the original grows.
type Book struct {
	All     []Undoing
	pairs   []pair
	last    joined             // what was joined last: the rows of a delivery are undone alike, one after the other
	held    sparse.Array[Hold] // by place in All
	waiting int                // how many of them wait or waited

	voices sparse.Array[[]voice] // by place of a target's first undoing: who undid what was retracted more than once
	before sparse.Array[uint32]  // by place: the By of the undoing of the same target and speaker before it
}

// voice is all undoings of one target by one issuer.
type voice struct {
	speaker uint32
	last    uint32 // place of the last
	works   Hold   // the soonest
}

type pair struct{ one, rest By }

type joined struct{ by, more, out By }

// ByNext returns the By of the undoing that is added after so many others.
func (b *Book) ByNext(others int) By { return By(len(b.All) + others + 1) }

// Add appends undoings. Those of targets that were retracted before work at once or, if
// they wait, never, until SetHolds says when they do.
func (b *Book) Add(wait bool, more ...Undoing) {
	for i := range more {
		place := uint32(len(b.All))
		b.All = append(b.All, more[i])
		if !more[i].again(place) {
			continue
		}
		hold := Hold{}
		if wait {
			hold = Hold{Own: Never, Across: Never}
			b.put(place, hold)
		}
		b.enter(place, hold)
	}
}

// again reports whether the undoing at a place is of a target that was retracted before.
func (u *Undoing) again(place uint32) bool { return u.Of != 0 && uint32(u.Of) <= place }

// enter adds the undoing at a place to those of its target.
func (b *Book) enter(place uint32, works Hold) {
	u := &b.All[place]
	first := uint32(u.Of) - 1
	all := slices.Clone(b.voices.At(first))
	if all == nil {
		all = []voice{b.alone(first)}
	}
	if i := voiceOf(all, u.Speaker); i < 0 {
		all = append(all, voice{u.Speaker, place, works})
	} else {
		b.before = b.before.With(place, all[i].last+1)
		all[i].last, all[i].works = place, all[i].works.sooner(works)
	}
	b.voices = b.voices.With(first, all)
}

// alone is the voice of the only undoing of a target.
func (b *Book) alone(first uint32) voice {
	return voice{b.All[first].Speaker, first, b.held.At(first)}
}

func voiceOf(all []voice, speaker uint32) int {
	return slices.IndexFunc(all, func(v voice) bool { return v.speaker == speaker })
}

// each yields the voices of one target.
func (b *Book) each(one By) iter.Seq[voice] {
	return func(yield func(voice) bool) {
		first := uint32(one) - 1
		all := b.voices.At(first)
		if all == nil {
			yield(b.alone(first))
			return
		}
		for _, v := range all {
			if !yield(v) {
				return
			}
		}
	}
}

// places yields the places of a voice, the last first.
func (b *Book) places(v voice) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for by := v.last + 1; by != 0 && yield(by-1); {
			by = b.before.At(by - 1)
		}
	}
}

// Clip makes what is appended later go elsewhere.
func (b *Book) Clip() { b.All, b.pairs = slices.Clip(b.All), slices.Clip(b.pairs) }

// Join returns what undoes a statement of the targets of either.
func (b *Book) Join(by, more By) By {
	switch {
	case by == 0:
		return more
	case by == b.last.by && more == b.last.more:
		return b.last.out
	case more == 0 || b.has(by, more):
		return by
	case more&several != 0:
		for one := range b.Targets(more) {
			by = b.Join(by, one)
		}
		return by
	}
	b.pairs = append(b.pairs, pair{more, by})
	b.last = joined{by, more, several | By(len(b.pairs)-1)}
	return b.last.out
}

// has reports whether by has a target; it has three at most: a statement, its batch and
// its publication.
func (b *Book) has(by, one By) bool {
	for each := range b.Targets(by) {
		if each == one {
			return true
		}
	}
	return false
}

// Targets yields the targets of by, each named by its first undoing.
func (b *Book) Targets(by By) iter.Seq[By] {
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

// OneOf returns the target among those of by that is one statement; 0 if there is none.
func (b *Book) OneOf(by By) By {
	for one := range b.Targets(by) {
		if b.All[one-1].One {
			return one
		}
	}
	return 0
}

// Each calls fn with the place in All of each undoing of by until it returns false.
func (b *Book) Each(by By, fn func(place uint32) bool) {
	for one := range b.Targets(by) {
		for v := range b.each(one) {
			for place := range b.places(v) {
				if !fn(place) {
					return
				}
			}
		}
	}
}

// By reports whether an issuer is among those who undid any target of by.
func (b *Book) By(by By, speaker uint32) bool {
	for one := range b.Targets(by) {
		for v := range b.each(one) {
			if v.speaker == speaker {
				return true
			}
		}
	}
	return false
}

// Hold returns when the undoing at a place works.
func (b *Book) Hold(place uint32) Hold { return b.held.At(place) }

// Holding reports whether any undoing waits or waited.
func (b *Book) Holding() bool { return b.waiting > 0 }

func (b *Book) put(place uint32, h Hold) {
	if b.held.At(place) == (Hold{}) {
		b.waiting++
	}
	if h == (Hold{}) {
		b.waiting--
	}
	b.held = b.held.With(place, h)
}

// SetHolds puts when undoings work, and returns the places of those whose time became
// another.
func (b *Book) SetHolds(holds []Placed) (changed []uint32) {
	later := make(map[uint32]struct{}) // the last of those of whose voices the soonest was put off
	for _, p := range holds {
		old := b.held.At(p.Place)
		if old == p.Hold {
			continue
		}
		changed = append(changed, p.Place)
		b.put(p.Place, p.Hold)
		first := uint32(b.All[p.Place].Of) - 1
		all := b.voices.At(first)
		if b.All[p.Place].Of == 0 || all == nil {
			continue
		}
		i := voiceOf(all, b.All[p.Place].Speaker)
		if v := all[i]; p.Own > old.Own && old.Own == v.works.Own || p.Across > old.Across && old.Across == v.works.Across {
			later[v.last] = struct{}{}
		} else if soonest := v.works.sooner(p.Hold); soonest != v.works {
			b.setSoonest(first, i, soonest)
		}
	}
	for last := range later { // in any order: each is of another voice
		u := &b.All[last]
		first := uint32(u.Of) - 1
		i := voiceOf(b.voices.At(first), u.Speaker)
		soonest := Hold{Own: Never, Across: Never}
		for place := range b.places(b.voices.At(first)[i]) {
			soonest = soonest.sooner(b.held.At(place))
		}
		b.setSoonest(first, i, soonest)
	}
	return changed
}

func (b *Book) setSoonest(first uint32, i int, works Hold) {
	all := slices.Clone(b.voices.At(first))
	all[i].works = works
	b.voices = b.voices.With(first, all)
}

// From returns the time, in Unix seconds, from which by undoes a statement of an issuer:
// 0 for at once, Never while that is not known.
func (b *Book) From(by By, speaker uint32) (soonest int64) {
	if by != 0 && b.waiting == 0 {
		return 0
	}
	soonest = Never
	for one := range b.Targets(by) {
		for v := range b.each(one) {
			soonest = min(soonest, v.works.on(v.speaker == speaker))
		}
	}
	return soonest
}

// Working yields the places of the undoings of by that undo a statement of an issuer at a
// time, in Unix seconds. It goes through all of those who have any.
func (b *Book) Working(by By, now int64, speaker uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for one := range b.Targets(by) {
			for v := range b.each(one) {
				if v.works.on(v.speaker == speaker) > now {
					continue
				}
				for place := range b.places(v) {
					if b.held.At(place).on(v.speaker == speaker) <= now && !yield(place) {
						return
					}
				}
			}
		}
	}
}

// Moved returns the targets, of those that the undoings at some places are of, that now
// undo what some issuer said from another time on than in an earlier book that had them,
// in order. What is over by now makes no difference.
func (b *Book) Moved(earlier *Book, places []uint32, now int64) (moved []By) {
	seen := make(map[By]struct{}, len(places))
	for _, place := range places {
		of := b.All[place].Of
		if _, again := seen[of]; again || of == 0 || int(of) > len(earlier.All) {
			continue
		}
		seen[of] = struct{}{}
		differs := b.Differs(earlier, of, nobody, now)
		for v := range b.each(of) {
			differs = differs || b.Differs(earlier, of, v.speaker, now)
		}
		if differs {
			moved = append(moved, of)
		}
	}
	slices.Sort(moved)
	return moved
}

// nobody stands for all issuers who did not undo a target.
const nobody = 1<<32 - 1

// Differs reports whether by undoes what an issuer said from another time on, after now,
// than in an earlier book.
func (b *Book) Differs(earlier *Book, by By, speaker uint32, now int64) bool {
	return max(b.From(by, speaker), now) != max(earlier.From(by, speaker), now)
}
