package reconcile

import (
	"errors"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// kind is what a frame is. Every frame is a canonical CBOR array of the format's
// version, its kind, and its fields.
type kind uint64

const (
	kindBeacon    kind = 1 // both ways
	kindHeads     kind = 2 // request: heads since a cursor
	kindPage      kind = 3
	kindHeadsEnd  kind = 4
	kindRanges    kind = 5 // request: spans of feeds
	kindRecord    kind = 6
	kindSpanEnd   kind = 7
	kindBatches   kind = 8  // request: batches by CID
	kindHeader    kind = 9  // request: the header at a place
	kindProof     kind = 10 // request: the fork proof of an epoch
	kindBytes     kind = 11 // a header or a proof; empty when none is held
	kindSublist   kind = 12 // request: what the list says below a prefix
	kindSublistIs kind = 13
)

const (
	formatVersion = 1
	mostFields    = 9 // of a frame
)

func begin(k kind, fields int) []byte {
	b := wire.AppendArray(make([]byte, 0, 64), 2+fields)
	return wire.AppendUint(wire.AppendUint(b, formatVersion), uint64(k))
}

// kindOf returns what a frame is without reading its fields.
func kindOf(b []byte) (kind, error) {
	r := wire.NewReader("reconcile frame", b)
	r.Array("frame", 2, 2+mostFields)
	r.Version(formatVersion)
	k := r.Uint("kind", uint64(kindSublistIs))
	return kind(k), r.Err()
}

// open returns a reader that stands before the fields of a frame.
func open(what string, b []byte, k kind, fields int) wire.Reader {
	r := wire.NewReader(what, b)
	r.Array("frame", 2+fields, 2+fields)
	r.Version(formatVersion)
	if got := r.Uint("kind", uint64(kindSublistIs)); r.Err() == nil && got != uint64(k) {
		r.Uint("kind", 0) // fails: what follows is not of this kind
		r.Array("kind", 1, 0)
	}
	return r
}

// key reads a key as it is: whether it is one, the door finds out.
func key(r *wire.Reader) (k keys.Public) {
	copy(k[:], r.Bytes("key", keys.PublicSize, keys.PublicSize))
	return k
}

func hash(r *wire.Reader, field string) (h merkle.Hash) {
	copy(h[:], r.Bytes(field, merkle.HashSize, merkle.HashSize))
	return h
}

func flag(b []byte, set bool) []byte {
	if set {
		return wire.AppendUint(b, 1)
	}
	return wire.AppendUint(b, 0)
}

// cursor is how much of a vector is known: of a process, up to a version.
type cursor struct {
	session, version uint64
}

const anyUint = 1<<64 - 1

func (c cursor) append(b []byte) []byte {
	return wire.AppendUint(wire.AppendUint(b, c.session), c.version)
}

func readCursor(r *wire.Reader) cursor {
	session := r.Uint("session", anyUint)
	return cursor{session, r.Uint("version", anyUint)}
}

// word is what the two ends of a conversation tell of themselves.
type word struct {
	beacon Beacon
	vector cursor // up to which the speaker's heads go
}

func encodeWord(w word) []byte {
	b := begin(kindBeacon, 9)
	b = wire.AppendUint(b, uint64(max(0, w.beacon.Time.UnixMilli())))
	b = flag(b, w.beacon.Ready)
	b = wire.AppendUint(b, w.beacon.LedgerSize)
	b = wire.AppendBytes(b, w.beacon.Frontier[:])
	b = wire.AppendUint(b, uint64(w.beacon.Day))
	b = wire.AppendBytes(b, w.beacon.Root[:])
	b = wire.AppendText(b, w.beacon.Version)
	return w.vector.append(b)
}

func decodeWord(b []byte) (word, error) {
	const latest = 1 << 50 // milliseconds
	r := open("beacon", b, kindBeacon, 9)
	w := word{}
	w.beacon.Time = time.UnixMilli(int64(r.Uint("time", latest)))
	w.beacon.Ready = r.Uint("ready", 1) == 1
	w.beacon.LedgerSize = r.Uint("ledger size", anyUint)
	w.beacon.Frontier = hash(&r, "frontier")
	w.beacon.Day = taxonomy.Day(r.Uint("day", uint64(taxonomy.NeverDay)))
	w.beacon.Root = hash(&r, "root")
	w.beacon.Version = r.Text("version", maxVersion)
	w.vector = readCursor(&r)
	return w, r.End()
}

func encodeHeads(since cursor) []byte { return since.append(begin(kindHeads, 2)) }

func decodeHeads(b []byte) (cursor, error) {
	r := open("request for heads", b, kindHeads, 2)
	c := readCursor(&r)
	return c, r.End()
}

func encodePage(heads []Head) []byte {
	b := wire.AppendArray(begin(kindPage, 1), len(heads))
	for i := range heads {
		h := &heads[i]
		b = wire.AppendBytes(wire.AppendArray(b, 6), h.Issuer[:])
		b = wire.AppendUint(wire.AppendUint(b, h.Epoch), h.Sequence)
		b = wire.AppendUint(wire.AppendBytes(b, h.CID.Bytes()), uint64(max(0, h.Time)))
		if h.Forked {
			b = wire.AppendBytes(b, h.Proof[:])
		} else {
			b = wire.AppendBytes(b, nil)
		}
	}
	return b
}

var errHead = errors.New("reconcile: head: a feed with neither a batch nor a fork, or a place without a batch")

func decodePage(b []byte) ([]Head, error) {
	r := open("page of heads", b, kindPage, 1)
	n := r.Array("heads", 1, maxPage)
	if r.Err() != nil {
		return nil, r.Err()
	}
	heads := make([]Head, 0, n)
	for range n {
		r.Array("head", 6, 6)
		h := Head{Issuer: key(&r), Epoch: r.Uint("epoch", maxSequence), Sequence: r.Uint("sequence", maxSequence)}
		id := r.Bytes("CID", 0, taxonomy.CIDSize)
		h.Time = int64(r.Uint("time", 1<<62))
		proof := r.Bytes("proof", 0, merkle.HashSize)
		if r.Err() != nil {
			return nil, r.Err()
		}
		if h.Forked = len(proof) > 0; h.Forked && copy(h.Proof[:], proof) != merkle.HashSize {
			return nil, errHead
		}
		if len(id) > 0 {
			var err error
			if h.CID, err = taxonomy.CIDFromBytes(id); err != nil {
				return nil, fmt.Errorf("reconcile: head: %w", err)
			}
		} else if !h.Forked || h.Sequence != 0 || h.Time != 0 {
			return nil, errHead
		}
		heads = append(heads, h)
	}
	return heads, r.End()
}

// headsEnd ends the pages: they went up to a cursor, and more may be held.
type headsEnd struct {
	upTo cursor
	more bool
}

func encodeHeadsEnd(e headsEnd) []byte { return flag(e.upTo.append(begin(kindHeadsEnd, 3)), e.more) }

func decodeHeadsEnd(b []byte) (headsEnd, error) {
	r := open("end of heads", b, kindHeadsEnd, 3)
	e := headsEnd{upTo: readCursor(&r)}
	e.more = r.Uint("more", 1) == 1
	return e, r.End()
}

// span is a run of batches of one feed.
type span struct {
	lane  lane
	from  uint64
	count int
}

// ranges asks for spans, in all at most so many bytes.
type ranges struct {
	bytes int
	spans []span
}

func encodeRanges(q ranges) []byte {
	b := wire.AppendArray(wire.AppendUint(begin(kindRanges, 2), uint64(q.bytes)), len(q.spans))
	for _, s := range q.spans {
		b = wire.AppendBytes(wire.AppendArray(b, 4), s.lane.issuer[:])
		b = wire.AppendUint(wire.AppendUint(wire.AppendUint(b, s.lane.epoch), s.from), uint64(s.count))
	}
	return b
}

func decodeRanges(b []byte) (ranges, error) {
	r := open("request for ranges", b, kindRanges, 2)
	q := ranges{bytes: int(r.Uint("bytes", maxSpanBytes))}
	n := r.Array("spans", 1, maxSpans)
	if r.Err() != nil {
		return ranges{}, r.Err()
	}
	q.spans = make([]span, n)
	for i := range q.spans {
		r.Array("span", 4, 4)
		q.spans[i].lane = lane{key(&r), r.Uint("epoch", maxSequence)}
		q.spans[i].from = r.Uint("from", maxSequence)
		q.spans[i].count = int(r.Uint("count", maxSpan))
	}
	return q, r.End()
}

// record is a batch as it lies in a store: a signed header and a body.
type record struct {
	header, body []byte
}

func (r record) size() int { return len(r.header) + len(r.body) }

func encodeRecord(rec record) []byte {
	b := make([]byte, 0, rec.size()+32)
	b = wire.AppendUint(wire.AppendUint(wire.AppendArray(b, 4), formatVersion), uint64(kindRecord))
	return wire.AppendBytes(wire.AppendBytes(b, rec.header), rec.body)
}

func decodeRecord(b []byte) (record, error) {
	r := open("record", b, kindRecord, 2)
	rec := record{header: r.Bytes("header", 1, assertion.MaxSignedHeader), body: r.Bytes("body", 1, assertion.MaxSlots)}
	return rec, r.End()
}

// encodeSpanEnd ends a span, or the batches asked for by CID. Next is the size of
// the record that would have come next; 0 says that it is not held or not wanted.
func encodeSpanEnd(next int) []byte { return wire.AppendUint(begin(kindSpanEnd, 1), uint64(next)) }

func decodeSpanEnd(b []byte) (int, error) {
	r := open("end of a span", b, kindSpanEnd, 1)
	next := r.Uint("next", maxRecord)
	return int(next), r.End()
}

func encodeBatches(bytes int, ids []cid.Cid) []byte {
	b := wire.AppendArray(wire.AppendUint(begin(kindBatches, 2), uint64(bytes)), len(ids))
	for _, id := range ids {
		b = wire.AppendBytes(b, id.Bytes())
	}
	return b
}

func decodeBatches(b []byte) (int, []cid.Cid, error) {
	r := open("request for batches", b, kindBatches, 2)
	bytes := int(r.Uint("bytes", maxSpanBytes))
	n := r.Array("batches", 1, maxBatches)
	if r.Err() != nil {
		return 0, nil, r.Err()
	}
	ids := make([]cid.Cid, n)
	for i := range ids {
		raw := r.Bytes("CID", taxonomy.CIDSize, taxonomy.CIDSize)
		if r.Err() != nil {
			return 0, nil, r.Err()
		}
		var err error
		if ids[i], err = taxonomy.CIDFromBytes(raw); err != nil {
			return 0, nil, fmt.Errorf("reconcile: request for batches: %w", err)
		}
	}
	return bytes, ids, r.End()
}

func encodeHeader(l lane, sequence uint64) []byte {
	return wire.AppendUint(wire.AppendUint(wire.AppendBytes(begin(kindHeader, 3), l.issuer[:]), l.epoch), sequence)
}

func decodeHeader(b []byte) (lane, uint64, error) {
	r := open("request for a header", b, kindHeader, 3)
	l := lane{key(&r), r.Uint("epoch", maxSequence)}
	sequence := r.Uint("sequence", maxSequence)
	return l, sequence, r.End()
}

func encodeProof(l lane) []byte {
	return wire.AppendUint(wire.AppendBytes(begin(kindProof, 2), l.issuer[:]), l.epoch)
}

func decodeProof(b []byte) (lane, error) {
	r := open("request for a fork proof", b, kindProof, 2)
	l := lane{key(&r), r.Uint("epoch", maxSequence)}
	return l, r.End()
}

func encodeBytes(v []byte) []byte { return wire.AppendBytes(begin(kindBytes, 1), v) }

func decodeBytes(b []byte, most int) ([]byte, error) {
	r := open("answer", b, kindBytes, 1)
	v := r.Bytes("bytes", 0, most)
	return v, r.End()
}

func encodeSublist(prefix uint64, bits int) []byte {
	return wire.AppendUint(wire.AppendUint(begin(kindSublist, 2), prefix), uint64(bits))
}

func decodeSublist(b []byte) (uint64, int, error) {
	r := open("request for a sublist", b, kindSublist, 2)
	prefix := r.Uint("prefix", anyUint)
	bits := r.Uint("bits", 64)
	return prefix, int(bits), r.End()
}

func encodeSublistIs(s merkle.Sublist) []byte {
	b := wire.AppendUint(wire.AppendUint(begin(kindSublistIs, 4), s.Prefix), uint64(s.Bits))
	return wire.AppendBytes(wire.AppendUint(b, uint64(s.Count)), s.Hash[:])
}

func decodeSublistIs(b []byte) (merkle.Sublist, error) {
	r := open("sublist", b, kindSublistIs, 4)
	s := merkle.Sublist{Prefix: r.Uint("prefix", anyUint), Bits: int(r.Uint("bits", 64)), Count: int(r.Uint("count", 1<<40)), Hash: hash(&r, "hash")}
	return s, r.End()
}
