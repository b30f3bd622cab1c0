package assertion

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

func sampleHeader(batch Batch) Header {
	return Header{
		Federation: CID([]byte("a federation")),
		Issuer:     sampleKey().Public(),
		Sequence:   1,
		Previous:   CID([]byte("the header before")),
		Time:       when,
		Count:      batch.Count,
		Root:       batch.Root,
	}
}

func TestHeaderRoundTripAndBounds(t *testing.T) {
	some := CID([]byte("some header"))
	raw := cid.NewCidV1(cid.Raw, some.Hash())
	tests := []struct {
		name   string
		change func(*Header)
		ok     bool
	}{
		{"as it is", func(*Header) {}, true},
		{"start of a feed", func(h *Header) { h.Sequence, h.Previous = 0, cid.Undef }, true},
		{"start of a feed with a previous", func(h *Header) { h.Sequence = 0 }, false},
		{"later without a previous", func(h *Header) { h.Previous = cid.Undef }, false},
		{"start of a later epoch with its base", func(h *Header) { h.Epoch, h.Sequence = 1, 0 }, true},
		{"start of a later epoch without one", func(h *Header) { h.Epoch, h.Sequence, h.Previous = 1, 0, cid.Undef }, true},
		{"last place", func(h *Header) { h.Epoch, h.Sequence = MaxPlace, MaxPlace }, true},
		{"epoch beyond it", func(h *Header) { h.Epoch = MaxPlace + 1 }, false},
		{"sequence beyond it", func(h *Header) { h.Sequence = MaxPlace + 1 }, false},
		{"federation of another codec", func(h *Header) { h.Federation = raw }, false},
		{"no federation", func(h *Header) { h.Federation = cid.Undef }, false},
		{"previous of another codec", func(h *Header) { h.Previous = raw }, false},
		{"time before 1970", func(h *Header) { h.Time = -1 }, false},
		{"time after 9999", func(h *Header) { h.Time = taxonomy.MaxTime + 1 }, false},
		{"no statement", func(h *Header) { h.Count = 0 }, false},
		{"4,096 statements", func(h *Header) { h.Count = MaxStatements }, true},
		{"4,097 statements", func(h *Header) { h.Count = MaxStatements + 1 }, false},
		{"a key of another algorithm", func(h *Header) { h.Issuer[0] = 2 }, true}, // never admitted, not malformed
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := sampleHeader(Batch{Count: 3, Root: merkle.Hash{9}})
			tt.change(&h)
			b, err := h.Encode()
			if (err == nil) != tt.ok {
				t.Fatalf("Encode: %v, want accepted %v", err, tt.ok)
			}
			if err != nil {
				// What a stranger would send instead.
				b, err = Encode(headerArray{
					Version: HeaderVersion, Federation: h.Federation.Bytes(), Issuer: h.Issuer, Epoch: h.Epoch, Sequence: h.Sequence,
					Previous: h.Previous.Bytes(), Time: h.Time, Count: uint16(h.Count), Root: h.Root,
				})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := DecodeHeader(b); err == nil {
					t.Error("DecodeHeader takes what Encode refuses")
				}
				return
			}
			if back, err := DecodeHeader(b); err != nil || back != h {
				t.Errorf("%+v, %v; want %+v", back, err, h)
			}
			if len(b) > MaxHeader {
				t.Errorf("%d bytes, above MaxHeader", len(b))
			}
		})
	}
}

func TestHeaderVersionsAndSizes(t *testing.T) {
	h := sampleHeader(Batch{Count: 1})
	b, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	newer := bytes.Clone(b)
	newer[1] = 2
	if _, err := DecodeHeader(newer); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("header of version 2: %v", err)
	}
	if _, err := DecodeHeader(make([]byte, MaxHeader+1)); err == nil {
		t.Error("a header above MaxHeader was read")
	}
	signed, err := Sign(b, sampleKey())
	if err != nil {
		t.Fatal(err)
	}
	if s, err := DecodeSignedHeader(signed); err != nil || !bytes.Equal(s.Header, b) || !h.Issuer.Verify(keys.DomainBatch, b, s.Signature) {
		t.Errorf("signed header: %v", err)
	}
	signed[1] = 2
	if _, err := DecodeSignedHeader(signed); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("signed header of version 2: %v", err)
	}
	if _, err := DecodeSignedHeader(make([]byte, MaxSignedHeader+1)); err == nil {
		t.Error("a signed header above MaxSignedHeader was read")
	}
}

func TestSlotsRoundTrip(t *testing.T) {
	statements := []Statement{sampleFlag(t)}
	for _, body := range sampleBodies() {
		statements = append(statements, statementOf(t, body))
	}
	for _, n := range []int{1, 2, len(statements)} {
		publication := PublicationID{1, 2, 3}
		batch := batchOf(t, publication, statements[:n]...)
		slots, err := DecodeSlots(batch.Body)
		if err != nil {
			t.Fatal(err)
		}
		if len(slots) != n || batch.Count != n || merkle.Root(Leaves(slots)) != batch.Root {
			t.Errorf("%d slots of %d, root %v, want %v", len(slots), batch.Count, merkle.Root(Leaves(slots)), batch.Root)
		}
		again, err := EncodeSlots(slots)
		if err != nil || !bytes.Equal(again, batch.Body) {
			t.Errorf("%d slots encode differently after decoding (%v)", n, err)
		}
		for i := range slots {
			s := &slots[i]
			want := encode(t, statements[i])
			if s.Erased() || s.Publication() != publication || !bytes.Equal(s.Encoded(), want) || s.Expiry() != taxonomy.DayOf(statements[i].Expires) {
				t.Errorf("slot %d is not what was put in", i)
			}
			made, err := NewSlot(publication, s.Salt(), want)
			if err != nil || made.Leaf() != s.Leaf() {
				t.Errorf("slot %d: NewSlot has another leaf (%v)", i, err)
			}
		}
	}
}

// TestErasing checks issue example 10 at this level: an erased slot keeps its
// leaf, so the root and every proof of the batch stay valid.
func TestErasing(t *testing.T) {
	retract := statementOf(t, Retract{Kind: TargetStatement, Target: sampleRef().Bytes()})
	batch := batchOf(t, PublicationID{7}, sampleFlag(t), retract, statementOf(t, Reassign{Date: when}))
	slots, err := DecodeSlots(batch.Body)
	if err != nil {
		t.Fatal(err)
	}
	leaves := Leaves(slots)
	for i := range slots {
		erased := slots[i].Erase()
		if !erased.Erased() || erased.Statement() != nil || erased.Encoded() != nil || erased.Leaf() != slots[i].Leaf() {
			t.Errorf("slot %d does not keep its leaf, or keeps its statement", i)
		}
		if again := erased.Erase(); again.Leaf() != erased.Leaf() {
			t.Errorf("slot %d erased twice has another leaf", i)
		}
		slots[i] = erased
		body, err := EncodeSlots(slots)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeSlots(body)
		if err != nil {
			t.Fatal(err)
		}
		if merkle.Root(Leaves(back)) != batch.Root {
			t.Errorf("with slots 0 to %d erased the root is another", i)
		}
		path, err := merkle.Prove(Leaves(back), i)
		if err != nil {
			t.Fatal(err)
		}
		if err := merkle.VerifyInclusion(leaves[i], uint64(i), uint64(len(leaves)), path, batch.Root); err != nil {
			t.Errorf("slot %d: %v", i, err)
		}
	}
	if slots[1].Expiry() != taxonomy.NeverDay {
		t.Error("a retract expires")
	}
	if _, err := ErasedSlot(lastDay+1, PublicationID{}, merkle.Hash{}); err == nil {
		t.Error("a slot expires on a day that no statement can name")
	}
}

// TestLeafBindsEveryPart changes one part at a time.
func TestLeafBindsEveryPart(t *testing.T) {
	encoded := encode(t, sampleFlag(t))
	other := sampleFlag(t)
	other.Expires += 86400
	base, err := NewSlot(PublicationID{1}, Salt{1}, encoded)
	if err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func() (Slot, error){
		"publication": func() (Slot, error) { return NewSlot(PublicationID{2}, Salt{1}, encoded) },
		"salt":        func() (Slot, error) { return NewSlot(PublicationID{1}, Salt{2}, encoded) },
		"statement":   func() (Slot, error) { return NewSlot(PublicationID{1}, Salt{1}, encode(t, other)) },
		"expiry":      func() (Slot, error) { return ErasedSlot(base.Expiry()+1, PublicationID{1}, base.Inner()) },
		"inner hash":  func() (Slot, error) { return ErasedSlot(base.Expiry(), PublicationID{1}, merkle.Hash{1}) },
	} {
		s, err := make()
		if err != nil {
			t.Fatal(err)
		}
		if s.Leaf() == base.Leaf() {
			t.Errorf("another %s has the same leaf", name)
		}
	}
}

func TestDecodeSlotsRefusals(t *testing.T) {
	batch := batchOf(t, PublicationID{1}, sampleFlag(t))
	slots, err := DecodeSlots(batch.Body)
	if err != nil {
		t.Fatal(err)
	}
	live := slots[0].appendTo(nil)
	gone := slots[0].Erase()
	erased := gone.appendTo(nil)
	head := appendSlotsHead(nil, 1)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	bad := bytes.Clone(live)
	bad[len(bad)-1] ^= 0xFF // inside the flag's body, which is opaque here
	if _, err := DecodeSlots(join(head, bad)); err != nil {
		t.Errorf("a body that only its kind can judge was refused: %v", err)
	}
	for name, in := range map[string][]byte{
		"nothing":                     {},
		"no slot":                     appendSlotsHead(nil, 0),
		"4,097 slots announced":       join([]byte{0x82, 1, 0x99, 0x10, 0x01}, live),
		"more slots than bytes":       join([]byte{0x82, 1, 0x99, 0x10, 0x00}, live),
		"another version":             join([]byte{0x82, 2, 0x81}, live),
		"a bare list":                 join([]byte{0x81}, live),
		"a slot of two":               join(head, []byte{0x82}, live[1:]),
		"a text publication":          join(head, []byte{0x83, 0x70}, live[2:]),
		"a byte after the last slot":  join(head, live, []byte{0}),
		"a slot after the last":       join(head, live, live),
		"a slot missing":              join(appendSlotsHead(nil, 2), live),
		"cut inside the statement":    join(head, live[:len(live)-1]),
		"cut inside the erased slot":  join(head, erased[:len(erased)-1]),
		"a salt of 15 bytes":          join(head, []byte{0x83}, live[1:18], []byte{0x4F}, live[19:]),
		"an empty statement":          join(head, live[:1+17+17], []byte{0x40}),
		"a day after the year 9999":   join(head, wire.AppendArray(nil, 3), wire.AppendUint(nil, uint64(lastDay)+1), wire.AppendBytes(nil, make([]byte, 16)), wire.AppendBytes(nil, make([]byte, 32))),
		"a day above 32 bits":         join(head, wire.AppendArray(nil, 3), wire.AppendUint(nil, 1<<32), wire.AppendBytes(nil, make([]byte, 16)), wire.AppendBytes(nil, make([]byte, 32))),
		"an inner hash of 31 bytes":   join(head, wire.AppendArray(nil, 3), wire.AppendUint(nil, 5), wire.AppendBytes(nil, make([]byte, 16)), wire.AppendBytes(nil, make([]byte, 31))),
		"a body above its cap":        make([]byte, MaxSlots+1),
		"a statement with a bad head": join(head, live[:1+17+17+2], []byte{0xFF}, live[1+17+17+3:]),
	} {
		if got, err := DecodeSlots(in); err == nil {
			t.Errorf("%s: %d slots were read", name, len(got))
		}
	}
	if _, err := DecodeSlots(join(head, erased)); err != nil {
		t.Errorf("an erased slot: %v", err)
	}
}

func TestEncodeSlotsRefusals(t *testing.T) {
	if _, err := EncodeSlots(nil); err == nil {
		t.Error("an empty body was encoded")
	}
	slot, err := NewSlot(PublicationID{}, Salt{}, encode(t, sampleFlag(t)))
	if err != nil {
		t.Fatal(err)
	}
	many := make([]Slot, MaxStatements+1)
	for i := range many {
		many[i] = slot
	}
	if _, err := EncodeSlots(many); err == nil {
		t.Error("4,097 slots were encoded")
	}
	big := sampleFlag(t)
	big.Audience, big.Body = Operators, make([]byte, 65000)
	fat, err := NewSlot(PublicationID{}, Salt{}, encode(t, big))
	if err != nil {
		t.Fatal(err)
	}
	for i := range many[:17] {
		many[i] = fat
	}
	if _, err := EncodeSlots(many[:17]); err == nil || !strings.Contains(err.Error(), "the most is") {
		t.Errorf("a body above its cap: %v", err)
	}
	if _, err := NewSlot(PublicationID{}, Salt{}, []byte{1}); err == nil {
		t.Error("a slot of no statement was made")
	}
}

func TestBuilderKeepsBothCaps(t *testing.T) {
	big := sampleFlag(t)
	big.Audience, big.Body = Operators, make([]byte, 65000)
	for name, tt := range map[string]struct {
		s     Statement
		count int
	}{
		"count": {sampleFlag(t), MaxStatements},
		"bytes": {big, 16},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBuilder(rand.Reader)
			for b.Len() <= MaxStatements {
				added, err := b.Add(PublicationID{1}, &tt.s)
				if err != nil {
					t.Fatal(err)
				}
				if !added {
					break
				}
			}
			if b.Len() != tt.count {
				t.Fatalf("%d statements fit, want %d", b.Len(), tt.count)
			}
			batch, err := b.Finish()
			if err != nil {
				t.Fatal(err)
			}
			slots, err := DecodeSlots(batch.Body)
			if err != nil {
				t.Fatal(err)
			}
			if batch.Count != tt.count || merkle.Root(Leaves(slots)) != batch.Root {
				t.Error("count or root is not that of the body")
			}
			if b.Len() != 0 {
				t.Error("the next batch does not begin empty")
			}
			seen := map[Salt]bool{}
			for i := range slots {
				seen[slots[i].Salt()] = true
			}
			if len(seen) != len(slots) {
				t.Errorf("%d salts for %d statements", len(seen), len(slots))
			}
		})
	}
}

// TestBuilderBatchesStandAlone checks that a batch handed out is not touched
// by the next one.
func TestBuilderBatchesStandAlone(t *testing.T) {
	b := NewBuilder(rand.Reader)
	var batches []Batch
	for _, s := range randomFlags(t, 30) {
		if _, err := b.Add(PublicationID{1}, &s); err != nil {
			t.Fatal(err)
		}
		if b.Len() == 10 {
			batch, err := b.Finish()
			if err != nil {
				t.Fatal(err)
			}
			batches = append(batches, batch)
		}
	}
	for i, batch := range batches {
		slots, err := DecodeSlots(batch.Body)
		if err != nil || merkle.Root(Leaves(slots)) != batch.Root {
			t.Errorf("batch %d was changed: %v", i, err)
		}
	}
}

func TestBuilderRefusals(t *testing.T) {
	b := NewBuilder(zeros{})
	if _, err := b.Finish(); err == nil {
		t.Error("an empty batch was finished")
	}
	bad := sampleFlag(t)
	bad.Version = 9
	if _, err := b.Add(PublicationID{}, &bad); err == nil || b.Len() != 0 {
		t.Errorf("a statement outside the envelope's bounds: %v, %d added", err, b.Len())
	}
	broken := errors.New("no entropy")
	b = NewBuilder(iotest.ErrReader(broken))
	good := sampleFlag(t)
	if _, err := b.Add(PublicationID{}, &good); !errors.Is(err, broken) || b.Len() != 0 {
		t.Errorf("no random: %v, %d added", err, b.Len())
	}
}
