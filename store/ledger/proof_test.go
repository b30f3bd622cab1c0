package ledger_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	formats "github.com/transparency-dev/formats/proof"

	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
)

const origin = "ringfence.example/ledger"

func key(b byte) keys.Private {
	var seed [keys.SeedSize]byte
	for i := range seed {
		seed[i] = b
	}
	return keys.FromSeed(seed)
}

// regulators are four whose keys are of the bytes 2 to 5.
func regulators() checkpoint.Set {
	var set checkpoint.Set
	for b := byte(2); b < 6; b++ {
		set = append(set, checkpoint.Cosigner(origin+"/"+string('a'+rune(b)), key(b).Public()))
	}
	return set
}

// certify returns a checkpoint of a tree with the log's signature and those of so
// many regulators.
func certify(t testing.TB, head checkpoint.Tree, cosigners int) []byte {
	t.Helper()
	c := checkpoint.Checkpoint{Origin: origin, Tree: head}
	note, err := checkpoint.Sign(c, key(1))
	for i := 0; i < cosigners && err == nil; i++ {
		note, err = note.With(regulators()[i], c.Cosign(key(byte(2+i)), 1_700_000_000))
	}
	if err != nil {
		t.Fatal(err)
	}
	return note.Bytes()
}

// prove returns the proof of an entry in a ledger of a size, certified by three of
// four regulators.
func prove(t testing.TB, index, size uint64) ledger.Proof {
	t.Helper()
	store, tree := opened(t, size)
	path, err := ledger.NewReader(tree, store).Inclusion(t.Context(), index, size)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Proof{Index: index, Path: path, Checkpoint: certify(t, tree.Head(), 3)}
}

// TestVectorOfAProofFile makes the committed proof that entry 5 of the eight of the
// vectors stands in the log of store/checkpoint's vector.
func TestVectorOfAProofFile(t *testing.T) {
	want, err := os.ReadFile("testdata/entry-5-of-8.tlog-proof")
	if err != nil {
		t.Fatal(err)
	}
	var store ledgertest.Memory
	entries := standardEntries(t)
	tree := ledgertest.Grow(t, &store, ledger.Tree{}, entries)
	path, err := ledger.NewReader(tree, &store).Inclusion(t.Context(), 5, 8)
	if err != nil {
		t.Fatal(err)
	}
	c := checkpoint.Checkpoint{Origin: origin, Tree: tree.Head()}
	by := checkpoint.Cosigner("regulator-a.example", key(2).Public())
	note, err := checkpoint.Sign(c, key(1))
	if err == nil {
		note, err = note.With(by, c.Cosign(key(2), 1_700_000_000))
	}
	if err != nil {
		t.Fatal(err)
	}
	p := ledger.Proof{Index: 5, Path: path, Checkpoint: note.Bytes()}
	if got := p.Bytes(); !bytes.Equal(got, want) {
		t.Errorf("made\n%swant\n%s", got, want)
	}
	read, err := ledger.ParseProof(want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read.Verify(entries[5].Data, checkpoint.Log(origin, key(1).Public()), checkpoint.Set{by}); err != nil {
		t.Error(err)
	}
}

// TestProofFiles writes and reads proof files, and lets transparency-dev/formats do
// the same.
func TestProofFiles(t *testing.T) {
	for _, p := range []ledger.Proof{prove(t, 0, 1), prove(t, 5, 8), prove(t, 299, 300), prove(t, 65_000, 66_100)} {
		for _, extra := range [][]byte{nil, []byte("an opening"), bytes.Repeat([]byte{7}, 20_000)} {
			p.Extra = extra
			theirs := formats.TLogProof{Index: p.Index, Checkpoint: p.Checkpoint, ExtraData: extra}
			for _, h := range p.Path {
				theirs.Hashes = append(theirs.Hashes, h)
			}
			file := p.Bytes()
			if want := theirs.Marshal(); !bytes.Equal(file, want) {
				t.Errorf("written\n%swant\n%s", file, want)
			}
			read, err := ledger.ParseProof(file)
			if err != nil || !bytes.Equal(read.Bytes(), file) || !bytes.Equal(read.Extra, extra) {
				t.Errorf("read %+v, %v", read, err)
			}
			var again formats.TLogProof
			if err := again.Unmarshal(file); err != nil || !bytes.Equal(again.Marshal(), file) {
				t.Errorf("they read %+v, %v", again, err)
			}
			note, err := read.Verify(ledgertest.Entry(p.Index).Data, checkpoint.Log(origin, key(1).Public()), regulators())
			if err != nil || !bytes.Equal(note.Bytes(), p.Checkpoint) {
				t.Errorf("entry %d: %v", p.Index, err)
			}
		}
	}
}

func TestParseProofRefuses(t *testing.T) {
	p := prove(t, 5, 8)
	p.Extra = []byte("extra")
	good := string(p.Bytes())
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q in\n%s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	long := p
	long.Extra = make([]byte, ledger.MaxExtra+1)
	many := p
	for len(many.Path) < 64 {
		many.Path = append(many.Path, p.Path[0])
	}
	fat := p
	fat.Checkpoint = append(bytes.Clone(p.Checkpoint), make([]byte, checkpoint.MaxNote)...)
	hash := strings.Split(good, "\n")[3]
	for name, file := range map[string]string{
		"empty":                 "",
		"another version":       replace("@v1", "@v2"),
		"no header":             replace("c2sp.org/tlog-proof@v1\n", ""),
		"carriage returns":      strings.ReplaceAll(good, "\n", "\r\n"),
		"empty extra":           replace("extra ZXh0cmE=\n", "extra \n"),
		"extra twice":           replace("extra ZXh0cmE=\n", "extra ZXh0cmE=\nextra ZXh0cmE=\n"),
		"extra that is none":    replace("extra ZXh0cmE=\n", "extra ???\n"),
		"extra without padding": replace("ZXh0cmE=", "ZXh0cmE"),
		"extra of loose bits":   replace("ZXh0cmE=", "ZXh0cmF="),
		"extra behind":          replace("extra ZXh0cmE=\nindex 5\n", "index 5\nextra ZXh0cmE=\n"),
		"no index":              replace("index 5\n", ""),
		"a zero before":         replace("index 5", "index 05"),
		"a sign":                replace("index 5", "index +5"),
		"a great index":         replace("index 5", "index 18446744073709551616"),
		"a space":               replace("index 5", "index  5"),
		"a short hash":          replace(hash, hash[4:]),
		"a long hash":           replace(hash, "AAAA"+hash),
		"no hash":               replace(hash, "hash"),
		"no empty line":         replace("\n\n", "\n"),
		"no checkpoint":         good[:strings.Index(good, "\n\n")+2],
		"the end missing":       good[:40],
		"extra too long":        string(long.Bytes()),
		"hashes too many":       string(many.Bytes()),
		"a fat checkpoint":      string(fat.Bytes()),
		"endless":               good + strings.Repeat("\n", 1<<21),
	} {
		if read, err := ledger.ParseProof([]byte(file)); err == nil {
			t.Errorf("%s: read as %+v", name, read)
		}
	}
	if _, err := ledger.ParseProof([]byte(good)); err != nil {
		t.Error(err)
	}
}

func TestVerifyProofRefuses(t *testing.T) {
	log, set := checkpoint.Log(origin, key(1).Public()), regulators()
	entry := ledgertest.Entry(5).Data
	good := prove(t, 5, 300)
	if _, err := good.Verify(entry, log, set); err != nil {
		t.Fatal(err)
	}
	change := func(f func(p *ledger.Proof)) ledger.Proof {
		p := prove(t, 5, 300)
		f(&p)
		return p
	}
	for name, p := range map[string]ledger.Proof{
		"two of four":     change(func(p *ledger.Proof) { p.Checkpoint = certify(t, headOf(300), 2) }),
		"another tree":    change(func(p *ledger.Proof) { p.Checkpoint = certify(t, headOf(301), 3) }),
		"another index":   change(func(p *ledger.Proof) { p.Index = 4 }),
		"an index beyond": change(func(p *ledger.Proof) { p.Index = 300 }),
		"a flipped bit":   change(func(p *ledger.Proof) { p.Path[3][0] ^= 1 }),
		"a hash missing":  change(func(p *ledger.Proof) { p.Path = p.Path[:len(p.Path)-1] }),
		"a hash too many": change(func(p *ledger.Proof) { p.Path = append(p.Path, p.Path[0]) }),
		"no checkpoint":   change(func(p *ledger.Proof) { p.Checkpoint = nil }),
		"a size that is not": change(func(p *ledger.Proof) {
			p.Checkpoint = bytes.Replace(p.Checkpoint, []byte("\n300\n"), []byte("\n301\n"), 1)
		}),
	} {
		if _, err := p.Verify(entry, log, set); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := good.Verify(ledgertest.Entry(6).Data, log, set); err == nil {
		t.Error("another entry: accepted")
	}
	if _, err := good.Verify(entry, checkpoint.Log(origin, key(9).Public()), set); err == nil {
		t.Error("another log: accepted")
	}
	if _, err := good.Verify(entry, log, nil); err == nil {
		t.Error("nobody's quorum: accepted")
	}
}

func FuzzParseProof(f *testing.F) {
	p := prove(f, 5, 8)
	f.Add(p.Bytes())
	p.Extra = []byte("extra")
	f.Add(p.Bytes())
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\nx"))
	f.Fuzz(func(t *testing.T, file []byte) {
		read, err := ledger.ParseProof(file)
		if err != nil {
			return
		}
		if !bytes.Equal(read.Bytes(), file) {
			t.Errorf("%q was read as what is written %q", file, read.Bytes())
		}
		if _, err := read.Verify(nil, checkpoint.Log(origin, key(1).Public()), regulators()); err == nil {
			t.Error("a fuzzer made a proof of the empty entry")
		}
	})
}
