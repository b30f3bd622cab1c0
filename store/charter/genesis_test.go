package charter_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

var update = flag.Bool("update", false, "write the test vectors anew; they are fixed, so only for new ones")

// vector is one line of testdata/genesis.json: everything that a second
// implementation needs to check itself.
type vector struct {
	Name         string            `json:"name"`
	FounderSeeds map[string]string `json:"founder_seeds"` // RFC 8032 seeds, by member
	Charter      string            `json:"charter"`       // canonical bytes
	CharterCID   string            `json:"charter_cid"`
	FederationID string            `json:"federation_id"`
	Genesis      string            `json:"genesis"` // canonical bytes, signed by all founders
}

func vectors(t testing.TB) []vector {
	t.Helper()
	small := chartertest.Config(t)
	successor := sample(t)
	successor.Predecessor = predecessor(t)
	var list []vector
	for _, c := range []struct {
		name string
		cfg  charter.FoundingConfig
	}{{"one founder, one regulator", small}, {"everything", sample(t)}, {"successor of everything", successor}} {
		g := chartertest.Seal(t, c.cfg)
		state, err := charter.At(g)
		if err != nil {
			t.Fatal(err)
		}
		b, err := g.Encode()
		if err != nil {
			t.Fatal(err)
		}
		v := vector{
			Name: c.name, FounderSeeds: make(map[string]string), Charter: hex.EncodeToString(g.Charter),
			CharterCID: g.CharterCID().String(), FederationID: state.Federation().String(), Genesis: hex.EncodeToString(b),
		}
		for _, f := range state.Charter().Founders {
			seed := chartertest.Key("founder", f.Member).Seed()
			v.FounderSeeds[f.Member] = hex.EncodeToString(seed[:])
		}
		list = append(list, v)
	}
	return list
}

func TestVectors(t *testing.T) {
	path := filepath.Join("testdata", "genesis.json")
	made := vectors(t)
	if *update {
		b, err := json.MarshalIndent(made, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var fixed []vector
	if err := json.Unmarshal(b, &fixed); err != nil || len(fixed) != len(made) {
		t.Fatalf("%d vectors, want %d; %v", len(fixed), len(made), err)
	}
	for i, v := range fixed {
		t.Run(v.Name, func(t *testing.T) {
			if v.Charter != made[i].Charter || v.Genesis != made[i].Genesis {
				t.Error("the same founding gives other bytes than when the format was fixed")
			}
			checkVector(t, v)
		})
	}
}

// checkVector reads a vector as a stranger would: decode, hash, sign.
func checkVector(t *testing.T, v vector) {
	t.Helper()
	g, err := charter.DecodeGenesis(unhex(t, v.Genesis))
	if err != nil {
		t.Fatal(err)
	}
	c, err := g.Verify()
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.FederationID()
	if err != nil || id.String() != v.FederationID || g.CharterCID().String() != v.CharterCID {
		t.Errorf("federation %s, charter %s; %v", id, g.CharterCID(), err)
	}
	again, err := c.Encode()
	if err != nil || hex.EncodeToString(again) != v.Charter {
		t.Errorf("the decoded charter encodes otherwise: %v", err)
	}
	unsigned, err := charter.NewGenesis(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, seed := range v.FounderSeeds {
		if err := unsigned.Sign(keys.FromSeed([keys.SeedSize]byte(unhex(t, seed)))); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := unsigned.Encode()
	if err != nil || hex.EncodeToString(signed) != v.Genesis {
		t.Errorf("signing anew gives other bytes: %v", err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The ID is the hash of the bytes, nothing else.
func TestFederationID(t *testing.T) {
	c := found(t, sample(t))
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.FederationID()
	if err != nil || id != assertion.CID(b) {
		t.Errorf("%s, %v", id, err)
	}
	c.Name = "another"
	if other, err := c.FederationID(); err != nil || other == id {
		t.Errorf("another name keeps the ID: %v", err)
	}
	c.Name = ""
	if _, err := c.FederationID(); err == nil {
		t.Error("an invalid charter has an ID")
	}
}

// A successor of a successor still goes by the first charter's ID, so feeds
// go on.
func TestSuccessorKeepsTheFederation(t *testing.T) {
	cfg := sample(t)
	cfg.Predecessor = predecessor(t)
	first, err := cid.Cast(cfg.Predecessor.Federation)
	if err != nil {
		t.Fatal(err)
	}
	for generation := range 2 {
		cfg.Created++
		s := chartertest.State(t, cfg)
		if s.Federation() != first {
			t.Errorf("generation %d has federation %s, want %s", generation, s.Federation(), first)
		}
		cfg.Predecessor.Charter = chartertest.Seal(t, cfg).CharterCID().Bytes()
	}
}

func TestSigning(t *testing.T) {
	g, err := charter.NewGenesis(found(t, sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	moe, reg := chartertest.Key("founder", "moe"), chartertest.Key("founder", "reg")
	wantMissing(t, g, "moe", "reg")
	_, err = g.Verify()
	wantError(t, err, "2 of 2 founders", `"moe"`)

	wantError(t, g.Sign(chartertest.Issuer("reg")), "no founder's")
	wantError(t, g.Sign(keys.Private{}), "no founder's")
	if err := g.Sign(reg); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, g, "moe")
	_, err = charter.At(g)
	wantError(t, err, "1 of 2 founders", `"moe"`)
	wantError(t, g.Sign(reg), "signed already")

	// It goes to the other founder as a file.
	b, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if g, err = charter.DecodeGenesis(b); err != nil {
		t.Fatal(err)
	}
	if err := g.Sign(moe); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, g)
	if _, err := charter.At(g); err != nil {
		t.Error(err)
	}
}

func wantMissing(t *testing.T, g *charter.Genesis, members ...string) {
	t.Helper()
	list, err := g.Missing()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range list {
		got = append(got, f.Member)
	}
	if !slices.Equal(got, members) {
		t.Errorf("%v have not signed, want %v", got, members)
	}
}

func TestGenesisRefuses(t *testing.T) {
	stranger := keys.FromSeed([keys.SeedSize]byte{1})
	for _, c := range []struct {
		name   string
		change func(*charter.Genesis)
		parts  []string
	}{
		{"version", func(g *charter.Genesis) { g.Version = 2 }, []string{"genesis version 2", "upgrade needed"}},
		{"empty charter", func(g *charter.Genesis) { g.Charter = nil }, []string{"no charter"}},
		{"flipped bit in a signature", func(g *charter.Genesis) { g.Signatures[1].Signature[20] ^= 1 }, []string{"signatures[1]", "wrong"}},
		{"signatures exchanged", func(g *charter.Genesis) {
			g.Signatures[0].Signature, g.Signatures[1].Signature = g.Signatures[1].Signature, g.Signatures[0].Signature
		}, []string{"signatures[0]", "wrong"}},
		{"signature of another domain", func(g *charter.Genesis) {
			i := slices.IndexFunc(g.Signatures, func(e keys.Endorsement) bool { return e.Key == chartertest.Key("founder", "reg").Public() })
			g.Signatures[i].Signature = chartertest.Key("founder", "reg").Sign(keys.DomainBatch, g.Charter)
		}, []string{"wrong"}},
		{"signed twice", func(g *charter.Genesis) { g.Signatures = append(g.Signatures, g.Signatures[1]) }, []string{"signatures[2]", "ascend"}},
		{"out of order", func(g *charter.Genesis) { slices.Reverse(g.Signatures) }, []string{"signatures[1]", "ascend"}},
		{"a stranger", func(g *charter.Genesis) {
			g.Signatures = []keys.Endorsement{{Key: stranger.Public(), Signature: stranger.Sign(keys.DomainGenesis, g.Charter)}}
		}, []string{"signatures[0]", "no founder's"}},
		{"another charter under the signatures", func(g *charter.Genesis) {
			cfg := sample(t)
			cfg.Name = "another"
			b, err := found(t, cfg).Encode()
			if err != nil {
				t.Fatal(err)
			}
			g.Charter = b
		}, []string{"signatures[0]", "wrong"}},
		{"byte after the charter", func(g *charter.Genesis) { g.Charter = append(slices.Clone(g.Charter), 0) }, []string{"no charter"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := chartertest.Seal(t, sample(t))
			c.change(g)
			_, err := g.Verify()
			wantError(t, err, append(c.parts, "charter: ")...)
			b, err := g.Encode()
			if err != nil {
				t.Fatal(err)
			}
			_, err = charter.DecodeGenesis(b)
			wantError(t, err, c.parts...)
			if _, err := g.Missing(); err == nil {
				t.Error("Missing does not mind")
			}
			if err := g.Sign(chartertest.Key("founder", "moe")); err == nil {
				t.Error("Sign does not mind")
			}
		})
	}
}

func TestDecodeIsStrict(t *testing.T) {
	g := chartertest.Seal(t, sample(t))
	whole, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	decoders := map[string]struct {
		bytes  []byte
		decode func([]byte) error
	}{
		"charter": {g.Charter, func(b []byte) error { _, err := charter.Decode(b); return err }},
		"genesis": {whole, func(b []byte) error { _, err := charter.DecodeGenesis(b); return err }},
	}
	for name, d := range decoders {
		t.Run(name, func(t *testing.T) {
			if err := d.decode(d.bytes); err != nil {
				t.Fatal(err)
			}
			wide := append([]byte{d.bytes[0], 0x18, 1}, d.bytes[2:]...) // the version in two bytes
			for how, b := range map[string][]byte{
				"empty": nil, "cut short": d.bytes[:len(d.bytes)-1], "extended": append(slices.Clone(d.bytes), 0),
				"wide integer": wide, "huge": make([]byte, charter.MaxSize+1<<20), "text": []byte("genesis"),
			} {
				if err := d.decode(b); err == nil {
					t.Errorf("%s is accepted", how)
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(unhex(f, v.Charter))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := charter.Decode(b)
		if err != nil {
			return
		}
		again, err := c.Encode()
		if err != nil || !slices.Equal(again, b) {
			t.Errorf("decoded charter encodes otherwise: %v", err)
		}
	})
}

func FuzzDecodeGenesis(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(unhex(f, v.Genesis))
	}
	f.Add([]byte{0x83, 1, 0x40, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := charter.DecodeGenesis(b)
		if err != nil {
			return
		}
		again, err := g.Encode()
		if err != nil || !slices.Equal(again, b) {
			t.Errorf("decoded genesis encodes otherwise: %v", err)
		}
		if _, err := charter.At(g); err != nil {
			if missing, err := g.Missing(); err != nil || len(missing) == 0 {
				t.Errorf("a genesis without missing founders gives no state: %v", err)
			}
		}
	})
}

func TestMerge(t *testing.T) {
	g, err := charter.NewGenesis(found(t, sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	a, b := *g, *g
	if err := a.Sign(chartertest.Key("founder", "moe")); err != nil {
		t.Fatal(err)
	}
	if err := b.Sign(chartertest.Key("founder", "reg")); err != nil {
		t.Fatal(err)
	}
	for _, o := range []*charter.Genesis{&a, &b, &a, g} {
		if err := g.Merge(o); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := charter.At(g); err != nil || len(g.Signatures) != 2 {
		t.Errorf("%d signatures: %v", len(g.Signatures), err)
	}
	other, err := charter.NewGenesis(found(t, chartertest.Config(t)))
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, g.Merge(other), "the charters differ", other.CharterCID().String())
	b.Signatures[0].Signature[5] ^= 1
	wantError(t, g.Merge(&b), "signature", "is wrong")
}

// Before founders sign they look at what the charter would give.
func TestPreview(t *testing.T) {
	g, err := charter.NewGenesis(found(t, sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	state, err := charter.Preview(g)
	if err != nil || state.Federation() != g.CharterCID() {
		t.Fatalf("federation %v: %v", state, err)
	}
	g.Charter = g.Charter[1:]
	if _, err := charter.Preview(g); err == nil {
		t.Error("no charter has a preview")
	}
}
