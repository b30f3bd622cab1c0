package view

import (
	"iter"
	"math/bits"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/harmonise"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/loader"
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
	stamp  Stamp
	cursor uint64
	tree   *merkle.Tree

	state    *charter.State
	rules    *harmonise.Rules
	speakers []speaker
	frozen   map[FeedEpoch]struct{}
	source   *loader.Loader

	table    table
	batches  []batch
	undoings []undoing
	ownKeys  []number.Range // that a block of scope own was said about
	counts   Counts
}

// batch is a batch that was applied, by ordinal of arrival.
type batch struct {
	cid      cid.Cid
	speaker  uint32 // index in speakers; nobody when the issuer is not in force
	epoch    uint64
	sequence uint64
	time     int64 // Unix seconds
	count    int32
}

const nobody = ^uint32(0)

// undoing is a retract statement that retracts something.
type undoing struct {
	batch uint32
	index uint16
}

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

// kept are the counts that a snapshot keeps, the others being those of its parts.
func (c *Counts) kept() []*int {
	return []*int{&c.Batches, &c.Statements, &c.Suspended, &c.Void, &c.Erased}
}

// Stamp returns which list this is.
func (l *List) Stamp() Stamp { return l.stamp }

// Counts returns how much the list stands on.
func (l *List) Counts() Counts {
	c := l.counts
	c.Keys = l.table.keys
	return c
}

// Tree returns the list's Merkle tree, for proofs and for finding where two
// lists differ.
func (l *List) Tree() *merkle.Tree { return l.tree }

// State returns the constitution by which the list was judged.
func (l *List) State() *charter.State { return l.state }

// Rules returns the compiled policy.
func (l *List) Rules() *harmonise.Rules { return l.rules }

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
	for frees := l.tree.Frees(); frees != 0; frees &= frees - 1 {
		key := n.Around(bits.TrailingZeros16(frees))
		value, ok := l.tree.Get(merkle.Key{First: key.First().Uint64(), Free: uint8(key.Free())})
		if !ok || key.Free() > 0 && l.state.ProtectedNumber(n) {
			continue
		}
		e := entryOf(value)
		if !have {
			found, at, have = e, key, true
		}
		if e.Ratified {
			return e, key, true
		}
		if l.counts.Ratified == 0 {
			break
		}
	}
	return found, at, have
}

// All yields the entries in the order of their keys.
func (l *List) All() iter.Seq2[number.Range, taxonomy.Entry] {
	return func(yield func(number.Range, taxonomy.Entry) bool) {
		for _, c := range l.table.chunks {
			for i := range c.places {
				p := &c.places[i]
				if !p.entry.IsZero() && !yield(p.key, p.entry) {
					return
				}
			}
		}
	}
}

// ChangedSince counts the keys whose entries differ from those of an earlier
// list. It costs what has changed, since lists share what has not.
func (l *List) ChangedSince(earlier *List) int {
	shared := make(map[*chunk]struct{}, len(earlier.table.chunks))
	for _, c := range earlier.table.chunks {
		shared[c] = struct{}{}
	}
	entries := make(map[number.Range]taxonomy.Entry)
	for _, c := range l.table.chunks {
		if _, same := shared[c]; same {
			delete(shared, c)
			continue
		}
		for i := range c.places {
			entries[c.places[i].key] = c.places[i].entry
		}
	}
	for c := range shared {
		for i := range c.places {
			if p := &c.places[i]; entries[p.key] == p.entry {
				delete(entries, p.key)
			}
		}
	}
	changed := 0
	for key, e := range entries {
		if p, _ := earlier.table.find(key); p != nil || !e.IsZero() {
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
func (l *List) ref(r *row) taxonomy.Ref {
	return taxonomy.Ref{Batch: l.batches[r.batch].cid, Index: r.index}
}

func (l *List) isFrozen(b *batch) bool {
	if len(l.frozen) == 0 || b.speaker == nobody {
		return false
	}
	_, ok := l.frozen[FeedEpoch{l.speakers[b.speaker].key, b.epoch}]
	return ok
}
