package motion

import (
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// MaxEntry is the size in bytes of a ledger entry; a bundle's length field has two
// bytes.
const MaxEntry = 60_000

// maxNote bounds the checkpoint in a Settlement: checkpoint.MaxNote, of this floor.
const maxNote = 16 << 10

// MaxVotes is how many votes, and how many times of a tick, one entry holds.
const MaxVotes = 64

// Entry is what one leaf of the ledger holds: a GenesisEntry, a MotionEntry, an
// ItemEntry, a Tick or a Settlement.
type Entry interface {
	// Bytes returns the canonical encoding, which is the leaf's data.
	Bytes() []byte
	entry() entryType
}

type entryType uint8

const (
	genesisType entryType = 1
	motionType  entryType = 2
	itemType    entryType = 3
	tickType    entryType = 4
	settledType entryType = 5
)

// GenesisEntry is entry 0. The charter itself, which may be larger than an entry, is
// served beside the ledger.
type GenesisEntry struct {
	Charter    cid.Cid
	Signatures []keys.Endorsement // ascending by key
}

// MotionEntry is a motion that reached its threshold, with the votes that did it. Its
// items follow it.
type MotionEntry struct {
	Motion Signed
	Votes  []Vote // ascending by regulator, one each
}

// ItemEntry is an item of the motion before it.
type ItemEntry struct {
	Kind       Kind
	Motion     cid.Cid
	Commitment merkle.Hash
}

// Tick is the ledger's clock: a quorum's signed times.
type Tick struct {
	Times []Time // ascending by regulator, one each
}

// Settlement ends the pause after a change of the regulators: the checkpoint of the
// ledger with the change, which the old and the new ones cosigned, as a note. So the
// ledger itself tells by whom each later entry was certified.
type Settlement struct {
	Note []byte // 1 to checkpoint.MaxNote bytes; not verified by OpenEntry
}

// Time is a regulator's word on what time it is.
type Time struct {
	Federation cid.Cid
	By         keys.Public // a regulator's voting key
	Unix       int64       // seconds
	Previous   uint64      // index of the last tick; 0 for none
	Size       uint64      // of the ledger that it holds

	signature keys.Signature
}

type (
	genesisArray struct {
		_          struct{} `cbor:",toarray"`
		Version    uint8
		Type       entryType
		Charter    []byte
		Signatures []keys.Endorsement
	}
	motionArray struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Type    entryType
		Motion  []byte   // a signed header
		Votes   [][]byte // signed votes
	}
	itemArray struct {
		_          struct{} `cbor:",toarray"`
		Version    uint8
		Type       entryType
		Kind       uint8
		Motion     []byte
		Commitment merkle.Hash
	}
	tickArray struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Type    entryType
		Times   []timeArray
	}
	settledArray struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Type    entryType
		Note    []byte
	}
	timeArray struct {
		_         struct{} `cbor:",toarray"`
		By        keys.Public
		Unix      int64
		Previous  uint64
		Size      uint64
		Signature keys.Signature
	}
	timeMessage struct {
		_          struct{} `cbor:",toarray"`
		Version    uint8
		Federation []byte
		By         keys.Public
		Unix       int64
		Previous   uint64
		Size       uint64
	}
)

func (GenesisEntry) entry() entryType { return genesisType }
func (MotionEntry) entry() entryType  { return motionType }
func (ItemEntry) entry() entryType    { return itemType }
func (Tick) entry() entryType         { return tickType }
func (Settlement) entry() entryType   { return settledType }

// Bytes returns the canonical encoding.
func (e GenesisEntry) Bytes() []byte {
	return wire.Format(genesisArray{Version: version, Type: genesisType, Charter: e.Charter.Bytes(), Signatures: e.Signatures})
}

// Bytes returns the canonical encoding.
func (e MotionEntry) Bytes() []byte {
	a := motionArray{Version: version, Type: motionType, Motion: e.Motion.Bytes()}
	for i := range e.Votes {
		a.Votes = append(a.Votes, e.Votes[i].Bytes())
	}
	return wire.Format(a)
}

// Bytes returns the canonical encoding.
func (e ItemEntry) Bytes() []byte {
	return wire.Format(itemArray{Version: version, Type: itemType, Kind: uint8(e.Kind), Motion: e.Motion.Bytes(), Commitment: e.Commitment})
}

// Bytes returns the canonical encoding.
func (e Tick) Bytes() []byte {
	a := tickArray{Version: version, Type: tickType}
	for _, t := range e.Times {
		a.Times = append(a.Times, timeArray{By: t.By, Unix: t.Unix, Previous: t.Previous, Size: t.Size, Signature: t.signature})
	}
	return wire.Format(a)
}

// Bytes returns the canonical encoding.
func (e Settlement) Bytes() []byte {
	return wire.Format(settledArray{Version: version, Type: settledType, Note: e.Note})
}

func (t *Time) message() []byte {
	return wire.Format(timeMessage{Version: version, Federation: t.Federation.Bytes(), By: t.By, Unix: t.Unix, Previous: t.Previous, Size: t.Size})
}

func (t *Time) validate() error {
	switch {
	case t.Unix < 0 || t.Unix > taxonomy.MaxTime:
		return fmt.Errorf("motion: a tick's time %d is outside 1970 to 9999", t.Unix)
	case t.Previous >= t.Size:
		return fmt.Errorf("motion: a tick's time of a ledger of %d entries names entry %d", t.Size, t.Previous)
	}
	return nil
}

// Sign returns the time, signed by its regulator.
func (t Time) Sign(key keys.Private) (Time, error) {
	if err := t.validate(); err != nil {
		return Time{}, err
	}
	if key.Public() != t.By {
		return Time{}, fmt.Errorf("motion: a tick: the key is not that of %s", t.By.Short())
	}
	t.signature = key.Sign(keys.DomainTick, t.message())
	return t, nil
}

// OpenEntry reads an entry and verifies the signatures of proposer, regulators and
// clocks in it; founders' signatures are the genesis's to verify.
func OpenEntry(b []byte, federation cid.Cid) (Entry, error) {
	if len(b) > MaxEntry {
		return nil, fmt.Errorf("motion: entry: %d bytes, the most is %d", len(b), MaxEntry)
	}
	kind, err := peekType(b)
	if err != nil {
		return nil, err
	}
	switch kind {
	case genesisType:
		return openGenesis(b)
	case motionType:
		return openMotion(b, federation)
	case itemType:
		return openItem(b)
	case tickType:
		return openTick(b, federation)
	case settledType:
		return openSettlement(b)
	}
	return nil, newer("an entry of type", uint8(kind))
}

// peekType reads the type, so that what a newer release wrote is told as such.
func peekType(b []byte) (entryType, error) {
	if err := wire.Newer("motion: entry", b, version); err != nil {
		return 0, err
	}
	r := wire.NewReader("motion: entry", b)
	r.Array("entry", 3, 16)
	r.Version(version)
	kind := r.Uint("type", 255)
	return entryType(kind), r.Err()
}

func openGenesis(b []byte) (Entry, error) {
	var a genesisArray
	if err := decode("genesis entry", b, MaxEntry, &a); err != nil {
		return nil, err
	}
	charter, err := taxonomy.CIDFromBytes(a.Charter)
	if err != nil {
		return nil, fmt.Errorf("motion: genesis entry: %w", err)
	}
	if !ascending(a.Signatures, func(e keys.Endorsement) keys.Public { return e.Key }) {
		return nil, errors.New("motion: genesis entry: the signatures are not each once, in the order of their keys")
	}
	return GenesisEntry{charter, a.Signatures}, nil
}

func openMotion(b []byte, federation cid.Cid) (Entry, error) {
	var a motionArray
	if err := decode("motion entry", b, MaxEntry, &a); err != nil {
		return nil, err
	}
	if len(a.Votes) > MaxVotes {
		return nil, fmt.Errorf("motion: motion entry: %d votes; at most %d", len(a.Votes), MaxVotes)
	}
	signed, err := Open(a.Motion, federation)
	if err != nil {
		return nil, err
	}
	e := MotionEntry{Motion: signed, Votes: make([]Vote, len(a.Votes))}
	for i, v := range a.Votes {
		if e.Votes[i], err = OpenVote(v, federation); err != nil {
			return nil, err
		}
		if !e.Votes[i].Motion.Equals(signed.ID) {
			return nil, errors.New("motion: motion entry: a vote on another motion")
		}
	}
	if !ascending(e.Votes, func(v Vote) keys.Public { return v.By }) {
		return nil, errors.New("motion: motion entry: the votes are not one a regulator, in the order of their keys")
	}
	return e, nil
}

func openItem(b []byte) (Entry, error) {
	var a itemArray
	if err := decode("item entry", b, MaxEntry, &a); err != nil {
		return nil, err
	}
	e := ItemEntry{Kind: Kind(a.Kind), Commitment: a.Commitment}
	if !e.Kind.Known() {
		return nil, newer("an item of kind", a.Kind)
	}
	var err error
	if e.Motion, err = taxonomy.CIDFromBytes(a.Motion); err != nil {
		return nil, fmt.Errorf("motion: item entry: %w", err)
	}
	return e, nil
}

func openTick(b []byte, federation cid.Cid) (Entry, error) {
	var a tickArray
	if err := decode("tick", b, MaxEntry, &a); err != nil {
		return nil, err
	}
	if n := len(a.Times); n < 1 || n > MaxVotes {
		return nil, fmt.Errorf("motion: tick: %d times; 1 to %d", n, MaxVotes)
	}
	e := Tick{}
	for _, t := range a.Times {
		one := Time{federation, t.By, t.Unix, t.Previous, t.Size, t.Signature}
		if err := one.validate(); err != nil {
			return nil, err
		}
		if !one.By.Verify(keys.DomainTick, one.message(), one.signature) {
			return nil, fmt.Errorf("motion: tick: a time is not signed by %s", one.By.Short())
		}
		e.Times = append(e.Times, one)
	}
	if !ascending(e.Times, func(t Time) keys.Public { return t.By }) {
		return nil, errors.New("motion: tick: the times are not one a regulator, in the order of their keys")
	}
	return e, nil
}

func openSettlement(b []byte) (Entry, error) {
	var a settledArray
	if err := decode("settlement", b, MaxEntry, &a); err != nil {
		return nil, err
	}
	if n := len(a.Note); n < 1 || n > maxNote {
		return nil, fmt.Errorf("motion: settlement: a checkpoint of %d bytes; 1 to %d", n, maxNote)
	}
	return Settlement{a.Note}, nil
}

// ascending reports whether the keys of all are in order, each once.
func ascending[T any](all []T, key func(T) keys.Public) bool {
	for i := 1; i < len(all); i++ {
		if key(all[i-1]).Compare(key(all[i])) >= 0 {
			return false
		}
	}
	return true
}
