package keys

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
)

// Purpose is what a key is for. A key serves one purpose only.
type Purpose string

// The purposes. PurposeAudience is an X25519 key to which bodies are sealed;
// the others are Ed25519 keys.
const (
	PurposeIssuer   Purpose = "issuer"   // signs batches
	PurposeHost     Purpose = "host"     // the node's libp2p identity
	PurposeAudience Purpose = "audience" // opens bodies for a narrower audience
	PurposeRecovery Purpose = "recovery" // kept offline; asks for reinstatement
	PurposeFounder  Purpose = "founder"  // signs the genesis charter
	PurposeVote     Purpose = "vote"     // a regulator's votes
	PurposeCosign   Purpose = "cosign"   // a regulator's cosignatures
	PurposeLog      Purpose = "log"      // the ledger's key, held by every regulator
)

// Purposes returns all purposes in the order in which they are shown.
func Purposes() []Purpose {
	return []Purpose{PurposeIssuer, PurposeHost, PurposeAudience, PurposeRecovery,
		PurposeFounder, PurposeVote, PurposeCosign, PurposeLog}
}

// The files of a ring. The lock holds an age identity, sealed by passphrase or
// key file; the keys are sealed to that identity, so that a slow passphrase is
// asked and stretched once for all of them.
const (
	lockFile      = "lock.age"
	keySuffix     = ".key.age"
	publicSuffix  = ".pub"
	privateFormat = "ringfence-private/v1"
	publicFormat  = "ringfence-public/v1"
	maxFile       = 4096 // bytes of any file of a ring
)

// ErrReachable says that others than the owner can get at a key.
var ErrReachable = errors.New("others can get at it")

// ErrExists says that a key is there already; keys are never overwritten.
var ErrExists = errors.New("the key exists and is never overwritten")

// Half is the public half of a key at rest, which shows without unlocking.
type Half struct {
	Purpose   Purpose
	Public    Public // of Ed25519 keys
	Recipient string // of the audience key, "age1…"
}

// Text returns the public half as it is written: hexadecimal digits, or an age
// recipient.
func (h Half) Text() string { return h.Public.String() + h.Recipient }

// Ring is an unlocked directory of keys. It does not follow later changes of
// the directory.
type Ring struct {
	dir      string
	private  map[Purpose]Private
	audience Audience
}

// Create makes the key of a purpose from 32 bytes of random and writes it to
// dir, sealed, with its public half beside it. It makes dir (mode 0700) and
// its lock when they are missing; the parent of dir must be there. When it
// returns, the key is durable. A key that exists is left alone and the error
// is ErrExists.
func Create(dir string, p Purpose, unlock Unlock, random io.Reader) (Half, error) {
	return create(dir, p, unlock, random, random)
}

// Import is Create for a key that was made elsewhere: the ledger's, which every regulator
// holds. It has the purpose of an Ed25519 key.
func Import(dir string, p Purpose, key Private, unlock Unlock, random io.Reader) (Half, error) {
	if p == PurposeAudience || key.IsZero() {
		return Half{}, fmt.Errorf("keys: no key of purpose %q to import", p)
	}
	seed := key.Seed()
	return create(dir, p, unlock, random, bytes.NewReader(seed[:]))
}

func create(dir string, p Purpose, unlock Unlock, random, secrets io.Reader) (Half, error) {
	if !slices.Contains(Purposes(), p) {
		return Half{}, fmt.Errorf("keys: %q is no purpose", p)
	}
	if err := makeDir(dir); err != nil {
		return Half{}, err
	}
	for _, suffix := range [...]string{keySuffix, publicSuffix} {
		if err := checkAbsent(filepath.Join(dir, string(p)+suffix)); err != nil {
			return Half{}, err
		}
	}
	lock, err := makeLock(dir, unlock, random)
	if err != nil {
		return Half{}, err
	}
	secret, half, err := generate(p, secrets)
	if err != nil {
		return Half{}, err
	}
	sealed, err := seal(fmt.Sprintf("%s %s %s\n", privateFormat, p, secret), lock.Recipient())
	if err != nil {
		return Half{}, err
	}
	if err := writeNew(filepath.Join(dir, string(p)+keySuffix), sealed); err != nil {
		return Half{}, err
	}
	if err := writeHalf(dir, half); err != nil {
		return Half{}, err
	}
	return half, syncDir(dir)
}

func generate(p Purpose, random io.Reader) (secret string, h Half, err error) {
	seed, err := readSeed(random)
	if err != nil {
		return "", Half{}, err
	}
	if p != PurposeAudience {
		return hex.EncodeToString(seed[:]), Half{Purpose: p, Public: FromSeed(seed).Public()}, nil
	}
	a, err := AudienceFromSeed(seed)
	if err != nil {
		return "", Half{}, err
	}
	return a.secret().String(), Half{Purpose: p, Recipient: a.Recipient()}, nil
}

// Open unlocks every key in dir. It refuses files and directories that others
// can read or that belong to another user, and a public half that is not its
// key's. A public half that is missing, because writing it was cut short, is
// written anew.
func Open(dir string, unlock Unlock) (*Ring, error) {
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	lock, err := openLock(dir, unlock)
	if err != nil {
		return nil, err
	}
	r := &Ring{dir: dir, private: make(map[Purpose]Private)}
	for _, p := range Purposes() {
		path := filepath.Join(dir, string(p)+keySuffix)
		sealed, err := readFile(path, secretFile)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		text, err := open(path, sealed, lock)
		if err != nil {
			return nil, err
		}
		half, err := r.add(p, text)
		if err != nil {
			return nil, fmt.Errorf("keys: %s: %w", path, err)
		}
		if err := checkHalf(dir, half); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// add takes in the decrypted content of a key file.
func (r *Ring) add(p Purpose, text string) (Half, error) {
	secret, ok := strings.CutPrefix(text, privateFormat+" "+string(p)+" ")
	if secret, ok = cutLine(secret, ok); !ok {
		return Half{}, fmt.Errorf("it does not hold the %s key in the form that this program writes", p)
	}
	if p == PurposeAudience {
		a, err := parseAudience(secret)
		r.audience = a
		return Half{Purpose: p, Recipient: a.Recipient()}, err
	}
	seed, err := hex.DecodeString(secret)
	if err != nil || len(seed) != SeedSize {
		return Half{}, fmt.Errorf("it does not hold %d bytes in hexadecimal", SeedSize)
	}
	key := FromSeed([SeedSize]byte(seed))
	r.private[p] = key
	return Half{Purpose: p, Public: key.Public()}, nil
}

// Private returns the Ed25519 key of a purpose, or an error that says how to
// make it.
func (r *Ring) Private(p Purpose) (Private, error) {
	key, ok := r.private[p]
	if !ok {
		return Private{}, fmt.Errorf("keys: %s holds no %s key to sign with", r.dir, p)
	}
	return key, nil
}

// Audience returns the key that opens sealed bodies.
func (r *Ring) Audience() (Audience, error) {
	if r.audience.IsZero() {
		return Audience{}, fmt.Errorf("keys: %s holds no %s key to open sealed bodies with", r.dir, PurposeAudience)
	}
	return r.audience, nil
}

// String names the directory, never a key.
func (r *Ring) String() string { return "[keys in " + r.dir + "]" }

// Format prints what String gives for every verb.
func (r *Ring) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.String()) }

// List returns the public halves in dir without unlocking anything. They are
// what the files beside the keys say; Open checks them against the keys.
func List(dir string) ([]Half, error) {
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	var list []Half
	for _, p := range Purposes() {
		h, err := readHalf(dir, p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

func writeHalf(dir string, h Half) error {
	line := fmt.Sprintf("%s %s %s\n", publicFormat, h.Purpose, h.Text())
	return writeNew(filepath.Join(dir, string(h.Purpose)+publicSuffix), []byte(line))
}

func readHalf(dir string, p Purpose) (Half, error) {
	path := filepath.Join(dir, string(p)+publicSuffix)
	b, err := readFile(path, publicFile)
	if err != nil {
		return Half{}, err
	}
	h, err := parseHalf(p, string(b))
	if err != nil {
		return Half{}, fmt.Errorf("keys: %s: %w; it can be removed: unlocking the keys writes it anew", path, err)
	}
	return h, nil
}

func parseHalf(p Purpose, line string) (Half, error) {
	text, ok := strings.CutPrefix(line, publicFormat+" "+string(p)+" ")
	if text, ok = cutLine(text, ok); !ok {
		return Half{}, fmt.Errorf("it does not hold the public half of the %s key", p)
	}
	if p == PurposeAudience {
		return Half{Purpose: p, Recipient: text}, CheckRecipient(text)
	}
	key, err := ParsePublicText(text)
	return Half{Purpose: p, Public: key}, err
}

func checkHalf(dir string, want Half) error {
	got, err := readHalf(dir, want.Purpose)
	if errors.Is(err, fs.ErrNotExist) {
		if err := writeHalf(dir, want); err != nil {
			return err
		}
		return syncDir(dir)
	}
	if err != nil {
		return err
	}
	if got != want {
		path := filepath.Join(dir, string(want.Purpose)+publicSuffix)
		return fmt.Errorf("keys: %s is not the public half of the key beside it: find out who changed it, then remove it", path)
	}
	return nil
}

// cutLine takes the line end off text, which must be one line.
func cutLine(text string, ok bool) (string, bool) {
	line, rest, ended := strings.Cut(text, "\n")
	return line, ok && ended && rest == ""
}

// makeLock opens the lock of dir, or makes it for the first key.
func makeLock(dir string, unlock Unlock, random io.Reader) (*age.X25519Identity, error) {
	if checkAbsent(filepath.Join(dir, lockFile)) != nil {
		return openLock(dir, unlock)
	}
	// A lock beside keys that it does not open would lock them out for ever.
	for _, p := range Purposes() {
		if _, err := os.Lstat(filepath.Join(dir, string(p)+keySuffix)); err == nil {
			return nil, fmt.Errorf("keys: %s has lost its %s, without which its keys cannot be opened: restore it from a backup", dir, lockFile)
		}
	}
	recipient, err := unlock.recipient()
	if err != nil {
		return nil, err
	}
	a, err := GenerateAudience(random)
	if err != nil {
		return nil, err
	}
	sealed, err := seal(a.secret().String()+"\n", recipient)
	if err != nil {
		return nil, err
	}
	return a.secret(), writeNew(filepath.Join(dir, lockFile), sealed)
}

func openLock(dir string, unlock Unlock) (*age.X25519Identity, error) {
	path := filepath.Join(dir, lockFile)
	sealed, err := readFile(path, secretFile)
	if err != nil {
		return nil, err
	}
	identity, err := unlock.identity()
	if err != nil {
		return nil, err
	}
	text, err := open(path, sealed, identity)
	if err != nil {
		return nil, err
	}
	line, ok := cutLine(text, true)
	if !ok {
		return nil, fmt.Errorf("keys: %s does not hold one age identity", path)
	}
	a, err := parseAudience(line)
	if err != nil {
		return nil, err
	}
	return a.secret(), nil
}
