package rpc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/store/keys"
)

// maxIdle is how many streams to one peer wait for the next call: heartbeats,
// appends and forwarded commands each have theirs.
const maxIdle = 4

// chunk is how much is written at a time, so that streams of one connection take
// turns and a heartbeat waits for no more than one of them.
const chunk = 16 << 10

// ask makes one call of Raft and returns its answer, checked.
func (t *Transport) ask(id raft.ServerID, call []byte, data io.Reader, within time.Duration) (answer, keys.Public, error) {
	to, ok := Host(id)
	if !ok {
		return answer{}, to, fmt.Errorf("quorum: call %q: no host key", id)
	}
	within += time.Duration(len(call)/slowest) * time.Second
	ctx, cancel := context.WithTimeout(t.ctx, within)
	defer cancel()
	b, _, err := t.call(ctx, to, call, data)
	var a answer
	if err == nil {
		a, err = readAnswer(b)
	}
	if err == nil {
		err = checkTerm(t.cfg.Log.Term(), a.term)
	}
	if err != nil {
		return answer{}, to, fmt.Errorf("quorum: call %s: %w", to.Short(), err)
	}
	return a, to, nil
}

// call makes one call. When sent is false the other end cannot have read the whole
// of it.
func (t *Transport) call(ctx context.Context, to keys.Public, call []byte, data io.Reader) (b []byte, sent bool, err error) {
	if !t.cfg.Admitted(to) {
		return nil, false, errors.New("no regulator of this quorum")
	}
	for {
		s := t.rested(to)
		rested := s != nil
		if !rested {
			if s, err = t.stream(ctx, to); err != nil {
				return nil, false, err
			}
		}
		b, sent, err = t.exchange(ctx, s, call, data)
		if err == nil || sent || !rested || ctx.Err() != nil {
			return b, sent, err
		} // it was closed while it rested
	}
}

// stream opens a stream to a peer.
func (t *Transport) stream(ctx context.Context, to keys.Public) (Stream, error) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil, errClosed
	}
	t.wait.Add(1)
	t.mu.Unlock()
	defer t.wait.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(t.ctx, cancel)()
	defer cancel()
	s, err := t.cfg.Dial(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	if !t.begin(s) {
		_ = s.Close() // it is gone either way
		return nil, errClosed
	}
	deadline, _ := ctx.Deadline()
	if err := errors.Join(s.SetDeadline(deadline), writeFrame(s, t.cfg.Generation[:])); err != nil {
		t.end(s)
		return nil, fmt.Errorf("dial: %w", err)
	}
	return s, nil
}

var errClosed = errors.New("quorum: the group is closed")

func (t *Transport) rested(to keys.Public) Stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	for rest := t.idle[to]; len(rest) > 0; {
		last := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		t.idle[to] = rest
		if time.Since(last.since) < idleTime {
			return last.stream
		}
		delete(t.open, last.stream)
		_ = last.stream.Close() // it is gone either way
	}
	return nil
}

// exchange writes a call, and what follows it, and reads the answer. The stream
// then rests, or is closed when anything went wrong. When sent is false, not all of
// the call was written.
func (t *Transport) exchange(ctx context.Context, s Stream, call []byte, data io.Reader) (b []byte, sent bool, err error) {
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	defer func() {
		if err != nil {
			t.end(s)
		}
	}()
	if deadline, ok := ctx.Deadline(); ok {
		if err := s.SetDeadline(deadline); err != nil {
			return nil, false, err
		}
	}
	if err := writeFrame(chunked{s}, call); err != nil {
		return nil, false, err
	}
	if data != nil {
		if err := sendAll(s, data); err != nil {
			return nil, true, err
		}
	}
	if b, err = readFrame(s, MaxResult+maxReason+64); err != nil {
		return nil, true, err
	}
	t.rest(s)
	return b, true, nil
}

func (t *Transport) rest(s Stream) {
	t.mu.Lock()
	full := t.closed || len(t.idle[s.Peer()]) >= maxIdle
	if !full {
		t.idle[s.Peer()] = append(t.idle[s.Peer()], resting{s, time.Now()})
	}
	t.mu.Unlock()
	if full {
		t.end(s)
	}
}

// sendAll writes a snapshot and the hash of what was written.
func sendAll(s Stream, data io.Reader) error {
	h := sha256.New()
	if _, err := io.CopyBuffer(onlyWriter{chunked{s}}, io.TeeReader(data, h), make([]byte, chunk)); err != nil {
		return err
	}
	_, err := s.Write(h.Sum(nil))
	return err
}

type onlyWriter struct{ io.Writer }

type chunked struct{ io.Writer }

func (c chunked) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := c.Writer.Write(b[done:min(len(b), done+chunk)])
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
