// Package certification keeps what a regulator must never forget of what it signed:
// the state of consensus/cosign, for one cosigning key, in a file of its own.
//
// A regulator that forgot a signature may contradict it, and so help to certify two
// ledgers. Nothing else of a node can bring the state back: not the database, not
// Raft, and least of all a backup, which is older than what was signed since. So the
// file lies outside of all three, is synced before Keep returns, and has a copy of
// each slot, so that a flipped bit neither loses the state nor takes it back to the
// one before.
//
// And where there is no state, that is told from a new one. A state is new only
// where Create made it, once, with the key; where the file is missing, is not whole,
// or is another key's, it is lost, and stays so: whoever finds it lost reports,
// locks, promises and cosigns nothing (DESIGN.md, 6.2). A lost state does not come
// back with the same key, but for a federation of fewer than four regulators, which
// may Adopt what all the others know. Otherwise the regulator gets another cosigning
// key, and with it a new state.
//
// Floor 6, beside the store in whose directory the file lies. It does not know what it
// keeps. Whoever opens it owns the directory: the store is open in this process.
package certification

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/slots"
	"ringfence/store/keys"
	"ringfence/store/wire"
)

const (
	// MaxState is the size in bytes that no state exceeds.
	MaxState = 48 << 10
	// MaxReason is how much is kept of the reason why a state was lost, in bytes.
	MaxReason = 1 << 10

	fileName = "certification-%x" // of the cosigning key
	version  = 1
)

func form() slots.Form { return slots.Form{Magic: "RFCERT1\n", Size: 64 << 10, Copies: 2} }

// Condition is what is known of a state.
type Condition uint8

// The conditions.
const (
	New  Condition = iota + 1 // the key never signed anything
	Held                      // the state is all that it signed
	Lost                      // it may have signed what nobody here knows: it signs nothing
)

var conditions = [...]string{New: "new", Held: "held", Lost: "lost"}

// String returns the condition in a word.
func (c Condition) String() string { return conditions[c] }

// What callers may want to tell apart, with errors.Is.
var (
	// ErrExists: the state of that key was created before.
	ErrExists = errors.New("the state of this cosigning key was created before")
	// ErrLost: the state is lost, so nothing may be signed.
	ErrLost = errors.New("the certification state is lost")
	// ErrFailed: an earlier write failed. Only opening the file again tells what the
	// disk holds; until then nothing may be signed.
	ErrFailed = slots.ErrFailed
)

// content is the value of the file.
type content struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Key     keys.Public
	Lost    string // why; empty when it is not
	State   []byte // empty when nothing was signed
}

// Keeper keeps the state of one key. It is safe for concurrent use.
type Keeper struct {
	system system
	path   string
	key    keys.Public

	mu   sync.Mutex
	file *slots.File // nil when it is missing or not whole
	lost string      // why nothing may be signed, empty when something may
	now  []byte      // the state
}

// system is what a Keeper needs of the file system.
type system struct {
	slots.FS

	has func(path string) (bool, error)
}

func osSystem() system {
	return system{slots.Disk{}, func(path string) (bool, error) {
		_, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}}
}

func pathOf(dir string, key keys.Public) string {
	return filepath.Join(dir, fmt.Sprintf(fileName, key[:]))
}

// Create makes a new state, durably. It is called where the cosigning key was just
// made and has signed nothing: by init and join, and when a regulator is re-keyed.
// For a key that has a file, whatever is in it, it is ErrExists.
func Create(dir string, key keys.Public) error { return create(osSystem(), dir, key) }

func create(d system, dir string, key keys.Public) error {
	k := &Keeper{system: d, path: pathOf(dir, key), key: key}
	has, err := d.has(k.path)
	if err == nil && has {
		err = ErrExists
	}
	if err == nil {
		err = k.replace(nil)
	}
	if err == nil {
		err = k.Close()
	}
	if err != nil {
		return fmt.Errorf("certification: create the state of key %s: %w", key.Short(), err)
	}
	return nil
}

// replace writes a file with a state in the place of whatever is there, and opens it.
func (k *Keeper) replace(state []byte) (err error) {
	k.file, err = slots.Create(k.system, k.path, form(), k.encode("", state))
	return err
}

func (k *Keeper) encode(lost string, state []byte) []byte {
	return wire.Format(content{Version: version, Key: k.key, Lost: lost, State: state})
}

// Open opens the state of a cosigning key. That it is lost is no error, but its
// Condition; an error says that the file cannot be read now.
func Open(dir string, key keys.Public) (*Keeper, error) { return open(osSystem(), dir, key) }

func open(d system, dir string, key keys.Public) (*Keeper, error) {
	k := &Keeper{system: d, path: pathOf(dir, key), key: key}
	if err := k.load(); err != nil {
		return nil, fmt.Errorf("certification: open the state of key %s: %w", key.Short(), err)
	}
	return k, nil
}

func (k *Keeper) load() error {
	has, err := k.system.has(k.path)
	if err != nil {
		return err
	}
	if !has {
		k.lost = fmt.Sprintf("there is no file %s: it was lost, or this directory was restored or copied without it", k.path)
		return nil
	}
	file, err := slots.Open(k.system, k.path, form())
	if errors.Is(err, damage.Err) {
		k.lost = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	var c content
	switch err := wire.Decode(file.Now(), &c); {
	case file.IsNew():
		k.lost = k.path + " is empty"
	case wire.Newer("certification state", file.Now(), version) != nil:
		return errors.Join(wire.Newer(k.path, file.Now(), version), file.Close())
	case err != nil:
		k.lost = fmt.Sprintf("%s: %v", k.path, err)
	case c.Key != k.key:
		k.lost = fmt.Sprintf("%s holds the state of another key, %s", k.path, c.Key.Short())
	default:
		k.file, k.lost, k.now = file, c.Lost, c.State
		return nil
	}
	return file.Close()
}

// Condition returns what is known of the state, and of a lost one why it is lost.
func (k *Keeper) Condition() (Condition, string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.lost != "":
		return Lost, k.lost
	case len(k.now) == 0:
		return New, ""
	}
	return Held, ""
}

// State returns what was kept last, and nothing when the state is new. Of a lost one it
// is what is left of it, which proves nothing. It must not be changed.
func (k *Keeper) State() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now
}

// Key returns the cosigning key that the state is of.
func (k *Keeper) Key() keys.Public { return k.key }

// Keep keeps a state, of 1 to MaxState bytes, durably: only when it returns nil may
// what came of the state leave. An error of the disk is final (ErrFailed).
func (k *Keeper) Keep(state []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var err error
	switch {
	case k.lost != "":
		err = fmt.Errorf("%w: %s", ErrLost, k.lost)
	case len(state) < 1 || len(state) > MaxState:
		err = fmt.Errorf("a state of %d bytes; it has 1 to %d", len(state), MaxState)
	default:
		err = k.file.Keep(k.encode("", state))
	}
	if err != nil {
		return fmt.Errorf("certification: keep the state: %w", err)
	}
	k.now = append([]byte(nil), state...)
	return nil
}

// Lose makes the state lost, durably: somebody showed a newer signature by this key
// than it knows. The first reason stays. From when it is called nothing is kept, also
// when it returns an error.
func (k *Keeper) Lose(reason string) error {
	if reason == "" {
		return errors.New("certification: lose the state: a reason is needed")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lost != "" {
		return nil
	}
	k.lost = reason[:min(len(reason), MaxReason)]
	if err := k.file.Keep(k.encode(k.lost, k.now)); err != nil {
		return fmt.Errorf("certification: lose the state: %w", err)
	}
	return nil
}

// Adopt holds a lost state again, from what others know: for fewer than four
// regulators, once every reachable node, at least two of different members, was
// asked and the highest certified checkpoint is in the state (DESIGN.md, 6.2).
func (k *Keeper) Adopt(state []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var err error
	switch {
	case k.lost == "":
		err = errors.New("it is not lost")
	case len(state) < 1 || len(state) > MaxState:
		err = fmt.Errorf("a state of %d bytes; it has 1 to %d", len(state), MaxState)
	case k.file == nil:
		err = k.replace(state)
	default:
		err = k.file.Keep(k.encode("", state))
	}
	if err != nil {
		return fmt.Errorf("certification: adopt a state: %w", err)
	}
	k.lost, k.now = "", append([]byte(nil), state...)
	return nil
}

// Close closes the file.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.file == nil {
		return nil
	}
	return k.file.Close()
}
