package rpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/store/keys"
	"ringfence/store/wire"
)

type log struct{}

func (log) Term() uint64                      { return 5 }
func (log) Leading(uint64) bool               { return true }
func (log) Committed() uint64                 { return 3 }
func (log) Applied() uint64                   { return 3 }
func (log) Astray() bool                      { return false }
func (log) Entry(i uint64) (*raft.Log, error) { return &raft.Log{Index: i, Term: 1}, nil }
func (log) Rewritten(keys.Public, uint64)     {}

// canned is a stream that has been written, and keeps what is answered.
type canned struct {
	io.Reader
	out bytes.Buffer
}

func (c *canned) Write(b []byte) (int, error) { return c.out.Write(b) }
func (c *canned) Peer() keys.Public           { return keys.FromSeed([32]byte{1}).Public() }
func (c *canned) SetDeadline(time.Time) error { return nil }
func (c *canned) Close() error                { return nil }

// serving returns a transport whose Raft answers everything with yes.
func serving(t testing.TB) *Transport {
	tr := New(Config{
		Generation: [32]byte{9}, Admitted: func(keys.Public) bool { return true }, Log: log{}, MaxSnapshot: 1 << 10,
		Submit:    func(context.Context, []byte) Submitted { return Submitted{Result: []byte("yes")} },
		Heartbeat: time.Second, Logger: slog.New(slog.DiscardHandler),
	})
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case call := <-tr.Consumer():
				var response any
				switch c := call.Command.(type) {
				case *raft.AppendEntriesRequest:
					for _, e := range c.Entries { // what Raft does at once, and panics over
						if e.Type == raft.LogConfiguration {
							raft.DecodeConfiguration(e.Data)
						}
					}
					response = &raft.AppendEntriesResponse{Success: true}
				case *raft.RequestVoteRequest:
					response = &raft.RequestVoteResponse{Granted: true}
				case *raft.RequestPreVoteRequest:
					response = &raft.RequestPreVoteResponse{Granted: true}
				case *raft.InstallSnapshotRequest:
					raft.DecodeConfiguration(c.Configuration)
					_, _ = io.Copy(io.Discard, call.Reader)
					response = &raft.InstallSnapshotResponse{Success: true}
				}
				call.Respond(response, nil)
			case <-done:
				return
			}
		}
	}()
	t.Cleanup(func() { close(done); <-ended; _ = tr.Close() })
	return tr
}

func frames(all ...[]byte) []byte {
	var b bytes.Buffer
	for _, f := range all {
		_ = writeFrame(&b, f) // into memory
	}
	return b.Bytes()
}

func configuration(servers ...raft.Server) []byte {
	return raft.EncodeConfiguration(raft.Configuration{Servers: servers})
}

func seeds() [][]byte {
	me := keys.FromSeed([32]byte{2}).Public().String()
	good := configuration(raft.Server{ID: raft.ServerID(me), Address: raft.ServerAddress(me)})
	return [][]byte{
		encodeAppend(&raft.AppendEntriesRequest{Term: 5, PrevLogEntry: 3, PrevLogTerm: 1, LeaderCommitIndex: 4, Entries: []*raft.Log{
			{Index: 4, Term: 2, Type: raft.LogCommand, Data: []byte("x")}, {Index: 5, Term: 5, Type: raft.LogConfiguration, Data: good},
		}}),
		encodeAppend(&raft.AppendEntriesRequest{Term: 5}),
		ballot{5, 3, 1}.encode(callVote), ballot{5, 3, 1}.encode(callPreVote),
		encodeSubmit([]byte("command")),
		encodeInstall(&raft.InstallSnapshotRequest{Term: 5, LastLogIndex: 9, LastLogTerm: 5, ConfigurationIndex: 1, Configuration: good, Size: 0}),
	}
}

// FuzzCall: whatever a regulator sends, Raft is handed only what it survives, and
// the stream is answered or ends.
func FuzzCall(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, call []byte) {
		tr := serving(t)
		s := &canned{Reader: bytes.NewReader(frames(make([]byte, 0), call))}
		tr.Serve(s)
		if s.out.Len() != 0 {
			t.Fatal("a stream of another generation was answered")
		}
		g := tr.cfg.Generation
		s = &canned{Reader: bytes.NewReader(append(frames(g[:], call), make([]byte, 32)...))}
		tr.Serve(s)
		if s.out.Len() > maxFrame {
			t.Fatalf("%d bytes of answer", s.out.Len())
		}
	})
}

func FuzzAnswer(f *testing.F) {
	for _, a := range []any{&raft.AppendEntriesResponse{Term: 3, LastLog: 9, Success: true}, &Submitted{Outcome: Applied, Index: 3, Result: []byte("x")}} {
		b, err := encodeAnswer(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(encodeFailure(errors.New("why")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := readSubmitted(b); err == nil {
			again, err := encodeAnswer(&s)
			if err != nil || !bytes.Equal(again, b) {
				t.Errorf("%x was read and is written %x: %v", b, again, err)
			}
		}
		_, _ = readAnswer(b) // does not panic
	})
}

func TestCallsAreReadAsTheyWereWritten(t *testing.T) {
	a := &raft.AppendEntriesRequest{Term: 5, PrevLogEntry: 3, PrevLogTerm: 1, LeaderCommitIndex: 4, Entries: []*raft.Log{
		{Index: 4, Term: 2, Type: raft.LogCommand, Data: []byte("x")}, {Index: 5, Term: 5, Type: raft.LogNoop, Data: []byte{}},
	}}
	read := func(b []byte, fields int) *wire.Reader {
		r := wire.NewReader("test", b)
		r.Array("call", fields, fields)
		r.Uint("kind", 9)
		return &r
	}
	r := read(encodeAppend(a), 6)
	if got := readAppend(r); r.End() != nil || !reflect.DeepEqual(got, a) {
		t.Errorf("%+v: %v", got, r.End())
	}
	v := ballot{7, 8, math.MaxUint64}
	r = read(v.encode(callVote), 4)
	if got := readBallot(r); r.End() != nil || got != v {
		t.Errorf("%+v: %v", got, r.End())
	}
	i := &raft.InstallSnapshotRequest{SnapshotVersion: 1, Term: 1, LastLogIndex: 2, LastLogTerm: 3, ConfigurationIndex: 4, Configuration: []byte{5}, Size: 6}
	r = read(encodeInstall(i), 7)
	if got := readInstall(r, 6); r.End() != nil || !reflect.DeepEqual(got, i) {
		t.Errorf("%+v: %v", got, r.End())
	}
	r = read(encodeInstall(i), 7)
	if readInstall(r, 5); r.End() == nil {
		t.Error("a snapshot larger than may be")
	}
	b, err := encodeAnswer(&raft.AppendEntriesResponse{Term: 3, LastLog: 9, Success: true, NoRetryBackoff: true})
	if got, bad := readAnswer(b); err != nil || bad != nil || got != (answer{3, 9, true, true}) {
		t.Errorf("%+v: %v %v", got, err, bad)
	}
	if _, err := readAnswer(encodeFailure(errors.New("because"))); err == nil || !bytes.Contains([]byte(err.Error()), []byte("because")) {
		t.Errorf("%v", err)
	}
}

// TestABatchIsCutToWhatALinkCarries: Raft counts as appended what is left in the call.
func TestABatchIsCutToWhatALinkCarries(t *testing.T) {
	var all []*raft.Log
	for i := range 10 {
		all = append(all, &raft.Log{Index: uint64(i), Data: make([]byte, 200<<10)})
	}
	if got := fitting(all); len(got) != 2 {
		t.Errorf("%d entries of 200 KiB in a call", len(got))
	}
	all[0].Data = make([]byte, 1<<20)
	if got := fitting(all); len(got) != 1 {
		t.Errorf("%d entries, one always", len(got))
	}
	for _, e := range all {
		e.Data = nil
	}
	if got := fitting(all); len(got) != 10 {
		t.Errorf("%d small entries", len(got))
	}
}

func TestLengthsAreBoundedBeforeAllocation(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff}
	if n := testing.AllocsPerRun(10, func() {
		if _, err := readFrame(bytes.NewReader(huge), maxFrame); err == nil {
			t.Error("a frame of 4 GiB")
		}
	}); n > 20 {
		t.Errorf("%v allocations", n)
	}
}

// TestAConfigurationThatPromisesMuch: a few bytes that announce billions of servers,
// or of bytes, cost nothing.
func TestAConfigurationThatPromisesMuch(t *testing.T) {
	for name, b := range map[string][]byte{
		"servers": append([]byte("\x81\xa7Servers"), 0xdd, 0xff, 0xff, 0xff, 0xff),
		"map":     {0xdf, 0xff, 0xff, 0xff, 0xff},
		"text":    append([]byte("\x81\xa7Servers\x91\x83\xa2ID"), 0xdb, 0xff, 0xff, 0xff, 0xff),
		"bytes":   append([]byte("\x81\xa7Servers\x91\x83\xa2ID"), 0xc6, 0xff, 0xff, 0xff, 0xff),
		"nested":  bytes.Repeat([]byte{0x91}, maxConfig),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		if _, err := Configuration(b); err == nil {
			t.Errorf("%s was read", name)
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
			t.Errorf("%s: %d bytes allocated", name, grown)
		}
		t.Log(name, time.Since(begun), after.TotalAlloc-before.TotalAlloc)
	}
}
