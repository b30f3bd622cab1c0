package quorumtest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"

	"ringfence/consensus/quorum/group"
	"ringfence/store/keys"
)

// Link is how bytes get from one host to another; the way back has its own.
type Link struct {
	Clogged bool          // what is sent waits until it is not
	Delay   time.Duration // of each write, …
	Jitter  time.Duration // … and up to so much more, so that streams overtake each other
	Rate    int           // bytes a second that all streams share; 0: no limit
	Break   float64       // chance that a write ends its stream
	Replay  float64       // chance that what a stream carried is sent again later
	// Touch may change what is sent: a peer that lies, or a wire that does.
	Touch func([]byte) []byte
}

// least is how long every write takes: where nothing takes time, two who answer each
// other at once would stop the clock of a bubble.
const least = 100 * time.Microsecond

// buffered is how many bytes wait on a stream before its writer does.
const buffered = 32 << 10

// Network connects hosts by streams in memory.
type Network struct {
	mu      sync.Mutex
	random  *rand.Rand
	hosts   map[keys.Public]*Host
	links   map[[2]keys.Public]*Link
	free    map[[2]keys.Public]time.Time // when a link has sent what waits
	changed chan struct{}                // closed when anything changes, and another put there
	wait    sync.WaitGroup
}

// NewNetwork returns a network whose chances follow from the seed.
func NewNetwork(seed uint64) *Network {
	return &Network{
		random: rand.New(rand.NewPCG(seed, 1)), hosts: make(map[keys.Public]*Host),
		links: make(map[[2]keys.Public]*Link), free: make(map[[2]keys.Public]time.Time), changed: make(chan struct{}),
	}
}

func (n *Network) wake() { // with mu held
	close(n.changed)
	n.changed = make(chan struct{})
}

// Set changes the links between each of from and each of to, in that direction.
func (n *Network) Set(from, to []keys.Public, change func(*Link)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range from {
		for _, b := range to {
			if a != b {
				change(n.link(a, b))
			}
		}
	}
	n.wake()
}

func (n *Network) link(a, b keys.Public) *Link {
	l := n.links[[2]keys.Public{a, b}]
	if l == nil {
		l = &Link{}
		n.links[[2]keys.Public{a, b}] = l
	}
	return l
}

// Heal makes every link perfect.
func (n *Network) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.links)
	clear(n.free)
	n.wake()
}

// Wait waits until every goroutine of the network has ended: the hosts are down.
func (n *Network) Wait() { n.wait.Wait() }

// Host is one host on the network.
type Host struct {
	n     *Network
	key   keys.Public
	serve func(group.Stream)
	open  map[*stream]bool
}

// Up puts a host on the network; serve gets the streams that others open to it,
// each in a goroutine of its own.
func (n *Network) Up(key keys.Public, serve func(group.Stream)) *Host {
	n.mu.Lock()
	defer n.mu.Unlock()
	h := &Host{n: n, key: key, serve: serve, open: make(map[*stream]bool)}
	n.hosts[key] = h
	return h
}

// Down takes the host off and ends its streams.
func (h *Host) Down() {
	h.n.mu.Lock()
	if h.n.hosts[h.key] == h {
		delete(h.n.hosts, h.key)
	}
	open := h.open
	h.open = nil
	h.n.mu.Unlock()
	for s := range open {
		_ = s.Close()
	}
}

// Dial opens a stream to another host.
func (h *Host) Dial(ctx context.Context, to keys.Public) (group.Stream, error) {
	s, err := h.dial(ctx, to)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (h *Host) dial(ctx context.Context, to keys.Public) (*stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := h.n
	n.mu.Lock()
	defer n.mu.Unlock()
	there := n.hosts[to]
	if there == nil || h.open == nil {
		return nil, fmt.Errorf("quorumtest: %s is not there", to.Short())
	}
	out, back := &half{}, &half{}
	near := &stream{n: n, self: h.key, peer: to, in: back, out: out}
	far := &stream{n: n, self: to, peer: h.key, in: out, out: back}
	near.replay = n.random.Float64() < n.link(h.key, to).Replay
	h.open[near], there.open[far] = true, true
	n.wait.Go(func() { there.serve(far) })
	return near, nil
}

// half is one direction of a stream.
type half struct {
	chunks []sent
	size   int
	closed bool
}

type sent struct {
	at    time.Time
	bytes []byte
}

// stream is one end of a stream. The network's mu guards it.
type stream struct {
	n          *Network
	self, peer keys.Public
	in, out    *half
	deadline   time.Time
	replay     bool
	carried    []byte
}

// Peer is group.Stream's.
func (s *stream) Peer() keys.Public { return s.peer }

// SetDeadline is group.Stream's.
func (s *stream) SetDeadline(t time.Time) error {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	s.deadline = t
	s.n.wake()
	return nil
}

// until waits, with mu held, for something to change, a moment, or the deadline.
func (s *stream) until(at time.Time) error {
	if !s.deadline.IsZero() && !time.Now().Before(s.deadline) {
		return os.ErrDeadlineExceeded
	}
	changed := s.n.changed
	var timer <-chan time.Time
	for _, t := range []time.Time{at, s.deadline} {
		if !t.IsZero() && (at.IsZero() || !t.After(at)) {
			at = t
		}
	}
	if !at.IsZero() {
		t := time.NewTimer(time.Until(at))
		defer t.Stop()
		timer = t.C
	}
	s.n.mu.Unlock()
	select {
	case <-changed:
	case <-timer:
	}
	s.n.mu.Lock()
	return nil
}

func (s *stream) Read(b []byte) (int, error) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	for {
		var at time.Time
		if len(s.in.chunks) > 0 && !s.n.link(s.peer, s.self).Clogged {
			front := &s.in.chunks[0]
			if !time.Now().Before(front.at) {
				m := copy(b, front.bytes)
				if front.bytes = front.bytes[m:]; len(front.bytes) == 0 {
					s.in.chunks = s.in.chunks[1:]
				}
				s.in.size -= m
				s.n.wake()
				return m, nil
			}
			at = front.at
		}
		if s.in.closed {
			return 0, io.EOF // also when clogged: the test's hosts go at once
		}
		if err := s.until(at); err != nil {
			return 0, err
		}
	}
}

func (s *stream) Write(b []byte) (int, error) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	link := s.n.link(s.self, s.peer)
	if s.n.random.Float64() < link.Break {
		s.shut()
		return 0, net.ErrClosed
	}
	for s.out.size >= buffered && !s.out.closed {
		if err := s.until(time.Time{}); err != nil {
			return 0, err
		}
	}
	if s.out.closed {
		return 0, net.ErrClosed
	}
	whole := len(b)
	b = append([]byte(nil), b...)
	if s.replay && len(s.carried)+len(b) <= 1<<20 {
		s.carried = append(s.carried, b...)
	}
	link = s.n.link(s.self, s.peer)
	if link.Touch != nil {
		b = link.Touch(b)
	}
	way := [2]keys.Public{s.self, s.peer}
	at := time.Now()
	if link.Rate > 0 {
		if s.n.free[way].After(at) {
			at = s.n.free[way]
		}
		at = at.Add(time.Duration(len(b)) * time.Second / time.Duration(link.Rate))
		s.n.free[way] = at
	}
	at = at.Add(least + link.Delay)
	if link.Jitter > 0 {
		at = at.Add(time.Duration(s.n.random.Int64N(int64(link.Jitter))))
	}
	if k := len(s.out.chunks); k > 0 && s.out.chunks[k-1].at.After(at) {
		at = s.out.chunks[k-1].at // a stream keeps its order
	}
	s.out.chunks = append(s.out.chunks, sent{at, b})
	s.out.size += len(b)
	s.n.wake()
	return whole, nil
}

// Close is group.Stream's.
func (s *stream) Close() error {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	s.shut()
	return nil
}

func (s *stream) shut() {
	if s.replay {
		s.replay = false
		s.again()
	}
	s.in.closed, s.out.closed = true, true
	s.in.chunks, s.in.size = nil, 0
	if h := s.n.hosts[s.self]; h != nil {
		delete(h.open, s)
	}
	s.n.wake()
}

// again sends what the stream carried once more, on a stream of its own, and hears
// nothing of the answers.
func (s *stream) again() {
	h, carried, later := s.n.hosts[s.self], s.carried, time.Duration(s.n.random.Int64N(int64(3*time.Second)))
	if h == nil {
		return
	}
	s.n.wait.Go(func() {
		time.Sleep(later)
		late, err := h.dial(context.Background(), s.peer)
		if err != nil {
			return
		}
		late.n.mu.Lock()
		late.replay = false
		late.n.mu.Unlock()
		_ = late.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := late.Write(carried); err == nil {
			_, _ = io.Copy(io.Discard, late)
		}
		_ = late.Close()
	})
}
