package tiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"ringfence/node/overlay"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// Config is what a Source needs. Both funcs are called concurrently.
type Config struct {
	// Open opens a stream to a peer.
	Open func(ctx context.Context, peer keys.Public) (overlay.Stream, error)
	// Peers returns whom to ask, in any order.
	Peers func() []keys.Public
}

// Source fetches the ledger from peers. Make one with New. It is safe for concurrent
// use, and whoever waits for a network reads many tiles at once.
type Source struct {
	cfg    Config
	budget *budget
	reads  chan struct{} // one for each Read under way
	ctx    context.Context
	end    context.CancelFunc
	open   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	peers  map[keys.Public]*peer
	givers map[string]*giver // by path
	order  []string          // of givers, the oldest first
}

var _ ledger.Source = (*Source)(nil)

// New returns a Source. Close it at the end.
func New(cfg Config) (*Source, error) {
	if cfg.Open == nil || cfg.Peers == nil {
		return nil, errors.New("reconcile: a source of tiles needs peers and how to reach them")
	}
	s := &Source{
		cfg: cfg, budget: newBudget(), reads: make(chan struct{}, maxReads),
		peers: make(map[keys.Public]*peer), givers: make(map[string]*giver),
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s, nil
}

// Close ends all conversations and waits for them. Reads under way fail.
func (s *Source) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.open.Wait()
}

// start runs f in a goroutine that Close waits for; false once closed.
func (s *Source) start(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.open.Go(f)
	return true
}

// Read implements ledger.Source. It returns what the first peer gives that has the
// shape of the tile. The error wraps fs.ErrNotExist when all peers said that they do
// not have it.
func (s *Source) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	path := t.Path()
	b, from, err := fetch(ctx, s, path, func(ctx context.Context, k keys.Public, p *peer) ([]byte, error) {
		return s.readFrom(ctx, k, p, t)
	})
	if err != nil {
		return nil, err
	}
	s.gave(path, from)
	return b, nil
}

// readFrom asks one peer for a tile. Whoever keeps no partial tiles is asked for the
// full one.
func (s *Source) readFrom(ctx context.Context, k keys.Public, p *peer, t ledger.Tile) ([]byte, error) {
	b, err := s.ask(ctx, k, p, t.Path())
	if errors.Is(err, fs.ErrNotExist) && t.Width < ledger.Full {
		full := t
		full.Width = ledger.Full
		if b, err = s.ask(ctx, k, p, full.Path()); err == nil {
			b, err = cut(t, b)
		}
	}
	if err != nil {
		return nil, err
	}
	return b, shaped(t, b)
}

// cut is ledger.Cut of what a peer gave.
func cut(t ledger.Tile, b []byte) ([]byte, error) {
	b, err := ledger.Cut(t, b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLied, err)
	}
	return b, nil
}

// shaped reports as nil that b may be t.
func shaped(t ledger.Tile, b []byte) error {
	if t.Kind == ledger.Hashes {
		if want := t.Width * merkle.HashSize; len(b) != want {
			return fmt.Errorf("%w: %s of %d bytes, which has %d", errLied, t, len(b), want)
		}
		return nil
	}
	if _, err := ledger.ParseBundle(b, t.Width); err != nil {
		return fmt.Errorf("%w: %s: %w", errLied, t, err)
	}
	return nil
}

// Open opens the tree whose head is certified, as ledger.Open does, each time from one
// peer alone: when what it reads does not fit together, it is known who lied.
func (s *Source) Open(ctx context.Context, certified checkpoint.Tree) (ledger.Tree, error) {
	tree, _, err := fetch(ctx, s, "tree", func(ctx context.Context, k keys.Public, p *peer) (ledger.Tree, error) {
		tree, err := ledger.Open(ctx, one(func(ctx context.Context, t ledger.Tile) ([]byte, error) { return s.readFrom(ctx, k, p, t) }), certified)
		if errors.Is(err, ledger.ErrDamaged) {
			err = fmt.Errorf("%w: %w", errLied, err)
		}
		return tree, err
	})
	return tree, err
}

// one is one peer as a ledger.Source.
type one func(context.Context, ledger.Tile) ([]byte, error)

func (read one) Read(ctx context.Context, t ledger.Tile) ([]byte, error) { return read(ctx, t) }

// Genesis fetches the genesis from peers until one gives what fits: for most callers,
// what has the CID that they know.
func (s *Source) Genesis(ctx context.Context, fits func(genesis []byte) error) ([]byte, error) {
	b, _, err := fetch(ctx, s, GenesisPath, func(ctx context.Context, k keys.Public, p *peer) ([]byte, error) {
		b, err := s.ask(ctx, k, p, GenesisPath)
		if err != nil {
			return nil, err
		}
		if err := fits(b); err != nil {
			return nil, fmt.Errorf("%w: %w", errLied, err)
		}
		return b, nil
	})
	return b, err
}

// Offer is a checkpoint that a peer holds for the newest. Nothing of it is verified.
type Offer struct {
	From keys.Public
	Note []byte
}

// Checkpoints asks several peers at once, those that seem best, for their newest
// checkpoint, and returns what came in time: who is behind, or hides the newest, does
// not decide what is known.
func (s *Source) Checkpoints(ctx context.Context) []Offer {
	ctx, cancel := context.WithTimeout(ctx, openTimeout+grace)
	defer cancel()
	tried := make(map[keys.Public]bool)
	offers := make(chan Offer, maxAsked)
	asked := 0
	for ; asked < maxAsked; asked++ {
		k, p, ok := s.pick(ledger.CheckpointPath, tried)
		if !ok {
			break
		}
		tried[k] = true
		begin := func() {
			note, err := timed(ctx, s, p, func() ([]byte, error) { return s.ask(ctx, k, p, ledger.CheckpointPath) })
			if err != nil {
				note = nil
			}
			offers <- Offer{k, note}
		}
		if !s.start(begin) {
			s.answered(p, 0, nil)
			break
		}
	}
	var came []Offer
	for range asked {
		if o := <-offers; len(o.Note) > 0 {
			came = append(came, o)
		}
	}
	return came
}

// result is what one peer gave.
type result[T any] struct {
	from keys.Public
	what T
	err  error
}

// fetch asks the best peer, and others when that fails or takes long, until one gives
// what is wanted.
func fetch[T any](ctx context.Context, s *Source, path string, ask func(context.Context, keys.Public, *peer) (T, error)) (none T, from keys.Public, err error) {
	select {
	case s.reads <- struct{}{}:
		defer func() { <-s.reads }()
	case <-ctx.Done():
		return none, from, ctx.Err()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	tried := make(map[keys.Public]bool)
	results := make(chan result[T])
	asking := 0
	another := func() {
		k, p, ok := s.pick(path, tried)
		if !ok {
			return
		}
		tried[k] = true
		begin := func() {
			what, err := timed(ctx, s, p, func() (T, error) { return ask(ctx, k, p) })
			select {
			case results <- result[T]{k, what, err}:
			case <-ctx.Done(): // another one was quicker
			}
		}
		if s.start(begin) {
			asking++
		} else {
			s.answered(p, 0, nil)
		}
	}
	another()
	timer := time.NewTimer(hedgeAfter)
	defer timer.Stop()
	var failed []error
	for asking > 0 {
		select {
		case r := <-results:
			asking--
			if r.err == nil {
				return r.what, r.from, nil
			}
			if !errors.Is(r.err, fs.ErrNotExist) {
				failed = append(failed, fmt.Errorf("%s: %w", r.from.Short(), r.err))
			}
			another()
		case <-timer.C:
			another()
			timer.Reset(hedgeAfter)
		case <-ctx.Done():
			return none, from, ctx.Err()
		}
	}
	if len(tried) == 0 {
		failed = append(failed, errors.New("there is nobody left to ask"))
	}
	return none, from, nobody(path, failed)
}

// timed asks and counts what came of it.
func timed[T any](ctx context.Context, s *Source, p *peer, ask func() (T, error)) (T, error) {
	begun := time.Now()
	what, err := ask()
	told := err
	switch {
	case errors.Is(err, fs.ErrNotExist):
		told = nil // it is behind; that is no failure
	case err != nil && ctx.Err() != nil:
		told = context.Canceled // it is not waited for any more; nor is that
	}
	s.answered(p, time.Since(begun), told)
	return what, err
}

// ask asks one peer for what lies at a path.
func (s *Source) ask(ctx context.Context, k keys.Public, p *peer, path string) ([]byte, error) {
	a := s.hear(ctx, k, p, path)
	if errors.Is(a.err, errEnded) {
		a = s.hear(ctx, k, p, path) // it was behind what failed, or the stream had ended: on another one
	}
	switch {
	case a.err != nil:
		return nil, a.err
	case !a.found:
		return nil, fs.ErrNotExist
	}
	return a.content, nil
}

func (s *Source) hear(ctx context.Context, k keys.Public, p *peer, path string) answer {
	c := call{ctx: ctx, path: path, done: make(chan answer, 1)}
	if err := s.say(ctx, k, p, c); err != nil {
		return answer{err: err}
	}
	select {
	case a := <-c.done:
		return a
	case <-ctx.Done():
		return answer{err: ctx.Err()}
	}
}

// say puts a call to a peer, on the stream that is there or on a new one.
func (s *Source) say(ctx context.Context, k keys.Public, p *peer, c call) error {
	select {
	case p.talking <- struct{}{}:
		defer func() { <-p.talking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.talk != nil && p.talk.ask(c) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	stream, err := s.cfg.Open(ctx, k)
	if err != nil {
		return err
	}
	t := newTalk(stream, s.budget)
	if !s.start(func() { t.run(s.ctx) }) {
		_ = stream.Close() // nobody hears any more
		return errEnded
	}
	p.talk = t
	if !t.ask(c) {
		return errEnded
	}
	return nil
}
