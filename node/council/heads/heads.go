// Package heads tells up to where feeds count, as a motion names it that ends an authority
// or opens an epoch.
//
// Floor 12, a room of node/council.
package heads

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/follow"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
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
	id, err := h.batch(issuer, epoch, sequence)
	if err == nil && !id.Defined() {
		err = api.Tell(api.NotFound, phrase.New("council.no_batch", "batch %d of epoch %d of this feed is not held here", sequence, epoch))
	}
	return feed.Tip{Epoch: epoch, Sequence: sequence, CID: id}, err
}

// How long Hold waits, and how often it looks.
const (
	holdTime  = 3 * time.Second
	lookEvery = 250 * time.Millisecond
)

// Hold says why a regulator does not vote for a motion that ends an authority or opens an
// epoch: it carries a feed on to a head that is not held here. Nobody could ever compute
// what the list comes to at a head that nobody holds, and so no anchor would follow. It
// waits a moment for a batch that is still on its way. Heads of anchors are judged where
// their roots are computed.
func (h *Heads) Hold(ctx context.Context, m *motion.Header, items []motion.Opening) error {
	if m.Kind == motion.Anchor || !m.Kind.NamesHeads() {
		return nil
	}
	articles, err := article.Open(m.Federation, m.Kind, items)
	if err != nil {
		return fmt.Errorf("heads: %w", err)
	}
	ctx, stop := context.WithTimeout(ctx, holdTime)
	defer stop()
	for {
		err := h.hold(article.Heads(articles))
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(lookEvery):
		}
	}
}

func (h *Heads) hold(named []motion.AnchoredHead) error {
	s, past := h.Ledger.Standing().State, h.Ledger.Past()
	for _, head := range named {
		fixed, _, ok := past.AnchoredHead(head.Issuer)
		if ok && fixed.Epoch == head.Epoch && fixed.Sequence >= head.Sequence {
			continue // it carries nothing on
		}
		r, known := s.RecordAt(head.Issuer)
		if !known {
			return api.Tell(api.Refused, phrase.New("council.head_of_nobody", "it says up to where issuer %d of the roster counts, and this node does not know that issuer", head.Issuer))
		}
		id, err := h.batch(r.Key, head.Epoch, head.Sequence)
		if err != nil {
			return err
		}
		if !id.Equals(head.CID()) {
			return api.Tell(api.Refused, phrase.New("council.head_not_held", "it says that the feed of %s counts up to batch %d of epoch %d, and this node does not hold that batch: no anchor could follow as long as nobody does. Vote for it once this node has it", r.Key.Short(), head.Sequence, head.Epoch))
		}
	}
	return nil
}

// batch returns the batch that is held at a place of a feed, undefined for none.
func (h *Heads) batch(issuer keys.Public, epoch, sequence uint64) (id cid.Cid, err error) {
	signed, held, err := h.Feeds.Header(issuer, epoch, sequence)
	if err == nil && held {
		_, id, err = feed.Peek(signed)
	}
	if err != nil {
		err = fmt.Errorf("heads: %w", err)
	}
	return id, err
}
