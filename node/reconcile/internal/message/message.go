package message

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

// Beacon is what a node tells its neighbours of where it stands.
type Beacon struct {
	Time       time.Time // in whole milliseconds
	Ready      bool      // holds what its own peers had at connect
	LedgerSize uint64
	Frontier   merkle.Hash // digest
	Day        taxonomy.Day
	Root       merkle.Hash // of the list
	Version    string      // of the release, at most 64 bytes of UTF-8
}

// Head is the last batch of an epoch of a feed that a node holds, and whether the
// epoch is forked. A fork of which no batch is held has no CID.
type Head struct {
	Issuer          keys.Public
	Epoch, Sequence uint64
	CID             cid.Cid
	Time            int64 // of the batch, Unix seconds
	Forked          bool
	Proof           merkle.Hash // SHA-256 of the fork proof held
}

// Lane is one epoch of one issuer's feed.
type Lane struct {
	Issuer keys.Public
	Epoch  uint64
}

// Lane returns whose head it is.
func (h *Head) Lane() Lane { return Lane{h.Issuer, h.Epoch} }

// Count returns how many batches of its epoch a head stands for.
func (h *Head) Count() uint64 {
	if !h.CID.Defined() {
		return 0
	}
	return h.Sequence + 1
}

// Kind is what a frame is. Every frame is a canonical CBOR array of the format's
// version, its kind, and its fields.
type Kind uint64

// The kinds. They are numbers on the wire and never change their meaning.
const (
	KindBeacon    Kind = 1 // both ways
	KindHeads     Kind = 2 // request: heads since a cursor
	KindPage      Kind = 3
	KindHeadsEnd  Kind = 4
	KindRanges    Kind = 5 // request: spans of feeds
	KindRecord    Kind = 6
	KindSpanEnd   Kind = 7
	KindBatches   Kind = 8  // request: batches by CID
	KindHeader    Kind = 9  // request: the header at a place
	KindProof     Kind = 10 // request: the fork proof of an epoch
	KindBytes     Kind = 11 // a header or a proof; empty when none is held
	KindSublist   Kind = 12 // request: what the list says below a prefix
	KindSublistIs Kind = 13
)

const (
	formatVersion = 1
	mostFields    = 9 // of a frame
)

func begin(k Kind, fields int) []byte {
	b := wire.AppendArray(make([]byte, 0, 64), 2+fields)
	return wire.AppendUint(wire.AppendUint(b, formatVersion), uint64(k))
}

// KindOf returns what a frame is without reading its fields.
func KindOf(b []byte) (Kind, error) {
	r := wire.NewReader("reconcile frame", b)
	r.Array("frame", 2, 2+mostFields)
	r.Version(formatVersion)
	k := r.Uint("kind", uint64(KindSublistIs))
	return Kind(k), r.Err()
}

// open returns a reader that stands before the fields of a frame.
func open(what string, b []byte, k Kind, fields int) wire.Reader {
	r := wire.NewReader(what, b)
	r.Array("frame", 2+fields, 2+fields)
	r.Version(formatVersion)
	if got := r.Uint("kind", uint64(KindSublistIs)); r.Err() == nil && got != uint64(k) {
		r.Refuse("kind", "%d, want %d", got, k)
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

// Cursor is how much of a vector is known: of a process, up to a version.
type Cursor struct {
	Session, Version uint64
}

const anyUint = 1<<64 - 1

func (c Cursor) append(b []byte) []byte {
	return wire.AppendUint(wire.AppendUint(b, c.Session), c.Version)
}

func readCursor(r *wire.Reader) Cursor {
	session := r.Uint("session", anyUint)
	return Cursor{session, r.Uint("version", anyUint)}
}

// Word is what the two ends of a conversation tell of themselves.
type Word struct {
	Beacon Beacon
	Vector Cursor // up to which the speaker's heads go
}

// EncodeWord is the request that opens an exchange, and its answer.
func EncodeWord(w Word) []byte {
	b := begin(KindBeacon, 9)
	b = wire.AppendUint(b, uint64(max(0, w.Beacon.Time.UnixMilli())))
	b = wire.AppendBool(b, w.Beacon.Ready)
	b = wire.AppendUint(b, w.Beacon.LedgerSize)
	b = wire.AppendBytes(b, w.Beacon.Frontier[:])
	b = wire.AppendUint(b, uint64(w.Beacon.Day))
	b = wire.AppendBytes(b, w.Beacon.Root[:])
	b = wire.AppendText(b, w.Beacon.Version)
	return w.Vector.append(b)
}

// DecodeWord reads what EncodeWord wrote; it fails as every Decode func does: when
// the bytes are no frame of this kind, not canonical or beyond a bound.
func DecodeWord(b []byte) (Word, error) {
	const latest = 1 << 50 // milliseconds
	r := open("beacon", b, KindBeacon, 9)
	w := Word{}
	w.Beacon.Time = time.UnixMilli(int64(r.Uint("time", latest)))
	w.Beacon.Ready = r.Bool("ready")
	w.Beacon.LedgerSize = r.Uint("ledger size", anyUint)
	w.Beacon.Frontier = hash(&r, "frontier")
	w.Beacon.Day = taxonomy.Day(r.Uint("day", uint64(taxonomy.NeverDay)))
	w.Beacon.Root = hash(&r, "root")
	w.Beacon.Version = r.Text("version", maxVersion)
	w.Vector = readCursor(&r)
	return w, r.End()
}

// EncodeHeads asks for the heads that changed after a cursor.
func EncodeHeads(since Cursor) []byte { return since.append(begin(KindHeads, 2)) }

// DecodeHeads reads what EncodeHeads wrote.
func DecodeHeads(b []byte) (Cursor, error) {
	r := open("request for heads", b, KindHeads, 2)
	c := readCursor(&r)
	return c, r.End()
}

// EncodePage tells some heads, MaxPage at most and at least one.
func EncodePage(heads []Head) []byte {
	b := wire.AppendArray(begin(KindPage, 1), len(heads))
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

// DecodePage reads what EncodePage wrote.
func DecodePage(b []byte) ([]Head, error) {
	r := open("page of heads", b, KindPage, 1)
	n := r.Array("heads", 1, MaxPage)
	if r.Err() != nil {
		return nil, r.Err()
	}
	heads := make([]Head, 0, n)
	for range n {
		r.Array("head", 6, 6)
		h := Head{Issuer: key(&r), Epoch: r.Uint("epoch", MaxSequence), Sequence: r.Uint("sequence", MaxSequence)}
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

// HeadsEnd ends the pages: they went up to a cursor, and more may be held.
type HeadsEnd struct {
	UpTo Cursor
	More bool
}

// EncodeHeadsEnd follows the last page.
func EncodeHeadsEnd(e HeadsEnd) []byte {
	return wire.AppendBool(e.UpTo.append(begin(KindHeadsEnd, 3)), e.More)
}

// DecodeHeadsEnd reads what EncodeHeadsEnd wrote.
func DecodeHeadsEnd(b []byte) (HeadsEnd, error) {
	r := open("end of heads", b, KindHeadsEnd, 3)
	e := HeadsEnd{UpTo: readCursor(&r)}
	e.More = r.Bool("more")
	return e, r.End()
}

// Span is a run of batches of one feed.
type Span struct {
	Lane  Lane
	From  uint64
	Count int
}

// Ranges asks for spans, in all at most so many bytes.
type Ranges struct {
	Bytes int
	Spans []Span
}

// EncodeRanges is the request; each span is answered by records and an end.
func EncodeRanges(q Ranges) []byte {
	b := wire.AppendArray(wire.AppendUint(begin(KindRanges, 2), uint64(q.Bytes)), len(q.Spans))
	for _, s := range q.Spans {
		b = wire.AppendBytes(wire.AppendArray(b, 4), s.Lane.Issuer[:])
		b = wire.AppendUint(wire.AppendUint(wire.AppendUint(b, s.Lane.Epoch), s.From), uint64(s.Count))
	}
	return b
}

// DecodeRanges reads what EncodeRanges wrote.
func DecodeRanges(b []byte) (Ranges, error) {
	r := open("request for ranges", b, KindRanges, 2)
	q := Ranges{Bytes: int(r.Uint("bytes", MaxSpanBytes))}
	n := r.Array("spans", 1, MaxSpans)
	if r.Err() != nil {
		return Ranges{}, r.Err()
	}
	q.Spans = make([]Span, n)
	for i := range q.Spans {
		r.Array("span", 4, 4)
		q.Spans[i].Lane = Lane{key(&r), r.Uint("epoch", MaxSequence)}
		q.Spans[i].From = r.Uint("from", MaxSequence)
		q.Spans[i].Count = int(r.Uint("count", MaxSpan))
	}
	return q, r.End()
}

// Record is a batch as it lies in a store: a signed header and a body.
type Record struct {
	Header, Body []byte
}

// Size returns how many bytes a record takes of what was asked for and of memory.
func (r Record) Size() int { return len(r.Header) + len(r.Body) }

// EncodeRecord gives a record.
func EncodeRecord(rec Record) []byte {
	b := make([]byte, 0, rec.Size()+32)
	b = wire.AppendUint(wire.AppendUint(wire.AppendArray(b, 4), formatVersion), uint64(KindRecord))
	return wire.AppendBytes(wire.AppendBytes(b, rec.Header), rec.Body)
}

// DecodeRecord reads what EncodeRecord wrote. The record shares the frame's bytes.
func DecodeRecord(b []byte) (Record, error) {
	r := open("record", b, KindRecord, 2)
	rec := Record{Header: r.Bytes("header", 1, assertion.MaxSignedHeader), Body: r.Bytes("body", 1, assertion.MaxSlots)}
	return rec, r.End()
}

// EncodeSpanEnd ends a span, or the batches asked for by CID. Next is the size of
// the record that would have come next; 0 says that it is not held or not wanted.
func EncodeSpanEnd(next int) []byte { return wire.AppendUint(begin(KindSpanEnd, 1), uint64(next)) }

// DecodeSpanEnd reads what EncodeSpanEnd wrote.
func DecodeSpanEnd(b []byte) (int, error) {
	r := open("end of a span", b, KindSpanEnd, 1)
	next := r.Uint("next", MaxRecord)
	return int(next), r.End()
}

// EncodeBatches asks for batches by their CIDs, in all at most so many bytes.
func EncodeBatches(bytes int, ids []cid.Cid) []byte {
	b := wire.AppendArray(wire.AppendUint(begin(KindBatches, 2), uint64(bytes)), len(ids))
	for _, id := range ids {
		b = wire.AppendBytes(b, id.Bytes())
	}
	return b
}

// DecodeBatches reads what EncodeBatches wrote.
func DecodeBatches(b []byte) (int, []cid.Cid, error) {
	r := open("request for batches", b, KindBatches, 2)
	bytes := int(r.Uint("bytes", MaxSpanBytes))
	n := r.Array("batches", 1, MaxBatches)
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

// EncodeHeader asks for the signed header at a place.
func EncodeHeader(l Lane, sequence uint64) []byte {
	return wire.AppendUint(wire.AppendUint(wire.AppendBytes(begin(KindHeader, 3), l.Issuer[:]), l.Epoch), sequence)
}

// DecodeHeader reads what EncodeHeader wrote.
func DecodeHeader(b []byte) (Lane, uint64, error) {
	r := open("request for a header", b, KindHeader, 3)
	l := Lane{key(&r), r.Uint("epoch", MaxSequence)}
	sequence := r.Uint("sequence", MaxSequence)
	return l, sequence, r.End()
}

// EncodeProof asks for the fork proof of an epoch.
func EncodeProof(l Lane) []byte {
	return wire.AppendUint(wire.AppendBytes(begin(KindProof, 2), l.Issuer[:]), l.Epoch)
}

// DecodeProof reads what EncodeProof wrote.
func DecodeProof(b []byte) (Lane, error) {
	r := open("request for a fork proof", b, KindProof, 2)
	l := Lane{key(&r), r.Uint("epoch", MaxSequence)}
	return l, r.End()
}

// EncodeBytes answers with a signed header or a fork proof; nil: none is held.
func EncodeBytes(v []byte) []byte { return wire.AppendBytes(begin(KindBytes, 1), v) }

// DecodeBytes reads what EncodeBytes wrote, of at most so many bytes.
func DecodeBytes(b []byte, most int) ([]byte, error) {
	r := open("answer", b, KindBytes, 1)
	v := r.Bytes("bytes", 0, most)
	return v, r.End()
}

// EncodeSublist asks what the list says below the first bits of a prefix.
func EncodeSublist(prefix uint64, bits int) []byte {
	return wire.AppendUint(wire.AppendUint(begin(KindSublist, 2), prefix), uint64(bits))
}

// DecodeSublist reads what EncodeSublist wrote.
func DecodeSublist(b []byte) (uint64, int, error) {
	r := open("request for a sublist", b, KindSublist, 2)
	prefix := r.Uint("prefix", anyUint)
	bits := r.Uint("bits", 64)
	return prefix, int(bits), r.End()
}

// EncodeSublistIs answers it.
func EncodeSublistIs(s merkle.Sublist) []byte {
	b := wire.AppendUint(wire.AppendUint(begin(KindSublistIs, 4), s.Prefix), uint64(s.Bits))
	return wire.AppendBytes(wire.AppendUint(b, uint64(s.Count)), s.Hash[:])
}

// DecodeSublistIs reads what EncodeSublistIs wrote.
func DecodeSublistIs(b []byte) (merkle.Sublist, error) {
	r := open("sublist", b, KindSublistIs, 4)
	s := merkle.Sublist{Prefix: r.Uint("prefix", anyUint), Bits: int(r.Uint("bits", 64)), Count: int(r.Uint("count", 1<<40)), Hash: hash(&r, "hash")}
	return s, r.End()
}
