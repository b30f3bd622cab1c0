package layout

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// Fields takes fixed-size parts off the front of some bytes. Once one is
// missing, all that follow are zero and Bad is true.
type Fields struct {
	b   []byte
	bad bool
}

// Take begins with the first of b.
func Take(b []byte) Fields { return Fields{b: b} }

// Bad reports whether a part was missing or wrong.
func (f *Fields) Bad() bool { return f.bad }

// Len returns how many bytes are left.
func (f *Fields) Len() int { return len(f.b) }

// Rest returns the bytes that are left.
func (f *Fields) Rest() []byte { return f.b }

// Bytes takes n bytes.
func (f *Fields) Bytes(n int) []byte {
	if len(f.b) < n {
		f.bad, f.b = true, nil
		return make([]byte, n)
	}
	part := f.b[:n]
	f.b = f.b[n:]
	return part
}

// Uint64 takes 8 bytes, big-endian.
func (f *Fields) Uint64() uint64 { return binary.BigEndian.Uint64(f.Bytes(8)) }

// Uint32 takes 4 bytes, big-endian.
func (f *Fields) Uint32() uint32 { return binary.BigEndian.Uint32(f.Bytes(4)) }

// CID takes a CID.
func (f *Fields) CID() cid.Cid {
	c, err := taxonomy.CIDFromBytes(f.Bytes(taxonomy.CIDSize))
	f.bad = f.bad || err != nil
	return c
}

// Lane is one epoch of an issuer's feed.
type Lane struct {
	Issuer keys.Public
	Epoch  uint64
}

// Extent is the size in bytes and the CRC-32C of a body, which lies apart.
type Extent struct{ Size, Sum uint32 }

// ExtentOf returns the extent of body.
func ExtentOf(body []byte) Extent {
	return Extent{uint32(len(body)), crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))}
}

func (e Extent) appendTo(b []byte) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, e.Size), e.Sum)
}

func (f *Fields) extent() Extent { return Extent{f.Uint32(), f.Uint32()} }

// room is what values are given beyond their own size, so that sealing them
// copies nothing.
const room = 8

// Batch is what is kept of a batch beside its body.
type Batch struct {
	Arrival uint64
	Issuer  keys.Public
	Tip     feed.Tip
	Body    Extent
	Header  []byte // signed
}

// BatchOf returns what is kept of r when it is number n to arrive.
func BatchOf(n uint64, r *feed.Record) Batch {
	return Batch{Arrival: n, Issuer: r.Issuer, Tip: r.Tip, Body: ExtentOf(r.Body), Header: r.Header}
}

// Lane returns the epoch that the batch is of.
func (v *Batch) Lane() Lane { return Lane{v.Issuer, v.Tip.Epoch} }

// Record returns the batch with its body.
func (v *Batch) Record(body []byte) feed.Record {
	return feed.Record{Issuer: v.Issuer, Tip: v.Tip, Header: v.Header, Body: body}
}

// Encode returns the value of BatchKey.
func (v *Batch) Encode() []byte {
	b := make([]byte, 0, 5*8+keys.PublicSize+len(v.Header)+room)
	b = binary.BigEndian.AppendUint64(b, v.Arrival)
	b = append(b, v.Issuer[:]...)
	b = binary.BigEndian.AppendUint64(b, v.Tip.Epoch)
	b = binary.BigEndian.AppendUint64(b, v.Tip.Sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(v.Tip.Time))
	return append(v.Body.appendTo(b), v.Header...)
}

// DecodeBatch reads what Encode writes of the batch c; it shares b.
func DecodeBatch(c cid.Cid, b []byte) (Batch, error) {
	f := Take(b)
	v := Batch{Arrival: f.Uint64(), Issuer: keys.Public(f.Bytes(keys.PublicSize))}
	v.Tip = feed.Tip{Epoch: f.Uint64(), Sequence: f.Uint64(), Time: int64(f.Uint64()), CID: c}
	v.Body = f.extent()
	v.Header = f.Rest()
	if f.bad || v.Arrival == 0 || len(v.Header) == 0 {
		return Batch{}, damage.Errorf("batch %s: what is kept beside its body is incomplete", c)
	}
	return v, nil
}

// EncodeTip returns the value of TipKey.
func EncodeTip(t feed.Tip) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 2*8+taxonomy.CIDSize+room), t.Sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Time))
	return append(b, t.CID.KeyString()...)
}

// DecodeTip reads what EncodeTip writes, and what follows the space in its key.
func DecodeTip(key, b []byte) (keys.Public, feed.Tip, error) {
	k, f := Take(key), Take(b)
	issuer := keys.Public(k.Bytes(keys.PublicSize))
	t := feed.Tip{Epoch: k.Uint64(), Sequence: f.Uint64(), Time: int64(f.Uint64()), CID: f.CID()}
	if f.bad || k.bad {
		return issuer, feed.Tip{}, damage.Errorf("the tip of epoch %d of %s is incomplete", t.Epoch, issuer.Short())
	}
	return issuer, t, nil
}

// Reservation is what is kept of a reservation beside its body.
type Reservation struct {
	Tip    feed.Tip
	Body   Extent
	Header []byte // unsigned
}

// ReservationOf returns what is kept of r.
func ReservationOf(r *feed.Reservation) Reservation {
	return Reservation{Tip: r.Tip, Body: ExtentOf(r.Body), Header: r.Header}
}

// Encode returns the value of ReservationKey.
func (v *Reservation) Encode() []byte {
	b := make([]byte, 0, 2*8+taxonomy.CIDSize+len(v.Header)+room)
	b = binary.BigEndian.AppendUint64(b, uint64(v.Tip.Time))
	b = append(b, v.Tip.CID.KeyString()...)
	return append(v.Body.appendTo(b), v.Header...)
}

// DecodeReservation reads what Encode writes, and the epoch and sequence that
// end its key; it shares b.
func DecodeReservation(place, b []byte) (Reservation, error) {
	k, f := Take(place), Take(b)
	v := Reservation{Tip: feed.Tip{Epoch: k.Uint64(), Sequence: k.Uint64(), Time: int64(f.Uint64()), CID: f.CID()}}
	v.Body = f.extent()
	v.Header = f.Rest()
	if f.bad || k.bad {
		return Reservation{}, damage.Errorf("the reservation of place %d/%d is incomplete", v.Tip.Epoch, v.Tip.Sequence)
	}
	return v, nil
}

// Quarantine is why a batch is not served, and where it arrived, 0 when that is
// not known.
type Quarantine struct {
	Arrival uint64
	Reason  string
}

// Encode returns the value of QuarantineKey.
func (q Quarantine) Encode() []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(q.Reason)+room), q.Arrival), q.Reason...)
}

// DecodeQuarantine reads what Encode writes, and what follows the space in its
// key.
func DecodeQuarantine(key, b []byte) (cid.Cid, Quarantine, error) {
	c, err := taxonomy.CIDFromBytes(key)
	f := Take(b)
	q := Quarantine{Arrival: f.Uint64(), Reason: string(f.Rest())}
	if err != nil || f.bad {
		return cid.Undef, Quarantine{}, damage.Errorf("the quarantine under key %x is incomplete", key)
	}
	return c, q, nil
}

// SortIssuers returns issuers in byte order.
func SortIssuers(issuers iter.Seq[keys.Public]) []keys.Public {
	return slices.SortedFunc(issuers, func(a, b keys.Public) int { return bytes.Compare(a[:], b[:]) })
}

// Gap is a run of arrival numbers that name no batch: After+1 to Last.
type Gap struct{ After, Last uint64 }

// Encode returns the value of GapKey(g.After).
func (g Gap) Encode() []byte { return binary.BigEndian.AppendUint64(make([]byte, 0, 8+room), g.Last) }

// DecodeGap reads what Encode writes, and what follows the space in its key.
func DecodeGap(key, b []byte) (Gap, error) {
	k, f := Take(key), Take(b)
	g := Gap{k.Uint64(), f.Uint64()}
	if k.bad || f.bad || g.Last <= g.After {
		return Gap{}, damage.Errorf("a gap in the order of arrival, after %d, is incomplete", g.After)
	}
	return g, nil
}

// Beyond returns n, or the first number after the gap, or gaps side by side, in
// which n lies. The gaps are in order.
func Beyond(gaps []Gap, n uint64) uint64 {
	i, _ := slices.BinarySearchFunc(gaps, n, func(g Gap, n uint64) int { return cmp.Compare(g.Last, n) })
	for ; i < len(gaps) && gaps[i].After < n; i++ {
		n = gaps[i].Last + 1
	}
	return n
}

// DecodeNamed returns the space and the key of a named value from what follows
// SpaceNamed in its key.
func DecodeNamed(key []byte) (space, name string, err error) {
	f := Take(key)
	space = string(f.Bytes(int(f.Bytes(1)[0])))
	name = string(f.Rest())
	if f.bad || len(space) == 0 || len(name) == 0 {
		return "", "", damage.Errorf("the key %x of a named value is incomplete", key)
	}
	return space, name, nil
}
