package reconcile

import (
	"context"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/claims"
	"ringfence/node/reconcile/internal/conduct"
	"ringfence/node/reconcile/internal/mend"
	"ringfence/node/reconcile/internal/parts"
	"ringfence/store/intake"
)

// lot is what the door is shown in one call: parts from one peer, in the order
// of each feed, so that one barrier makes all of them durable.
type lot struct {
	giver *peer
	pulls []*pull
	parts []*part
	size  int
}

// admit shows the door what is next in its feed, in a goroutine, one lot at a
// time.
func (pl *plan) admit() {
	if pl.admitting {
		return
	}
	l := pl.lot()
	if l == nil {
		return
	}
	pl.admitting = true
	parts.Turn(pl.behind)
	var all []intake.Offer
	for _, q := range l.parts {
		all = append(all, mend.Offers(q.Records)...)
	}
	r := pl.r
	pl.start(func(context.Context) {
		outcomes, err := r.cfg.Taker.Admit(all)
		r.post(func(now time.Time) { pl.shown(l, outcomes, err, now) })
	})
}

func (pl *plan) lot() *lot {
	l := &lot{}
	for _, f := range pl.behind {
		for _, q := range f.All() {
			if q.Records == nil || q.Showing || l.giver != nil && q.Giver != l.giver {
				break
			}
			size := q.Bytes()
			if l.size > 0 && l.size+size > maxAdmission {
				return l
			}
			q.Showing = true
			l.giver, l.size = q.Giver, l.size+size
			l.pulls, l.parts = append(l.pulls, f), append(l.parts, q)
		}
	}
	if l.giver == nil {
		return nil
	}
	return l
}

// shown takes in what the door said of a lot.
func (pl *plan) shown(l *lot, outcomes []intake.Outcome, err error, now time.Time) {
	pl.admitting = false
	pl.used -= l.size
	if err != nil {
		pl.own(err, now)
	} else {
		pl.trouble = ""
	}
	stopped := make(map[*pull]bool)
	for i, q := range l.parts {
		f := l.pulls[i]
		q.Showing = false
		f.Remove(q)
		if err != nil || stopped[f] {
			outcomes = outcomes[min(len(outcomes), len(q.Records)):]
			continue
		}
		fresh, stop := claims.FirstStop(outcomes[:len(q.Records)])
		outcomes = outcomes[len(q.Records):]
		if fresh > 0 {
			pl.grew(f, uint64(fresh), now)
		}
		if stop != nil {
			stopped[f] = true
			pl.judge(f, l.giver, stop, now)
		}
	}
	for _, f := range l.pulls {
		if err != nil || stopped[f] {
			pl.used -= f.Clear()
		}
		pl.review(f, now)
	}
}

// grew notes that batches of a feed were admitted: what was in its way is gone,
// and neighbours are told sooner.
func (pl *plan) grew(f *pull, batches uint64, now time.Time) {
	pl.admitted += batches
	f.reason, f.asked, f.pause = phrase.Phrase{}, nil, 0
	pl.stir(now)
	for _, p := range pl.order {
		pl.soon(p, now, newsEvery)
	}
}

// judge decides what follows from the outcome that stopped a feed.
func (pl *plan) judge(f *pull, giver *peer, o *intake.Outcome, now time.Time) {
	switch c := f.claims.Of(giver); o.Status {
	case intake.Fresh, intake.Known:
	case intake.Forked: // the proof is held now: the feed is frozen
	case intake.Refused:
		pl.drop(giver, conduct.Lie(o.Detail), now)
	case intake.Early:
		switch o.Reason {
		case intake.NotDue: // on this branch; the feed waits, and others are asked one by one
			c.Blame(Waiting, claims.Early(o))
			c.Due = time.Unix(o.Tip.Time, 0).Add(-intake.Ahead)
			f.saw(o)
			pl.stop(f, now)
		case intake.NewerVersion: // or forged: only who knows the version can tell
			c.Blame(Aside, claims.Early(o))
		case intake.MissingParent, intake.AnchoredBranch: // the parent is on another branch than what is held
			pl.parentless(f, giver, o)
		case intake.NoBody, intake.IncompleteBody, intake.OtherBranch:
			c.Blame(Withheld, claims.Early(o))
		default: // the door will know more later
			pl.aside(f, claims.Early(o), now)
		}
	}
}
