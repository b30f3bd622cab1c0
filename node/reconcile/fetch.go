package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"
	"golang.org/x/time/rate"

	"ringfence/store/intake"
	"ringfence/store/keys"
)

// exchange compares with a peer, in a goroutine.
func (pl *plan) exchange(p *peer, now time.Time) {
	r, known := pl.r, p.known
	p.exchanging, p.exchanged, p.next = true, now, now.Add(jitter(r.cfg.Every))
	p.start(func(ctx context.Context) {
		n, why, err := r.compare(ctx, p.key, known)
		if why == noFault {
			r.cfg.Heard(p.key, n.word.beacon, n.trip)
		}
		r.post(func(now time.Time) {
			p.exchanging = false
			switch {
			case p.gone:
			case why == noFault:
				pl.news(p, n, now)
			default:
				pl.failed(p, why, err, now)
				p.next = later(p.paused, now)
			}
		})
	})
}

func (r *Reconciler) compare(ctx context.Context, peer keys.Public, known cursor) (news, fault, error) {
	own, err := r.word()
	if err != nil {
		return news{}, stopping, err
	}
	t, err := r.speak(ctx, peer)
	if err != nil {
		return news{}, absent, err
	}
	defer t.close()
	n, err := t.exchange(own, known)
	return n, t.faultOf(ctx, err), err
}

// failed is what a fault costs a peer.
func (pl *plan) failed(p *peer, why fault, err error, now time.Time) {
	if p.gone {
		return
	}
	switch why {
	case lying:
		pl.drop(p, fmt.Sprintf("it sent what no honest node sends: %v", err), now)
	case slow:
		pl.drop(p, "it trickles: an answer was not there in time although it kept sending", now)
	case broken:
		if p.strikes++; p.strikes >= strikesToDrop {
			pl.drop(p, fmt.Sprintf("it broke off %d answers in a row: %v", p.strikes, err), now)
			return
		}
		p.rest(now)
	default: // the link may be dead, or this node ends
		p.rest(now)
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

// job is a request for ranges.
type job struct {
	ranges
	pulls []*pull
	parts []*part
}

// assign chooses what a peer is asked for, one span of a feed, feeds in turn, and
// takes the room for it from the window; nil: nothing, or there is no room.
func (pl *plan) assign(p *peer, now time.Time) *job {
	room, want := window-pl.used, 0
	if room < minGrant {
		return nil
	}
	j := &job{}
	for _, f := range pl.behind {
		if len(j.spans) == maxSpans || want >= p.grant() {
			break
		}
		c := f.claims[p]
		if c == nil || c.bad != "" || c.count <= f.next || f.state != Pulling {
			continue
		}
		if !pl.allows(f.issuer, now) {
			pl.throttled = true
			continue
		}
		if cost := pl.span(j, f, c, p, room-want, p.grant()-want); cost > 0 {
			want += cost
		}
	}
	if len(j.spans) == 0 {
		return nil
	}
	turn(pl.behind)
	j.bytes = min(max(want, minGrant), maxSpanBytes)
	pl.used += j.bytes
	p.asking++
	return j
}

// span adds a span of f to a job, when room allows, and returns what it may cost.
func (pl *plan) span(j *job, f *pull, c *claim, p *peer, room, grant int) int {
	q, i := f.open(c.count)
	if q == nil {
		return 0
	}
	if i > 0 {
		room -= reserve
	}
	size := f.size
	if size == 0 {
		size = defaultRecord
	}
	first := max(size, q.next)
	if room < first || first > maxSpanBytes {
		return 0
	}
	n := min(max(1, min(room, grant)/first), maxSpan, q.count)
	n = int(min(uint64(n), c.count-q.from))
	f.ask(q, i, n, p)
	j.spans = append(j.spans, span{f.lane, q.from, n})
	j.pulls, j.parts = append(j.pulls, f), append(j.parts, q)
	return n * first
}

// allows reports whether an issuer's feed may be pulled now.
func (pl *plan) allows(issuer keys.Public, now time.Time) bool {
	limit := pl.rates[issuer]
	return limit == nil || limit.TokensAt(now) > 0
}

func (pl *plan) charge(issuer keys.Public, bytes int, now time.Time) {
	limit := pl.rates[issuer]
	if limit == nil {
		limit = rate.NewLimiter(rate.Limit(pl.r.cfg.Rate), burst)
		pl.rates[issuer] = limit
	}
	limit.ReserveN(now, bytes)
}

// fetch asks for the ranges of a job, in a goroutine.
func (pl *plan) fetch(p *peer, j *job) {
	r := pl.r
	p.start(func(ctx context.Context) {
		began := time.Now()
		all, why, err := r.fetch(ctx, p.key, j.ranges)
		r.post(func(now time.Time) { pl.fetched(p, j, all, why, err, now.Sub(began), now) })
	})
}

func (r *Reconciler) fetch(ctx context.Context, peer keys.Public, q ranges) ([]found, fault, error) {
	t, err := r.speak(ctx, peer)
	if err != nil {
		return make([]found, len(q.spans)), absent, err
	}
	defer t.close()
	all, err := t.fetch(q)
	return all, t.faultOf(ctx, err), err
}

// fetched takes in what a request for ranges brought.
func (pl *plan) fetched(p *peer, j *job, all []found, why fault, err error, took time.Duration, now time.Time) {
	p.asking--
	pl.used -= j.bytes
	if p.gone {
		return
	}
	got := 0
	for i, q := range j.parts {
		if f := j.pulls[i]; q.asker == p && why != lying {
			got += pl.took(f, q, p, all[i], now)
		}
	}
	if why == slow && got >= pace {
		why = noFault // a thin line, not a trickle
	}
	switch why {
	case noFault:
		p.answered()
		p.silences = 0
		p.rate = int(float64(got) / max(took, time.Millisecond).Seconds())
	case silent:
		pl.hush(p, j, now)
	}
	if why != noFault {
		pl.failed(p, why, err, now)
	}
	for i, q := range j.parts {
		f := j.pulls[i]
		if q.asker == p {
			f.give(q, p, found{next: q.next})
		}
		pl.review(f, now)
	}
}

// took puts what was found of a span into its place.
func (pl *plan) took(f *pull, q *part, p *peer, got found, now time.Time) int {
	wanted := q.count
	if len(got.records) == 0 && !got.ended {
		return 0
	}
	f.give(q, p, got)
	if c := f.claims[p]; c != nil && got.ended && len(got.records) < wanted && got.next == 0 {
		c.bad = fmt.Sprintf("the batch at place %d/%d, which it claims to hold, is not given", f.epoch, q.from+uint64(len(got.records)))
	}
	size := 0
	if len(got.records) > 0 {
		size = q.size()
		pl.used += size
		pl.charge(f.issuer, size, now)
	}
	return size
}

// hush is for a peer that left a request for ranges unanswered. Until it answers
// anything its claims are no use; if it answers beacons and never ranges, it does
// so on purpose.
func (pl *plan) hush(p *peer, j *job, now time.Time) {
	if p.alive {
		p.alive = false
		if p.silences++; p.silences >= silencesToDrop {
			pl.drop(p, "it answers beacons, but no request for batches", now)
			return
		}
	}
	for i, q := range j.parts {
		if c := j.pulls[i].claims[p]; q.asker == p && c != nil && c.bad == "" {
			c.bad, c.mute = "no answer comes", true
			p.mute = append(p.mute, j.pulls[i])
		}
	}
}

// run does an errand, in a goroutine: what comes is shown to the door at once.
func (pl *plan) run(p *peer, e errand) {
	r := pl.r
	p.asking++
	p.start(func(ctx context.Context) {
		outcome, came, why, err := r.run(ctx, p.key, e)
		r.post(func(now time.Time) { pl.ran(p, e, outcome, came, why, err, now) })
	})
}

// ownTrouble marks an error that no peer is to be blamed for.
type ownTrouble struct{ error }

func (r *Reconciler) run(ctx context.Context, peer keys.Public, e errand) (o intake.Outcome, came bool, why fault, err error) {
	t, err := r.speak(ctx, peer)
	if err != nil {
		return o, false, absent, err
	}
	defer t.close()
	request, most := encodeHeader(e.f.lane, e.place), maxRequest
	if e.proof {
		request, most = encodeProof(e.f.lane), maxProof
	}
	b, err := t.fetchBytes(request, most)
	if err != nil || len(b) == 0 {
		return o, false, t.faultOf(ctx, err), err
	}
	if e.proof {
		o, err = r.cfg.Taker.AdmitFork(peer, b)
	} else {
		var all []intake.Outcome
		if all, err = r.cfg.Taker.Admit(peer, []intake.Offer{{Header: b}}); err == nil {
			o = all[0]
		}
	}
	if err != nil {
		err = ownTrouble{err}
	}
	return o, true, noFault, err
}

// ran takes in what came of an errand.
func (pl *plan) ran(p *peer, e errand, o intake.Outcome, came bool, why fault, err error, now time.Time) {
	p.asking--
	c := e.f.claims[p]
	if p.gone || c == nil {
		return
	}
	if e.proof {
		c.proof = false
	} else {
		c.doubt = false
	}
	here := o.Issuer == e.f.issuer && o.Tip.Epoch == e.f.epoch && (e.proof || o.Tip.Sequence == e.place)
	_, own := err.(ownTrouble)
	switch {
	case own:
		pl.errand(p, e)
		pl.own(err, now)
	case why != noFault:
		pl.errand(p, e)
		pl.failed(p, why, err, now)
	case !came:
		c.bad = "what it claims of the feed it does not show"
	case o.Status == intake.Refused:
		pl.drop(p, "it sent what no honest node sends: "+o.Detail, now)
	case o.Reason == intake.NotDue:
		e.due = time.Unix(o.Tip.Time, 0).Add(-intake.Ahead)
		pl.errand(p, e)
	case o.Status == intake.Early && o.Reason != intake.NoBody:
		pl.aside(e.f, o.Detail, now)
	case !here:
		pl.drop(p, "it answered with another place than it was asked for", now)
	case o.Status == intake.Known || o.Status == intake.Early:
		// Its header is the one held here, so the head that it told is not its own.
		if c.bad = "it contradicts itself"; c.head != nil {
			pl.drop(p, fmt.Sprintf("it tells of another batch %d/%d of %s than it holds", e.f.epoch, e.place, e.f.issuer.Short()), now)
		}
	}
	pl.review(e.f, now)
}

// repair asks for batches in quarantine, one peer at a time.
func (pl *plan) repair(now time.Time) {
	if pl.repairing || len(pl.order) == 0 || now.Before(pl.repaired.Add(pl.r.cfg.Every)) {
		return
	}
	pl.repaired = now
	damaged, err := pl.r.cfg.Held.Quarantined()
	if err != nil {
		pl.own(err, now)
	}
	var ids []cid.Cid
	for _, q := range damaged[:min(len(damaged), maxBatches)] {
		ids = append(ids, q.Batch)
	}
	p := pl.order[0]
	if len(ids) == 0 || now.Before(p.paused) || pl.used+maxSpanBytes > window {
		return
	}
	pl.repairing = true
	pl.used += maxSpanBytes
	p.asking++
	r := pl.r
	p.start(func(ctx context.Context) {
		lie, why, err := r.repair(ctx, p.key, ids)
		r.post(func(now time.Time) {
			p.asking--
			pl.repairing = false
			pl.used -= maxSpanBytes
			if lie != "" {
				pl.drop(p, lie, now)
			} else if _, own := err.(ownTrouble); own {
				pl.own(err, now)
			} else if why != noFault {
				pl.failed(p, why, err, now)
			}
		})
	})
}

// repair fetches batches and shows them to the door; lie says what was refused.
func (r *Reconciler) repair(ctx context.Context, peer keys.Public, ids []cid.Cid) (lie string, why fault, err error) {
	t, err := r.speak(ctx, peer)
	if err != nil {
		return "", absent, err
	}
	defer t.close()
	records, err := t.fetchBatches(ids)
	if err != nil || len(records) == 0 {
		return "", t.faultOf(ctx, err), err
	}
	outcomes, err := r.cfg.Taker.Admit(peer, offers(records))
	if err != nil {
		return "", noFault, ownTrouble{err}
	}
	for _, o := range outcomes {
		if o.Status == intake.Refused {
			lie = "it sent what no honest node sends: " + o.Detail
		}
	}
	return lie, noFault, nil
}

func offers(records []record) []intake.Offer {
	all := make([]intake.Offer, len(records))
	for i, rec := range records {
		all[i] = intake.Offer{Header: rec.header, Body: rec.body}
	}
	return all
}
