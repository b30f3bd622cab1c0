//go:build real

package stage

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A relay is a bad line: what comes to an address over TCP and UDP goes on to
// another, later than it came, and not all of it. Datagrams overtake each other
// and are lost. A stream keeps its order; a part of it that would be lost comes
// after another resend, as TCP makes of it.
type relay struct {
	from, to  string
	namespace string
	line      line

	passed, lost atomic.Int64 // bytes; datagrams and parts of streams

	ended   chan struct{}
	running sync.WaitGroup

	mu     sync.Mutex // guards what follows
	random *rand.Rand
	open   map[io.Closer]bool
}

// line says how bad a line is, one way.
type line struct {
	delay, jitter time.Duration // jitter: up to so much more
	loss          float64       // of datagrams
}

const (
	resend   = 300 * time.Millisecond // of what a stream would have lost
	inFlight = 256                    // parts of a stream under way
)

// newRelay opens a relay in a network namespace. It goes with the test.
func newRelay(t testing.TB, namespace, from, to string, bad line) *relay {
	t.Helper()
	r := &relay{
		from: from, to: to, namespace: namespace, line: bad,
		ended: make(chan struct{}), random: rand.New(rand.NewPCG(9, 1)), open: make(map[io.Closer]bool),
	}
	var streams net.Listener
	var datagrams net.PacketConn
	must(t, inside(namespace, func() (err error) {
		if streams, err = new(net.ListenConfig).Listen(t.Context(), "tcp", from); err != nil {
			return err
		}
		datagrams, err = new(net.ListenConfig).ListenPacket(t.Context(), "udp", from)
		return err
	}))
	t.Cleanup(r.close)
	r.keep(streams)
	r.keep(datagrams)
	r.running.Go(func() { r.accept(streams) })
	r.running.Go(func() { r.receive(datagrams) })
	return r
}

// keep remembers what is to be closed; false when the relay has ended.
func (r *relay) keep(c io.Closer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.ended:
		_ = c.Close()
		return false
	default:
		r.open[c] = true
		return true
	}
}

func (r *relay) close() {
	r.mu.Lock()
	close(r.ended)
	for c := range r.open {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

// fate draws how long something is under way, and whether it gets lost.
func (r *relay) fate() (under time.Duration, lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.line.delay + time.Duration(r.random.Int64N(int64(r.line.jitter)+1)), r.random.Float64() < r.line.loss
}

func (r *relay) dial(network string) (c net.Conn, err error) {
	err = inside(r.namespace, func() error {
		c, err = net.DialTimeout(network, r.to, 10*time.Second)
		return err
	})
	return c, err
}

func (r *relay) accept(l net.Listener) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		r.running.Go(func() {
			far, err := r.dial("tcp")
			if err != nil {
				_ = near.Close()
				return
			}
			if r.keep(near) && r.keep(far) {
				r.running.Go(func() { r.pass(near, far) })
				r.running.Go(func() { r.pass(far, near) })
			}
		})
	}
}

// part is a piece of a stream and when it arrives.
type part struct {
	bytes []byte
	due   time.Time
}

// pass carries one way of a stream, and ends both when it ends.
func (r *relay) pass(from, to net.Conn) {
	under := make(chan part, inFlight)
	r.running.Go(func() {
		defer func() { _, _ = from.Close(), to.Close() }()
		for p := range under {
			select {
			case <-r.ended:
			case <-time.After(time.Until(p.due)):
			}
			if _, err := to.Write(p.bytes); err != nil {
				_ = from.Close() // ends the reading, too
			}
		}
	})
	defer close(under)
	var last time.Time
	for {
		p := part{bytes: make([]byte, 1400)}
		n, err := from.Read(p.bytes)
		p.bytes = p.bytes[:n]
		if n > 0 {
			after, lost := r.fate()
			if lost {
				after += resend
				r.lost.Add(1)
			}
			if p.due = time.Now().Add(after); p.due.Before(last) {
				p.due = last
			}
			last = p.due
			r.passed.Add(int64(n))
			under <- p
		}
		if err != nil {
			return
		}
	}
}

// receive carries datagrams; those of each sender by a socket of its own.
func (r *relay) receive(near net.PacketConn) {
	senders := make(map[string]net.Conn)
	buffer := make([]byte, 64<<10)
	for {
		n, from, err := near.ReadFrom(buffer)
		if err != nil {
			return
		}
		far, known := senders[from.String()]
		if !known {
			if far, err = r.dial("udp"); err != nil || !r.keep(far) {
				return
			}
			senders[from.String()] = far
			r.running.Go(func() { r.answer(far, near, from) })
		}
		r.datagram(buffer[:n], func(b []byte) { _, _ = far.Write(b) })
	}
}

// answer carries datagrams back to a sender.
func (r *relay) answer(far net.Conn, near net.PacketConn, to net.Addr) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := far.Read(buffer)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // nobody listens there now
			continue
		}
		r.datagram(buffer[:n], func(b []byte) { _, _ = near.WriteTo(b, to) })
	}
}

// datagram lets one arrive later, or not at all.
func (r *relay) datagram(b []byte, arrive func([]byte)) {
	after, lost := r.fate()
	if lost {
		r.lost.Add(1)
		return
	}
	b = append([]byte(nil), b...)
	r.passed.Add(int64(len(b)))
	time.AfterFunc(after, func() { arrive(b) })
}
