package council

import (
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"ringfence/store/motion"
)

// Throughput is what the regulators make of bulk motions.
type Throughput struct {
	Entries int           `json:"entries"` // ratified ones
	Took    time.Duration `json:"took_nanoseconds"`
	Busy    time.Duration `json:"busy_nanoseconds"` // of all processors, for all of them
}

// inFlight is how many bulk motions are on their way at once.
const inFlight = 24

// Ratify has the regulators decide so many motions of 4,096 items each, from the first
// command to the moment at which all of it is certified and on the disk of each.
func (c *Council) Ratify(numbers *Numbers, motions int) Throughput {
	c.Helper()
	bills := make(chan bill, motions)
	for range motions {
		bills <- c.bill(numbers, motion.MaxItems)
	}
	close(bills)
	before := c.members[0].regulator.Load().Follower().Standing().Size()
	began, busy := time.Now(), processor()
	var under sync.WaitGroup
	for range inFlight {
		under.Go(func() {
			for b := range bills {
				c.pass(b)
			}
		})
	}
	under.Wait()
	entries := motions * motion.MaxItems
	c.everywhere(before + uint64(entries+motions))
	return Throughput{Entries: entries, Took: time.Since(began), Busy: processor() - busy}
}

// pass brings a motion in and the votes on it, each through its own regulator.
func (c *Council) pass(b bill) {
	for i, command := range b.commands {
		c.submit(c.members[i], command)
	}
}

// everywhere waits until so many entries are certified and on the disk of everybody.
func (c *Council) everywhere(size uint64) {
	c.Helper()
	c.until(func() bool {
		for _, m := range c.members {
			if r := m.regulator.Load(); r != nil && r.Follower().Standing().Size() < size {
				return false
			}
		}
		return c.witness == nil || c.witness.Standing().Size() >= size
	})
}

// Enact takes the times from the last vote for a motion of one number to the moment at
// which a follower has it, cosigned, on its disk; rising.
func (c *Council) Enact(numbers *Numbers, times int) []time.Duration {
	c.Helper()
	var took []time.Duration
	for range times {
		b := c.bill(numbers, 1)
		last := len(b.commands) - 1
		for i, command := range b.commands[:last] {
			c.submit(c.members[i], command)
		}
		began := time.Now()
		a := c.submit(c.members[last], b.commands[last])
		c.until(func() bool { return c.witness.Standing().Size() >= a.Size })
		took = append(took, time.Since(began))
		time.Sleep(time.Duration(len(took)%10) * 10 * time.Millisecond) // not in step with what happens by itself
	}
	slices.Sort(took)
	return took
}

// Failover takes the leader away and returns how long it takes until the others have
// enacted a motion that nobody had seen, with its three votes. The leader comes back.
func (c *Council) Failover(numbers *Numbers) time.Duration {
	c.Helper()
	var gone *member
	c.until(func() bool { gone = c.leader(); return gone != nil })
	b := c.bill(numbers, 1)
	began := time.Now()
	left := make(chan struct{})
	go func() { defer close(left); c.leave(gone) }()
	c.until(func() bool { return gone.regulator.Load() == nil })
	remaining := slices.DeleteFunc(slices.Clone(c.members), func(m *member) bool { return m == gone })
	var size uint64
	for i, command := range b.commands {
		size = c.submit(remaining[i], command).Size
	}
	c.everywhere(size)
	took := time.Since(began)
	<-left
	c.start(gone)
	c.everywhere(size)
	return took
}

// Rest returns how much of one processor the whole council takes with nothing to do, for
// so long.
func (c *Council) Rest(lasts time.Duration) float64 {
	c.until(func() bool { return c.leader() != nil })
	time.Sleep(settling)
	before, began := processor(), time.Now()
	time.Sleep(lasts)
	return (processor() - before).Seconds() / time.Since(began).Seconds()
}

// settling is how long after the last decision its tick and all that follows are over.
const settling = 4 * time.Second

// processor returns how long this process has been running on processors.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// onDisk returns how many bytes a file takes; those that were only reserved not.
func onDisk(i os.FileInfo) int64 {
	if st, ok := i.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512
	}
	return i.Size()
}
