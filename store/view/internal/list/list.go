// Package list is the harmonised list as readers hold it: the entries with the evidence
// behind them, what that evidence comes to, and why.
//
// A List is a value. It answers look-ups from its tree, explains a number from the rows
// that its table has of it, and says what rows come to: which evidence stands, what a
// reassign or a contest has ended, whether a ratified entry decides. Its fields are for
// the view, which makes one list from another and changes none that readers have.
//
// Floor 5, a room of store/view.
package list

import (
	"cmp"
	"iter"
	"math/bits"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/harmonise"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/clock"
	"ringfence/store/view/internal/loader"
	"ringfence/store/view/internal/port"
	"ringfence/store/view/internal/ratified"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// Stamp says which list an answer came from.
type Stamp struct {
	Session    uint64 // ends when the node rebuilds its view
	Serial     uint64 // counts the changes of the list in this session
	LedgerSize uint64
	Day        taxonomy.Day
	Root       merkle.Hash
}

// List is the harmonised list at one moment with the evidence behind it. It
// never changes; look-ups do not allocate and take no lock.
type List struct {
	Mark   Stamp
	Cursor uint64 // where a snapshot resumes
	Hashes *merkle.Tree

	Charter  *charter.State
	Compiled *harmonise.Rules
	Speakers []Speaker // by their places in the roster
	Frozen   map[FeedEpoch]struct{}
	Source   *loader.Loader

	Ratified ratified.Book
	Ticks    clock.Ticks
	Anchors  []anchors.Anchor

	Table   table.Table
	Batches []Batch
	Lost    []Batch // that are held and lie on a branch that gave way to the anchored one, in the order of Compare; none was applied
	Undo    undo.Book
	Targets [][]taxonomy.Ref // of contests that have some
	Ports   []port.Terms
	OwnKeys []number.Range // that a block of scope own was said about
	Tally   Counts

	ContestKeys []number.Range // that a contest was said about, some several times
}

// Batch is a batch that was applied, by ordinal of arrival.
type Batch struct {
	CID      cid.Cid
	Speaker  uint32 // place in the roster and in speakers; nobody when it has none
	Cover    anchors.Cover
	Epoch    uint64
	Sequence uint64
	Time     int64 // Unix seconds
	Count    int32
}

// Compare orders batches by issuer and place.
func (b Batch) Compare(o Batch) int {
	return cmp.Or(
		cmp.Compare(b.Speaker, o.Speaker), cmp.Compare(b.Epoch, o.Epoch), cmp.Compare(b.Sequence, o.Sequence),
		cmp.Compare(b.CID.KeyString(), o.CID.KeyString()),
	)
}

// Nobody is the speaker of a batch whose issuer was never admitted.
const Nobody = ^uint32(0)

// Counts says how much a list stands on. What a proved fork suspended is counted in
// Suspended alone: all nodes end with the same of the rest, while of a frozen epoch
// each holds what it had when it heard of the fork.
type Counts struct {
	Batches    int
	Statements int
	Suspended  int // statements of frozen epochs, as many as are held here
	Void       int // statements about a key that break a rule and never count
	Erased     int // statements without an opening
	Keys       int // numbers and ranges that any of these statements is about
	Entries    int // of them listed, with whatever action
	Labelled   int // entries with action label
	Blocked    int // entries with action block
	Contested  int // entries that are contested
	Ratified   int // entries that the ledger decided
}

// Kept are the counts that a snapshot keeps, the others being those of its parts.
func (c *Counts) Kept() []*int {
	return []*int{&c.Batches, &c.Statements, &c.Suspended, &c.Void, &c.Erased}
}

// Stamp returns which list this is.
func (l *List) Stamp() Stamp { return l.Mark }

// Counts returns how much the list stands on.
func (l *List) Counts() Counts {
	c := l.Tally
	c.Keys = l.Table.Keys
	return c
}

// Tree returns the list's Merkle tree, for proofs and for finding where two
// lists differ.
func (l *List) Tree() *merkle.Tree { return l.Hashes }

// State returns the constitution by which the list was judged.
func (l *List) State() *charter.State { return l.Charter }

// Rules returns the compiled policy.
func (l *List) Rules() *harmonise.Rules { return l.Compiled }

// Lookup returns what the list says of n and the key that says it: a ratified
// entry of the longest matching key, else the number's own entry, else that of
// the longest range. A range never reaches a protected number.
func (l *List) Lookup(n number.Number) (taxonomy.Entry, number.Range, bool) {
	if n.IsZero() {
		return taxonomy.Entry{}, number.Range{}, false
	}
	var found taxonomy.Entry
	var at number.Range
	have := false
	for frees := l.Hashes.Frees(); frees != 0; frees &= frees - 1 {
		key := n.Around(bits.TrailingZeros16(frees))
		value, ok := l.Hashes.Get(merkle.Key{First: key.First().Uint64(), Free: uint8(key.Free())})
		if !ok || key.Free() > 0 && l.Charter.ProtectedNumber(n) {
			continue
		}
		e := entryOf(value)
		if !have {
			found, at, have = e, key, true
		}
		if e.Ratified {
			return e, key, true
		}
		if l.Tally.Ratified == 0 {
			break
		}
	}
	return found, at, have
}

// All yields the entries in the order of their keys.
func (l *List) All() iter.Seq2[number.Range, taxonomy.Entry] {
	return func(yield func(number.Range, taxonomy.Entry) bool) {
		for _, c := range l.Table.Chunks {
			for i := range c.Places {
				p := &c.Places[i]
				if !p.Entry.IsZero() && !yield(p.Key, p.Entry) {
					return
				}
			}
		}
	}
}

// ChangedSince counts the keys whose entries differ from those of an earlier
// list. It costs what has changed, since lists share what has not.
func (l *List) ChangedSince(earlier *List) int {
	shared := make(map[*table.Chunk]struct{}, len(earlier.Table.Chunks))
	for _, c := range earlier.Table.Chunks {
		shared[c] = struct{}{}
	}
	entries := make(map[number.Range]taxonomy.Entry)
	for _, c := range l.Table.Chunks {
		if _, same := shared[c]; same {
			delete(shared, c)
			continue
		}
		for i := range c.Places {
			entries[c.Places[i].Key] = c.Places[i].Entry
		}
	}
	for c := range shared {
		for i := range c.Places {
			if p := &c.Places[i]; entries[p.Key] == p.Entry {
				delete(entries, p.Key)
			}
		}
	}
	changed := 0
	for key, e := range entries {
		if p, _ := earlier.Table.Find(key); p != nil || !e.IsZero() {
			changed++
		}
	}
	return changed
}

// entryOf decodes a value that the view itself put into the tree.
func entryOf(value [taxonomy.EntrySize]byte) taxonomy.Entry {
	e, _ := taxonomy.EntryFromBytes(value)
	return e
}

// ref returns the reference of a row's statement.
func (l *List) ref(r *table.Row) taxonomy.Ref {
	return taxonomy.Ref{Batch: l.Batches[r.Batch].CID, Index: r.Index}
}

// IsFrozen reports whether a batch lies beyond what is anchored of an epoch that forked,
// or that the ledger has closed.
func (l *List) IsFrozen(b *Batch) bool {
	if b.Speaker == Nobody || b.Cover != 0 {
		return false
	}
	s := &l.Speakers[b.Speaker]
	_, forked := l.Frozen[FeedEpoch{s.Key, b.Epoch}]
	return forked || b.Epoch < s.epoch
}

// StateOf returns the constitution by which a batch is judged: at the ledger size that
// its anchor names, or as it stands now.
func (l *List) StateOf(b *Batch) *charter.State {
	if b.Cover != 0 {
		if s, ok := l.Charter.At(l.Anchors[b.Cover-1].Size); ok {
			return s
		}
	}
	return l.Charter
}

// moment returns the list's day and what the last tick is worth.
func (l *List) moment() ratified.Moment {
	now, _ := l.Ticks.Now()
	return ratified.Moment{Day: l.Mark.Day, Now: now}
}
