package disk

import (
	"encoding/binary"

	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// The whole key space. A key is one byte for its space and fixed-size parts,
// integers big-endian, so that byte order is the order of the parts; only a
// named value's key ends in text. Every value but a body is sealed (see seal).
//
//	space  key                             value
//	a      arrival 8                       batch CID 36; stale when the batch has another arrival
//	b      batch CID 36                    arrival 8, issuer 33, epoch 8, sequence 8, time 8, body size 4, body CRC 4, signed header
//	d      batch CID 36                    body, as it came
//	f      issuer 33, epoch 8              fork proof
//	g      arrival 8, the last before gap  arrival 8, the last in the gap
//	n      length 1, space, key            named value
//	q      batch CID 36                    arrival 8 or 0 when not known, reason
//	r      issuer 33, epoch 8, sequence 8  time 8, batch CID 36, body size 4, body CRC 4, unsigned header
//	s      issuer 33, epoch 8, sequence 8  batch CID 36
//	t      issuer 33, epoch 8              sequence 8, time 8, batch CID 36
const (
	spaceArrival     = 'a'
	spaceBatch       = 'b'
	spaceBody        = 'd'
	spaceFork        = 'f'
	spaceGap         = 'g'
	spaceNamed       = 'n'
	spaceQuarantine  = 'q'
	spaceReservation = 'r'
	spacePlace       = 's'
	spaceTip         = 't'
)

// maxName bounds the names of spaces of named values, maxKey their keys, in
// bytes.
const (
	maxName = 255
	maxKey  = 1024
)

func arrivalKey(n uint64) []byte { return binary.BigEndian.AppendUint64([]byte{spaceArrival}, n) }

func gapKey(after uint64) []byte { return binary.BigEndian.AppendUint64([]byte{spaceGap}, after) }

func cidKey(space byte, c cid.Cid) []byte {
	return append(append(make([]byte, 0, 1+taxonomy.CIDSize), space), c.KeyString()...)
}

func batchKey(c cid.Cid) []byte { return cidKey(spaceBatch, c) }

func bodyKey(c cid.Cid) []byte { return cidKey(spaceBody, c) }

func quarantineKey(c cid.Cid) []byte { return cidKey(spaceQuarantine, c) }

func issuerKey(space byte, issuer keys.Public) []byte {
	return append(append(make([]byte, 0, 1+keys.PublicSize+16), space), issuer[:]...)
}

func epochKey(space byte, l lane) []byte {
	return binary.BigEndian.AppendUint64(issuerKey(space, l.issuer), l.epoch)
}

func tipKey(l lane) []byte { return epochKey(spaceTip, l) }

func forkKey(l lane) []byte { return epochKey(spaceFork, l) }

func placeKey(l lane, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(epochKey(spacePlace, l), sequence)
}

func reservationKey(issuer keys.Public, t feed.Tip) []byte {
	return binary.BigEndian.AppendUint64(epochKey(spaceReservation, lane{issuer, t.Epoch}), t.Sequence)
}

// namedPrefix begins the keys of all values of a space.
func namedPrefix(space string) []byte {
	b := make([]byte, 0, 2+len(space)+32)
	b = append(b, spaceNamed, byte(len(space)))
	return append(b, space...)
}

func namedKey(space, key string) []byte { return append(namedPrefix(space), key...) }
