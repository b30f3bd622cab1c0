package rpc

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/store/keys"
)

// Stream is a conversation with one regulator, whose host key the stream has proven.
type Stream interface {
	io.Reader
	io.Writer
	Peer() keys.Public
	SetDeadline(t time.Time) error
	// Close ends both directions at once; it may be called again, and ends a Read or
	// Write that waits.
	Close() error
}

// Outcome is what became of a submitted command.
type Outcome uint8

const (
	Applied     Outcome = iota // Result is what the machine answered
	NoLeader                   // nothing happened
	Unknown                    // it may have happened or happen yet
	lastOutcome = Unknown
)

// Submitted is the answer to a forwarded command.
type Submitted struct {
	Outcome Outcome
	Index   uint64
	Result  []byte
}

// Config is what a Transport is made of. All of it is needed.
type Config struct {
	Self        keys.Public
	Generation  [32]byte
	Dial        func(ctx context.Context, to keys.Public) (Stream, error)
	Admitted    func(keys.Public) bool // may take part; asked for every call
	Submit      func(ctx context.Context, command []byte) Submitted
	Log         Log
	MaxSnapshot int64         // bytes
	Heartbeat   time.Duration // a call takes at most so long, there and back, and longer by its size
	Logger      *slog.Logger
}

// Times of calls that carry much.
const (
	slowest     = 32 << 10 // bytes a second that a link carries at least
	callTime    = 10 * time.Second
	idleTime    = time.Minute      // a caller keeps a stream so long,
	serveIdle   = 2 * time.Minute  // a server waits so long for the next call
	SubmitTime  = 30 * time.Second // for a forwarded command to be applied
	installTime = 2 * time.Minute  // for a snapshot to be restored, besides its way
)

// Transport is Raft's, and carries forwarded commands beside its calls. It is made
// by New and ended by Close; until then Serve takes streams.
type Transport struct {
	cfg   Config
	calls chan raft.RPC
	ctx   context.Context // ends with Close
	close context.CancelFunc
	wait  sync.WaitGroup // Serves and calls under way

	mu        sync.Mutex
	closed    bool
	heartbeat func(raft.RPC)
	open      map[Stream]bool           // all streams, so that Close ends them
	serving   map[keys.Public]int       // streams that a peer has opened
	idle      map[keys.Public][]resting // streams that wait for the next call
	peers     map[keys.Public]*Progress
}

type resting struct {
	stream Stream
	since  time.Time
}

// Progress is what is known of a peer by the answers it gave.
type Progress struct {
	Contact time.Time // last answer; zero: none yet
	Match   uint64    // up to here its log is the own, by the last append it took
}

// New returns a transport.
func New(cfg Config) *Transport {
	ctx, cancel := context.WithCancel(context.Background())
	return &Transport{
		cfg: cfg, calls: make(chan raft.RPC), ctx: ctx, close: cancel,
		open: make(map[Stream]bool), serving: make(map[keys.Public]int),
		idle: make(map[keys.Public][]resting), peers: make(map[keys.Public]*Progress),
	}
}

// Close ends every stream and call and waits for them.
func (t *Transport) Close() error {
	t.close()
	t.mu.Lock()
	t.closed = true
	for s := range t.open {
		_ = s.Close() // it is gone either way
	}
	t.mu.Unlock()
	t.wait.Wait()
	return nil
}

// Peer returns what is known of a peer.
func (t *Transport) Peer(k keys.Public) Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.peers[k]; p != nil {
		return *p
	}
	return Progress{}
}

func (t *Transport) noteContact(k keys.Public, note func(*Progress)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.peers[k]
	if p == nil {
		p = &Progress{}
		t.peers[k] = p
	}
	p.Contact = time.Now()
	note(p)
}

// begin takes a stream into the books; false: the transport is closed.
func (t *Transport) begin(s Stream) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.open[s] = true
	return true
}

func (t *Transport) end(s Stream) {
	t.mu.Lock()
	delete(t.open, s)
	t.mu.Unlock()
	_ = s.Close() // it is gone either way
}

// Consumer is raft.Transport's.
func (t *Transport) Consumer() <-chan raft.RPC { return t.calls }

// LocalAddr is raft.Transport's: the host key in hexadecimal.
func (t *Transport) LocalAddr() raft.ServerAddress { return raft.ServerAddress(t.cfg.Self.String()) }

// EncodePeer is raft.Transport's.
func (t *Transport) EncodePeer(_ raft.ServerID, a raft.ServerAddress) []byte { return []byte(a) }

// DecodePeer is raft.Transport's.
func (t *Transport) DecodePeer(b []byte) raft.ServerAddress { return raft.ServerAddress(b) }

// SetHeartbeatHandler is raft.Transport's.
func (t *Transport) SetHeartbeatHandler(f func(raft.RPC)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heartbeat = f
}

// AppendEntriesPipeline is raft.Transport's.
func (t *Transport) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}

// TimeoutNow is raft.Transport's. Leadership is never transferred (hashicorp/raft
// issue 696): a peer whose leadership is taken hands it on by silence.
func (t *Transport) TimeoutNow(raft.ServerID, raft.ServerAddress, *raft.TimeoutNowRequest, *raft.TimeoutNowResponse) error {
	return errors.New("leadership is never transferred")
}

// AppendEntries is raft.Transport's. Of more entries than one call carries it sends
// the first ones and cuts args to them, which is what Raft then counts as appended.
func (t *Transport) AppendEntries(id raft.ServerID, _ raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	if !t.cfg.Log.Leading(args.Term) {
		return errDeposed
	}
	args.Entries = fitting(args.Entries)
	a, to, err := t.ask(id, encodeAppend(args), nil, t.cfg.Heartbeat)
	if err != nil {
		return err
	}
	*resp = raft.AppendEntriesResponse{RPCHeader: header(id), Term: a.term, LastLog: a.last, Success: a.yes, NoRetryBackoff: a.more}
	t.noteContact(to, func(p *Progress) {
		switch {
		case beats(args):
		case a.yes:
			p.Match = args.PrevLogEntry + uint64(len(args.Entries))
		default:
			p.Match = min(p.Match, a.last)
		}
	})
	return nil
}

// errDeposed answers a leader of the past: Raft's heartbeats to a peer go on as long
// as its last append to him has no answer, and would keep him from electing another.
var errDeposed = errors.New("quorum: this regulator leads no more")

// beats reports whether it is a heartbeat, which Raft may take beside all else.
func beats(a *raft.AppendEntriesRequest) bool {
	return a.PrevLogEntry == 0 && a.PrevLogTerm == 0 && len(a.Entries) == 0 && a.LeaderCommitIndex == 0
}

func fitting(entries []*raft.Log) []*raft.Log {
	size := 0
	for i, e := range entries {
		size += len(e.Data) + 48
		if i > 0 && (size > maxBatch || i == maxEntries) {
			return entries[:i]
		}
	}
	return entries
}

// RequestVote is raft.Transport's.
func (t *Transport) RequestVote(id raft.ServerID, _ raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	v := ballot{args.Term, args.LastLogIndex, args.LastLogTerm}
	a, _, err := t.ask(id, v.encode(callVote), nil, t.cfg.Heartbeat)
	if err == nil {
		*resp = raft.RequestVoteResponse{RPCHeader: header(id), Term: a.term, Granted: a.yes}
	}
	return err
}

// RequestPreVote is raft.WithPreVote's.
func (t *Transport) RequestPreVote(id raft.ServerID, _ raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	v := ballot{args.Term, args.LastLogIndex, args.LastLogTerm}
	a, _, err := t.ask(id, v.encode(callPreVote), nil, t.cfg.Heartbeat)
	if err == nil {
		*resp = raft.RequestPreVoteResponse{RPCHeader: header(id), Term: a.term, Granted: a.yes}
	}
	return err
}

// InstallSnapshot is raft.Transport's.
func (t *Transport) InstallSnapshot(id raft.ServerID, _ raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	if args.Size > t.cfg.MaxSnapshot {
		return fmt.Errorf("quorum: the own snapshot has %d bytes, at most %d are sent", args.Size, t.cfg.MaxSnapshot)
	}
	within := installTime + time.Duration(args.Size/slowest)*time.Second
	a, _, err := t.ask(id, encodeInstall(args), io.LimitReader(data, args.Size), within)
	if err == nil {
		*resp = raft.InstallSnapshotResponse{RPCHeader: header(id), Term: a.term, Success: a.yes}
	}
	return err
}

func header(id raft.ServerID) raft.RPCHeader {
	return raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(id), Addr: []byte(id)}
}

// Host returns the host key that a server is named by; false: none. That it is a
// sound key was looked at when the configuration came (Configuration).
func Host(id raft.ServerID) (k keys.Public, ok bool) {
	if len(id) != 2*len(k) {
		return keys.Public{}, false
	}
	_, err := hex.Decode(k[:], []byte(id))
	return k, err == nil
}

// Forward gives a command to the leader. An error says that he cannot have read it;
// once he may have, the outcome is Unknown instead.
func (t *Transport) Forward(ctx context.Context, to keys.Public, command []byte) (Submitted, error) {
	ctx, cancel := context.WithTimeout(ctx, SubmitTime+callTime)
	defer cancel()
	b, sent, err := t.call(ctx, to, encodeSubmit(command), nil)
	if err != nil && !sent {
		return Submitted{}, fmt.Errorf("quorum: forward to %s: %w", to.Short(), err)
	}
	got, bad := readSubmitted(b)
	if err != nil || bad != nil {
		return Submitted{Outcome: Unknown}, nil //nolint:nilerr // that is what the outcome says
	}
	got.Result = bytes.Clone(got.Result)
	return got, nil
}
