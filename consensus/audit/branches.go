package audit

import (
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/motion"
	"ringfence/store/view"
)

// Where the ledger anchored another branch of a feed than the one that a node held, the
// node changes to it and keeps what it held beside the feed, as evidence. Such batches are
// nobody's chain, and nothing is wrong with them. The branch that the node gives others
// is the one that lies at the places of the feed: that one is judged.

// placed returns a chain without what rightly lies beside it: batches that part from it at
// or below the head that the ledger fixed, of an epoch whose fork is proved here, or that
// was closed. Batches that part anywhere else stay, and are two at one place.
func (a *auditor) placed(at view.FeedEpoch, chain []link) ([]link, error) {
	if !a.mayBranch(at) {
		return chain, nil
	}
	head, fixed := a.headOf(at)
	parts := make(map[cid.Cid]uint64) // of a batch that has no place: where its branch parts
	var failed error
	return slices.DeleteFunc(slices.Clone(chain), func(one link) bool {
		signed, held, err := a.cfg.Feeds.Header(at.Issuer, at.Epoch, one.tip.Sequence)
		if err == nil && held {
			var there cid.Cid
			if _, there, err = feed.Peek(signed); err == nil && there.Equals(one.tip.CID) {
				return false
			}
		}
		if err != nil {
			failed = err
			return false
		}
		from, branched := parts[one.previous]
		if !branched {
			from = one.tip.Sequence
		}
		parts[one.tip.CID] = from
		return !a.whole() || fixed && from <= head.Sequence
	}), failed
}

// mayBranch reports whether a node may have changed the branch of an epoch. The door keeps
// the proof of the fork before it lets a branch give way, but where the epoch was closed,
// when nobody asks for one any more.
func (a *auditor) mayBranch(at view.FeedEpoch) bool {
	_, forked := a.forked[at]
	return forked || at.Epoch < a.past.State().OpenEpoch(at.Issuer).Number
}

// headOf returns the last head that the ledger fixed of an epoch.
func (a *auditor) headOf(at view.FeedEpoch) (motion.AnchoredHead, bool) {
	record, known := a.past.State().Record(at.Issuer)
	if !known {
		return motion.AnchoredHead{}, false
	}
	if next := at.Epoch + 1; next < uint64(len(record.Epochs)) { // the epoch was closed where the next begins
		base := record.Epochs[next].Base
		if base == nil || base.Epoch != at.Epoch {
			return motion.AnchoredHead{}, false
		}
		return *base, true
	}
	head, _, fixed := a.past.AnchoredHead(record.Index)
	return head, fixed && head.Epoch == at.Epoch
}

// whole reports whether the ledger was judged to its end.
func (a *auditor) whole() bool { return a.report.Judged == a.report.Size }
