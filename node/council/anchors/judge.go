package anchors

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/node/phrase"
	"ringfence/store/charter/heads"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// verdict is what this node makes of one anchor.
type verdict struct {
	motion cid.Cid
	by     keys.Public
	size   uint64
	since  time.Time // when it was seen first
	voted  time.Time // when it was voted for last; zero while it was not

	computed bool // root is what this node came to
	root     merkle.Hash
	differs  bool // from what is proposed, which is named
	named    merkle.Hash
	waits    phrase.Phrase // why it cannot be judged yet; zero when it is
	held     bool          // it is carried although it differs
}

// keep forgets what is no longer before the regulators, but for what was carried against
// this node's own computing.
func (a *Anchors) keep(open []ballot.Open) {
	a.seen.Lock()
	defer a.seen.Unlock()
	for id, v := range a.verdicts {
		before := slices.ContainsFunc(open, func(o ballot.Open) bool { return o.Motion.ID.Equals(id) })
		if before || v.held || time.Since(v.since) < submitWithin {
			continue
		}
		if v.held = v.differs && a.cfg.Regulator.Entered(id); !v.held {
			delete(a.verdicts, id)
		}
	}
	for i := range open {
		if m := &open[i].Motion; a.verdicts[m.ID] == nil {
			a.verdicts[m.ID] = &verdict{motion: m.ID, by: m.Proposer, size: m.BuildsOn, since: time.Now()}
		}
	}
}

// judgeAll judges what lies before the regulators and this one has not voted for. Those
// that build on less of the ledger come first, so that the view need not go back.
func (a *Anchors) judgeAll(ctx context.Context, open []ballot.Open) error {
	open = slices.DeleteFunc(slices.Clone(open), func(o ballot.Open) bool {
		return o.Blocked != nil || slices.ContainsFunc(o.Votes, func(v motion.Vote) bool { return v.By == a.cfg.Vote.Public() })
	})
	if len(open) == 0 {
		return nil
	}
	slices.SortStableFunc(open, func(x, y ballot.Open) int { return cmp.Compare(x.Motion.BuildsOn, y.Motion.BuildsOn) })
	past := a.cfg.Ledger.Past()
	forked, err := a.forked()
	if err != nil {
		return err
	}
	for i := range open {
		o := &open[i]
		a.seen.Lock()
		v := *a.verdicts[o.Motion.ID]
		a.seen.Unlock()
		if v.differs || time.Since(v.voted) < againAfter {
			continue
		}
		if !v.computed {
			a.judge(o, &v, past, forked)
		}
		if v.computed && !v.differs {
			v.voted = time.Now()
			vote, err := a.vote(o.Motion.ID)
			if err == nil {
				err = a.submit(ctx, ballot.VoteCommand(&vote))
			}
			a.tell(err)
		}
		a.seen.Lock()
		*a.verdicts[o.Motion.ID] = v
		a.seen.Unlock()
	}
	return nil
}

// judge computes what an anchor comes to here, or why that is not possible yet.
func (a *Anchors) judge(o *ballot.Open, v *verdict, past *enact.Past, forked func(view.FeedEpoch) bool) {
	point, err := motion.DecodeAnchorPoint(o.Items[0].Item)
	var named []motion.AnchoredHead
	if err == nil {
		named, err = heads.Anchored(o.Items)
	}
	if err != nil { // the ballot took it
		v.waits = phrase.Plain(err.Error())
		return
	}
	if v.waits = a.lacks(&point, named, past, forked); !v.waits.IsZero() {
		return
	}
	a.mu.Lock()
	root, err := a.stand.at(point.Size, named)
	a.mu.Unlock()
	switch {
	case errors.Is(err, view.ErrLacking):
		v.waits = phrase.New("anchor.lacks_batches", "this node does not hold all batches up to a head of it yet")
	case err != nil:
		v.waits = phrase.Plain(err.Error())
	default:
		v.computed, v.root, v.named, v.waits = true, root, point.ListRoot, phrase.Phrase{}
		if v.differs = root != point.ListRoot; v.differs {
			a.cfg.Logger.Error("an anchor names another list root than this node computes: it does not vote for it", "motion", o.Motion.ID.String(), "proposer", o.Motion.Proposer.String(), "size", point.Size, "named", point.ListRoot.String(), "computed", root.String())
		}
	}
}

// verify computes what the last anchor in the ledger comes to here, where this node was
// not asked or could not say, if its view can still go there.
func (a *Anchors) verify() error {
	last, ok := a.cfg.Pieces.last()
	if !ok || last.First == a.verified {
		return nil
	}
	point, err := motion.DecodeAnchorPoint(last.Items[0].Item)
	if err != nil {
		return err
	}
	named, err := heads.Anchored(last.Items)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stand.view == nil {
		if err := a.stand.begin(); err != nil {
			return err
		}
	}
	if a.stand.size() > point.Size {
		a.verified = last.First
		return nil
	}
	root, err := a.stand.at(point.Size, named)
	if errors.Is(err, view.ErrLacking) {
		return nil // it will come
	}
	a.verified = last.First
	if err != nil || root == point.ListRoot {
		return err
	}
	m := &last.Motion.Motion
	a.seen.Lock()
	defer a.seen.Unlock()
	a.verdicts[m.ID] = &verdict{motion: m.ID, by: m.Proposer, size: point.Size, computed: true, root: root, named: point.ListRoot, differs: true, held: true}
	a.cfg.Logger.Error("the ledger holds an anchor with another list root than this node computes", "motion", m.ID.String(), "size", point.Size, "named", point.ListRoot.String(), "computed", root.String())
	return nil
}

// lacks says what is missing here before an anchor can be judged; nothing if nothing is.
// That it is looked for first keeps the view where it is meanwhile.
func (a *Anchors) lacks(point *motion.AnchorPoint, named []motion.AnchoredHead, past *enact.Past, forked func(view.FeedEpoch) bool) phrase.Phrase {
	if past.Size() < point.Size {
		return phrase.New("anchor.lacks_ledger", "it is of a ledger of %d entries, and this node follows %d", point.Size, past.Size())
	}
	if unix, ok := past.TimeAt(point.Size); !ok || point.Day != taxonomy.DayOf(unix) {
		return phrase.New("anchor.astray", "no decision of the certified ledger ends at the %d entries of which it is, on the day that it names", point.Size)
	}
	for i := range named {
		h := &named[i]
		r, ok := past.State().RecordAt(h.Issuer)
		if !ok {
			return phrase.New("anchor.lacks_issuer", "this node does not know issuer %d of the roster yet", h.Issuer)
		}
		tip, held, err := a.cfg.Store.Tip(r.Key, h.Epoch)
		switch fork := forked(view.FeedEpoch{Issuer: r.Key, Epoch: h.Epoch}); {
		case err != nil:
			return phrase.Plain(err.Error())
		case h.Frozen && !fork:
			return phrase.New("anchor.lacks_fork", "it says that %s forked its epoch %d, and this node holds no proof of that yet", r.Key.Short(), h.Epoch)
		case fork && !h.Frozen:
			return phrase.New("anchor.forked", "%s forked its epoch %d, as this node can prove, and the anchor does not say so", r.Key.Short(), h.Epoch)
		case fork && !fixed(past, h):
			return phrase.New("anchor.beyond_fork", "%s forked its epoch %d, which is frozen where it was anchored last, and the anchor names batch %d", r.Key.Short(), h.Epoch, h.Sequence)
		case !held || tip.Sequence < h.Sequence:
			return phrase.New("anchor.lacks_feed", "it names batch %d of %s in epoch %d, which this node does not hold yet", h.Sequence, r.Key.Short(), h.Epoch)
		}
	}
	return phrase.Phrase{}
}

// fixed reports whether a head is the one that the ledger anchored last of its epoch. Who
// anchored another of a forked epoch would choose which branch counts.
func fixed(past *enact.Past, h *motion.AnchoredHead) bool {
	last, _, ok := past.AnchoredHead(h.Issuer)
	return ok && last.Epoch == h.Epoch && last.Sequence == h.Sequence && last.Digest == h.Digest
}

// Waits says why an anchor before the regulators cannot be judged here yet; nothing if it
// is, or is not known.
func (a *Anchors) Waits(id cid.Cid) phrase.Phrase {
	a.seen.Lock()
	defer a.seen.Unlock()
	if v := a.verdicts[id]; v != nil && !v.computed {
		return v.waits
	}
	return phrase.Phrase{}
}

// Problems tells of anchors that name another list root than this node computes.
func (a *Anchors) Problems() (all []phrase.Phrase) {
	a.seen.Lock()
	defer a.seen.Unlock()
	var differ []*verdict
	for _, v := range a.verdicts {
		if v.differs {
			differ = append(differ, v)
		}
	}
	slices.SortFunc(differ, func(x, y *verdict) int { return bytes.Compare(x.motion.Bytes(), y.motion.Bytes()) })
	for _, v := range differ {
		by := v.by.Short()
		for _, r := range a.cfg.Ledger.Standing().State.Regulators() {
			if r.Vote == v.by {
				by = r.Member
			}
		}
		if v.held {
			all = append(all, phrase.New("problem.anchor_lost", "the ledger holds the anchor %s of %s, at %d entries, with list root %s, and this node computes %s: a quorum came to another list than this node; compare releases, run ringfence scrub, and ask the others", v.motion, by, v.size, v.named, v.root))
			continue
		}
		all = append(all, phrase.New("problem.anchor_differs", "%s proposes the anchor %s, at %d entries, with list root %s, and this node computes %s: it does not vote for it; if other regulators do, this node's list is wrong: compare releases and run ringfence scrub", by, v.motion, v.size, v.named, v.root))
	}
	return all
}
