package tiles

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"ringfence/node/overlay"
)

// errLied is what errors wrap that say: no honest node answers so.
var errLied = errors.New("no honest node answers so")

// errEnded says that a conversation ended before it came to a request.
var errEnded = errors.New("the conversation ended")

// call is one request and where its answer goes.
type call struct {
	ctx  context.Context // of whoever waits for it
	path string
	done chan answer // takes one
}

type answer struct {
	content []byte
	found   bool
	err     error
}

// talk is the asking end of a stream: requests go at once, answers come in order.
type talk struct {
	s      overlay.Stream
	budget *budget
	calls  chan call // asked and not answered yet

	turn  chan struct{} // held by who asks, so that calls have the order of the stream; guards ended
	ended bool
}

func newTalk(s overlay.Stream, b *budget) *talk {
	return &talk{s: s, budget: b, calls: make(chan call, maxAhead), turn: make(chan struct{}, 1)}
}

// ask asks. It does not wait for the answer; false once the talk has ended.
func (t *talk) ask(c call) bool {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.ended {
		return false
	}
	select {
	case t.calls <- c:
	default:
		return false // it is as far behind as may be
	}
	if overlay.WriteFrame(t.s, []byte(c.path)) != nil {
		_ = t.s.Close() // whoever hears sees the end
	}
	return true
}

// run hears answers until the stream ends, ctx does, or nothing was asked for a while.
func (t *talk) run(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { _ = t.s.Close() })()
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		timer.Reset(idle)
		select {
		case c := <-t.calls:
			a := t.hear(ctx, c)
			c.done <- a
			if a.err != nil {
				t.end()
				return
			}
			_ = t.s.SetDeadline(time.Time{}) // else the next request might meet this one's
		case <-timer.C:
			t.end()
			return
		case <-ctx.Done():
			t.end()
			return
		}
	}
}

// end closes the stream and answers what was asked and not answered.
func (t *talk) end() {
	_ = t.s.Close() // whoever asks may be waiting for the other end to read
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	t.ended = true
	for {
		select {
		case c := <-t.calls:
			c.done <- answer{err: errEnded}
		default:
			return
		}
	}
}

// hear reads one answer.
func (t *talk) hear(ctx context.Context, c call) (a answer) {
	var head [4]byte
	r := &paced{s: t.s, begun: time.Now()}
	if _, a.err = io.ReadFull(r, head[:]); a.err != nil {
		return a
	}
	size, most := int64(binary.BigEndian.Uint32(head[:])), int64(mostOf(c.path))+1
	if size < 1 || size > most {
		a.err = fmt.Errorf("%w: %d bytes of an answer that has 1 to %d", errLied, size, most)
		return a
	}
	if size > small { // whoever does not wait for it any more lets others have the room
		defer context.AfterFunc(c.ctx, func() { _ = t.s.Close() })()
		ctx = c.ctx
	}
	free, err := t.budget.take(ctx, int(size))
	if err != nil {
		a.err = err
		return a
	}
	defer free()
	r = &paced{s: t.s, begun: time.Now()}
	b, err := overlay.ReadFrame(io.MultiReader(bytes.NewReader(head[:]), r), int(most))
	switch {
	case err != nil:
		a.err = err
	case b[0] == given:
		a.content, a.found = b[1:], true
	case b[0] != absent || len(b) > 1:
		a.err = fmt.Errorf("%w: an answer of kind %d with %d bytes", errLied, b[0], len(b)-1)
	}
	return a
}

// paced reads from a stream what comes at the pace.
type paced struct {
	s     overlay.Stream
	begun time.Time
	came  int
}

func (p *paced) Read(b []byte) (int, error) {
	if err := p.s.SetDeadline(due(p.begun, p.came)); err != nil {
		return 0, err
	}
	n, err := p.s.Read(b)
	p.came += n
	return n, err
}
