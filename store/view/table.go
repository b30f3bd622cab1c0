package view

import (
	"slices"
	"sort"

	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// row is what the view keeps of one statement about a key: enough to harmonise
// and to find the statement itself. 40 bytes, no pointers.
type row struct {
	lastSeen   int64  // flags and blocks: min(observed to, batch time), Unix seconds
	batch      uint32 // ordinal in List.batches
	undoneBy   uint32 // ordinal in List.undoings plus one; 0: nothing retracts it
	from       taxonomy.Day
	until      taxonomy.Day
	since      taxonomy.Day // flags: day of observed from; reassign: the date it names
	index      uint16       // in the batch
	kind       assertion.Kind
	category   taxonomy.Category
	confidence uint16
	reason     Reason
	derived    bool // repeats what others said; never counts
	own        bool // a block for the member's own nodes
}

// void reports whether the row's statement never counts.
func (r *row) void() bool { return r.reason != NotVoid }

// place is one key with its entry and the end of its rows in the chunk.
type place struct {
	key   number.Range
	next  taxonomy.Day // the first later day on which the entry differs
	end   uint32       // its rows end here and begin where those of the place before end
	entry taxonomy.Entry
}

// chunk is a run of neighbouring keys with all that was said about them. It
// never changes.
type chunk struct {
	places []place
	rows   []row
}

func (c *chunk) rowsOf(i int) []row {
	var start uint32
	if i > 0 {
		start = c.places[i-1].end
	}
	return c.rows[start:c.places[i].end:c.places[i].end]
}

// keys counts the keys about which anything is said that no fork suspends.
func (c *chunk) keys() (n int) {
	for i := range c.places {
		if slices.ContainsFunc(c.rowsOf(i), func(r row) bool { return r.reason != ReasonFrozen }) {
			n++
		}
	}
	return n
}

// chunkMost bounds the keys of a chunk: a random update copies one chunk.
const chunkMost = 64

// table is all keys in order, in chunks. It never changes: an edit shares the
// chunks that it does not touch.
type table struct {
	chunks []*chunk
	keys   int // about which anything is said that no fork suspends
	rows   int
}

// find returns the place of key and its rows; nil when nothing was ever said
// about it.
func (t *table) find(key number.Range) (*place, []row) {
	c := t.chunkOf(key)
	if c < 0 {
		return nil, nil
	}
	chunk := t.chunks[c]
	i, ok := slices.BinarySearchFunc(chunk.places, key, func(p place, k number.Range) int { return p.key.Compare(k) })
	if !ok {
		return nil, nil
	}
	return &chunk.places[i], chunk.rowsOf(i)
}

// each calls fn for every row in the order of the keys.
func (t *table) each(fn func(*place, *row)) {
	for _, c := range t.chunks {
		for i := range c.places {
			rows := c.rowsOf(i)
			for k := range rows {
				fn(&c.places[i], &rows[k])
			}
		}
	}
}

// chunkOf returns the index of the chunk in which key is or would be; -1 when
// it lies before them all.
func (t *table) chunkOf(key number.Range) int {
	return sort.Search(len(t.chunks), func(i int) bool { return t.chunks[i].places[0].key.Compare(key) > 0 }) - 1
}

// op is what an edit does at its key.
type op uint8

const (
	opTouch op = iota // only recompute
	opAdd             // file a row
	opUndo            // mark the row of (batch, index) as retracted
)

// edit is one change at one key.
type edit struct {
	key number.Range
	row row // opAdd: the row; opUndo: batch, index and undoneBy
	op  op
}

// settler recomputes one key from its rows.
type settler interface {
	settle(rows []row) (taxonomy.Entry, taxonomy.Day)
}

// moved is a key whose entry or next day became another.
type moved struct {
	key         number.Range
	entry, from taxonomy.Entry
	next        taxonomy.Day
}

// apply carries out edits, which it sorts by key, and returns the table after
// them with the keys whose entry or next day changed, ascending.
func (t *table) apply(edits []edit, s settler) (table, []moved) {
	byKey := func(a, b edit) int { return a.key.Compare(b.key) }
	if !slices.IsSortedFunc(edits, byKey) {
		slices.SortStableFunc(edits, byKey)
	}
	m := merger{settler: s, out: table{keys: t.keys, rows: t.rows}}
	m.out.chunks = make([]*chunk, 0, len(t.chunks)+8)
	next := 0 // first chunk not yet copied or merged
	for len(edits) > 0 {
		c := max(t.chunkOf(edits[0].key), 0)
		m.out.chunks = append(m.out.chunks, t.chunks[next:min(c, len(t.chunks))]...)
		n := len(edits)
		if c+1 < len(t.chunks) {
			first := t.chunks[c+1].places[0].key
			n = sort.Search(len(edits), func(i int) bool { return edits[i].key.Compare(first) >= 0 })
		}
		old := &chunk{}
		if c < len(t.chunks) {
			old = t.chunks[c]
		}
		m.merge(old, edits[:n])
		edits, next = edits[n:], min(c+1, len(t.chunks))
	}
	m.out.chunks = append(m.out.chunks, t.chunks[next:]...)
	return m.out, m.moves
}

// merger builds a new table beside an old one.
type merger struct {
	settler
	out   table
	moves []moved

	open chunk // being filled
}

// merge writes the keys of one old chunk with the edits that fall into it.
func (m *merger) merge(old *chunk, edits []edit) {
	m.out.keys -= old.keys()
	m.out.rows -= len(old.rows)
	i := 0
	for i < len(old.places) || len(edits) > 0 {
		if len(edits) == 0 || i < len(old.places) && old.places[i].key.Compare(edits[0].key) < 0 {
			m.copy(old, i)
			i++
			continue
		}
		key := edits[0].key
		n := 1
		for n < len(edits) && edits[n].key == key {
			n++
		}
		var before place
		var rows []row
		if i < len(old.places) && old.places[i].key == key {
			before, rows = old.places[i], old.rowsOf(i)
			i++
		}
		m.write(key, before, rows, edits[:n])
		edits = edits[n:]
	}
	m.flush()
}

func (m *merger) copy(old *chunk, i int) {
	p := old.places[i]
	m.open.rows = append(m.open.rows, old.rowsOf(i)...)
	p.end = uint32(len(m.open.rows))
	m.open.places = append(m.open.places, p)
}

func (m *merger) write(key number.Range, before place, rows []row, edits []edit) {
	start := len(m.open.rows)
	m.open.rows = append(m.open.rows, rows...)
	for _, e := range edits {
		switch e.op {
		case opAdd:
			m.open.rows = append(m.open.rows, e.row)
		case opUndo:
			markUndone(m.open.rows[start:], e.row)
		case opTouch:
		}
	}
	if len(m.open.rows) == start {
		return // nothing is known of this key
	}
	entry, next := m.settle(m.open.rows[start:])
	m.open.places = append(m.open.places, place{key: key, next: next, end: uint32(len(m.open.rows)), entry: entry})
	if entry != before.entry || next != before.next {
		m.moves = append(m.moves, moved{key: key, entry: entry, from: before.entry, next: next})
	}
}

// markUndone marks the row that target names, unless something retracts it already.
func markUndone(rows []row, target row) {
	for i := range rows {
		if rows[i].batch == target.batch && rows[i].index == target.index && rows[i].undoneBy == 0 {
			rows[i].undoneBy = target.undoneBy
		}
	}
}

// flush cuts what is open into chunks of about equal size.
func (m *merger) flush() {
	places, rows := m.open.places, m.open.rows
	m.out.keys += m.open.keys()
	m.out.rows += len(rows)
	var base uint32
	for pieces := (len(places) + chunkMost - 1) / chunkMost; pieces > 0; pieces-- {
		n := len(places) / pieces
		end := places[n-1].end
		c := &chunk{places: slices.Clone(places[:n]), rows: slices.Clone(rows[base:end])}
		for i := range c.places {
			c.places[i].end -= base
		}
		m.out.chunks = append(m.out.chunks, c)
		places, base = places[n:], end
	}
	m.open.places, m.open.rows = m.open.places[:0], m.open.rows[:0]
}
