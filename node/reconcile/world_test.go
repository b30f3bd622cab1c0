package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ringfence/node/overlay"
	"ringfence/node/phrase"
	"ringfence/node/reconcile/internal/ask"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/merkle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// half is one direction of a stream: what was written arrives after a delay, and
// writers wait when too much is under way.
type half struct {
	delay time.Duration
	rate  int // bytes a second; 0: any

	mu      sync.Mutex
	free    time.Time // when the line has sent what it was given
	changed *sync.Cond
	chunks  []chunk
	size    int
	ended   bool // nothing more will be written
	broken  bool
}

type chunk struct {
	b  []byte
	at time.Time
}

const underWay = 256 << 10

func newHalf(delay time.Duration, rate int) *half {
	h := &half{delay: delay, rate: rate}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *half) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
	h.changed.Broadcast()
}

// await waits until ready holds, under the lock, or due has come.
func (h *half) await(due func() time.Time, ready func() bool) error {
	for !ready() {
		d := due()
		if !d.IsZero() && !time.Now().Before(d) {
			return os.ErrDeadlineExceeded
		}
		next := d
		if len(h.chunks) > 0 && h.chunks[0].at.After(time.Now()) && (next.IsZero() || h.chunks[0].at.Before(next)) {
			next = h.chunks[0].at
		}
		if next.IsZero() {
			h.changed.Wait()
			continue
		}
		timer := time.AfterFunc(time.Until(next), func() { h.set(func() {}) })
		h.changed.Wait()
		timer.Stop()
	}
	return nil
}

// end is one end of a stream.
type end struct {
	peer    keys.Public
	in, out *half
	net     *town
	mu      sync.Mutex
	due     time.Time
}

func (e *end) Peer() keys.Public { return e.peer }

func (e *end) deadline() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.due
}

func (e *end) SetDeadline(t time.Time) error {
	e.mu.Lock()
	e.due = t
	e.mu.Unlock()
	e.in.set(func() {})
	e.out.set(func() {})
	return nil
}

func (e *end) Read(b []byte) (int, error) {
	h := e.in
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.await(e.deadline, func() bool {
		return h.broken || len(h.chunks) > 0 && !h.chunks[0].at.After(time.Now()) || len(h.chunks) == 0 && h.ended
	})
	switch {
	case h.broken:
		return 0, errors.New("stream reset")
	case err != nil:
		return 0, err
	case len(h.chunks) == 0:
		return 0, io.EOF
	}
	n := copy(b, h.chunks[0].b)
	if h.chunks[0].b = h.chunks[0].b[n:]; len(h.chunks[0].b) == 0 {
		h.chunks = h.chunks[1:]
	}
	h.size -= n
	h.changed.Broadcast()
	return n, nil
}

func (e *end) Write(b []byte) (int, error) {
	h := e.out
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.await(e.deadline, func() bool { return h.broken || h.ended || h.size < underWay }); err != nil {
		return 0, err
	}
	if h.broken || h.ended {
		return 0, errors.New("stream reset")
	}
	h.send(b)
	e.net.count(len(b))
	h.changed.Broadcast()
	return len(b), nil
}

// send puts bytes under way; on a thin line they arrive little by little.
func (h *half) send(b []byte) {
	h.size += len(b)
	if h.rate == 0 {
		h.chunks = append(h.chunks, chunk{append([]byte{}, b...), time.Now().Add(h.delay)})
		return
	}
	if now := time.Now(); h.free.Before(now) {
		h.free = now
	}
	for len(b) > 0 {
		n := min(len(b), 1400)
		h.free = h.free.Add(time.Duration(n) * time.Second / time.Duration(h.rate))
		h.chunks = append(h.chunks, chunk{append([]byte{}, b[:n]...), h.free.Add(h.delay)})
		b = b[n:]
	}
}

func (e *end) CloseWrite() error {
	e.out.set(func() { e.out.ended = true })
	return nil
}

func (e *end) Close() error {
	e.out.set(func() { e.out.ended = true })
	e.in.set(func() { e.in.broken = true })
	return nil
}

func (e *end) reset() {
	e.in.set(func() { e.in.broken = true })
	e.out.set(func() { e.out.broken = true })
}

// town is nodes and the lines between them.
type town struct {
	t     testing.TB
	delay time.Duration
	serve sync.WaitGroup

	mu      sync.Mutex
	houses  map[keys.Public]*house
	lines   map[[2]keys.Public]bool
	ends    map[[2]keys.Public][]*end
	bytes   int
	streams int
}

func newTown(t testing.TB) *town {
	return &town{t: t, houses: map[keys.Public]*house{}, lines: map[[2]keys.Public]bool{}, ends: map[[2]keys.Public][]*end{}}
}

func (n *town) count(bytes int) {
	n.mu.Lock()
	n.bytes += bytes
	n.mu.Unlock()
}

func pair(a, b keys.Public) [2]keys.Public {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return [2]keys.Public{a, b}
}

func (n *town) house(k keys.Public) *house {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.houses[k]
}

// house is one node.
type house struct {
	name   string
	key    keys.Public
	net    *town
	store  *memory.Store
	door   *intake.Door
	r      *Reconciler
	answer func(overlay.Stream) // instead of the Reconciler's
	change func(*Config)
	rate   int          // bytes a second that it sends on a stream; 0: any
	ahead  atomic.Int64 // of its clock, nanoseconds
	calls  atomic.Int64 // of the door
	fresh  atomic.Int64 // batches
	cancel context.CancelFunc
	ran    chan struct{}

	mu      sync.Mutex
	dropped map[keys.Public]string
	refused []string
	heard   int
}

// roster admits whom the letters of the alphabet name, but not Z.
type roster map[keys.Public]bool

func (r roster) EverAdmitted(k keys.Public) bool { return r[k] }

func letters() roster {
	r := roster{}
	for c := 'A'; c < 'Z'; c++ {
		r[feedtest.Key(string(c)).Public()] = true
	}
	return r
}

// clock is the time of the tests: a day after the drawings begin, and on.
func (h *house) now() time.Time {
	begin := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return time.Unix(feedtest.Start+24*3600, 0).Add(time.Duration(h.ahead.Load()) + time.Since(begin))
}

// build adds a node to the town, stopped.
func (n *town) build(name string, change ...func(*Config)) *house {
	h := &house{
		name: name, key: feedtest.Key("host " + name).Public(), net: n, store: memory.New(),
		dropped: map[keys.Public]string{},
		change: func(c *Config) {
			for _, f := range change {
				f(c)
			}
		},
	}
	n.mu.Lock()
	n.houses[h.key] = h
	n.mu.Unlock()
	h.open()
	return h
}

// open makes door and Reconciler anew, over the same store.
func (h *house) open() {
	known := letters()
	cfg := Config{
		Held: h.store, Taker: h, Now: h.now,
		Beacon:     func() message.Beacon { return message.Beacon{Time: h.now(), Ready: true, Version: h.name} },
		Open:       func(_ context.Context, peer keys.Public) (overlay.Stream, error) { return h.net.open(h, peer) },
		Neighbours: func() []keys.Public { return h.net.neighbours(h) },
		Heard: func(keys.Public, message.Beacon, time.Duration) {
			h.mu.Lock()
			h.heard++
			h.mu.Unlock()
		},
		Drop: func(peer keys.Public, why phrase.Phrase, _ time.Time) {
			h.mu.Lock()
			h.dropped[peer] = why.Text
			h.mu.Unlock()
			h.net.part(h, h.net.house(peer))
		},
		Opened: func(issuer keys.Public, epoch uint64) bool { return epoch == 0 && known[issuer] },
	}
	h.change(&cfg)
	door, err := intake.New(intake.Config{Federation: feedtest.Federation(), Roster: known, Store: h.store, Keep: cfg.Keep})
	if err != nil {
		h.net.t.Fatal(err)
	}
	h.door = door
	if h.r, err = New(cfg); err != nil {
		h.net.t.Fatal(err)
	}
}

func (h *house) Admit(offers []intake.Offer) ([]intake.Outcome, error) {
	h.calls.Add(1)
	outcomes, err := h.door.Admit(offers, h.now())
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range outcomes {
		switch o.Status {
		case intake.Refused:
			h.refused = append(h.refused, o.Detail)
		case intake.Fresh:
			h.fresh.Add(1)
		}
	}
	return outcomes, err
}

func (h *house) AdmitFork(proof []byte) (intake.Outcome, error) {
	return h.door.AdmitFork(proof)
}

// run starts the node.
func (h *house) run() {
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel, h.ran = cancel, make(chan struct{})
	go func() {
		defer close(h.ran)
		if err := h.r.Run(ctx); err != nil {
			h.net.t.Errorf("%s: %v", h.name, err)
		}
	}()
}

// stop stops the node; open and run start it again.
func (h *house) stop() {
	if h.cancel != nil {
		h.cancel()
		<-h.ran
		h.cancel = nil
	}
}

// own puts batches into the store, as if they were the node's own.
func (h *house) own(batches ...feedtest.Batch) {
	h.net.t.Helper()
	for _, b := range batches {
		if err := h.store.Append([]feed.Record{b.Record()}); err != nil {
			h.net.t.Fatal(err)
		}
	}
}

func (n *town) open(from *house, to keys.Public) (overlay.Stream, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	line := pair(from.key, to)
	h := n.houses[to]
	if !n.lines[line] || h == nil {
		return nil, fmt.Errorf("%s is not connected", to.Short())
	}
	there, back := newHalf(n.delay, from.rate), newHalf(n.delay, h.rate)
	near := &end{peer: to, in: back, out: there, net: n}
	far := &end{peer: from.key, in: there, out: back, net: n}
	n.ends[line] = append(n.ends[line], near, far)
	n.streams++
	answer := h.answer
	if answer == nil {
		answer = h.r.Serve
	}
	n.serve.Go(func() { answer(far) })
	return near, nil
}

func (n *town) neighbours(h *house) []keys.Public {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []keys.Public
	for k := range n.houses {
		if n.lines[pair(h.key, k)] {
			all = append(all, k)
		}
	}
	return all
}

// join connects two nodes.
func (n *town) join(a, b *house) {
	n.mu.Lock()
	n.lines[pair(a.key, b.key)] = true
	n.mu.Unlock()
	a.r.Met(b.key)
	b.r.Met(a.key)
}

// part breaks the line between two nodes.
func (n *town) part(a, b *house) {
	line := pair(a.key, b.key)
	n.mu.Lock()
	delete(n.lines, line)
	ends := n.ends[line]
	delete(n.ends, line)
	n.mu.Unlock()
	for _, e := range ends {
		e.reset()
	}
	a.r.Parted(b.key)
	b.r.Parted(a.key)
}

// close stops everything.
func (n *town) close() {
	n.mu.Lock()
	var all []*end
	for _, ends := range n.ends {
		all = append(all, ends...)
	}
	n.mu.Unlock()
	for _, e := range all {
		e.reset()
	}
	for _, h := range n.houses {
		h.stop()
	}
	n.serve.Wait()
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, f func(t *testing.T, n *town)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newTown(t)
		defer n.close()
		f(t, n)
	})
}

// within waits until ok holds, and returns how long that took.
func within(t *testing.T, d time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > d {
			t.Fatalf("not within %v: %s", d, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

// chain draws a feed of so many batches, each of some statements.
func chain(letter string, batches, statements int) string {
	names := make([]string, batches)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d%s", letter, i, strings.Repeat("+", statements-1))
	}
	return strings.Join(names, " <- ")
}

// holds reports whether a node's tips are those of another.
func (h *house) holds(o *house) bool {
	mine, _ := h.store.Tips()
	theirs, _ := o.store.Tips()
	if len(mine) != len(theirs) {
		return false
	}
	for i := range mine {
		if mine[i] != theirs[i] {
			return false
		}
	}
	return true
}

func (h *house) count() int {
	tips, _ := h.store.Tips()
	n := 0
	for _, tip := range tips {
		n += int(tip.Tip.Sequence) + 1
	}
	return n
}

// wrongs returns whom a node dropped, and what its door refused.
func (h *house) wrongs() (map[keys.Public]string, []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.dropped), slices.Clone(h.refused)
}

func (h *house) why(o *house) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropped[o.key]
}

var _ merkle.Walker = ask.Walker{}
