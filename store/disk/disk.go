package disk

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/store/disk/internal/datadir"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/promise"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Store is one data directory, open. Make one with Open. It is safe for
// concurrent use: reads run beside each other and beside one write.
type Store struct {
	cfg  Config
	log  *slog.Logger
	lock *datadir.Lock
	db   *engine.DB

	promises *promise.File // the writer's, as is the right to change what mu guards

	closing sync.Mutex
	closed  bool

	mu         sync.RWMutex
	heads      heads
	quarantine map[cid.Cid]layout.Quarantine
	gaps       []layout.Gap  // in order
	arrivals   uint64        // the number of the last arrival
	promised   promise.State // replaced, never changed
	checkpoint []byte        // of the ledger, a note; replaced, never changed
}

// heads is the last batch of each epoch, by issuer.
type heads map[keys.Public]map[uint64]feed.Tip

func (h heads) put(issuer keys.Public, t feed.Tip) {
	if h[issuer] == nil {
		h[issuer] = make(map[uint64]feed.Tip)
	}
	h[issuer][t.Epoch] = t
}

func (h heads) latest(issuer keys.Public) (feed.Tip, bool) {
	var last feed.Tip
	for _, t := range h[issuer] {
		last = feed.Later(last, t)
	}
	return last, last.CID.Defined()
}

const databaseDir = "badger"

// migrations returns the steps that bring a directory up to date, the first from
// format 1 to 2: each bar on signing got a kind, which a version that does not know
// of it must not take for none.
func migrations() []datadir.Migration { return []datadir.Migration{promise.Migrate} }

// Open opens the store of cfg.Dir, or makes one when the directory is empty or
// missing. It takes the directory for this process, brings an older format up
// to date, verifies every table of the database, and compares what the database
// holds with what was promised. ErrLocked, ErrNewer, ErrDiskFull and ErrDamaged
// tell why it would not.
func Open(cfg Config) (*Store, error) {
	s, err := begin(cfg)
	if err != nil {
		return nil, err
	}
	if err = datadir.Prepare(s.cfg.Dir, migrations()); err == nil {
		err = s.open()
	}
	if err != nil {
		return nil, s.release(err)
	}
	return s, nil
}

// begin makes the directory and takes it for this process.
func begin(cfg Config) (*Store, error) {
	if cfg.Dir == "" {
		return nil, errors.New("disk: open: no directory given")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("disk: open: %w", err)
	}
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	lock, err := datadir.Take(cfg.Dir)
	if err != nil {
		return nil, err
	}
	return &Store{
		cfg: cfg, log: cfg.Logger, lock: lock,
		heads: make(heads), quarantine: make(map[cid.Cid]layout.Quarantine),
	}, nil
}

// open opens the files below the lock; on failure it closes them.
func (s *Store) open() error {
	var err error
	if s.promises, err = promise.Open(s.cfg.Dir); err != nil {
		return err
	}
	s.db, err = engine.Open(engine.Config{
		Dir:    filepath.Join(s.cfg.Dir, databaseDir),
		Floor:  s.cfg.FreeFloor,
		Free:   func() (uint64, error) { free, _, err := s.cfg.Free(s.cfg.Dir); return free, err },
		Logger: s.log,
	})
	if err != nil {
		if errors.Is(err, ErrDamaged) {
			err = fmt.Errorf("%w: restore a backup, or start with an empty directory and fetch the feeds anew", err)
		}
		return errors.Join(err, s.promises.Close())
	}
	if err := s.load(); err != nil {
		return errors.Join(err, s.shut())
	}
	return nil
}

// shut closes what open opened.
func (s *Store) shut() error { return errors.Join(s.db.Close(), s.promises.Close()) }

// release gives the directory up after what came to err, unless Badger may yet
// write into it.
func (s *Store) release(err error) error {
	if errors.Is(err, engine.ErrUnflushed) {
		return err
	}
	return errors.Join(err, s.lock.Release())
}

// Close waits for what runs, flushes and gives the directory up. It may be
// called again.
func (s *Store) Close() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if err := s.release(s.shut()); err != nil {
		return fmt.Errorf("disk: close: %w", err)
	}
	return nil
}

// Writable returns nil when a small write would be accepted now, else why not:
// ErrDiskFull, ErrFailed or ErrClosed.
func (s *Store) Writable() error { return s.db.Writable() }

// Space returns how many bytes are free on the store's file system and how many
// must stay so.
func (s *Store) Space() (free, floor uint64, err error) { return s.db.Space() }

// promise makes next what is promised. The caller is the writer and has
// settled what next rests on, and changes next no more.
func (s *Store) promise(next promise.State) error {
	err := s.promises.Keep(next)
	if errors.Is(err, promise.ErrTooMany) {
		return err
	}
	if err != nil {
		return s.db.Fail(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.promised = next
	return nil
}
