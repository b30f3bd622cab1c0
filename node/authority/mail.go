package authority

import (
	"context"
	"sync"
	"time"

	"ringfence/consensus/quorum"
	"ringfence/node/overlay"
	"ringfence/store/keys"
)

// Of what regulators tell each other beside Raft. It may be lost: what matters is said
// again.
const (
	mailWaits = 256              // messages to one regulator; what comes beyond is lost
	mailTime  = 10 * time.Second // to write one
	mailIdle  = 2 * time.Minute  // a stream on which nothing comes
)

// mail sends messages to other regulators, in order and without waiting.
type mail struct {
	open func(ctx context.Context, to keys.Public) (overlay.Stream, error)
	ctx  context.Context

	mu    sync.Mutex
	boxes map[keys.Public]chan []byte
	parts sync.WaitGroup
}

func newMail(ctx context.Context, open func(ctx context.Context, to keys.Public) (overlay.Stream, error)) *mail {
	return &mail{open: open, ctx: ctx, boxes: make(map[keys.Public]chan []byte)}
}

// send sends a message, which must not change.
func (m *mail) send(to keys.Public, message []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx.Err() != nil {
		return
	}
	box := m.boxes[to]
	if box == nil {
		box = make(chan []byte, mailWaits)
		m.boxes[to] = box
		m.parts.Go(func() { m.deliver(to, box) })
	}
	select {
	case box <- message:
	default:
	}
}

// deliver writes what is to go to one regulator on one stream, for as long as that lasts.
func (m *mail) deliver(to keys.Public, box <-chan []byte) {
	var s overlay.Stream
	drop := func() {
		if s != nil {
			_ = s.Close() // it is gone either way
			s = nil
		}
	}
	defer drop()
	for {
		select {
		case <-m.ctx.Done():
			return
		case message := <-box:
			if s == nil {
				var err error
				if s, err = m.open(m.ctx, to); err != nil {
					s = nil
					continue
				}
			}
			err := s.SetDeadline(time.Now().Add(mailTime))
			if err == nil {
				err = overlay.WriteFrame(s, message)
			}
			if err != nil {
				drop()
			}
		}
	}
}

// wait waits until nothing is under way. The context must have ended.
func (m *mail) wait() { m.parts.Wait() }

// receive reads what another regulator sends until its stream ends or says nothing for
// long.
func receive(s overlay.Stream, take func(from keys.Public, message []byte) error) error {
	defer func() { _ = s.Close() }() // it is gone either way
	for {
		if err := s.SetDeadline(time.Now().Add(mailIdle)); err != nil {
			return err
		}
		b, err := overlay.ReadFrame(s, quorum.MaxMessage)
		if err != nil {
			return nil // its end, which the other notices
		}
		if err := take(s.Peer(), b); err != nil {
			return err
		}
	}
}
