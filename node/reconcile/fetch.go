package reconcile

import (
	"context"
	"time"

	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/claims"
	"ringfence/node/reconcile/internal/conduct"
	"ringfence/node/reconcile/internal/message"
	"ringfence/node/reconcile/internal/parts"
	"ringfence/store/keys"
)

// exchange compares with a peer, in a goroutine.
func (pl *plan) exchange(p *peer, now time.Time) {
	r, known := pl.r, p.known
	p.exchanging, p.exchanged, p.next = true, now, now.Add(pl.gap(now))
	p.start(func(ctx context.Context) {
		n, held, failed := r.compare(ctx, p.key, known)
		if failed.Fault == ask.NoFault {
			r.cfg.Heard(p.key, n.Word.Beacon, n.Trip)
		}
		r.post(func(now time.Time) {
			p.exchanging = false
			switch {
			case failed.Fault != ask.NoFault:
				pl.failed(p, conduct.Word, failed, now)
				p.next = now // once it is asked again
			case !p.gone:
				pl.news(p, n, held, now)
			}
		})
	})
}

// compare asks a peer what is new with it. held is what was held here before.
func (r *Reconciler) compare(ctx context.Context, peer keys.Public, known message.Cursor) (n ask.News, held counts, failed ask.Failure) {
	own, err := r.answerer.Word()
	if err != nil {
		return n, nil, ask.Failure{Fault: ask.Stopping, Err: err}
	}
	held = r.answerer.Counts()
	failed = ask.With(ctx, r.cfg.Open, peer, func(t *ask.Talk) (err error) {
		n, err = t.Exchange(own, known)
		return err
	})
	return n, held, failed
}

// failed is what a fault costs a peer. A lie counts also when the peer has gone.
func (pl *plan) failed(p *peer, what conduct.Request, f ask.Failure, now time.Time) {
	if p.gone && f.Fault != ask.Lying {
		return
	}
	if why := p.conduct.Failed(what, f, now); !why.IsZero() {
		pl.drop(p, why, now)
	} else if f.Fault == ask.Absent || f.Fault == ask.Silent {
		pl.doubted = append(pl.doubted, p.key)
	}
}

// employ gives a peer one thing to do, if there is any.
func (pl *plan) employ(p *peer, now time.Time) {
	if e, ok := p.errand(pl.r.cfg.Now()); ok {
		pl.run(p, e)
		return
	}
	if j := pl.assign(p, now); j != nil {
		pl.fetch(p, j)
	}
}

// job is a request for ranges, and what came of it.
type job struct {
	message.Ranges
	pulls []*pull
	parts []*part

	found  []ask.Found
	failed ask.Failure
	took   time.Duration
}

// assign chooses what a peer is asked for, one span of a feed, feeds in turn, and
// takes the room for it from the window; nil: nothing, or there is no room.
func (pl *plan) assign(p *peer, now time.Time) *job {
	room, want := window-pl.used, 0
	if room < minGrant || pl.asked >= maxAsked {
		return nil
	}
	j := &job{}
	for _, f := range pl.behind {
		if len(j.Spans) == message.MaxSpans || want >= p.grant() {
			break
		}
		c := f.claims[p]
		if c == nil || !c.Bad.IsZero() || f.within(c.Count) <= f.Next || f.state != Pulling {
			continue
		}
		if !pl.quotas.Allow(f.Issuer, now) {
			pl.throttled = true
			continue
		}
		want += pl.span(j, f, p, room-want, p.grant()-want)
	}
	if len(j.Spans) == 0 {
		return nil
	}
	parts.Turn(pl.behind)
	j.Bytes = min(max(want, minGrant), message.MaxSpanBytes)
	pl.used += j.Bytes
	pl.asked++
	p.asking++
	p.fetching++
	return j
}

// span adds a span of f to a job, when room allows, and returns what it may cost.
func (pl *plan) span(j *job, f *pull, p *peer, room, grant int) int {
	count := f.within(f.claims[p].Count)
	q, i := f.Open(count)
	if q == nil {
		return 0
	}
	if i > 0 {
		room -= reserve
	}
	size := f.Size
	if size == 0 {
		size = defaultRecord
	}
	first := max(size, q.Next)
	if room < first || first > message.MaxSpanBytes {
		return 0
	}
	n := 1 // to see whether a feed that rested goes on at all
	if f.pause == 0 {
		n = min(max(1, min(room, grant)/first), message.MaxSpan, q.Count)
		n = int(min(uint64(n), count-q.From))
	}
	f.Ask(i, q, n, p)
	j.Spans = append(j.Spans, message.Span{Lane: f.Lane, From: q.From, Count: n})
	j.pulls, j.parts = append(j.pulls, f), append(j.parts, q)
	return n * first
}

// fetch asks for the ranges of a job, in a goroutine.
func (pl *plan) fetch(p *peer, j *job) {
	r := pl.r
	p.start(func(ctx context.Context) {
		began := time.Now()
		j.found = make([]ask.Found, len(j.Spans))
		j.failed = ask.With(ctx, r.cfg.Open, p.key, func(t *ask.Talk) (err error) {
			j.found, err = t.Fetch(j.Ranges)
			return err
		})
		j.took = max(time.Since(began), time.Millisecond)
		r.post(func(now time.Time) { pl.fetched(p, j, now) })
	})
}

// fetched takes in what a request for ranges brought.
func (pl *plan) fetched(p *peer, j *job, now time.Time) {
	p.asking--
	p.fetching--
	pl.asked--
	pl.used -= j.Bytes
	got := 0
	if j.failed.Fault != ask.Lying {
		got = pl.takeIn(p, j, now)
	}
	switch fault := j.failed.Fault; {
	case p.gone && fault != ask.Lying:
		return
	case fault == ask.NoFault, fault == ask.Late, fault == ask.Slow && got >= message.Pace: // a thin line, not a trickle
		p.answered(conduct.Batches, now)
		p.rate = int(int64(got) * int64(time.Second) / int64(j.took))
	default:
		if fault == ask.Silent {
			p.hush(j)
		}
		pl.failed(p, conduct.Batches, j.failed, now)
	}
	for i, q := range j.parts {
		f := j.pulls[i]
		if q.Asker == p {
			f.Give(q, p, nil, q.Next)
		}
		pl.review(f, now)
	}
}

// takeIn puts what was found into the parts that still wait for it, and returns how
// many bytes that were.
func (pl *plan) takeIn(p *peer, j *job, now time.Time) (got int) {
	for i, q := range j.parts {
		if q.Asker != p {
			continue
		}
		found := &j.found[i]
		if found.Next <= j.Bytes && i == 0 && len(found.Records) == 0 {
			found.Next = 0 // there was room for it, so it is not given
		}
		got += pl.took(j.pulls[i], q, p, found, now)
	}
	return got
}

// took puts what was found of a span into its place.
func (pl *plan) took(f *pull, q *part, p *peer, found *ask.Found, now time.Time) int {
	wanted, n := q.Count, len(found.Records)
	if n == 0 && !found.Ended {
		return 0
	}
	f.Give(q, p, found.Records, found.Next)
	if c := f.claims[p]; c != nil && found.Ended && n < wanted && found.Next == 0 {
		c.Blame(Withheld, claims.NotGiven(f.Epoch, q.From+uint64(n)))
	}
	size := q.Bytes()
	if size > 0 {
		pl.used += size
		pl.quotas.Charge(f.Issuer, size, now)
	}
	return size
}

// hush is for a peer that left a request for ranges unanswered: until it answers
// anything its claims are no use.
func (p *peer) hush(j *job) {
	for i, q := range j.parts {
		if c := j.pulls[i].claims[p]; q.Asker == p && c != nil && c.Bad.IsZero() {
			c.Hush()
			p.mute = append(p.mute, j.pulls[i])
		}
	}
}
