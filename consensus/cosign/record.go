package cosign

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// Bounds of a record.
const (
	// MaxSigners is how many regulators a lock or a record may name.
	MaxSigners = 64
	// MaxPromise bounds a signed promise in bytes: a lock with its reports, and a
	// certified checkpoint.
	MaxPromise = checkpoint.MaxNote + MaxSigners*(keys.PublicSize+keys.SignatureSize+8) + 1<<10
	// MaxRecord bounds a record in bytes.
	MaxRecord = MaxSigners * (MaxPromise + 8)
)

// SignedPromise is a promise and whose it is.
type SignedPromise struct {
	Promise
	By Signer

	signed []byte // as encoded, without the signature
	note   []byte // the certified checkpoint
}

// promiseArray is a promise as it is signed.
type promiseArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Federation []byte
	Number     uint64
	Lock       []lockArray // none or one
	Certified  []byte      // a cosigned checkpoint as a note; empty when only the ledger's beginning is certified
}

type lockArray struct {
	_          struct{} `cbor:",toarray"`
	Generation uint64
	Record     merkle.Hash
	Size       uint64
	Root       merkle.Hash
	Reports    []Signer // ascending by key
}

// sealed is a promise with its signature.
type sealed struct {
	_       struct{} `cbor:",toarray"`
	Promise []byte
	By      Signer
}

// SignPromise signs p, which shows the checkpoint in note as certified; note is empty
// when p shows none.
func SignPromise(federation cid.Cid, p Promise, note []byte, key keys.Private) SignedPromise {
	a := promiseArray{Version: wordVersion, Federation: federation.Bytes(), Number: p.Number, Lock: lockOf(&p.Lock), Certified: note}
	b := wire.Format(a)
	return SignedPromise{Promise: p, By: Signer{Key: key.Public(), Signature: key.Sign(keys.DomainPromise, b)}, signed: b, note: note}
}

// Bytes returns the canonical encoding.
func (p SignedPromise) Bytes() []byte {
	return wire.Format(sealed{Promise: p.signed, By: p.By})
}

// Note returns the certified checkpoint that is shown; empty for none.
func (p SignedPromise) Note() []byte { return p.note }

// Judge knows what is needed to believe a promise.
type Judge struct {
	Federation cid.Cid
	Quorum     Quorum
	// Certified opens a note and reports whether q of the set in force cosigned it.
	Certified func(note []byte) (checkpoint.Tree, error)
}

// OpenPromise reads a promise and verifies it: who signed it, the reports behind its
// lock, the cosignatures of what it shows as certified.
func (j *Judge) OpenPromise(b []byte) (p SignedPromise, err error) {
	if len(b) > MaxPromise {
		return p, fmt.Errorf("cosign: the promise has %d bytes; at most %d are read", len(b), MaxPromise)
	}
	var outer sealed
	var a promiseArray
	if err := errors.Join(wire.Decode(b, &outer), wire.Decode(outer.Promise, &a)); err != nil {
		return p, fmt.Errorf("cosign: this is no promise: %w", err)
	}
	p = SignedPromise{Promise: Promise{Number: a.Number}, By: outer.By, signed: outer.Promise, note: a.Certified}
	switch {
	case a.Version != wordVersion:
		return p, fmt.Errorf("cosign: the promise has version %d; this program knows %d: upgrade", a.Version, wordVersion)
	case string(a.Federation) != string(j.Federation.Bytes()):
		return p, errors.New("cosign: the promise is of another federation")
	case !p.By.Key.Verify(keys.DomainPromise, outer.Promise, p.By.Signature):
		return p, fmt.Errorf("cosign: the promise is not signed by %s", p.By.Key.Short())
	case len(a.Lock) > 1:
		return p, fmt.Errorf("cosign: the promise shows %d locks", len(a.Lock))
	}
	if len(a.Lock) == 1 {
		if p.Lock, err = j.openLock(&a.Lock[0], a.Number); err != nil {
			return p, err
		}
	}
	if len(a.Certified) > 0 {
		if p.Certified, err = j.Certified(a.Certified); err != nil {
			return p, fmt.Errorf("cosign: the promise of %s shows as certified what is not: %w", p.By.Key.Short(), err)
		}
	}
	return p, nil
}

// openLock verifies the reports behind a lock shown for a generation to come.
func (j *Judge) openLock(l *lockArray, number uint64) (Agreement, error) {
	if l.Generation >= number {
		return Agreement{}, fmt.Errorf("cosign: a promise for generation %d shows a lock of generation %d", number, l.Generation)
	}
	if len(l.Reports) > MaxSigners {
		return Agreement{}, fmt.Errorf("cosign: a lock with %d reports; at most %d are read", len(l.Reports), MaxSigners)
	}
	a := l.agreement()
	verified := a.Verified(Reporting, j.Federation)
	if !slices.Equal(a.Signers, verified.Signers) {
		return a, errors.New("cosign: a lock whose reports are not all signed, each once and in order")
	}
	if !j.Quorum(a.Tree.Size, a.Signers) {
		return a, fmt.Errorf("cosign: a lock of %s without a quorum of reports", a.Tree)
	}
	return a, nil
}

// Record is a quorum's promises, which begin a generation.
type Record struct {
	Generation Generation
	Start      checkpoint.Tree
	Promises   []SignedPromise // ascending by key
}

// recordArray is a record as it is encoded.
type recordArray struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8
	Promises [][]byte // sealed
}

// NewRecord makes a record of verified promises for one generation, by a quorum of the
// regulators both at the largest certified size that they show and at the start. Of a
// regulator's promises it takes the first.
func (j *Judge) NewRecord(promises []SignedPromise) (r Record, err error) {
	if len(promises) == 0 || len(promises) > MaxSigners {
		return r, fmt.Errorf("cosign: a record of %d promises; 1 to %d make one", len(promises), MaxSigners)
	}
	r.Promises = slices.Clone(promises)
	slices.SortStableFunc(r.Promises, func(p, o SignedPromise) int { return p.By.Compare(o.By) })
	r.Promises = slices.CompactFunc(r.Promises, func(p, o SignedPromise) bool { return p.By.Key == o.By.Key })
	var plain []Promise
	var by []Signer
	var certified uint64
	for _, p := range r.Promises {
		if p.Number != promises[0].Number {
			return r, fmt.Errorf("cosign: promises for generations %d and %d make no record", promises[0].Number, p.Number)
		}
		certified = max(certified, p.Certified.Size)
		plain, by = append(plain, p.Promise), append(by, p.By)
	}
	r.Start = Start(plain)
	for _, size := range []uint64{certified, r.Start.Size} {
		if !j.Quorum(size, by) {
			return r, fmt.Errorf("cosign: %d promises are no quorum of the regulators at size %d", len(by), size)
		}
	}
	r.Generation = Generation{promises[0].Number, merkle.Hash(sha256.Sum256(r.Bytes()))}
	return r, nil
}

// Bytes returns the canonical encoding, whose SHA-256 names the generation.
func (r Record) Bytes() []byte {
	a := recordArray{Version: wordVersion}
	for _, p := range r.Promises {
		a.Promises = append(a.Promises, p.Bytes())
	}
	return wire.Format(a)
}

// OpenRecord reads a record and verifies all that is in it.
func (j *Judge) OpenRecord(b []byte) (r Record, err error) {
	if len(b) > MaxRecord {
		return r, fmt.Errorf("cosign: the record has %d bytes; at most %d are read", len(b), MaxRecord)
	}
	var a recordArray
	if err := wire.Decode(b, &a); err != nil {
		return r, fmt.Errorf("cosign: this is no record: %w", err)
	}
	if a.Version != wordVersion {
		return r, fmt.Errorf("cosign: the record has version %d; this program knows %d: upgrade", a.Version, wordVersion)
	}
	if len(a.Promises) > MaxSigners {
		return r, fmt.Errorf("cosign: a record of %d promises; 1 to %d make one", len(a.Promises), MaxSigners)
	}
	promises := make([]SignedPromise, len(a.Promises))
	for i, p := range a.Promises {
		if promises[i], err = j.OpenPromise(p); err != nil {
			return r, err
		}
	}
	if r, err = j.NewRecord(promises); err != nil {
		return r, err
	}
	if string(r.Bytes()) != string(b) {
		return Record{}, errors.New("cosign: the record's promises are not each once and in order")
	}
	return r, nil
}

// Shown reads what a record or a promise shows as certified, unverified: the notes, and
// the generation it is for. Whoever does not know the regulators of such a size yet
// follows the ledger up to there before he judges.
func Shown(b []byte) (number uint64, notes [][]byte, err error) {
	if len(b) > MaxRecord {
		return 0, nil, fmt.Errorf("cosign: %d bytes; at most %d are read", len(b), MaxRecord)
	}
	parts := [][]byte{b}
	var a recordArray
	if err := wire.Decode(b, &a); err == nil && a.Version == wordVersion && len(a.Promises) <= MaxSigners {
		parts = a.Promises
	}
	for _, part := range parts {
		var outer sealed
		var p promiseArray
		if err := errors.Join(wire.Decode(part, &outer), wire.Decode(outer.Promise, &p)); err != nil {
			return 0, nil, fmt.Errorf("cosign: this is no promise: %w", err)
		}
		if number = p.Number; len(p.Certified) > 0 {
			notes = append(notes, p.Certified)
		}
	}
	return number, notes, nil
}
