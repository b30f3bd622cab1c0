package group_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"

	"ringfence/consensus/quorum/group"
	qt "ringfence/consensus/quorum/quorumtest"
)

// histories that `go test` looks at; soak_test.go looks at hundreds.
const histories = 12

// TestHistoriesAreLinearizable drives a register through partitions, kills, pauses,
// broken and repeated streams, and has Porcupine look for an order that explains all
// answers. What was told as unknown may have happened at any time since, or never;
// what was told as not happened must not have, but where the network repeats it.
func TestHistoriesAreLinearizable(t *testing.T) {
	for seed := range uint64(histories) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { linearizable(t, seed) })
	}
}

// asked is one operation of a register: with Value empty a read, else a write that
// answers what was there before.
type asked struct{ Value string }

// told is what came of it.
type told struct {
	Was     string
	Unknown bool
	ID      string
}

var register = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		was, in, out := state.(string), input.(asked), output.(told)
		next := was
		if in.Value != "" {
			next = in.Value
		}
		return out.Unknown || out.Was == was, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
}

func linearizable(t *testing.T, seed uint64) {
	var ops []porcupine.Operation
	synctest.Test(t, func(t *testing.T) {
		often := func(_ int, cfg *group.Config) {
			cfg.SnapshotEvery, cfg.SnapshotCheck, cfg.Trailing = 8, time.Second, 2
		}
		c := qt.NewCluster(t, seed, often)
		defer c.Close()
		random := rand.New(rand.NewPCG(seed, 11))
		// Where calls come again later, one that nobody took may be taken then: of a
		// command that was told as not happened this is no promise.
		repeated := seed%2 == 1
		all := []int{0, 1, 2, 3, 4}[:3+seed%3]
		start(c, all...)
		c.Network().Set(qt.Hosts(all...), qt.Hosts(all...), func(l *qt.Link) {
			l.Jitter, l.Break = time.Duration(random.Int64N(int64(60*time.Millisecond))+1), 0.002
			if repeated {
				l.Replay = 0.05
			}
		})
		stop := make(chan struct{})
		var mu sync.Mutex
		var clients sync.WaitGroup
		for k := range 3 {
			mine := rand.New(rand.NewPCG(seed, uint64(100+k)))
			clients.Go(func() {
				client(c, k, len(all), mine, repeated, stop, func(op porcupine.Operation) { mu.Lock(); ops = append(ops, op); mu.Unlock() })
			})
		}
		for range 5 {
			trouble(t, c, random, all)
		}
		close(stop)
		clients.Wait()
		c.Network().Heal()
		for range 5 { // what is yet to come again has come, and who lost his place in it has begun anew
			time.Sleep(time.Second)
			supervise(t, c, all)
		}
		c.MustSubmit(0, "z")
		tape := c.Agree("z", all...)
		// What is not known and never happened explains nothing, nor does a read. (Were
		// such a write seen by somebody, no order would explain that.)
		ops = slices.DeleteFunc(ops, func(op porcupine.Operation) bool {
			out := op.Output.(told)
			return out.Unknown && (op.Input.(asked).Value == "" || !slices.Contains(tape, out.ID))
		})
	})
	known := 0
	for _, op := range ops {
		if !op.Output.(told).Unknown {
			known++
		}
	}
	if known < 20 {
		t.Errorf("only %d of %d operations have an answer", known, len(ops))
	}
	if got := porcupine.CheckOperationsTimeout(register, ops, 30*time.Second); got != porcupine.Ok {
		t.Errorf("seed %d: %d operations: %v", seed, len(ops), got)
	}
}

// client submits one operation after another, through any regulator.
func client(c *qt.Cluster, k, n int, random *rand.Rand, repeated bool, stop chan struct{}, record func(porcupine.Operation)) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(random.Int64N(int64(200 * time.Millisecond)))):
		}
		id := fmt.Sprint(k, "/", i)
		op := porcupine.Operation{ClientId: k, Call: time.Now().UnixNano()}
		command := qt.Command{ID: id}
		if random.IntN(2) == 0 {
			command.Write, command.Value = true, id
		}
		op.Input = asked{command.Value}
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(200+random.IntN(2000))*time.Millisecond)
		got, err := c.Member(random.IntN(n)).Group.Submit(ctx, command.Encode())
		cancel()
		switch {
		case err == nil:
			op.Output, op.Return = told{Was: string(got.Answer)}, time.Now().UnixNano()
		case errors.Is(err, group.ErrUnknown):
			op.Output, op.Return = told{Unknown: true, ID: id}, math.MaxInt64
		case repeated:
			op.Output, op.Return = told{Unknown: true, ID: id}, math.MaxInt64
		default:
			continue // nothing happened
		}
		record(op)
	}
}

// trouble is one of what can go wrong, and its end.
func trouble(t *testing.T, c *qt.Cluster, random *rand.Rand, all []int) {
	a := all[random.IntN(len(all))]
	for lead := range all { // mostly to him who leads
		if c.Member(lead).Group.Status().Leading && random.IntN(3) > 0 {
			a = lead
		}
	}
	long := func() { time.Sleep(time.Duration(500+random.IntN(3000)) * time.Millisecond) }
	switch random.IntN(5) {
	case 0: // cut in two
		side := random.Perm(len(all))[:1+random.IntN(len(all)-1)]
		rest := without(all, side...)
		clog(c, side, rest, true)
		clog(c, rest, side, true)
		long()
		clog(c, side, rest, false)
		clog(c, rest, side, false)
	case 1: // one way
		clog(c, []int{a}, all, true)
		long()
		clog(c, []int{a}, all, false)
	case 2: // the process dies
		c.Kill(a)
		long()
		c.Start(a, all...)
	case 3: // the process stands still
		release := c.Member(a).Disk.Hang()
		clog(c, []int{a}, all, true)
		clog(c, all, []int{a}, true)
		long()
		release()
		clog(c, []int{a}, all, false)
		clog(c, all, []int{a}, false)
	default: // all die
		for _, i := range all {
			c.Kill(i)
		}
		start(c, all...)
	}
	long()
	supervise(t, c, all)
}

// supervise begins anew those that a watchdog ended.
func supervise(t *testing.T, c *qt.Cluster, all []int) {
	for _, i := range all {
		select {
		case <-c.Member(i).Ended():
			t.Logf("regulator %d: %v", i, c.Member(i).Err())
			c.Start(i, all...)
		default:
		}
	}
}
