package charter_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
)

// stranger reads a genesis as one would who has only the page of formats: no
// type of ours, places counted by hand, the standard library's signatures.
type stranger struct {
	t       *testing.T
	charter []any
}

func (s stranger) list(v any, want int) []any {
	s.t.Helper()
	list, ok := v.([]any)
	if !ok || want >= 0 && len(list) != want {
		s.t.Fatalf("%T of %d elements, want an array of %d", v, len(list), want)
	}
	return list
}

func (s stranger) bytes(v any, want int) []byte {
	s.t.Helper()
	b, ok := v.([]byte)
	if !ok || want >= 0 && len(b) != want {
		s.t.Fatalf("%T of %d bytes, want a byte string of %d", v, len(b), want)
	}
	return b
}

func (s stranger) text(v any) string {
	s.t.Helper()
	text, ok := v.(string)
	if !ok {
		s.t.Fatalf("%T, want a text", v)
	}
	return text
}

func (s stranger) number(v any) uint64 {
	s.t.Helper()
	n, ok := v.(uint64)
	if !ok {
		s.t.Fatalf("%T, want an unsigned integer", v)
	}
	return n
}

func fixedVectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "genesis.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAStrangerVerifiesTheVectors(t *testing.T) {
	for _, v := range fixedVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			s := stranger{t: t}
			var whole any
			if err := cbor.Unmarshal(unhex(t, v.Genesis), &whole); err != nil {
				t.Fatal(err)
			}
			genesis := s.list(whole, 3)
			encoded := s.bytes(genesis[1], -1)
			if s.number(genesis[0]) != 1 || !bytes.Equal(encoded, unhex(t, v.Charter)) {
				t.Error("version or charter is not where the format puts it")
			}
			sum := sha256.Sum256(encoded)
			if id := cid.NewCidV1(cid.DagCBOR, append([]byte{0x12, 32}, sum[:]...)); id.String() != v.CharterCID {
				t.Errorf("CID %s, want %s", id, v.CharterCID)
			}
			var inner any
			if err := cbor.Unmarshal(encoded, &inner); err != nil {
				t.Fatal(err)
			}
			s.charter = s.list(inner, 12)
			s.checkSignatures(genesis[2], encoded)
			s.checkShapes()
			s.checkPolicy()
		})
	}
}

func (s stranger) checkSignatures(signatures any, encoded []byte) {
	s.t.Helper()
	founders := make(map[string]bool)
	for _, f := range s.list(s.charter[4], -1) {
		founders[string(s.bytes(s.list(f, 2)[1], 33))] = true
	}
	message := append([]byte("ringfence/genesis/v1\n"), encoded...)
	for _, e := range s.list(signatures, len(founders)) {
		pair := s.list(e, 2)
		key, sig := s.bytes(pair[0], 33), s.bytes(pair[1], 65)
		if !founders[string(key)] || key[0] != 1 || sig[0] != 1 || !ed25519.Verify(key[1:], message, sig[1:]) {
			s.t.Errorf("signature by %x is none of a founder", key[1:5])
		}
		delete(founders, string(key))
	}
}

// checkShapes walks the charter's lists and counts places in them.
func (s stranger) checkShapes() {
	s.t.Helper()
	c := s.charter
	if s.number(c[0]) != 1 || s.text(c[1]) != "test" || s.number(c[2]) != chartertest.Created || s.number(c[11]) != 1 {
		s.t.Error("version, name, time or taxonomy is not in its place")
	}
	predecessor := s.list(c[3], 3)
	if first := s.bytes(predecessor[0], -1); len(first) > 0 {
		s.bytes(predecessor[0], 36)
		s.bytes(predecessor[1], 36)
		s.bytes(predecessor[2], -1)
	}
	for _, r := range s.list(c[5], -1) {
		seat := s.list(r, 5)
		s.text(seat[0])
		s.text(seat[1])
		s.bytes(seat[2], 33)
		s.bytes(seat[3], 33)
		s.text(seat[4])
	}
	before := ""
	for _, m := range s.list(c[6], -1) {
		member := s.list(m, 10)
		id := s.text(member[0])
		if id <= before {
			s.t.Errorf("member %q after %q", id, before)
		}
		before = id
		for _, role := range s.bytes(member[3], -1) {
			if role < 1 || role > 10 {
				s.t.Errorf("role %d", role)
			}
		}
		for _, place := range []int{6, 7} {
			for _, k := range s.list(member[place], -1) {
				s.bytes(k, 33)
			}
		}
		if audience := s.text(member[8]); len(audience) != 62 {
			s.t.Errorf("audience %q", audience)
		}
		s.bytes(member[9], 33)
	}
	for _, g := range s.list(c[7], -1) {
		grant := s.list(g, 4)
		s.bytes(grant[0], 9)
		s.text(grant[1])
	}
	for _, r := range s.list(c[8], -1) {
		s.bytes(r, 9)
	}
	s.bytes(c[10], 33)
}

// checkPolicy compares the places of the policy with the default's values,
// which differ enough to tell exchanged ones.
func (s stranger) checkPolicy() {
	s.t.Helper()
	p := s.list(s.charter[9], 24)
	for place, want := range map[int]uint64{
		0: 1, 5: 280, 6: 430, 7: 250, 8: 8192, 9: 150, 13: 50, 14: 1000, 15: 100, 18: 90, 19: 24, 22: 365, 23: 600,
	} {
		if got := s.number(p[place]); got != want {
			s.t.Errorf("policy[%d] is %d, want %d", place, got, want)
		}
	}
	for place, want := range map[int][]uint64{
		1: {650, 550, 420, 500, 850}, 3: {4, 550, 800, 800}, 4: {60, 60, 120, 90, 60, 180, 120},
		10: {90, 90, 180, 135, 90, 270, 180}, 11: {90, 30, 3650, 90, 90, 365}, 12: {365, 365, 365},
		16: {500, 200000, 20000000}, 17: {72, 120}, 20: {50, 100}, 21: {4, 4, 6},
	} {
		for i, v := range s.list(p[place], len(want)) {
			if got := s.number(v); got != want[i] {
				s.t.Errorf("policy[%d][%d] is %d, want %d", place, i, got, want[i])
			}
		}
	}
}

// Whoever changes one bit of a sealed genesis has no sealed genesis: it is
// signed or it is not there.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	b, err := chartertest.Seal(t, chartertest.Config(t)).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		flipped := bytes.Clone(b)
		flipped[i] ^= 1 << (i % 8)
		g, err := charter.DecodeGenesis(flipped)
		if err != nil {
			continue
		}
		if _, err := charter.At(g); err == nil {
			t.Errorf("bit %d of byte %d flips unnoticed", i%8, i)
		}
	}
}

// A file cut short at any place is refused, not taken for a smaller one.
func TestEveryCutIsNoticed(t *testing.T) {
	b, err := chartertest.Seal(t, chartertest.Config(t)).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if _, err := charter.DecodeGenesis(b[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are a genesis", n, len(b))
		}
	}
}
