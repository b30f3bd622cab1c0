package disk

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Store is one data directory, open. Make one with Open. It is safe for
// concurrent use: reads run beside each other and beside one write.
type Store struct {
	cfg  Config
	log  *slog.Logger
	lock *dirLock
	db   *badger.DB

	// life is held for reading while an operation runs and for writing by
	// Close, which so waits for them.
	life   sync.RWMutex
	closed bool

	// writing is held by the one writer, who owns barrier and promises.
	writing  sync.Mutex
	barrier  barrier
	promises *promises

	mu         sync.RWMutex
	heads      heads
	quarantine map[cid.Cid]quarantined
	gaps       []gap                   // in order
	arrivals   uint64                  // the number of the last arrival
	signers    map[keys.Public]promise // replaced, never changed
	failed     error                   // the write that could not be made durable
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
		if !last.CID.Defined() || last.Before(t) {
			last = t
		}
	}
	return last, last.CID.Defined()
}

// quarantined tells why a batch is not served and where it arrived.
type quarantined struct {
	arrival uint64
	reason  string
}

// gap is a run of arrival numbers that name no batch: after+1 to last.
type gap struct{ after, last uint64 }

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
	if err := prepare(s.cfg.Dir, migrations()); err != nil {
		return nil, errors.Join(err, s.lock.release())
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

// begin makes the directory and takes it for this process.
func begin(cfg Config) (*Store, error) {
	if cfg.Dir != "" {
		if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("disk: open: %w", err)
		}
	}
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	return &Store{
		cfg: cfg, log: cfg.Logger, lock: lock,
		heads: make(heads), quarantine: make(map[cid.Cid]quarantined),
	}, nil
}

const databaseDir = "badger"

// open opens the files below the lock; on failure it lets go of everything.
func (s *Store) open() (err error) {
	var undo []func() error
	defer func() {
		for i := len(undo) - 1; err != nil && i >= 0; i-- {
			err = errors.Join(err, undo[i]())
		}
	}()
	undo = append(undo, s.lock.release)
	if err = s.roomToOpen(); err != nil {
		return err
	}
	if s.promises, err = openPromises(s.cfg.Dir); err != nil {
		return err
	}
	undo = append(undo, s.promises.close)
	dir := filepath.Join(s.cfg.Dir, databaseDir)
	if err = os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("disk: open: %w", err)
	}
	if _, err = verifyTables(dir); err != nil {
		return fmt.Errorf("%w: restore a backup, or start with an empty directory and fetch the feeds anew", err)
	}
	if s.db, err = badger.Open(s.cfg.options(dir)); err != nil {
		return fmt.Errorf("disk: open %s: %w", dir, err)
	}
	undo = append(undo, s.db.Close)
	s.barrier = barrier{dir: dir}
	if err = s.barrier.sync(); err != nil {
		return err
	}
	return s.load()
}

// roomToOpen refuses to open when Badger could not even make its files: they
// would be mapped without room behind them. Between this and the floor the
// store opens and serves, and refuses to write.
func (s *Store) roomToOpen() error {
	free, _, err := s.cfg.Free(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("disk: open: %w", err)
	}
	if free < behind {
		return &DiskFullError{Dir: s.cfg.Dir, Free: free, Need: behind}
	}
	return nil
}

// Close waits for what runs, flushes and gives the directory up.
func (s *Store) Close() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := errors.Join(s.db.Close(), s.promises.close(), s.lock.release())
	if err != nil {
		return fmt.Errorf("disk: close: %w", err)
	}
	return nil
}

// usable tells whether the store may be written; the caller holds life.
func (s *Store) usable() error {
	if s.closed {
		return ErrClosed
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.failed
}

// view runs fn in a transaction that sees one moment.
func (s *Store) view(fn func(txn *badger.Txn) error) error {
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return ErrClosed
	}
	return s.read(fn)
}

// read is view for those who hold life already.
func (s *Store) read(fn func(txn *badger.Txn) error) error {
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	return fn(txn)
}

// write runs fn as the one writer, when size more bytes may be written.
func (s *Store) write(size int, fn func() error) error {
	return s.asWriter(func() error {
		if err := s.room(size); err != nil {
			return err
		}
		return fn()
	})
}

// asWriter runs fn as the one writer.
func (s *Store) asWriter(fn func() error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.life.RLock()
	defer s.life.RUnlock()
	if err := s.usable(); err != nil {
		return err
	}
	return fn()
}

// commit applies what fn sets, in one transaction and not yet durably. The
// caller is the writer. An error of fn leaves the store as it is, any other
// makes it fail.
func (s *Store) commit(fn func(txn *badger.Txn) error) error {
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	if err := fn(txn); err != nil {
		return err
	}
	if err := txn.Commit(); err != nil {
		return s.fail(fmt.Errorf("disk: write: %w", err))
	}
	return nil
}

// settle makes durable all that was committed. The caller is the writer.
func (s *Store) settle() error {
	if err := s.barrier.sync(); err != nil {
		return s.fail(err)
	}
	return nil
}

// promise makes next what is promised. The caller is the writer and has
// settled what next rests on, and changes next no more.
func (s *Store) promise(next promised) error {
	if _, err := encodePromised(0, next); err != nil {
		return err
	}
	if err := s.promises.keep(next); err != nil {
		return s.fail(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signers = next.signers
	return nil
}

// fail ends all writing: pages that could not be synced are gone from memory
// although they count as clean, so a second try would prove nothing.
func (s *Store) fail(cause error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = fmt.Errorf("%w: %w", ErrFailed, cause)
		s.log.Error("a write could not be made durable; the store refuses further writes until it is opened again", "error", cause)
	}
	return s.failed
}
