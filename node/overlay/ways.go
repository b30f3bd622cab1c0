package overlay

import (
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/book"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// way is what is known of the way to one member's host. The Overlay's mutex
// guards it.
type way struct {
	host keys.Public
	id   peer.ID

	met     bool // records were exchanged, and the connection holds
	since   time.Time
	session book.Session  // the life of the other end that was met
	limit   *rate.Limiter // exchanges that the other end begins

	complained time.Time // when the log was last told that one of them failed

	heard   int64     // bytes that came from there …
	heardAt time.Time // … when they were last seen to grow
	asking  bool      // whether it is still there

	visits int  // streams of Visit
	kept   bool // the connection is of no use but for them

	trying  bool
	next    time.Time // not before then
	lastTry time.Time
	trouble phrase.Phrase // why the last try failed; none: it did not
}

// Peer is a host of the charter, and what is known of the way to it.
type Peer struct {
	Host      keys.Public
	Member    charter.MemberIndex
	Connected bool
	Since     time.Time // of the connection
	Address   string    // of the connection; else where it is looked for
	Inbound   bool      // the other end dialled
	Direct    bool      // kept connected whatever happens
	In, Out   int64     // bytes of streams since the start
	LastTry   time.Time
	Trouble   phrase.Phrase // why the last try failed
}

// way returns the way to a member's host, made when it is new; nil when the
// charter does not name it, or it is the own one. The caller holds the lock.
func (o *Overlay) way(host keys.Public) *way {
	if w := o.ways[host]; w != nil {
		return w
	}
	if _, ok := o.cfg.Roster.Host(host); !ok || host == o.self {
		return nil
	}
	id, err := hosts.PeerID(host)
	if err != nil {
		return nil // no host by that key can ever prove itself
	}
	w := &way{host: host, id: id, limit: rate.NewLimiter(layout.ExchangesRate, layout.ExchangesBurst)}
	o.ways[host] = w
	o.traffic.count(id)
	return w
}

// meet marks a member as connected: records were exchanged. A new life of the
// other end is told as an end and a beginning.
func (o *Overlay) meet(host keys.Public, session book.Session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.way(host)
	if w == nil || o.host.Network().Connectedness(w.id) != network.Connected {
		return
	}
	w.trouble, w.kept = phrase.Phrase{}, false
	if w.met && w.session == session {
		return
	}
	if w.met {
		o.tell(change{host, false})
	}
	w.met, w.session, w.since, w.heardAt = true, session, o.cfg.Now(), time.Now()
	if o.cfg.Direct(host) {
		o.host.ConnManager().Protect(w.id, "direct")
	}
	o.host.ConnManager().TagPeer(w.id, "member", memberValue)
	o.tell(change{host, true})
}

// memberValue makes the connection manager close strangers first.
const memberValue = 100

// tell queues a call of Changed. The caller holds the lock.
func (o *Overlay) tell(c change) {
	if o.cfg.Changed == nil {
		return
	}
	o.changes = append(o.changes, c)
	select {
	case o.news <- struct{}{}:
	default: // it is awake already
	}
}

// connected is called for each new connection, before its streams.
func (o *Overlay) connected(_ network.Network, conn network.Conn) {
	id := conn.RemotePeer()
	k, ok := o.member(id)
	if !ok {
		goes, ok := o.gate.Enter(conn)
		if !ok {
			goes = conn
		}
		if goes != nil {
			o.start(func() { _ = goes.Close() }) // it is gone either way
		}
		return
	}
	if conn.Stat().Direction == network.DirOutbound {
		o.start(func() { o.greet(k, conn) })
	}
}

// disconnected is called when a connection has ended.
func (o *Overlay) disconnected(_ network.Network, conn network.Conn) {
	o.gate.Leave(conn)
	k, ok := hosts.BareKey(conn.RemotePeer())
	if !ok {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.ways[k]
	if w == nil || o.host.Network().Connectedness(w.id) == network.Connected {
		return
	}
	w.kept = false
	w.next = later(w.next, time.Now().Add(jitter(layout.RedialEvery/10)))
	if w.met {
		w.met, w.trouble = false, phrase.New("peer.ended", "the connection ended; it is dialled anew")
		o.tell(change{k, false})
	}
	o.nudge()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// nudge wakes the loop of Run.
func (o *Overlay) nudge() {
	select {
	case o.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Neighbours returns the members that are connected, by key.
func (o *Overlay) Neighbours() []keys.Public {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []keys.Public
	for k, w := range o.ways {
		if _, member := o.cfg.Roster.Host(k); w.met && member {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, keys.Public.Compare)
	return out
}

// Reachable returns the members' hosts of which an address is known, whom Visit may reach.
func (o *Overlay) Reachable() []keys.Public {
	return slices.DeleteFunc(o.cfg.Hosts(), func(k keys.Public) bool { return k == o.self || len(o.book.Addresses(k)) == 0 })
}

// Peers returns every host that the charter names but the own one, in the
// charter's order, and what is known of the way to it.
func (o *Overlay) Peers() []Peer {
	var out []Peer
	for _, k := range o.cfg.Hosts() {
		member, ok := o.cfg.Roster.Host(k)
		if !ok || k == o.self {
			continue
		}
		p := Peer{Host: k, Member: member, Direct: o.cfg.Direct(k)}
		o.mu.Lock()
		w := o.way(k)
		if w == nil {
			o.mu.Unlock()
			p.Trouble = phrase.New("peer.no_key", "its key in the charter is none that a host can prove")
			out = append(out, p)
			continue
		}
		p.Connected, p.LastTry, p.Trouble = w.met, w.lastTry, o.why(w)
		if w.met {
			p.Since = w.since
		}
		id := w.id
		o.mu.Unlock()
		p.Address = address.Places(o.book.Addresses(k))
		for _, conn := range o.host.Network().ConnsToPeer(id) {
			p.Address, p.Inbound = address.Place(conn.RemoteMultiaddr()), conn.Stat().Direction == network.DirInbound
			break
		}
		if d, refused := o.gate.Refused(id); refused {
			p.Trouble = refusal(d)
		}
		if f := o.traffic.of(id); f != nil {
			p.In, p.Out = f.in.Load(), f.out.Load()
		}
		out = append(out, p)
	}
	return out
}

// Doubt says that a member does not answer: it is asked at once whether it is
// still there, and dialled anew when it is not.
func (o *Overlay) Doubt(host keys.Public) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if w := o.ways[host]; w != nil && w.met && !w.asking && !o.closed {
		w.heard = o.traffic.of(w.id).in.Load()
		o.ask(w)
	}
}

// Drop closes the connection to a member and refuses it until then; Peers say why.
func (o *Overlay) Drop(host keys.Public, why phrase.Phrase, until time.Time) {
	id, err := hosts.PeerID(host)
	if _, ok := o.cfg.Roster.Host(host); !ok || err != nil {
		return
	}
	o.gate.Drop(id, why, until)
	if err := o.host.Network().ClosePeer(id); err != nil {
		o.cfg.Logger.Debug("closing a connection", "host", host.Short(), "error", err)
	}
}

// remember takes the addresses of the configuration and of the book.
func (o *Overlay) remember() error {
	for _, text := range o.cfg.Bootstrap {
		info, err := address.Parse(text)
		if err != nil {
			return err
		}
		if !o.given(info) {
			o.cfg.Logger.Warn("an address to start from belongs to no host of the charter; it is left out until one is admitted", "address", text)
			o.early = append(o.early, info)
		}
	}
	return o.book.Open()
}

// given takes an address of the configuration; false while it is no member's.
func (o *Overlay) given(info *peer.AddrInfo) bool {
	k, ok := o.member(info.ID)
	if ok {
		o.book.Give(k, info.Addrs)
	}
	return ok
}

// Reconsider says that the roster may be another one now. Whoever left it is hung up on
// and whoever came is dialled, at once; a connection that a stranger began is ended when
// he becomes a member, since the mesh asks once, at its beginning, who is there.
func (o *Overlay) Reconsider() {
	o.reconsidering.Lock()
	o.early = slices.DeleteFunc(o.early, o.given)
	o.reconsidering.Unlock()
	for _, conn := range o.host.Network().Conns() {
		if o.named(conn.RemotePeer()) == o.gate.Strange(conn) {
			o.start(func() { _ = conn.Close() }) // it is gone either way
		}
	}
	o.nudge()
}
