package source

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"

	"ringfence/node/source/mapping"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// row is what is kept of one row of a file.
type row struct {
	number      number.Number
	first, last int64  // Unix seconds as the file tells them; 0 in undated files
	line        uint32 // in the file
	reports     uint32 // 0 in files without counts
	label       uint32 // index in the labels, which are in the order of their texts
}

// label is one of the file's own words.
type label struct {
	text     string
	category taxonomy.Category
	mapped   bool // the mapping knows it
	rows     int
}

// Summary accounts for every row of a file: Rows is the sum of Accepted,
// LeftOut and the Rejected.
type Summary struct {
	Lines      int             // of the file, header and blank ones included
	BlankLines int             // lines without any text, which are no rows
	Rows       int             // records
	Accepted   int             // rows that stand in the drafts
	LeftOut    int             // rows that Options.Keep left out
	Rejected   [numReasons]int // by reason
	Clamped    int             // accepted rows that are dated as their report
	Bytes      int64
	Unfinished bool // the last line has no line end: the file may be cut off
}

// RejectedRows returns the count of rejected rows for all reasons.
func (s *Summary) RejectedRows() int {
	total := 0
	for _, n := range s.Rejected {
		total += n
	}
	return total
}

// LabelCount tells how often a file uses one of its words.
type LabelCount struct {
	Label    string
	Category taxonomy.Category
	Mapped   bool // false: the mapping has no line for it, the default category was taken
	Rows     int
}

// Delivery is what one file says by its mapping. It does not change.
type Delivery struct {
	mapping *mapping.Mapping
	summary Summary
	rows    []row // by number, label, first, last, reports, line
	labels  []label
	asOf    int64 // of undated rows
	shift   int64 // seconds, whole days
	newest  taxonomy.Day
	digest  [sha256.Size]byte
}

// deliver orders what was read and closes the account.
func (r *reader) deliver(asOf int64) (*Delivery, error) {
	d := &Delivery{mapping: r.mapping, summary: r.summary, rows: r.rows, labels: r.labels, asOf: asOf, newest: r.newest}
	r.rows = nil
	if !r.mapping.Dated() {
		if d.asOf == 0 {
			d.asOf = r.opts.NewestOn.Start()
		}
		d.newest = taxonomy.DayOf(d.asOf)
	}
	if r.opts.NewestOn != 0 {
		d.shift = r.opts.NewestOn.Start() - d.newest.Start()
	}
	if len(d.rows) > 0 && d.oldest()+d.shift < 0 {
		return nil, r.fail(fmt.Errorf("moving the newest day to %s puts dates before 1970", r.opts.NewestOn))
	}
	d.order()
	d.digest = d.sum()
	return d, nil
}

// oldest returns the earliest time that a row tells.
func (d *Delivery) oldest() int64 {
	if !d.mapping.Dated() {
		return d.asOf
	}
	oldest := int64(math.MaxInt64)
	for i := range d.rows {
		oldest = min(oldest, d.rows[i].first)
	}
	return oldest
}

// order sorts the labels by text and the rows by what they say, so that the
// order of a file makes no difference; the line only tells equal rows apart.
func (d *Delivery) order() {
	ranked := make([]uint32, len(d.labels))
	for i := range ranked {
		ranked[i] = uint32(i)
	}
	slices.SortFunc(ranked, func(a, b uint32) int { return cmp.Compare(d.labels[a].text, d.labels[b].text) })
	place, sorted := make([]uint32, len(ranked)), make([]label, len(ranked))
	for rank, i := range ranked {
		place[i], sorted[rank] = uint32(rank), d.labels[i]
	}
	d.labels = sorted
	for i := range d.rows {
		d.rows[i].label = place[d.rows[i].label]
	}
	slices.SortFunc(d.rows, func(a, b row) int {
		if c := a.number.Compare(b.number); c != 0 {
			return c
		}
		return a.compareSaid(&b)
	})
}

// compareSaid orders rows of one number by what they say, then by line.
func (a *row) compareSaid(b *row) int {
	return cmp.Or(
		cmp.Compare(a.label, b.label), cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last),
		cmp.Compare(a.reports, b.reports), cmp.Compare(a.line, b.line))
}

// sum digests what the file says. Line ends, the order of rows and rejected
// rows make no difference.
//
// Of reports, the same rows are the same reports, on whatever day and under
// whatever categories they are delivered: neither counts, or a second delivery
// would double what was reported once. A snapshot says how things stand on its
// day: the same list on a later day, or under other categories, is news.
func (d *Delivery) sum() (digest [sha256.Size]byte) {
	h := sha256.New()
	h.Write([]byte("ringfence/delivery/v1\n"))
	h.Write([]byte{byte(d.mapping.Mode()), byte(d.mapping.Counting()), byte(d.mapping.Medium())})
	var b []byte
	number64 := func(v uint64) { b = binary.BigEndian.AppendUint64(b, v) }
	for i := range d.rows {
		one := &d.rows[i]
		if i > 0 && d.mapping.Counting() == mapping.CountNone && d.repeats(i) {
			continue
		}
		b = b[:0]
		number64(one.number.Uint64())
		number64(uint64(one.first))
		number64(uint64(one.last))
		number64(uint64(one.reports))
		l := &d.labels[one.label]
		if d.mapping.Mode() == mapping.Snapshot {
			number64(uint64(l.category))
		}
		number64(uint64(len(l.text)))
		h.Write(append(b, l.text...))
	}
	if d.mapping.Mode() == mapping.Snapshot {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(d.asOf)))
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(d.shift)))
	}
	h.Sum(digest[:0])
	return digest
}

// repeats reports whether row i says what the row before it says.
func (d *Delivery) repeats(i int) bool {
	a, b := d.rows[i-1], d.rows[i]
	a.line = b.line
	return a == b
}

// Mapping returns the mapping that the file was read by.
func (d *Delivery) Mapping() *mapping.Mapping { return d.mapping }

// Summary accounts for the rows of the file.
func (d *Delivery) Summary() Summary { return d.summary }

// Digest identifies what the file says: see publish.Publisher, which adds
// nothing when it is delivered again.
func (d *Delivery) Digest() [sha256.Size]byte { return d.digest }

// Newest returns the newest creation day of the file, before Options.NewestOn
// moved it.
func (d *Delivery) Newest() taxonomy.Day { return d.newest }

// Labels tells the file's words with their counts of accepted rows, most
// frequent first.
func (d *Delivery) Labels() []LabelCount {
	all := make([]LabelCount, 0, len(d.labels))
	for _, l := range d.labels {
		if l.rows > 0 {
			all = append(all, LabelCount{l.text, l.category, l.mapped, l.rows})
		}
	}
	slices.SortStableFunc(all, func(a, b LabelCount) int { return cmp.Compare(b.Rows, a.Rows) })
	return all
}

// Draft is what a file says of one number in one category, all its rows
// together.
type Draft struct {
	Number    number.Number
	Category  taxonomy.Category
	Label     string // the publisher's own word; of several the most frequent, of equals the first by bytes
	Reports   uint32 // 0: the file does not count
	FirstSeen int64  // Unix seconds
	LastSeen  int64

	rows   []row // of the number
	labels []label
}

// Lines yields the lines of the file that the draft rests on.
func (d Draft) Lines() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range d.rows {
			if d.labels[d.rows[i].label].category == d.Category && !yield(int(d.rows[i].line)) {
				return
			}
		}
	}
}

// Drafts yields the drafts by rising number, then category.
func (d *Delivery) Drafts() iter.Seq[Draft] {
	return func(yield func(Draft) bool) {
		for i := 0; i < len(d.rows); {
			end := i + 1
			for end < len(d.rows) && d.rows[end].number == d.rows[i].number {
				end++
			}
			if !d.draftsOf(d.rows[i:end], yield) {
				return
			}
			i = end
		}
	}
}

// draftsOf yields the drafts of one number, by category.
func (d *Delivery) draftsOf(rows []row, yield func(Draft) bool) bool {
	for category := taxonomy.Category(0); ; {
		next := taxonomy.Category(math.MaxUint16)
		for i := range rows {
			if c := d.labels[rows[i].label].category; c > category && c < next {
				next = c
			}
		}
		if next == math.MaxUint16 {
			return true
		}
		category = next
		if !yield(d.draft(rows, category)) {
			return false
		}
	}
}

// draft puts together the rows of one number and category.
func (d *Delivery) draft(rows []row, category taxonomy.Category) Draft {
	draft := Draft{Number: rows[0].number, Category: category, rows: rows, labels: d.labels, FirstSeen: math.MaxInt64}
	reports, most := uint64(0), uint64(0)
	// Rows of one label stand together, in the order of the labels' texts.
	for i := 0; i < len(rows); {
		at, weight := rows[i].label, uint64(0)
		for ; i < len(rows) && rows[i].label == at; i++ {
			if d.labels[at].category != category {
				continue
			}
			draft.FirstSeen = min(draft.FirstSeen, rows[i].first)
			draft.LastSeen = max(draft.LastSeen, rows[i].last)
			reports += uint64(rows[i].reports)
			weight += uint64(max(rows[i].reports, 1))
		}
		if weight > most {
			most, draft.Label = weight, d.labels[at].text
		}
	}
	draft.Reports = uint32(min(reports, math.MaxUint32))
	if !d.mapping.Dated() {
		draft.FirstSeen, draft.LastSeen = d.asOf, d.asOf
	}
	draft.FirstSeen += d.shift
	draft.LastSeen += d.shift
	return draft
}

// Len returns the count of drafts.
func (d *Delivery) Len() int {
	count := 0
	for range d.Drafts() {
		count++
	}
	return count
}
