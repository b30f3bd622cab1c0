package message

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/overlay/overlaytest"
	"ringfence/store/assertion"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

func issuer(letter string) keys.Public { return feedtest.Key(letter).Public() }

// samples returns one of each message, encoded, with what reads it and writes it
// again.
func samples() map[string]struct {
	b     []byte
	again func([]byte) ([]byte, error)
} {
	id := assertion.CID([]byte("a batch"))
	l := Lane{issuer("A"), 3}
	word := Word{
		Beacon{Time: time.UnixMilli(1793491200123), Ready: true, LedgerSize: 1 << 40, Frontier: merkle.Hash{1}, Day: 20000, Root: merkle.Hash{2}, Version: "1.2.3"},
		Cursor{1<<64 - 1, 77},
	}
	heads := []Head{
		{Issuer: l.Issuer, Epoch: 3, Sequence: MaxSequence, CID: id, Time: 1 << 40, Forked: true, Proof: merkle.Hash{9}},
		{Issuer: issuer("B"), Sequence: 2, CID: id, Time: 5},
		{Issuer: issuer("C"), Forked: true, Proof: merkle.Hash{8}},
	}
	return map[string]struct {
		b     []byte
		again func([]byte) ([]byte, error)
	}{
		"word":      {EncodeWord(word), func(b []byte) ([]byte, error) { v, err := DecodeWord(b); return EncodeWord(v), err }},
		"heads":     {EncodeHeads(Cursor{5, 6}), func(b []byte) ([]byte, error) { v, err := DecodeHeads(b); return EncodeHeads(v), err }},
		"page":      {EncodePage(heads), func(b []byte) ([]byte, error) { v, err := DecodePage(b); return EncodePage(v), err }},
		"heads end": {EncodeHeadsEnd(HeadsEnd{Cursor{5, 6}, true}), func(b []byte) ([]byte, error) { v, err := DecodeHeadsEnd(b); return EncodeHeadsEnd(v), err }},
		"ranges":    {EncodeRanges(Ranges{MaxSpanBytes, []Span{{l, 70, 64}, {l, 0, 1}}}), func(b []byte) ([]byte, error) { v, err := DecodeRanges(b); return EncodeRanges(v), err }},
		"record":    {EncodeRecord(Record{[]byte("header"), []byte("body")}), func(b []byte) ([]byte, error) { v, err := DecodeRecord(b); return EncodeRecord(v), err }},
		"span end":  {EncodeSpanEnd(1 << 20), func(b []byte) ([]byte, error) { v, err := DecodeSpanEnd(b); return EncodeSpanEnd(v), err }},
		"batches": {EncodeBatches(1000, []cid.Cid{id, id}), func(b []byte) ([]byte, error) {
			n, v, err := DecodeBatches(b)
			return EncodeBatches(n, v), err
		}},
		"header":  {EncodeHeader(l, 70), func(b []byte) ([]byte, error) { v, n, err := DecodeHeader(b); return EncodeHeader(v, n), err }},
		"proof":   {EncodeProof(l), func(b []byte) ([]byte, error) { v, err := DecodeProof(b); return EncodeProof(v), err }},
		"bytes":   {EncodeBytes([]byte("proof")), func(b []byte) ([]byte, error) { v, err := DecodeBytes(b, MaxProof); return EncodeBytes(v), err }},
		"sublist": {EncodeSublist(1<<63, 64), func(b []byte) ([]byte, error) { p, n, err := DecodeSublist(b); return EncodeSublist(p, n), err }},
		"sublist is": {EncodeSublistIs(merkle.Sublist{Prefix: 1, Bits: 64, Count: 9, Hash: merkle.Hash{4}}), func(b []byte) ([]byte, error) {
			v, err := DecodeSublistIs(b)
			return EncodeSublistIs(v), err
		}},
	}
}

// TestRoundTrip reads every message and writes the same bytes again; no cut of
// it, and nothing with a byte too many, is read.
func TestRoundTrip(t *testing.T) {
	all := samples()
	for name, s := range all {
		if got, err := s.again(s.b); err != nil || !bytes.Equal(got, s.b) {
			t.Errorf("%s: %x, %v; want %x", name, got, err, s.b)
		}
		for i := range s.b {
			if _, err := s.again(s.b[:i]); err == nil {
				t.Errorf("%s: cut to %d bytes it is read", name, i)
			}
		}
		if _, err := s.again(append(bytes.Clone(s.b), 0)); err == nil {
			t.Errorf("%s: with a byte too many it is read", name)
		}
		for other, o := range all {
			if _, err := o.again(s.b); err == nil && other != name {
				t.Errorf("%s is read as %s", name, other)
			}
		}
		if k, err := KindOf(s.b); err != nil || k == 0 {
			t.Errorf("%s: kind %d, %v", name, k, err)
		}
	}
}

// TestCapsHoldWhatIsSaid checks that the largest of each message fits its frame,
// and that a vector of 5,000 issuers is within its bounds.
func TestCapsHoldWhatIsSaid(t *testing.T) {
	h := Head{Issuer: issuer("A"), Epoch: MaxSequence, Sequence: MaxSequence, CID: assertion.CID(nil), Time: 1 << 60, Forked: true, Proof: merkle.Hash{1}}
	page := make([]Head, MaxPage)
	spans := make([]Span, MaxSpans)
	for i := range page {
		page[i] = h
	}
	for i := range spans {
		spans[i] = Span{Lane{issuer("A"), MaxSequence}, MaxSequence, MaxSpan}
	}
	ids := make([]cid.Cid, MaxBatches)
	for i := range ids {
		ids[i] = h.CID
	}
	for name, tt := range map[string]struct{ got, most int }{
		"page":    {len(EncodePage(page)), MaxAnswer},
		"ranges":  {len(EncodeRanges(Ranges{MaxSpanBytes, spans})), MaxRequest},
		"batches": {len(EncodeBatches(MaxSpanBytes, ids)), MaxRequest},
		"record":  {len(EncodeRecord(Record{make([]byte, assertion.MaxSignedHeader), make([]byte, assertion.MaxSlots)})), MaxRecord},
		"proof":   {len(EncodeBytes(make([]byte, MaxProof))), MaxAnswer},
		"word":    {len(EncodeWord(Word{Beacon: Beacon{Time: time.UnixMilli(1 << 49), Version: strings.Repeat("9", maxVersion)}})), MaxRequest},
	} {
		if tt.got > tt.most {
			t.Errorf("%s: %d bytes, the most is %d", name, tt.got, tt.most)
		}
	}
	if n := 5000; n > MaxHeads {
		t.Errorf("%d issuers are more than %d heads", n, MaxHeads)
	}
	t.Logf("5,000 issuers are %d bytes", (5000+MaxPage-1)/MaxPage*len(EncodePage(page)))
}

func TestRefusals(t *testing.T) {
	l := Lane{issuer("A"), 0}
	for name, tt := range map[string]struct {
		b    []byte
		read func([]byte) error
	}{
		"too many bytes": {EncodeRanges(Ranges{MaxSpanBytes + 1, []Span{{l, 0, 1}}}), func(b []byte) error { _, err := DecodeRanges(b); return err }},
		"too many spans": {EncodeRanges(Ranges{1, make([]Span, MaxSpans+1)}), func(b []byte) error { _, err := DecodeRanges(b); return err }},
		"no spans":       {EncodeRanges(Ranges{1, nil}), func(b []byte) error { _, err := DecodeRanges(b); return err }},
		"too long":       {EncodeRanges(Ranges{1, []Span{{l, 0, MaxSpan + 1}}}), func(b []byte) error { _, err := DecodeRanges(b); return err }},
		"no such place":  {EncodeHeader(l, MaxSequence+1), func(b []byte) error { _, _, err := DecodeHeader(b); return err }},
		"no body":        {EncodeRecord(Record{Header: []byte{1}}), func(b []byte) error { _, err := DecodeRecord(b); return err }},
		"neither":        {EncodePage([]Head{{Issuer: issuer("A")}}), func(b []byte) error { _, err := DecodePage(b); return err }},
		"no place":       {EncodePage([]Head{{Issuer: issuer("A"), Sequence: 3, Forked: true}}), func(b []byte) error { _, err := DecodePage(b); return err }},
		"empty page":     {EncodePage(nil), func(b []byte) error { _, err := DecodePage(b); return err }},
		"long version":   {EncodeWord(Word{Beacon: Beacon{Version: strings.Repeat("9", maxVersion+1)}}), func(b []byte) error { _, err := DecodeWord(b); return err }},
		"deep":           {EncodeSublist(0, 65), func(b []byte) error { _, _, err := DecodeSublist(b); return err }},
		"large":          {EncodeBytes(make([]byte, 20)), func(b []byte) error { _, err := DecodeBytes(b, 19); return err }},
	} {
		if tt.read(tt.b) == nil {
			t.Errorf("%s: it is read", name)
		}
	}
	if _, err := KindOf([]byte{0x82, 1, 0x18, 99}); err == nil {
		t.Error("an unknown kind is known")
	}
}

// FuzzDecode holds for every decoder that what it reads it writes the same.
func FuzzDecode(f *testing.F) {
	all := samples()
	for _, s := range all {
		f.Add(s.b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		read := 0
		for name, s := range all {
			if got, err := s.again(b); err == nil {
				if read++; !bytes.Equal(got, b) {
					t.Errorf("%s: %x is written as %x", name, b, got)
				}
			}
		}
		if k, err := KindOf(b); read > 1 || read == 1 && (err != nil || k == 0) {
			t.Errorf("%x is read as %d messages, of kind %d (%v)", b, read, k, err)
		}
	})
}

func TestDecodedHeadsAreTheirs(t *testing.T) {
	want := []Head{{Issuer: issuer("A"), Epoch: 1, Sequence: 2, CID: assertion.CID([]byte{1}), Time: 3, Forked: true, Proof: merkle.Hash{7}}}
	got, err := DecodePage(EncodePage(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestBombs gives every decoder what is built to exhaust memory, alone and where a
// message's parts would be. All is refused, and what that allocates is bounded.
func TestBombs(t *testing.T) {
	all := samples()
	for name, bomb := range overlaytest.Bombs() {
		var set [][]byte
		for _, s := range all {
			for at := range 4 { // after the array's head, the version and the kind
				set = append(set, append(bytes.Clone(s.b[:at]), bomb...))
			}
		}
		read := ""
		allocated, held := overlaytest.Spent(func() {
			for _, b := range set {
				for what, s := range all {
					if _, err := s.again(b); err == nil {
						read = what
					}
				}
			}
		})
		t.Logf("%s: %d bytes allocated a decoding, %d held", name, allocated/uint64(len(set)*len(all)), held)
		if read != "" {
			t.Errorf("%s: read as %s", name, read)
		}
		if allocated > overlaytest.MostSpent || held > overlaytest.MostSpent {
			t.Errorf("%s: %d bytes were allocated, %d are held", name, allocated, held)
		}
	}
}
