package reconcile

import (
	"time"

	"ringfence/store/intake"
)

// toldEvery is the least time between two lines of the log about one feed that
// waits.
const toldEvery = time.Minute

// saw takes in that a batch of the feed is signed, and maybe for a later time.
func (f *pull) saw(o *intake.Outcome) {
	if o.Reason == intake.NotDue {
		f.early = max(f.early, o.Tip.Sequence+1)
	}
}

// countWaiting finds out how many batches of a feed wait, by headers that its
// issuer signed and not by what somebody claims: the times of a feed never decrease,
// so all up to one that is dated ahead wait. Once nothing more is claimed than was
// shown, the log is told.
func (pl *plan) countWaiting(f *pull, now time.Time) {
	if f.asker != nil && !f.asker.gone {
		return // one at a time: mostly all claim the same
	}
	f.asker = nil
	var best *claim
	for p, c := range f.claims {
		if !c.Bad.IsZero() && c.As != Waiting || c.Count <= max(f.early, c.Shown) {
			continue
		}
		if best == nil || c.Count > best.Count || c.Count == best.Count && p.key.Compare(f.asker.key) < 0 {
			f.asker, best = p, c
		}
	}
	if best != nil && pl.errand(f.asker, errand{f: f, early: true, place: best.Count - 1}) {
		best.Shown = best.Count
		return
	}
	f.asker = nil
	waiting := f.waiting()
	if best != nil || waiting == f.told || now.Sub(f.toldAt) < toldEvery {
		return
	}
	f.told, f.toldAt = waiting, now
	pl.r.cfg.Logger.Warn("batches wait: they are dated ahead of this node's clock", "batches", waiting,
		"issuer", f.Issuer.Short(), "epoch", f.Epoch, "sequence", f.Next, "due", f.due.UTC().Format(time.RFC3339))
}

// waiting is how many batches of a feed are known to be dated ahead.
func (f *pull) waiting() uint64 {
	if f.state != Waiting {
		return 0
	}
	return f.early - min(f.early, f.Next)
}
