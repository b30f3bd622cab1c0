package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	badger "github.com/dgraph-io/badger/v4"
)

// What callers may want to tell apart, with errors.Is.
var (
	// ErrDiskFull: a write was refused because too little space is free. It
	// passes by itself when there is room again.
	ErrDiskFull = errors.New("disk: too little free space")
	// ErrFailed: an earlier write could not be made durable; open the store
	// again.
	ErrFailed = errors.New("disk: an earlier write failed; the store must be opened again")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("disk: the store is closed")
	// ErrUnflushed: Close gave up, and what Badger still tries goes on until the
	// process ends.
	ErrUnflushed = errors.New("disk: the database could not be flushed")
)

// closePatience is how long Close waits for Badger, which tries for ever to
// flush into a directory that is gone. What is flushed was durable before.
const closePatience = 10 * time.Second

// DiskFullError tells how much is free and how much must stay so, in bytes. It
// is ErrDiskFull.
type DiskFullError struct {
	Free  uint64
	Need  uint64 // by the refused write and what the database writes behind it
	Floor uint64
}

// Error gives the figures and what to do.
func (e *DiskFullError) Error() string {
	return fmt.Sprintf("disk: %d MiB are free, and %d MiB needed here would leave less than the floor of %d MiB: free some space; look-ups go on, and writes follow by themselves",
		e.Free>>20, (e.Need+1<<20-1)>>20, e.Floor>>20)
}

// Is reports whether target is ErrDiskFull.
func (e *DiskFullError) Is(target error) bool { return target == ErrDiskFull }

// Config tells where the database lies and when it stops writing.
type Config struct {
	Dir    string
	Floor  uint64 // of free bytes, below which nothing is written
	Free   func() (uint64, error)
	Logger *slog.Logger
}

// DB is an open database. Reads run beside each other and beside one writer.
type DB struct {
	cfg       Config
	db        *badger.DB
	compactor *compactor // nil where Badger's own do it

	// life is held for reading while an operation runs and for writing by
	// Close, which so waits for them.
	life   sync.RWMutex
	closed bool

	writing sync.Mutex // held by the one writer, who owns barrier
	barrier barrier

	mu     sync.Mutex
	failed error // the write that could not be made durable
}

// Open verifies the tables in cfg.Dir and opens the database, or makes one.
// Below the floor it opens and serves and does not write; it refuses to open
// only when Badger could not even make its files, which would be mapped without
// room behind them.
func Open(cfg Config) (*DB, error) {
	free, err := cfg.Free()
	if err != nil {
		return nil, fmt.Errorf("disk: open: %w", err)
	}
	if free < behind {
		return nil, fmt.Errorf("%w: %d MiB are free at %s, and the database needs %d MiB to open: free some space, then start again; nothing that was acknowledged is lost", ErrDiskFull, free>>20, cfg.Dir, behind>>20)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("disk: open: %w", err)
	}
	if err := sweep(cfg.Dir); err != nil {
		return nil, err
	}
	if _, err := VerifyTables(cfg.Dir); err != nil {
		return nil, err
	}
	if err := checkHeads(cfg.Dir); err != nil {
		return nil, err
	}
	if err := renewRegistry(cfg.Dir, cfg.Logger); err != nil {
		return nil, err
	}
	if err := sealLast(cfg.Dir); err != nil {
		return nil, err
	}
	l, err := look(cfg.Dir)
	if err != nil {
		return nil, err
	}
	options := tuned(cfg.Dir, l, logger{cfg.Logger})
	opened, err := badger.Open(options)
	if err != nil {
		return nil, fmt.Errorf("disk: open %s: %w", cfg.Dir, err)
	}
	d := &DB{cfg: cfg, db: opened, barrier: barrier{dir: cfg.Dir}}
	if err := d.barrier.sync(); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	if options.NumCompactors == 0 {
		d.compactor = compact(opened, cfg.Free, cfg.Logger)
	}
	return d, nil
}

// Close waits for what runs, and flushes; ErrUnflushed tells that it could not.
// It may be called again.
func (d *DB) Close() error {
	d.life.Lock()
	defer d.life.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.compactor.close()
	ended := make(chan error, 1)
	go func() { ended <- d.db.Close() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(closePatience):
		return fmt.Errorf("%w into %s within %v; nothing that was acknowledged is lost if the disk comes back", ErrUnflushed, d.cfg.Dir, closePatience)
	}
}

// View runs fn with a view of one moment. Inside Write or Moment use Read.
func (d *DB) View(fn func(Txn) error) error {
	d.life.RLock()
	defer d.life.RUnlock()
	if d.closed {
		return ErrClosed
	}
	return d.Read(fn)
}

// Read is View for those inside Write or Moment.
func (d *DB) Read(fn func(Txn) error) error {
	txn := d.db.NewTransaction(false)
	defer txn.Discard()
	return fn(Txn{txn})
}

// Moment calls note between two writes, and then fn with a view of that moment
// while writes go on. Close waits for fn.
func (d *DB) Moment(note func(), fn func(Txn) error) error {
	d.life.RLock()
	defer d.life.RUnlock()
	if d.closed {
		return ErrClosed
	}
	d.writing.Lock()
	txn := d.db.NewTransaction(false)
	defer txn.Discard()
	note()
	d.writing.Unlock()
	return fn(Txn{txn})
}

// Write runs fn as the one writer, when size more bytes may be written.
func (d *DB) Write(size int, fn func() error) error {
	return d.Always(func() error {
		if err := d.Room(size); err != nil {
			return err
		}
		return fn()
	})
}

// Always is Write without asking for room.
func (d *DB) Always(fn func() error) error {
	// life before writing, as in Moment: Close waits for life.
	d.life.RLock()
	defer d.life.RUnlock()
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := d.usable(); err != nil {
		return err
	}
	return fn()
}

// usable tells whether the database may be written; the caller holds life.
func (d *DB) usable() error {
	if d.closed {
		return ErrClosed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// Room refuses when size more bytes would leave less than the floor. It asks
// before each write, because others fill the disk too.
func (d *DB) Room(size int) error {
	free, err := d.cfg.Free()
	if err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	if need := uint64(size) + behind + d.compactor.lacks(); free < d.cfg.Floor+need {
		return &DiskFullError{Free: free, Need: need, Floor: d.cfg.Floor}
	}
	return nil
}

// Space returns the free bytes of the file system and the floor below which
// nothing is written.
func (d *DB) Space() (free, floor uint64, err error) {
	if free, err = d.cfg.Free(); err != nil {
		return 0, 0, fmt.Errorf("disk: %w", err)
	}
	return free, d.cfg.Floor, nil
}

// Writable returns nil when a small write would be accepted now, else why not.
func (d *DB) Writable() error {
	d.life.RLock()
	defer d.life.RUnlock()
	if err := d.usable(); err != nil {
		return err
	}
	return d.Room(0)
}

// Commit applies what fn sets, in one transaction and not yet durably. The
// caller is the writer. An error of fn leaves the database as it is, any other
// makes it fail.
func (d *DB) Commit(fn func(Txn) error) error {
	txn := d.db.NewTransaction(true)
	defer txn.Discard()
	if err := fn(Txn{txn}); err != nil {
		return err
	}
	d.compactor.wake()
	if err := txn.Commit(); err != nil {
		return d.Fail(fmt.Errorf("disk: write: %w", err))
	}
	return nil
}

// Settle makes durable all that was committed. The caller is the writer.
func (d *DB) Settle() error {
	if err := d.barrier.sync(); err != nil {
		return d.Fail(err)
	}
	return nil
}

// Fail ends all writing: pages that could not be synced are gone from memory
// although they count as clean, so a second try would prove nothing. It returns
// what every write answers from now on.
func (d *DB) Fail(cause error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed == nil {
		d.failed = fmt.Errorf("%w: %w", ErrFailed, cause)
		d.cfg.Logger.Error("a write could not be made durable; the store refuses further writes until it is opened again", "error", cause)
	}
	return d.failed
}
