package group_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
	qt "ringfence/consensus/quorum/quorumtest"
)

func clog(c *qt.Cluster, from, to []int, on bool) {
	c.Network().Set(qt.Hosts(from...), qt.Hosts(to...), func(l *qt.Link) { l.Clogged = on })
}

// TestPartitions is F11.
func TestPartitions(t *testing.T) {
	all := []int{0, 1, 2, 3, 4}
	for name, cut := range map[string]func(c *qt.Cluster, leader int, rest []int){
		"a leader in the minority": func(c *qt.Cluster, leader int, rest []int) {
			clog(c, []int{leader, rest[0]}, rest[1:], true)
			clog(c, rest[1:], []int{leader, rest[0]}, true)
		},
		"a leader that hears nothing": func(c *qt.Cluster, leader int, rest []int) { clog(c, rest, []int{leader}, true) },
		"a leader that is not heard":  func(c *qt.Cluster, leader int, rest []int) { clog(c, []int{leader}, rest, true) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
				start(c, all...)
				leader := c.Leader(all...)
				rest := without(all, leader)
				c.MustSubmit(leader, "a")
				cut(c, leader, rest)
				go func() { // an append under way keeps Raft's heartbeats going, whoever leads
					large := qt.Command{ID: "large", Pad: make([]byte, 200<<10)}.Encode()
					ctx, cancel := context.WithTimeout(context.Background(), time.Second)
					defer cancel()
					_, _ = c.Member(leader).Group.Submit(ctx, large)
				}()
				begun := time.Now()
				minority := make(chan error)
				go func() { minority <- c.Submit(leader, "minority", 20*time.Second) }()
				c.MustSubmit(rest[3], "majority")
				if took := time.Since(begun); took > 6*time.Second {
					t.Errorf("the majority went on after %v", took)
				}
				if err := <-minority; err == nil {
					t.Error("a leader without a majority acknowledged")
				}
				c.Network().Heal()
				healed := time.Now()
				c.MustSubmit(leader, "z")
				c.Agree("z", all...)
				if took := time.Since(healed); took > 10*time.Second {
					t.Errorf("after the heal it took %v", took)
				}
			})
		})
	}
}

// TestSwizzleClog is F12: random regulators are cut off one after another and come
// back in another order, while commands are submitted. What was acknowledged stays,
// in one order.
func TestSwizzleClog(t *testing.T) {
	for seed := range uint64(6) {
		bubble(t, seed, nil, func(t *testing.T, c *qt.Cluster) {
			random := rand.New(rand.NewPCG(seed, 7))
			all := []int{0, 1, 2, 3, 4}
			start(c, all...)
			c.Network().Set(qt.Hosts(all...), qt.Hosts(all...), func(l *qt.Link) {
				l.Delay, l.Jitter, l.Break, l.Replay = time.Millisecond, 30*time.Millisecond, 0.002, 0.05
			})
			acked := make(chan []string, 1)
			stop := make(chan struct{})
			go func() {
				var ids []string
				for n := 0; ; n++ {
					select {
					case <-stop:
						acked <- ids
						return
					default:
					}
					id := fmt.Sprint("x", n)
					if c.Submit(n%5, id, time.Second) == nil {
						ids = append(ids, id)
					}
					time.Sleep(20 * time.Millisecond)
				}
			}()
			for range 4 {
				order := random.Perm(5)
				for _, i := range order[:1+random.IntN(4)] {
					clog(c, []int{i}, all, true)
					if random.IntN(2) == 0 {
						clog(c, all, []int{i}, true)
					}
					time.Sleep(time.Duration(random.Int64N(int64(2 * time.Second))))
				}
				for _, i := range random.Perm(5) {
					clog(c, []int{i}, all, false)
					clog(c, all, []int{i}, false)
					time.Sleep(time.Duration(random.Int64N(int64(time.Second))))
				}
			}
			close(stop)
			ids := <-acked
			c.Network().Heal()
			time.Sleep(5 * time.Second) // what is yet to come again has come
			c.MustSubmit(0, "z")
			tape := c.Agree("z", all...)
			at := -1
			for _, id := range ids {
				now := slices.Index(tape, id)
				if now <= at {
					t.Errorf("seed %d: %s was acknowledged and is at %d, what came before it at %d", seed, id, now, at)
				}
				at = now
			}
			if len(ids) < 20 {
				t.Errorf("seed %d: only %d commands were acknowledged", seed, len(ids))
			}
		})
	}
}

// TestASlowLinkKeepsUp is F13's half of Raft: 1 Mb/s, 300 ± 200 ms, streams that
// break, commands as large as they may be.
func TestASlowLinkKeepsUp(t *testing.T) {
	wan := func(_ int, cfg *group.Config) { cfg.Timing = group.WAN() }
	bubble(t, 1, wan, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2, 3}
		c.Network().Set(qt.Hosts(all...), qt.Hosts(all...), func(l *qt.Link) {
			l.Delay, l.Jitter, l.Rate, l.Break = 100*time.Millisecond, 400*time.Millisecond, 1_000_000/8, 0.002
		})
		start(c, all...)
		leader := c.Leader(all...)
		before := c.Member(leader).Group.Status().Term
		pad := make([]byte, 200<<10) // 268 KiB as the machine encodes it
		acked := 0
		for begun := time.Now(); time.Since(begun) < 10*time.Minute; time.Sleep(3 * time.Second) {
			command := qt.Command{ID: time.Now().String(), Write: true, Pad: pad}.Encode()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			_, err := c.Member(all[acked%4]).Group.Submit(ctx, command)
			cancel()
			if err == nil {
				acked++
			} else if !errors.Is(err, group.ErrUnknown) && !errors.Is(err, group.ErrNoLeader) {
				t.Fatal(err)
			}
		}
		after := c.Member(leader).Group.Status().Term
		t.Logf("%d commands of %d bytes, %d terms in ten minutes", acked, len(pad)*4/3, after-before)
		if after-before >= 10 {
			t.Errorf("%d elections in ten minutes", after-before)
		}
		if acked < 40 {
			t.Errorf("only %d commands were acknowledged in ten minutes", acked)
		}
	})
}

// TestWhoLagsIsGivenLargeCommandsInTurn: what he lacks is more than one call carries.
func TestWhoLagsIsGivenLargeCommandsInTurn(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, c *qt.Cluster) {
		all := []int{0, 1, 2}
		start(c, all...)
		leader := c.Leader(all...)
		lagging := without(all, leader)[0]
		c.MustSubmit(leader, "a")
		c.Kill(lagging)
		for i := range 20 {
			large := qt.Command{ID: fmt.Sprint("x", i), Pad: make([]byte, 200<<10)}.Encode()
			if _, err := c.Member(leader).Group.Submit(t.Context(), large); err != nil {
				t.Fatal(err)
			}
		}
		c.Start(lagging)
		c.MustSubmit(lagging, "z")
		if got := len(c.Agree("z", all...)); got != 22 {
			t.Errorf("%d commands", got)
		}
	})
}
