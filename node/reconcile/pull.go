package reconcile

import (
	"fmt"
	"slices"
	"time"

	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/keys"
)

// State is how the pulling of a feed stands.
type State uint8

// The states.
const (
	Settled  State = 0 // nothing is claimed that is not held
	Pulling  State = 1
	Withheld State = 2 // whoever claims the next batch does not give it; asked again after a pause
	Waiting  State = 3 // the next batch is dated ahead; taken when its time has come
	Aside    State = 4 // the door cannot judge it yet; offered again after a pause
	Frozen   State = 5 // a fork froze it
)

var stateWords = [...]string{Settled: "settled", Pulling: "pulling", Withheld: "withheld", Waiting: "waiting", Aside: "aside", Frozen: "frozen"}

// String returns the word, or "state(n)".
func (s State) String() string {
	if int(s) < len(stateWords) {
		return stateWords[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// pull is one feed that some peer claims to hold, and how far it has come here.
type pull struct {
	message.Lane
	claims map[*peer]*claim
	recent *Head  // of the claims, which are mostly the same
	next   uint64 // place after the own tip, as last looked
	state  State
	queued bool // among those that are behind

	parts []*part // from next on, in order and without holes: asked for, here, or to be asked for again
	size  int     // of a record, as the last ones were

	reason string        // of a state other than settled and pulling
	asked  []keys.Public // for what is withheld
	since  time.Time     // by the node's clock
	pause  time.Duration // the last one
	until  time.Time     // when what is withheld or aside is tried again
	due    time.Time     // by the node's clock, when what waits is due
	early  uint64        // batches up to the last one seen to be signed for a later time
	asker  *peer         // who is being asked for a later one
	told   uint64        // how many of them the log was told wait
	toldAt time.Time
}

// claim is what one peer says it holds of a feed.
type claim struct {
	head  *Head  // as heard from itself; nil: a third party told
	count uint64 // of batches
	bad   string // why it is not asked for more; "" when it may be
	mute  bool   // bad for not answering: good again as soon as the peer answers
	doubt bool   // its header for a contradicting place is being asked for
	proof bool   // its fork proof was asked for
	shown uint64 // its count when the header of its head was asked for, to learn how many batches wait
}

// part is a run of places of a feed.
type part struct {
	from    uint64
	count   int
	next    int   // size of its first record, when a peer has told; else 0
	asker   *peer // whom it is asked of, now
	giver   *peer // who gave records
	records []message.Record
	showing bool // to the door
}

func (q *part) size() int {
	n := 0
	for _, r := range q.records {
		n += r.Size()
	}
	return n
}

// wanted says that nobody is being asked and nothing is here.
func (q *part) wanted() bool { return q.asker == nil && q.records == nil }

// reach returns how many batches are claimed, and how many by peers that may be
// asked.
func (f *pull) reach() (claimed, live uint64) {
	for _, c := range f.claims {
		claimed = max(claimed, c.count)
		if c.bad == "" {
			live = max(live, c.count)
		}
	}
	return claimed, live
}

// busy says that something of the feed is asked for or before the door.
func (f *pull) busy() bool {
	return slices.ContainsFunc(f.parts, func(q *part) bool { return q.asker != nil || q.records != nil })
}

// end is the place after the last part.
func (f *pull) end() uint64 {
	if n := len(f.parts); n > 0 {
		return f.parts[n-1].from + uint64(f.parts[n-1].count)
	}
	return f.next
}

// open returns the first part that a peer with so many batches may be asked for,
// and its index; a new one when all others are asked for. nil: there is none.
func (f *pull) open(count uint64) (*part, int) {
	for i, q := range f.parts {
		if q.wanted() && q.from < count {
			return q, i
		}
	}
	if end := f.end(); end < count && len(f.parts) < maxParts {
		return &part{from: end, count: message.MaxSpan}, len(f.parts)
	}
	return nil, 0
}

// ask marks the first n places of a part as asked of p; the rest stays wanted.
func (f *pull) ask(q *part, i, n int, p *peer) {
	switch {
	case i == len(f.parts):
		f.parts = append(f.parts, q)
	case n < q.count:
		f.parts = slices.Insert(f.parts, i+1, &part{from: q.from + uint64(n), count: q.count - n})
	}
	q.count, q.asker = n, p
}

// give puts into a part what was found of it; what is left of it is wanted again.
func (f *pull) give(q *part, p *peer, got ask.Found) {
	n := len(got.Records)
	q.asker, q.next = nil, got.Next
	if n == 0 {
		return
	}
	if n < q.count {
		i := slices.Index(f.parts, q)
		f.parts = slices.Insert(f.parts, i+1, &part{from: q.from + uint64(n), count: q.count - n, next: got.Next})
	}
	q.count, q.giver, q.records = n, p, got.Records
	f.size = max(1, q.size()/n)
}

// trim lets parts begin at next again, when the feed has grown by other ways.
func (f *pull) trim() (freed int) {
	for len(f.parts) > 0 {
		q := f.parts[0]
		if q.from >= f.next || q.asker != nil || q.showing {
			return freed
		}
		cut := int(min(f.next-q.from, uint64(q.count)))
		if q.records != nil {
			freed += q.size()
			q.records = q.records[cut:]
			freed -= q.size()
		}
		q.from, q.count, q.next = q.from+uint64(cut), q.count-cut, 0
		if q.count > 0 {
			return freed
		}
		f.parts = f.parts[1:]
	}
	return freed
}

// clear forgets all parts, and returns how many bytes of records that frees. What
// is before the door is freed when the door has answered.
func (f *pull) clear() (freed int) {
	for _, q := range f.parts {
		if !q.showing {
			freed += q.size()
		}
		q.asker = nil
	}
	f.parts = nil
	return freed
}

// forget forgets a peer: what it was asked for, gave and claimed.
func (f *pull) forget(p *peer) (freed int) {
	delete(f.claims, p)
	for _, q := range f.parts {
		if q.asker == p {
			q.asker = nil
		}
		if q.giver == p && !q.showing {
			freed += q.size()
			q.giver, q.records = nil, nil
		}
	}
	return freed
}

// askers returns who claims more than is held, in the order of their keys.
func (f *pull) askers() []keys.Public {
	var all []keys.Public
	for p, c := range f.claims {
		if c.count > f.next {
			all = append(all, p.key)
		}
	}
	slices.SortFunc(all, keys.Public.Compare)
	return all
}

// complaint says why those who claim the next batch do not give it; of several
// reasons the first in order.
func (f *pull) complaint() string {
	var all []string
	for _, c := range f.claims {
		if c.count > f.next && c.bad != "" {
			all = append(all, c.bad)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return slices.Min(all)
}
