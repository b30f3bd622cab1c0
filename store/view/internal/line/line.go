// Package line keeps the batches of each epoch of a feed in line: which are applied,
// which wait for others, and, where an issuer signed two stories, which of them the
// ledger anchored.
//
// A head that the ledger names pins its place, and whatever batch is pinned pins its
// parent. So the pins grow downwards as batches come, and say in the end which branch is
// the anchored one, in whatever order heads and batches came. A batch that differs from
// the pin of its place is never applied; where one was applied before the pin was known
// the line has strayed, and its view judges anew, with the pins that there are.
//
// What no pin decides goes by the order of arrival, which matters only beyond the last
// anchored head of a forked epoch, where nothing counts. Up to that head a forked epoch
// waits until pins lead there: what is held may be the other branch.
//
// A batch that differs from the pin of its place, or follows one that does, is lost for
// good. Lines tell which those are: their issuer may have to say again what they said.
//
// Floor 5, a room of store/view.
package line

import (
	"errors"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/merkle"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/lost"
)

// Book knows what lines stand on.
type Book interface {
	// Named returns what the ledger says of the batch at a place, where it names that.
	Named(at list.FeedEpoch, sequence uint64) (merkle.Hash, bool)
	// Anchored returns the last head that the ledger names of an epoch, if any.
	Anchored(at list.FeedEpoch) (sequence uint64, ok bool)
	// Forked reports whether a fork of an epoch is known.
	Forked(at list.FeedEpoch) bool
	// CID returns that of a batch that was applied.
	CID(ordinal uint32) cid.Cid
}

// Link is a batch and its parent.
type Link struct{ CID, Previous cid.Cid }

// Lines are those of all epochs.
type Lines struct {
	book  Book
	lanes map[list.FeedEpoch]*lane
	waits int
	lost  []lost.Batch // that nobody was told of
}

// lane is the line of one epoch.
type lane struct {
	at      list.FeedEpoch
	applied []uint32 // by ordinal
	settled uint64   // so many of them lie on the anchored branch for good
	forked  bool     // a batch was here that contradicts a head
	waiting map[uint64][]Link
	pins    map[uint64]merkle.Hash
	lost    map[cid.Cid]struct{}
}

// New returns lines in which nothing stands yet.
func New(book Book) *Lines { return &Lines{book: book, lanes: make(map[list.FeedEpoch]*lane)} }

// Anew returns lines in which nothing stands yet, but with the same pins.
func (l *Lines) Anew(book Book) *Lines {
	out := New(book)
	for at, old := range l.lanes {
		if len(old.pins) > 0 || old.forked {
			one := out.lane(at)
			one.pins, one.forked = maps.Clone(old.pins), old.forked
		}
	}
	return out
}

// Clone returns lines that go their own way from here.
func (l *Lines) Clone(book Book) *Lines {
	out := New(book)
	out.waits, out.lost = l.waits, slices.Clip(l.lost)
	for at, old := range l.lanes {
		one := *old
		one.applied, one.waiting, one.pins = slices.Clip(old.applied), make(map[uint64][]Link, len(old.waiting)), maps.Clone(old.pins)
		one.lost = maps.Clone(old.lost)
		for sequence, links := range old.waiting {
			one.waiting[sequence] = slices.Clip(links)
		}
		out.lanes[at] = &one
	}
	return out
}

func (l *Lines) lane(at list.FeedEpoch) *lane {
	one := l.lanes[at]
	if one == nil {
		one = &lane{at: at, waiting: make(map[uint64][]Link), pins: make(map[uint64]merkle.Hash), lost: make(map[cid.Cid]struct{})}
		l.lanes[at] = one
	}
	return one
}

// Len returns how many batches of an epoch are applied, which is the next sequence.
func (l *Lines) Len(at list.FeedEpoch) uint64 {
	if one := l.lanes[at]; one != nil {
		return uint64(len(one.applied))
	}
	return 0
}

// Lacks returns how many of the first n batches of a line are not here, applied or waiting
// for one before them, and the sequence of the first; of none it is n. It costs what is
// here, whatever n is.
func (l *Lines) Lacks(at list.FeedEpoch, n uint64) (lacks, first uint64) {
	applied := min(l.Len(at), n)
	lacks, first = n-applied, applied
	one := l.lanes[at]
	if one == nil {
		return lacks, first
	}
	for sequence := range one.waiting {
		if sequence >= applied && sequence < n {
			lacks--
		}
	}
	for first < n && len(one.waiting[first]) > 0 {
		first++
	}
	return lacks, first
}

// Held returns the batches, by ordinal, that are applied from a sequence to another, the
// last included.
func (l *Lines) Held(at list.FeedEpoch, from, to uint64) []uint32 {
	one := l.lanes[at]
	if one == nil {
		return nil
	}
	n := uint64(len(one.applied))
	return one.applied[min(from, n):min(to+1, n)]
}

// Waits reports whether any batch waits.
func (l *Lines) Waits() bool { return l.waits > 0 }

// Wait puts a batch into the line of its epoch. It reports whether the line has strayed.
func (l *Lines) Wait(at list.FeedEpoch, sequence uint64, link Link) (strayed bool) {
	one := l.lane(at)
	if slices.Contains(one.waiting[sequence], link) || sequence > 0 && !link.Previous.Defined() {
		return false
	}
	if _, follows := one.lost[link.Previous]; follows || sequence < one.settled {
		l.lose(one, sequence, link)
		return false
	}
	if pin, ok := l.pin(one, sequence); ok {
		if anchors.Digest(link.CID) != pin { // from now on the epoch waits for pins
			strayed = !l.forked(one) && uint64(len(one.applied)) > one.settled
			one.forked = true
			l.lose(one, sequence, link)
			return strayed
		}
		strayed = l.descend(one, sequence, link)
	}
	one.waiting[sequence] = append(one.waiting[sequence], link)
	l.waits++
	return strayed
}

// Anchored notes that the ledger has named the batch at a place. It reports whether the
// line has strayed.
func (l *Lines) Anchored(at list.FeedEpoch, sequence uint64) (strayed bool) {
	one := l.lanes[at]
	digest, named := l.book.Named(at, sequence)
	if one == nil || !named {
		return false
	}
	if sequence < uint64(len(one.applied)) {
		if l.applied(one, sequence) == digest {
			l.settle(one, sequence)
			return false
		}
		one.forked, strayed = true, true
	} else if l.forked(one) {
		strayed = uint64(len(one.applied)) > one.settled
	}
	if link, held := one.find(sequence, digest); held {
		strayed = l.descend(one, sequence, link) || strayed
	}
	return strayed
}

// forked reports whether an epoch is not to be taken as it comes.
func (l *Lines) forked(one *lane) bool { return one.forked || l.book.Forked(one.at) }

// pin returns what belongs at a place, if that is known.
func (l *Lines) pin(one *lane, sequence uint64) (merkle.Hash, bool) {
	if digest, named := l.book.Named(one.at, sequence); named {
		return digest, true
	}
	digest, ok := one.pins[sequence]
	return digest, ok
}

func (l *Lines) applied(one *lane, sequence uint64) merkle.Hash {
	return anchors.Digest(l.book.CID(one.applied[sequence]))
}

func (one *lane) find(sequence uint64, digest merkle.Hash) (Link, bool) {
	for _, link := range one.waiting[sequence] {
		if anchors.Digest(link.CID) == digest {
			return link, true
		}
	}
	return Link{}, false
}

// descend pins the ancestors of a batch that belongs where it is, as far as they are
// known, and reports whether others were applied in their places.
func (l *Lines) descend(one *lane, sequence uint64, link Link) (strayed bool) {
	for sequence > 0 {
		sequence--
		digest := anchors.Digest(link.Previous)
		if named, ok := l.book.Named(one.at, sequence); ok && named != digest {
			return strayed // what the ledger named first stands
		}
		if sequence < uint64(len(one.applied)) {
			if l.applied(one, sequence) == digest {
				return strayed
			}
			strayed = true
		}
		one.pins[sequence] = digest
		var held bool
		if link, held = one.find(sequence, digest); !held {
			return strayed
		}
	}
	return strayed
}

// Next returns the batch that may be applied next in an epoch, and its sequence; false
// when none waits that may.
func (l *Lines) Next(at list.FeedEpoch) (Link, uint64, bool) {
	one := l.lanes[at]
	if one == nil {
		return Link{}, 0, false
	}
	sequence := uint64(len(one.applied))
	pin, pinned := l.pin(one, sequence)
	if head, ok := l.book.Anchored(at); !pinned && ok && sequence <= head && l.forked(one) {
		return Link{}, sequence, false
	}
	for _, link := range one.waiting[sequence] {
		follows := sequence == 0 || l.book.CID(one.applied[sequence-1]).Equals(link.Previous)
		if follows && (!pinned || anchors.Digest(link.CID) == pin) {
			return link, sequence, true
		}
	}
	return Link{}, sequence, false
}

// Apply notes that the batch of an ordinal was applied as the next of its epoch.
func (l *Lines) Apply(at list.FeedEpoch, ordinal uint32, batch cid.Cid) {
	one := l.lane(at)
	sequence := uint64(len(one.applied))
	l.Drop(at, sequence, batch)
	one.applied = append(one.applied, ordinal)
	if _, named := l.book.Named(at, sequence); named {
		l.settle(one, sequence)
	}
}

// Drop takes a batch that waits out of its line.
func (l *Lines) Drop(at list.FeedEpoch, sequence uint64, batch cid.Cid) {
	one := l.lane(at)
	before := one.waiting[sequence]
	after := slices.DeleteFunc(slices.Clone(before), func(link Link) bool { return link.CID.Equals(batch) })
	l.waits -= len(before) - len(after)
	if one.waiting[sequence] = after; len(after) == 0 {
		delete(one.waiting, sequence)
	}
}

// settle forgets what waits beside the anchored branch, which is applied up to a
// sequence, and the pins that led there.
func (l *Lines) settle(one *lane, sequence uint64) {
	one.settled = max(one.settled, sequence+1)
	maps.DeleteFunc(one.pins, func(at uint64, _ merkle.Hash) bool { return at <= sequence })
	for _, at := range slices.Sorted(maps.Keys(one.waiting)) {
		for _, link := range one.waiting[at] {
			if at <= sequence {
				l.Drop(one.at, at, link.CID)
				l.lose(one, at, link)
			}
		}
	}
}

// lose notes that a batch is lost, and with it whatever waits for it.
func (l *Lines) lose(one *lane, sequence uint64, link Link) {
	if _, known := one.lost[link.CID]; known {
		return
	}
	for branch := []Link{link}; len(branch) > 0; sequence++ {
		var next []Link
		for _, gone := range branch {
			one.lost[gone.CID] = struct{}{}
			l.lost = append(l.lost, lost.Batch{At: one.at, Sequence: sequence, CID: gone.CID})
			for _, child := range one.waiting[sequence+1] {
				if child.Previous.Equals(gone.CID) {
					l.Drop(one.at, sequence+1, child.CID)
					next = append(next, child)
				}
			}
		}
		branch = next
	}
}

// Losses returns the batches that were lost since it was called last.
func (l *Lines) Losses() []lost.Batch {
	losses := l.lost
	l.lost = nil
	return losses
}

// Lose notes that a batch was lost before, of which Losses does not tell.
func (l *Lines) Lose(at list.FeedEpoch, batch cid.Cid) { l.lane(at).lost[batch] = struct{}{} }

// The reasons why a line does not lead to a head.
var (
	ErrLacking = errors.New("it is not here")
	ErrOther   = errors.New("another is here")
)

// Way is what leads to a head: the batches to be applied, by sequence.
type Way map[uint64]merkle.Hash

// Lead finds the way to a head in a line that stops before it or there. The error is
// ErrLacking or ErrOther, with the sequence at which that is.
func (l *Lines) Lead(at list.FeedEpoch, sequence uint64, digest merkle.Hash) (Way, uint64, error) {
	one := l.lane(at)
	n := uint64(len(one.applied))
	way := make(Way)
	for ; sequence >= n; sequence-- {
		link, held := one.find(sequence, digest)
		switch {
		case held:
		case len(one.waiting[sequence]) > 0:
			return nil, sequence, ErrOther
		default:
			return nil, sequence, ErrLacking
		}
		way[sequence] = digest
		if sequence == 0 {
			return way, 0, nil
		}
		digest = anchors.Digest(link.Previous)
	}
	if l.applied(one, n-1) != digest {
		return nil, n - 1, ErrOther
	}
	return way, n, nil
}

// Pin makes the batches of a way those that belong where they are.
func (l *Lines) Pin(at list.FeedEpoch, way Way) { maps.Copy(l.lane(at).pins, way) }
