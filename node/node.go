// Package node puts one peer together: storage, the door into feeds, the list,
// screening, publishing, and the faces that answer for it.
//
// New things are made in the lower floors; here they are only connected, from
// top to bottom in the order of the data flow, and undone in reverse. The same
// Node stands behind a daemon, behind a verb that works on a directory by
// itself, and behind the demo and the simulations, so that none of them has a
// way of its own.
//
// One process owns a data directory: Open fails while another holds it.
//
// Floor 13.
package node

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ringfence/consensus/quorum/group"
	"ringfence/node/answer"
	"ringfence/node/answer/contests"
	"ringfence/node/auditor"
	"ringfence/node/authority"
	"ringfence/node/authority/heads"
	"ringfence/node/council"
	"ringfence/node/council/anchors"
	"ringfence/node/council/history"
	"ringfence/node/federation"
	"ringfence/node/metrics"
	"ringfence/node/past"
	"ringfence/node/phrase"
	"ringfence/node/plans"
	"ringfence/node/publish"
	"ringfence/node/publish/pen"
	"ringfence/node/screen"
	"ringfence/node/screen/enforce"
	"ringfence/node/screen/local"
	"ringfence/node/screen/record"
	"ringfence/node/snapshot"
	"ringfence/node/speak"
	"ringfence/node/token"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Config is what a node is made of. Dir must hold a genesis charter.
type Config struct {
	Dir        string         // genesis.cbor, keys/, store/, plans/, view.snapshot
	Unlock     keys.Unlock    // opens keys/; zero: a node without keys, which reads and screens
	Home       number.Country // default country, 0 for China
	Listen     string         // REST on TCP, "127.0.0.1:8650"; "" for none
	Socket     string         // unix socket of the owner, "" for node.sock in Dir
	LocalRules []string       // files with the node's own screening rules
	Screening  screen.Policy
	Network    federation.Network                               // where it meets the other nodes of its federation
	Quorum     group.Timing                                     // of a regulator's Raft; zero: for regulators far from each other
	FreeFloor  uint64                                           // bytes that must stay free; 0 for the store's default
	Free       func(dir string) (free, total uint64, err error) // nil asks the file system
	Version    string
	Logger     *slog.Logger     // nil discards
	Now        func() time.Time // nil: time.Now
	Random     io.Reader        // nil: crypto/rand
}

// Names of what lies in a data directory.
const (
	GenesisFile  = "genesis.cbor"
	CardFile     = "card.yaml" // of its member, with the public halves of the keys
	KeysDir      = "keys"
	StoreDir     = "store"
	SnapshotFile = "view.snapshot"
	AnchoredFile = "anchored.snapshot" // of a regulator's
	socketFile   = "node.sock"
)

// Node is one peer. Its methods are safe for concurrent use.
type Node struct {
	*council.Council // what the regulators decide
	*past.Teller     // what the list says and said, and proofs of it
	*contests.Desk   // what is disputed

	cfg     Config
	started time.Time
	log     *slog.Logger

	genesis *charter.Genesis
	founded *charter.State // as the genesis has it
	store   *disk.Store
	door    *intake.Door
	view    *view.View
	metrics *metrics.Metrics
	gather  *prometheus.Registry
	own     *publish.Publisher                    // nil without an issuer key
	ownErr  error                                 // why own is nil
	voice   *speak.Speaker                        // speaks through own
	issuer  atomic.Pointer[keys.Public]           // whose node it is, also while its keys are locked; nil if it never opened any
	host    keys.Private                          // by which other nodes know it; zero: it is apart
	hostErr error                                 // why it holds no such key
	among   atomic.Pointer[federation.Federation] // while it runs
	ring    *keys.Ring                            // nil without keys
	under   *authority.Authority                  // the ledger
	decided []charter.Enacted                     // by the regulators, until there is a list
	history history.History                       // all that they decided
	pieces  anchors.Pieces                        // of it, what a regulator's anchored view needs
	heads   heads.Heads                           // of feeds, that they anchored
	auditor auditor.Auditor
	tokens  *token.Ring   // of the API
	news    chan struct{} // feeds have grown that the list has not taken in

	book      plans.Shelf
	screener  atomic.Pointer[screen.Screener]
	recordKey record.Key
	updated   atomic.Int64 // Unix nanoseconds of the last look at the feeds
	snapshot  *snapshot.File
	again     answer.Again

	mu       sync.Mutex // held while switches, rules or plans change
	switches enforce.Switches
	rules    *local.Rules
	ownKeys  string // of the blocks that the screener was made with

	serving serving
}

// Open opens a data directory: it takes its lock, opens the store, refuses one
// that is of another federation than the genesis charter (api.Refused), brings the
// list up to date and finishes what a crash left half said. Nothing listens
// until Run.
func Open(cfg Config) (_ *Node, err error) {
	n := &Node{cfg: complete(cfg)}
	n.heads.State = n.State
	n.log, n.started = n.cfg.Logger, n.cfg.Now()
	n.serving.ready, n.news = make(chan struct{}), make(chan struct{}, 1)
	if n.genesis, n.founded, err = ReadGenesis(cfg.Dir); err != nil {
		return nil, err
	}
	if err := n.openStore(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.under.Close(), n.store.Close())
		}
	}()
	for _, step := range []func() error{
		n.recallIssuer, n.bind, n.sweep, n.openMetrics, n.openDoor, n.openPlans, n.openRing, n.openLedger, n.openView, n.openPublisher, n.openVoice, n.openCouncil, n.openTokens, n.openScreening,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func complete(cfg Config) Config {
	if cfg.Home == 0 {
		cfg.Home = number.China
	}
	if cfg.Socket == "" {
		cfg.Socket = filepath.Join(cfg.Dir, socketFile)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	return cfg
}

// maxGenesis bounds a genesis file in bytes.
const maxGenesis = 64 << 20

// ReadGenesis reads the genesis charter of a data directory and the
// constitution that it founds.
func ReadGenesis(dir string) (*charter.Genesis, *charter.State, error) {
	path := filepath.Join(dir, GenesisFile)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, phrase.New("error.no_genesis", "%s is missing: found a federation with \"ringfence federation new\", or copy the genesis charter of one here", path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("node: %w", err)
	}
	if info.Size() > maxGenesis {
		return nil, nil, fmt.Errorf("node: %s has %d bytes; no genesis charter has more than %d", path, info.Size(), maxGenesis)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("node: %w", err)
	}
	genesis, err := charter.DecodeGenesis(b)
	if err != nil {
		return nil, nil, fmt.Errorf("node: %s: %w", path, err)
	}
	state, err := charter.At(genesis)
	if err != nil {
		return nil, nil, fmt.Errorf("node: %s: %w", path, err)
	}
	return genesis, state, nil
}

// withoutStore is why nobody signs from a store that a node had to make: a key
// that was used before would begin its feed anew, which is a fork.
const withoutStore = "there was no store, so what the key has signed is not known here"

// NewStore makes the store of a data directory for issuers whose keys are new
// and have signed nothing, so that they may sign from it.
func NewStore(dir string, issuers ...keys.Public) error {
	s, err := disk.Open(disk.Config{Dir: filepath.Join(dir, StoreDir), FreeFloor: 1, Bar: withoutStore})
	if err != nil {
		return fmt.Errorf("node: make store: %w", err)
	}
	for _, issuer := range issuers {
		err = errors.Join(err, s.Lift(issuer, feed.Restored))
	}
	return errors.Join(err, s.Close())
}

func (n *Node) openStore() error {
	store, err := disk.Open(disk.Config{Dir: filepath.Join(n.cfg.Dir, StoreDir), FreeFloor: n.cfg.FreeFloor, Free: n.cfg.Free, Bar: withoutStore, Logger: n.log})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	n.store = store
	return nil
}

func (n *Node) openMetrics() error {
	n.gather = prometheus.NewRegistry()
	var err error
	if n.metrics, err = metrics.New(n.gather, n.cfg.Version); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

func (n *Node) openDoor() error {
	door, err := intake.New(intake.Config{
		Federation: n.founded.Federation(), Roster: n, Store: n.store,
		Day:    func(time.Time) taxonomy.Day { return n.view.List().Stamp().Day },
		Opened: n.heads.Opened, Base: n.heads.Base, Anchored: n.heads.Anchored,
		Forked: n.freeze,
		Keep:   n.ofMember,
	})
	n.door = door
	return err
}

// openRing opens the node's keys, if it has any.
func (n *Node) openRing() (err error) {
	n.ownErr, n.hostErr = noKeys(), noKeys()
	if n.cfg.Unlock.IsZero() {
		return nil
	}
	if n.ring, err = keys.Open(filepath.Join(n.cfg.Dir, KeysDir), n.cfg.Unlock); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	n.openHost(n.ring)
	return nil
}

// openPublisher makes the node ready to speak, if it holds an issuer's key. A
// node whose key the charter does not know still reads and screens.
func (n *Node) openPublisher() error {
	if n.ring == nil {
		return nil
	}
	key, err := n.inheritIssuer()
	if err != nil {
		return err
	}
	if key.IsZero() {
		n.ownErr = lacks(keys.PurposeIssuer)
		return nil
	}
	n.rememberIssuer(key.Public())
	if n.own, err = n.publisher(key); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if why := n.own.InForce(); why != nil {
		n.log.Warn("this node cannot speak", "reason", phrase.From(why).Text)
		return nil
	}
	recovered, err := n.own.Recover()
	switch {
	case errors.Is(err, feed.ErrBarred), errors.Is(err, pen.ErrHeld): // it is that which a person must look after
		n.log.Warn(phrase.From(err).Text)
	case err != nil:
		n.log.Warn("unfinished batches were not admitted", "reason", err)
	}
	if recovered > 0 {
		n.log.Info("finished what a stop had left half said", "batches", recovered)
	}
	return nil
}

// openCouncil makes the node ready to be used for what the regulators decide.
func (n *Node) openCouncil() (err error) {
	var host keys.Public
	if !n.host.IsZero() {
		host = n.host.Public()
	}
	n.Council, err = council.Open(council.Config{
		Host:    host,
		Anchors: anchors.Config{Founded: n.founded, Store: n.store, Pieces: &n.pieces, File: n.snapshot.Beside(filepath.Join(n.cfg.Dir, AnchoredFile))},
		Decided: &n.history, List: n.view.List, Book: n.book.Load, Store: n.store, Feeds: n.store, Now: n.cfg.Now, Random: n.cfg.Random, Logger: n.log,
	}, n.under, n.ring, n.own != nil)
	n.Teller = past.New(past.Config{
		Genesis: n.genesis, Founded: n.founded, Ledger: n.under.Follower(), Held: n.under, Feeds: n.store,
		List: n.view.List, Book: n.book.Load, Age: n.age, Now: n.cfg.Now,
	})
	return err
}

// recallIssuer learns whose node it is from when its keys were last open.
func (n *Node) recallIssuer() error {
	b, ok, err := n.store.Get(spaceNode, keyIssuer)
	if err == nil && ok {
		var issuer keys.Public
		issuer, err = keys.ParsePublic(b)
		n.issuer.Store(&issuer)
	}
	if err != nil {
		return fmt.Errorf("node: whose node it is: %w", err)
	}
	return nil
}

// whose returns the issuer's key whose node it is; zero for nobody's.
func (n *Node) whose() (issuer keys.Public) {
	if known := n.issuer.Load(); known != nil {
		issuer = *known
	}
	return issuer
}

func (n *Node) rememberIssuer(issuer keys.Public) {
	if n.whose() == issuer {
		return
	}
	n.issuer.Store(&issuer)
	if err := n.store.Put(spaceNode, keyIssuer, issuer[:]); err != nil {
		n.log.Warn("with locked keys the node will not know whose it is", "reason", err)
	}
}

func (n *Node) publisher(key keys.Private) (*publish.Publisher, error) {
	return publish.New(publish.Config{
		Key: key, Store: n.store, Door: n.door, View: n.view, Now: n.cfg.Now, Random: n.cfg.Random,
		Announce: n.announce, MaySign: n.maySign, Queue: true,
	})
}

// View returns the list's keeper.
func (n *Node) View() *view.View { return n.view }

// Store returns the node's store, for checks of the whole system.
func (n *Node) Store() *disk.Store { return n.store }

// Close saves the list's snapshot and closes the store. Run must have ended.
func (n *Node) Close() error {
	return errors.Join(n.saveSnapshot(), n.under.Close(), n.store.Close())
}

func (n *Node) session() (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(n.cfg.Random, b[:]); err != nil {
		return 0, fmt.Errorf("node: draw a session: %w", err)
	}
	return binary.BigEndian.Uint64(b[:]), nil
}
