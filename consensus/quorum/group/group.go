package group

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringfence/consensus/quorum/group/internal/logs"
	"ringfence/consensus/quorum/group/internal/rpc"
	"ringfence/store/keys"
)

// Bounds.
const (
	MaxCommand  = rpc.MaxCommand // bytes of a command
	MaxResult   = rpc.MaxResult  // bytes of a machine's answer
	MaxSnapshot = 64 << 20       // bytes of a snapshot
)

// Why Run ends, if not because it was told to. After ErrAstray, ErrStuck and ErrHung
// a new Group on the same directory goes on, and after ErrFull once there is room;
// after the others it may, and somebody should look.
var (
	ErrRewritten = logs.ErrRewritten
	ErrDisk      = logs.ErrDisk
	ErrDamaged   = logs.ErrDamaged
	ErrFull      = errors.New("too little space is free for what Raft writes")
	ErrHung      = errors.New("the disk has not answered")
	ErrStuck     = errors.New("the leader cannot apply")
	ErrAstray    = errors.New("this regulator has lost its place in the log, and finds it by starting again")
	ErrSnapshot  = errors.New("a snapshot is refused")
)

// Stream is a conversation with one regulator, whose host key it has proven. Close
// ends both directions at once, may be called again, and ends a Read that waits.
type Stream = rpc.Stream

// Disk is where a group's log and votes lie.
type Disk = logs.Disk

// Generation names a group: the hash of the realign record that began it, or for
// the first one of the federation.
type Generation [sha256.Size]byte

// String returns the name in hexadecimal.
func (g Generation) String() string { return hex.EncodeToString(g[:]) }

// Timing is how soon a silent leader is given up. All regulators of a group have
// the same.
type Timing struct {
	Heartbeat time.Duration // a follower that hears nothing for so long (to twice as long) stands for election
	Election  time.Duration // a candidate tries so long (to twice as long)
	Lease     time.Duration // a leader that hears from no majority for so long steps down; at most Heartbeat
	Commit    time.Duration // followers hear this soon (to twice as soon) what is committed
}

// WAN returns the timing for regulators far from each other: a stream of 1 Mb/s
// that carries a command of 288 KiB, or some lost packets, may hold a heartbeat up
// for more than a second, and an election for nothing costs more than a late one.
func WAN() Timing {
	return Timing{Heartbeat: 3 * time.Second, Election: 3 * time.Second, Lease: 1500 * time.Millisecond, Commit: 500 * time.Millisecond}
}

// Loopback returns the timing for regulators on one machine or in one room, where a
// second of silence means that somebody is gone.
func Loopback() Timing {
	return Timing{Heartbeat: time.Second, Election: time.Second, Lease: 500 * time.Millisecond, Commit: 200 * time.Millisecond}
}

// Config is what a Group is made of.
type Config struct {
	Self       keys.Public // this regulator's host key
	Generation Generation
	Dir        string // of all generations; each has a directory in it
	// First are the voters that begin the generation, the same for each of them.
	// Whoever joins later gives the same or none: he waits to be added.
	First   []keys.Public
	Machine Machine
	// Dial opens a stream to a regulator's Serve.
	Dial func(ctx context.Context, to keys.Public) (Stream, error)
	// Admitted says whether a host may speak to the group: those of the charter's
	// regulators, newcomers among them. It is asked for every call.
	Admitted func(keys.Public) bool
	// Screen looks at a command before the leader gives it to Raft. What it returns, if
	// not nil, is the answer, and nothing happens. May be nil.
	Screen func(command []byte) []byte
	// Room says why nothing may be written, or nil. It is asked each second, since a
	// write that fails on a full disk leaves behind what nobody knows. May be nil.
	Room   func() error
	Timing Timing // zero: WAN
	Logger *slog.Logger

	// What has a sound default when zero:

	Hung          time.Duration // a disk silent for so long ends the group: 5 s
	Stuck         time.Duration // a leader that applies nothing for so long, while it has what to apply, ends: 30 s
	SnapshotEvery uint64        // entries: 1,024
	SnapshotCheck time.Duration // how often that is looked at: 2 min
	Trailing      uint64        // entries kept below a snapshot for regulators that lag: 1,024
	// Disk opens log and votes in a directory that exists: raft-wal.
	Disk func(dir string) (Disk, error)
}

func (c *Config) complete() error {
	switch {
	case c.Self.IsZero():
		return errors.New("quorum: the own host key is missing")
	case c.Dir == "":
		return errors.New("quorum: the directory is missing")
	case c.Machine == nil, c.Dial == nil, c.Admitted == nil, c.Logger == nil:
		return errors.New("quorum: Machine, Dial, Admitted and Logger are needed")
	}
	if c.Timing == (Timing{}) {
		c.Timing = WAN()
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&c.Hung, 5 * time.Second}, {&c.Stuck, 30 * time.Second}, {&c.SnapshotCheck, 2 * time.Minute}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.SnapshotEvery == 0 {
		c.SnapshotEvery = 1024
	}
	if c.Trailing == 0 {
		c.Trailing = 1024
	}
	if c.Disk == nil {
		c.Disk = openWAL(c.Logger)
	}
	c.First = slices.Clone(c.First)
	slices.SortFunc(c.First, keys.Public.Compare) // all begin with the same bytes
	c.First = slices.Compact(c.First)
	return nil
}

// Group is this regulator's part in one Raft. It is made by New and lives in Run;
// before and after, Submit finds no leader and Serve closes what it is given.
type Group struct {
	cfg   Config
	ran   atomic.Bool
	now   atomic.Pointer[engine] // while Run has one
	want  atomic.Pointer[Wanted]
	room  chan struct{} // a place for each command under way at the leader
	begun atomic.Uint64 // numbers those

	changes atomic.Int64 // of Raft's voters, under way

	mu    sync.Mutex
	cause error
	ended chan struct{}        // closed with cause
	under map[uint64]time.Time // commands under way at the leader
}

// maxUnderWay is how many commands the leader holds at once; more wait outside.
const maxUnderWay = 64

// New returns a group that is yet to Run. Its error says what of the Config is
// missing.
func New(cfg Config) (*Group, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	return &Group{
		cfg: cfg, room: make(chan struct{}, maxUnderWay),
		ended: make(chan struct{}), under: make(map[uint64]time.Time),
	}, nil
}

// fail ends the group for this reason, unless there is one already.
func (g *Group) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cause == nil {
		g.cause = err
		close(g.ended)
	}
}

func (g *Group) failed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cause
}

// Run takes part until ctx ends, then returns nil, or until it cannot go on, then
// why. It runs once; whoever goes on after an error makes a new Group, with a new
// Machine, on the same directory. It returns within some seconds also when the disk
// hangs; what waits for the disk ends with it.
func (g *Group) Run(ctx context.Context) error {
	if g.ran.Swap(true) {
		return errors.New("quorum: this group has run, make a new one")
	}
	e, err := g.start()
	if err != nil {
		g.fail(err)
		return err
	}
	g.now.Store(e)
	var tasks sync.WaitGroup
	tending, stop := context.WithCancel(ctx)
	tasks.Go(func() { g.tend(tending, e) })
	g.watch(ctx, e)
	stop()
	g.now.Store(nil)
	err = g.failed()
	g.fail(ErrStopped) // for what comes too late
	g.stop(e)
	tasks.Wait()
	if err != nil {
		return fmt.Errorf("quorum: generation %.8s: %w", g.cfg.Generation, err)
	}
	return nil
}

// Serve answers the calls of a stream that another regulator has opened, until it
// ends, and closes it.
func (g *Group) Serve(s Stream) {
	e := g.now.Load()
	if e == nil {
		_ = s.Close() // it is gone either way
		return
	}
	e.rpc.Serve(s)
}

// Generations returns those that have a directory in dir, in the order of their
// names.
func Generations(dir string) ([]Generation, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("quorum: %w", err)
	}
	var all []Generation
	for _, e := range entries {
		var g Generation
		if n, err := hex.Decode(g[:], []byte(e.Name())); len(e.Name()) == 2*len(g) && err == nil && n == len(g) && e.IsDir() {
			all = append(all, g)
		}
	}
	return all, nil
}

// Remove removes what a generation has left in dir: its log, with what was never
// certified. No group of it may run.
func Remove(dir string, old Generation) error {
	if err := os.RemoveAll(filepath.Join(dir, old.String())); err != nil {
		return fmt.Errorf("quorum: remove generation %.8s: %w", old, err)
	}
	return nil
}
