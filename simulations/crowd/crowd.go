// Package crowd is a federation of many nodes in one process: on a network that
// exists only in memory and in the time of a synctest bubble, where a minute of a
// hundred nodes takes seconds and a partition is a function call, or on loopback in
// true time.
//
// Each node has the real parts of a node that have to do with the others
// (overlay, gossip, reconcile, federation, the door, the view, the publisher) and
// keeps its feeds in memory. It has no faces and no disk; faults of the disk belong
// to whole nodes, in package stage.
//
// Floor 14, a room of simulations. It is for tests and benchmarks: its keys follow
// from numbers, and whatever fails ends the test.
package crowd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/authority/heads"
	"ringfence/node/federation"
	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/node/publish"
	"ringfence/node/publish/hand"
	"ringfence/node/publish/pen"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Config says what a crowd is like.
type Config struct {
	Nodes   int // of as many members, which flag
	Network overlaytest.SimnetConfig
	// Loopback takes the sockets of this machine instead, and true time.
	Loopback bool
	// Ahead is by how much a node's clock is ahead of the true time to begin with;
	// nil: none is.
	Ahead func(node int) time.Duration
	// Every is the time between exchanges of neighbours; 0 is the nodes' default.
	Every time.Duration
	// Issuer returns the node by whose issuer key a node signs: another's when it
	// has stolen it. nil: each has its own.
	Issuer func(node int) int
	// Known is how many of the nodes before it a node is told of; 0: one.
	Known int
	// Ledger has the crowd follow a ledger, as far as Hear has carried it to each node.
	Ledger bool
	// Strangers is how many nodes, the last ones, the genesis of a crowd with a ledger
	// does not name.
	Strangers int
	// Change may alter what the members found; nil does not.
	Change func(*charter.FoundingConfig)
	// Judged is the node whose list follows another charter, as Misjudge alters
	// it: an error or an attack that its peers must notice. Misjudge nil: none.
	Judged   int
	Misjudge func(*charter.FoundingConfig)
	// Alter may give a node other parts to live among the others with, which lie
	// or fail; it is called at each start. nil: all are honest.
	Alter func(node int, cfg *federation.Config)
	// Listed hears of each list of a node; nil: nobody does.
	Listed func(node int, l *view.List)
	Logger func(node int) *slog.Logger // nil discards
}

// Net is a crowd.
type Net struct {
	t     testing.TB
	cfg   Config
	Sim   *overlaytest.Simnet // nil on loopback
	State *charter.State
	Nodes []*Node

	Council *ballottest.Federation // who decides what is in the ledger; nil without one
	decided []charter.Enacted

	offset time.Duration // of the true time before the machine's
	sealed []byte
	other  *charter.State // by which the misjudging node makes its list
}

// Num returns the i-th of many mobile numbers.
func Num(i int) string { return fmt.Sprintf("+86138%08d", i) }

// Member returns the name of a node's member.
func Member(node int) string { return fmt.Sprintf("m%03d", node) }

// begin is what the nodes' clocks say when a bubble begins.
var begin = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// New founds a federation and starts its nodes. But on loopback it must be called
// in a synctest bubble, and Close ended there.
func New(t testing.TB, cfg Config) *Net {
	t.Helper()
	n := &Net{t: t, cfg: cfg}
	if !cfg.Loopback {
		n.Sim = overlaytest.NewSimnet(cfg.Network)
		n.offset = time.Until(begin)
	}
	founding := n.founding()
	var genesis *charter.Genesis
	if cfg.Ledger {
		n.Council = n.council()
		genesis = n.Council.Genesis
	} else {
		genesis = chartertest.Seal(t, founding)
	}
	var err error
	if n.State, err = charter.At(genesis); err != nil {
		t.Fatal(err)
	}
	if n.sealed, err = genesis.Encode(); err != nil {
		t.Fatal(err)
	}
	if cfg.Misjudge != nil {
		cfg.Misjudge(&founding)
		n.other = chartertest.State(t, founding)
	}
	for i := range cfg.Nodes {
		issuer := i
		if cfg.Issuer != nil {
			issuer = cfg.Issuer(i)
		}
		node := &Node{
			net: n, Index: i, Store: memory.New(), key: chartertest.Issuer(Member(issuer)), host: chartertest.Key("host", Member(i)),
			news: make(chan struct{}, 1),
		}
		if cfg.Ahead != nil {
			node.SetAhead(cfg.Ahead(i))
		}
		n.Nodes = append(n.Nodes, node)
	}
	for _, node := range n.Nodes {
		node.Start()
	}
	return n
}

// founding is what the members of a crowd without a ledger found.
func (n *Net) founding() charter.FoundingConfig {
	n.t.Helper()
	members := make([]string, n.cfg.Nodes)
	for i := range members {
		members[i] = Member(i) + ": operator, vendor"
	}
	founding := chartertest.Config(n.t, members...)
	for i := range founding.Cards {
		if founding.Cards[i].ID == "reg" {
			founding.Cards[i].Hosts = nil // it runs no node
		}
	}
	if n.cfg.Change != nil {
		n.cfg.Change(&founding)
	}
	return founding
}

// now is the true time.
func (n *Net) now() time.Time { return time.Now().Add(n.offset) }

// Sealed returns the genesis charter as a directory holds it.
func (n *Net) Sealed() []byte { return n.sealed }

// Close ends all nodes and the network.
func (n *Net) Close() {
	var stopped sync.WaitGroup
	for _, node := range n.Nodes {
		stopped.Go(node.Stop)
	}
	stopped.Wait()
	if n.Sim != nil {
		n.Sim.Close()
	}
}

// Within waits until ok, and fails the test when that takes
// longer. It returns how long it took, to a tenth of a second.
func (n *Net) Within(limit time.Duration, what string, ok func() bool) time.Duration {
	n.t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > limit {
			n.t.Fatalf("not within %v: %s\n%s", limit, what, n)
		}
		time.Sleep(100 * time.Millisecond)
		if n.Sim != nil {
			synctest.Wait()
		}
	}
	return time.Since(began)
}

// Equal reports whether nodes have one list, made of so many statements.
func Equal(nodes []*Node, statements int) bool {
	first := nodes[0].View.List()
	for _, node := range nodes {
		l := node.View.List()
		if l.Counts().Statements != statements || l.Stamp().Root != first.Stamp().Root {
			return false
		}
	}
	return true
}

// String says how the nodes stand.
func (n *Net) String() string {
	out := ""
	for _, node := range n.Nodes {
		l := node.View.List()
		out += fmt.Sprintf("node %d: %d statements, root %s", node.Index, l.Counts().Statements, l.Stamp().Root.String()[:12])
		if node.Federation != nil {
			s := node.Federation.Standing()
			out += fmt.Sprintf(", %d connected, %d agree, %d of %d batches, gaps %v", s.Connected, s.Agreeing, s.BatchesDone, s.BatchesTotal, s.Gaps)
		}
		out += "\n"
	}
	return out
}

// Node is one node of a crowd. What it holds outlives Stop.
type Node struct {
	Index      int
	Store      *memory.Store
	Door       *intake.Door
	View       *view.View
	Publisher  *publish.Publisher
	Federation *federation.Federation // nil while it is stopped

	net  *Net
	key  keys.Private // of its issuer
	host keys.Private
	news chan struct{}
	stop func()
	life byte // counts starts: none draws what an earlier one drew

	heard int          // of what the ledger decided
	heads *heads.Heads // that it anchored

	ahead atomic.Int64 // of its clock before the true time, nanoseconds
}

// Now is what the node's clock says.
func (n *Node) Now() time.Time { return n.net.now().Add(time.Duration(n.ahead.Load())) }

// SetAhead sets the node's clock, also while it runs.
func (n *Node) SetAhead(d time.Duration) { n.ahead.Store(int64(d)) }

// Start opens the node on what its store holds and runs it.
func (n *Node) Start() {
	if err := n.open(); err != nil {
		n.net.t.Errorf("node %d: %v", n.Index, err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Federation.Run(ctx) }()
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		n.follow(ctx)
	}()
	n.stop = func() {
		cancel()
		<-followed
		if err := errors.Join(<-ended, n.Federation.Close()); err != nil {
			n.net.t.Errorf("node %d: %v", n.Index, err)
		}
		n.Federation = nil
	}
}

// Stop ends the node, if it runs.
func (n *Node) Stop() {
	if n.stop != nil {
		n.stop()
		n.stop = nil
	}
}

// hold makes the parts of the node that take in what others say: list, heads and door.
func (n *Node) hold() (err error) {
	state := n.net.State
	proofs, err := n.Store.Forks()
	if err != nil {
		return err
	}
	judged := state
	if n.net.other != nil && n.Index == n.net.cfg.Judged {
		judged = n.net.other
	}
	cfg := view.Config{State: judged, Source: n.Store, Day: n.today(), Session: rand.Uint64()}
	for _, p := range proofs {
		cfg.Frozen = append(cfg.Frozen, view.FeedEpoch{Issuer: p.Issuer(), Epoch: p.Epoch()})
	}
	if n.View, err = view.New(cfg); err != nil {
		return err
	}
	if err = n.View.Enact(n.net.decided[:n.heard]...); err != nil {
		return err
	}
	n.heads = &heads.Heads{State: n.roster()}
	if err = n.heads.Add(n.net.decided[:n.heard]); err != nil {
		return err
	}
	n.Door, err = intake.New(intake.Config{
		Federation: state.Federation(), Roster: n.roster(), Store: n.Store, Forked: n.freeze, Keep: n.sameMember, Anchored: n.heads.Anchored,
		Day: func(time.Time) taxonomy.Day { return n.View.List().Stamp().Day },
	})
	return err
}

func (n *Node) open() error {
	err := n.hold()
	if err != nil {
		return err
	}
	n.life++
	n.Publisher, err = publish.New(publish.Config{
		Key: n.key, Store: n.Store, Door: n.Door, View: n.View, Now: n.Now, Random: rand.NewChaCha8([32]byte{byte(n.Index), byte(n.Index >> 8), 1, n.life}),
		Announce: func(batches []*intake.Admitted) { n.Federation.Announce(batches) },
		MaySign:  func() error { return n.Federation.MaySign() },
		Queue:    true,
	})
	if err != nil {
		return err
	}
	if _, err = n.View.Follow(); err != nil {
		return err
	}
	n.Federation, err = federation.New(n.config())
	return err
}

func (n *Node) config() federation.Config {
	var log *slog.Logger
	if n.net.cfg.Logger != nil {
		log = n.net.cfg.Logger(n.Index)
	}
	cfg := federation.Config{
		Key: n.host, State: n.roster(), Genesis: n.net.sealed, Store: n.Store, Door: n.Door, List: n.View.List,
		Issuer:   n.key.Public,
		Admitted: n.wake, Anchored: n.heads.Taken,
		Lift:   func(head cid.Cid) error { return n.Publisher.Lift(head, feed.Restored) },
		Logger: log, Now: n.Now, Version: "crowd",
		Network: n.network(),
	}
	if n.net.cfg.Alter != nil {
		n.net.cfg.Alter(n.Index, &cfg)
	}
	return cfg
}

// wake has the node look at what is new.
func (n *Node) wake() {
	select {
	case n.news <- struct{}{}:
	default:
	}
}

// network says where the node is and whom it knows.
func (n *Node) network() federation.Network {
	out := federation.Network{Every: n.net.cfg.Every}
	for back := 1; back <= max(n.net.cfg.Known, 1) && back <= n.Index; back++ {
		other := n.net.Nodes[n.Index-back]
		if n.net.Sim != nil {
			out.Bootstrap = append(out.Bootstrap, n.net.Sim.Bootstrap(n.net.t, other.Index, other.host.Public()))
		} else if other.Federation != nil {
			out.Bootstrap = append(out.Bootstrap, other.Federation.Standing().Addresses...)
		}
	}
	if n.net.Sim == nil {
		out.Listen = []string{"127.0.0.1:0"}
		return out
	}
	out.Open = func(cfg overlay.Config) (*overlay.Overlay, error) {
		cfg.Options = n.net.Sim.Options(n.Index)
		return overlay.New(cfg)
	}
	return out
}

func (n *Node) today() taxonomy.Day { return taxonomy.DayOf(n.Now().Unix()) }

// sameMember reports whether an issuer is one of the node's member.
func (n *Node) sameMember(issuer keys.Public) bool {
	state := n.roster()()
	own, _ := state.Issuer(n.key.Public())
	info, ok := state.Issuer(issuer)
	return ok && info.Member == own.Member
}

// freeze takes a proved fork out of the list and passes it on, as a node does.
func (n *Node) freeze(proof feed.ForkProof) {
	if f := n.Federation; f != nil {
		f.Tell(proof)
	}
	if err := n.View.Freeze(view.FeedEpoch{Issuer: proof.Issuer(), Epoch: proof.Epoch()}, rand.Uint64()); err != nil {
		n.net.t.Errorf("node %d: %v", n.Index, err)
	}
}

// follow keeps the list up to date.
func (n *Node) follow(ctx context.Context) {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			n.View.TurnTo(n.today())
			n.drain(ctx)
		case <-n.news:
		}
		if _, err := n.View.Follow(); err != nil {
			n.net.t.Errorf("node %d: %v", n.Index, err)
			return
		}
		n.Federation.Listed()
		if n.net.cfg.Listed != nil {
			n.net.cfg.Listed(n.Index, n.View.List())
		}
	}
}

// drain says what is queued, if it may be signed.
func (n *Node) drain(ctx context.Context) {
	all, err := n.Publisher.Drain(ctx)
	if err != nil && ctx.Err() == nil && !errors.Is(err, feed.ErrBarred) && !errors.Is(err, pen.ErrHeld) {
		n.net.t.Errorf("node %d: %v", n.Index, err)
	}
	for _, one := range all {
		if one.Refused != nil {
			n.net.t.Errorf("node %d: %v", n.Index, one.Refused)
		}
	}
}

// Flag says that a number is unwanted, and fails the test when it may not.
func (n *Node) Flag(num string) publish.Said {
	n.net.t.Helper()
	said, err := n.TryFlag(num)
	if err != nil {
		n.net.t.Fatalf("node %d flags %s: %v", n.Index, num, err)
	}
	return said
}

// TryFlag says that a number is unwanted.
func (n *Node) TryFlag(num string) (publish.Said, error) {
	subject, err := number.Parse(num)
	if err != nil {
		return publish.Said{}, err
	}
	category, err := taxonomy.ParseCategory("mkt.finance.loan")
	if err != nil {
		return publish.Said{}, err
	}
	terms, err := n.Publisher.Terms()
	if err != nil {
		return publish.Said{}, err
	}
	now := n.Now().Unix()
	flag, err := terms.Flag(hand.Flag{Key: subject.Range(), Category: category, Reports: 5, SeenFrom: now - 3600, SeenTo: now - 60})
	if err != nil {
		return publish.Said{}, err
	}
	return n.Publisher.Say(context.Background(), "", flag)
}

// Retract undoes a statement.
func (n *Node) Retract(ref taxonomy.Ref) {
	n.net.t.Helper()
	terms, err := n.Publisher.Terms()
	if err != nil {
		n.net.t.Fatal(err)
	}
	one, err := terms.Retract(hand.Statement(ref), "a mistake")
	if err != nil {
		n.net.t.Fatal(err)
	}
	if _, err := n.Publisher.Say(context.Background(), "", one); err != nil {
		n.net.t.Fatal(err)
	}
}
