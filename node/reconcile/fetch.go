package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"
	"golang.org/x/time/rate"

	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// exchange compares with a peer, in a goroutine.
func (pl *plan) exchange(p *peer, now time.Time) {
	r, known := pl.r, p.known
	p.exchanging, p.exchanged, p.next = true, now, now.Add(pl.pace(now))
	p.start(func(ctx context.Context) {
		n, why, err := r.compare(ctx, p.key, known)
		if why == ask.NoFault {
			r.cfg.Heard(p.key, n.Word.Beacon, n.Trip)
		}
		r.post(func(now time.Time) {
			p.exchanging = false
			switch {
			case p.gone:
			case why == ask.NoFault:
				pl.news(p, n, now)
			default:
				pl.failed(p, why, err, now)
				p.next = later(p.paused, now)
			}
		})
	})
}

func (r *Reconciler) compare(ctx context.Context, peer keys.Public, known message.Cursor) (ask.News, ask.Fault, error) {
	own, err := r.answerer.Word()
	if err != nil {
		return ask.News{}, ask.Stopping, err
	}
	t, err := ask.Speak(ctx, r.cfg.Open, peer)
	if err != nil {
		return ask.News{}, ask.Absent, err
	}
	defer t.Close()
	n, err := t.Exchange(own, known)
	return n, t.FaultOf(ctx, err), err
}

// failed is what a fault costs a peer.
func (pl *plan) failed(p *peer, why ask.Fault, err error, now time.Time) {
	if p.gone {
		return
	}
	switch why {
	case ask.Absent, ask.Silent:
		pl.doubted = append(pl.doubted, p.key)
		p.rest(now)
	case ask.Lying:
		pl.drop(p, fmt.Sprintf("it sent what no honest node sends: %v", err), now)
	case ask.Slow:
		pl.drop(p, "it trickles: an answer was not there in time although it kept sending", now)
	case ask.Broken:
		if p.strikes++; p.strikes >= strikesToDrop {
			pl.drop(p, fmt.Sprintf("it broke off %d answers in a row: %v", p.strikes, err), now)
			return
		}
		p.rest(now)
	default: // this node ends
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
	message.Ranges
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
		if len(j.Spans) == message.MaxSpans || want >= p.grant() {
			break
		}
		c := f.claims[p]
		if c == nil || c.bad != "" || c.count <= f.next || f.state != Pulling {
			continue
		}
		if !pl.allows(f.Issuer, now) {
			pl.throttled = true
			continue
		}
		if cost := pl.span(j, f, c, p, room-want, p.grant()-want); cost > 0 {
			want += cost
		}
	}
	if len(j.Spans) == 0 {
		return nil
	}
	turn(pl.behind)
	j.Bytes = min(max(want, minGrant), message.MaxSpanBytes)
	pl.used += j.Bytes
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
	if room < first || first > message.MaxSpanBytes {
		return 0
	}
	n := min(max(1, min(room, grant)/first), message.MaxSpan, q.count)
	n = int(min(uint64(n), c.count-q.from))
	f.ask(q, i, n, p)
	j.Spans = append(j.Spans, message.Span{Lane: f.Lane, From: q.from, Count: n})
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
		all, why, err := r.fetch(ctx, p.key, j.Ranges)
		r.post(func(now time.Time) { pl.fetched(p, j, all, why, err, now.Sub(began), now) })
	})
}

func (r *Reconciler) fetch(ctx context.Context, peer keys.Public, q message.Ranges) ([]ask.Found, ask.Fault, error) {
	t, err := ask.Speak(ctx, r.cfg.Open, peer)
	if err != nil {
		return make([]ask.Found, len(q.Spans)), ask.Absent, err
	}
	defer t.Close()
	all, err := t.Fetch(q)
	return all, t.FaultOf(ctx, err), err
}

// fetched takes in what a request for ranges brought.
func (pl *plan) fetched(p *peer, j *job, all []ask.Found, why ask.Fault, err error, took time.Duration, now time.Time) {
	p.asking--
	pl.used -= j.Bytes
	if p.gone {
		return
	}
	got := 0
	for i, q := range j.parts {
		if f := j.pulls[i]; q.asker == p && why != ask.Lying {
			if all[i].Next <= j.Bytes && i == 0 && len(all[i].Records) == 0 {
				all[i].Next = 0 // there was room for it, so it is not given
			}
			got += pl.took(f, q, p, all[i], now)
		}
	}
	if why == ask.Slow && got >= message.Pace {
		why = ask.NoFault // a thin line, not a trickle
	}
	switch why {
	case ask.NoFault:
		p.answered()
		p.silences = 0
		p.rate = int(float64(got) / max(took, time.Millisecond).Seconds())
	case ask.Silent:
		pl.hush(p, j, now)
	}
	if why != ask.NoFault {
		pl.failed(p, why, err, now)
	}
	for i, q := range j.parts {
		f := j.pulls[i]
		if q.asker == p {
			f.give(q, p, ask.Found{Next: q.next})
		}
		pl.review(f, now)
	}
}

// took puts what was found of a span into its place.
func (pl *plan) took(f *pull, q *part, p *peer, got ask.Found, now time.Time) int {
	wanted := q.count
	if len(got.Records) == 0 && !got.Ended {
		return 0
	}
	f.give(q, p, got)
	if c := f.claims[p]; c != nil && got.Ended && len(got.Records) < wanted && got.Next == 0 {
		c.bad = fmt.Sprintf("the batch at place %d/%d, which it claims to hold, is not given", f.Epoch, q.from+uint64(len(got.Records)))
	}
	size := 0
	if len(got.Records) > 0 {
		size = q.size()
		pl.used += size
		pl.charge(f.Issuer, size, now)
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

func (r *Reconciler) run(ctx context.Context, peer keys.Public, e errand) (o intake.Outcome, came bool, why ask.Fault, err error) {
	t, err := ask.Speak(ctx, r.cfg.Open, peer)
	if err != nil {
		return o, false, ask.Absent, err
	}
	defer t.Close()
	request, most := message.EncodeHeader(e.f.Lane, e.place), message.MaxRequest
	if e.proof {
		request, most = message.EncodeProof(e.f.Lane), message.MaxProof
	}
	b, err := t.FetchBytes(request, most)
	if err != nil || len(b) == 0 {
		return o, false, t.FaultOf(ctx, err), err
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
	return o, true, ask.NoFault, err
}

// ran takes in what came of an errand.
func (pl *plan) ran(p *peer, e errand, o intake.Outcome, came bool, why ask.Fault, err error, now time.Time) {
	p.asking--
	c := e.f.claims[p]
	if p.gone || c == nil {
		return
	}
	switch {
	case e.proof:
		c.proof = false
	case e.early:
		e.f.asker = nil
	default:
		c.doubt = false
	}
	here := o.Issuer == e.f.Issuer && o.Tip.Epoch == e.f.Epoch && (e.proof || o.Tip.Sequence == e.place)
	_, own := err.(ownTrouble)
	switch {
	case own:
		pl.errand(p, e)
		pl.own(err, now)
	case why != ask.NoFault:
		pl.errand(p, e)
		pl.failed(p, why, err, now)
	case !came:
		c.bad = "what it claims of the feed it does not show"
	case o.Status == intake.Refused:
		pl.drop(p, "it sent what no honest node sends: "+o.Detail, now)
	case e.early && here:
		e.f.saw(&o)
	case o.Reason == intake.NotDue && !e.early:
		e.due = time.Unix(o.Tip.Time, 0).Add(-intake.Ahead)
		pl.errand(p, e)
	case o.Status == intake.Early && o.Reason != intake.NoBody && !e.early:
		pl.aside(e.f, o.Detail, now)
	case !here:
		pl.drop(p, "it answered with another place than it was asked for", now)
	case o.Status == intake.Known || o.Status == intake.Early:
		// Its header is the one held here, so the head that it told is not its own.
		if c.bad = "it contradicts itself"; c.head != nil {
			pl.drop(p, fmt.Sprintf("it tells of another batch %d/%d of %s than it holds", e.f.Epoch, e.place, e.f.Issuer.Short()), now)
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
	for _, q := range damaged[:min(len(damaged), message.MaxBatches)] {
		ids = append(ids, q.Batch)
	}
	p := pl.leastAsked(now)
	if len(ids) == 0 || p == nil || pl.used+message.MaxSpanBytes > window {
		return
	}
	p.repaired = now
	pl.repairing = true
	pl.used += message.MaxSpanBytes
	p.asking++
	r := pl.r
	p.start(func(ctx context.Context) {
		lie, why, err := r.repair(ctx, p.key, ids)
		r.post(func(now time.Time) {
			p.asking--
			pl.repairing = false
			pl.used -= message.MaxSpanBytes
			if lie != "" {
				pl.drop(p, lie, now)
			} else if _, own := err.(ownTrouble); own {
				pl.own(err, now)
			} else if why != ask.NoFault {
				pl.failed(p, why, err, now)
			}
		})
	})
}

// leastAsked returns the peer that was asked for a repair the longest ago.
func (pl *plan) leastAsked(now time.Time) (least *peer) {
	for _, p := range pl.order {
		if !now.Before(p.paused) && (least == nil || p.repaired.Before(least.repaired)) {
			least = p
		}
	}
	return least
}

// repair fetches batches and shows them to the door; lie says what was refused.
func (r *Reconciler) repair(ctx context.Context, peer keys.Public, ids []cid.Cid) (lie string, why ask.Fault, err error) {
	t, err := ask.Speak(ctx, r.cfg.Open, peer)
	if err != nil {
		return "", ask.Absent, err
	}
	defer t.Close()
	records, err := t.FetchBatches(ids)
	if err != nil || len(records) == 0 {
		return "", t.FaultOf(ctx, err), err
	}
	outcomes, err := r.cfg.Taker.Admit(peer, offers(records))
	if err != nil {
		return "", ask.NoFault, ownTrouble{err}
	}
	for _, o := range outcomes {
		if o.Status == intake.Refused {
			lie = "it sent what no honest node sends: " + o.Detail
		}
	}
	return lie, ask.NoFault, nil
}

func offers(records []message.Record) []intake.Offer {
	all := make([]intake.Offer, len(records))
	for i, rec := range records {
		all[i] = intake.Offer{Header: rec.Header, Body: rec.Body}
	}
	return all
}
