package assertion

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/merkle"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew: only when a format is added, never to change one")

// vectors is the file against which strangers test their verifiers. All byte
// strings are hexadecimal.
type vectors struct {
	About      string            `json:"about"`
	Seed       string            `json:"seed"`
	Issuer     string            `json:"issuer"`
	Bodies     map[string]string `json:"bodies"` // by kind
	Statements []vectorStatement `json:"statements"`
	Batch      vectorBatch       `json:"batch"`
	Refused    []vectorRefused   `json:"refused"`
}

type vectorStatement struct {
	Name        string `json:"name"`
	Statement   string `json:"statement"`
	Salt        string `json:"salt"`
	Publication string `json:"publication"`
	ExpiryDay   uint32 `json:"expiry_day"`
	Inner       string `json:"inner_hash"`
	Leaf        string `json:"leaf"`
	Slot        string `json:"slot"`
	ErasedSlot  string `json:"erased_slot"`
}

// vectorBatch is the batch of all statements, in their order.
type vectorBatch struct {
	Federation   string `json:"federation"`
	Body         string `json:"body"`
	BodyErased   string `json:"body_first_erased"`
	Root         string `json:"root"`
	Header       string `json:"header"`
	CID          string `json:"cid"`
	CIDText      string `json:"cid_text"`
	Signature    string `json:"signature"`
	SignedHeader string `json:"signed_header"`
	FirstHeader  string `json:"first_header"` // sequence 0, without a previous
}

type vectorRefused struct {
	Why  string `json:"why"`
	What string `json:"what"` // statement, header or body
	Hex  string `json:"hex"`
}

// counting is the salt source of the vectors: bytes 00, 01, 02, …
type counting struct{ next byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.next
		c.next++
	}
	return len(p), nil
}

// vectorStatements returns what the vectors say, with names.
func vectorStatements(t *testing.T) ([]string, []Statement) {
	t.Helper()
	names := []string{"flag on a number, twelve reports"}
	statements := []Statement{sampleFlag(t)}
	for _, body := range sampleBodies()[1:8] {
		s := statementOf(t, body)
		names, statements = append(names, s.Kind.String()), append(statements, s)
	}
	derived := sampleFlag(t)
	derived.Basis = Basis{Kind: BasisDerived, Sources: [][]byte{sampleRef().Bytes(), []byte("vendor-b")}}
	unknown := sampleFlag(t)
	unknown.Kind, unknown.BodyVersion, unknown.Body = 999, 1, []byte("anything")
	return append(names, "derived flag", "unknown kind"), append(statements, derived, unknown)
}

func makeVectors(t *testing.T) vectors {
	t.Helper()
	key := sampleKey()
	seed := key.Seed()
	v := vectors{
		About:  "Test vectors of statements and batches; see docs/formats.md. Byte strings are hexadecimal.",
		Seed:   hex.EncodeToString(seed[:]),
		Issuer: key.Public().String(),
		Bodies: map[string]string{},
	}
	for _, body := range sampleBodies() {
		b, err := EncodeBody(body)
		if err != nil {
			t.Fatal(err)
		}
		v.Bodies[KindOf(body).String()] = hex.EncodeToString(b)
	}
	publication := PublicationID(bytes.Repeat([]byte{0xAB}, 16))
	names, statements := vectorStatements(t)
	builder := NewBuilder(&counting{})
	for i := range statements {
		if added, err := builder.Add(publication, &statements[i]); err != nil || !added {
			t.Fatalf("%s: added %v, %v", names[i], added, err)
		}
	}
	batch, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	slots, err := DecodeSlots(batch.Body)
	if err != nil {
		t.Fatal(err)
	}
	for i := range slots {
		v.Statements = append(v.Statements, vectorSlot(names[i], slots[i]))
	}
	v.Batch = makeVectorBatch(t, batch, slots, key)
	v.Refused = refusedVectors(t, v)
	return v
}

func vectorSlot(name string, s Slot) vectorStatement {
	salt, publication, inner, leaf, erased := s.Salt(), s.Publication(), s.Inner(), s.Leaf(), s.Erase()
	return vectorStatement{
		Name:        name,
		Statement:   hex.EncodeToString(s.Encoded()),
		Salt:        hex.EncodeToString(salt[:]),
		Publication: hex.EncodeToString(publication[:]),
		ExpiryDay:   uint32(s.Expiry()),
		Inner:       inner.String(),
		Leaf:        leaf.String(),
		Slot:        hex.EncodeToString(s.appendTo(nil)),
		ErasedSlot:  hex.EncodeToString(erased.appendTo(nil)),
	}
}

func makeVectorBatch(t *testing.T, batch Batch, slots []Slot, key keys.Private) vectorBatch {
	t.Helper()
	h := sampleHeader(batch)
	header, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := Sign(header, key)
	if err != nil {
		t.Fatal(err)
	}
	signature := key.Sign(keys.DomainBatch, header)
	h.Sequence, h.Previous = 0, cid.Undef
	first, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	slots[0] = slots[0].Erase()
	erased, err := EncodeSlots(slots)
	if err != nil {
		t.Fatal(err)
	}
	return vectorBatch{
		Federation:   hex.EncodeToString(h.Federation.Bytes()),
		Body:         hex.EncodeToString(batch.Body),
		BodyErased:   hex.EncodeToString(erased),
		Root:         batch.Root.String(),
		Header:       hex.EncodeToString(header),
		CID:          hex.EncodeToString(CID(header).Bytes()),
		CIDText:      CID(header).String(),
		Signature:    hex.EncodeToString(signature[:]),
		SignedHeader: hex.EncodeToString(signed),
		FirstHeader:  hex.EncodeToString(first),
	}
}

// refusedVectors changes good bytes in the ways that lax decoders let pass.
func refusedVectors(t *testing.T, v vectors) []vectorRefused {
	t.Helper()
	s, h, b := v.Statements[0].Statement, v.Batch.Header, v.Batch.Body
	decoded, err := DecodeStatement(unhex(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return []vectorRefused{
		{"an array head longer than needed", "statement", "980c" + s[2:]},
		{"an integer longer than needed", "statement", s[:2] + "1801" + s[4:]},
		{"an indefinite array", "statement", "9f" + s[2:] + "ff"},
		{"a byte left over", "statement", s + "00"},
		{"an envelope of version 2", "statement", s[:2] + "02" + s[4:]},
		{"null in place of the body", "statement", s[:len(s)-2*(1+len(decoded.Body))] + "f6"},
		{"a header of version 2", "header", h[:2] + "02" + h[4:]},
		{"a tag", "header", "c1" + h},
		{"a count above 4096", "body", "820199" + "1001" + b[6:]},
		{"a count above what is there", "body", "82018b" + b[6:]},
		{"a body of version 2", "body", "8202" + b[4:]},
	}
}

// TestVectors computes the committed vectors anew: a format that changes by a
// bit fails here.
func TestVectors(t *testing.T) {
	path := filepath.Join("testdata", "vectors.json")
	got, err := json.MarshalIndent(makeVectors(t), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code makes; formats are fixed, so it is the code that is wrong", path)
	}
}

// TestVectorsFromOutside reads the file as a stranger would: it trusts the
// bytes alone and follows docs/formats.md.
func TestVectorsFromOutside(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Bodies) != int(KindTally) || len(v.Statements) < 10 || len(v.Refused) < 10 {
		t.Fatalf("%d bodies, %d statements, %d refused", len(v.Bodies), len(v.Statements), len(v.Refused))
	}
	leaves := make([]merkle.Hash, 0, len(v.Statements))
	for _, s := range v.Statements {
		inner := merkle.Inner([16]byte(unhex(t, s.Salt)), unhex(t, s.Statement))
		leaf := merkle.LeafHash(s.ExpiryDay, [16]byte(unhex(t, s.Publication)), inner)
		if inner.String() != s.Inner || leaf.String() != s.Leaf {
			t.Errorf("%s: inner hash %s, leaf %s", s.Name, inner, leaf)
		}
		if want := fmt.Sprintf("8350%s50%s", s.Publication, s.Salt); s.Slot[:len(want)] != want {
			t.Errorf("%s: the slot begins %s", s.Name, s.Slot[:len(want)])
		}
		leaves = append(leaves, leaf)
	}
	root := merkle.Root(leaves)
	if root.String() != v.Batch.Root {
		t.Errorf("root %s", root)
	}
	issuer, err := keys.ParsePublicText(v.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	header := unhex(t, v.Batch.Header)
	if !issuer.Verify(keys.DomainBatch, header, keys.Signature(unhex(t, v.Batch.Signature))) {
		t.Error("the signature does not verify")
	}
	if got := CID(header).String(); got != v.Batch.CIDText {
		t.Errorf("CID %s", got)
	}
	for _, r := range v.Refused {
		if refused := map[string]func([]byte) error{
			"statement": func(b []byte) error { _, err := DecodeStatement(b); return err },
			"header":    func(b []byte) error { _, err := DecodeHeader(b); return err },
			"body":      func(b []byte) error { _, err := DecodeSlots(b); return err },
		}[r.What](unhex(t, r.Hex)); refused == nil {
			t.Errorf("%s with %s was read", r.What, r.Why)
		}
	}
}
