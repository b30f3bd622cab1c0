package council

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/node/authority"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/disk"
	"ringfence/store/disk/certification"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// regulators is how many sit: q = 3.
const regulators = 4

// Council is regulators at work, and a follower. Make one with Sit.
type Council struct {
	*ballottest.Federation
	members []*member
	cfg     Config
	net     *network
	witness *witness // nil: none
}

// Config says how a council sits.
type Config struct {
	Dir      string
	Timing   group.Timing
	Follower bool // one that is no regulator sits beside them
}

// member is one regulator. Its disks outlive it.
type member struct {
	id   string
	dir  string
	host keys.Public

	regulator atomic.Pointer[quorum.Regulator] // nil while it is down
	store     *disk.Store
	keeper    *certification.Keeper
	place     *place
	stop      context.CancelFunc
	done      chan error
}

// Sit has regulators sit down, and returns once their ledger has a time.
func Sit(t testing.TB, cfg Config) *Council {
	t.Helper()
	c := &Council{
		Federation: ballottest.Found(t, regulators, func(cfg *charter.FoundingConfig) { cfg.Created = time.Now().Unix() - 3600 }),
		cfg:        cfg, net: &network{addresses: make(map[keys.Public]string)},
	}
	for _, id := range c.Seats() {
		m := &member{id: id, dir: filepath.Join(cfg.Dir, id), host: chartertest.Key("host", id).Public()}
		c.members = append(c.members, m)
		c.must(os.MkdirAll(m.dir, 0o700))
		c.must(certification.Create(m.dir, chartertest.Key("cosign", id).Public()))
	}
	if cfg.Follower {
		c.witness = c.follow(filepath.Join(cfg.Dir, "follower"))
	}
	for _, m := range c.members {
		c.start(m)
	}
	c.until(func() bool { return c.members[0].regulator.Load().Follower().Standing().Tick != 0 })
	return c
}

func (c *Council) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// patience is how long something may take before the benchmark ends.
const patience = 2 * time.Minute

// until waits until something holds.
func (c *Council) until(holds func() bool) {
	c.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(500 * time.Microsecond) {
		if time.Now().After(end) {
			c.Fatalf("council: what was waited for did not come within %s", patience)
		}
	}
}

// start has a regulator sit down.
func (c *Council) start(m *member) {
	c.Helper()
	var err error
	m.store, err = disk.Open(disk.Config{Dir: filepath.Join(m.dir, "store")})
	c.must(err)
	m.keeper, err = certification.Open(m.dir, chartertest.Key("cosign", m.id).Public())
	c.must(err)
	kept, err := authority.NewKeeper(m.keeper)
	c.must(err)
	m.place, err = c.net.enter(m.host, m.regulator.Load)
	c.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := quorum.Open(ctx, quorum.Config{
		Genesis: c.Genesis, Host: m.host, Vote: ballottest.VoteKey(m.id), Cosign: chartertest.Key("cosign", m.id), Log: chartertest.Key("log", ""),
		Dir: filepath.Join(m.dir, "raft"), Ledger: m.store.Ledger(), From: others{c, m}, Keeper: kept, Network: m.place,
		Enacted:   func([]charter.Enacted) error { return nil },
		Certified: c.tell,
		Lied:      func(l certify.Conflict) { c.Errorf("%s believes that somebody lied: %+v", m.id, l) },
		Now:       time.Now, Timing: c.cfg.Timing, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	c.must(err)
	c.must(os.MkdirAll(filepath.Join(m.dir, "raft"), 0o700))
	m.stop, m.done = cancel, make(chan error, 1)
	m.regulator.Store(r)
	go func() { m.done <- r.Run(ctx) }()
}

// leave has a regulator go: the others hear nothing more of it from one moment on.
func (c *Council) leave(m *member) {
	c.Helper()
	m.regulator.Store(nil)
	m.stop()
	m.place.leave()
	c.must(<-m.done)
	c.must(m.keeper.Close())
	c.must(m.store.Close())
}

// Close ends the council.
func (c *Council) Close() {
	c.Helper()
	for _, m := range c.members {
		if m.regulator.Load() != nil {
			c.leave(m)
		}
	}
	if c.witness != nil {
		c.must(c.witness.close())
	}
}

// leader returns who leads; nil for nobody.
func (c *Council) leader() *member {
	for _, m := range c.members {
		if r := m.regulator.Load(); r != nil && r.Leads() {
			return m
		}
	}
	return nil
}

// tell tells the follower of a checkpoint.
func (c *Council) tell(n checkpoint.Note) {
	if c.witness != nil {
		c.witness.hear(n)
	}
}

// submit submits a command through a regulator until it is known what became of it.
func (c *Council) submit(m *member, command []byte) applied.Answer {
	c.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		r := m.regulator.Load()
		if r == nil {
			c.Fatalf("council: %s is down", m.id)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		a, err := r.Submit(ctx, command)
		cancel()
		switch {
		case err != nil, a.Refusal != nil && a.Refusal.Code.Passing():
			time.Sleep(5 * time.Millisecond)
		case a.Refusal != nil:
			c.Fatalf("council: %s: a command is refused: %v", m.id, a.Refusal)
		default:
			return a
		}
	}
	c.Fatalf("council: %s: what became of a command is not known", m.id)
	return applied.Answer{}
}

// bill is a motion with the votes of three, each with who submits it.
type bill struct {
	motion   ballottest.Proposal
	commands [][]byte // the first brings it in
}

// bill makes a motion that labels numbers, which begin with the next one.
func (c *Council) bill(numbers *Numbers, items int) bill {
	c.Helper()
	c.Now = time.Now().Unix()
	p := c.Motion(motion.Ratify, numbers.next(c, items), nil)
	q := c.Quorum()
	b := bill{motion: p, commands: [][]byte{c.Propose(p, q[0])}}
	for _, m := range q[1:] {
		v := c.Vote(p, m, nil)
		b.commands = append(b.commands, ballot.VoteCommand(&v))
	}
	return b
}
