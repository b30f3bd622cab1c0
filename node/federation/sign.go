package federation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/publish/pen"
	"ringfence/node/reconcile"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// witnesses is how many different members beside the own one must be ready and
// confirm the head of a restored feed.
const witnesses = 2

// stolen forbids the own issuer to sign, until a person lifts it, and tells the log
// once what bars it, in the words of the status: a fork that is proved later is told too.
func (f *Federation) stolen(why string) error {
	bar, _, err := f.cfg.Store.Barred(f.cfg.Issuer())
	if err != nil || bar.Kind != feed.Stolen {
		if err := f.cfg.Store.Bar(f.cfg.Issuer(), feed.Bar{Kind: feed.Stolen, Reason: why}); err != nil {
			return fmt.Errorf("federation: stop signing (%s): %w", why, err)
		}
	}
	told, err := pen.Barred(f.cfg.Store, f.cfg.Issuer(), f.epoch(), f.spare())
	if err != nil {
		return fmt.Errorf("federation: %w", err)
	}
	f.mu.Lock()
	known := bar.Kind == feed.Stolen && f.barTold == told.Code
	f.barTold = told.Code
	f.mu.Unlock()
	if !known {
		f.log.Error("this node stops signing", "reason", told.Text)
	}
	return nil
}

// epoch is the open epoch of the own feed.
func (f *Federation) epoch() feed.Epoch { return f.cfg.State().OpenEpoch(f.cfg.Issuer()) }

// headsOf returns what a peer told of the own feed, of its open epoch: of one that the
// ledger has closed nothing follows any more.
func (f *Federation) headsOf(peer keys.Public) (heads []reconcile.Head, ready, asked bool) {
	open := f.epoch()
	heads, ready, asked = f.around.HeadsOf(peer, f.cfg.Issuer())
	return slices.DeleteFunc(heads, func(h reconcile.Head) bool { return h.Epoch < open.Number }), ready, asked
}

// spare reports whether the charter names another key of the own issuer's member.
func (f *Federation) spare() bool {
	state := f.cfg.State()
	info, ok := state.Issuer(f.cfg.Issuer())
	return ok && len(state.Member(info.Member).Issuers) > 1
}

// watch looks whether the node has caught up, and whether a restored one may sign
// again: once a second while either is open.
func (f *Federation) watch(ctx context.Context) error {
	for {
		if !f.caughtUp.Load() && f.ready() {
			f.caughtUp.Store(true)
			f.log.Info("this node holds what its peers held when it met them")
		}
		f.refresh()
		f.tellClock()
		f.tellTwin()
		why := f.confirm()
		f.mu.Lock()
		f.held = why
		f.mu.Unlock()
		again := time.Second
		if why.IsZero() && f.caughtUp.Load() {
			again = 10 * time.Second // a bar may come later
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// confirm lets a restored issuer sign once its peers have confirmed where its
// feed ends. It returns what is still missing, none when nothing is or no peer can
// help.
func (f *Federation) confirm() phrase.Phrase {
	missing, err := f.tryConfirm()
	if err != nil {
		return phrase.From(err)
	}
	return missing
}

func (f *Federation) tryConfirm() (missing phrase.Phrase, err error) {
	if f.cfg.Issuer().IsZero() {
		return phrase.Phrase{}, nil
	}
	open := f.epoch()
	head, err := pen.Reopen(f.cfg.Store, f.cfg.Issuer(), open)
	if err != nil {
		return phrase.Phrase{}, err
	}
	proof, forked, err := pen.Forked(f.cfg.Store, f.cfg.Issuer(), open)
	switch {
	case err != nil:
		return phrase.Phrase{}, err
	case forked: // however long ago it came
		return phrase.Phrase{}, f.watchOwnKey(&intake.Outcome{Status: intake.Forked, Issuer: f.cfg.Issuer(), Fork: proof})
	}
	bar, _, err := f.cfg.Store.Barred(f.cfg.Issuer())
	switch {
	case err != nil:
		return phrase.Phrase{}, err
	case bar.Kind != feed.Restored:
		f.mu.Lock()
		f.restoring = restoring{}
		f.mu.Unlock()
		return phrase.Phrase{}, nil
	}
	if missing, err = f.unconfirmed(head); !missing.IsZero() || err != nil {
		return missing, err
	}
	if err := f.cfg.Lift(head.CID); err != nil {
		return phrase.Phrase{}, err
	}
	f.log.Info("the peers confirm where this node's feed ends; it signs again", "epoch", head.Epoch, "sequence", head.Sequence)
	return phrase.Phrase{}, nil
}

// restoring is what a restored issuer remembers of its peers until they have
// confirmed its feed.
type restoring struct {
	dialled map[keys.Public]time.Time // by the machine's clock: when a host was first seen dialled since it was last connected
	highest feed.Tip                  // of the own feed, that any peer ever told
	by      keys.Public               // who
}

// told takes in what a peer told of the own feed.
func (r *restoring) told(peer keys.Public, heads []reconcile.Head) {
	for i := range heads {
		t := tipOf(&heads[i])
		if later := feed.Later(r.highest, t); !later.CID.Equals(r.highest.CID) {
			r.highest, r.by = later, peer
		}
	}
}

// met notes that a host is connected: should it part, it has to be dialled anew
// before it counts as out of reach.
func (f *Federation) met(peer keys.Public) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.restoring.dialled, peer)
}

// parted forgets a host that is gone, but not up to where it knew the own feed.
func (f *Federation) parted(peer keys.Public) {
	heads, _, _ := f.headsOf(peer)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.restoring.told(peer, heads)
	delete(f.peers, peer)
	delete(f.differs, peer)
}

// unconfirmed returns what is missing until the peers confirm that the own feed
// ends at head: every host that can be reached was asked, ready ones of at least
// two other members among them, the last head that any of them holds is this, and
// nobody told of a later one since the store was restored. Of several things it is the
// one that matters most, not the one that changes with every dial.
func (f *Federation) unconfirmed(head feed.Tip) (missing phrase.Phrase, err error) {
	near := f.around.Neighbours()
	unasked := f.unreached(near)
	self, _ := f.cfg.State().Host(f.cfg.Key.Public())
	ready := make(map[charter.MemberIndex]bool)
	var highest feed.Tip
	for _, peer := range near {
		heads, says, asked := f.headsOf(peer)
		if !asked {
			unasked = f.unasked(peer)
			continue
		}
		f.mu.Lock()
		f.restoring.told(peer, heads)
		f.mu.Unlock()
		for i := range heads {
			if missing, err := f.contradicted(peer, head, &heads[i]); !missing.IsZero() || err != nil {
				return missing, err
			}
			highest = feed.Later(highest, tipOf(&heads[i]))
		}
		if of, ok := f.cfg.State().Host(peer); ok && says && of != self {
			ready[of] = true
		}
	}
	for _, missing := range []phrase.Phrase{f.behind(head), f.tooFew(self, len(ready)), unasked} {
		if !missing.IsZero() {
			return missing, nil
		}
	}
	return ahead(head, highest), nil
}

// tooFew says that too few other members are ready: so many are.
func (f *Federation) tooFew(self charter.MemberIndex, ready int) phrase.Phrase {
	others := 0
	for m, member := range f.cfg.State().Members() {
		if m != self && len(member.Hosts) > 0 {
			others++
		}
	}
	switch {
	case others < witnesses:
		return phrase.New("confirm.too_few", "the charter names %d of the %d other members with a node that it takes to confirm it, so nobody can; a person ends the bar by ringfence restore lift HEAD, HEAD being the last batch that this node published as another node shows it, or none if there never was one", others, witnesses)
	case ready < witnesses:
		return phrase.New("confirm.members", "%d of %d members needed are ready and have been asked where this feed ends", ready, witnesses)
	}
	return phrase.Phrase{}
}

func (f *Federation) unasked(peer keys.Public) phrase.Phrase {
	return phrase.New("confirm.not_asked", "%s was not asked yet", f.memberOf(peer))
}

// behind says what the own feed, which ends at head here, lacks of what anybody ever
// told.
func (f *Federation) behind(head feed.Tip) phrase.Phrase {
	open := f.epoch()
	f.mu.Lock()
	defer f.mu.Unlock()
	known := open.Within(f.restoring.highest)
	if feed.Later(head, known).CID.Equals(head.CID) {
		return phrase.Phrase{}
	}
	by := f.memberOf(f.restoring.by)
	if !head.CID.Defined() {
		return phrase.New("confirm.nothing_here", "a peer (%s) has told of this feed up to %d/%d, and here nothing of it is held; it is fetched from whoever gives it", by, known.Epoch, known.Sequence)
	}
	return phrase.New("confirm.behind_told", "a peer (%s) has told of this feed up to %d/%d, and here it ends at %d/%d; the rest is fetched from whoever gives it", by, known.Epoch, known.Sequence, head.Epoch, head.Sequence)
}

// ahead says what the connected, of whom the best knows the own feed up to highest,
// lack of it.
func ahead(head, highest feed.Tip) phrase.Phrase {
	switch {
	case highest.CID.Equals(head.CID):
		return phrase.Phrase{}
	case !highest.CID.Defined():
		return phrase.New("confirm.nobody_holds", "no peer holds anything yet of this feed, which ends at %d/%d here; they are fetching it", head.Epoch, head.Sequence)
	}
	return phrase.New("confirm.peers_behind", "the peers know this feed up to %d/%d, here it ends at %d/%d; they are fetching the rest", highest.Epoch, highest.Sequence, head.Epoch, head.Sequence)
}

// reach is how long after it was first dialled a host that is not connected
// counts as out of reach, by the machine's clock.
const reach = 10 * time.Second

// unreached says who beside near may yet be reached, and so asked.
func (f *Federation) unreached(near []keys.Public) (missing phrase.Phrase) {
	peers, now := f.around.Peers(), time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	dialled := make(map[keys.Public]time.Time)
	for i := range peers {
		p := &peers[i]
		switch first, seen := f.restoring.dialled[p.Host]; {
		case p.Connected:
			if !slices.Contains(near, p.Host) { // it came just now
				missing = f.unasked(p.Host)
			}
		case p.Address == "":
		case p.LastTry.IsZero():
			missing = phrase.New("confirm.not_dialled", "%s was not dialled yet", f.memberOf(p.Host))
		default:
			if !seen {
				first = now
			}
			if dialled[p.Host] = first; now.Sub(first) < reach {
				missing = phrase.New("confirm.dialling", "%s is being dialled", f.memberOf(p.Host))
			}
		}
	}
	f.restoring.dialled = dialled
	return missing
}

// contradicted says how what a peer holds of the own feed is none of its history
// here, which ends at head. A head beyond that contradicts nothing.
func (f *Federation) contradicted(peer keys.Public, head feed.Tip, theirs *reconcile.Head) (phrase.Phrase, error) {
	if theirs.Forked {
		return phrase.New("confirm.proof", "%s has a proof that this feed is forked; it is being fetched", f.memberOf(peer)), nil
	}
	t := tipOf(theirs)
	if !t.CID.Defined() || !head.CID.Defined() || head.Before(t) {
		return phrase.Phrase{}, nil
	}
	if same, err := f.holdsAt(t); err != nil || same {
		return phrase.Phrase{}, err
	}
	return phrase.New("confirm.other_batch", "%s holds another batch %d/%d of this feed than stands here: somebody else may hold this node's key; the proof is being fetched", f.memberOf(peer), t.Epoch, t.Sequence), nil
}

func tipOf(h *reconcile.Head) feed.Tip {
	return feed.Tip{Epoch: h.Epoch, Sequence: h.Sequence, CID: h.CID, Time: h.Time}
}
