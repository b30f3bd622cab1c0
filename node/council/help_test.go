package council

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/node/answer"
	"ringfence/node/council/anchors"
	"ringfence/node/council/history"
	"ringfence/node/locale"
	"ringfence/node/snapshot"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// desk is a regulator's node: the regulator at work, its list, and what people use.
type desk struct {
	*Council
	member    string
	regulator *quorum.Regulator
	gate      *door
	view      *view.View
	history   history.History
	decided   []charter.Enacted
	pieces    anchors.Pieces
	saved     *snapshot.File     // of the anchored view
	rot       map[cid.Cid][]byte // bodies that its anchored view reads in place of others
	store     *memory.Store
	host      *quorumtest.Host
	stop      context.CancelFunc
	done      sync.WaitGroup
}

// federation is four regulators at work on a network in memory, in a bubble of synctest.
type federation struct {
	*ballottest.Federation
	network *quorumtest.Network
	mu      sync.Mutex
	hosts   map[keys.Public]*desk
	desks   map[string]*desk
	under   sync.WaitGroup
}

// sit founds a federation of n regulators at work, and waits for the ledger's first tick.
func sit(t *testing.T, n int) *federation {
	t.Helper()
	f := &federation{
		Federation: ballottest.Found(t, n, func(cfg *charter.FoundingConfig) {
			cfg.Created = time.Now().Unix()
			cfg.Protected = append(cfg.Protected, chartertest.Range(t, "+86!12321"))
		}),
		network: quorumtest.NewNetwork(1), hosts: make(map[keys.Public]*desk), desks: make(map[string]*desk),
	}
	for _, member := range f.Seats() {
		f.start(member)
	}
	f.eventually("the ledger has its first tick", func() bool {
		for _, d := range f.desks {
			if d.cfg.Ledger.Standing().Tick == 0 {
				return false
			}
		}
		return true
	})
	return f
}

func hostKey(member string) keys.Public { return chartertest.Key("host", member).Public() }

func (f *federation) start(member string) {
	f.Helper()
	d := &desk{member: member, store: memory.New()}
	var err error
	genesis, err := charter.At(f.Genesis)
	f.must(err)
	d.view, err = view.New(view.Config{State: genesis, Source: d.store, Day: taxonomy.DayOf(time.Now().Unix()), Session: 1})
	f.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	silent := slog.New(slog.NewTextHandler(io.Discard, nil))
	d.regulator, err = quorum.Open(ctx, quorum.Config{
		Genesis: f.Genesis, Host: hostKey(member), Vote: ballottest.VoteKey(member), Cosign: chartertest.Key("cosign", member), Log: chartertest.Key("log", ""),
		Dir: filepath.Join(f.TempDir(), "raft"), Ledger: d.store.Ledger(), From: others{f, member}, Keeper: &quorumtest.Keeper{}, Network: line{f, member},
		Enacted: func(decided []charter.Enacted) error {
			d.history.Add(decided)
			d.pieces.Add(decided)
			f.mu.Lock()
			d.decided = append(d.decided, decided...)
			f.mu.Unlock()
			return d.view.Enact(decided...)
		},
		Lied: func(l certify.Conflict) { f.Errorf("%s believes that somebody lied: %+v", member, l) },
		Now:  time.Now, Timing: group.Loopback(), Logger: silent,
		Disk: func(string) (group.Disk, error) { return quorumtest.NewDisk(), nil },
	})
	f.must(err)
	plans, err := plan.Shipped()
	f.must(err)
	book := answer.Book{Home: number.China, Plans: plans, Texts: locale.New()}
	d.gate = &door{Regulator: d.regulator}
	random := rand.NewChaCha8([32]byte{byte(len(member)), member[len(member)-1]})
	d.saved = &snapshot.File{Path: filepath.Join(f.TempDir(), "anchored"), Store: d.store, Space: "test", Random: random, Write: write}
	d.Council, err = New(Config{
		Anchors: anchors.Config{Founded: genesis, Store: &rotten{Store: d.store, desk: d}, Pieces: &d.pieces, File: d.saved},
		Ledger:  d.regulator.Follower(), Held: d.store.Ledger(), Decided: &d.history, Regulator: d.gate, Vote: ballottest.VoteKey(member),
		List: d.view.List, Book: func() *answer.Book { return &book },
		Store: d.store, Feeds: d.store, Now: time.Now, Random: random, Logger: silent,
	})
	f.must(err)
	f.mu.Lock()
	f.hosts[hostKey(member)], f.desks[member] = d, d
	f.mu.Unlock()
	d.host = f.network.Up(hostKey(member), d.regulator.Serve)
	d.done.Go(func() {
		if err := d.regulator.Run(ctx); err != nil {
			f.Errorf("%s: %v", member, err)
		}
	})
	d.done.Go(func() { d.Run(ctx, nil) })
}

// rotten is a store whose reader finds other bodies than were written.
type rotten struct {
	*memory.Store
	desk *desk
}

func (r *rotten) swap(record feed.Record) feed.Record {
	if body, ok := r.desk.rot[record.Tip.CID]; ok {
		record.Body = body
	}
	return record
}

func (r *rotten) Batch(c cid.Cid) (feed.Record, bool, error) {
	record, ok, err := r.Store.Batch(c)
	return r.swap(record), ok, err
}

func (r *rotten) Since(cursor uint64, fn func(uint64, feed.Record) error) error {
	return r.Store.Since(cursor, func(next uint64, record feed.Record) error { return fn(next, r.swap(record)) })
}

// write writes a file whole.
func write(name string, _ int, fill func(io.Writer) error) error {
	var b bytes.Buffer
	if err := fill(&b); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}

// leave has a regulator go, as when its process ends.
func (f *federation) leave(member string) {
	d := f.desks[member]
	f.mu.Lock()
	delete(f.hosts, hostKey(member))
	f.mu.Unlock()
	d.host.Down()
	d.stop()
	d.done.Wait()
}

func (f *federation) close() {
	for member := range f.desks {
		f.mu.Lock()
		_, up := f.hosts[hostKey(member)]
		f.mu.Unlock()
		if up {
			f.leave(member)
		}
	}
	f.network.Wait()
	f.under.Wait()
}

func (f *federation) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// eventually waits until something holds.
func (f *federation) eventually(what string, holds func() bool) {
	f.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			f.Fatalf("not within a minute: %s", what)
		}
	}
}

// everywhere waits until a motion is told in a state by all desks that are up.
func (f *federation) everywhere(id, state string) {
	f.Helper()
	f.eventually("the motion is "+state+" everywhere", func() bool {
		for _, d := range f.hosts {
			if m, err := d.Motion(context.Background(), id); err != nil || m.State != state {
				return false
			}
		}
		return true
	})
}

// others serves what the other regulators hold of the ledger.
type others struct {
	f    *federation
	self string
}

func (o others) Read(ctx context.Context, t ledger.Tile) (b []byte, err error) {
	o.f.mu.Lock()
	defer o.f.mu.Unlock()
	err = io.ErrUnexpectedEOF
	for _, d := range o.f.hosts {
		if d.member == o.self {
			continue
		}
		if b, err = d.store.Ledger().Read(ctx, t); err == nil {
			return b, nil
		}
	}
	return nil, err
}

// line is a regulator's way to the others.
type line struct {
	f    *federation
	from string
}

func (w line) Dial(ctx context.Context, to keys.Public) (group.Stream, error) {
	w.f.mu.Lock()
	d := w.f.hosts[hostKey(w.from)]
	w.f.mu.Unlock()
	if d == nil || d.host == nil {
		return nil, io.ErrClosedPipe
	}
	return d.host.Dial(ctx, to)
}

func (w line) Send(to keys.Public, message []byte) {
	w.f.under.Go(func() {
		time.Sleep(time.Millisecond)
		w.f.mu.Lock()
		d := w.f.hosts[to]
		w.f.mu.Unlock()
		if d == nil {
			return
		}
		if err := d.regulator.Receive(hostKey(w.from), message); err != nil {
			w.f.Errorf("%s received from %s: %v", d.member, w.from, err)
		}
	})
}

func bubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }
