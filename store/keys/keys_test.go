package keys_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"

	"ringfence/store/keys"
)

func seedOf(b byte) (seed [keys.SeedSize]byte) {
	for i := range seed {
		seed[i] = b
	}
	return seed
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The vectors of RFC 8032, section 7.1.
var rfc8032 = []struct{ name, seed, public, message, signature string }{
	{
		"test 1",
		"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
		"",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
	},
	{
		"test 2",
		"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		"72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
	},
	{
		"test 3",
		"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
		"af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
	},
}

func TestVectorsOfRFC8032(t *testing.T) {
	for _, v := range rfc8032 {
		t.Run(v.name, func(t *testing.T) {
			key := keys.FromSeed([keys.SeedSize]byte(unhex(t, v.seed)))
			if got := key.Public().String(); got != "01"+v.public {
				t.Errorf("public key %s, want 01%s", got, v.public)
			}
			sig := key.Sign("", unhex(t, v.message))
			if got := hex.EncodeToString(sig[:]); got != "01"+v.signature {
				t.Errorf("signature %s, want 01%s", got, v.signature)
			}
			if !key.Public().Verify("", unhex(t, v.message), sig) {
				t.Error("the signature does not verify")
			}
		})
	}
}

// The standard library checks what it is given; these are the ways in which
// our own framing could be got round.
func TestVerifyRefuses(t *testing.T) {
	key, other := keys.FromSeed(seedOf(1)), keys.FromSeed(seedOf(2))
	message := []byte("message")
	good := key.Sign(keys.DomainBatch, message)
	if !key.Public().Verify(keys.DomainBatch, message, good) {
		t.Fatal("a good signature does not verify")
	}
	foreignAlgorithm, flipped := good, good
	foreignAlgorithm[0] = 2
	flipped[40] ^= 1
	unknownKey := key.Public()
	unknownKey[0] = 2
	// S + L instead of S: the same equation, another signature.
	malleable := good
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := bytes.Clone(good[33:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	copy(malleable[33:], sum)

	for _, c := range []struct {
		name    string
		key     keys.Public
		domain  keys.Domain
		message string
		sig     keys.Signature
	}{
		{"another domain", key.Public(), keys.DomainGenesis, "message", good},
		{"no domain", key.Public(), "", "message", good},
		{"another message", key.Public(), keys.DomainBatch, "massage", good},
		{"another key", other.Public(), keys.DomainBatch, "message", good},
		{"no key", keys.Public{}, keys.DomainBatch, "message", good},
		{"no signature", key.Public(), keys.DomainBatch, "message", keys.Signature{}},
		{"unknown algorithm of the signature", key.Public(), keys.DomainBatch, "message", foreignAlgorithm},
		{"unknown algorithm of the key", unknownKey, keys.DomainBatch, "message", good},
		{"flipped bit", key.Public(), keys.DomainBatch, "message", flipped},
		{"malleable", key.Public(), keys.DomainBatch, "message", malleable},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.key.Verify(c.domain, []byte(c.message), c.sig) {
				t.Error("it verifies")
			}
		})
	}
}

// The domain line ends with a line feed, so no domain is the beginning of
// another and moving bytes between domain and message changes what is signed.
func TestDomainsEndTheirLine(t *testing.T) {
	for _, d := range []keys.Domain{keys.DomainBatch, keys.DomainGenesis} {
		if strings.Count(string(d), "\n") != 1 || !strings.HasSuffix(string(d), "\n") || !strings.HasPrefix(string(d), "ringfence/") {
			t.Errorf("domain %q is not one line of ours", d)
		}
	}
}

// torsion lists the encodings of the eight points of small order: one of
// order 1, one of order 2, two of order 4, four of order 8.
var torsion = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}

func TestParsePublicRefusesSmallOrder(t *testing.T) {
	for _, text := range torsion {
		b := unhex(t, text)
		p, err := new(edwards25519.Point).SetBytes(b)
		if err != nil || !bytes.Equal(p.Bytes(), b) || new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) != 1 {
			t.Fatalf("%s is no canonical point of small order: the table is wrong", text)
		}
		if _, err := keys.ParsePublic(append([]byte{keys.Ed25519}, b...)); err == nil || !strings.Contains(err.Error(), "small order") {
			t.Errorf("%s: error %v, want one that says small order", text, err)
		}
	}
}

// Every y from p to 2^255−1, with both signs, and x = 0 with its sign set:
// what RFC 8032 forbids and many decoders take.
func TestParsePublicRefusesNonCanonical(t *testing.T) {
	encodings := []string{
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	}
	for low := 0xed; low <= 0xff; low++ {
		for _, high := range []string{"7f", "ff"} {
			encodings = append(encodings, fmt.Sprintf("%02x%s%s", low, strings.Repeat("ff", 30), high))
		}
	}
	decodable := 0
	for _, text := range encodings {
		b := unhex(t, text)
		if _, err := new(edwards25519.Point).SetBytes(b); err == nil {
			decodable++
		}
		if _, err := keys.ParsePublic(append([]byte{keys.Ed25519}, b...)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
	if decodable < 6 {
		t.Errorf("only %d of the encodings decode at all: the test proves little", decodable)
	}
}

func TestParsePublicRefuses(t *testing.T) {
	good := keys.FromSeed(seedOf(7)).Public()
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"empty", nil, "33 bytes"},
		{"short", good[:32], "33 bytes"},
		{"long", append(bytes.Clone(good[:]), 0), "33 bytes"},
		{"SM2", append([]byte{2}, good[1:]...), "unknown key algorithm 2"},
		{"algorithm 0", append([]byte{0}, good[1:]...), "unknown key algorithm 0"},
		{"off the curve", unhex(t, "01"+"02"+strings.Repeat("00", 31)), "no point"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := keys.ParsePublic(c.b); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestPublicText(t *testing.T) {
	want := keys.FromSeed(seedOf(9)).Public()
	var got keys.Public
	if err := got.UnmarshalText([]byte(want.String())); err != nil || got != want {
		t.Errorf("%s comes back as %s, %v", want, got, err)
	}
	if err := got.UnmarshalText(nil); err != nil || !got.IsZero() {
		t.Errorf("the empty text gives %s, %v", got, err)
	}
	if s := (keys.Public{}).String(); s != "" {
		t.Errorf("no key prints as %q", s)
	}
	if s := want.Short(); s != want.String()[:12] {
		t.Errorf("short form %s of %s", s, want)
	}
	for _, bad := range []string{"x", "01", want.String() + "00", strings.Repeat("zz", 33)} {
		if err := got.UnmarshalText([]byte(bad)); err == nil || !strings.Contains(err.Error(), "is no public key: that is written as 66 digits") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	b, err := json.Marshal(map[string]keys.Public{"k": want})
	if err != nil || !strings.Contains(string(b), want.String()) {
		t.Errorf("JSON %s, %v", b, err)
	}
}

func TestPublicCompare(t *testing.T) {
	a, b := keys.FromSeed(seedOf(1)).Public(), keys.FromSeed(seedOf(2)).Public()
	if a.Compare(a) != 0 || a.Compare(b) != bytes.Compare(a[:], b[:]) || a.Compare(b) != -b.Compare(a) {
		t.Error("keys do not compare as their bytes do")
	}
}

func TestGenerate(t *testing.T) {
	seed := seedOf(3)
	key, err := keys.Generate(bytes.NewReader(seed[:]))
	if err != nil || key.Seed() != seed || key.Public() != keys.FromSeed(seed).Public() {
		t.Errorf("32 bytes of random do not become the seed: %v", err)
	}
	if _, err := keys.Generate(bytes.NewReader(seed[:31])); err == nil {
		t.Error("31 bytes of random make a key")
	}
	if _, err := keys.GenerateAudience(bytes.NewReader(seed[:31])); err == nil {
		t.Error("31 bytes of random make an audience key")
	}
}

func TestZeroPrivate(t *testing.T) {
	var none keys.Private
	if !none.IsZero() || !none.Public().IsZero() || none.Seed() != [keys.SeedSize]byte{} {
		t.Error("no key has halves")
	}
	if none.Public().Verify(keys.DomainBatch, nil, none.Sign(keys.DomainBatch, nil)) {
		t.Error("no key signs")
	}
}

// No way of printing, logging or marshalling shows a secret, alone or inside
// another struct, where fmt does not ask methods of unexported fields.
func TestPrivateKeysPrintRedacted(t *testing.T) {
	seed := seedOf(0xA7)
	key := keys.FromSeed(seed)
	audience, err := keys.AudienceFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	identity := fmt.Sprint(audience.Identity())
	if !strings.HasPrefix(identity, "AGE-SECRET-KEY-1") {
		t.Fatalf("the identity prints as %q: the test looks for the wrong secret", identity)
	}
	secrets := []string{
		hex.EncodeToString(seed[:4]), strings.ToUpper(hex.EncodeToString(seed[:4])), "167 167", "0xa7, 0xa7", string(seed[:4]), identity[16:24],
	}
	type hidden struct {
		k keys.Private
		a keys.Audience
	}
	type shown struct {
		K keys.Private
		A keys.Audience
	}
	values := map[string]any{
		"key": key, "audience": audience, "pointer": &key, "hidden": hidden{key, audience},
		"shown": shown{key, audience}, "list": []keys.Private{key}, "map": map[string]keys.Audience{"a": audience},
	}
	check := func(t *testing.T, how, text string) {
		t.Helper()
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s shows the secret: %q", how, text)
			}
		}
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%T", "%p", "%t", "%e", "% x", "%#x"} {
				check(t, verb, fmt.Sprintf(verb, v))
			}
			if b, err := json.Marshal(v); err == nil {
				check(t, "JSON", string(b))
			}
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
			check(t, "slog", log.String())
		})
	}
	for how, text := range map[string]string{
		"String": key.String(), "GoString": key.GoString(), "%v": fmt.Sprintf("%v", key), "LogValue": key.LogValue().String(),
		"audience %x": fmt.Sprintf("%x", audience), "audience String": audience.String(), "audience LogValue": audience.LogValue().String(),
	} {
		if text != "[private key]" {
			t.Errorf("%s gives %q", how, text)
		}
	}
	if _, err := key.MarshalText(); err == nil {
		t.Error("a private key marshals")
	}
	if _, err := audience.MarshalText(); err == nil {
		t.Error("an audience key marshals")
	}
}

func FuzzParsePublic(f *testing.F) {
	good := keys.FromSeed(seedOf(5)).Public()
	f.Add(good[:])
	f.Add([]byte{})
	f.Add(append([]byte{1}, make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := keys.ParsePublic(b)
		if err != nil {
			return
		}
		if !bytes.Equal(k[:], b) {
			t.Errorf("%x parses as %x", b, k)
		}
		if again, err := keys.ParsePublicText(k.String()); err != nil || again != k {
			t.Errorf("text of %x: %x, %v", k, again, err)
		}
	})
}
