package reconcile

import (
	"context"
	"crypto/sha256"
	"math"
	"slices"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/claims"
	"ringfence/node/reconcile/internal/conduct"
	"ringfence/node/reconcile/internal/message"
	"ringfence/node/reconcile/internal/pace"
	"ringfence/node/reconcile/internal/parts"
	"ringfence/node/reconcile/internal/quota"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// plan is what the pulling end knows and does next. All of it belongs to the
// planning goroutine, for the length of a turn; conversations and the door run
// in goroutines of their own and post what came of them.
type plan struct {
	r *Reconciler
	// start runs something in a goroutine, until Run ends; under makes such a
	// func for less than that. Both are there while it runs.
	start func(do func(context.Context))
	under func() (start func(do func(context.Context)), cancel context.CancelFunc)

	pace   pace.Pace
	peers  map[keys.Public]*peer
	book   conduct.Book
	order  []*peer // turns, so that nobody is always first
	feeds  map[message.Lane]*pull
	behind []*pull // turns too
	quotas quota.Quotas

	used      int  // bytes of the window
	asked     int  // requests for ranges in flight
	admitting bool // a lot is before the door
	throttled bool // an issuer's rate held something back this turn
	admitted  uint64
	repairing bool
	repaired  time.Time // last tried
	resume    time.Time // after trouble of the own store
	trouble   string
	dropped   []dropping
	doubted   []keys.Public // who did not answer
}

type dropping struct {
	peer keys.Public
	why  phrase.Phrase
}

func newPlan(r *Reconciler) plan {
	return plan{
		r:      r,
		pace:   pace.Pace{Every: r.cfg.Every},
		peers:  make(map[keys.Public]*peer),
		book:   make(conduct.Book),
		feeds:  make(map[message.Lane]*pull),
		quotas: quota.Quotas{Rate: r.cfg.Rate},
	}
}

// met takes a peer up, or compares with it at once.
func (pl *plan) met(k keys.Public, now time.Time) {
	if p := pl.peers[k]; p != nil {
		p.next = now
		p.conduct.Forgive()
		return
	}
	p := &peer{key: k, targets: make(map[*pull]uint64), next: now, conduct: pl.book.Came(k, now)}
	p.start, p.cancel = pl.under()
	pl.peers[k] = p
	pl.order = append(pl.order, p)
	pl.stir(now)
}

// parted forgets a peer and what it claimed.
func (pl *plan) parted(k keys.Public, now time.Time) {
	p := pl.peers[k]
	if p == nil {
		return
	}
	p.gone = true
	p.cancel()
	pl.book.Went(k, p.fetching > 0, now)
	delete(pl.peers, k)
	pl.order = slices.DeleteFunc(pl.order, func(o *peer) bool { return o == p })
	for _, f := range pl.feeds {
		if f.claims[p] != nil {
			pl.used -= f.forget(p)
			pl.review(f, now)
		}
	}
}

// drop is for peers that lie, or trickle; also for one that is gone since, and has
// perhaps come back.
func (pl *plan) drop(p *peer, why phrase.Phrase, now time.Time) {
	if !p.dropped {
		p.dropped = true
		pl.dropped = append(pl.dropped, dropping{p.key, why})
		pl.parted(p.key, now)
	}
}

// stir ends the federation's rest: there is something new.
func (pl *plan) stir(now time.Time) {
	if !pl.pace.Stir(now) {
		return
	}
	for _, p := range pl.order {
		if at := now.Add(pl.pace.Soon()); at.Before(p.next) {
			p.next = at
		}
	}
}

// gap is the time until the next exchange with a neighbour.
func (pl *plan) gap(now time.Time) time.Duration { return pl.pace.Gap(now, len(pl.peers)) }

// told hears what a peer told of itself unasked: when it holds what was not heard
// of, it is asked soon; else that was the exchange of the two.
func (pl *plan) told(k keys.Public, w message.Word, now time.Time) {
	p := pl.peers[k]
	if p == nil {
		return
	}
	p.word, p.heard, p.ready = w, pl.r.cfg.Now(), w.Beacon.Ready && (p.ready || p.told && w.Vector == p.known)
	switch {
	case w.Vector != p.known:
		pl.soon(p, now, leastPause)
	case p.told && !p.exchanging:
		p.exchanged = now
		pl.level(p, pl.r.answerer.Counts(), now)
		if at := now.Add(pl.gap(now)); at.After(p.next) {
			p.next = at
		}
	}
}

// soon brings a peer's next exchange forward, but not closer to the last one than
// apart.
func (pl *plan) soon(p *peer, now time.Time, apart time.Duration) {
	at := p.exchanged.Add(apart)
	if at.Before(now) {
		at = now
	}
	if at.Before(p.next) {
		p.next = at
	}
}

// news takes in what an exchange brought.
func (pl *plan) news(p *peer, n ask.News, held counts, now time.Time) {
	p.word, p.heard, p.trip = n.Word, pl.r.cfg.Now(), n.Trip
	p.answered(conduct.Word, now)
	told := len(n.Heads)
	p.conduct.Told(told, now)
	heads := slices.DeleteFunc(n.Heads, func(h Head) bool { return !pl.r.cfg.Opened(h.Issuer, h.Epoch) })
	pl.passOver(p, told-len(heads))
	if len(heads) > 0 {
		pl.stir(now)
	}
	mute := p.mute
	p.mute = nil
	for i := range heads {
		if pl.claimed(p, &heads[i], now); p.gone {
			return
		}
	}
	for _, f := range mute {
		pl.review(f, now)
	}
	p.known, p.told, p.ready = n.UpTo, true, n.Word.Beacon.Ready // its word came before its heads
	pl.level(p, held, now)
}

// counts is how many batches there are of epochs.
type counts map[message.Lane]uint64

// level notes how far a peer is behind that has just said all that it holds. What is
// admitted here later no word of it can tell of.
func (pl *plan) level(p *peer, held counts, now time.Time) {
	p.compared, p.behind = now, 0
	for l, count := range held {
		if f := pl.feeds[l]; f != nil && f.claims[p] != nil {
			count -= min(count, f.claims[p].Count)
		}
		p.behind += count
	}
}

// passOver notes heads of epochs that nothing is taken of here.
func (pl *plan) passOver(p *peer, heads int) {
	if heads > 0 && !p.strange {
		p.strange = true
		pl.r.cfg.Logger.Info("a neighbour tells of feeds that are not open by the charter known here; they are not asked for",
			"host", p.key.Short(), "feeds", heads)
	}
}

// feed returns the pull of a lane.
func (pl *plan) feed(l message.Lane) *pull {
	f := pl.feeds[l]
	if f == nil {
		f = &pull{Lane: l, claims: make(claims.Book[*peer])}
		pl.feeds[l] = f
	}
	return f
}

// claim returns what p claims of f, making room for it.
func (pl *plan) claim(p *peer, f *pull, now time.Time) *claim {
	c := f.claims[p]
	if c == nil {
		if p.claims++; p.claims > message.MaxHeads {
			pl.drop(p, phrase.New("peer.claims_too_much", "it claims to hold more feeds than there can be"), now)
			return nil
		}
		c = &claim{}
		f.claims[p] = c
	}
	return c
}

// claimed takes in a head that changed.
func (pl *plan) claimed(p *peer, h *Head, now time.Time) {
	f := pl.feed(h.Lane())
	c := pl.claim(p, f, now)
	if c == nil {
		return
	}
	if c.Head != nil && *c.Head == *h {
		return
	}
	if f.recent == nil || *f.recent != *h {
		f.recent = &Head{}
		*f.recent = *h
	}
	c.Hear(f.recent, pl.r.cfg.Now())
	pl.wantProof(p, f, c, pl.look(f, now))
	if !f.forked && c.Count > 0 && c.Count <= f.Next && pl.contradicts(f, h, now) {
		c.Doubt = pl.errand(p, errand{f: f, place: h.Sequence})
	}
	if !p.told && c.Count > f.Next {
		p.targets[f] = c.Count
	}
	pl.decide(f, now)
}

// wantProof asks a peer for its fork proof, when another is held here.
func (pl *plan) wantProof(p *peer, f *pull, c *claim, held feed.ForkProof) {
	if c.Head == nil || !c.Head.Forked || c.Proof {
		return
	}
	if _, closed := pl.r.cfg.Anchored(f.Issuer, f.Epoch); closed {
		return // of which no proof is taken
	}
	if held.IsZero() || sha256.Sum256(held.Bytes()) != c.Head.Proof {
		c.Proof = pl.errand(p, errand{f: f, proof: true})
	}
}

// read asks the store. Whoever looks at the plan need not wait for the disk
// meanwhile: only this goroutine changes the plan.
func (pl *plan) read(store func(Held) error, now time.Time) bool {
	pl.r.mu.Unlock()
	err := store(pl.r.cfg.Held)
	pl.r.mu.Lock()
	if err != nil {
		pl.own(err, now)
	}
	return err == nil
}

// contradicts reports whether a head is not what is held at its place.
func (pl *plan) contradicts(f *pull, h *Head, now time.Time) bool {
	var header []byte
	var held bool
	ok := pl.read(func(s Held) (err error) {
		header, held, err = s.Header(f.Issuer, f.Epoch, h.Sequence)
		return err
	}, now)
	if !ok || !held {
		return false
	}
	_, id, err := feed.Peek(header)
	return err == nil && !id.Equals(h.CID)
}

// errand queues what a single peer is to be asked for.
func (pl *plan) errand(p *peer, e errand) bool {
	if len(p.errands) >= maxErrands {
		return false
	}
	p.errands = append(p.errands, e)
	return true
}

// nudged takes in that a peer should have a batch.
func (pl *plan) nudged(k keys.Public, l message.Lane, tip feed.Tip, now time.Time) {
	p := pl.peers[k]
	if p == nil || tip.Sequence >= message.MaxSequence || !pl.r.cfg.Opened(l.Issuer, l.Epoch) {
		return
	}
	f := pl.feed(l)
	c := pl.claim(p, f, now)
	if c == nil {
		return
	}
	if tip.Sequence+1 > c.Count {
		if c.Count = tip.Sequence + 1; c.Fleeting(pl.r.cfg.Now()) {
			c.Excuse()
		}
	}
	pl.review(f, now)
}

// own notes trouble of the own store: pulling rests.
func (pl *plan) own(err error, now time.Time) {
	pl.trouble, pl.resume = err.Error(), now.Add(troublePause)
	pl.r.cfg.Logger.Error("pulling rests: the store fails", "error", err)
}

// look compares a pull with the store, and returns the fork proof held.
func (pl *plan) look(f *pull, now time.Time) (proof feed.ForkProof) {
	var tip feed.Tip
	var forked, held bool
	read := pl.read(func(s Held) (err error) {
		if proof, forked, err = s.Fork(f.Issuer, f.Epoch); err == nil {
			tip, held, err = s.Tip(f.Issuer, f.Epoch)
		}
		return err
	}, now)
	if held {
		tip.Sequence++
	}
	if read {
		pl.used -= f.Hold(tip.Sequence)
	}
	f.forked = f.forked || forked
	pl.limit(f)
	return proof
}

// limit finds out how much is taken of a feed, and freezes it where that is held.
func (pl *plan) limit(f *pull) {
	f.beyond = 0
	anchored, closed := pl.r.cfg.Anchored(f.Issuer, f.Epoch)
	limited := (f.forked || closed) && !pl.r.cfg.Keep(f.Issuer)
	if limited {
		f.beyond = math.MaxUint64 - anchored
	}
	switch {
	case !limited || f.Next < anchored:
		if f.frozen() {
			f.become(Settled, phrase.Phrase{}, pl.r.cfg.Now())
		}
	case f.frozen():
	case f.forked:
		f.become(Frozen, phrase.New("gap.frozen", "a fork proof is held"), pl.r.cfg.Now())
	default:
		f.become(Frozen, phrase.New("gap.closed", "the ledger has closed the epoch"), pl.r.cfg.Now())
	}
}

// enacted takes in that the ledger has gone on.
func (pl *plan) enacted(now time.Time) {
	for _, p := range pl.order {
		if p.strange {
			p.strange, p.known, p.next = false, message.Cursor{}, now
		}
	}
	for _, f := range pl.feeds {
		if _, closed := pl.r.cfg.Anchored(f.Issuer, f.Epoch); closed || f.forked {
			pl.review(f, now)
		}
	}
}

// review decides how the pulling of a feed stands, after something happened.
func (pl *plan) review(f *pull, now time.Time) {
	pl.look(f, now)
	pl.decide(f, now)
}

// decide is review of a feed that was just looked at.
func (pl *plan) decide(f *pull, now time.Time) {
	pl.seek(f, now)
	claimed, live := f.claims.Reach()
	claimed, live = f.within(claimed), f.within(live)
	switch {
	case f.frozen():
		pl.used -= f.Clear()
	case claimed <= f.Next:
		pl.used -= f.Clear()
		f.become(Settled, phrase.Phrase{}, pl.r.cfg.Now())
		f.asked, f.pause = nil, 0
	case f.state == Waiting:
		pl.countWaiting(f, now)
	case f.state == Aside && !f.unread:
	case live <= f.Next && !f.Busy():
		if !f.state.Rests() {
			pl.stop(f, now)
		}
	case f.state != Pulling:
		f.become(Pulling, f.reason, pl.r.cfg.Now())
		fallthrough
	default:
		if !f.queued {
			f.queued = true
			pl.behind = append(pl.behind, f)
		}
	}
	pl.settle(f)
	if len(f.claims) == 0 && len(f.All()) == 0 && pl.feeds[f.Lane] == f {
		delete(pl.feeds, f.Lane)
	}
}

// stop lets a feed rest of which nobody gives the next batch.
func (pl *plan) stop(f *pull, now time.Time) {
	pl.used -= f.Clear()
	as, why, due := f.claims.Verdict(f.Next)
	f.become(as, why, pl.r.cfg.Now())
	f.unread, f.due = as == Aside, due
	if as == Withheld {
		f.asked = f.askers()
	}
	f.lengthen(now)
}

// aside lets a feed rest that the door cannot judge, whoever gives it.
func (pl *plan) aside(f *pull, why phrase.Phrase, now time.Time) {
	pl.used -= f.Clear()
	f.become(Aside, why, pl.r.cfg.Now())
	f.lengthen(now)
}

// settle strikes what is decided from what peers had at connect.
func (pl *plan) settle(f *pull) {
	for p, c := range f.claims {
		count, waits := p.targets[f]
		decided := count <= f.Next || c.Count < count
		switch f.state {
		case Waiting, Aside, Frozen:
			decided = true
		case Withheld:
			decided = decided || !c.Mute // silence proves nothing
		case Settled, Pulling:
		}
		if waits && decided {
			delete(p.targets, f)
		}
	}
}

// revive tries again what rested.
func (pl *plan) revive(now time.Time) {
	clock := pl.r.cfg.Now()
	for _, f := range pl.feeds {
		if f.state.Rests() && (!now.Before(f.until) || f.state == Waiting && !clock.Before(f.due)) {
			pl.again(f, now, clock)
		}
	}
}

// again gives everybody who claims more of a feed another chance.
func (pl *plan) again(f *pull, now, clock time.Time) {
	held := pl.look(f, now)
	for p, c := range f.claims {
		if c.Fleeting(clock) {
			c.Excuse()
		}
		if f.state == Aside {
			pl.wantProof(p, f, c, held)
		}
	}
	if _, live := f.claims.Reach(); live > f.Next && f.state.Rests() {
		f.become(Pulling, f.reason, clock)
	}
	pl.decide(f, now)
	if f.state.Rests() && !f.until.After(now) {
		f.lengthen(now)
	}
}

// act starts what can be done now, and returns when to look again at the latest.
func (pl *plan) act(now time.Time) time.Duration {
	pl.throttled = false
	pl.revive(now)
	for _, p := range pl.order {
		if p.exchanging || now.Before(p.next) || p.paused(now) {
			continue
		}
		if rest := p.conduct.Satiety(now); rest > 0 {
			p.next = now.Add(rest)
			continue
		}
		pl.exchange(p, now)
	}
	if !now.Before(pl.resume) {
		pl.behind = slices.DeleteFunc(pl.behind, func(f *pull) bool {
			f.queued = f.state == Pulling
			return !f.queued
		})
		for range inFlight {
			for _, p := range pl.order {
				if p.asking < inFlight && !p.paused(now) {
					pl.employ(p, now)
				}
			}
		}
		pl.repair(now)
		pl.admit()
	}
	parts.Turn(pl.order)
	return pl.rest(now)
}

// rest returns how long nothing can change by itself.
func (pl *plan) rest(now time.Time) time.Duration {
	next := now.Add(pl.r.cfg.Every)
	sooner := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	for _, p := range pl.order {
		if paused := p.conduct.Paused(); paused.After(now) {
			sooner(paused)
		} else if !p.exchanging {
			sooner(p.next)
		}
		if len(p.errands) > 0 {
			sooner(now.Add(lookAgain))
		}
	}
	for _, f := range pl.feeds {
		switch f.state {
		case Withheld, Aside:
			sooner(f.until)
		case Waiting:
			sooner(now.Add(lookAgain))
		}
	}
	if pl.throttled {
		sooner(now.Add(leastPause))
	}
	if pl.resume.After(now) {
		sooner(pl.resume)
	}
	return max(next.Sub(now), time.Millisecond)
}
