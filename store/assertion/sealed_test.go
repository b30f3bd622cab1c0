package assertion

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"
)

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSealAndOpen(t *testing.T) {
	alice, bob, eve := identity(t), identity(t), identity(t)
	body, err := EncodeBody(Flag{Label: "for operators only", Confidence: 800})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := Seal(body, rand.Reader, alice.Recipient(), bob.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("operators only")) {
		t.Fatal("the body can be read without a key")
	}
	s := sampleFlag(t)
	s.Audience, s.Body = Operators, sealed
	back, err := DecodeStatement(encode(t, s))
	if err != nil {
		t.Fatal(err)
	}
	got, reason := back.Check()
	envelope, ok := got.(Sealed)
	if reason != Sound || !ok || KindOf(got) != 0 {
		t.Fatalf("%v, %T", reason, got)
	}
	for _, id := range []age.Identity{alice, bob} {
		if plain, err := envelope.Open(id); err != nil || !bytes.Equal(plain, body) {
			t.Errorf("a recipient reads %q, %v", plain, err)
		}
	}
	if _, err := envelope.Open(eve); err == nil {
		t.Error("a stranger reads it")
	}
}

func TestSealedNeverRepeats(t *testing.T) {
	id := identity(t)
	a, err := Seal([]byte{1}, rand.Reader, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	b, err := Seal([]byte{1}, rand.Reader, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	x, _ := DecodeSealed(a)
	y, _ := DecodeSealed(b)
	if bytes.Equal(x.Commitment, y.Commitment) {
		t.Error("the same body has the same commitment twice: it can be guessed")
	}
}

func TestOpenHoldsTheCommitment(t *testing.T) {
	id := identity(t)
	sealed, err := Seal([]byte("one story"), rand.Reader, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	s, err := DecodeSealed(sealed)
	if err != nil {
		t.Fatal(err)
	}
	other := sha256.Sum256([]byte("another story"))
	s.Commitment = other[:]
	if _, err := s.Open(id); err == nil || !strings.Contains(err.Error(), "commitment") {
		t.Errorf("another commitment: %v", err)
	}
	var short bytes.Buffer
	w, err := age.Encrypt(&short, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("too short")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := (Sealed{Commitment: other[:], Ciphertext: short.Bytes()}).Open(id); err == nil || !strings.Contains(err.Error(), "9 bytes inside") {
		t.Errorf("a plaintext without a nonce: %v", err)
	}
}

func TestSealRefusals(t *testing.T) {
	id := identity(t)
	if _, err := Seal([]byte{1}, rand.Reader); err == nil {
		t.Error("sealed to nobody")
	}
	broken := errors.New("no entropy")
	if _, err := Seal([]byte{1}, iotest.ErrReader(broken), id.Recipient()); !errors.Is(err, broken) {
		t.Errorf("no random: %v", err)
	}
	if _, err := Seal(make([]byte, MaxSealed), rand.Reader, id.Recipient()); err == nil || !strings.Contains(err.Error(), "the most is") {
		t.Errorf("a body above the cap: %v", err)
	}
	for name, in := range map[string]Sealed{
		"a short commitment": {Commitment: make([]byte, 31), Ciphertext: []byte{1}},
		"no ciphertext":      {Commitment: make([]byte, 32)},
	} {
		b, err := Encode(in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeSealed(b); err == nil {
			t.Errorf("%s was read", name)
		}
		s := sampleFlag(t)
		s.Audience, s.Body = Regulators, b
		if _, reason := s.Check(); reason != BadBody {
			t.Errorf("%s: %v", name, reason)
		}
	}
	if _, err := DecodeSealed(make([]byte, MaxSealed+1)); err == nil {
		t.Error("a sealed body above its cap was read")
	}
	s := sampleFlag(t)
	s.Audience = 3
	if _, reason := s.Check(); reason != BadBody {
		t.Errorf("an open body for an unknown audience: %v", reason)
	}
}

// sealedVector is a sealed body that every release must be able to open.
type sealedVector struct {
	Identity string `json:"identity"`
	Sealed   string `json:"sealed"`
	Body     string `json:"body"`
}

func TestSealedVector(t *testing.T) {
	path := filepath.Join("testdata", "sealed.json")
	if *update { // sealing is not repeatable, so this makes another vector
		id := identity(t)
		body, err := EncodeBody(sampleBodies()[0])
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := Seal(body, rand.Reader, id.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		out, err := json.MarshalIndent(sealedVector{id.String(), hex.EncodeToString(sealed), hex.EncodeToString(body)}, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(out, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v sealedVector
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	id, err := age.ParseX25519Identity(v.Identity)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := DecodeSealed(unhex(t, v.Sealed))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := sealed.Open(id); err != nil || hex.EncodeToString(body) != v.Body {
		t.Errorf("opens to %x, %v", body, err)
	}
}
