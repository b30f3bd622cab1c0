package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/federation"
	"ringfence/node/publish"
	"ringfence/simulations"
	"ringfence/simulations/bench/plain"
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
		base, err := plain.Move(ctx, filepath.Join(old.dirs[0], node.StoreDir), filepath.Join(o.Dir, fmt.Sprint("moved-", i)))
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
