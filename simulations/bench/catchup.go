package bench

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/federation"
	"ringfence/node/publish"
	"ringfence/simulations"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// What catching up has to reach.
const (
	catchUpNumbers = 1_000_000
	catchUpGoal    = 20 * time.Second
	catchUpRatio   = 0.5
	catchUpPeak    = 400 << 20 // bytes
)

// The members of the demo's federation whose nodes take part: one has said all of
// it, the second has it too, the third is new.
var memberNames = []string{simulations.USNumbers, "cn-carrier", "cn-mobile"}

// catchUp measures how long a new node takes from its start, in a process of its
// own, until it has pulled a million statements from two peers on loopback, each
// verified, durable and listed. The baseline moves the same bytes over one libp2p
// stream, hashes them, and writes them in synced batches of the engine.
func catchUp(ctx context.Context, o *Options) (Result, error) {
	old, err := prepareSources(ctx, o)
	if err != nil {
		return Result{}, err
	}
	var values, baselines, ratios []float64
	peak := int64(0)
	for i := range o.Runs {
		one, most, err := old.catchUpOnce(ctx, o, i)
		if err != nil {
			return Result{}, err
		}
		base, err := moveBytes(ctx, filepath.Join(old.dirs[0], node.StoreDir), filepath.Join(o.Dir, fmt.Sprint("moved-", i)))
		if err != nil {
			return Result{}, err
		}
		values, baselines, ratios = append(values, one.Seconds()), append(baselines, base.Seconds()), append(ratios, base.Seconds()/one.Seconds())
		peak = max(peak, most)
		o.tell("catchup: %d statements in %.1f s, peak %d MiB; the bytes alone %.1f s", old.statements, one.Seconds(), most>>20, base.Seconds())
	}
	r := Result{Value: median(values), Unit: "s", Goal: fmt.Sprintf("under %.0f s and %d MiB; aim at %.1f of the baseline's rate", catchUpGoal.Seconds(), catchUpPeak>>20, catchUpRatio)}
	r.against("the same bytes over a libp2p stream, hashed, in synced WriteBatches", median(baselines), median(ratios))
	r.Met = r.Value < catchUpGoal.Seconds() && peak < catchUpPeak
	if peak > 0 {
		r.PeakBytes = &peak
	}
	return r, nil
}

// sources are two directories that hold the same, and what a third needs.
type sources struct {
	federation *simulations.Federation
	voices     map[string]simulations.Voice
	configs    []node.Config
	dirs       []string
	sealed     []byte
	statements int
}

// prepareSources founds a federation and fills two nodes' stores with a million
// numbers.
func prepareSources(ctx context.Context, o *Options) (*sources, error) {
	s := &sources{voices: make(map[string]simulations.Voice)}
	configs := make(map[string]node.Config)
	var err error
	s.federation, err = simulations.Found(simulations.Founding{Now: time.Now().UTC(), Random: rand.Reader, Voice: func(member string) (v simulations.Voice, err error) {
		cfg := node.Config{Dir: filepath.Join(o.Dir, member)}
		v, cfg.Unlock, err = simulations.MakeVoice(cfg.Dir, rand.Reader, keys.Private{})
		s.voices[member], configs[member] = v, cfg
		return v, err
	}})
	if err != nil {
		return nil, err
	}
	if s.sealed, err = s.federation.Genesis.Encode(); err != nil {
		return nil, err
	}
	for _, member := range memberNames {
		s.configs, s.dirs = append(s.configs, configs[member]), append(s.dirs, configs[member].Dir)
	}
	for i, member := range memberNames[:2] {
		if err := simulations.Settle(s.dirs[i], s.sealed, s.voices[member]); err != nil {
			return nil, err
		}
	}
	if err := s.fill(ctx, o); err != nil {
		return nil, err
	}
	return s, s.copyFeed()
}

// fill publishes the numbers from the first node's store.
func (s *sources) fill(ctx context.Context, o *Options) error {
	store, err := disk.Open(disk.Config{Dir: filepath.Join(s.dirs[0], node.StoreDir)})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	w, err := worldOf(s.federation, store)
	if err != nil {
		return err
	}
	all, err := numbers(o.scaled(catchUpNumbers), 5)
	if err != nil {
		return err
	}
	p, err := w.Publisher(s.voices[memberNames[0]].Issuer)
	if err != nil {
		return err
	}
	o.tell("catchup: publishing %d numbers first", len(all))
	said, err := p.Publish(ctx, w.delivery("numbers", all), publish.Options{})
	s.statements = said.Said
	return err
}

// copyFeed appends what the first store holds to the second.
func (s *sources) copyFeed() error {
	from, err := disk.Open(disk.Config{Dir: filepath.Join(s.dirs[0], node.StoreDir)})
	if err != nil {
		return err
	}
	to, err := disk.Open(disk.Config{Dir: filepath.Join(s.dirs[1], node.StoreDir)})
	if err != nil {
		return errors.Join(err, from.Close())
	}
	err = from.Since(0, func(_ uint64, r feed.Record) error { return to.Append([]feed.Record{r}) })
	return errors.Join(err, from.Close(), to.Close())
}

// catchUpOnce runs the two and lets a new node, in a process of its own, join
// them. It returns how long that took from its start, and its peak memory.
func (s *sources) catchUpOnce(ctx context.Context, o *Options, run int) (time.Duration, int64, error) {
	var bootstrap []string
	for i := range 2 {
		cfg := s.configs[i]
		cfg.Network = federation.Network{Listen: []string{"127.0.0.1:0"}, Bootstrap: bootstrap}
		stop, addresses, err := serve(ctx, cfg)
		if err != nil {
			return 0, 0, err
		}
		defer stop()
		bootstrap = append(bootstrap, addresses...)
	}
	fresh := s.dirs[2]
	defer func() {
		_ = os.RemoveAll(filepath.Join(fresh, node.StoreDir))
		_ = os.Remove(filepath.Join(fresh, node.SnapshotFile))
	}()
	if err := simulations.Settle(fresh, s.sealed, s.voices[memberNames[2]]); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	other, err := startNode(ctx, o, fresh, bootstrap)
	if err != nil {
		return 0, 0, err
	}
	defer other.end()
	err = other.until(ctx, 2*time.Minute, func(st *api.Status) bool {
		return st.Statements == s.statements && st.Peers != nil && st.Peers.Ready
	})
	return time.Since(began), other.memory("VmHWM:"), err
}

// serve runs a node in this process.
func serve(ctx context.Context, cfg node.Config) (stop func(), addresses []string, err error) {
	n, err := node.Open(cfg)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	stop = func() {
		cancel()
		_ = errors.Join(<-ended, n.Close())
	}
	select {
	case <-n.Ready():
	case err := <-ended:
		ended <- err
		stop()
		return nil, nil, err
	}
	seen, err := n.Peers(ctx)
	if err != nil {
		stop()
		return nil, nil, err
	}
	return stop, seen.Addresses, nil
}

// moveBytes is the baseline: the records of a store over one stream between two
// plain hosts, hashed and written as they come.
func moveBytes(ctx context.Context, from, to string) (took time.Duration, err error) {
	const protocol = "/bench/bytes/1"
	source, err := disk.Open(disk.Config{Dir: from})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	var records []feed.Record
	err = source.Since(0, func(_ uint64, r feed.Record) error { records = append(records, r); return nil })
	if err != nil {
		return 0, err
	}
	sender, receiver, err := plainHosts()
	if err != nil {
		return 0, err
	}
	defer func() { _, _ = sender.Close(), receiver.Close() }()
	sender.SetStreamHandler(protocol, func(s network.Stream) {
		for i := range records {
			head := binary.BigEndian.AppendUint32(nil, uint32(len(records[i].Body)))
			if _, err := s.Write(append(head, records[i].Body...)); err != nil {
				break
			}
		}
		_ = s.Close()
	})
	db, err := badger.Open(engineOptions(to).WithSyncWrites(true))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close(), os.RemoveAll(to)) }()
	began := time.Now()
	if err := receiver.Connect(ctx, peer.AddrInfo{ID: sender.ID(), Addrs: sender.Addrs()}); err != nil {
		return 0, err
	}
	stream, err := receiver.NewStream(ctx, sender.ID(), protocol)
	if err != nil {
		return 0, err
	}
	if err := receive(stream, db); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

func plainHosts() (sender, receiver host.Host, err error) {
	if sender, err = libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0")); err != nil {
		return nil, nil, err
	}
	if receiver, err = libp2p.New(libp2p.NoListenAddrs); err != nil {
		return nil, nil, errors.Join(err, sender.Close())
	}
	return sender, receiver, nil
}

// receive writes what comes under its hash, sixteen records a batch.
func receive(stream network.Stream, db *badger.DB) error {
	const together = 16
	if _, err := stream.Write([]byte{1}); err != nil {
		return err
	}
	for done := false; !done; {
		batch := db.NewWriteBatch()
		for range together {
			var head [4]byte
			if _, err := io.ReadFull(stream, head[:]); err != nil {
				if err != io.EOF {
					batch.Cancel()
					return err
				}
				done = true
				break
			}
			body := make([]byte, binary.BigEndian.Uint32(head[:]))
			if _, err := io.ReadFull(stream, body); err != nil {
				batch.Cancel()
				return err
			}
			key := sha256.Sum256(body)
			if err := batch.Set(key[:], body); err != nil {
				batch.Cancel()
				return err
			}
		}
		if err := batch.Flush(); err != nil {
			return err
		}
	}
	return db.Sync()
}
