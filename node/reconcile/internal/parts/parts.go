package parts

import (
	"slices"

	"ringfence/node/reconcile/internal/message"
)

// Most is how many parts one feed has at once.
const Most = 8

// Queue is the parts of one feed, from the next place on, in order and without
// holes. P names a peer; its zero value is nobody. The zero Queue begins at place 0.
type Queue[P comparable] struct {
	Next uint64 // the place after what is held, as last looked
	Size int    // of a record in bytes, as the last ones were; 0: none has come

	parts []*Part[P]
}

// Part is a run of places: asked for, here, or to be asked for again.
type Part[P comparable] struct {
	From    uint64
	Count   int
	Next    int // size in bytes of its first record, when a peer has told; else 0
	Asker   P   // whom it is asked of, now
	Giver   P   // who gave records
	Records []message.Record
	Showing bool // to the door
}

// Bytes returns how much memory the records take that are here.
func (q *Part[P]) Bytes() int {
	n := 0
	for _, r := range q.Records {
		n += r.Size()
	}
	return n
}

// wanted says that nobody is being asked and nothing is here.
func (q *Part[P]) wanted() bool { var nobody P; return q.Asker == nobody && q.Records == nil }

// All returns the parts in order. They must not be kept.
func (f *Queue[P]) All() []*Part[P] { return f.parts }

// Busy says that something of the feed is asked for or here.
func (f *Queue[P]) Busy() bool {
	return slices.ContainsFunc(f.parts, func(q *Part[P]) bool { return !q.wanted() })
}

// end is the place after the last part.
func (f *Queue[P]) end() uint64 {
	if n := len(f.parts); n > 0 {
		return f.parts[n-1].From + uint64(f.parts[n-1].Count)
	}
	return f.Next
}

// Open returns the first part that a peer with so many batches may be asked for,
// and its index; a new one when all others are asked for. nil: there is none.
func (f *Queue[P]) Open(count uint64) (*Part[P], int) {
	for i, q := range f.parts {
		if q.wanted() && q.From < count {
			return q, i
		}
	}
	if end := f.end(); end < count && len(f.parts) < Most {
		return &Part[P]{From: end, Count: message.MaxSpan}, len(f.parts)
	}
	return nil, 0
}

// Ask marks the first n places of a part that Open returned as asked of a peer; the
// rest stays wanted.
func (f *Queue[P]) Ask(i int, q *Part[P], n int, peer P) {
	switch {
	case i == len(f.parts):
		f.parts = append(f.parts, q)
	case n < q.Count:
		f.parts = slices.Insert(f.parts, i+1, &Part[P]{From: q.From + uint64(n), Count: q.Count - n})
	}
	q.Count, q.Asker = n, peer
}

// Give puts into a part the records that a peer gave of it, with the size of the one
// after them when that was told. What is left of the part is wanted again.
func (f *Queue[P]) Give(q *Part[P], peer P, records []message.Record, next int) {
	var nobody P
	n := len(records)
	q.Asker, q.Next = nobody, next
	if n == 0 {
		return
	}
	if n < q.Count {
		i := slices.Index(f.parts, q)
		f.parts = slices.Insert(f.parts, i+1, &Part[P]{From: q.From + uint64(n), Count: q.Count - n, Next: next})
	}
	q.Count, q.Giver, q.Records = n, peer, records
	f.Size = max(1, q.Bytes()/n)
}

// Trim lets the parts begin at Next again, when the feed has grown by other ways,
// and returns how many bytes of records that frees.
func (f *Queue[P]) Trim() (freed int) {
	var nobody P
	for len(f.parts) > 0 {
		q := f.parts[0]
		if q.From >= f.Next || q.Asker != nobody || q.Showing {
			return freed
		}
		cut := int(min(f.Next-q.From, uint64(q.Count)))
		if q.Records != nil {
			freed += q.Bytes()
			q.Records = q.Records[cut:]
			freed -= q.Bytes()
		}
		q.From, q.Count, q.Next = q.From+uint64(cut), q.Count-cut, 0
		if q.Count > 0 {
			return freed
		}
		f.parts = f.parts[1:]
	}
	return freed
}

// Remove forgets a part that the door has looked at.
func (f *Queue[P]) Remove(q *Part[P]) {
	f.parts = slices.DeleteFunc(f.parts, func(o *Part[P]) bool { return o == q })
}

// Clear forgets all parts, and returns how many bytes of records that frees. What
// is before the door is freed when the door has answered.
func (f *Queue[P]) Clear() (freed int) {
	var nobody P
	for _, q := range f.parts {
		if !q.Showing {
			freed += q.Bytes()
		}
		q.Asker = nobody
	}
	f.parts = nil
	return freed
}

// Forget forgets what a peer was asked for and gave, and returns how many bytes of
// records that frees.
func (f *Queue[P]) Forget(peer P) (freed int) {
	var nobody P
	for _, q := range f.parts {
		if q.Asker == peer {
			q.Asker = nobody
		}
		if q.Giver == peer && !q.Showing {
			freed += q.Bytes()
			q.Giver, q.Records = nobody, nil
		}
	}
	return freed
}
