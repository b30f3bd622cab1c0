package archive

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// Kind is what a frame holds. The codes are append-only.
type Kind byte

// The kinds of frame.
const (
	kindEnd         Kind = 0
	KindRecord      Kind = 1
	KindFork        Kind = 2
	KindReservation Kind = 3
	KindSigner      Kind = 4
	KindNamed       Kind = 5
	KindStolen      Kind = 6 // a signer whose key somebody else may hold
	KindBundle      Kind = 7
	KindCheckpoint  Kind = 8
)

// Entry is one thing in an archive: a Record, Fork, Reservation, Signer, Named,
// Bundle or Checkpoint.
type Entry interface {
	Kind() Kind
	encode() ([]byte, error)
}

// Record is a batch with its place in the order of arrival, which is never 0.
// Quarantine is why the store did not serve it, empty for a sound one; a
// quarantined batch has no body here.
type Record struct {
	Arrival    uint64
	Record     feed.Record
	Quarantine string
}

// Fork is the lowest fork proof known of one epoch of an issuer.
type Fork struct{ Proof feed.ForkProof }

// Reservation is a batch that an issuer of this node was about to sign.
type Reservation struct {
	Issuer      keys.Public
	Reservation feed.Reservation
}

// Signer is what an issuer of this node promised: the highest place that it
// reserved, which is the zero Tip when it reserved none, and what bars it from
// signing.
type Signer struct {
	Issuer  keys.Public
	Highest feed.Tip
	Bar     feed.Bar
}

// Named is a small named value.
type Named struct {
	Space string
	Key   string
	Value []byte
}

// Kind returns KindRecord.
func (Record) Kind() Kind { return KindRecord }

// Kind returns KindFork.
func (Fork) Kind() Kind { return KindFork }

// Kind returns KindReservation.
func (Reservation) Kind() Kind { return KindReservation }

// Kind returns KindSigner, or KindStolen.
func (s Signer) Kind() Kind {
	if s.Bar.Kind == feed.Stolen {
		return KindStolen
	}
	return KindSigner
}

// Kind returns KindNamed.
func (Named) Kind() Kind { return KindNamed }

// place is a feed.Tip on the wire; the zero Tip has an empty CID.
type place struct {
	_        struct{} `cbor:",toarray"`
	Epoch    uint64
	Sequence uint64
	CID      []byte
	Time     int64
}

type recordFrame struct {
	_          struct{} `cbor:",toarray"`
	Arrival    uint64
	Issuer     []byte
	Place      place
	Header     []byte
	Body       []byte
	Quarantine string
}

type reservationFrame struct {
	_      struct{} `cbor:",toarray"`
	Issuer []byte
	Place  place
	Header []byte
	Body   []byte
}

type signerFrame struct {
	_       struct{} `cbor:",toarray"`
	Issuer  []byte
	Highest place
	Barred  string
}

type namedFrame struct {
	_     struct{} `cbor:",toarray"`
	Space string
	Key   string
	Value []byte
}

func placeOf(t feed.Tip) place {
	return place{Epoch: t.Epoch, Sequence: t.Sequence, CID: t.CID.Bytes(), Time: t.Time}
}

func (p place) tip() (feed.Tip, error) {
	c, err := taxonomy.CIDFromBytes(p.CID)
	if err != nil {
		return feed.Tip{}, fmt.Errorf("archive: place %d/%d: %w", p.Epoch, p.Sequence, err)
	}
	return feed.Tip{Epoch: p.Epoch, Sequence: p.Sequence, CID: c, Time: p.Time}, nil
}

func (p place) isZero() bool {
	return p.Epoch == 0 && p.Sequence == 0 && len(p.CID) == 0 && p.Time == 0
}

func issuerOf(b []byte) (keys.Public, error) {
	if len(b) != keys.PublicSize {
		return keys.Public{}, fmt.Errorf("archive: an issuer has %d bytes, not %d", keys.PublicSize, len(b))
	}
	return keys.Public(b), nil
}

func (r Record) encode() ([]byte, error) {
	if r.Arrival == 0 {
		return nil, fmt.Errorf("archive: batch %s has no place in the order of arrival", r.Record.Tip.CID)
	}
	return assertion.Encode(&recordFrame{
		Arrival: r.Arrival, Issuer: r.Record.Issuer[:], Place: placeOf(r.Record.Tip),
		Header: r.Record.Header, Body: r.Record.Body, Quarantine: r.Quarantine,
	})
}

func (f Fork) encode() ([]byte, error) {
	if f.Proof.IsZero() {
		return nil, fmt.Errorf("archive: no fork proof")
	}
	return f.Proof.Bytes(), nil
}

func (r Reservation) encode() ([]byte, error) {
	return assertion.Encode(&reservationFrame{
		Issuer: r.Issuer[:], Place: placeOf(r.Reservation.Tip),
		Header: r.Reservation.Header, Body: r.Reservation.Body,
	})
}

func (s Signer) encode() ([]byte, error) {
	f := signerFrame{Issuer: s.Issuer[:], Barred: s.Bar.Reason}
	if s.Highest.CID != cid.Undef {
		f.Highest = placeOf(s.Highest)
	}
	return assertion.Encode(&f)
}

func (n Named) encode() ([]byte, error) {
	return assertion.Encode(&namedFrame{Space: n.Space, Key: n.Key, Value: n.Value})
}

// decode reads one payload strictly; what it returns shares nothing with b.
func decode(kind Kind, b []byte) (Entry, error) {
	switch kind {
	case KindRecord:
		return decodeRecord(b)
	case KindFork:
		proof, err := feed.ParseForkProof(b)
		return Fork{proof}, err
	case KindReservation:
		return decodeReservation(b)
	case KindSigner:
		return decodeSigner(b, feed.Restored)
	case KindStolen:
		return decodeSigner(b, feed.Stolen)
	case KindNamed:
		var f namedFrame
		if err := assertion.Decode(b, &f); err != nil {
			return nil, err
		}
		return Named{Space: f.Space, Key: f.Key, Value: f.Value}, nil
	case KindBundle:
		return decodeBundle(b)
	case KindCheckpoint:
		return decodeCheckpoint(b)
	}
	return nil, fmt.Errorf("archive: unknown kind of entry %d; a newer version may know it", kind)
}

func decodeRecord(b []byte) (Entry, error) {
	var f recordFrame
	if err := assertion.Decode(b, &f); err != nil {
		return nil, err
	}
	issuer, err := issuerOf(f.Issuer)
	if err != nil {
		return nil, err
	}
	tip, err := f.Place.tip()
	if err != nil {
		return nil, err
	}
	if f.Arrival == 0 {
		return nil, fmt.Errorf("archive: batch %s has no place in the order of arrival", tip.CID)
	}
	return Record{
		Arrival:    f.Arrival,
		Record:     feed.Record{Issuer: issuer, Tip: tip, Header: f.Header, Body: f.Body},
		Quarantine: f.Quarantine,
	}, nil
}

func decodeReservation(b []byte) (Entry, error) {
	var f reservationFrame
	if err := assertion.Decode(b, &f); err != nil {
		return nil, err
	}
	issuer, err := issuerOf(f.Issuer)
	if err != nil {
		return nil, err
	}
	tip, err := f.Place.tip()
	if err != nil {
		return nil, err
	}
	return Reservation{Issuer: issuer, Reservation: feed.Reservation{Tip: tip, Header: f.Header, Body: f.Body}}, nil
}

func decodeSigner(b []byte, kind feed.BarKind) (Entry, error) {
	var f signerFrame
	if err := assertion.Decode(b, &f); err != nil {
		return nil, err
	}
	issuer, err := issuerOf(f.Issuer)
	if err != nil {
		return nil, err
	}
	s := Signer{Issuer: issuer}
	if f.Barred != "" {
		s.Bar = feed.Bar{Kind: kind, Reason: f.Barred}
	} else if kind == feed.Stolen {
		return nil, fmt.Errorf("archive: the key of %s is said to be stolen, and not why", issuer.Short())
	}
	if !f.Highest.isZero() {
		s.Highest, err = f.Highest.tip()
	}
	return s, err
}
