package rpc

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/hashicorp/raft"

	"ringfence/store/wire"
)

// Bounds of what travels.
const (
	MaxCommand = 288 << 10 // bytes of one entry's data
	maxBatch   = 512 << 10 // bytes of entries in one call, one entry always among them
	maxEntries = 64        // in one call
	maxFrame   = maxBatch + MaxCommand + 8<<10
	maxConfig  = 64 << 10 // bytes of a configuration
	MaxResult  = 64 << 10 // bytes of what the machine answers to a command
	maxReason  = 512      // bytes of an error told to a peer
	maxIndex   = 1 << 60  // of an entry: none is ever reached
)

// Kinds of calls.
const (
	callAppend = 1 + iota
	callVote
	callPreVote
	callInstall
	callSubmit
)

const noLimit = 1<<64 - 1

func readFrame(r io.Reader, most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if int64(n) > int64(most) {
		return nil, fmt.Errorf("a message of %d bytes, at most %d are read", n, most)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

func writeFrame(w io.Writer, b []byte) error {
	framed := make([]byte, 4, 4+len(b))
	binary.BigEndian.PutUint32(framed, uint32(len(b))) //nolint:gosec // bounded by maxFrame
	_, err := w.Write(append(framed, b...))
	return err
}

func encodeAppend(a *raft.AppendEntriesRequest) []byte {
	size := 64
	for _, e := range a.Entries {
		size += len(e.Data) + 48
	}
	b := wire.AppendArray(make([]byte, 0, size), 6)
	b = wire.AppendUint(b, callAppend)
	b = wire.AppendUint(b, a.Term)
	b = wire.AppendUint(b, a.PrevLogEntry)
	b = wire.AppendUint(b, a.PrevLogTerm)
	b = wire.AppendUint(b, a.LeaderCommitIndex)
	b = wire.AppendArray(b, len(a.Entries))
	for _, e := range a.Entries {
		b = wire.AppendArray(b, 4)
		b = wire.AppendUint(b, e.Index)
		b = wire.AppendUint(b, e.Term)
		b = wire.AppendUint(b, uint64(e.Type))
		b = wire.AppendBytes(b, e.Data)
	}
	return b
}

func readAppend(r *wire.Reader) *raft.AppendEntriesRequest {
	a := &raft.AppendEntriesRequest{
		Term:              r.Uint("term", noLimit),
		PrevLogEntry:      r.Uint("previous index", maxIndex),
		PrevLogTerm:       r.Uint("previous term", noLimit),
		LeaderCommitIndex: r.Uint("commit index", noLimit),
	}
	n := r.Array("entries", 0, maxEntries)
	for range n {
		if r.Err() != nil {
			return a
		}
		r.Array("entry", 4, 4)
		a.Entries = append(a.Entries, &raft.Log{
			Index: r.Uint("index", maxIndex),
			Term:  r.Uint("term", noLimit),
			Type:  raft.LogType(r.Uint("type", 255)), //nolint:gosec // at most 255
			Data:  r.Bytes("data", 0, MaxCommand),
		})
	}
	return a
}

// ballot is what a request for a vote and one for a pre-vote have in common.
type ballot struct{ term, lastIndex, lastTerm uint64 }

func (v ballot) encode(call uint64) []byte {
	b := wire.AppendUint(wire.AppendArray(nil, 4), call)
	b = wire.AppendUint(b, v.term)
	b = wire.AppendUint(b, v.lastIndex)
	return wire.AppendUint(b, v.lastTerm)
}

func readBallot(r *wire.Reader) ballot {
	return ballot{r.Uint("term", noLimit), r.Uint("last index", noLimit), r.Uint("last term", noLimit)}
}

func encodeInstall(a *raft.InstallSnapshotRequest) []byte {
	b := wire.AppendUint(wire.AppendArray(nil, 7), callInstall)
	b = wire.AppendUint(b, a.Term)
	b = wire.AppendUint(b, a.LastLogIndex)
	b = wire.AppendUint(b, a.LastLogTerm)
	b = wire.AppendUint(b, a.ConfigurationIndex)
	b = wire.AppendBytes(b, a.Configuration)
	return wire.AppendUint(b, uint64(a.Size)) //nolint:gosec // a file's size
}

func readInstall(r *wire.Reader, most int64) *raft.InstallSnapshotRequest {
	return &raft.InstallSnapshotRequest{
		SnapshotVersion:    raft.SnapshotVersionMax,
		Term:               r.Uint("term", noLimit),
		LastLogIndex:       r.Uint("last index", maxIndex),
		LastLogTerm:        r.Uint("last term", noLimit),
		ConfigurationIndex: r.Uint("configuration's index", maxIndex),
		Configuration:      r.Bytes("configuration", 1, maxConfig),
		Size:               int64(r.Uint("size", uint64(most))), //nolint:gosec // at most most
	}
}

func encodeSubmit(command []byte) []byte {
	b := wire.AppendUint(wire.AppendArray(make([]byte, 0, len(command)+16), 2), callSubmit)
	return wire.AppendBytes(b, command)
}

// An answer is [0, …] by the kind of the call, or [1, why].

func encodeFailure(err error) []byte {
	why := err.Error()
	if len(why) > maxReason {
		why = why[:maxReason]
	}
	return wire.AppendBytes(wire.AppendUint(wire.AppendArray(nil, 2), 1), []byte(why))
}

func encodeAnswer(response any) ([]byte, error) {
	b := wire.AppendArray(nil, 4)
	b = wire.AppendUint(b, 0)
	switch a := response.(type) {
	case *raft.AppendEntriesResponse:
		b = wire.AppendUint(b, a.Term)
		b = wire.AppendUint(b, a.LastLog)
		return wire.AppendUint(b, flags(a.Success, a.NoRetryBackoff)), nil
	case *raft.RequestVoteResponse:
		b = wire.AppendUint(b, a.Term)
		b = wire.AppendUint(b, 0)
		return wire.AppendUint(b, flags(a.Granted, false)), nil
	case *raft.RequestPreVoteResponse:
		b = wire.AppendUint(b, a.Term)
		b = wire.AppendUint(b, 0)
		return wire.AppendUint(b, flags(a.Granted, false)), nil
	case *raft.InstallSnapshotResponse:
		b = wire.AppendUint(b, a.Term)
		b = wire.AppendUint(b, 0)
		return wire.AppendUint(b, flags(a.Success, false)), nil
	case *Submitted:
		b = wire.AppendUint(b, uint64(a.Outcome))
		b = wire.AppendUint(b, a.Index)
		return wire.AppendBytes(b, a.Result), nil
	}
	return nil, fmt.Errorf("raft answered with a %T", response)
}

func flags(yes, more bool) uint64 {
	var n uint64
	if yes {
		n |= 1
	}
	if more {
		n |= 2
	}
	return n
}

// answer is one of Raft's answers: all have these fields at most.
type answer struct {
	term, last uint64
	yes, more  bool
}

// opened returns a reader that stands behind the head of a good answer.
func opened(b []byte) (wire.Reader, error) {
	r := wire.NewReader("quorum: answer", b)
	n := r.Array("answer", 2, 4)
	failed := r.Uint("outcome", 1) == 1
	switch {
	case r.Err() != nil:
		return r, r.Err()
	case failed && n == 2:
		why := r.Bytes("reason", 0, maxReason)
		if err := r.End(); err != nil {
			return r, err
		}
		return r, fmt.Errorf("the other end answers: %q", why)
	case failed || n != 4:
		return r, fmt.Errorf("quorum: answer: %d fields", n)
	}
	return r, nil
}

func readAnswer(b []byte) (answer, error) {
	r, err := opened(b)
	if err != nil {
		return answer{}, err
	}
	a := answer{term: r.Uint("term", noLimit), last: r.Uint("last index", noLimit)}
	bits := r.Uint("flags", 3)
	a.yes, a.more = bits&1 != 0, bits&2 != 0
	return a, r.End()
}

func readSubmitted(b []byte) (Submitted, error) {
	r, err := opened(b)
	if err != nil {
		return Submitted{}, err
	}
	s := Submitted{Outcome: Outcome(r.Uint("outcome", uint64(lastOutcome))), Index: r.Uint("index", maxIndex)} //nolint:gosec // bounded
	s.Result = r.Bytes("result", 0, MaxResult)
	return s, r.End()
}
