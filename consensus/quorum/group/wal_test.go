package group_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringfence/consensus/quorum/group"
	qt "ringfence/consensus/quorum/quorumtest"
	"ringfence/store/keys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onDisk puts the groups of a cluster on raft-wal, with snapshots as often as may be.
func onDisk(_ int, cfg *group.Config) {
	cfg.Disk = nil
	cfg.SnapshotEvery, cfg.SnapshotCheck, cfg.Trailing = 8, 200*time.Millisecond, 4
}

func TestWhatWasAcknowledgedIsOnDisk(t *testing.T) {
	bubble(t, 1, onDisk, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		n := 0
		for round := range 3 {
			for range 30 {
				n++
				c.MustSubmit(n%3, fmt.Sprint("x", n))
				time.Sleep(20 * time.Millisecond)
			}
			lagging := round % 3
			c.Kill(lagging)
			for range 30 {
				n++
				c.MustSubmit((lagging+1)%3, fmt.Sprint("x", n))
				time.Sleep(20 * time.Millisecond)
			}
			c.Start(lagging) // it is given a snapshot
			c.Agree(fmt.Sprint("x", n), all...)
			for _, i := range all {
				c.Kill(i)
			}
			start(c, all...)
		}
		c.MustSubmit(0, "z")
		if got := len(c.Agree("z", all...)); got != n+1 {
			t.Errorf("%d of %d commands", got, n+1)
		}
	})
}

func TestADirectoryInUseIsSaidToBe(t *testing.T) {
	var dir string
	tweak := func(i int, cfg *group.Config) {
		onDisk(i, cfg)
		if dir == "" {
			dir = cfg.Dir
		}
		cfg.Dir = dir
	}
	bubble(t, 1, tweak, func(t *testing.T, c *qt.Cluster) {
		c.Start(0, 0)
		c.MustSubmit(0, "a")
		if err := c.Start(1, 1).Err(); !errors.Is(err, group.ErrHung) || !strings.Contains(err.Error(), dir) {
			t.Errorf("Run returned %v", err)
		}
		c.MustSubmit(0, "b")
		c.Kill(0)
		time.Sleep(time.Second) // whoever waited for the directory has let it go
		c.Start(0, 0)
		c.MustSubmit(0, "c")
		if got := len(c.Agree("c", 0)); got != 3 {
			t.Errorf("%d commands", got)
		}
	})
}

func TestGenerationsGoOnlyWhenAsked(t *testing.T) {
	var at byte
	dir := t.TempDir()
	tweak := func(i int, cfg *group.Config) {
		onDisk(i, cfg)
		cfg.Dir, cfg.Generation = dir, group.Generation{at}
	}
	bubble(t, 1, tweak, func(t *testing.T, c *qt.Cluster) {
		for at = 1; at <= 2; at++ {
			c.Start(0, 0)
			c.MustSubmit(0, fmt.Sprint("x", at))
			if got := len(c.Agree(fmt.Sprint("x", at), 0)); got != 1 {
				t.Errorf("generation %d began with %d commands", at, got-1)
			}
			c.Kill(0)
		}
	})
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	all, err := group.Generations(dir)
	if err != nil || !slices.Equal(all, []group.Generation{{1}, {2}}) {
		t.Errorf("%v: %v", all, err)
	}
	if err := group.Remove(dir, group.Generation{1}); err != nil {
		t.Fatal(err)
	}
	if all, err = group.Generations(dir); err != nil || !slices.Equal(all, []group.Generation{{2}}) {
		t.Errorf("%v: %v", all, err)
	}
	if all, err = group.Generations(filepath.Join(dir, "none")); err != nil || len(all) != 0 {
		t.Errorf("%v: %v", all, err)
	}
}

// TestGroupsOfTwoGenerationsHaveNothingToSay: who is behind does not disturb.
func TestGroupsOfTwoGenerationsHaveNothingToSay(t *testing.T) {
	tweak := func(i int, cfg *group.Config) {
		if i == 2 {
			cfg.Generation = group.Generation{7}
		}
	}
	bubble(t, 1, tweak, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		leader := c.Leader(0, 1)
		c.MustSubmit(leader, "a")
		term := c.Member(leader).Group.Status().Term
		time.Sleep(time.Minute)
		if s := c.Member(2).Group.Status(); !s.Leader.IsZero() || s.Applied != 0 {
			t.Errorf("the other generation: %+v", s)
		}
		if now := c.Member(leader).Group.Status().Term; now != term {
			t.Errorf("the term went from %d to %d", term, now)
		}
	})
}

func TestAConfigSaysWhatIsMissing(t *testing.T) {
	if _, err := group.New(group.Config{}); err == nil {
		t.Error("an empty Config")
	}
	g, err := group.New(group.Config{
		Self: qt.Key(0), Dir: t.TempDir(), Machine: qt.NewMachine(), Logger: slog.New(slog.DiscardHandler),
		Dial:     func(context.Context, keys.Public) (group.Stream, error) { return nil, errors.New("nobody") },
		Admitted: func(keys.Public) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Run(ctx); err != nil {
		t.Error(err)
	}
	if err := g.Run(t.Context()); err == nil {
		t.Error("a group ran twice")
	}
}

// idle is a machine that does nothing, for what Raft alone costs.
type idle struct{ group.Machine }

func (idle) Apply(uint64, []byte) []byte { return nil }

// BenchmarkApply submits commands of 160 KiB, 16 at once, to members in one process
// on raft-wal.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1, 3, 4} {
		b.Run(fmt.Sprint("members=", n), func(b *testing.B) {
			c := qt.NewCluster(b, 1, func(_ int, cfg *group.Config) { cfg.Disk, cfg.Machine = nil, idle{cfg.Machine} })
			defer c.Close()
			var all []int
			for i := range n {
				all = append(all, i)
			}
			start(c, all...)
			leader := c.Member(c.Leader(all...)).Group
			command := make([]byte, 160<<10)
			b.SetBytes(160 << 10)
			b.ResetTimer()
			var clients sync.WaitGroup
			ids := make(chan int)
			for range 16 {
				clients.Go(func() {
					for range ids {
						if _, err := leader.Submit(context.Background(), command); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for i := range b.N {
				ids <- i
			}
			close(ids)
			clients.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "applies/s")
		})
	}
}
