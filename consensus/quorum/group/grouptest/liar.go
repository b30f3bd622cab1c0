// Package grouptest is a regulator who says on Raft's protocol what a test wants: the
// bytes are in order, what they say is not.
//
// It is for tests alone, a room of consensus/quorum/group, whose transport it speaks.
package grouptest

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/group/internal/rpc"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/store/keys"
)

// Liar is an admitted regulator who says what he wants.
type Liar struct {
	*rpc.Transport
	Host *quorumtest.Host

	stop func()
	wait sync.WaitGroup
}

type blind struct{}

func (blind) Term() uint64                    { return math.MaxUint64 - 1<<21 }
func (blind) Leading(uint64) bool             { return true }
func (blind) Committed() uint64               { return 0 }
func (blind) Applied() uint64                 { return 0 }
func (blind) Astray() bool                    { return false }
func (blind) Entry(uint64) (*raft.Log, error) { return nil, raft.ErrLogNotFound }
func (blind) Rewritten(keys.Public, uint64)   {}

// Lie puts a liar in the place of a regulator, who is down. answer makes his answers to
// Raft's calls; nil: he gives none.
func Lie(n *quorumtest.Network, self keys.Public, generation group.Generation, answer func(call any) any) *Liar {
	l := &Liar{stop: func() {}}
	l.Transport = rpc.New(rpc.Config{
		Self: self, Generation: generation, Admitted: func(keys.Public) bool { return true },
		Dial:   func(ctx context.Context, to keys.Public) (rpc.Stream, error) { return l.Host.Dial(ctx, to) },
		Submit: func(context.Context, []byte) rpc.Submitted { return rpc.Submitted{Outcome: rpc.Unknown} },
		Log:    blind{}, MaxSnapshot: group.MaxSnapshot, Heartbeat: time.Second, Logger: slog.New(slog.DiscardHandler),
	})
	l.Host = n.Up(self, l.Serve)
	if answer != nil {
		done := make(chan struct{})
		l.wait.Go(func() {
			for {
				select {
				case call := <-l.Consumer():
					call.Respond(answer(call.Command), nil)
				case <-done:
					return
				}
			}
		})
		l.stop = sync.OnceFunc(func() { close(done) })
		l.SetHeartbeatHandler(func(call raft.RPC) { call.Respond(answer(call.Command), nil) })
	}
	return l
}

// Close takes the liar off.
func (l *Liar) Close() {
	l.stop()
	_ = l.Transport.Close() // it has no error
	l.Host.Down()
	l.wait.Wait()
}

// Append sends entries as a leader does.
func (l *Liar) Append(to keys.Public, a *raft.AppendEntriesRequest) (raft.AppendEntriesResponse, error) {
	var resp raft.AppendEntriesResponse
	err := l.AppendEntries(raft.ServerID(to.String()), "", a, &resp)
	return resp, err
}

// Install sends a snapshot as a leader does.
func (l *Liar) Install(to keys.Public, a *raft.InstallSnapshotRequest, payload []byte) (raft.InstallSnapshotResponse, error) {
	var resp raft.InstallSnapshotResponse
	a.Size = int64(len(payload))
	err := l.InstallSnapshot(raft.ServerID(to.String()), "", a, &resp, bytes.NewReader(payload))
	return resp, err
}

// Servers returns a configuration of voters as Raft writes it.
func Servers(hosts ...keys.Public) []byte {
	var c raft.Configuration
	for _, k := range hosts {
		c.Servers = append(c.Servers, raft.Server{ID: raft.ServerID(k.String()), Address: raft.ServerAddress(k.String())})
	}
	return raft.EncodeConfiguration(c)
}
