package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/reconcile"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/view"
)

// beacon says what this node's list is made of and what came out.
func (f *Federation) beacon() reconcile.Beacon {
	ready := f.ready()
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.listing()
	b.Ready = ready
	return b
}

// listing is the beacon but for readiness; the caller holds mu.
func (f *Federation) listing() reconcile.Beacon {
	l := f.cfg.List()
	turned := l != f.own.list
	if turned {
		f.own = summary{list: l, frontier: f.frontier.Digest(l)}
	}
	s := l.Stamp()
	b := reconcile.Beacon{
		Time: f.cfg.Now(), LedgerSize: s.LedgerSize, Frontier: f.own.frontier,
		Day: s.Day, Root: s.Root, Version: f.cfg.Version,
	}
	if turned {
		f.lists.add(&b, time.Now())
		f.weighAgain()
	}
	return b
}

// Listed says that the list may be another one, or made of a longer ledger: what peers
// said of theirs is compared with it, and the network is that of the charter.
func (f *Federation) Listed() {
	f.mu.Lock()
	b := f.listing()
	f.mu.Unlock()
	if f.reached.Swap(b.LedgerSize) != b.LedgerSize {
		f.enacted()
	}
}

// agreement is how a peer's list stands to this node's.
type agreement string

const (
	agrees   agreement = "yes"
	differs  agreement = "no"           // made of the same, and another list
	elsewise agreement = "other_inputs" // not compared lately: one of the two had what the other had not yet
	otherDay agreement = "other_day"
	unheard  agreement = "unknown"
)

func compare(own, theirs *reconcile.Beacon) agreement {
	switch {
	case own.LedgerSize != theirs.LedgerSize || own.Frontier != theirs.Frontier:
		return elsewise
	case own.Day != theirs.Day:
		return otherDay
	case own.Root != theirs.Root:
		return differs
	}
	return agrees
}

// heard takes in what a peer says of itself: in an answer that took roundTrip, or by
// itself when that is 0.
func (f *Federation) heard(peer keys.Public, b reconcile.Beacon, roundTrip time.Duration) {
	now := f.cfg.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listing()
	before := f.peers[peer]
	h := heard{Beacon: b, at: now, came: time.Now(), clock: before.clock.After(b.Time, now, roundTrip), agreed: before.agreed}
	f.weigh(peer, &h)
	f.peers[peer] = h
}

// weigh compares what a peer said last with the list that this node made of the same,
// if it has made one already and knows of it still. The caller holds mu.
func (f *Federation) weigh(peer keys.Public, h *heard) {
	own := f.lists.find(&h.Beacon)
	if h.open = own == nil; h.open {
		return
	}
	if own.Root == h.Root {
		delete(f.differs, peer)
		h.agreed = later(h.agreed, own.both(h.came))
		return
	}
	f.differs[peer], h.agreed = true, time.Time{}
	member, _ := f.cfg.State().Host(peer)
	if last, alarmed := f.alarmed[member]; alarmed && time.Since(last) < alarmEvery {
		return // whoever changes his list with each word is no more news for that
	}
	f.alarmed[member] = time.Now()
	select {
	case f.unequal <- difference{peer, own.Beacon, h.Beacon, f.own.list}:
	default: // there is enough to look at
	}
}

// weighAgain compares what peers said that this node could not compare before. The
// caller holds mu.
func (f *Federation) weighAgain() {
	for peer, h := range f.peers {
		if h.open {
			f.weigh(peer, &h)
			f.peers[peer] = h
		}
	}
}

// difference is a peer's list that is another, made of the same.
type difference struct {
	peer        keys.Public
	own, theirs reconcile.Beacon
	list        *view.List // that own tells of, or a later one
}

// lookForDifferences finds out about them, one at a time. Several do it beside each
// other, so that a liar who answers slowly hides nobody else's difference.
func (f *Federation) lookForDifferences(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case d := <-f.unequal:
			f.alarm(ctx, d)
		}
	}
}

const (
	spaceAlarms = "alarm"
	lookFor     = time.Minute                // for the first difference
	alarmEvery  = time.Minute                // about one member, at most
	lookers     = 4                          // differences looked for at once
	seenForm    = "2006-01-02T15:04:05.000Z" // RFC 3339 that sorts
)

// alarm finds out where two lists made of the same evidence differ, tells it,
// and keeps it as evidence.
func (f *Federation) alarm(ctx context.Context, d difference) {
	ctx, stop := context.WithTimeout(ctx, lookFor)
	defer stop()
	peer, own, theirs := d.peer, &d.own, &d.theirs
	a := api.Disagreement{
		Member: f.memberOf(peer), Host: peer.String(), Seen: f.cfg.Now().UTC().Format(seenForm),
		LedgerSize: own.LedgerSize, Frontier: own.Frontier.String(), Day: own.Day.String(),
		OwnRoot: own.Root.String(), TheirRoot: theirs.Root.String(),
	}
	at, found, err := merkle.FirstDifference(d.list.Tree(), f.pull.Walker(ctx, peer))
	switch {
	case err != nil:
		a.Note = phrase.New("differing.not_found", "the first difference was not found: %v", err)
	case !found:
		a.Note = phrase.New("differing.changed", "the peer's list had changed before the difference was found")
	default:
		a.Prefix, a.PrefixBits = fmt.Sprintf("%016x", at.Prefix), at.Bits
		a.OwnBlock, a.TheirBlock = block(at.A), block(at.B)
		if d.list.Stamp().Root != own.Root {
			a.Note = phrase.New("differing.gone_on", "the lists had gone on when the difference was looked for")
		}
	}
	f.log.Error("equal inputs and unequal lists: a fault or an attack", "member", a.Member, "host", peer.Short(), "own_root", a.OwnRoot, "their_root", a.TheirRoot, "frontier", a.Frontier, "prefix", a.Prefix, "note", a.Note.Text)
	if err := f.keepAlarm(&a); err != nil {
		f.log.Error("the evidence of unequal lists is not kept", "reason", err)
	}
}

func block(s merkle.Sublist) *api.Sublist {
	return &api.Sublist{Entries: s.Count, Hash: s.Hash.String()}
}

// keepAlarm keeps the first and the newest alarm about each host, so that nobody
// washes away the evidence against another, nor how it began with himself.
func (f *Federation) keepAlarm(a *api.Disagreement) error {
	value, err := json.Marshal(a)
	if err != nil {
		return err
	}
	first := a.Host + " first"
	_, held, err := f.cfg.Store.Get(spaceAlarms, first)
	switch {
	case err != nil:
		return err
	case held:
		return f.cfg.Store.Put(spaceAlarms, a.Host+" newest", value)
	}
	return f.cfg.Store.Put(spaceAlarms, first, value)
}

// Alarms returns what was kept of lists that differ from a store, oldest first.
func Alarms(store interface {
	List(space string, fn func(key string, value []byte) error) error
}) ([]api.Disagreement, error) {
	all := []api.Disagreement{}
	err := store.List(spaceAlarms, func(_ string, value []byte) error {
		var a api.Disagreement
		if err := json.Unmarshal(value, &a); err != nil {
			return fmt.Errorf("federation: read a kept alarm: %w", err)
		}
		all = append(all, a)
		return nil
	})
	slices.SortStableFunc(all, func(a, b api.Disagreement) int { return cmp.Compare(a.Seen, b.Seen) })
	return all, err
}
