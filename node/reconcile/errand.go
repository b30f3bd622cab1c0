package reconcile

import (
	"context"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/claims"
	"ringfence/node/reconcile/internal/conduct"
	"ringfence/node/reconcile/internal/mend"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// visit is what came of an errand.
type visit struct {
	errand
	failed  ask.Failure
	came    bool
	outcome intake.Outcome
	own     error // of this node's store; no peer is to be blamed for it
}

// run does an errand, in a goroutine: what comes is shown to the door at once.
func (pl *plan) run(p *peer, e errand) {
	r := pl.r
	p.asking++
	p.start(func(ctx context.Context) {
		v := r.run(ctx, p.key, e)
		r.post(func(now time.Time) { pl.ran(p, &v, now) })
	})
}

func (r *Reconciler) run(ctx context.Context, peer keys.Public, e errand) visit {
	v := visit{errand: e}
	request, most := message.EncodeHeader(e.f.Lane, e.place), message.MaxRequest
	if e.proof {
		request, most = message.EncodeProof(e.f.Lane), message.MaxProof
	}
	var shown []byte
	v.failed = ask.With(ctx, r.cfg.Open, peer, func(t *ask.Talk) (err error) {
		shown, err = t.FetchBytes(request, most)
		return err
	})
	if v.came = v.failed.Fault == ask.NoFault && len(shown) > 0; !v.came {
		return v
	}
	if e.proof {
		v.outcome, v.own = r.cfg.Taker.AdmitFork(shown)
		return v
	}
	var all []intake.Outcome
	if all, v.own = r.cfg.Taker.Admit([]intake.Offer{{Header: shown}}); v.own == nil {
		v.outcome = all[0]
	}
	return v
}

// ran takes in what came of an errand. Whatever cannot be judged here is the claim's
// fault and nobody else's: a peer may show anything.
func (pl *plan) ran(p *peer, v *visit, now time.Time) {
	p.asking--
	o, c := &v.outcome, v.f.claims.Of(p)
	switch {
	case v.proof:
		c.Proof = false
	case v.early:
		v.f.asker = nil
	default:
		c.Doubt = false
	}
	here := o.Issuer == v.f.Issuer && o.Tip.Epoch == v.f.Epoch && (v.proof || o.Tip.Sequence == v.place)
	switch {
	case v.own != nil:
		pl.errand(p, v.errand)
		pl.own(v.own, now)
	case v.failed.Fault != ask.NoFault:
		pl.errand(p, v.errand)
		pl.failed(p, conduct.Word, v.failed, now)
	case !v.came:
		c.Blame(Withheld, phrase.New("gap.not_shown", "what it claims of the feed it does not show"))
	case o.Status == intake.Refused:
		pl.drop(p, conduct.Lie(o.Detail), now)
	case o.Reason == intake.NewerVersion || o.Reason == intake.UnknownIssuer: // nothing of it is to be trusted
		c.Blame(Withheld, claims.Early(o))
	case !here:
		pl.drop(p, phrase.New("peer.other_place", "it answered with another place than it was asked for"), now)
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
