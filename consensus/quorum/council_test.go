package quorum_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/motion"
)

// regulator is one of a council; its disks outlive it.
type regulator struct {
	member string
	dir    string
	disks  map[string]*quorumtest.Disk // by directory: each generation has one
	keeper *quorumtest.Keeper
	ledger *memory.Ledger
	vote   keys.Private
	cosign keys.Private

	*quorum.Regulator
	host *quorumtest.Host
	stop context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	enacted []charter.Enacted
	ended   []error // of its runs, before it was told to go
}

func (r *regulator) disk(dir string) (group.Disk, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.disks[dir] == nil {
		r.disks[dir] = quorumtest.NewDisk()
	}
	return r.disks[dir], nil
}

// log is the Raft log of the regulator's generation.
func (r *regulator) log() *quorumtest.Disk {
	s, _ := r.keeper.State()
	d, _ := r.disk(filepath.Join(r.dir, group.Generation(s.Generation.Record).String()))
	return d.(*quorumtest.Disk)
}

// supervise runs a regulator again when it cannot go on, as a node does.
func (r *regulator) supervise(ctx context.Context) {
	defer close(r.done)
	for {
		err := r.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		r.mu.Lock()
		r.ended = append(r.ended, err)
		r.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// council is regulators at work on a network in memory, in a bubble of synctest.
type council struct {
	*ballottest.Federation // which proposes, dated by the bubble's clock
	network                *quorumtest.Network
	mu                     sync.Mutex
	hosts                  map[keys.Public]*regulator
	all                    map[string]*regulator
	mute                   map[string]bool // whose messages are lost
	cut                    map[[2]string]bool
	filter                 func(from, to string, message []byte) []byte // what arrives; nil: nothing
	lose                   float64                                      // chance that a message is lost; else it takes up to late
	late                   time.Duration
	random                 *rand.Rand
	liars                  map[keys.Public]bool // cosigning keys against which evidence is due
	evidence               map[string][]certify.Conflict
	under                  sync.WaitGroup // messages under way
	finally                []func()

	ahead time.Duration // of the regulators' clocks before the bubble's
	rough bool          // runs may end with an error, and messages may be wrong
	tweak func(*quorum.Config)
}

// sit founds a council of so many regulators and has them sit down. It must be called
// in a bubble.
func sit(t *testing.T, regulators int) *council { t.Helper(); return sitWith(t, regulators, 1, nil) }

// sitWith is sit with a seed of what is by chance, and after tweak.
func sitWith(t *testing.T, regulators int, seed uint64, tweak func(*quorum.Config)) *council {
	t.Helper()
	c := &council{
		tweak: tweak, random: rand.New(rand.NewPCG(seed, 7)), late: time.Millisecond,
		cut: make(map[[2]string]bool), liars: make(map[keys.Public]bool), evidence: make(map[string][]certify.Conflict),

		Federation: ballottest.Found(t, regulators, func(cfg *charter.FoundingConfig) {
			cfg.Created = time.Now().Unix() - 3600
			cfg.Cards = append(cfg.Cards, chartertest.Card(t, "x4", "operator"), chartertest.Card(t, "x5", "operator"))
		}),
		network: quorumtest.NewNetwork(seed), hosts: make(map[keys.Public]*regulator), all: make(map[string]*regulator), mute: make(map[string]bool),
	}
	for _, member := range c.Seats() {
		c.start(member)
	}
	return c
}

func hostKey(member string) keys.Public { return chartertest.Key("host", member).Public() }

// start has a member's regulator sit down, with the disks that it had.
func (c *council) start(member string) *regulator {
	c.Helper()
	r := c.all[member]
	if r == nil {
		r = &regulator{
			member: member, dir: c.TempDir(), disks: make(map[string]*quorumtest.Disk), keeper: &quorumtest.Keeper{}, ledger: memory.New().Ledger(),
			vote: ballottest.VoteKey(member), cosign: chartertest.Key("cosign", member),
		}
		c.all[member] = r
	}
	ctx, cancel := context.WithCancel(context.Background())
	opened := c.open(ctx, r)
	c.mu.Lock()
	r.Regulator = opened
	c.hosts[hostKey(member)] = r
	r.host = c.network.Up(hostKey(member), opened.Serve)
	c.mu.Unlock()
	r.stop, r.done = cancel, make(chan struct{})
	go r.supervise(ctx)
	return r
}

// open opens a regulator that is not to run yet.
func (c *council) open(ctx context.Context, r *regulator) *quorum.Regulator {
	c.Helper()
	member := r.member
	r.mu.Lock()
	r.enacted = nil
	r.mu.Unlock()
	cfg := quorum.Config{
		Genesis: c.Genesis, Host: hostKey(member), Vote: r.vote, Cosign: r.cosign, Log: chartertest.Key("log", ""),
		Dir: r.dir, Ledger: r.ledger, From: c.peers(member), Keeper: r.keeper, Network: wire{c, member},
		Enacted: func(d []charter.Enacted) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.enacted = append(r.enacted, d...)
			return nil
		},
		Lied: func(l certify.Conflict) { c.lied(member, l) },
		Now:  c.clock, Timing: group.Loopback(), Logger: slog.New(slog.DiscardHandler), Disk: r.disk,
	}
	if c.tweak != nil {
		c.tweak(&cfg)
	}
	opened, err := quorum.Open(ctx, cfg)
	if err != nil {
		c.Fatal(err)
	}
	return opened
}

// unstarted opens a member's regulator anew and does not run it.
func (c *council) unstarted(member string) {
	c.Helper()
	c.all[member].Regulator = c.open(context.Background(), c.all[member])
}

func (c *council) lied(member string, l certify.Conflict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.liars[l.First.By.Key] {
		c.Errorf("%s believes that somebody lied: %+v", member, l)
	}
	c.evidence[member] = append(c.evidence[member], l)
}

// leave has a regulator go, as when its process ends.
func (c *council) leave(member string) {
	c.Helper()
	r := c.all[member]
	c.mu.Lock()
	delete(c.hosts, hostKey(member))
	c.mu.Unlock()
	r.host.Down()
	r.stop()
	<-r.done
	if len(r.ended) > 0 && !c.rough {
		c.Errorf("%s: %v", member, r.ended)
	}
}

// sever cuts what goes from some members to others, or no more: messages are lost, and
// streams wait.
func (c *council) sever(from, to []string, on bool) {
	c.mu.Lock()
	for _, a := range from {
		for _, b := range to {
			c.cut[[2]string{a, b}] = on
		}
	}
	c.mu.Unlock()
	hosts := func(members []string) (all []keys.Public) {
		for _, m := range members {
			all = append(all, hostKey(m))
		}
		return all
	}
	c.network.Set(hosts(from), hosts(to), func(l *quorumtest.Link) { l.Clogged = on })
}

// apart cuts members off from others, both ways, or no more.
func (c *council) apart(some, others []string, on bool) {
	c.sever(some, others, on)
	c.sever(others, some, on)
}

// but returns the seats without some members.
func (c *council) but(some ...string) []string {
	return slices.DeleteFunc(c.Seats(), func(m string) bool { return slices.Contains(some, m) })
}

func (c *council) close() {
	c.Helper()
	for member := range c.all {
		c.mu.Lock()
		_, up := c.hosts[hostKey(member)]
		c.mu.Unlock()
		if up {
			c.leave(member)
		}
	}
	for _, f := range c.finally {
		f()
	}
	c.network.Wait()
	c.under.Wait()
}

// wire is a regulator's way to the others.
type wire struct {
	c    *council
	from string
}

func (w wire) Dial(ctx context.Context, to keys.Public) (group.Stream, error) {
	w.c.mu.Lock()
	r := w.c.hosts[hostKey(w.from)]
	w.c.mu.Unlock()
	if r == nil || r.host == nil {
		return nil, io.ErrClosedPipe
	}
	return r.host.Dial(ctx, to)
}

func (w wire) Send(to keys.Public, message []byte) {
	w.c.mu.Lock()
	late, lost := w.c.late, w.c.random.Float64() < w.c.lose
	if late > time.Millisecond {
		late = time.Millisecond + time.Duration(w.c.random.Int64N(int64(late)))
	}
	w.c.mu.Unlock()
	w.c.under.Go(func() {
		time.Sleep(late)
		w.c.mu.Lock()
		r := w.c.hosts[to]
		lost = lost || r == nil || w.c.mute[w.from] || w.c.mute[r.member] || w.c.cut[[2]string{w.from, r.member}]
		if !lost && w.c.filter != nil {
			message = w.c.filter(w.from, r.member, message)
			lost = message == nil
		}
		var to *quorum.Regulator
		if !lost {
			to = r.Regulator
		}
		w.c.mu.Unlock()
		if lost {
			return
		}
		if err := to.Receive(hostKey(w.from), message); err != nil && !w.c.rough && !errors.Is(err, quorumtest.ErrKilled) {
			w.c.Errorf("%s received from %s: %v", r.member, w.from, err)
		}
	})
}

// submit submits a command through a regulator until it is known what became of it.
func (c *council) submit(member string, command []byte) applied.Answer {
	c.Helper()
	last := ""
	for range 60 {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		a, err := c.all[member].Submit(ctx, command)
		cancel()
		if err == nil && (a.Refusal == nil || !a.Refusal.Code.Passing()) {
			return a
		}
		last = fmt.Sprint(a.Refusal, err)
		time.Sleep(200 * time.Millisecond)
	}
	c.Fatalf("%s: what became of a command is not known after a minute: %s", member, last)
	return applied.Answer{}
}

// carry has members carry a motion, through the first of them.
func (c *council) carry(p ballottest.Proposal, members ...string) {
	c.Helper()
	c.submit(members[0], c.Propose(p, members[0]))
	for _, m := range members[1:] {
		v := c.Vote(p, m, nil)
		c.submit(members[0], ballot.VoteCommand(&v))
	}
}

// clock is the regulators'.
func (c *council) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// turn turns the regulators' clocks on.
func (c *council) turn(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}

// label is a motion that labels a number, dated now.
func (c *council) label(number string) ballottest.Proposal {
	c.Now = c.clock().Unix()
	return c.Motion(motion.Ratify, ballottest.Label(c, number), nil)
}

// eventually waits until something holds.
func (c *council) eventually(what string, within time.Duration, holds func() bool) {
	c.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			for m, r := range c.all {
				d, _ := r.Docket()
				c.Logf("%s: runs ended %v; %+v", m, r.ended, r.Status())
				c.Logf("%s: certified %v, %d decisions, docket at %d of %d motions, refused %v", m, r.Follower().Standing().Note.Tree, len(r.enacted), d.Size, len(d.Motions), d.Refusals)
			}
			c.Fatalf("not within %s: %s", within, what)
		}
	}
}

// holds reports whether a regulator's followed ledger has a motion.
func (r *regulator) holds(p ballottest.Proposal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.enacted {
		if d.Motion != nil && d.Motion.Motion.ID == p.ID {
			return true
		}
	}
	return false
}

// everywhere waits until a motion is enacted at members.
func (c *council) everywhere(p ballottest.Proposal, within time.Duration, members ...string) {
	c.Helper()
	c.eventually("the motion is enacted everywhere", within, func() bool {
		for _, m := range members {
			if !c.all[m].holds(p) {
				return false
			}
		}
		return true
	})
}

// oneLedger fails unless what members certified is one story.
func (c *council) oneLedger(members ...string) {
	c.Helper()
	roots := make(map[uint64]checkpoint.Tree)
	for _, m := range members {
		n := c.all[m].Follower().Standing().Note
		if was, ok := roots[n.Size]; ok && was != n.Tree {
			c.Fatalf("%s has %v, another has %v", m, n.Tree, was)
		}
		roots[n.Size] = n.Tree
	}
}

func bubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }
