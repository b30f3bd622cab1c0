// Package clock keeps the ledger's time: its ticks, and what is to be looked at again
// when the next of them comes.
//
// Floor 5, a room of store/view.
package clock

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"sort"

	"ringfence/store/number"
)

// Ticks is the ledger's clock so far. A copy stays as it is while the original grows.
type Ticks struct {
	all []tick // of those that start or meet anything that none before did
	now int64
}

type tick struct {
	below uint64
	unix  int64
}

// Add enters a tick that starts and meets what lies below a ledger index.
func (t *Ticks) Add(below uint64, unix int64) {
	t.now = unix
	if n := len(t.all); n == 0 || below > t.all[n-1].below {
		t.all = append(t.all, tick{below, unix})
	}
}

// Now returns what the last tick is worth in Unix seconds; false before the first.
func (t *Ticks) Now() (int64, bool) { return t.now, len(t.all) > 0 }

// Of returns the tick of the entries that made the ledger this large, in Unix seconds;
// false while there is none.
func (t *Ticks) Of(size uint64) (int64, bool) {
	at := sort.Search(len(t.all), func(i int) bool { return t.all[i].below >= size })
	if at == len(t.all) {
		return 0, false
	}
	return t.all[at].unix, true
}

// Alarms are keys to be looked at from a tick on. The zero Alarms has none.
type Alarms struct {
	at    map[int64]map[number.Range]struct{}
	times times
}

// Set notes that a key differs from a moment on, in Unix seconds.
func (a *Alarms) Set(moment int64, key number.Range) {
	keys := a.at[moment]
	if keys == nil {
		if a.at == nil {
			a.at = make(map[int64]map[number.Range]struct{})
		}
		keys = make(map[number.Range]struct{})
		a.at[moment] = keys
		heap.Push(&a.times, moment)
	}
	keys[key] = struct{}{}
}

// Due takes out the keys of all moments up to now.
func (a *Alarms) Due(now int64) []number.Range {
	var keys []number.Range
	for len(a.times) > 0 && a.times[0] <= now {
		moment := heap.Pop(&a.times).(int64)
		for key := range a.at[moment] {
			keys = append(keys, key)
		}
		delete(a.at, moment)
	}
	return keys
}

// Alarm is one moment with its keys.
type Alarm struct {
	Moment int64
	Keys   []number.Range
}

// All returns what is set, in order.
func (a *Alarms) All() []Alarm {
	var all []Alarm
	for moment, keys := range a.at {
		all = append(all, Alarm{moment, slices.SortedFunc(maps.Keys(keys), number.Range.Compare)})
	}
	slices.SortFunc(all, func(a, b Alarm) int { return cmp.Compare(a.Moment, b.Moment) })
	return all
}

// times is a heap of moments, the earliest first.
type times []int64

func (t times) Len() int           { return len(t) }
func (t times) Less(i, j int) bool { return t[i] < t[j] }
func (t times) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }

// Push adds a moment.
func (t *times) Push(x any) { *t = append(*t, x.(int64)) }

// Pop takes the last moment out.
func (t *times) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	*t = (*t)[:last]
	return x
}
