package reconcile

import (
	"time"

	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/claims"
	"ringfence/store/intake"
)

// seek asks a peer for the headers that lead to the branch which the ledger anchored of a
// forked feed, where another one is held. One is asked at a time.
func (pl *plan) seek(f *pull, now time.Time) {
	if !f.forked || pl.r.cfg.Astray == nil || f.seeker != nil && !f.seeker.gone {
		return
	}
	var place uint64
	var strayed, astray bool
	pl.read(func(Held) (err error) {
		place, strayed, astray, err = pl.r.cfg.Astray(f.Issuer, f.Epoch)
		return err
	}, now)
	if !astray || !strayed && !f.lost {
		return
	}
	for _, p := range pl.order {
		c := f.claims[p]
		if c != nil && c.Count > place && !c.Stray && pl.errand(p, errand{f: f, branch: true, place: place}) {
			f.seeker = p
			return
		}
	}
}

// sought takes in how far a peer has led. Where the branches part what was held has given
// way, and all who had nothing that followed it may be asked again.
func (pl *plan) sought(f *pull, c *claim, o *intake.Outcome) {
	switch o.Reason {
	case intake.AnchoredBranch:
	case intake.NoBody:
		pl.r.cfg.Logger.Info("the branch that the ledger anchored is followed from here", "issuer", f.Issuer.Short(), "epoch", f.Epoch, "sequence", o.Tip.Sequence)
		f.lost = false
		f.become(Settled, phrase.Phrase{}, pl.r.cfg.Now())
		for _, c := range f.claims {
			c.Excuse()
		}
	default:
		c.Stray = true
	}
}

// repeat asks again for what did not come.
func (pl *plan) repeat(p *peer, v *visit) {
	if pl.errand(p, v.errand) && v.branch {
		v.f.seeker = p
	}
}

// parentless notes that what a peer gives does not follow what is held.
func (pl *plan) parentless(f *pull, giver *peer, o *intake.Outcome) {
	c := f.claims.Of(giver)
	if c.Blame(Withheld, claims.Early(o)); f.forked { // of which one branch is kept
		c.As, f.lost = Aside, true
	} else if !c.Doubt && !giver.gone && o.Tip.Sequence > 0 {
		c.Doubt = pl.errand(giver, errand{f: f, place: o.Tip.Sequence - 1})
	}
}
