package charter

import (
	"cmp"
	"maps"
	"slices"
	"sort"

	"ringfence/store/charter/article"
	"ringfence/store/number"
)

// keyIndex finds the longest prefix of a key among ranges. A range of any
// length is entered once for each length, so that one look-up a prefix length
// in use answers.
type keyIndex struct {
	at     map[number.Range]int32
	frees  uint16         // bit f: some range has f free digits
	sorted []number.Range // once sort was called: the keys of at, a wider one before those inside it
}

// add enters an encoded range that Validate has passed. The first of equal
// keys stays.
func (x *keyIndex) add(encoded []byte, value int32) {
	r, err := article.ParseRange(encoded)
	if err != nil {
		return
	}
	if x.at == nil {
		x.at = make(map[number.Range]int32)
	}
	for key := range r.Keys() {
		if _, taken := x.at[key]; !taken {
			x.at[key] = value
			x.frees |= 1 << key.Free()
		}
	}
}

// sort makes inside work once all is added.
func (x *keyIndex) sort() { x.sorted = slices.SortedFunc(maps.Keys(x.at), widerFirst) }

// widerFirst orders keys by their first numbers, then by size.
func widerFirst(a, b number.Range) int {
	return cmp.Or(a.First().Compare(b.First()), cmp.Compare(b.Free(), a.Free()))
}

// inside returns the keys that lie inside the key r, r itself not among them.
func (x *keyIndex) inside(r number.Range) []number.Range {
	from, _ := slices.BinarySearchFunc(x.sorted, r, widerFirst)
	if from < len(x.sorted) && x.sorted[from] == r {
		from++
	}
	return within(x.sorted[from:], r)
}

// within returns those at the head of sorted keys that lie inside r.
func within(sorted []number.Range, r number.Range) []number.Range {
	last := r.Last()
	return sorted[:sort.Search(len(sorted), func(i int) bool { return sorted[i].First().Compare(last) > 0 })]
}

// find returns the value of the longest prefix that covers the key r.
func (x *keyIndex) find(r number.Range) (int32, bool) {
	n := r.First()
	for free := r.Free(); free < number.MaxDigits; free++ {
		if x.frees>>free&1 == 0 {
			continue
		}
		around, ok := n.Enclosing(free)
		if !ok {
			return 0, false
		}
		if value, ok := x.at[around]; ok {
			return value, true
		}
	}
	return 0, false
}
