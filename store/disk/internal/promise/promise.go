// Package promise keeps the few things that a store must never take back,
// whatever happens to its database: the highest arrival that was acknowledged,
// and for each issuer of this node the highest place it reserved and whether it
// is barred from signing.
//
// A database that lost its last writes looks sound; a feed signed from it forks
// itself. So these stand in a file of their own (see slots). What a slot promises
// was made durable in the database first, so the slot before together with the
// database loses nothing.
//
// Floor 6, a room of store/disk. It knows no database, and it refuses a file of
// which neither slot is whole.
package promise

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/ipfs/go-cid"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/slots"
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

// Signs reports whether some issuer may sign.
func (s State) Signs() bool {
	for _, own := range s.Signers {
		if own.Bar.Kind == 0 {
			return true
		}
	}
	return false
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
	file *slots.File
	now  State
}

// form returns how the file is written; with older also what it was before is read.
func form(older ...string) slots.Form {
	return slots.Form{Magic: magic, Older: older, Size: slotSize, Copies: 1}
}

// Open opens the file in dir, or makes one that promises nothing.
func Open(dir string) (*File, error) { return openAs(dir, form()) }

func openAs(dir string, form slots.Form) (*File, error) {
	path := filepath.Join(dir, fileName)
	file, err := slots.Open(slots.Disk{}, path, form)
	if errors.Is(err, damage.Err) {
		err = fmt.Errorf("%w: what this node signed last is not known; restore a backup, or start with an empty directory and new keys", err)
	}
	if err != nil {
		return nil, fmt.Errorf("disk: open promises: %w", err)
	}
	p := &File{file: file, now: State{Signers: make(map[keys.Public]Signer)}}
	if file.IsNew() {
		return p, nil
	}
	var ok bool
	if p.now, ok = decode(file.Now()); !ok {
		return nil, errors.Join(damage.Errorf("%s: what is promised has its hash and cannot be read", path), file.Close())
	}
	return p, nil
}

// IsNew reports whether nothing was ever kept in the file.
func (p *File) IsNew() bool { return p.file.IsNew() }

// Now returns what is promised.
func (p *File) Now() State { return p.now }

// Keep makes next what is promised, durably. Except for ErrTooMany an error is final,
// and leaves open what the file holds.
func (p *File) Keep(next State) error {
	err := p.file.Keep(encode(next))
	if errors.Is(err, slots.ErrTooLarge) {
		return fmt.Errorf("%w: the promises of %d issuers: %w", ErrTooMany, len(next.Signers), err)
	}
	if err != nil {
		return fmt.Errorf("disk: write promises: %w", err)
	}
	p.now = next
	return nil
}

// Close closes the file.
func (p *File) Close() error { return p.file.Close() }

// A state is
//
//	arrivals 8,
//	reason for others: length 2, reason,
//	for each issuer in byte order:
//	  issuer 33, epoch 8, sequence 8, time 8, CID 36 or zeros, reason length 2, reason
//
// the highest bit of the length set when the bar is that the key is stolen.
func encode(p State) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 1024), p.Arrivals)
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
	return b
}

func decode(b []byte) (State, bool) {
	state := State{Signers: make(map[keys.Public]Signer)}
	f := layout.Take(b)
	state.Arrivals = f.Uint64()
	others := readReason(&f)
	if state.Others = others.Reason; others.Kind == feed.Stolen {
		return State{}, false
	}
	for f.Len() > 0 {
		issuer, own, ok := readSigner(&f)
		if !ok {
			return State{}, false
		}
		state.Signers[issuer] = own
	}
	return state, !f.Bad()
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
