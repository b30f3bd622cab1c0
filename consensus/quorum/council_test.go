package quorum_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum"
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

// keeper is a certification state in memory.
type keeper struct {
	mu    sync.Mutex
	state cosign.State
	lost  string
}

func (k *keeper) State() (cosign.State, string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state, k.lost
}

func (k *keeper) Keep(s cosign.State) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state = s
	return nil
}

func (k *keeper) Forget(why string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost = why
	return nil
}

// regulator is one of a council; its disks outlive it.
type regulator struct {
	member string
	disk   *quorumtest.Disk
	keeper *keeper
	ledger *memory.Ledger

	*quorum.Regulator
	host *quorumtest.Host
	stop context.CancelFunc
	done chan error

	mu      sync.Mutex
	enacted []charter.Enacted
}

// council is regulators at work on a network in memory, in a bubble of synctest.
type council struct {
	*ballottest.Federation // which proposes, dated by the bubble's clock
	network                *quorumtest.Network
	mu                     sync.Mutex
	hosts                  map[keys.Public]*regulator
	all                    map[string]*regulator
	mute                   map[string]bool // whose messages are lost
	under                  sync.WaitGroup  // messages under way
}

// sit founds a council of so many regulators and has them sit down. It must be called
// in a bubble.
func sit(t *testing.T, regulators int) *council {
	t.Helper()
	c := &council{
		Federation: ballottest.Found(t, regulators, func(cfg *charter.FoundingConfig) {
			cfg.Created = time.Now().Unix() - 3600
			cfg.Cards = append(cfg.Cards, chartertest.Card(t, "x4", "operator"), chartertest.Card(t, "x5", "operator"))
		}),
		network: quorumtest.NewNetwork(1), hosts: make(map[keys.Public]*regulator), all: make(map[string]*regulator), mute: make(map[string]bool),
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
		r = &regulator{member: member, disk: quorumtest.NewDisk(), keeper: &keeper{}, ledger: memory.New().Ledger()}
		c.all[member] = r
	}
	r.enacted = nil
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	r.Regulator, err = quorum.Open(ctx, quorum.Config{
		Genesis: c.Genesis, Host: hostKey(member), Vote: ballottest.VoteKey(member), Cosign: chartertest.Key("cosign", member), Log: chartertest.Key("log", ""),
		Dir: c.TempDir(), Ledger: r.ledger, From: c.peers(member), Keeper: r.keeper, Network: wire{c, member},
		Enacted: func(d []charter.Enacted) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.enacted = append(r.enacted, d...)
			return nil
		},
		Lied: func(l certify.Conflict) { c.Errorf("%s believes that somebody lied: %+v", member, l) },
		Now:  time.Now, Timing: group.Loopback(), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Disk: func(string) (group.Disk, error) { return r.disk, nil },
	})
	if err != nil {
		c.Fatal(err)
	}
	c.mu.Lock()
	c.hosts[hostKey(member)] = r
	c.mu.Unlock()
	r.host = c.network.Up(hostKey(member), r.Serve)
	r.stop, r.done = cancel, make(chan error, 1)
	go func() { r.done <- r.Run(ctx) }()
	return r
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
	if err := <-r.done; err != nil {
		c.Errorf("%s: %v", member, err)
	}
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
	w.c.under.Go(func() {
		time.Sleep(time.Millisecond)
		w.c.mu.Lock()
		r := w.c.hosts[to]
		lost := r == nil || w.c.mute[w.from] || w.c.mute[r.member]
		w.c.mu.Unlock()
		if lost {
			return
		}
		if err := r.Receive(hostKey(w.from), message); err != nil {
			w.c.Errorf("%s received from %s: %v", r.member, w.from, err)
		}
	})
}

// submit submits a command through a regulator until it is known what became of it.
func (c *council) submit(member string, command []byte) quorum.Answer {
	c.Helper()
	for range 60 {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		a, err := c.all[member].Submit(ctx, command)
		cancel()
		if err == nil && (a.Refusal == nil || !a.Refusal.Code.Passing()) {
			return a
		}
		time.Sleep(200 * time.Millisecond)
	}
	c.Fatalf("%s: what became of a command is not known after a minute", member)
	return quorum.Answer{}
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

// label is a motion that labels a number, dated now.
func (c *council) label(number string) ballottest.Proposal {
	c.Now = time.Now().Unix()
	return c.Motion(motion.Ratify, ballottest.Label(c, number), nil)
}

// eventually waits until something holds.
func (c *council) eventually(what string, within time.Duration, holds func() bool) {
	c.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			for m, r := range c.all {
				d, _ := r.Docket()
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
