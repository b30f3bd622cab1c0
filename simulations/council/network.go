package council

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/group"
	"ringfence/store/keys"
)

// What a connection is for, in its first byte; whose it is follows.
const (
	forRaft     = 1
	forMessages = 2
)

// waiting is how many messages to one regulator wait to be sent; what is more is lost.
const waiting = 256

// network is the loopback: who listens where.
type network struct {
	mu        sync.Mutex
	addresses map[keys.Public]string
}

// place is one regulator's place on the network.
type place struct {
	net    *network
	self   keys.Public
	listen net.Listener
	under  sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool // nil once it is closed
	queues map[keys.Public]chan []byte
}

// enter listens for a regulator, which hear returns once there is one.
func (n *network) enter(self keys.Public, hear func() *quorum.Regulator) (*place, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &place{net: n, self: self, listen: l, open: make(map[net.Conn]bool), queues: make(map[keys.Public]chan []byte)}
	n.mu.Lock()
	n.addresses[self] = l.Addr().String()
	n.mu.Unlock()
	p.under.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if p.holds(c) {
				p.under.Go(func() { p.serve(c, hear()) })
			}
		}
	})
	return p, nil
}

// holds notes a connection that ends with the place, unless that has ended.
func (p *place) holds(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		_ = c.Close()
		return false
	}
	p.open[c] = true
	return true
}

func (p *place) ends(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
	_ = c.Close()
}

// leave ends all connections, and returns when nobody is served any more.
func (p *place) leave() {
	_ = p.listen.Close()
	p.mu.Lock()
	for c := range p.open {
		_ = c.Close()
	}
	for _, q := range p.queues {
		close(q)
	}
	p.open, p.queues = nil, nil
	p.mu.Unlock()
	p.under.Wait()
}

// serve takes what comes on a connection.
func (p *place) serve(c net.Conn, r *quorum.Regulator) {
	defer p.ends(c)
	var head [1 + keys.PublicSize]byte
	if _, err := io.ReadFull(c, head[:]); err != nil || r == nil {
		return
	}
	from := keys.Public(head[1:])
	if head[0] == forRaft {
		r.Serve(stream{c, from})
		return
	}
	for {
		var size [4]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(size[:])
		if n > quorum.MaxMessage {
			return
		}
		message := make([]byte, n)
		if _, err := io.ReadFull(c, message); err != nil {
			return
		}
		if err := r.Receive(from, message); err != nil {
			return
		}
	}
}

// stream is a TCP connection whose other end is known.
type stream struct {
	net.Conn
	peer keys.Public
}

// Peer implements group.Stream.
func (s stream) Peer() keys.Public { return s.peer }

// dial connects to another.
func (p *place) dial(ctx context.Context, to keys.Public, purpose byte) (net.Conn, error) {
	p.net.mu.Lock()
	address := p.net.addresses[to]
	p.net.mu.Unlock()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if !p.holds(c) {
		return nil, net.ErrClosed
	}
	if _, err := c.Write(append([]byte{purpose}, p.self[:]...)); err != nil {
		p.ends(c)
		return nil, fmt.Errorf("council: %w", err)
	}
	return c, nil
}

// Dial implements quorum.Network.
func (p *place) Dial(ctx context.Context, to keys.Public) (group.Stream, error) {
	c, err := p.dial(ctx, to, forRaft)
	if err != nil {
		return nil, err
	}
	return stream{c, to}, nil
}

// Send implements quorum.Network.
func (p *place) Send(to keys.Public, message []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		return
	}
	q := p.queues[to]
	if q == nil {
		q = make(chan []byte, waiting)
		p.queues[to] = q
		p.under.Go(func() { p.send(to, q) })
	}
	select {
	case q <- message:
	default:
	}
}

// send sends what waits for one regulator. What cannot be sent is lost.
func (p *place) send(to keys.Public, q <-chan []byte) {
	var c net.Conn
	for message := range q {
		var err error
		if c == nil {
			c, err = p.dial(context.Background(), to, forMessages)
		}
		if err == nil {
			_, err = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...))
		}
		if err != nil && c != nil {
			p.ends(c)
			c = nil
		}
	}
}
