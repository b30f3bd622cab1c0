// Package heads tells up to where feeds count, as a motion names it that ends an authority
// or opens an epoch.
//
// Floor 12, a room of node/council.
package heads

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/follow"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Feeds is what is held of feeds.
type Feeds interface {
	Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error)
	Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error)
	Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error)
}

// Ledger is the ledger as it is followed here: follow.Follower.
type Ledger interface {
	Standing() follow.Standing
	Past() *enact.Past
}

// Heads answers from what is followed and held.
type Heads struct {
	Ledger Ledger
	Feeds  Feeds
}

// FeedHeads implements api.Council.
func (h *Heads) FeedHeads(_ context.Context, q api.FeedHeadQuery) (api.FeedHeads, error) {
	s, past := h.Ledger.Standing().State, h.Ledger.Past()
	out := api.FeedHeads{Federation: s.Federation().String(), Size: past.Size(), Heads: []api.FeedHead{}}
	var issuers []keys.Public
	if q.Member != "" {
		m, ok := s.MemberByID(q.Member)
		if !ok {
			return out, api.Tell(api.NotFound, phrase.New("council.no_member", "%q is no member of the federation", q.Member))
		}
		issuers = s.Member(m).Issuers
	} else {
		issuer, err := keys.ParsePublicText(q.Issuer)
		if err != nil {
			return out, api.Errorf(api.BadInput, "issuer: %v", err)
		}
		issuers = []keys.Public{issuer}
	}
	for _, issuer := range issuers {
		r, ok := s.Record(issuer)
		if !ok || r.End != nil {
			return out, api.Tell(api.NotFound, phrase.New("council.no_issuer", "the charter names no issuer in force with the key %s", issuer))
		}
		one := api.FeedHead{Issuer: issuer.String(), Member: s.Member(r.Member).ID, Index: r.Index, Epoch: s.OpenEpoch(issuer).Number}
		anchored, _, ok := past.AnchoredHead(r.Index)
		var fixed feed.Tip
		if ok && anchored.Epoch == one.Epoch {
			fixed = feed.Tip{Epoch: anchored.Epoch, Sequence: anchored.Sequence, CID: anchored.CID()}
		}
		head, err := h.headAt(issuer, one.Epoch, q.At, fixed)
		if err != nil {
			return out, err
		}
		if head.CID.Defined() {
			one.Sequence, one.Head = head.Sequence, head.CID.String()
		}
		out.Heads = append(out.Heads, one)
	}
	return out, nil
}

// headAt finds the batch of an issuer's open epoch up to which it is to count: as at says,
// or else the last one, and of an epoch that forked the last before that or the one that
// is anchored, whichever is later. The zero Tip is none.
func (h *Heads) headAt(issuer keys.Public, epoch uint64, at string, fixed feed.Tip) (feed.Tip, error) {
	switch at {
	case "none":
		return feed.Tip{}, nil
	case "":
	default:
		sequence, err := strconv.ParseUint(at, 10, 64)
		if err != nil {
			return feed.Tip{}, api.Errorf(api.BadInput, "at: %q is neither none nor the number of a batch", at)
		}
		return h.place(issuer, epoch, sequence, fixed)
	}
	proof, forked, err := h.Feeds.Fork(issuer, epoch)
	switch {
	case err != nil:
		return feed.Tip{}, fmt.Errorf("heads: %w", err)
	case !forked:
		tip, _, err := h.Feeds.Tip(issuer, epoch)
		return feed.Later(tip, fixed), err
	case proof.Sequence() == 0:
		return fixed, nil
	case fixed.CID.Defined() && fixed.Sequence+1 >= proof.Sequence():
		return fixed, nil
	}
	first, second := proof.Headers()
	if before := first.Header().Previous; before.Equals(second.Header().Previous) {
		return feed.Tip{Epoch: epoch, Sequence: proof.Sequence() - 1, CID: before}, nil
	}
	return fixed, nil
}

// place finds a batch by its number.
func (h *Heads) place(issuer keys.Public, epoch, sequence uint64, fixed feed.Tip) (feed.Tip, error) {
	if fixed.CID.Defined() && fixed.Sequence == sequence {
		return fixed, nil
	}
	signed, held, err := h.Feeds.Header(issuer, epoch, sequence)
	if err != nil {
		return feed.Tip{}, fmt.Errorf("heads: %w", err)
	}
	if !held {
		return feed.Tip{}, api.Tell(api.NotFound, phrase.New("council.no_batch", "batch %d of epoch %d of this feed is not held here", sequence, epoch))
	}
	var id cid.Cid
	_, id, err = feed.Peek(signed)
	return feed.Tip{Epoch: epoch, Sequence: sequence, CID: id}, err
}
