// Package table holds what was said about each key, in order of the keys: rows of
// statements with the entry that they come to. A table never changes; an edit makes
// another one that shares what it does not touch, so readers need no lock.
//
// Floor 5, a room of store/view. It does not know what rows mean: a Settler does.
package table

import (
	"slices"
	"sort"

	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/reason"
	"ringfence/store/view/internal/undo"
)

// Row is what the view keeps of one statement about a key: enough to harmonise
// and to find the statement itself. 40 bytes, no pointers.
type Row struct {
	LastSeen   int64  // flags and blocks: min(observed to, batch time), Unix seconds
	Batch      uint32 // ordinal in List.batches
	UndoneBy   undo.By
	From       taxonomy.Day // answers: ordinal of the contest's batch; contests and ports: place of what they name plus one
	Until      taxonomy.Day
	Since      taxonomy.Day // flags: day of observed from; reassign: the date it names
	Index      uint16       // in the batch
	Kind       assertion.Kind
	Category   taxonomy.Category
	Confidence uint16 // answers: index of the contest in its batch
	Reason     reason.Reason
	Derived    bool // repeats what others said; never counts
	Own        bool // a block for the member's own nodes
	Upheld     bool // an answer that upholds what was said
}

// Void reports whether the row's statement never counts.
func (r *Row) Void() bool { return r.Reason != reason.NotVoid }

// Place is one key with its entry and the end of its rows in the chunk.
type Place struct {
	Key   number.Range
	Next  taxonomy.Day // the first later day on which the entry differs
	End   uint32       // its rows end here and begin where those of the place before end
	Entry taxonomy.Entry
}

// Chunk is a run of neighbouring keys with all that was said about them. It
// never changes.
type Chunk struct {
	Places []Place
	Rows   []Row
}

// RowsOf returns the rows of the place at i, which are not to be changed.
func (c *Chunk) RowsOf(i int) []Row {
	var start uint32
	if i > 0 {
		start = c.Places[i-1].End
	}
	return c.Rows[start:c.Places[i].End:c.Places[i].End]
}

// keys counts the keys about which anything is said that no fork suspends.
func (c *Chunk) keys() (n int) {
	for i := range c.Places {
		if slices.ContainsFunc(c.RowsOf(i), func(r Row) bool { return r.Reason != reason.Frozen }) {
			n++
		}
	}
	return n
}

// MostKeys bounds the keys of a chunk: a random update copies one chunk.
const MostKeys = 64

// Table is all keys in order, in chunks. It never changes: an edit shares the
// chunks that it does not touch.
type Table struct {
	Chunks []*Chunk
	Keys   int // about which anything is said that no fork suspends
	Rows   int
}

// Find returns the place of key and its rows; nil when nothing was ever said
// about it.
func (t *Table) Find(key number.Range) (*Place, []Row) {
	c := t.chunkOf(key)
	if c < 0 {
		return nil, nil
	}
	chunk := t.Chunks[c]
	i, ok := slices.BinarySearchFunc(chunk.Places, key, func(p Place, k number.Range) int { return p.Key.Compare(k) })
	if !ok {
		return nil, nil
	}
	return &chunk.Places[i], chunk.RowsOf(i)
}

// Each calls fn for every row in the order of the keys.
func (t *Table) Each(fn func(*Place, *Row)) {
	for _, c := range t.Chunks {
		for i := range c.Places {
			rows := c.RowsOf(i)
			for k := range rows {
				fn(&c.Places[i], &rows[k])
			}
		}
	}
}

// Within calls fn for every key inside a range of a given length with its rows, in order,
// the range's own among them. It costs what is inside.
func (t *Table) Within(r number.Range, fn func(number.Range, taxonomy.Entry, []Row)) {
	last := r.Last()
	for c := max(t.chunkOf(r), 0); c < len(t.Chunks); c++ {
		chunk := t.Chunks[c]
		for i := range chunk.Places {
			p := &chunk.Places[i]
			if p.Key.First().Compare(last) > 0 {
				return
			}
			if r.Covers(p.Key) {
				fn(p.Key, p.Entry, chunk.RowsOf(i))
			}
		}
	}
}

// KeysOf returns the keys about which a statement of a kind was said that counts.
func (t *Table) KeysOf(kind assertion.Kind) (keys []number.Range) {
	t.Each(func(p *Place, r *Row) {
		if r.Kind == kind && !r.Void() {
			keys = append(keys, p.Key)
		}
	})
	return keys
}

// EachKey calls fn for every key in order.
func (t *Table) EachKey(fn func(number.Range)) {
	for _, c := range t.Chunks {
		for i := range c.Places {
			fn(c.Places[i].Key)
		}
	}
}

// chunkOf returns the index of the chunk in which key is or would be; -1 when
// it lies before them all.
func (t *Table) chunkOf(key number.Range) int {
	return sort.Search(len(t.Chunks), func(i int) bool { return t.Chunks[i].Places[0].Key.Compare(key) > 0 }) - 1
}

// Op is what an edit does at its key.
type Op uint8

// What edits do.
const (
	Touch Op = iota // only recompute
	Add             // file a row
	Undo            // mark the row of (batch, index) as retracted
)

// Edit is one change at one key.
type Edit struct {
	Key number.Range
	Row Row // Add: the row; Undo: batch, index and what undoes it
	Op  Op
}

// Settler knows what rows come to.
type Settler interface {
	// Settle recomputes one key: its entry and the next day on which it differs.
	Settle(key number.Range, rows []Row) (taxonomy.Entry, taxonomy.Day)
	// Undone joins what undoes a row already, if anything, with what does besides.
	Undone(by, more undo.By) undo.By
}

// Moved is a key whose entry or next day became another.
type Moved struct {
	Key         number.Range
	Entry, From taxonomy.Entry
	Next        taxonomy.Day
}

// Apply carries out edits, which it sorts by key, and returns the table after
// them with the keys whose entry or next day changed, ascending.
func (t *Table) Apply(edits []Edit, s Settler) (Table, []Moved) {
	byKey := func(a, b Edit) int { return a.Key.Compare(b.Key) }
	if !slices.IsSortedFunc(edits, byKey) {
		slices.SortStableFunc(edits, byKey)
	}
	m := merger{Settler: s, out: Table{Keys: t.Keys, Rows: t.Rows}}
	m.out.Chunks = make([]*Chunk, 0, len(t.Chunks)+8)
	next := 0 // first chunk not yet copied or merged
	for len(edits) > 0 {
		c := max(t.chunkOf(edits[0].Key), 0)
		m.out.Chunks = append(m.out.Chunks, t.Chunks[next:min(c, len(t.Chunks))]...)
		n := len(edits)
		if c+1 < len(t.Chunks) {
			first := t.Chunks[c+1].Places[0].Key
			n = sort.Search(len(edits), func(i int) bool { return edits[i].Key.Compare(first) >= 0 })
		}
		old := &Chunk{}
		if c < len(t.Chunks) {
			old = t.Chunks[c]
		}
		m.merge(old, edits[:n])
		edits, next = edits[n:], min(c+1, len(t.Chunks))
	}
	m.out.Chunks = append(m.out.Chunks, t.Chunks[next:]...)
	return m.out, m.moves
}

// merger builds a new table beside an old one.
type merger struct {
	Settler
	out   Table
	moves []Moved

	open Chunk // being filled
}

// merge writes the keys of one old chunk with the edits that fall into it.
func (m *merger) merge(old *Chunk, edits []Edit) {
	m.out.Keys -= old.keys()
	m.out.Rows -= len(old.Rows)
	i := 0
	for i < len(old.Places) || len(edits) > 0 {
		if len(edits) == 0 || i < len(old.Places) && old.Places[i].Key.Compare(edits[0].Key) < 0 {
			m.copy(old, i)
			i++
			continue
		}
		key := edits[0].Key
		n := 1
		for n < len(edits) && edits[n].Key == key {
			n++
		}
		var before Place
		var rows []Row
		if i < len(old.Places) && old.Places[i].Key == key {
			before, rows = old.Places[i], old.RowsOf(i)
			i++
		}
		m.write(key, before, rows, edits[:n])
		edits = edits[n:]
	}
	m.flush()
}

func (m *merger) copy(old *Chunk, i int) {
	p := old.Places[i]
	m.open.Rows = append(m.open.Rows, old.RowsOf(i)...)
	p.End = uint32(len(m.open.Rows))
	m.open.Places = append(m.open.Places, p)
}

func (m *merger) write(key number.Range, before Place, rows []Row, edits []Edit) {
	start := len(m.open.Rows)
	m.open.Rows = append(m.open.Rows, rows...)
	for _, e := range edits {
		switch e.Op {
		case Add:
			m.open.Rows = append(m.open.Rows, e.Row)
		case Undo:
			m.markUndone(m.open.Rows[start:], &e.Row)
		case Touch:
		}
	}
	entry, next := m.Settle(key, m.open.Rows[start:])
	if entry != before.Entry || next != before.Next {
		m.moves = append(m.moves, Moved{Key: key, Entry: entry, From: before.Entry, Next: next})
	}
	if len(m.open.Rows) == start && entry.IsZero() {
		return // nothing is known of this key
	}
	m.open.Places = append(m.open.Places, Place{Key: key, Next: next, End: uint32(len(m.open.Rows)), Entry: entry})
}

// markUndone marks the row that target names.
func (m *merger) markUndone(rows []Row, target *Row) {
	for i := range rows {
		if r := &rows[i]; r.Batch == target.Batch && r.Index == target.Index {
			r.UndoneBy = m.Undone(r.UndoneBy, target.UndoneBy)
		}
	}
}

// flush cuts what is open into chunks of about equal size.
func (m *merger) flush() {
	places, rows := m.open.Places, m.open.Rows
	m.out.Keys += m.open.keys()
	m.out.Rows += len(rows)
	var base uint32
	for pieces := (len(places) + MostKeys - 1) / MostKeys; pieces > 0; pieces-- {
		n := len(places) / pieces
		end := places[n-1].End
		c := &Chunk{Places: slices.Clone(places[:n]), Rows: slices.Clone(rows[base:end])}
		for i := range c.Places {
			c.Places[i].End -= base
		}
		m.out.Chunks = append(m.out.Chunks, c)
		places, base = places[n:], end
	}
	m.open.Places, m.open.Rows = m.open.Places[:0], m.open.Rows[:0]
}
