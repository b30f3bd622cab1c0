package federation

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/overlay"
	"ringfence/node/reconcile"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// place is a node's place among others who are only as a test says. It signs by
// the key of the drawings' issuer A.
type place struct {
	*Federation
	store    *shelf
	net      *net
	log      bytes.Buffer
	time     time.Time
	lifted   []cid.Cid
	unlifted error // what Lift answers
	admitted int
	view     *view.View
	epochs   uint64 // that goOn has frozen
}

// noon is what the clock says: half a day after the drawings begin.
func noon() time.Time { return time.Unix(feedtest.Start+12*3600, 0) }

// newPlace returns the place of the member "own", which has a second host;
// "a" to "d" and the regulator are the others.
func newPlace(t *testing.T) *place {
	t.Helper()
	cfg := chartertest.Config(t, "own: vendor", "a: vendor", "b: vendor", "c: vendor", "d: vendor")
	for i := range cfg.Cards {
		if cfg.Cards[i].ID == "own" {
			cfg.Cards[i].Hosts = append(cfg.Cards[i].Hosts, host("own2"))
		}
	}
	state := chartertest.State(t, cfg)
	p := &place{store: &shelf{Store: memory.New(), fail: map[string]bool{}}, net: &net{told: map[keys.Public]told{}}, time: noon()}
	v, err := view.New(view.Config{State: state, Source: p.store.Store, Day: taxonomy.DayOf(noon().Unix()), Session: 1})
	must(t, err)
	p.view = v
	door, err := intake.New(intake.Config{Federation: feedtest.Federation(), Roster: roster("ABC"), Store: p.store})
	must(t, err)
	p.Federation = &Federation{
		cfg: Config{
			Key: chartertest.Key("host", "own"), State: func() *charter.State { return state }, Store: p.store, Door: door, List: v.List, Issuer: func() keys.Public { return issuer("A") },
			Admitted: func() { p.admitted++ },
			Lift: func(head cid.Cid) error {
				p.lifted = append(p.lifted, head)
				return p.unlifted
			},
			Counted: func(string, int) {}, Gossiped: func(string, string) {},
			Now: func() time.Time { return p.time },
		},
		log: slog.New(slog.NewTextHandler(&p.log, nil)), around: p.net, began: time.Now(),
		pushed: make(chan arrival, 4), unequal: make(chan difference, 4),
		peers: map[keys.Public]heard{}, differs: map[keys.Public]bool{}, alarmed: map[charter.MemberIndex]time.Time{},
	}
	p.reached.Store(v.List().Stamp().LedgerSize)
	return p
}

// pass lets time pass, in a bubble.
func (p *place) pass(d time.Duration) {
	time.Sleep(d)
	p.time = p.time.Add(d)
}

func host(member string) keys.Public   { return chartertest.Key("host", member).Public() }
func issuer(letter string) keys.Public { return feedtest.Key(letter).Public() }

// hold lets the store hold batches of a drawing.
func (p *place) hold(t *testing.T, d *feedtest.Drawing, names ...string) {
	t.Helper()
	for _, name := range names {
		must(t, p.store.Append([]feed.Record{d.Batch(name).Record()}))
	}
}

// bar returns what bars the node from signing.
func (p *place) bar(t *testing.T) feed.Bar {
	t.Helper()
	bar, _, err := p.store.Store.Barred(issuer("A"))
	must(t, err)
	return bar
}

// told is what a peer answered.
type told struct {
	heads []reconcile.Head
	ready bool
}

// net is what the rules see of the network: who is connected, in that order, and
// of them what those said who were asked.
type net struct {
	near []keys.Public
	away []overlay.Peer
	told map[keys.Public]told

	stirred int
}

func (n *net) Stir() { n.stirred++ }

func (n *net) Neighbours() []keys.Public { return n.near }

func (n *net) Peers() []overlay.Peer {
	all := n.away
	for _, k := range n.near {
		all = append(all, overlay.Peer{Host: k, Connected: true, Address: "somewhere"})
	}
	return all
}

func (n *net) HeadsOf(peer, of keys.Public) (heads []reconcile.Head, ready, asked bool) {
	said, ok := n.told[peer]
	if of != issuer("A") {
		return nil, said.ready, ok
	}
	return said.heads, said.ready, ok
}

// meet connects hosts by the names of their members.
func (n *net) meet(members ...string) {
	n.near = nil
	for _, m := range members {
		n.near = append(n.near, host(m))
	}
}

// headOf is a batch as a peer's last one.
func headOf(b feedtest.Batch) reconcile.Head {
	t := b.Tip()
	return reconcile.Head{Issuer: b.Header.Issuer, Epoch: t.Epoch, Sequence: t.Sequence, CID: t.CID, Time: t.Time}
}

// shelf is a store that fails where a test says.
type shelf struct {
	*memory.Store
	fail map[string]bool
	puts int
}

var errGone = errors.New("the disk is gone")

func (s *shelf) fault(at string) error {
	if s.fail[at] {
		return errGone
	}
	return nil
}

func (s *shelf) Has(c cid.Cid) (bool, error) {
	ok, err := s.Store.Has(c)
	return ok, errors.Join(err, s.fault("has"))
}

func (s *shelf) Latest(k keys.Public) (feed.Tip, bool, error) {
	tip, ok, err := s.Store.Latest(k)
	return tip, ok, errors.Join(err, s.fault("latest"))
}

func (s *shelf) Header(k keys.Public, epoch, sequence uint64) ([]byte, bool, error) {
	b, ok, err := s.Store.Header(k, epoch, sequence)
	return b, ok, errors.Join(err, s.fault("header"))
}

func (s *shelf) Fork(k keys.Public, epoch uint64) (feed.ForkProof, bool, error) {
	p, ok, err := s.Store.Fork(k, epoch)
	return p, ok, errors.Join(err, s.fault("fork"))
}

func (s *shelf) Barred(k keys.Public) (feed.Bar, bool, error) {
	bar, ok, err := s.Store.Barred(k)
	return bar, ok, errors.Join(err, s.fault("barred"))
}

func (s *shelf) Bar(k keys.Public, bar feed.Bar) error {
	if err := s.fault("bar"); err != nil {
		return err
	}
	return s.Store.Bar(k, bar)
}

func (s *shelf) Put(space, key string, value []byte) error {
	if err := s.fault("put"); err != nil {
		return err
	}
	s.puts++
	return s.Store.Put(space, key, value)
}

func (s *shelf) Get(space, key string) ([]byte, bool, error) {
	b, ok, err := s.Store.Get(space, key)
	return b, ok, errors.Join(err, s.fault("get"))
}

// roster admits the issuers that its letters name.
type roster string

func (r roster) EverAdmitted(k keys.Public) bool {
	for _, letter := range r {
		if issuer(string(letter)) == k {
			return true
		}
	}
	return false
}

// resign returns b with another header, signed by its issuer.
func resign(t *testing.T, b feedtest.Batch, letter string, change func(*assertion.Header)) feedtest.Batch {
	t.Helper()
	h := b.Header
	change(&h)
	return feedtest.Sign(t, h, b.Body, feedtest.Key(letter))
}

// inEpoch returns b as a batch of another epoch.
func inEpoch(t *testing.T, b feedtest.Batch, letter string, epoch uint64) feedtest.Batch {
	t.Helper()
	return resign(t, b, letter, func(h *assertion.Header) { h.Epoch = epoch })
}

// forkOf returns the proof that two batches make.
func forkOf(t *testing.T, a, b feedtest.Batch) feed.ForkProof {
	t.Helper()
	first, err := feed.Verify(a.Signed, feedtest.Federation())
	must(t, err)
	second, err := feed.Verify(b.Signed, feedtest.Federation())
	must(t, err)
	proof, err := feed.NewForkProof(first, second)
	must(t, err)
	return proof
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// root is some hash.
func root(text string) [32]byte { return sha256.Sum256([]byte(text)) }
