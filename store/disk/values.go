package disk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// sealSize is what seal adds to a value, in bytes.
const sealSize = 4

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli()) }

// seal appends the CRC-32C of key and payload, so that neither a flipped bit
// nor a value that came to lie under another key is taken for what was
// written.
func seal(key, payload []byte) []byte {
	sum := crc32.Update(checksum(key), castagnoli(), payload)
	return binary.BigEndian.AppendUint32(payload[:len(payload):len(payload)], sum)
}

func unseal(key, value []byte) ([]byte, error) {
	n := len(value) - sealSize
	if n < 0 {
		return nil, damaged("the value of key %x has %d bytes", key, len(value))
	}
	if crc32.Update(checksum(key), castagnoli(), value[:n]) != binary.BigEndian.Uint32(value[n:]) {
		return nil, damaged("the value of key %x does not have its checksum", key)
	}
	return value[:n], nil
}

// get returns the payload sealed under key, and whether there is one.
func get(txn *badger.Txn, key []byte) ([]byte, bool, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, false, err
	}
	payload, err := unseal(key, value)
	return payload, err == nil, err
}

// set seals payload under key, which it keeps.
func set(txn *badger.Txn, key, payload []byte) error { return txn.Set(key, seal(key, payload)) }

// fields takes fixed-size parts off the front of a payload; once one is
// missing, all that follow are zero and ok is false.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) bytes(n int) []byte {
	if len(f.b) < n {
		f.bad, f.b = true, nil
		return make([]byte, n)
	}
	part := f.b[:n]
	f.b = f.b[n:]
	return part
}

func (f *fields) uint64() uint64 { return binary.BigEndian.Uint64(f.bytes(8)) }

func (f *fields) uint32() uint32 { return binary.BigEndian.Uint32(f.bytes(4)) }

func (f *fields) cid() cid.Cid {
	c, err := taxonomy.CIDFromBytes(f.bytes(taxonomy.CIDSize))
	f.bad = f.bad || err != nil
	return c
}

// lane is one epoch of an issuer's feed.
type lane struct {
	issuer keys.Public
	epoch  uint64
}

// extent is the size and checksum of a body, which lies apart.
type extent struct{ size, crc uint32 }

func extentOf(body []byte) extent { return extent{uint32(len(body)), checksum(body)} }

func (e extent) append(b []byte) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, e.size), e.crc)
}

func (f *fields) extent() extent { return extent{f.uint32(), f.uint32()} }

// batchValue is what is kept of a batch beside its body.
type batchValue struct {
	arrival uint64
	issuer  keys.Public
	tip     feed.Tip
	body    extent
	header  []byte
}

func (v *batchValue) lane() lane { return lane{v.issuer, v.tip.Epoch} }

func (v *batchValue) encode() []byte {
	b := make([]byte, 0, 80+len(v.header)+sealSize)
	b = binary.BigEndian.AppendUint64(b, v.arrival)
	b = append(b, v.issuer[:]...)
	b = binary.BigEndian.AppendUint64(b, v.tip.Epoch)
	b = binary.BigEndian.AppendUint64(b, v.tip.Sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(v.tip.Time))
	return append(v.body.append(b), v.header...)
}

func decodeBatch(c cid.Cid, b []byte) (batchValue, error) {
	f := fields{b: b}
	v := batchValue{arrival: f.uint64(), issuer: keys.Public(f.bytes(keys.PublicSize))}
	v.tip = feed.Tip{Epoch: f.uint64(), Sequence: f.uint64(), Time: int64(f.uint64()), CID: c}
	v.body = f.extent()
	v.header = f.b
	if f.bad || v.arrival == 0 || len(v.header) == 0 {
		return batchValue{}, damaged("batch %s: what is kept beside its body is incomplete", c)
	}
	return v, nil
}

// getBatch returns what is kept of a batch beside its body.
func getBatch(txn *badger.Txn, c cid.Cid) (batchValue, bool, error) {
	b, ok, err := get(txn, batchKey(c))
	if err != nil || !ok {
		return batchValue{}, false, err
	}
	v, err := decodeBatch(c, b)
	return v, err == nil, err
}

// getBody returns a body, which must be as it was written.
func getBody(txn *badger.Txn, c cid.Cid, want extent) ([]byte, error) {
	item, err := txn.Get(bodyKey(c))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, damaged("batch %s: the body is missing", c)
	}
	if err != nil {
		return nil, err
	}
	body, err := item.ValueCopy(nil)
	if err != nil {
		return nil, err
	}
	if got := extentOf(body); got != want {
		return nil, damaged("batch %s: the body of %d bytes does not have its checksum", c, want.size)
	}
	return body, nil
}

func encodeTip(t feed.Tip) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 16+taxonomy.CIDSize+sealSize), t.Sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Time))
	return append(b, t.CID.KeyString()...)
}

func decodeTip(epoch uint64, b []byte) (feed.Tip, error) {
	f := fields{b: b}
	t := feed.Tip{Epoch: epoch, Sequence: f.uint64(), Time: int64(f.uint64()), CID: f.cid()}
	if f.bad {
		return feed.Tip{}, damaged("a tip of epoch %d is incomplete", epoch)
	}
	return t, nil
}

// reservationValue is what is kept of a reservation beside its body.
type reservationValue struct {
	tip    feed.Tip
	body   extent
	header []byte
}

func (v *reservationValue) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 16+taxonomy.CIDSize+len(v.header)+sealSize), uint64(v.tip.Time))
	b = append(b, v.tip.CID.KeyString()...)
	return append(v.body.append(b), v.header...)
}

func decodeReservation(epoch, sequence uint64, b []byte) (reservationValue, error) {
	f := fields{b: b}
	v := reservationValue{tip: feed.Tip{Epoch: epoch, Sequence: sequence, Time: int64(f.uint64()), CID: f.cid()}}
	v.body = f.extent()
	v.header = f.b
	if f.bad {
		return reservationValue{}, damaged("the reservation of place %d/%d is incomplete", epoch, sequence)
	}
	return v, nil
}

func encodeQuarantine(arrival uint64, reason string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, arrival), reason...)
}
