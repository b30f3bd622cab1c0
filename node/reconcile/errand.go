package reconcile

import (
	"context"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/claims"
	"ringfence/node/reconcile/internal/conduct"
	errands "ringfence/node/reconcile/internal/errand"
	"ringfence/node/reconcile/internal/mend"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/intake"
)

// visit is what came of an errand.
type visit struct {
	errand
	errands.Result
}

// run does an errand, in a goroutine: what comes is shown to the door at once.
func (pl *plan) run(p *peer, e errand) {
	r := pl.r
	p.asking++
	p.start(func(ctx context.Context) {
		all := errands.Work{Taker: r.cfg.Taker, Open: r.cfg.Open}
		v := visit{e, all.Run(ctx, p.key, errands.Errand{Lane: e.f.Lane, Proof: e.proof, Down: e.branch, Place: e.place})}
		r.post(func(now time.Time) { pl.ran(p, &v, now) })
	})
}

// ran takes in what came of an errand. Whatever cannot be judged here is the claim's
// fault and nobody else's: a peer may show anything.
func (pl *plan) ran(p *peer, v *visit, now time.Time) {
	p.asking--
	o, c := &v.Outcome, v.f.claims.Of(p)
	switch {
	case v.proof:
		c.Proof = false
	case v.early:
		v.f.asker = nil
	case v.branch:
		v.f.seeker = nil
	default:
		c.Doubt = false
	}
	here := o.Issuer == v.f.Issuer && o.Tip.Epoch == v.f.Epoch && (v.proof || o.Tip.Sequence == v.Place)
	switch {
	case v.Own != nil:
		pl.repeat(p, v)
		pl.own(v.Own, now)
	case v.Failed.Fault != ask.NoFault:
		pl.repeat(p, v)
		pl.failed(p, conduct.Word, v.Failed, now)
	case !v.Came && v.branch:
		c.Stray = true
	case !v.Came:
		c.Blame(Withheld, phrase.New("gap.not_shown", "what it claims of the feed it does not show"))
	case o.Status == intake.Refused:
		pl.drop(p, conduct.Lie(o.Detail), now)
	case o.Reason == intake.NewerVersion || o.Reason == intake.UnknownIssuer: // nothing of it is to be trusted
		c.Blame(Withheld, claims.Early(o))
	case !here:
		pl.drop(p, phrase.New("peer.other_place", "it answered with another place than it was asked for"), now)
	case v.branch:
		pl.sought(v.f, c, o)
	case v.early:
		v.f.saw(o)
	case o.Reason == intake.NotDue:
		v.due = time.Unix(o.Tip.Time, 0).Add(-intake.Ahead)
		pl.errand(p, v.errand)
	case o.Status == intake.Early && o.Reason != intake.NoBody:
		c.Blame(Withheld, claims.Early(o))
	case o.Status == intake.Known || o.Status == intake.Early:
		// Its header is the one held here, so the head that it told is not its own.
		if c.Blame(Withheld, phrase.New("gap.contradicts", "it contradicts itself")); c.Head != nil {
			pl.drop(p, phrase.New("peer.other_batch", "it tells of another batch %d/%d of %s than it holds", v.f.Epoch, v.place, v.f.Issuer.Short()), now)
		}
	}
	pl.review(v.f, now)
}

// repair asks for batches in quarantine, one peer at a time.
func (pl *plan) repair(now time.Time) {
	p := pl.leastAsked(now)
	if p == nil || pl.repairing || now.Before(pl.repaired.Add(pl.r.cfg.Every)) || pl.used+message.MaxSpanBytes > window {
		return
	}
	pl.repaired, p.repaired = now, now
	pl.repairing = true
	pl.used += message.MaxSpanBytes
	p.asking++
	r := pl.r
	p.start(func(ctx context.Context) {
		lie, failed, own := mend.Work{Held: r.cfg.Held, Taker: r.cfg.Taker, Open: r.cfg.Open}.From(ctx, p.key)
		r.post(func(now time.Time) {
			p.asking--
			pl.repairing = false
			pl.used -= message.MaxSpanBytes
			switch {
			case lie != "":
				pl.drop(p, conduct.Lie(lie), now)
			case own != nil:
				pl.own(own, now)
			case failed.Fault != ask.NoFault:
				pl.failed(p, conduct.Word, failed, now)
			}
		})
	})
}

// leastAsked returns the peer that was asked for a repair the longest ago.
func (pl *plan) leastAsked(now time.Time) (least *peer) {
	for _, p := range pl.order {
		if !p.paused(now) && (least == nil || p.repaired.Before(least.repaired)) {
			least = p
		}
	}
	return least
}
