package assertion

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"

	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
)

// randomStatement returns a statement whose envelope holds and which is
// otherwise anything: most of them are void.
func randomStatement(r *rand.Rand) Statement {
	some := func(least, most int) []byte {
		b := make([]byte, least+r.IntN(most-least+1))
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		return b
	}
	at := func() int64 { return r.Int64N(taxonomy.MaxTime + 1) }
	kind := SubjectKind(r.IntN(10))
	least, most := subjectSize(kind)
	s := Statement{
		Version:      EnvelopeVersion,
		Kind:         Kind(r.IntN(30)),
		BodyVersion:  uint8(r.IntN(3)),
		Subject:      Subject{Kind: kind, Value: some(least, most)},
		Medium:       Medium(r.IntN(8)),
		Audience:     Audience(r.IntN(4)),
		ObservedFrom: at(),
		ObservedTo:   at(),
		Effective:    at(),
		Expires:      at(),
		Basis:        Basis{Kind: BasisKind(r.IntN(8)), Count: r.Uint32(), Name: string(some(0, MaxBasisName))},
		Body:         some(0, 300),
	}
	if r.IntN(4) == 0 {
		s.Expires = taxonomy.Never
	}
	if r.IntN(2) == 0 {
		s.Basis.Hash = some(HashSize, HashSize)
	}
	for range r.IntN(4) {
		s.Basis.Sources = append(s.Basis.Sources, some(1, MaxSource))
	}
	return s
}

// TestRandomBatches builds bodies of random statements, erases random slots
// and reads everything back.
func TestRandomBatches(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 40 {
		statements := make([]Statement, 1+r.IntN(60))
		for i := range statements {
			statements[i] = randomStatement(r)
		}
		batch := batchOf(t, PublicationID{byte(r.IntN(256))}, statements...)
		slots, err := DecodeSlots(batch.Body)
		if err != nil {
			t.Fatal(err)
		}
		for i := range slots {
			if got := slots[i].Statement(); !bytes.Equal(encode(t, *got), encode(t, statements[i])) {
				t.Fatalf("slot %d holds another statement", i)
			}
			if r.IntN(3) == 0 {
				slots[i] = slots[i].Erase()
			}
		}
		body, err := EncodeSlots(slots)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeSlots(body)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) != batch.Count || merkle.Root(Leaves(again)) != batch.Root {
			t.Fatal("erasing changed count or root")
		}
		for i := range again {
			if again[i].Erased() != slots[i].Erased() || again[i].Expiry() != taxonomy.DayOf(statements[i].Expires) {
				t.Fatalf("slot %d came back otherwise", i)
			}
		}
	}
}

// TestNoBitOfABodyIsFree flips every bit of a body: it is refused, or its root
// is another, or (a body cannot stand for two) it encodes as it came.
func TestNoBitOfABodyIsFree(t *testing.T) {
	batch := batchOf(t, PublicationID{1}, sampleFlag(t), statementOf(t, Retract{Kind: TargetStatement, Target: sampleRef().Bytes()}))
	slots, err := DecodeSlots(batch.Body)
	if err != nil {
		t.Fatal(err)
	}
	slots[1] = slots[1].Erase()
	body, err := EncodeSlots(slots)
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		for bit := range 8 {
			bad := bytes.Clone(body)
			bad[i] ^= 1 << bit
			got, err := DecodeSlots(bad)
			if err == nil && merkle.Root(Leaves(got)) == batch.Root {
				t.Fatalf("byte %d, bit %d: another body with the same root", i, bit)
			}
		}
	}
}

// TestBombs feeds every decoder what is built to exhaust memory and holds them
// to a bound that depends on the input alone.
func TestBombs(t *testing.T) {
	erased := appendSlotsHead(nil, MaxStatements)
	one, err := ErasedSlot(1, PublicationID{}, merkle.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	erased = append(erased, bytes.Repeat(one.appendTo(nil), MaxStatements)...)
	bombs := map[string][]byte{
		"4,096 slots announced, one there": append(appendSlotsHead(nil, MaxStatements), one.appendTo(nil)...),
		"4,096 erased slots cut short":     erased[:len(erased)-1],
		"arrays to the bottom":             bytes.Repeat([]byte{0x81}, MaxSlots),
		"2^63 bytes":                       append([]byte{0x82, 1, 0x81, 0x83, 0x5B, 0x80}, make([]byte, 100)...),
		"a map of 2^32":                    {0xBA, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0},
	}
	const most = 4 << 20
	for name, bomb := range bombs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, slotsErr := DecodeSlots(bomb)
		_, statementErr := DecodeStatement(bomb)
		_, headerErr := DecodeHeader(bomb)
		_, signedErr := DecodeSignedHeader(bomb)
		_, bodyErr := DecodeBody(KindTally, BodyVersion, bomb)
		runtime.ReadMemStats(&after)
		for what, err := range map[string]error{"slots": slotsErr, "statement": statementErr, "header": headerErr, "signed header": signedErr, "body": bodyErr} {
			if err == nil {
				t.Errorf("%s: read as %s", name, what)
			}
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > most {
			t.Errorf("%s: %d bytes were allocated", name, used)
		}
	}
}
