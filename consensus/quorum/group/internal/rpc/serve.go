package rpc

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/store/keys"
	"ringfence/store/wire"
)

// maxServing is how many streams one peer may have open: his idle ones, and some
// commands that he forwards.
const maxServing = 24

// Serve answers the calls of one stream until it ends, and closes it. A stranger's
// is closed before a byte of it is read.
func (t *Transport) Serve(s Stream) {
	peer := s.Peer()
	if !t.cfg.Admitted(peer) || !t.beginServing(s) {
		_ = s.Close() // it is gone either way
		return
	}
	defer t.endServing(s)
	if s.SetDeadline(time.Now().Add(callTime)) != nil {
		return
	}
	generation, err := readFrame(s, len(t.cfg.Generation))
	if err != nil || !bytes.Equal(generation, t.cfg.Generation[:]) {
		return
	}
	for {
		if err := t.serveOne(s, peer); err != nil {
			if !errors.Is(err, io.EOF) && t.ctx.Err() == nil {
				t.cfg.Logger.Debug("a regulator's stream ended", "host", peer.Short(), "error", err)
			}
			return
		}
	}
}

func (t *Transport) beginServing(s Stream) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.serving[s.Peer()] >= maxServing {
		return false
	}
	t.serving[s.Peer()]++
	t.open[s] = true
	t.wait.Add(1)
	return true
}

func (t *Transport) endServing(s Stream) {
	t.mu.Lock()
	if t.serving[s.Peer()]--; t.serving[s.Peer()] == 0 {
		delete(t.serving, s.Peer())
	}
	t.mu.Unlock()
	t.end(s)
	t.wait.Done()
}

// serveOne answers one call. An error ends the stream.
func (t *Transport) serveOne(s Stream, peer keys.Public) error {
	if err := s.SetDeadline(time.Now().Add(serveIdle)); err != nil {
		return err
	}
	b, err := readFrame(s, maxFrame)
	if err != nil {
		return err
	}
	if !t.cfg.Admitted(peer) {
		return errors.New("no regulator of this quorum any more")
	}
	if err := s.SetDeadline(time.Now().Add(installTime)); err != nil {
		return err
	}
	response, err := t.answer(s, peer, b)
	var out []byte
	if err == nil {
		out, err = encodeAnswer(response)
	}
	if err == nil {
		return writeFrame(s, out)
	}
	t.cfg.Logger.Debug("a regulator's call is refused", "host", peer.Short(), "error", err)
	if writeFrame(s, encodeFailure(err)) != nil || errors.Is(err, errBroken) {
		return err
	}
	return nil
}

// errBroken marks a call after which the stream stands nobody knows where.
var errBroken = errors.New("the stream is of no use any more")

func (t *Transport) answer(s Stream, peer keys.Public, b []byte) (any, error) {
	r := wire.NewReader("quorum: call", b)
	fields := r.Array("call", 2, 7)
	call := r.Uint("kind", callSubmit)
	want := map[uint64]int{callAppend: 6, callVote: 4, callPreVote: 4, callInstall: 7, callSubmit: 2}[call]
	if r.Err() == nil && fields != want {
		r.Refuse("call", "%d fields where the kind %d has %d", fields, call, want)
	}
	if r.Err() != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, r.Err())
	}
	switch call {
	case callAppend:
		a := readAppend(&r)
		a.RPCHeader = header(raft.ServerID(peer.String()))
		if err := r.End(); err != nil {
			return nil, err
		}
		if err := t.checkAppend(peer, a); err != nil {
			return nil, err
		}
		return t.hand(a, nil)
	case callVote, callPreVote:
		v := readBallot(&r)
		if err := errors.Join(r.End(), checkTerm(t.cfg.Log.Term(), v.term)); err != nil {
			return nil, err
		}
		h := header(raft.ServerID(peer.String()))
		if call == callVote {
			return t.hand(&raft.RequestVoteRequest{RPCHeader: h, Term: v.term, LastLogIndex: v.lastIndex, LastLogTerm: v.lastTerm}, nil)
		}
		return t.hand(&raft.RequestPreVoteRequest{RPCHeader: h, Term: v.term, LastLogIndex: v.lastIndex, LastLogTerm: v.lastTerm}, nil)
	case callInstall:
		return t.install(s, peer, &r)
	default:
		command := r.Bytes("command", 1, MaxCommand)
		if err := r.End(); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(t.ctx, SubmitTime)
		defer cancel()
		got := t.cfg.Submit(ctx, command)
		return &got, nil
	}
}

// install hands a snapshot to Raft. What follows the call on the stream is read to
// its end or the stream is given up.
func (t *Transport) install(s Stream, peer keys.Public, r *wire.Reader) (any, error) {
	a := readInstall(r, t.cfg.MaxSnapshot)
	a.RPCHeader = header(raft.ServerID(peer.String()))
	if err := errors.Join(r.End(), t.checkInstall(a)); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	way := time.Duration(a.Size/slowest) * time.Second
	if err := s.SetDeadline(time.Now().Add(installTime + way)); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	data := &hashed{from: s, left: a.Size, hash: sha256.New()}
	if t.known(a) { // the sender goes on behind it
		if t.cfg.Log.Astray() { // and would come back with it at once, again and again
			return nil, fmt.Errorf("%w: this regulator has lost its place in the log", errBroken)
		}
		if _, err := io.Copy(io.Discard, data); err != nil {
			return nil, fmt.Errorf("%w: %w", errBroken, err)
		}
		term := t.cfg.Log.Term()
		return &raft.InstallSnapshotResponse{Term: term, Success: a.Term >= term}, nil
	}
	response, err := t.hand(a, data)
	if errors.Is(err, errClosed) {
		return nil, fmt.Errorf("%w: %w", errBroken, err) // Raft may still be reading
	}
	if data.err == nil {
		_, _ = io.Copy(io.Discard, data) // its error is kept
	}
	if data.err != io.EOF { //nolint:errorlint // Read's own
		return nil, fmt.Errorf("%w: %w", errBroken, data.err)
	}
	return response, err
}

// hashed reads a snapshot and then the hash that must follow it: one that arrives
// otherwise than it was sent ends in an error and is dropped.
type hashed struct {
	from io.Reader
	left int64
	hash hash.Hash
	err  error
}

func (h *hashed) Read(b []byte) (int, error) {
	if h.err != nil {
		return 0, h.err
	}
	if h.left > 0 {
		n, err := h.from.Read(b[:min(int64(len(b)), h.left)])
		h.left -= int64(n)
		h.hash.Write(b[:n])
		if err != nil {
			h.err = fmt.Errorf("a snapshot breaks off: %w", err)
		}
		return n, h.err
	}
	var sum [sha256.Size]byte
	switch _, err := io.ReadFull(h.from, sum[:]); {
	case err != nil:
		h.err = fmt.Errorf("a snapshot breaks off before its hash: %w", err)
	case !bytes.Equal(sum[:], h.hash.Sum(nil)):
		h.err = errors.New("a snapshot arrived otherwise than it was sent")
	default:
		h.err = io.EOF
	}
	return 0, h.err
}

// hand gives a call to Raft and waits for its answer.
func (t *Transport) hand(command any, data io.Reader) (any, error) {
	answers := make(chan raft.RPCResponse, 1)
	call := raft.RPC{Command: command, Reader: data, RespChan: answers}
	if a, ok := command.(*raft.AppendEntriesRequest); ok && beats(a) {
		t.mu.Lock()
		beat := t.heartbeat
		t.mu.Unlock()
		if beat != nil {
			beat(call) // beside the queue, which a slow disk may hold up
			return t.taken(answers)
		}
	}
	select {
	case t.calls <- call:
		return t.taken(answers)
	case <-t.ctx.Done():
		return nil, errClosed
	}
}

func (t *Transport) taken(answers <-chan raft.RPCResponse) (any, error) {
	select {
	case a := <-answers:
		return a.Response, a.Error
	case <-t.ctx.Done():
		return nil, errClosed
	}
}
