// Package promise keeps the few things that a store must never take back,
// whatever happens to its database: the highest arrival that was acknowledged,
// and for each issuer of this node the highest place it reserved and whether it
// is barred from signing.
//
// A database that lost its last writes looks sound; a feed signed from it forks
// itself. So these stand in a file of their own: two slots that are written in
// turn, in place and synced, so that a write that is cut short leaves the one
// before. What a slot promises was made durable in the database first, so the
// slot before together with the database loses nothing.
//
// Floor 6, a room of store/disk. It knows no database, and it refuses a file of
// which neither slot is whole.
package promise

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"

	"github.com/ipfs/go-cid"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/datadir"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

const (
	fileName = "promises"
	magic    = "RFPROM2\n"

	// slotSize is what each of the two slots may hold, in bytes: some hundred
	// issuers with a reason each.
	slotSize = 64 << 10
)

// Signer is what an issuer of this node may not take back.
type Signer struct {
	Highest feed.Tip // ever reserved; the zero Tip when none was
	Bar     feed.Bar // why it must not sign
}

// State is all that is promised. The map of a state that was kept is never
// changed: clone it.
type State struct {
	Arrivals uint64 // the highest arrival that was acknowledged
	Signers  map[keys.Public]Signer
	Others   string // why every issuer not in Signers is barred, or empty
}

// Signer returns what an issuer promised, and that it is barred when all others
// are.
func (s State) Signer(issuer keys.Public) Signer {
	if own, ok := s.Signers[issuer]; ok {
		return own
	}
	if s.Others == "" {
		return Signer{}
	}
	return Signer{Bar: feed.Bar{Kind: feed.Restored, Reason: s.Others}}
}

// Clone returns a state that may be changed.
func (s State) Clone() State {
	signers := make(map[keys.Public]Signer, len(s.Signers)+1)
	maps.Copy(signers, s.Signers)
	s.Signers = signers
	return s
}

// ErrTooMany tells that a state does not fit into a slot; nothing was written.
var ErrTooMany = errors.New("disk: too many issuers sign from one store")

// File holds the state. It serves one writer.
type File struct {
	f          *os.File
	generation uint64
	now        State
}

// Open opens the file in dir, or makes one that promises nothing.
func Open(dir string) (*File, error) { return openWith(decode, dir) }

// slotReader reads a slot; false when it is not whole.
type slotReader func(b []byte) (generation uint64, state State, whole bool)

func openWith(read slotReader, dir string) (*File, error) {
	path := filepath.Join(dir, fileName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("disk: open promises: %w", err)
	}
	p := &File{f: f, now: State{Signers: make(map[keys.Public]Signer)}}
	if err := p.load(read); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := datadir.Sync(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("disk: open promises: %w", err), f.Close())
	}
	return p, nil
}

func (p *File) load(read slotReader) error {
	info, err := p.f.Stat()
	if err != nil {
		return fmt.Errorf("disk: read promises: %w", err)
	}
	if info.Size() == 0 {
		return nil
	}
	found := false
	for slot := range int64(2) {
		b := make([]byte, slotSize)
		n, err := p.f.ReadAt(b, slot*slotSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("disk: read promises: %w", err)
		}
		generation, state, ok := read(b[:n])
		if ok && generation > p.generation {
			p.generation, p.now, found = generation, state, true
		}
	}
	if !found {
		return damage.Errorf("%s: neither slot is whole: what this node signed last is not known; restore a backup, or start with an empty directory and new keys", p.f.Name())
	}
	return nil
}

// IsNew reports whether nothing was ever kept in the file.
func (p *File) IsNew() bool { return p.generation == 0 }

// Now returns what is promised.
func (p *File) Now() State { return p.now }

// Keep makes next what is promised, durably. Except for ErrTooMany an error
// leaves open what the file holds.
func (p *File) Keep(next State) error {
	b, err := encode(p.generation+1, next)
	if err != nil {
		return err
	}
	if _, err := p.f.WriteAt(b, int64((p.generation+1)%2)*slotSize); err != nil {
		return fmt.Errorf("disk: write promises: %w", err)
	}
	if err := p.f.Sync(); err != nil {
		return fmt.Errorf("disk: write promises: %w", err)
	}
	p.generation++
	p.now = next
	return nil
}

// Close closes the file.
func (p *File) Close() error { return p.f.Close() }

// A slot is
//
//	magic 8, generation 8, size of the rest 4, arrivals 8,
//	reason for others: length 2, reason,
//	for each issuer in byte order:
//	  issuer 33, epoch 8, sequence 8, time 8, CID 36 or zeros, reason length 2, reason
//
// the highest bit of the length set when the bar is that the key is stolen,
//
//	SHA-256 of all before 32
const (
	slotHead   = len(magic) + 8 + 4
	signerSize = keys.PublicSize + 3*8 + taxonomy.CIDSize + 2
)

func encode(generation uint64, p State) ([]byte, error) {
	b := append(make([]byte, 0, 1024), magic...)
	b = binary.BigEndian.AppendUint64(b, generation)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint64(b, p.Arrivals)
	b = appendReason(b, feed.Bar{Reason: p.Others})
	for _, issuer := range layout.SortIssuers(maps.Keys(p.Signers)) {
		own := p.Signers[issuer]
		b = append(b, issuer[:]...)
		b = binary.BigEndian.AppendUint64(b, own.Highest.Epoch)
		b = binary.BigEndian.AppendUint64(b, own.Highest.Sequence)
		b = binary.BigEndian.AppendUint64(b, uint64(own.Highest.Time))
		var id [taxonomy.CIDSize]byte
		copy(id[:], own.Highest.CID.KeyString())
		b = append(b, id[:]...)
		b = appendReason(b, own.Bar)
	}
	size := len(b) - slotHead + sha256.Size
	binary.BigEndian.PutUint32(b[slotHead-4:], uint32(size))
	sum := sha256.Sum256(b)
	if b = append(b, sum[:]...); len(b) > slotSize {
		return nil, fmt.Errorf("%w: the promises of %d issuers take %d bytes, the most is %d", ErrTooMany, len(p.Signers), len(b), slotSize)
	}
	return b, nil
}

// decode is the slotReader of this form.
func decode(b []byte) (uint64, State, bool) { return decodeForm(b, magic) }

// decodeForm reads a slot that begins with form, which is as long as magic.
func decodeForm(b []byte, form string) (uint64, State, bool) {
	state := State{Signers: make(map[keys.Public]Signer)}
	if len(b) < slotHead || string(b[:len(form)]) != form {
		return 0, State{}, false
	}
	generation := binary.BigEndian.Uint64(b[len(magic):])
	size := int(binary.BigEndian.Uint32(b[slotHead-4:]))
	if size < 8+sha256.Size || size > len(b)-slotHead {
		return 0, State{}, false
	}
	end := slotHead + size - sha256.Size
	if sum := sha256.Sum256(b[:end]); !bytes.Equal(sum[:], b[end:end+sha256.Size]) {
		return 0, State{}, false
	}
	f := layout.Take(b[slotHead:end])
	state.Arrivals = f.Uint64()
	others := readReason(&f)
	if state.Others = others.Reason; others.Kind == feed.Stolen {
		return 0, State{}, false
	}
	for f.Len() > 0 {
		issuer, own, ok := readSigner(&f)
		if !ok {
			return 0, State{}, false
		}
		state.Signers[issuer] = own
	}
	return generation, state, !f.Bad()
}

func readSigner(f *layout.Fields) (keys.Public, Signer, bool) {
	issuer := keys.Public(f.Bytes(keys.PublicSize))
	own := Signer{Highest: feed.Tip{Epoch: f.Uint64(), Sequence: f.Uint64(), Time: int64(f.Uint64())}}
	id := f.Bytes(taxonomy.CIDSize)
	if !bytes.Equal(id, make([]byte, taxonomy.CIDSize)) {
		c, err := taxonomy.CIDFromBytes(id)
		if err != nil {
			return issuer, own, false
		}
		own.Highest.CID = c
	} else {
		own.Highest.CID = cid.Undef
	}
	own.Bar = readReason(f)
	return issuer, own, !f.Bad() && (own.Bar.Kind == 0) == (own.Bar.Reason == "")
}

// stolen marks the length of a reason.
const stolen = 1 << 15

func appendReason(b []byte, bar feed.Bar) []byte {
	reason := bar.Reason[:min(len(bar.Reason), feed.MaxBarReason)]
	size := uint16(len(reason))
	if bar.Kind == feed.Stolen {
		size |= stolen
	}
	return append(binary.BigEndian.AppendUint16(b, size), reason...)
}

func readReason(f *layout.Fields) feed.Bar {
	size := binary.BigEndian.Uint16(f.Bytes(2))
	bar := feed.Bar{Reason: string(f.Bytes(int(size &^ stolen)))}
	switch {
	case size&stolen != 0:
		bar.Kind = feed.Stolen
	case size > 0:
		bar.Kind = feed.Restored
	}
	return bar
}
