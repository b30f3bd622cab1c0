// Package plan holds numbering plans: what kind of number a number is, to whom
// its range was allocated, where, and whether it was allocated at all.
//
// Plans are data, not code, because they change and because old plans lie: a
// file of 2021 calls every Chinese number that begins with 192 unallocated,
// and a node that believed it would cut off real subscribers. So a Plan has a
// date and a source and every answer carries both; a plan speaks of allocation
// only within the scope that it claims to list completely; and where a newer
// plan knows a series in which an older one has nothing, the older one's
// silence counts for nothing (see Set).
//
// Plans that ship with the project are text files in configs/plans (see
// ParseText); the publications of others are read by Import and kept in a
// compact form with a checksum (see Plan.Encode). Countries without a plan are
// described by libphonenumber's metadata, which is slower and knows no
// holders.
//
// The package also makes the number.Rules by which numbers are read, from the
// same files.
//
// Floor 1. It never says whether a call is to be trusted, and it has no clock:
// whether a plan is too old is its reader's policy.
package plan

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Meta says where a plan comes from.
type Meta struct {
	Country number.Country
	Date    taxonomy.Day // as of which the plan was true
	Source  string       // who published it and where, at most 256 bytes
	Licence string       // SPDX name or a few words, at most 256 bytes
}

const maxText = 256

func (m Meta) check() error {
	switch {
	case m.Country.Len() == 0:
		return fmt.Errorf("plan: no country code; say whose plan it is")
	case m.Date == 0 || m.Date == taxonomy.NeverDay:
		return fmt.Errorf("plan: no date; an undated plan cannot say what is allocated")
	case m.Source == "":
		return fmt.Errorf("plan: no source; every answer names the source of its plan")
	case len(m.Source) > maxText || len(m.Licence) > maxText:
		return fmt.Errorf("plan: source and licence have at most %d bytes each", maxText)
	}
	return nil
}

// Info is what plans say of one number.
type Info struct {
	Class     Class
	Public    bool // an emergency or public service line
	Allocated Allocation
	Province  int          // GB/T 2260 code, 0 for none
	Holder    string       // to whom the range was allocated, or whose code it is
	Region    string       // where, in the plan's own language; "" when not told
	Date      taxonomy.Day // of the plan that answered Allocated, else of the one that gave Class; 0 when undated
	Source    string       // of the same plan
}

// span is an interval of numbers, both ends included.
type span struct{ first, last uint64 }

// value is what a plan says of all numbers of a span.
type value struct {
	class    Class
	public   bool
	province uint8
	holder   string
	region   string
}

// Plan is one country's numbering plan as of a date. It is immutable and safe
// for concurrent use.
type Plan struct {
	meta   Meta
	scopes []span // sorted, disjoint: what the plan lists completely
	spans  []span // sorted, disjoint
	which  []uint32
	values []value
}

// Meta returns where p comes from.
func (p *Plan) Meta() Meta { return p.meta }

// Ranges returns the count of ranges with something to say.
func (p *Plan) Ranges() int { return len(p.spans) }

// find returns the place of the last span of s that begins at or before v, -1
// if there is none.
func find(s []span, v uint64) int {
	return sort.Search(len(s), func(i int) bool { return s[i].first > v }) - 1
}

// at returns the place of the span that holds v, -1 if none does.
func at(s []span, v uint64) int {
	if i := find(s, v); i >= 0 && v <= s[i].last {
		return i
	}
	return -1
}

// touches reports whether p says anything about a number of s.
func (p *Plan) touches(s span) bool {
	i := find(p.spans, s.last)
	return i >= 0 && p.spans[i].last >= s.first
}

// row is a span as its source gives it.
type row struct {
	span
	value uint32
	line  int
}

// builder collects the rows of one plan.
type builder struct {
	meta   Meta
	rows   []row
	scopes []span
	values []value
	index  map[value]uint32
}

// spanOf returns the numbers whose national digits begin with prefix and are
// length in all.
func spanOf(c number.Country, service bool, prefix string, length int) (span, error) {
	if length < max(len(prefix), 1) || c.Len()+length > number.MaxDigits {
		return span{}, fmt.Errorf("prefix %q cannot begin a number of %d digits; %d to %d can", prefix, length, max(len(prefix), 1), number.MaxDigits-c.Len())
	}
	first, last := []byte(prefix), []byte(prefix)
	for len(first) < length {
		first, last = append(first, '0'), append(last, '9')
	}
	lowest, err := makeNumber(c, service, string(first))
	if err != nil {
		return span{}, err
	}
	highest, err := makeNumber(c, service, string(last))
	return span{lowest.Uint64(), highest.Uint64()}, err
}

func makeNumber(c number.Country, service bool, national string) (number.Number, error) {
	if service {
		return number.Service(c, national)
	}
	return number.International(c.String() + national)
}

// intern returns the place of v among the values.
func (b *builder) intern(v value) uint32 {
	if b.index == nil {
		b.index = make(map[value]uint32)
	}
	i, ok := b.index[v]
	if !ok {
		i = uint32(len(b.values))
		b.index[v] = i
		b.values = append(b.values, v)
	}
	return i
}

// add adds the numbers that match one of the prefixes with one of the lengths.
func (b *builder) add(line int, service bool, prefixes []string, lengths []int, v value) error {
	id := b.intern(v)
	for _, length := range lengths {
		for _, prefix := range prefixes {
			s, err := spanOf(b.meta.Country, service, prefix, length)
			if err != nil {
				return err
			}
			b.rows = append(b.rows, row{s, id, line})
		}
	}
	return nil
}

// scope claims the numbers of a prefix and the given lengths as completely
// listed.
func (b *builder) scope(prefixes []string, lengths []int) error {
	for _, length := range lengths {
		for _, prefix := range prefixes {
			s, err := spanOf(b.meta.Country, false, prefix, length)
			if err != nil {
				return err
			}
			b.scopes = append(b.scopes, s)
		}
	}
	return nil
}

// build orders the rows. Of nested ranges the narrower one speaks; ranges that
// overlap otherwise, or stand twice, are an error.
func (b *builder) build() (*Plan, error) {
	if err := b.meta.check(); err != nil {
		return nil, err
	}
	p := &Plan{meta: b.meta, scopes: joined(b.scopes)}
	slices.SortFunc(b.rows, func(x, y row) int {
		return cmp.Or(cmp.Compare(x.first, y.first), cmp.Compare(y.last, x.last), cmp.Compare(x.line, y.line))
	})
	f := flattener{plan: p}
	for _, r := range b.rows {
		if err := f.open(r); err != nil {
			return nil, err
		}
	}
	f.closeBefore(^uint64(0))
	p.renumber(b.values)
	return p, nil
}

// renumber keeps the values in use, in the order of their first use, so that
// equal plans are equal however their rows were read.
func (p *Plan) renumber(values []value) {
	places := make(map[uint32]uint32, len(values))
	for i, old := range p.which {
		now, ok := places[old]
		if !ok {
			now = uint32(len(p.values))
			places[old] = now
			p.values = append(p.values, values[old])
		}
		p.which[i] = now
	}
}

// joined sorts spans and joins those that touch or overlap.
func joined(in []span) []span {
	slices.SortFunc(in, func(x, y span) int { return cmp.Compare(x.first, y.first) })
	var out []span
	for _, s := range in {
		if n := len(out); n > 0 && s.first <= out[n-1].last+1 {
			out[n-1].last = max(out[n-1].last, s.last)
			continue
		}
		out = append(out, s)
	}
	return out
}

// flattener turns nested rows, given by rising start and falling end, into
// disjoint spans.
type flattener struct {
	plan   *Plan
	around []row  // the rows around next, outermost first
	next   uint64 // the first number not yet written
}

func (f *flattener) open(r row) error {
	f.closeBefore(r.first)
	if n := len(f.around); n > 0 {
		outer := f.around[n-1]
		if r.last > outer.last || r.span == outer.span {
			return fmt.Errorf("plan: line %d: overlaps line %d; of two ranges one must lie within the other", max(r.line, outer.line), min(r.line, outer.line))
		}
		f.write(r.first-1, outer.value)
	}
	f.next = r.first
	f.around = append(f.around, r)
	return nil
}

// closeBefore ends the rows that end before v.
func (f *flattener) closeBefore(v uint64) {
	for n := len(f.around); n > 0 && f.around[n-1].last < v; n-- {
		f.write(f.around[n-1].last, f.around[n-1].value)
		f.around = f.around[:n-1]
	}
}

// write says value of the numbers from next to last.
func (f *flattener) write(last uint64, value uint32) {
	if f.next > last {
		return
	}
	p := f.plan
	if n := len(p.spans); n > 0 && p.spans[n-1].last+1 == f.next && p.which[n-1] == value {
		p.spans[n-1].last = last
	} else {
		p.spans = append(p.spans, span{f.next, last})
		p.which = append(p.which, value)
	}
	f.next = last + 1
}
