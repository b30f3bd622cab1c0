package layout

import (
	"encoding/binary"

	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/taxonomy"
)

// The whole key space. A key is one byte for its space and fixed-size parts,
// integers big-endian, so that byte order is the order of the parts; only a
// named value's key ends in text. Every value but a body is sealed (see engine.Txn).
//
//	space  key                             value
//	a      arrival 8                       batch CID 36; stale when the batch has another arrival
//	b      batch CID 36                    arrival 8, issuer 33, epoch 8, sequence 8, time 8, body size 4, body CRC 4, signed header
//	c                                      the newest checkpoint of the ledger that was kept, a note
//	d      batch CID 36                    body, as it came
//	e      bundle index 8                  openings erased here: 32, a bit a slot, from the lowest of the first byte
//	f      issuer 33, epoch 8              fork proof
//	g      arrival 8, the last before gap  arrival 8, the last in the gap
//	l      kind, level, index 8, slot      some of a row of the ledger, from a slot: how many slots 2, bytes
//	n      length 1, space, key            named value
//	q      batch CID 36                    arrival 8 or 0 when not known, reason
//	r      issuer 33, epoch 8, sequence 8  time 8, batch CID 36, body size 4, body CRC 4, unsigned header
//	s      issuer 33, epoch 8, sequence 8  batch CID 36
//	t      issuer 33, epoch 8              sequence 8, time 8, batch CID 36
const (
	SpaceArrival     = 'a'
	spaceBatch       = 'b'
	spaceBody        = 'd'
	spaceCheckpoint  = 'c'
	spaceErased      = 'e'
	SpaceFork        = 'f'
	SpaceGap         = 'g'
	spaceRow         = 'l'
	SpaceNamed       = 'n'
	SpaceQuarantine  = 'q'
	SpaceReservation = 'r'
	spacePlace       = 's'
	SpaceTip         = 't'
)

// MaxName bounds the names of spaces of named values, MaxKey their keys, in
// bytes.
const (
	MaxName = 255
	MaxKey  = 1024
)

// ArrivalKey is where the batch that arrived as number n is named.
func ArrivalKey(n uint64) []byte { return binary.BigEndian.AppendUint64([]byte{SpaceArrival}, n) }

// GapKey is where the end of the gap after an arrival stands.
func GapKey(after uint64) []byte { return binary.BigEndian.AppendUint64([]byte{SpaceGap}, after) }

func cidKey(space byte, c cid.Cid) []byte {
	return append(append(make([]byte, 0, 1+taxonomy.CIDSize), space), c.KeyString()...)
}

// BatchKey is where a batch lies, but for its body.
func BatchKey(c cid.Cid) []byte { return cidKey(spaceBatch, c) }

// BodyKey is where the body of a batch or a reservation lies.
func BodyKey(c cid.Cid) []byte { return cidKey(spaceBody, c) }

// QuarantineKey is where it stands that a batch is not served.
func QuarantineKey(c cid.Cid) []byte { return cidKey(SpaceQuarantine, c) }

// ReservationPrefix begins the keys of all reservations of an issuer.
func ReservationPrefix(issuer keys.Public) []byte { return issuerKey(SpaceReservation, issuer) }

func issuerKey(space byte, issuer keys.Public) []byte {
	return append(append(make([]byte, 0, 1+keys.PublicSize+16), space), issuer[:]...)
}

func epochKey(space byte, l Lane) []byte {
	return binary.BigEndian.AppendUint64(issuerKey(space, l.Issuer), l.Epoch)
}

// TipKey is where the last batch of an epoch is named.
func TipKey(l Lane) []byte { return epochKey(SpaceTip, l) }

// ForkKey is where the fork proof of an epoch lies.
func ForkKey(l Lane) []byte { return epochKey(SpaceFork, l) }

// PlaceKey is where the batch of a place is named.
func PlaceKey(l Lane, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(epochKey(spacePlace, l), sequence)
}

// ReservationKey is where the reservation of a place lies.
func ReservationKey(issuer keys.Public, t feed.Tip) []byte {
	return binary.BigEndian.AppendUint64(epochKey(SpaceReservation, Lane{issuer, t.Epoch}), t.Sequence)
}

// NamedPrefix begins the keys of all values of a space.
func NamedPrefix(space string) []byte {
	b := make([]byte, 0, 2+len(space)+32)
	b = append(b, SpaceNamed, byte(len(space)))
	return append(b, space...)
}

// NamedKey is where a named value lies.
func NamedKey(space, key string) []byte { return append(NamedPrefix(space), key...) }

// CheckpointKey is where the newest checkpoint stands.
func CheckpointKey() []byte { return []byte{spaceCheckpoint} }

// ErasedKey is where it stands which openings of a bundle were erased.
func ErasedKey(bundle uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{spaceErased}, bundle)
}

// RowPrefix begins the keys of all that is held of a row of the ledger, whatever
// the width of t.
func RowPrefix(t ledger.Tile) []byte {
	b := append(make([]byte, 0, 12), spaceRow, byte(t.Kind), byte(t.Level))
	return binary.BigEndian.AppendUint64(b, t.Index)
}

// RunKey is where the part of a row lies that begins with a slot, 0 to 255.
func RunKey(t ledger.Tile, slot int) []byte { return append(RowPrefix(t), byte(slot)) }
