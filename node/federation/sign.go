package federation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/intake"
)

// ErrClock says that this node's clock differs from its peers' by more than they
// would accept a batch ahead of time.
var ErrClock = errors.New("federation: the clock is wrong")

// stolen begins the reason of a bar that no peer's word lifts.
const stolen = "somebody else may hold this node's key: "

// Passing reports whether the peers' word lifts a bar that has this reason.
func Passing(reason string) bool { return !strings.HasPrefix(reason, stolen) }

// witnesses is how many different members must be ready and confirm the head of
// a restored feed.
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
// over the members that are connected, so that no single one decides.
func (f *Federation) clock() (ahead time.Duration, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	of := make(map[charter.MemberIndex]time.Duration)
	for host, h := range f.peers {
		member, ok := f.cfg.State.Host(host)
		if old, seen := of[member]; ok && h.timed && (!seen || h.ahead.Abs() < old.Abs()) {
			of[member] = h.ahead
		}
	}
	if len(of) == 0 {
		return 0, false
	}
	var all []time.Duration
	for _, d := range of {
		all = append(all, d)
	}
	slices.SortFunc(all, cmp.Compare)
	return all[(len(all)-1)/2], true
}

// bar forbids the own issuer to sign, until a person lifts it.
func (f *Federation) bar(why string) error {
	f.log.Error("this node stops signing: somebody else may hold its key", "reason", why)
	if err := f.cfg.Store.Bar(f.cfg.Issuer, stolen+why); err != nil {
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
// feed ends. It returns what is still missing, "" when nothing is.
func (f *Federation) confirm() string {
	if f.cfg.Issuer.IsZero() {
		return ""
	}
	reason, barred, err := f.cfg.Store.Barred(f.cfg.Issuer)
	switch {
	case err != nil:
		return err.Error()
	case !barred || !Passing(reason):
		return ""
	}
	highest, missing := f.highestKnown()
	if missing != "" {
		return missing
	}
	head, _, err := f.cfg.Store.Latest(f.cfg.Issuer)
	if err != nil {
		return err.Error()
	}
	if !highest.CID.Equals(head.CID) {
		return fmt.Sprintf("a peer knows this feed up to %d/%d, here it ends at %d/%d; the rest is being fetched", highest.Epoch, highest.Sequence, head.Epoch, head.Sequence)
	}
	if err := f.cfg.Lift(head.CID); err != nil {
		return err.Error()
	}
	f.log.Info("the peers confirm where this node's feed ends; it signs again", "epoch", head.Epoch, "sequence", head.Sequence)
	return ""
}

// highestKnown returns the last head of the own feed that any peer holds, or
// what is missing before that can be said: every member's host that can be
// reached was asked, at least two ready ones of different members among them.
func (f *Federation) highestKnown() (highest feed.Tip, missing string) {
	for _, p := range f.overlay.Peers() {
		if !p.Connected && p.Address != "" && p.LastTry.Before(f.started) {
			return highest, fmt.Sprintf("%s was not dialled yet", f.memberOf(p.Host))
		}
	}
	ready := make(map[charter.MemberIndex]bool)
	for _, peer := range f.overlay.Neighbours() {
		heads, asked := f.pull.HeadsOf(peer, f.cfg.Issuer)
		said, answered := f.lastHeard(peer)
		if !asked || !answered {
			return highest, fmt.Sprintf("%s was not asked yet", f.memberOf(peer))
		}
		for _, h := range heads {
			highest = feed.Later(highest, feed.Tip{Epoch: h.Epoch, Sequence: h.Sequence, CID: h.CID, Time: h.Time})
		}
		if of, ok := f.cfg.State.Host(peer); ok && said.Ready {
			ready[of] = true
		}
	}
	if len(ready) < witnesses {
		return highest, fmt.Sprintf("%d of %d members needed are ready and have been asked where this feed ends", len(ready), witnesses)
	}
	return highest, ""
}
