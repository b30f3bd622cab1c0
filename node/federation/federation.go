package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/federation/clock"
	"ringfence/node/gossip"
	"ringfence/node/overlay"
	"ringfence/node/phrase"
	"ringfence/node/reconcile"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/view"
)

// Store is what the federation needs of a node's store.
type Store interface {
	reconcile.Held
	// Has reports whether a batch is held whole and served.
	Has(batch cid.Cid) (bool, error)
	// Latest returns the last batch held of the issuer's highest epoch.
	Latest(issuer keys.Public) (feed.Tip, bool, error)
	HighestReserved(issuer keys.Public) (feed.Tip, bool, error)
	Bar(issuer keys.Public, bar feed.Bar) error
	Barred(issuer keys.Public) (feed.Bar, bool, error)
	Lift(issuer keys.Public, most feed.BarKind) error
	Put(space, key string, value []byte) error
	Get(space, key string) ([]byte, bool, error)
	List(space string, fn func(key string, value []byte) error) error
}

// Door is the one door into feeds: intake.Door.
type Door interface {
	Inspect(offer intake.Offer) intake.Outcome
	Admit(offers []intake.Offer, now time.Time) ([]intake.Outcome, error)
	AdmitFork(encoded []byte) (intake.Outcome, error)
	Astray(issuer keys.Public, epoch uint64) (place uint64, strayed, ok bool, err error)
}

// around is what the rules ask of the network.
type around interface {
	Neighbours() []keys.Public
	Peers() []overlay.Peer
	HeadsOf(peer, issuer keys.Public) (heads []reconcile.Head, ready, asked bool)
	Stir()
}

// surroundings are around in truth.
type surroundings struct {
	*overlay.Overlay
	*reconcile.Reconciler
}

// Config is what a Federation needs.
type Config struct {
	Key     keys.Private          // the node's libp2p identity
	State   func() *charter.State // as the ledger stands; it waits for nothing
	Genesis []byte                // as it is served to strangers
	Store   Store
	Door    Door
	List    func() *view.List
	Issuer  func() keys.Public // by which the node signs; zero when it does not

	// Admitted is called when batches are durable that the list has not taken
	// in yet. It must not block.
	Admitted func()
	// Lift lets the issuer sign again: its peers have confirmed that its feed
	// ends at head, undefined for a feed that nobody holds anything of.
	Lift func(head cid.Cid) error
	// Anchored is reconcile.Config's.
	Anchored func(issuer keys.Public, epoch uint64) (batches uint64, closed bool)
	// Checkpoint judges a checkpoint of the ledger that somebody gossips; nil: none is
	// heard.
	Checkpoint func(ctx context.Context, from keys.Public, note []byte) gossip.Verdict
	// For monitoring; nil: nobody hears.
	Counted  func(status string, n int)  // outcomes of batches at the door
	Gossiped func(topic, verdict string) // of each message
	Dropped  func()                      // a peer, for what it did
	Faulty   func(fault string)          // of each message that no honest node sends
	Refused  func(reason string)         // of each connection of others that was refused or closed

	Network
	Logger  *slog.Logger
	Now     func() time.Time
	Version string
}

// Network is where a node listens and whom it dials first.
type Network struct {
	Listen    []string // host:port, for TCP and QUIC each
	Announce  []string // host:port by which others reach it, where it cannot see that itself
	Bootstrap []string // multiaddrs with the peer's identity
	LAN       bool     // look for members on the local network
	// Every is the time between two exchanges with a neighbour; 0 leaves it to
	// reconcile.
	Every time.Duration
	// Open replaces overlay.New, for virtual networks; nil is that.
	Open func(overlay.Config) (*overlay.Overlay, error)
}

// Federation is a node's place among its peers. Make one with New. It is safe
// for concurrent use.
type Federation struct {
	cfg      Config
	log      *slog.Logger
	overlay  *overlay.Overlay
	gossip   *gossip.Gossip
	pull     *reconcile.Reconciler
	around   around        // both, as the rules see them
	alone    atomic.Bool   // in its federation, as far as the ledger was looked at
	began    time.Time     // by the machine's clock
	reached  atomic.Uint64 // ledger size by whose charter the network is
	caughtUp atomic.Bool   // was it ever
	fresh    atomic.Int64  // when this node last heard all that some peer holds, in nanoseconds since began

	pushed   chan arrival
	evidence chan []byte
	unequal  chan difference

	stale, clockOff, twice bool // as the log was told; they belong to watch

	mu        sync.Mutex // guards what follows
	frontier  view.Frontier
	own       summary // of the list that it was made of
	lists     lists   // that it and others before it were
	peers     map[keys.Public]heard
	differs   map[keys.Public]bool              // connected peers whose list was another one, made of the same, when last compared
	alarmed   map[charter.MemberIndex]time.Time // by the machine's clock: when an alarm was last raised about whom
	held      phrase.Phrase                     // why a restored issuer does not sign yet
	restoring restoring
	twin      twin
	twinKept  time.Time // by the machine's clock: when the store was last told of it
	barTold   string    // the code of the bar that the log was last told
}

// summary is what a list is made of and what came out.
type summary struct {
	list     *view.List
	frontier merkle.Hash
}

// heard is what a peer last said of itself.
type heard struct {
	reconcile.Beacon
	at    time.Time // by the node's clock
	came  time.Time // by the machine's
	clock clock.Reading
	open  bool // it was made of what this node had not yet, or no longer knows of
	// agreed is when both were last known to have the same list, by the machine's
	// clock; zero: never yet, or another one was found since.
	agreed time.Time
}

// queued is how many pushed batches of up to 16 KiB may wait for the door. What does
// not fit is pulled later.
const queued = 2048

// New makes a node's place in its federation and listens. Nothing is dialled
// until Run.
func New(cfg Config) (*Federation, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Counted == nil {
		cfg.Counted = func(string, int) {}
	}
	if cfg.Gossiped == nil {
		cfg.Gossiped = func(string, string) {}
	}
	if cfg.Dropped == nil {
		cfg.Dropped = func() {}
	}
	if cfg.Faulty == nil {
		cfg.Faulty = func(string) {}
	}
	if cfg.Open == nil {
		cfg.Open = overlay.New
	}
	f := &Federation{
		cfg: cfg, log: cfg.Logger, began: time.Now(),
		pushed: make(chan arrival, queued), evidence: make(chan []byte, queued), unequal: make(chan difference, 16),
		peers: make(map[keys.Public]heard), differs: make(map[keys.Public]bool), alarmed: make(map[charter.MemberIndex]time.Time),
	}
	f.reached.Store(cfg.List().Stamp().LedgerSize)
	f.lookAround()
	if err := f.recall(); err != nil {
		return nil, err
	}
	if err := f.open(); err != nil {
		return nil, fmt.Errorf("federation: %w", err)
	}
	return f, nil
}

// open makes the three parts. The overlay calls the others, so it comes after
// reconcile; gossip lives on the overlay.
func (f *Federation) open() (err error) {
	id := f.cfg.State().Federation()
	protocols := overlay.ProtocolsOf(id)
	f.pull, err = reconcile.New(reconcile.Config{
		Held: f.cfg.Store, Taker: f, Beacon: f.beacon, Heard: f.heard, Every: f.cfg.Every,
		Opened: func(issuer keys.Public, epoch uint64) bool { return f.cfg.State().Opened(issuer, epoch) }, // as for the door
		Keep:   f.sameMember, Anchored: f.cfg.Anchored, Astray: f.cfg.Door.Astray,
		Sublist: func(prefix uint64, bits int) (merkle.Sublist, error) {
			return f.cfg.List().Tree().Sublist(prefix, bits)
		},
		Open: func(ctx context.Context, peer keys.Public) (overlay.Stream, error) {
			return f.overlay.Open(ctx, peer, protocols.Reconcile)
		},
		Neighbours: func() []keys.Public { return f.overlay.Neighbours() },
		Drop:       f.drop, Doubt: func(peer keys.Public) { f.overlay.Doubt(peer) },
		Now: f.cfg.Now, Logger: f.log,
	})
	if err != nil {
		return err
	}
	f.overlay, err = f.cfg.Open(overlay.Config{
		Key: f.cfg.Key, Federation: id, Roster: hosted{f.cfg.State}, Hosts: f.hosts, Direct: f.direct,
		Listen: f.cfg.Listen, Announce: f.cfg.Announce, Bootstrap: f.cfg.Bootstrap, LAN: f.cfg.LAN,
		Genesis: func() []byte { return f.cfg.Genesis }, Name: f.cfg.State().Name(),
		Book: book{f.cfg.Store}, Changed: f.changed, Refused: f.cfg.Refused, Twin: f.twinned, Logger: f.log, Now: f.cfg.Now, Version: f.cfg.Version,
	})
	if err != nil {
		return err
	}
	f.around = surroundings{f.overlay, f.pull}
	f.gossip, err = gossip.New(gossip.Config{
		Overlay: f.overlay, Federation: id, Hosts: len(f.hosts()), Batch: f.hearBatch, Evidence: f.hearEvidence, Checkpoint: f.cfg.Checkpoint,
		Score: f.standingOf, Direct: f.directs(), Member: f.isMember, Logger: f.log,
		Lose: f.lose, Faulty: func(fault gossip.Fault) { f.cfg.Faulty(string(fault)) },
	})
	if err != nil {
		return errors.Join(err, f.overlay.Close())
	}
	f.overlay.Handle(protocols.Reconcile, f.pull.Serve)
	return nil
}

// Run lives among the others until ctx ends.
func (f *Federation) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	parts := []func(context.Context) error{f.overlay.Run, f.gossip.Run, f.pull.Run, f.admitPushed, f.tellEvidence, f.watch}
	for range lookers {
		parts = append(parts, f.lookForDifferences)
	}
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() { ended <- part(ctx) }()
	}
	var all error
	for range parts {
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			all = errors.Join(all, err)
		}
		stop() // one alone is no life
	}
	return all
}

// Close leaves the network. Run must have ended.
func (f *Federation) Close() error {
	return errors.Join(f.gossip.Close(), f.overlay.Close())
}

// Announce tells the others of batches that this node published, in order.
func (f *Federation) Announce(batches []*intake.Admitted) {
	f.Listed()
	f.pull.Stir()
	for _, b := range batches {
		if err := f.gossip.Announce(b.Record.Header, b.Record.Body); err != nil {
			f.log.Warn("a batch is not announced; the others will pull it", "batch", b.CID, "reason", err)
		}
	}
}

// Overlay returns the node's place on the network.
func (f *Federation) Overlay() *overlay.Overlay { return f.overlay }

// Spread passes on a checkpoint of the ledger.
func (f *Federation) Spread(note []byte) {
	if err := f.gossip.Spread(note); err != nil {
		f.log.Warn("a checkpoint is not announced; the others will ask for it", "reason", err)
	}
}

// Tell passes on a fork proof that is new here. It does not block.
func (f *Federation) Tell(proof feed.ForkProof) {
	select {
	case f.evidence <- proof.Bytes():
	default: // reconcile carries it
	}
}

func (f *Federation) tellEvidence(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case proof := <-f.evidence:
			if err := f.gossip.Tell(proof); err != nil {
				f.log.Warn("a fork proof is not announced; the others will pull it", "reason", err)
			}
		}
	}
}

// changed hears from the overlay who came and who went.
func (f *Federation) changed(peer keys.Public, connected bool) {
	if connected {
		f.met(peer)
		f.pull.Met(peer)
		return
	}
	f.parted(peer)
	f.pull.Parted(peer)
}

// lostFor is how long a peer is dropped that gossip bears no more of: longer than its
// score is remembered, or it would come back unheard. Up to half as long is added, at
// random, since everybody drops it at once.
const lostFor = 12 * time.Minute

func (f *Federation) lose(peer keys.Public, why phrase.Phrase) {
	f.drop(peer, why, f.cfg.Now().Add(lostFor+rand.N(lostFor/2)))
}

func (f *Federation) drop(peer keys.Public, why phrase.Phrase, until time.Time) {
	f.log.Warn("a peer is dropped", "member", f.memberOf(peer), "host", peer.Short(), "reason", why.Text, "until", until.UTC().Format(time.RFC3339))
	f.cfg.Dropped()
	f.overlay.Drop(peer, why, until)
}
