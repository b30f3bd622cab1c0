package overlay

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"

	"ringfence/node/overlay/internal/gate"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/phrase"
)

// shortestPass keeps the loop from spinning, whatever is due and whoever wakes it:
// on a local network anybody can.
const shortestPass = 20 * time.Millisecond

// Run lets peers in, dials members that are not connected, exchanges records and
// calls Changed. It ends with ctx or when the Overlay is closed.
func (o *Overlay) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(o.ctx, cancel)()
	stop, err := o.look()
	if err != nil {
		return err
	}
	defer stop()
	told := make(chan struct{})
	go func() { defer close(told); o.tellAll(ctx) }()
	defer func() { cancel(); <-told }()
	o.gate.Open()
	var probe time.Time
	refusals := time.Now() // last told of
	turn := turns{next: time.Now().Add(jitter(layout.ExchangeEvery))}
	for {
		now := time.Now()
		o.forget()
		o.sweep(now)
		o.listenIn(now)
		if now.Sub(refusals) >= time.Minute {
			refusals = now
			o.tellRefusals()
		}
		wait := o.redial(now, now.After(probe))
		if now.After(probe) {
			o.listenAgain()
			probe = now.Add(layout.RedialEvery)
		}
		o.exchangeWith(turn.due(now, o.fresh()))
		timer := time.NewTimer(max(min(wait, turn.next.Sub(now)), shortestPass))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-o.wake:
			timer.Stop()
			if !pause(ctx, time.Until(now.Add(shortestPass))) {
				return nil
			}
		}
	}
}

// tellRefusals tells the log of the connections of others that were refused since it
// was last told.
func (o *Overlay) tellRefusals() {
	t := o.refusals.Take()
	if t.Connections == 0 {
		return
	}
	places := strconv.Itoa(t.Addresses)
	if t.More {
		places = "more than " + places
	}
	o.cfg.Logger.Info("connections that others opened were refused or closed in the last minute",
		"connections", t.Connections, "addresses", places, "most_from", t.From.Addr(), "from_there", t.FromThere, "most_for", string(t.Why), "for_that", t.ForThat)
}

// pause waits for a while; false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// jitter returns a random time below most.
func jitter(most time.Duration) time.Duration { return rand.N(most) }

// tellAll calls Changed for what is queued, in order.
func (o *Overlay) tellAll(ctx context.Context) {
	for {
		o.mu.Lock()
		changes := o.changes
		o.changes = nil
		o.mu.Unlock()
		for _, c := range changes {
			o.cfg.Changed(c.peer, c.joined)
		}
		select {
		case <-ctx.Done():
			return
		case <-o.news:
		}
	}
}

// sweep closes connections of strangers that had their time, and of members that
// never exchanged records.
func (o *Overlay) sweep(now time.Time) {
	for _, conn := range o.host.Network().Conns() {
		if now.Sub(conn.Stat().Opened) < layout.StrangerTime {
			continue
		}
		k, member := o.member(conn.RemotePeer())
		o.mu.Lock()
		w := o.ways[k]
		stays := member && w != nil && w.met
		o.mu.Unlock()
		if !stays {
			o.start(func() { _ = conn.Close() }) // it is gone either way
		}
	}
}

// listenIn looks for members that have not been heard for a while, asks them
// whether they are still there, and hangs up on those that do not answer. Left
// alone, a transport needs half a minute to give up, and after a short partition
// as long to try again; a new connection stands at once.
func (o *Overlay) listenIn(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range o.ways {
		if !w.met || w.asking {
			continue
		}
		if in := o.traffic.of(w.id).in.Load(); in != w.heard {
			w.heard, w.heardAt = in, now
		}
		if now.Sub(w.heardAt) < layout.Silence || o.closed {
			continue
		}
		o.ask(w)
	}
}

// ask asks a member whether it is still there; the caller holds mu.
func (o *Overlay) ask(w *way) {
	w.asking = true
	o.working.Go(func() { o.askAlive(w) })
}

func (o *Overlay) askAlive(w *way) {
	err := o.exchange(w.host, true, layout.AliveTime)
	o.mu.Lock()
	w.asking = false
	gone := err != nil && w.met && o.traffic.of(w.id).in.Load() == w.heard && o.ctx.Err() == nil
	o.mu.Unlock()
	if gone {
		o.cfg.Logger.Info("a member does not answer any more; dialling it anew", "host", w.host.Short(), "error", err)
		_ = o.host.Network().ClosePeer(w.id) // it is gone either way
	}
}

// redial tries members that are not connected and whose turn it is. In a
// federation too large for everyone to keep everyone, that is the direct peers,
// enough others, and with probe one more at random: else two halves that have
// forgotten each other would never meet again. It returns when to look again.
func (o *Overlay) redial(now time.Time, probe bool) time.Duration {
	all := o.cfg.Hosts()
	o.mu.Lock()
	defer o.mu.Unlock()
	tries, others, wait := 0, 0, layout.RedialEvery
	var due []*way
	for _, k := range all {
		w := o.way(k)
		if w == nil {
			continue
		}
		if w.trying {
			tries++
		}
		if (w.met || w.trying) && !o.cfg.Direct(k) {
			others++
		}
		switch {
		case w.met || w.trying:
		case now.Before(w.next):
			wait = min(wait, w.next.Sub(now))
		default:
			due = append(due, w)
		}
	}
	rand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	for _, w := range due {
		direct := o.cfg.Direct(w.host)
		wanted := len(all) <= layout.Everyone || direct || others < layout.SomeOthers
		w.next = now.Add(layout.RedialEvery/2 + jitter(layout.RedialEvery/2))
		if tries >= layout.MaxTries || (!wanted && !probe) || o.closed || !o.ready(w) {
			continue
		}
		if !wanted {
			probe = false
		}
		tries++
		if !direct {
			others++
		}
		w.trying, w.lastTry = true, o.cfg.Now()
		info := peer.AddrInfo{ID: w.id, Addrs: o.book.Addresses(w.host)}
		o.working.Go(func() { o.try(w, info) })
	}
	return wait
}

// ready reports whether a try makes sense now, and says why not. The caller
// holds the lock.
func (o *Overlay) ready(w *way) bool {
	if o.host.Network().Connectedness(w.id) == network.Connected {
		return false // records are being exchanged
	}
	if _, refused := o.gate.Refused(w.id); refused {
		return false
	}
	if len(o.book.Addresses(w.host)) == 0 {
		w.trouble = phrase.New("peer.no_address", "no address of it is known yet")
		return false
	}
	return true
}

// try dials a member once. What follows, once it is connected, is greet's.
func (o *Overlay) try(w *way, info peer.AddrInfo) {
	// The swarm's own back-off grows to minutes, and addresses that it remembers
	// may be older than ours.
	if s, ok := o.host.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(info.ID)
	}
	if o.host.Network().Connectedness(info.ID) != network.Connected {
		o.host.Peerstore().ClearAddrs(info.ID)
	}
	ctx, cancel := context.WithTimeout(o.ctx, layout.RedialEvery)
	defer cancel()
	err := o.host.Connect(ctx, info)
	o.mu.Lock()
	defer o.mu.Unlock()
	w.trying = false
	if err == nil || w.met {
		return
	}
	if o.ctx.Err() == nil {
		w.trouble = hosts.DialTrouble(info, err)
	}
	o.nudge()
}

// turns says when to exchange records with whom is connected.
type turns struct {
	last, next time.Time
	fresh      bool // there is something to tell
}

// due returns with how many neighbours to exchange now: with one at intervals,
// and with several soon after something new was heard.
func (t *turns) due(now time.Time, fresh bool) int {
	if fresh && !t.fresh {
		t.fresh, t.next = true, later(t.last.Add(layout.SpreadEvery), now)
	}
	if now.Before(t.next) {
		return 0
	}
	count := 1
	if t.fresh {
		count = layout.SpreadTo
	}
	*t = turns{last: now, next: now.Add(layout.ExchangeEvery/2 + jitter(layout.ExchangeEvery/2))}
	return count
}

// fresh reports whether a record was taken since it was last asked.
func (o *Overlay) fresh() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	was := o.learned
	o.learned = false
	return was
}

// exchangeWith exchanges records with so many neighbours, picked at random, so
// that addresses spread through the federation.
func (o *Overlay) exchangeWith(count int) {
	if count == 0 {
		return
	}
	all := o.Neighbours()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, k := range all[:min(count, len(all))] {
		o.start(func() {
			if err := o.exchange(k, false, layout.ExchangeTime); err != nil && o.ctx.Err() == nil {
				o.cfg.Logger.Debug("exchange of records", "host", k.Short(), "error", err)
			}
		})
	}
}

// forget drops hosts that the charter no longer names.
func (o *Overlay) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for k, w := range o.ways {
		if _, ok := o.cfg.Roster.Host(k); ok {
			continue
		}
		delete(o.ways, k)
		gate.Trust(o.resources, w.id, o.book.Trusted(k), nil)
		o.book.Forget(k)
		if w.met {
			o.tell(change{k, false})
		}
		if !o.closed {
			o.working.Go(func() { _ = o.host.Network().ClosePeer(w.id) }) // it is gone either way
		}
	}
}
