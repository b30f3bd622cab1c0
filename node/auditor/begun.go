package auditor

import (
	"ringfence/consensus/audit"
	"ringfence/store/feed"
	"ringfence/store/view"
)

// begun are the feeds of a running node that had begun when it was looked. A ledger that is
// read after knows the issuers of all of them; of one that is admitted while an audit is on
// its way it need not know.
type begun struct {
	audit.Feeds

	then map[view.FeedEpoch]struct{}
}

func newBegun(all audit.Feeds) (begun, error) {
	tips, err := all.Tips()
	b := begun{all, make(map[view.FeedEpoch]struct{}, len(tips))}
	for _, h := range tips {
		b.then[view.FeedEpoch{Issuer: h.Issuer, Epoch: h.Tip.Epoch}] = struct{}{}
	}
	return b, err
}

// Since implements audit.Feeds.
func (b begun) Since(cursor uint64, fn func(uint64, feed.Record) error) error {
	return b.Feeds.Since(cursor, func(next uint64, r feed.Record) error {
		if _, had := b.then[view.FeedEpoch{Issuer: r.Issuer, Epoch: r.Tip.Epoch}]; !had {
			return nil
		}
		return fn(next, r)
	})
}
