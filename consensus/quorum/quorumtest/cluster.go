package quorumtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
	"ringfence/store/keys"
)

// Key returns the host key of regulator i of a test.
func Key(i int) keys.Public {
	return keys.FromSeed(sha256.Sum256(fmt.Appendf(nil, "quorumtest regulator %d", i))).Public()
}

// Cluster is the regulators of a test.
type Cluster struct {
	t     testing.TB
	net   *Network
	dir   string
	tweak func(i int, c *group.Config)

	mu      sync.Mutex
	members map[int]*Member
	finally []func()
}

// Member is one regulator of a Cluster, from one start to its end. Its disk outlives
// it.
type Member struct {
	Host    keys.Public
	Disk    *Disk
	Group   *group.Group
	Machine *Machine

	host *Host
	stop context.CancelFunc
	done chan struct{}
	err  error
}

// NewCluster returns regulators that are yet to be started; tweak may change what
// each is made of.
func NewCluster(t testing.TB, seed uint64, tweak func(i int, c *group.Config)) *Cluster {
	return &Cluster{t: t, net: NewNetwork(seed), dir: t.TempDir(), tweak: tweak, members: make(map[int]*Member)}
}

// Network returns the network that connects them.
func (c *Cluster) Network() *Network { return c.net }

// Start starts regulator i, the first ones of the generation being first, and waits
// until it runs or has failed to.
func (c *Cluster) Start(i int, first ...int) *Member {
	c.t.Helper()
	m := &Member{Host: Key(i), Disk: NewDisk(), Machine: NewMachine()}
	if before := c.Member(i); before != nil {
		m.Disk = before.Disk
	}
	cfg := group.Config{
		Self: m.Host, Generation: group.Generation{1}, Dir: filepath.Join(c.dir, fmt.Sprint(i)),
		Machine: m.Machine, Timing: group.Loopback(), Logger: slog.New(slog.DiscardHandler),
		Admitted: func(keys.Public) bool { return true },
		Disk:     func(string) (group.Disk, error) { return m.Disk, nil },
	}
	for _, j := range first {
		cfg.First = append(cfg.First, Key(j))
	}
	var host *Host
	cfg.Dial = func(ctx context.Context, to keys.Public) (group.Stream, error) { return host.Dial(ctx, to) }
	if c.tweak != nil {
		c.tweak(i, &cfg)
	}
	g, err := group.New(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	host = c.net.Up(m.Host, g.Serve)
	m.Group, m.host, m.done = g, host, make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	c.mu.Lock()
	c.members[i] = m
	c.mu.Unlock()
	go func() {
		defer close(m.done)
		m.err = g.Run(ctx)
		host.Down()
	}()
	for !g.Status().Running {
		select {
		case <-m.done:
			return m
		case <-time.After(time.Millisecond):
		}
	}
	return m
}

// Member returns regulator i.
func (c *Cluster) Member(i int) *Member {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.members[i]
}

// Kill cuts regulator i off at once, as when its process dies, and waits until
// nothing of it is left.
func (c *Cluster) Kill(i int) {
	m := c.Member(i)
	m.host.Down()
	m.stop()
	<-m.done
}

// CutOff takes regulator i off the network at once; Kill has yet to end it.
func (c *Cluster) CutOff(i int) { c.Member(i).host.Down() }

// Ended returns a channel that is closed when the regulator's group has ended.
func (m *Member) Ended() <-chan struct{} { return m.done }

// Err returns what Run returned, once it has ended.
func (m *Member) Err() error { <-m.done; return m.err }

// Finally has Close call f before it waits for the network.
func (c *Cluster) Finally(f func()) { c.finally = append(c.finally, f) }

// Close ends all regulators and the network.
func (c *Cluster) Close() {
	c.mu.Lock()
	all := c.members
	c.mu.Unlock()
	for i := range all {
		c.Kill(i)
	}
	for _, f := range c.finally {
		f()
	}
	c.net.Wait()
}

// Leader waits for one of these regulators to lead and be known to most of them.
func (c *Cluster) Leader(of ...int) int {
	c.t.Helper()
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(10 * time.Millisecond) {
		for _, i := range of {
			if !c.Member(i).Group.Status().Leading {
				continue
			}
			follow := 0
			for _, j := range of {
				if c.Member(j).Group.Status().Leader == Key(i) {
					follow++
				}
			}
			if 2*follow > len(of) {
				return i
			}
		}
	}
	c.t.Fatalf("none of %v leads after 30 s", of)
	return 0
}

// Submit submits a write through regulator i within a time.
func (c *Cluster) Submit(i int, id string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	_, err := c.Member(i).Group.Submit(ctx, Command{ID: id, Write: true, Value: id}.Encode())
	return err
}

// MustSubmit is Submit that must succeed within ten seconds.
func (c *Cluster) MustSubmit(i int, id string) {
	c.t.Helper()
	c.MustSubmitWithin(i, id, 10*time.Second)
}

// MustSubmitWithin is Submit that must succeed within a time. Where the outcome is
// not known it submits the command again, which then counts once.
func (c *Cluster) MustSubmitWithin(i int, id string, within time.Duration) {
	c.t.Helper()
	until := time.Now().Add(within)
	err := c.Submit(i, id, within)
	for errors.Is(err, group.ErrUnknown) && time.Now().Before(until) {
		time.Sleep(50 * time.Millisecond)
		err = c.Submit(i, id, time.Until(until))
	}
	if err != nil {
		c.t.Fatalf("submit %s through %d: %v", id, i, err)
	}
}

// Agree waits until these regulators have applied the same, this ID last, and
// returns what they applied.
func (c *Cluster) Agree(last string, of ...int) []string {
	c.t.Helper()
	var tapes [][]string
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(10 * time.Millisecond) {
		tapes = nil
		for _, i := range of {
			tapes = append(tapes, c.Member(i).Machine.Tape())
		}
		same := len(tapes[0]) > 0 && tapes[0][len(tapes[0])-1] == last
		for _, t := range tapes {
			same = same && slices.Equal(t, tapes[0])
		}
		if same {
			return tapes[0]
		}
	}
	for _, i := range of {
		select {
		case <-c.Member(i).Ended():
			c.t.Logf("the group of %d ended: %v", i, c.Member(i).Err())
		default:
			c.t.Logf("%d: %+v", i, c.Member(i).Group.Status())
		}
	}
	c.t.Fatalf("no agreement on %s after 30 s: %v", last, tapes)
	return nil
}

// Hosts returns the keys of regulators.
func Hosts(of ...int) []keys.Public {
	var out []keys.Public
	for _, i := range of {
		out = append(out, Key(i))
	}
	return out
}
