package disk

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
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

const (
	promisesFile  = "promises"
	promisesMagic = "RFPROM1\n"

	// slotSize is what each of the two slots may hold, in bytes: some hundred
	// issuers with a reason each.
	slotSize = 64 << 10
	// maxReason bounds the reason for which an issuer is barred, in bytes.
	maxReason = 400
)

// promise is what an issuer of this node may not take back.
type promise struct {
	highest feed.Tip // ever reserved; the zero Tip when none was
	barred  string   // why it must not sign, or empty
}

// promised is all that must never go back, whatever happens to the database.
type promised struct {
	arrivals uint64 // the highest arrival that was acknowledged
	signers  map[keys.Public]promise
}

func (p promised) clone() promised {
	return promised{p.arrivals, maps.Clone(p.signers)}
}

// promises is the file that holds them: two slots that are written in turn, in
// place and synced, so that a write that is cut short leaves the one before.
// What a slot promises was made durable in the database first, so the slot
// before together with the database loses nothing. It belongs to the writer.
type promises struct {
	f          *os.File
	generation uint64
	now        promised
}

func openPromises(dir string) (*promises, error) {
	path := filepath.Join(dir, promisesFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("disk: open promises: %w", err)
	}
	p := &promises{f: f, now: promised{signers: make(map[keys.Public]promise)}}
	if err := p.load(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := syncPath(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("disk: open promises: %w", err), f.Close())
	}
	return p, nil
}

func (p *promises) load() error {
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
		generation, state, ok := decodePromised(b[:n])
		if ok && generation > p.generation {
			p.generation, p.now, found = generation, state, true
		}
	}
	if !found {
		return damaged("%s: neither slot is whole: what this node signed last is not known; restore a backup, or start with an empty directory and new keys", p.f.Name())
	}
	return nil
}

// keep makes next what is promised, durably.
func (p *promises) keep(next promised) error {
	b, err := encodePromised(p.generation+1, next)
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

func (p *promises) close() error { return p.f.Close() }

// A slot is
//
//	magic 8, generation 8, size of the rest 4, arrivals 8,
//	for each issuer in byte order:
//	  issuer 33, epoch 8, sequence 8, time 8, CID 36 or zeros, reason length 2, reason
//	SHA-256 of all before 32
const (
	slotHead   = len(promisesMagic) + 8 + 4
	signerSize = keys.PublicSize + 3*8 + taxonomy.CIDSize + 2
)

func encodePromised(generation uint64, p promised) ([]byte, error) {
	b := append(make([]byte, 0, 1024), promisesMagic...)
	b = binary.BigEndian.AppendUint64(b, generation)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint64(b, p.arrivals)
	for _, issuer := range slices.SortedFunc(maps.Keys(p.signers), func(a, b keys.Public) int { return bytes.Compare(a[:], b[:]) }) {
		own := p.signers[issuer]
		b = append(b, issuer[:]...)
		b = binary.BigEndian.AppendUint64(b, own.highest.Epoch)
		b = binary.BigEndian.AppendUint64(b, own.highest.Sequence)
		b = binary.BigEndian.AppendUint64(b, uint64(own.highest.Time))
		var id [taxonomy.CIDSize]byte
		copy(id[:], own.highest.CID.KeyString())
		b = append(b, id[:]...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(own.barred)))
		b = append(b, own.barred...)
	}
	size := len(b) - slotHead + sha256.Size
	binary.BigEndian.PutUint32(b[slotHead-4:], uint32(size))
	sum := sha256.Sum256(b)
	if b = append(b, sum[:]...); len(b) > slotSize {
		return nil, fmt.Errorf("disk: write promises: %d issuers sign from this store; their promises take %d bytes, the most is %d", len(p.signers), len(b), slotSize)
	}
	return b, nil
}

// decodePromised reads a slot; false when it is not whole.
func decodePromised(b []byte) (uint64, promised, bool) {
	state := promised{signers: make(map[keys.Public]promise)}
	if len(b) < slotHead || string(b[:len(promisesMagic)]) != promisesMagic {
		return 0, promised{}, false
	}
	generation := binary.BigEndian.Uint64(b[len(promisesMagic):])
	size := int(binary.BigEndian.Uint32(b[slotHead-4:]))
	if size < 8+sha256.Size || size > len(b)-slotHead {
		return 0, promised{}, false
	}
	end := slotHead + size - sha256.Size
	if sum := sha256.Sum256(b[:end]); !bytes.Equal(sum[:], b[end:end+sha256.Size]) {
		return 0, promised{}, false
	}
	f := fields{b: b[slotHead:end]}
	state.arrivals = f.uint64()
	for len(f.b) > 0 {
		issuer, own, ok := readPromise(&f)
		if !ok {
			return 0, promised{}, false
		}
		state.signers[issuer] = own
	}
	return generation, state, !f.bad
}

func readPromise(f *fields) (keys.Public, promise, bool) {
	issuer := keys.Public(f.bytes(keys.PublicSize))
	own := promise{highest: feed.Tip{Epoch: f.uint64(), Sequence: f.uint64(), Time: int64(f.uint64())}}
	id := f.bytes(taxonomy.CIDSize)
	if !bytes.Equal(id, make([]byte, taxonomy.CIDSize)) {
		c, err := taxonomy.CIDFromBytes(id)
		if err != nil {
			return issuer, own, false
		}
		own.highest.CID = c
	} else {
		own.highest.CID = cid.Undef
	}
	length := f.bytes(2)
	own.barred = string(f.bytes(int(binary.BigEndian.Uint16(length))))
	return issuer, own, !f.bad
}
