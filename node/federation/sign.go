package federation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringfence/node/reconcile"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// ErrClock says that this node's clock differs from its peers' by more than they
// would accept a batch ahead of time.
var ErrClock = errors.New("federation: the clock is wrong")

// witnesses is how many different members beside the own one must be ready and
// confirm the head of a restored feed.
const witnesses = 2

// MaySign returns why this node must not sign now, nil when it may: a clock more
// than ten minutes from the peers'. Without peers nobody knows better.
func (f *Federation) MaySign() error {
	ahead, known := f.clock()
	if !known || ahead.Abs() <= intake.Ahead {
		return nil
	}
	direction := "behind"
	if ahead < 0 {
		direction = "ahead of"
	}
	return fmt.Errorf("%w: it is %v %s that of the peers, and at most %v is accepted; set it right (an NTP client keeps it so)",
		ErrClock, ahead.Abs().Round(time.Second), direction, intake.Ahead)
}

// clock returns by how much the peers' clocks are ahead of this one: the median
// over the members that are connected, of two middles the one nearer to this
// clock. So no single one of three members or more decides, nor of two that this
// clock is wrong; one alone does.
func (f *Federation) clock() (ahead time.Duration, known bool) {
	near := f.around.Neighbours()
	f.mu.Lock()
	defer f.mu.Unlock()
	of := make(map[charter.MemberIndex]time.Duration)
	for _, host := range near {
		h := f.peers[host]
		member, ok := f.cfg.State.Host(host)
		if old, seen := of[member]; ok && h.timed && (!seen || h.ahead.Abs() < old.Abs()) {
			of[member] = h.ahead
		}
	}
	if len(of) == 0 {
		return 0, false
	}
	return median(slices.Sorted(maps.Values(of))), true
}

// median returns the middle of all, which are sorted; of two middles the one
// nearer to zero.
func median(all []time.Duration) time.Duration {
	low, high := all[(len(all)-1)/2], all[len(all)/2]
	if low.Abs() < high.Abs() {
		return low
	}
	return high
}

// stolen forbids the own issuer to sign, until a person lifts it.
func (f *Federation) stolen(why string) error {
	if bar, _, err := f.cfg.Store.Barred(f.cfg.Issuer); err == nil && bar.Kind == feed.Stolen {
		return nil
	}
	f.log.Error("this node stops signing: somebody else may hold its key", "reason", why)
	if err := f.cfg.Store.Bar(f.cfg.Issuer, feed.Bar{Kind: feed.Stolen, Reason: why}); err != nil {
		return fmt.Errorf("federation: stop signing (%s): %w", why, err)
	}
	return nil
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
		why := f.confirm()
		f.mu.Lock()
		f.held = why
		f.mu.Unlock()
		again := time.Second
		if why == "" && f.caughtUp.Load() {
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
// feed ends. It returns what is still missing, "" when nothing is or no peer can
// help.
func (f *Federation) confirm() string {
	missing, err := f.tryConfirm()
	if err != nil {
		return err.Error()
	}
	return missing
}

func (f *Federation) tryConfirm() (missing string, err error) {
	if f.cfg.Issuer.IsZero() {
		return "", nil
	}
	head, _, err := f.cfg.Store.Latest(f.cfg.Issuer)
	if err != nil {
		return "", err
	}
	proof, forked, err := f.cfg.Store.Fork(f.cfg.Issuer, head.Epoch)
	switch {
	case err != nil:
		return "", err
	case forked: // however long ago it came
		return "", f.watchOwnKey(&intake.Outcome{Status: intake.Forked, Issuer: f.cfg.Issuer, Fork: proof})
	}
	bar, _, err := f.cfg.Store.Barred(f.cfg.Issuer)
	if err != nil || bar.Kind != feed.Restored {
		return "", err
	}
	if missing, err = f.unconfirmed(head); missing != "" || err != nil {
		return missing, err
	}
	if err := f.cfg.Lift(head.CID); err != nil {
		return "", err
	}
	f.log.Info("the peers confirm where this node's feed ends; it signs again", "epoch", head.Epoch, "sequence", head.Sequence)
	return "", nil
}

// unconfirmed returns what is missing until the peers confirm that the own feed
// ends at head: every host that can be reached was asked, ready ones of at least
// two other members among them, and the last head that any of them holds is this.
func (f *Federation) unconfirmed(head feed.Tip) (missing string, err error) {
	if missing = f.unreached(); missing != "" {
		return missing, nil
	}
	self, _ := f.cfg.State.Host(f.cfg.Key.Public())
	ready := make(map[charter.MemberIndex]bool)
	var highest feed.Tip
	for _, peer := range f.around.Neighbours() {
		heads, says, asked := f.around.HeadsOf(peer, f.cfg.Issuer)
		if !asked {
			return fmt.Sprintf("%s was not asked yet", f.memberOf(peer)), nil
		}
		for i := range heads {
			if missing, err := f.contradicted(peer, head, &heads[i]); missing != "" || err != nil {
				return missing, err
			}
			highest = feed.Later(highest, tipOf(&heads[i]))
		}
		if of, ok := f.cfg.State.Host(peer); ok && says && of != self {
			ready[of] = true
		}
	}
	switch {
	case len(ready) < witnesses:
		return fmt.Sprintf("%d of %d members needed are ready and have been asked where this feed ends", len(ready), witnesses), nil
	case highest.CID.Equals(head.CID):
		return "", nil
	case !highest.CID.Defined():
		return fmt.Sprintf("no peer holds anything yet of this feed, which ends at %d/%d here; they are fetching it", head.Epoch, head.Sequence), nil
	case highest.Before(head):
		return fmt.Sprintf("the peers know this feed up to %d/%d, here it ends at %d/%d; they are fetching the rest", highest.Epoch, highest.Sequence, head.Epoch, head.Sequence), nil
	case !head.CID.Defined():
		return fmt.Sprintf("a peer knows this feed up to %d/%d, here nothing of it is held; it is being fetched", highest.Epoch, highest.Sequence), nil
	}
	return fmt.Sprintf("a peer knows this feed up to %d/%d, here it ends at %d/%d; the rest is being fetched", highest.Epoch, highest.Sequence, head.Epoch, head.Sequence), nil
}

// reach is how long after it was first dialled a host that is not connected
// counts as out of reach.
const reach = 10 * time.Second

// unreached says who may yet be reached, and so asked.
func (f *Federation) unreached() (missing string) {
	now := f.cfg.Now()
	for _, p := range f.around.Peers() {
		if p.Connected || p.Address == "" {
			continue
		}
		if p.LastTry.Before(f.started) {
			missing = fmt.Sprintf("%s was not dialled yet", f.memberOf(p.Host))
			continue
		}
		first, seen := f.dialled[p.Host]
		if !seen {
			first, f.dialled[p.Host] = now, now
		}
		if now.Sub(first) < reach {
			missing = fmt.Sprintf("%s is being dialled", f.memberOf(p.Host))
		}
	}
	return missing
}

// contradicted says how what a peer holds of the own feed is none of its history
// here, which ends at head. A head beyond that contradicts nothing.
func (f *Federation) contradicted(peer keys.Public, head feed.Tip, theirs *reconcile.Head) (string, error) {
	if theirs.Forked {
		return fmt.Sprintf("%s has a proof that this feed is forked; it is being fetched", f.memberOf(peer)), nil
	}
	t := tipOf(theirs)
	if !t.CID.Defined() || !head.CID.Defined() || head.Before(t) {
		return "", nil
	}
	if same, err := f.holdsAt(t); err != nil || same {
		return "", err
	}
	return fmt.Sprintf("%s holds another batch %d/%d of this feed than stands here: somebody else may hold this node's key; the proof is being fetched", f.memberOf(peer), t.Epoch, t.Sequence), nil
}

func tipOf(h *reconcile.Head) feed.Tip {
	return feed.Tip{Epoch: h.Epoch, Sequence: h.Sequence, CID: h.CID, Time: h.Time}
}
