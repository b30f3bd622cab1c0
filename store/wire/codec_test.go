package wire

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

type pair struct {
	_ struct{} `cbor:",toarray"`
	N uint64
	B []byte
}

type nest struct {
	_    struct{} `cbor:",toarray"`
	List []nest
}

func TestDecodeIsStrict(t *testing.T) {
	good := unhex(t, "8218ff4102")
	var p pair
	if err := Decode(good, &p); err != nil || p.N != 255 || !bytes.Equal(p.B, []byte{2}) {
		t.Fatalf("canonical: %v, %+v", err, p)
	}
	said := map[string]string{ // of what people hand over by mistake, with no word of the decoder's
		"bytes left over": "wire.pair: more bytes follow behind its end", "cut short": "wire.pair: it is cut short", "nothing": "wire.pair: it is cut short",
	}
	for name, in := range map[string]string{
		"integer longer than needed":      "821900ff4102",
		"byte string head longer":         "8218ff580102",
		"array head longer":               "980218ff4102",
		"indefinite array":                "9f18ff4102ff",
		"indefinite byte string":          "8218ff5f4102ff",
		"null for bytes":                  "8218fff6",
		"null for an integer":             "82f64102",
		"text for bytes":                  "8218ff6102",
		"a float":                         "82f93c004102",
		"a tag":                           "82c118ff4102",
		"too few elements":                "8118ff",
		"too many elements":               "8318ff410200",
		"a map":                           "a118ff4102",
		"bytes left over":                 "8218ff410200",
		"cut short":                       "8218ff41",
		"nothing":                         "",
		"length 2^63":                     "8218ff5b8000000000000000",
		"array of integers for the bytes": "8218ff8102",
	} {
		var p pair
		if err := Decode(unhex(t, in), &p); err == nil {
			t.Errorf("%s: %s was accepted as %+v", name, in, p)
		} else if want, ok := said[name]; ok && !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeBounds(t *testing.T) {
	deep := func(n int) []byte { return append(bytes.Repeat([]byte{0x81}, n), 0x80) }
	var v nest
	if err := Decode(deep(10_000), &v); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("nested 10,000 deep: %v", err)
	}
	if err := Decode(deep(MaxNesting+1), &v); err == nil {
		t.Errorf("nested %d deep was accepted", MaxNesting+1)
	}
	var list []uint8
	many := append([]byte{0x99, 0x10, 0x01}, make([]byte, MaxElements+1)...)
	if err := Decode(many, &list); err == nil || !strings.Contains(err.Error(), "array") {
		t.Errorf("an array of %d elements: %v", MaxElements+1, err)
	}
	// A list that announces far more than it brings must fail before memory
	// is set aside for it.
	var p []pair
	short := unhex(t, "991000")
	if n := testing.AllocsPerRun(10, func() { _ = Decode(short, &p) }); n > 16 {
		t.Errorf("%v allocations for three bytes", n)
	}
}

func TestEncodeNilAndEmptyAlike(t *testing.T) {
	a, err := Encode(pair{N: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Encode(pair{N: 1, B: []byte{}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) || !bytes.Equal(a, unhex(t, "820140")) {
		t.Errorf("nil %x, empty %x, want 820140", a, b)
	}
	if _, err := Encode(make(chan int)); err == nil {
		t.Error("a channel was encoded")
	}
}

func TestCID(t *testing.T) {
	b := []byte("some bytes")
	want, err := cid.Prefix{Version: 1, Codec: cid.DagCBOR, MhType: multihash.SHA2_256, MhLength: sha256.Size}.Sum(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := CID(b); !got.Equals(want) {
		t.Errorf("%s, want %s", got, want)
	}
}
