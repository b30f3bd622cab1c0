package overlay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/desk"
	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/book"
	"ringfence/node/overlay/internal/gate"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// Roster says whose a host key is. *charter.State is one.
type Roster interface {
	Host(k keys.Public) (charter.MemberIndex, bool)
}

// Book keeps the signed peer records of members over restarts. Implementations
// are safe for concurrent use.
type Book interface{ book.Shelf }

// Config says who a node is and what it knows at the start.
type Config struct {
	Key        keys.Private // of purpose host
	Federation cid.Cid
	Roster     Roster
	Hosts      func() []keys.Public                // all that the charter names, the own one among them
	Direct     func(host keys.Public) bool         // kept connected whatever happens: regulators, own nodes; nil: none
	Listen     []string                            // host:port, each for TCP and QUIC; none: it only dials
	Announce   []string                            // host:port by which others reach this node when it cannot see so itself
	Bootstrap  []string                            // multiaddrs with /p2p/
	LAN        bool                                // looks for members by mDNS
	Genesis    func() []byte                       // what the desk hands out; nil: nothing
	Name       string                              // of the federation, for the desk
	Book       Book                                // nil: forgotten at the end
	Changed    func(peer keys.Public, joined bool) // called in order, must not block long; nil: nobody
	Twin       func(at string)                     // hears, with its addresses, of whoever else lives by Key, with each record that it signs; nil: nobody
	Options    []libp2p.Option                     // instead of TCP and QUIC on Listen: for virtual networks
	Refused    func(reason string)                 // for monitoring, of each connection of others; must not block; nil: nobody
	Logger     *slog.Logger                        // nil: nothing is logged
	Now        func() time.Time                    // nil: time.Now
	Version    string                              // of the release
}

// Overlay is one host. It is safe for concurrent use.
type Overlay struct {
	cfg       Config
	self      keys.Public
	private   crypto.PrivKey
	protocols layout.Protocols
	announced []ma.Multiaddr
	host      host.Host
	resources network.ResourceManager
	gate      *gate.Gate
	refusals  *gate.Refusals
	guests    *gate.Guests
	book      *book.Book
	traffic   *traffic
	listening []ma.Multiaddr // that peers are to reach; set once
	session   book.Session   // tells one life of a node from the next

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wake chan struct{} // for the loop of Run, when something is due early
	news chan struct{} // for the loop that calls Changed

	reconsidering sync.Mutex
	early         []*peer.AddrInfo // of the configuration, of hosts that are no members' yet

	mu      sync.Mutex
	closed  bool
	working sync.WaitGroup // goroutines started by start
	ways    map[keys.Public]*way
	changes []change
	learned bool            // a record was taken, which others may not have yet
	deaf    []phrase.Phrase // why peers do not reach it where it should listen
}

// change is a call of Changed that is yet to come.
type change struct {
	peer   keys.Public
	joined bool
}

// New makes a host and listens. Peers are let in once Run runs, so that what is
// to be served can be registered before.
func New(cfg Config) (*Overlay, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Twin == nil {
		cfg.Twin = func(string) {}
	}
	if cfg.Direct == nil {
		cfg.Direct = func(keys.Public) bool { return false }
	}
	if cfg.Roster == nil || cfg.Hosts == nil || !cfg.Federation.Defined() {
		return nil, errors.New("overlay: a roster, its hosts and a federation are needed")
	}
	private, _, err := hosts.Identity(cfg.Key)
	if err != nil {
		return nil, err
	}
	o := &Overlay{
		cfg: cfg, self: cfg.Key.Public(), private: private, protocols: layout.ProtocolsOf(cfg.Federation),
		session: book.NewSession(), traffic: newTraffic(), refusals: gate.NewRefusals(cfg.Refused), guests: gate.NewGuests(),
		wake: make(chan struct{}, 1), news: make(chan struct{}, 1),
		ways: make(map[keys.Public]*way),
	}
	o.ctx, o.stop = context.WithCancel(context.Background())
	o.gate = gate.New(gate.Config{Member: o.named, Ended: func() bool { return o.ctx.Err() != nil }, Now: cfg.Now, Refusals: o.refusals})
	o.book = book.New(book.Config{
		Self: o.self, Key: private, Shelf: cfg.Book, Learned: o.learn, Now: cfg.Now, Logger: cfg.Logger,
		Member: func(host keys.Public) bool { _, ok := cfg.Roster.Host(host); return ok },
		Twin:   func(at []ma.Multiaddr) { cfg.Twin(address.Places(address.Usables(at))) },
	})
	if err := o.open(); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// open makes the host, registers what it serves, and listens.
func (o *Overlay) open() error {
	var err error
	if o.resources, err = gate.NewResources(o.named); err != nil {
		return err
	}
	if err := o.remember(); err != nil { // what is known is trusted by the limits
		return err
	}
	manager, err := connmgr.NewConnManager(layout.LowWater, layout.HighWater, connmgr.WithGracePeriod(layout.TrimGrace))
	if err != nil {
		return fmt.Errorf("overlay: set the number of connections: %w", err)
	}
	factory, err := o.announce()
	if err != nil {
		return err
	}
	options := append(o.transports(), hosts.Options(o.private, o.cfg.Version)...)
	options = append(options, libp2p.ConnectionManager(manager), libp2p.ResourceManager(gate.Counted(o.resources, o.refusals)),
		libp2p.ConnectionGater(o.gate), libp2p.BandwidthReporter(o.traffic), libp2p.AddrsFactory(factory))
	if o.host, err = libp2p.New(options...); err != nil {
		return fmt.Errorf("overlay: make the host: %w", err)
	}
	// Identify's push lets a peer rewrite at any time what we believe of it;
	// nothing here needs that.
	o.host.RemoveStreamHandler(identify.IDPush)
	o.host.Network().Notify(&network.NotifyBundle{ConnectedF: o.connected, DisconnectedF: o.disconnected})
	front := desk.New(desk.Config{
		Federation: o.cfg.Federation, Name: o.cfg.Name, Genesis: o.cfg.Genesis, Member: o.named, Now: o.cfg.Now, Version: o.cfg.Version,
	})
	o.host.SetStreamHandler(layout.DeskProtocol, front.Serve)
	o.Handle(o.protocols.Peers, o.serveExchange)
	return o.listen()
}

// transports returns TCP and QUIC, or what the configuration has instead.
func (o *Overlay) transports() []libp2p.Option {
	if o.cfg.Options != nil {
		return append([]libp2p.Option(nil), o.cfg.Options...)
	}
	return append(hosts.Transports(), libp2p.NoListenAddrs)
}

// announce returns what adds the announced addresses to those that the host sees
// itself.
func (o *Overlay) announce() (func([]ma.Multiaddr) []ma.Multiaddr, error) {
	for _, a := range o.cfg.Announce {
		addrs, err := address.Announced(a)
		if err != nil {
			return nil, err
		}
		o.announced = append(o.announced, addrs...)
	}
	return func(seen []ma.Multiaddr) []ma.Multiaddr { return slices.Concat(o.announced, seen) }, nil
}

// reach returns the addresses by which others reach this node, the announced ones
// first: libp2p sorts, and few are told.
func (o *Overlay) reach() []ma.Multiaddr {
	return address.Usables(slices.Concat(o.announced, address.Beyond(o.host.Addrs())))
}

// Close ends all connections and waits for what serves them.
func (o *Overlay) Close() error {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.stop()
	o.gate.Open() // whoever waits to be let in sees the end
	var err error
	if o.host != nil {
		err = o.host.Close()
	} else if o.resources != nil {
		err = o.resources.Close()
	}
	o.working.Wait()
	return err
}

// start runs f in a goroutine that Close waits for; false once closed.
func (o *Overlay) start(f func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.working.Go(f)
	return true
}

// Self returns the own host key.
func (o *Overlay) Self() keys.Public { return o.self }

// Addresses returns the multiaddrs, with /p2p/, by which others reach this node.
func (o *Overlay) Addresses() []string {
	var out []string
	for _, a := range o.reach() {
		out = append(out, a.String()+"/p2p/"+o.host.ID().String())
	}
	return out
}

// member returns the host key behind a peer ID that the charter names.
func (o *Overlay) member(id peer.ID) (keys.Public, bool) {
	k, ok := hosts.BareKey(id)
	if !ok {
		return k, false
	}
	_, ok = o.cfg.Roster.Host(k)
	return k, ok
}

// named reports whether the charter names a host.
func (o *Overlay) named(id peer.ID) bool {
	_, ok := o.member(id)
	return ok
}
