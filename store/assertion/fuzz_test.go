package assertion

import (
	"bytes"
	"testing"

	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// FuzzDecodeStatement holds the decoder by hand against the library's strict
// way: they accept the same bytes.
func FuzzDecodeStatement(f *testing.F) {
	for _, body := range sampleBodies() {
		f.Add(encode(f, statementOf(f, body)))
	}
	f.Add(unhex(f, "8c0101018200480000000000000000000000000000850000604080f6"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeStatement(b)
		var generic Statement
		gerr := Decode(b, &generic)
		if gerr == nil {
			gerr = generic.validate()
		}
		if gerr == nil && len(b) > generic.maxSize() {
			return
		}
		if (err == nil) != (gerr == nil) {
			t.Fatalf("%x: by hand %v, by the library %v", b, err, gerr)
		}
		if err != nil {
			return
		}
		if again := encode(t, s); !bytes.Equal(again, b) {
			t.Fatalf("%x was read but is written as %x", b, again)
		}
		_, _ = s.Check()
		s.Key()
	})
}

// FuzzDecodeBody holds what is read to what is written, and the flag's decoder
// by hand against the library's.
func FuzzDecodeBody(f *testing.F) {
	for _, body := range sampleBodies() {
		b, err := EncodeBody(body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint16(KindOf(body)), b)
	}
	f.Fuzz(func(t *testing.T, kind uint16, b []byte) {
		if len(b) > MaxSealed {
			return
		}
		body, err := DecodeBody(Kind(kind), BodyVersion, b)
		if Kind(kind) == KindFlag {
			var flag Flag
			if gerr := Decode(b, &flag); (gerr == nil) != (err == nil) || err == nil && body.(Flag) != flag {
				t.Fatalf("%x: by hand %+v, %v; by the library %+v, %v", b, body, err, flag, gerr)
			}
		}
		if err != nil {
			return
		}
		if again, err := EncodeBody(body); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x was read but is written as %x (%v)", b, again, err)
		}
	})
}

func FuzzDecodeHeader(f *testing.F) {
	h := sampleHeader(Batch{Count: 3, Root: merkle.Hash{1}})
	b, err := h.Encode()
	if err != nil {
		f.Fatal(err)
	}
	signed, err := Sign(b, sampleKey())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(signed)
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := DecodeHeader(b); err == nil {
			if again, err := h.Encode(); err != nil || !bytes.Equal(again, b) {
				t.Fatalf("%x was read but is written as %x (%v)", b, again, err)
			}
		}
		if s, err := DecodeSignedHeader(b); err == nil {
			again, err := Encode(s)
			if err != nil || !bytes.Equal(again, b) {
				t.Fatalf("%x was read but is written as %x (%v)", b, again, err)
			}
			sampleKey().Public().Verify(keys.DomainBatch, s.Header, s.Signature)
		}
	})
}

func FuzzDecodeSlots(f *testing.F) {
	batch := batchOf(f, PublicationID{1}, sampleFlag(f), statementOf(f, Reassign{Date: when}))
	f.Add(batch.Body)
	slots, err := DecodeSlots(batch.Body)
	if err != nil {
		f.Fatal(err)
	}
	slots[0] = slots[0].Erase()
	erased, err := EncodeSlots(slots)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(erased)
	f.Fuzz(func(t *testing.T, b []byte) {
		slots, err := DecodeSlots(b)
		if err != nil {
			return
		}
		again, err := EncodeSlots(slots)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x was read but is written as %x (%v)", b, again, err)
		}
		for i := range slots {
			gone := slots[i].Erase()
			if gone.Leaf() != slots[i].Leaf() {
				t.Fatalf("slot %d loses its leaf when erased", i)
			}
		}
	})
}

func FuzzDecodeSealed(f *testing.F) {
	f.Add(unhex(f, "825820"+"0000000000000000000000000000000000000000000000000000000000000000"+"4101"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSealed(b)
		if err != nil {
			return
		}
		if again, err := Encode(s); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x was read but is written as %x (%v)", b, again, err)
		}
	})
}
