package federation

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringfence/node/gossip"
	"ringfence/node/overlay"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// arrival is a batch that gossip brought and that is sound by itself.
type arrival struct {
	from   keys.Public
	issuer keys.Public
	tip    feed.Tip
	offer  intake.Offer
	at     time.Time
}

// hearBatch judges a batch for gossip and lets it wait for the door.
func (f *Federation) hearBatch(_ context.Context, from keys.Public, header, body []byte) gossip.Verdict {
	if from == f.cfg.Key.Public() {
		return gossip.Accept
	}
	v := f.judge(from, header, body)
	f.cfg.Gossiped("batches", v.String())
	return v
}

// judge rejects only what is wrong on every node for ever; what this node cannot
// judge or does not need is ignored, and is nobody's fault.
func (f *Federation) judge(from keys.Public, header, body []byte) gossip.Verdict {
	if len(body) > overlay.MaxGossipBody {
		return gossip.Reject
	}
	h, id, err := feed.Peek(header)
	if err == nil {
		if known, err := f.cfg.Store.Has(id); err != nil || known {
			return gossip.Ignore
		}
	}
	offer := intake.Offer{Header: header, Body: body}
	found := f.cfg.Door.Inspect(offer)
	if err := f.watchOwnFeed([]intake.Offer{offer}); err != nil {
		f.log.Error("a batch under this node's own key is not looked at", "reason", err)
		return gossip.Ignore
	}
	switch {
	case found.Status == intake.Refused:
		f.cfg.Counted(found.Status.String(), 1)
		return gossip.Reject
	case found.Status != 0 && found.Reason != intake.NoBody:
		return gossip.Ignore
	}
	now := f.cfg.Now()
	if time.Unix(h.Time, 0).Sub(now) > intake.Ahead {
		return gossip.Ignore // its time will come, by reconcile
	}
	if _, forked, err := f.cfg.Store.Fork(h.Issuer, h.Epoch); err != nil || forked {
		return gossip.Ignore
	}
	offer = intake.Offer{Header: bytes.Clone(header), Body: bytes.Clone(body)} // gossip takes its bytes back
	select {
	case f.pushed <- arrival{from, found.Issuer, found.Tip, offer, now}:
		return gossip.Accept
	default:
		return gossip.Ignore // too much at once; reconcile fetches it
	}
}

// hearEvidence admits the first fork proof of an epoch and says whether it is news.
// Of the proofs of one epoch whoever forked makes as many as he likes, each lower
// than the last; which is the lowest is no hurry, and reconcile's.
func (f *Federation) hearEvidence(_ context.Context, from keys.Public, proof []byte) gossip.Verdict {
	if from == f.cfg.Key.Public() {
		return gossip.Accept
	}
	v := gossip.Ignore
	outcome, err := f.admitFirstFork(proof)
	switch {
	case err != nil:
		f.log.Error("a fork proof is not kept", "reason", err)
	case outcome.Status == intake.Refused:
		v = gossip.Reject
	case outcome.Reason == intake.NewFork:
		v = gossip.Accept
	}
	f.cfg.Gossiped("evidence", v.String())
	return v
}

func (f *Federation) admitFirstFork(encoded []byte) (intake.Outcome, error) {
	if proof, err := feed.ParseForkProof(encoded); err == nil {
		if _, known, err := f.cfg.Store.Fork(proof.Issuer(), proof.Epoch()); err != nil || known {
			return intake.Outcome{}, err
		}
	}
	return f.AdmitFork(encoded)
}

// patience is how long a pushed batch waits for its parent, which another
// message may be bringing, before the feed is pulled.
const patience = 2 * time.Second

// admitPushed takes what gossip brought through the door, many at a time, so
// that a burst costs one write to the disk and not one each.
func (f *Federation) admitPushed(ctx context.Context) error {
	var waiting []arrival
	for {
		var again <-chan time.Time // a node at rest is not woken
		if len(waiting) > 0 {
			again = time.After(patience / 4)
		}
		select {
		case <-ctx.Done():
			return nil
		case a := <-f.pushed:
			waiting = f.drain(append(waiting, a))
		case <-again:
		}
		waiting = f.admitArrivals(waiting)
	}
}

// batchesAtOnce is how many pushed batches go through the door in one call.
const batchesAtOnce = 256

// drain adds what waits in the queue.
func (f *Federation) drain(all []arrival) []arrival {
	for len(all) < batchesAtOnce {
		select {
		case a := <-f.pushed:
			all = append(all, a)
		default:
			return all
		}
	}
	return all
}

// admitArrivals offers what came in the order of the feeds and returns what
// waits for a parent. The rest that cannot be admitted yet is pulled.
func (f *Federation) admitArrivals(all []arrival) []arrival {
	slices.SortStableFunc(all, func(a, b arrival) int {
		return cmp.Or(a.issuer.Compare(b.issuer), cmp.Compare(a.tip.Epoch, b.tip.Epoch), cmp.Compare(a.tip.Sequence, b.tip.Sequence))
	})
	var offers []intake.Offer
	var offered, waiting []arrival
	for _, a := range all {
		if len(a.offer.Body) == 0 { // announced by its header
			f.pull.Nudge(a.from, a.issuer, a.tip)
			continue
		}
		offers, offered = append(offers, a.offer), append(offered, a)
	}
	if len(offers) == 0 {
		return nil
	}
	outcomes, err := f.Admit(offers)
	if err != nil {
		f.log.Error("pushed batches are not admitted; they are pulled later", "batches", len(offers), "reason", err)
		return nil
	}
	now := f.cfg.Now()
	for i, a := range offered {
		if outcomes[i].Reason != intake.MissingParent {
			continue
		}
		if now.Sub(a.at) < patience && len(waiting) < batchesAtOnce/2 {
			waiting = append(waiting, a)
			continue
		}
		f.pull.Nudge(a.from, a.issuer, a.tip)
	}
	return waiting
}

// Admit implements reconcile.Taker, and is the way of pushed batches too.
func (f *Federation) Admit(offers []intake.Offer) ([]intake.Outcome, error) {
	if err := f.watchOwnFeed(offers); err != nil {
		return nil, err
	}
	outcomes, err := f.cfg.Door.Admit(offers, f.cfg.Now())
	if err != nil {
		return nil, err
	}
	fresh := false
	for i := range outcomes {
		f.cfg.Counted(outcomes[i].Status.String(), 1)
		fresh = fresh || outcomes[i].Status == intake.Fresh
		err = errors.Join(err, f.watchOwnKey(&outcomes[i]))
	}
	if fresh {
		f.around.Stir()
		f.cfg.Admitted()
	}
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// AdmitFork implements reconcile.Taker.
func (f *Federation) AdmitFork(proof []byte) (intake.Outcome, error) {
	outcome, err := f.cfg.Door.AdmitFork(proof)
	if err == nil {
		err = f.watchOwnKey(&outcome)
	}
	return outcome, err
}

// watchOwnKey bars this node from signing when what came to the door proves that
// somebody else signs by its key, whatever else bars it and however old the proof.
func (f *Federation) watchOwnKey(o *intake.Outcome) error {
	switch {
	case f.cfg.Issuer().IsZero() || o.Issuer != f.cfg.Issuer():
		return nil
	case o.Status == intake.Forked && o.Fork.Epoch() < f.epoch().Number: // which the ledger has closed
		return nil
	case o.Status == intake.Forked:
		return f.stolen(fmt.Sprintf("two headers that it signed are known for place %d/%d", o.Fork.Epoch(), o.Fork.Sequence()))
	case o.Reason == intake.UnopenedEpoch:
		return f.stolen(fmt.Sprintf("a header under it claims epoch %d, which was never opened", o.Tip.Epoch))
	}
	return nil
}

// watchOwnFeed bars this node from signing before it takes in a batch under its
// own key that it did not sign. A restored node is barred already, and gets its
// own history back this way.
func (f *Federation) watchOwnFeed(offers []intake.Offer) error {
	if f.cfg.Issuer().IsZero() {
		return nil
	}
	for _, o := range offers {
		h, id, err := feed.Peek(o.Header)
		if err != nil || h.Issuer != f.cfg.Issuer() {
			continue
		}
		own, err := f.holdsAt(feed.Tip{Epoch: h.Epoch, Sequence: h.Sequence, CID: id})
		if err != nil {
			return err
		}
		if own || f.cfg.Door.Inspect(o).Status == intake.Refused {
			continue
		}
		if _, barred, err := f.cfg.Store.Barred(f.cfg.Issuer()); err != nil || barred {
			return err
		}
		if err := f.stolen(fmt.Sprintf("batch %s (%d/%d) came in under it, and this node did not sign it", id, h.Epoch, h.Sequence)); err != nil {
			return err
		}
	}
	return nil
}

// holdsAt reports whether a batch of the own feed is the one that stands at its
// place here, be it whole or damaged.
func (f *Federation) holdsAt(t feed.Tip) (bool, error) {
	signed, ok, err := f.cfg.Store.Header(f.cfg.Issuer(), t.Epoch, t.Sequence)
	if err != nil || !ok {
		return false, err
	}
	_, id, err := feed.Peek(signed)
	return id.Equals(t.CID), err
}
