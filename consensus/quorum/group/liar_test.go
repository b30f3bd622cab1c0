package group_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/group/grouptest"
	qt "ringfence/consensus/quorum/quorumtest"
	"ringfence/store/keys"
)

// lie puts a liar in the place of regulator i, who is down. answer makes his answers to
// Raft's calls.
func lie(c *qt.Cluster, i int, answer func(call any) any) *grouptest.Liar {
	l := grouptest.Lie(c.Network(), qt.Key(i), group.Generation{1}, answer)
	c.Finally(l.Close)
	return l
}

func servers(all ...int) []byte { return grouptest.Servers(qt.Hosts(all...)...) }

// quorumOfFour starts four regulators, applies something and replaces one that does
// not lead by a liar.
func quorumOfFour(t *testing.T, c *qt.Cluster, answer func(any) any) (l *grouptest.Liar, leader int, rest []int) {
	t.Helper()
	all := []int{0, 1, 2, 3}
	start(c, all...)
	leader = c.Leader(all...)
	c.MustSubmit(leader, "a")
	c.MustSubmit(leader, "b")
	c.Agree("b", all...)
	bad := (leader + 1) % 4
	c.Kill(bad)
	return lie(c, bad, answer), leader, without(all, bad)
}

func TestAnAbsurdTermChangesNothing(t *testing.T) {
	for name, answer := range map[string]func(any) any{
		"called": nil,
		"answered": func(call any) any {
			switch call.(type) {
			case *raft.AppendEntriesRequest:
				return &raft.AppendEntriesResponse{Term: math.MaxUint64}
			case *raft.RequestVoteRequest:
				return &raft.RequestVoteResponse{Term: math.MaxUint64}
			case *raft.RequestPreVoteRequest:
				return &raft.RequestPreVoteResponse{Term: math.MaxUint64}
			default:
				return &raft.InstallSnapshotResponse{Term: math.MaxUint64}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
				l, leader, rest := quorumOfFour(t, c, answer)
				before := c.Member(leader).Group.Status().Term
				for _, i := range rest {
					to := raft.ServerID(qt.Key(i).String())
					calls := []error{
						l.RequestVote(to, "", &raft.RequestVoteRequest{Term: math.MaxUint64, LastLogIndex: 1000, LastLogTerm: math.MaxUint64}, &raft.RequestVoteResponse{}),
						l.RequestPreVote(to, "", &raft.RequestPreVoteRequest{Term: math.MaxUint64, LastLogIndex: 1000}, &raft.RequestPreVoteResponse{}),
					}
					_, err := l.Append(qt.Key(i), &raft.AppendEntriesRequest{Term: math.MaxUint64})
					calls = append(calls, err)
					_, err = l.Install(qt.Key(i), &raft.InstallSnapshotRequest{Term: math.MaxUint64, LastLogIndex: 1000, Configuration: servers(0)}, nil)
					calls = append(calls, err)
					for k, err := range calls { // of the last the stream is cut while it sends
						if err == nil || k < 3 && !strings.Contains(err.Error(), "no election brought it there") {
							t.Errorf("call %d: %v", k, err)
						}
					}
				}
				time.Sleep(10 * time.Second)
				c.MustSubmit(rest[0], "c")
				c.Agree("c", rest...)
				for _, i := range rest {
					if s := c.Member(i).Group.Status(); s.Term > before+8 {
						t.Errorf("the term went from %d to %d", before, s.Term)
					}
				}
			})
		})
	}
}

// TestALiarRewritesWhatWasApplied: an admitted peer sends entries that contradict
// committed ones. hashicorp/raft v1.8.0 by itself deletes those, keeps his, tells the
// machine nothing, and applies what comes later on top (with the check of the
// transport and that of DeleteRange taken away this test sees it happen).
func TestALiarRewritesWhatWasApplied(t *testing.T) {
	for name, newer := range map[string]uint64{"with a newer term": 1, "with the term that it has": 0} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
				l, leader, rest := quorumOfFour(t, c, nil)
				victim := without(rest, leader)[0]
				g := c.Member(victim).Group
				before := g.Status()
				var held, prev raft.Log
				disk := c.Member(victim).Disk
				at := before.Applied
				if err := errors.Join(disk.GetLog(at, &held), disk.GetLog(at-1, &prev)); err != nil {
					t.Fatal(err)
				}
				forged := &raft.AppendEntriesRequest{
					Term: before.Term + newer, PrevLogEntry: at - 1, PrevLogTerm: prev.Term, LeaderCommitIndex: at,
					Entries: []*raft.Log{{Index: at, Term: before.Term + newer, Type: raft.LogCommand, Data: qt.Command{ID: "forged", Write: true}.Encode()}},
				}
				if _, err := l.Append(qt.Key(victim), forged); err == nil {
					t.Error("the forged entry was taken")
				}
				if err := c.Member(victim).Err(); !errors.Is(err, group.ErrRewritten) {
					t.Errorf("Run returned %v", err)
				}
				if tape := c.Member(victim).Machine.Tape(); !slices.Equal(tape, []string{"a", "b"}) {
					t.Errorf("the machine has %v", tape)
				}
				var after raft.Log
				if err := disk.GetLog(at, &after); err != nil || !bytes.Equal(after.Data, held.Data) {
					t.Errorf("entry %d is another one: %v", at, err)
				}
				c.Start(victim) // and goes on where it was
				c.MustSubmit(victim, "c")
				c.Agree("c", rest...)
			})
		})
	}
}

func TestWhatRaftWouldNotSurviveIsRefused(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		l, leader, rest := quorumOfFour(t, c, nil)
		victim := without(rest, leader)[0]
		s := c.Member(victim).Group.Status()
		next := s.Last + 1
		entry := func(change func(*raft.Log)) *raft.AppendEntriesRequest {
			e := &raft.Log{Index: next, Term: s.Term, Type: raft.LogCommand, Data: []byte("x")}
			change(e)
			return &raft.AppendEntriesRequest{Term: s.Term, PrevLogEntry: s.Last, PrevLogTerm: s.Term, Entries: []*raft.Log{e}, LeaderCommitIndex: next}
		}
		twice := raft.EncodeConfiguration(raft.Configuration{Servers: []raft.Server{
			{ID: raft.ServerID(qt.Key(0).String()), Address: raft.ServerAddress(qt.Key(0).String())},
			{ID: raft.ServerID(qt.Key(0).String()), Address: raft.ServerAddress(qt.Key(0).String())},
		}})
		for name, a := range map[string]*raft.AppendEntriesRequest{
			"a kind nobody knows":       entry(func(e *raft.Log) { e.Type = 77 }),
			"peers of old":              entry(func(e *raft.Log) { e.Type = raft.LogAddPeerDeprecated }),
			"no configuration":          entry(func(e *raft.Log) { e.Type, e.Data = raft.LogConfiguration, []byte{0xc1, 0xff} }),
			"nothing":                   entry(func(e *raft.Log) { e.Type, e.Data = raft.LogConfiguration, nil }),
			"one regulator twice":       entry(func(e *raft.Log) { e.Type, e.Data = raft.LogConfiguration, twice }),
			"a gap":                     entry(func(e *raft.Log) { e.Index += 5 }),
			"an index that was":         entry(func(e *raft.Log) { e.Index-- }),
			"a term after the leader's": entry(func(e *raft.Log) { e.Term++ }),
		} {
			if _, err := l.Append(qt.Key(victim), a); err == nil {
				t.Errorf("%s was taken", name)
			}
		}
		// A configuration that names nobody's key in a snapshot.
		if _, err := l.Install(qt.Key(victim), &raft.InstallSnapshotRequest{Term: s.Term, LastLogIndex: next, LastLogTerm: s.Term, Configuration: []byte{0xc1}}, []byte("x")); err == nil {
			t.Error("a snapshot without a configuration was taken")
		}
		c.MustSubmit(victim, "c")
		c.Agree("c", rest...)
	})
}

func TestASnapshotThatIsForgedOrOldChangesNothing(t *testing.T) {
	often := func(_ int, cfg *group.Config) {
		cfg.SnapshotEvery, cfg.SnapshotCheck, cfg.Trailing = 4, 200*time.Millisecond, 1
	}
	bubble(t, 1, often, func(t *testing.T, c *qt.Cluster) {
		l, leader, rest := quorumOfFour(t, c, nil)
		victim := without(rest, leader)[0]
		m := c.Member(victim)
		var old bytes.Buffer
		w, err := m.Machine.Snapshot()
		if err == nil {
			_, err = w.WriteTo(&old)
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for range 8 {
				c.MustSubmit(leader, "x"+time.Now().String())
				time.Sleep(20 * time.Millisecond)
			}
			time.Sleep(time.Second) // a snapshot is taken and the log shortened
		}
		c.MustSubmit(leader, "z")
		tape := c.Agree("z", rest...)
		s := m.Group.Status()
		ask := func(index uint64) *raft.InstallSnapshotRequest {
			return &raft.InstallSnapshotRequest{Term: s.Term, LastLogIndex: index, LastLogTerm: s.Term, Configuration: servers(0, 1, 2, 3), ConfigurationIndex: 1}
		}
		for _, index := range []uint64{1, s.Applied - 5, s.Applied} {
			if _, err := l.Install(m.Host, ask(index), old.Bytes()); err != nil {
				t.Errorf("an old snapshot: %v", err)
			}
			time.Sleep(time.Second)
			if got := m.Machine.Tape(); !slices.Equal(got, tape) || m.Group.Status().Applied < s.Applied {
				t.Errorf("after an old snapshot, up to entry %d, the machine has %v", index, got)
			}
		}
		for range 3 { // more than are kept beside each other
			if got, err := l.Install(m.Host, ask(s.Applied+100), []byte("a forged snapshot, long enough to have a hash in front")); err == nil && got.Success {
				t.Error("a forged snapshot was taken")
			}
			if err := m.Err(); !errors.Is(err, group.ErrSnapshot) {
				t.Errorf("Run returned %v", err)
			}
			if got := m.Machine.Tape(); !slices.Equal(got, tape) {
				t.Errorf("the machine has %v", got)
			}
			m = c.Start(victim)
			c.Agree("z", rest...)
		}
		c.MustSubmit(victim, "c")
		c.Agree("c", rest...)
	})
}

func TestAStrangerIsNotReadFrom(t *testing.T) {
	admitted := func(i int, cfg *group.Config) {
		cfg.Admitted = func(k keys.Public) bool { return slices.Contains(qt.Hosts(0, 1, 2), k) }
	}
	bubble(t, 1, admitted, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		leader := c.Leader(all...)
		c.MustSubmit(leader, "a")
		before := c.Member(leader).Group.Status().Term
		l := lie(c, 7, nil)
		for _, i := range all {
			if err := l.RequestVote(raft.ServerID(qt.Key(i).String()), "", &raft.RequestVoteRequest{Term: 1 << 10, LastLogIndex: 1 << 40}, &raft.RequestVoteResponse{}); err == nil {
				t.Error("a stranger's call was answered")
			}
			unread, err := l.Host.Dial(context.Background(), qt.Key(i))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if _, err := unread.Write([]byte{0}); err == nil {
				t.Error("a stranger's stream is open after a second")
			}
			if _, err := unread.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("a stranger reads: %v", err)
			}
		}
		if after := c.Member(leader).Group.Status(); after.Term != before || !after.Leading {
			t.Errorf("the term went from %d to %d", before, after.Term)
		}
	})
}
