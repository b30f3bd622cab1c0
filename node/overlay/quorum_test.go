package overlay_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/keys"
)

// regulator is one regulator's group over its overlay.
type regulator struct {
	group   *group.Group
	machine *quorumtest.Machine
	stop    context.CancelFunc
	done    chan struct{}
	err     error
}

func regulate(t *testing.T, o *overlay.Overlay, dir string, first []keys.Public, timing group.Timing) *regulator {
	t.Helper()
	r := &regulator{machine: quorumtest.NewMachine(), done: make(chan struct{})}
	g, err := group.New(group.Config{
		Self: o.Self(), Generation: group.Generation{1}, Dir: dir, First: first, Machine: r.machine,
		Dial:     func(ctx context.Context, to keys.Public) (group.Stream, error) { return o.OpenQuorum(ctx, to) },
		Admitted: func(k keys.Public) bool { return slices.Contains(first, k) },
		Timing:   timing, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.group = g
	o.HandleQuorum(func(s overlay.Stream) { g.Serve(s) })
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() {
		defer close(r.done)
		r.err = g.Run(ctx)
	}()
	return r
}

func (r *regulator) end(t *testing.T) {
	r.stop()
	if <-r.done; r.err != nil {
		t.Error(r.err)
	}
}

func (r *regulator) submit(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		_, err := r.group.Submit(ctx, quorumtest.Command{ID: id}.Encode())
		if err == nil || ctx.Err() != nil || !errors.Is(err, group.ErrUnknown) && !errors.Is(err, group.ErrStopped) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// quorumOf runs a quorum of four beside a member that is no regulator: commands are
// applied, the leader is lost and replaced, the other member hears nothing.
func quorumOf(t *testing.T, all []*overlay.Overlay) {
	overlaytest.Whole(t, overlaytest.Patience, all...)
	var first []keys.Public
	for _, o := range all[:4] {
		first = append(first, o.Self())
	}
	dir := t.TempDir()
	var regs []*regulator
	for i, o := range all[:4] {
		regs = append(regs, regulate(t, o, fmt.Sprint(dir, "/", i), first, group.Loopback()))
	}
	var ended sync.Once
	defer ended.Do(func() {
		for _, r := range regs {
			r.end(t)
		}
	})
	for i := range 8 {
		if err := regs[i%4].submit(fmt.Sprint("x", i)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := all[4].OpenQuorum(t.Context(), all[0].Self())
	if err == nil {
		_ = s.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err = s.Write([]byte{0, 0, 0, 1, 1}); err == nil {
			_, err = s.Read(make([]byte, 1))
		}
		_ = s.Close()
	}
	if err == nil {
		t.Error("a member who is no regulator was answered")
	}
	lead := slices.IndexFunc(regs, func(r *regulator) bool { return r.group.Status().Leading })
	if lead < 0 {
		t.Fatal("nobody leads")
	}
	regs[lead].end(t)
	lost := time.Now()
	rest := slices.Delete(slices.Clone(regs), lead, lead+1)
	if err := rest[0].submit("after"); err != nil {
		t.Fatal(err)
	}
	t.Logf("the next apply came %v after the leader had gone", time.Since(lost).Round(time.Millisecond))
	overlaytest.Within(t, 10*time.Second, "the same on all", func() bool {
		return len(rest[0].machine.Tape()) == 9 && slices.Equal(rest[0].machine.Tape(), rest[1].machine.Tape()) && slices.Equal(rest[0].machine.Tape(), rest[2].machine.Tape())
	})
	regs = rest
}

func TestAQuorumOnLoopback(t *testing.T) {
	quorumOf(t, overlaytest.Net(t, overlaytest.Found("quorum", 5), nil))
}

func TestAQuorumInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		all, stop := net.Net(t, overlaytest.Found("quorum", 5), nil)
		quorumOf(t, all)
		stop()
		net.Close()
	})
}

// TestAQuorumOnASlowLink is F13 for Raft, in virtual time: 1 Mb/s, a round trip of
// 100 to 500 ms, one packet of twenty lost, and commands of 100 KiB.
func TestAQuorumOnASlowLink(t *testing.T) {
	const minutes = 4
	synctest.Test(t, func(t *testing.T) {
		net := overlaytest.NewSimnet(overlaytest.SimnetConfig{
			Latency: func(int, int) time.Duration { return 50 * time.Millisecond },
			Jitter:  200 * time.Millisecond, Loss: 0.05, BitsPerSecond: 1_000_000,
		})
		all, stop := net.Net(t, overlaytest.Found("quorum", 4), nil)
		overlaytest.Whole(t, overlaytest.Patience, all...)
		var first []keys.Public
		for _, o := range all {
			first = append(first, o.Self())
		}
		dir := t.TempDir()
		var regs []*regulator
		for i, o := range all {
			regs = append(regs, regulate(t, o, fmt.Sprint(dir, "/", i), first, group.WAN()))
		}
		leads := func() int { return slices.IndexFunc(regs, func(r *regulator) bool { return r.group.Status().Leading }) }
		overlaytest.Within(t, time.Minute, "a leader", func() bool { return leads() >= 0 })
		before := regs[leads()].group.Status().Term
		acked := 0
		for begun := time.Now(); time.Since(begun) < minutes*time.Minute; time.Sleep(time.Second) {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			command := quorumtest.Command{ID: time.Now().String(), Pad: make([]byte, 75<<10)}.Encode()
			if _, err := regs[acked%4].group.Submit(ctx, command); err == nil {
				acked++
			}
			cancel()
		}
		overlaytest.Within(t, time.Minute, "a leader", func() bool { return leads() >= 0 })
		elections := regs[leads()].group.Status().Term - before
		t.Logf("%d commands of 100 KiB and %d elections in %d minutes", acked, elections, minutes)
		if elections >= minutes {
			t.Errorf("%d elections in %d minutes", elections, minutes)
		}
		if acked < 4*minutes {
			t.Errorf("%d commands in %d minutes", acked, minutes)
		}
		for _, r := range regs {
			r.end(t)
		}
		stop()
		net.Close()
	})
}
