package merkle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// standardLeaves are the eight leaves of the vectors that implementations of
// RFC 6962 share.
func standardLeaves(t testing.TB) []Hash {
	t.Helper()
	var leaves []Hash
	for _, d := range []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"} {
		raw, err := hex.DecodeString(d)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, Hash(rfc6962.DefaultHasher.HashLeaf(raw)))
	}
	return leaves
}

func randomLeaves(seed uint64, n int) []Hash {
	rnd := rand.New(rand.NewPCG(seed, 1))
	leaves := make([]Hash, n)
	for i := range leaves {
		for j := range leaves[i] {
			leaves[i][j] = byte(rnd.Uint32())
		}
	}
	return leaves
}

func TestRootVectors(t *testing.T) {
	want := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	leaves := standardLeaves(t)
	for n, w := range want {
		if got := Root(leaves[:n]).String(); got != w {
			t.Errorf("root of %d leaves = %s, want %s", n, got, w)
		}
	}
}

func TestProveVector(t *testing.T) {
	path, err := Prove(standardLeaves(t), 5)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957"}
	if len(path) != len(want) {
		t.Fatalf("proof has %d hashes, want %d", len(path), len(want))
	}
	for i, w := range want {
		if !strings.HasPrefix(path[i].String(), w) {
			t.Errorf("hash %d is %s, want %s…", i, path[i], w)
		}
	}
}

// TestRootEqualsLibrary compares with the library's compact ranges, a different
// algorithm, for every size around the powers of two up to a full batch.
func TestRootEqualsLibrary(t *testing.T) {
	leaves := randomLeaves(1, 4097)
	ranges := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	r := ranges.NewEmptyRange(0)
	for i := range leaves {
		if err := r.Append(leaves[i][:], nil); err != nil {
			t.Fatal(err)
		}
		n := i + 1
		if near := n & (n - 1); n > 70 && near > 1 && n != 4095 && n != 3000 {
			continue
		}
		want, err := r.GetRootHash(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := Root(leaves[:n]); !bytes.Equal(got[:], want) {
			t.Fatalf("root of %d leaves = %s, the library says %x", n, got, want)
		}
	}
}

func TestProveVerifiesEverywhere(t *testing.T) {
	for _, size := range []int{1, 2, 3, 5, 8, 13, 64, 100} {
		leaves := randomLeaves(uint64(size), size)
		root := Root(leaves)
		for i := range leaves {
			path, err := Prove(leaves, i)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyInclusion(leaves[i], uint64(i), uint64(size), path, root); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, size, err)
			}
		}
	}
}

func TestVerifyInclusionRefuses(t *testing.T) {
	leaves := randomLeaves(7, 100)
	root := Root(leaves)
	path, err := Prove(leaves, 70)
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(path)
	flipped[2][5] ^= 1
	cases := map[string]struct {
		leaf        Hash
		index, size uint64
		path        []Hash
		root        Hash
	}{
		"another leaf":      {leaves[71], 70, 100, path, root},
		"another index":     {leaves[70], 71, 100, path, root},
		"another size":      {leaves[70], 70, 300, path, root},
		"another root":      {leaves[70], 70, 100, path, leaves[0]},
		"a flipped bit":     {leaves[70], 70, 100, flipped, root},
		"a hash missing":    {leaves[70], 70, 100, path[1:], root},
		"a hash too many":   {leaves[70], 70, 100, append(slices.Clone(path), leaves[3]), root},
		"index out of tree": {leaves[70], 100, 100, path, root},
		"empty tree":        {leaves[70], 0, 0, nil, root},
		"endless proof":     {leaves[70], 70, 100, make([]Hash, 1<<20), root},
	}
	for name, c := range cases {
		if VerifyInclusion(c.leaf, c.index, c.size, c.path, c.root) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := VerifyInclusion(leaves[70], 70, 100, path, root); err != nil {
		t.Errorf("the proof itself: %v", err)
	}
}

// What a person reads of a proof that does not hold is one line, its hashes as everywhere.
func TestWhatIsNotProvedIsSaidInOneLine(t *testing.T) {
	leaves := standardLeaves(t)
	path, err := Prove(leaves, 3)
	if err != nil {
		t.Fatal(err)
	}
	other := Hash{0xab}
	for name, err := range map[string]error{
		"inclusion":   VerifyInclusion(leaves[3], 3, 8, path, other),
		"consistency": VerifyConsistency(1, 2, leaves[1:2], leaves[0], other),
	} {
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), other.String()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProveRefusesIndexOutside(t *testing.T) {
	for _, index := range []int{-1, 3, 4} {
		if _, err := Prove(randomLeaves(1, 3), index); err == nil {
			t.Errorf("leaf %d of 3 was proved", index)
		}
	}
}

func TestStatementLeaf(t *testing.T) {
	salt := [SaltSize]byte{1, 2, 3}
	publication := [PublicationSize]byte{9, 8, 7}
	for _, size := range []int{0, 1, 75, 495, 496, 497, 5000} {
		statement := bytes.Repeat([]byte{0xA5}, size)
		inner := Inner(salt, statement)
		if want := sha256.Sum256(append(salt[:], statement...)); inner != want {
			t.Errorf("inner hash of %d bytes = %s, want %x", size, inner, want)
		}
		raw, err := hex.DecodeString("00" + "fffffffe" + "09080700000000000000000000000000" + inner.String())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := LeafHash(0xFFFFFFFE, publication, inner), sha256.Sum256(raw); got != want {
			t.Errorf("leaf of %d bytes = %s, want %x", size, got, want)
		}
	}
}

func TestHashText(t *testing.T) {
	h := Root(nil)
	var back Hash
	text, err := h.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	if err := back.UnmarshalText(text); err != nil || back != h {
		t.Fatalf("%s came back as %s, %v", h, back, err)
	}
	good := h.String()
	for name, s := range map[string]string{
		"empty": "", "short": good[1:], "long": good + "0", "upper case": strings.ToUpper(good), "no digit": "g" + good[1:],
	} {
		if _, err := ParseHash(s); err == nil {
			t.Errorf("%s: %q was taken as a hash", name, s)
		}
	}
}

func TestLeafPathDoesNotAllocate(t *testing.T) {
	leaves := randomLeaves(1, 1000)
	statement := make([]byte, 100)
	if n := testing.AllocsPerRun(10, func() {
		leaves[0] = LeafHash(3, [PublicationSize]byte{}, Inner([SaltSize]byte{}, statement))
		leaves[1] = Root(leaves)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkRoot4096(b *testing.B) {
	leaves := randomLeaves(1, 4096)
	for b.Loop() {
		Root(leaves)
	}
}

func TestEntryHash(t *testing.T) {
	for _, size := range []int{0, 1, 510, 511, 512, 65535} {
		entry := bytes.Repeat([]byte{0xA5}, size)
		if got, want := EntryHash(entry), Hash(rfc6962.DefaultHasher.HashLeaf(entry)); got != want {
			t.Errorf("leaf of %d bytes = %s, want %s", size, got, want)
		}
	}
	entry := make([]byte, 200)
	if n := testing.AllocsPerRun(10, func() { EntryHash(entry) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestVerifyConsistency(t *testing.T) {
	leaves := randomLeaves(8, 8)
	// Of six and eight leaves: the last pair of the six, their sibling, the first four.
	path := []Hash{Root(leaves[4:6]), Root(leaves[6:8]), Root(leaves[:4])}
	six, eight := Root(leaves[:6]), Root(leaves)
	flipped := slices.Clone(path)
	flipped[1][3] ^= 1
	cases := map[string]struct {
		older, newer     uint64
		path             []Hash
		oldRoot, newRoot Hash
		ok               bool
	}{
		"the proof":            {6, 8, path, six, eight, true},
		"the same tree":        {8, 8, nil, eight, eight, true},
		"from nothing":         {0, 8, nil, Root(nil), eight, true},
		"from a lie of none":   {0, 8, nil, six, eight, false},
		"from nothing, proved": {0, 8, path, Root(nil), eight, false},
		"nothing":              {0, 0, nil, Root(nil), Root(nil), true},
		"backwards":            {8, 6, path, eight, six, false},
		"another old root":     {6, 8, path, eight, eight, false},
		"another new root":     {6, 8, path, six, six, false},
		"another old size":     {5, 8, path, six, eight, false},
		"another new size":     {6, 9, path, six, eight, false},
		"a flipped bit":        {6, 8, flipped, six, eight, false},
		"a hash missing":       {6, 8, path[:2], six, eight, false},
		"a hash too many":      {6, 8, append(slices.Clone(path), path[0]), six, eight, false},
		"no proof":             {6, 8, nil, six, eight, false},
		"two of one size":      {8, 8, nil, six, eight, false},
		"endless proof":        {6, 8, make([]Hash, 65), six, eight, false},
		"the greatest sizes":   {1<<64 - 2, 1<<64 - 1, path, six, eight, false},
	}
	for name, c := range cases {
		if err := VerifyConsistency(c.older, c.newer, c.path, c.oldRoot, c.newRoot); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
