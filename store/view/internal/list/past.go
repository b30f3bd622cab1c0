package list

import (
	"crypto/sha256"
	"encoding/binary"
	"sort"

	"ringfence/store/taxonomy"
)

// Now returns the ledger's time as of the list, in Unix seconds; false before its first
// tick.
func (l *List) Now() (int64, bool) { return l.Ticks.Now() }

// CoveredBy returns how many entries of the ledger the ticks up to a time cover.
func (l *List) CoveredBy(unix int64) uint64 {
	return uint64(sort.Search(int(l.Mark.LedgerSize), func(i int) bool {
		tick, known := l.Ticks.Of(uint64(i) + 1)
		return !known || tick > unix
	}))
}

// FixedUpTo returns the last motion before skip others that fixed heads, be it an anchor
// or what ended an authority, and lies in the ledger of a size: the index of its entry,
// and the size of the ledger that ends with its items. It is false when there is none.
func (l *List) FixedUpTo(size uint64, skip int) (index, end uint64, ok bool) {
	n := sort.Search(len(l.Anchors), func(i int) bool { return l.Anchors[i].End > size }) - skip
	if n < 1 {
		return 0, 0, false
	}
	a := &l.Anchors[n-1]
	return a.Index, a.End, true
}

// ErasedAlive counts the statements behind the list that were erased and had not expired
// on a day. Of each it is not known whether it was retracted by then, nor what it was
// about. Batches that are damaged here are left out.
func (l *List) ErasedAlive(day taxonomy.Day) (n int) {
	if l.Tally.Erased == 0 {
		return 0
	}
	for i := range l.Batches {
		slots, err := l.Source.Slots(l.Batches[i].CID)
		if err != nil {
			continue
		}
		for k := range slots {
			if slots[k].Erased() && slots[k].Expiry() >= day {
				n++
			}
		}
	}
	return n
}

// NextSession names the life of a view that is built anew. It differs from others as
// theirs do from each other.
func NextSession(session, size uint64) uint64 {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, session), size))
	return binary.BigEndian.Uint64(sum[:])
}
