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
func (p *Part[P]) Bytes() int {
	n := 0
	for _, r := range p.Records {
		n += r.Size()
	}
	return n
}

// wanted says that nobody is being asked and nothing is here.
func (p *Part[P]) wanted() bool { var nobody P; return p.Asker == nobody && p.Records == nil }

// All returns the parts in order. They must not be kept.
func (q *Queue[P]) All() []*Part[P] { return q.parts }

// Busy says that something of the feed is asked for or here.
func (q *Queue[P]) Busy() bool {
	return slices.ContainsFunc(q.parts, func(p *Part[P]) bool { return !p.wanted() })
}

// end is the place after the last part.
func (q *Queue[P]) end() uint64 {
	if n := len(q.parts); n > 0 {
		return q.parts[n-1].From + uint64(q.parts[n-1].Count)
	}
	return q.Next
}

// Open returns the first part that a peer with so many batches may be asked for,
// and its index; a new one when all others are asked for. nil: there is none.
func (q *Queue[P]) Open(count uint64) (*Part[P], int) {
	for i, p := range q.parts {
		if p.wanted() && p.From < count {
			return p, i
		}
	}
	if end := q.end(); end < count && len(q.parts) < Most {
		return &Part[P]{From: end, Count: message.MaxSpan}, len(q.parts)
	}
	return nil, 0
}

// Ask marks the first n places of a part that Open returned as asked of a peer; the
// rest stays wanted.
func (q *Queue[P]) Ask(i int, p *Part[P], n int, peer P) {
	switch {
	case i == len(q.parts):
		q.parts = append(q.parts, p)
	case n < p.Count:
		q.parts = slices.Insert(q.parts, i+1, &Part[P]{From: p.From + uint64(n), Count: p.Count - n})
	}
	p.Count, p.Asker = n, peer
}

// Give puts into a part the records that a peer gave of it, with the size of the one
// after them when that was told. What is left of the part is wanted again.
func (q *Queue[P]) Give(p *Part[P], peer P, records []message.Record, next int) {
	var nobody P
	n := len(records)
	p.Asker, p.Next = nobody, next
	if n == 0 {
		return
	}
	if n < p.Count {
		i := slices.Index(q.parts, p)
		q.parts = slices.Insert(q.parts, i+1, &Part[P]{From: p.From + uint64(n), Count: p.Count - n, Next: next})
	}
	p.Count, p.Giver, p.Records = n, peer, records
	q.Size = max(1, p.Bytes()/n)
}

// Hold takes in how many batches are held, and returns how many bytes of records that
// frees. Where they are fewer than before another branch goes on, and all parts are
// forgotten.
func (q *Queue[P]) Hold(count uint64) (freed int) {
	if count < q.Next {
		freed = q.Clear()
	}
	q.Next = count
	return freed + q.Trim()
}

// Trim lets the parts begin at Next again, when the feed has grown by other ways,
// and returns how many bytes of records that frees.
func (q *Queue[P]) Trim() (freed int) {
	var nobody P
	for len(q.parts) > 0 {
		p := q.parts[0]
		if p.From >= q.Next || p.Asker != nobody || p.Showing {
			return freed
		}
		cut := int(min(q.Next-p.From, uint64(p.Count)))
		if p.Records != nil {
			freed += p.Bytes()
			p.Records = p.Records[cut:]
			freed -= p.Bytes()
		}
		p.From, p.Count, p.Next = p.From+uint64(cut), p.Count-cut, 0
		if p.Count > 0 {
			return freed
		}
		q.parts = q.parts[1:]
	}
	return freed
}

// Remove forgets a part that the door has looked at.
func (q *Queue[P]) Remove(p *Part[P]) {
	q.parts = slices.DeleteFunc(q.parts, func(o *Part[P]) bool { return o == p })
}

// Clear forgets all parts, and returns how many bytes of records that frees. What
// is before the door is freed when the door has answered.
func (q *Queue[P]) Clear() (freed int) {
	var nobody P
	for _, p := range q.parts {
		if !p.Showing {
			freed += p.Bytes()
		}
		p.Asker = nobody
	}
	q.parts = nil
	return freed
}

// Forget forgets what a peer was asked for and gave, and returns how many bytes of
// records that frees.
func (q *Queue[P]) Forget(peer P) (freed int) {
	var nobody P
	for _, p := range q.parts {
		if p.Asker == peer {
			p.Asker = nobody
		}
		if p.Giver == peer && !p.Showing {
			freed += p.Bytes()
			p.Giver, p.Records = nobody, nil
		}
	}
	return freed
}

// Turn moves the first to the end, so that nobody is always first.
func Turn[T any](all []T) {
	if len(all) > 1 {
		first := all[0]
		copy(all, all[1:])
		all[len(all)-1] = first
	}
}
