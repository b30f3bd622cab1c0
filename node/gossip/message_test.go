package gossip

import (
	"bytes"
	"testing"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/assertion"
	"ringfence/store/checkpoint"
	"ringfence/store/feed"
)

func TestMessagesComeBackAsTheyWere(t *testing.T) {
	header, body := bytes.Repeat([]byte{7}, assertion.MaxSignedHeader), bytes.Repeat([]byte{9}, overlay.MaxGossipBody)
	for _, c := range []struct{ header, body []byte }{{header, body}, {header, nil}, {header[:1], body[:1]}} {
		b := encodeBatch(c.header, c.body)
		if len(b) > maxBatchMessage {
			t.Fatalf("%d bytes, the most is said to be %d", len(b), maxBatchMessage)
		}
		h, bd, err := decodeBatch(b)
		if err != nil || !bytes.Equal(h, c.header) || !bytes.Equal(bd, c.body) {
			t.Fatalf("a header of %d and a body of %d bytes came back as %d and %d: %v", len(c.header), len(c.body), len(h), len(bd), err)
		}
	}
	b := encodeEvidence(bytes.Repeat([]byte{5}, feed.MaxForkProof))
	if proof, err := decodeEvidence(b); err != nil || len(b) > maxEvidenceMessage || len(proof) != feed.MaxForkProof {
		t.Fatalf("a proof of %d bytes came back as %d: %v", feed.MaxForkProof, len(proof), err)
	}
	b = encodeNote(bytes.Repeat([]byte{5}, checkpoint.MaxNote))
	if note, err := decodeNote(b); err != nil || len(b) > maxNoteMessage || len(note) != checkpoint.MaxNote {
		t.Fatalf("a checkpoint of %d bytes came back as %d: %v", checkpoint.MaxNote, len(note), err)
	}
}

func TestOtherMessagesAreRefused(t *testing.T) {
	header := bytes.Repeat([]byte{7}, 40)
	for name, b := range map[string][]byte{
		"nothing":         {},
		"another version": {0x83, 2, 0x41, 7, 0x40},
		"two elements":    {0x82, 1, 0x41, 7},
		"four elements":   {0x84, 1, 0x41, 7, 0x40, 0x40},
		"no header":       {0x83, 1, 0x40, 0x40},
		"a long head":     {0x83, 1, 0x58, 1, 7, 0x40},
		"bytes after it":  append(encodeBatch(header, nil), 0),
		"2^63 bytes":      {0x83, 1, 0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0},
		"no length":       {0x83, 1, 0x5f, 0x41, 7, 0xff, 0x40},
		"a large header":  encodeBatch(make([]byte, assertion.MaxSignedHeader+1), nil),
		"a large body":    encodeBatch(header, make([]byte, overlay.MaxGossipBody+1)),
	} {
		if _, _, err := decodeBatch(b); err == nil {
			t.Errorf("%s was taken for a batch", name)
		}
	}
	for name, b := range map[string][]byte{
		"a batch": encodeBatch(header, nil), "no proof": encodeEvidence(nil), "a large proof": encodeEvidence(make([]byte, feed.MaxForkProof+1)),
	} {
		if _, err := decodeEvidence(b); err == nil {
			t.Errorf("%s was taken for evidence", name)
		}
	}
	for name, b := range map[string][]byte{
		"a batch": encodeBatch(header, nil), "nothing": encodeNote(nil), "a large checkpoint": encodeNote(make([]byte, checkpoint.MaxNote+1)), "bytes after it": append(encodeNote(header), 0),
	} {
		if _, err := decodeNote(b); err == nil {
			t.Errorf("%s was taken for a checkpoint", name)
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add(encodeBatch([]byte{1, 2, 3}, []byte{4}))
	f.Add(encodeBatch([]byte{1}, nil))
	f.Add(encodeEvidence([]byte{1, 2, 3}))
	f.Add([]byte{0x83, 1, 0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if header, body, err := decodeBatch(b); err == nil && !bytes.Equal(encodeBatch(header, body), b) {
			t.Errorf("%x is read as a batch and written otherwise", b)
		}
		if proof, err := decodeEvidence(b); err == nil && !bytes.Equal(encodeEvidence(proof), b) {
			t.Errorf("%x is read as evidence and written otherwise", b)
		}
		if note, err := decodeNote(b); err == nil && !bytes.Equal(encodeNote(note), b) {
			t.Errorf("%x is read as a checkpoint and written otherwise", b)
		}
	})
}

// What is built to exhaust memory is refused, alone and in the place of a part, and
// what that allocates is bounded.
func TestMessageBombs(t *testing.T) {
	for name, bomb := range overlaytest.Bombs() {
		var set [][]byte
		for _, head := range [][]byte{nil, {0x83}, {0x82}, {0x83, 1}, {0x82, 1}, {0x83, 1, 0x41, 7}} {
			set = append(set, append(bytes.Clone(head), bomb...))
		}
		read := 0
		const times = 100
		allocated, held := overlaytest.Spent(func() {
			for range times {
				for _, b := range set {
					if _, _, err := decodeBatch(b); err == nil {
						read++
					}
					if _, err := decodeEvidence(b); err == nil {
						read++
					}
					if _, err := decodeNote(b); err == nil {
						read++
					}
				}
			}
		})
		t.Logf("%s: %d bytes allocated a decoding, %d held", name, allocated/uint64(3*times*len(set)), held)
		if read > 0 {
			t.Errorf("%s: read %d times", name, read)
		}
		if allocated > overlaytest.MostSpent || held > overlaytest.MostSpent {
			t.Errorf("%s: %d bytes were allocated, %d are held", name, allocated, held)
		}
	}
}
