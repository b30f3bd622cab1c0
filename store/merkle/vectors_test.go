package merkle

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the test vectors anew; they are fixed, so only for new ones")

const vectorFile = "testdata/listtree.json"

// listVector is a list, its root and proofs of some keys; all bytes are
// hexadecimal.
type listVector struct {
	Name    string        `json:"name"`
	Entries []string      `json:"entries"`
	Root    Hash          `json:"root"`
	Proofs  []proofVector `json:"proofs"`
}

type proofVector struct {
	Key     string `json:"key"`
	Present bool   `json:"present"`
	Value   string `json:"value"`
	Proof   string `json:"proof"`
}

// vectorLists returns the lists of the vectors, each with the keys to prove.
func vectorLists() (names []string, lists []oracle, keys [][]Key) {
	const number = number13 | 8613800138000
	first := Key{First: number}
	run := func(n int) oracle {
		o := oracle{}
		for i := range n {
			o[Key{First: number + uint64(i)}] = Value{1, 2, 2, 1, byte(i % 2)}
		}
		return o
	}
	add := func(name string, o oracle, ask ...Key) {
		names, lists, keys = append(names, name), append(lists, o), append(keys, ask)
	}
	add("empty", oracle{}, first)
	add("one entry", run(1), first, Key{number - 1, 0}, Key{number, 1})
	add("a full block", run(128), Key{number + 127, 0}, Key{number + 60, 1}, Key{number + 128, 0})
	add("a block too many", run(129), first, Key{number + 128, 0}, Key{number + 129, 0}, Key{0, 0})

	shared := oracle{}
	for free := range 140 {
		shared[Key{number, uint8(free)}] = Value{0, 0, 0, 1, 0}
	}
	add("one first number", shared, first, Key{number, 200})

	mixed := run(100)
	for i := range uint64(100) {
		mixed[Key{First: number + 1_000_000 + i*10, Free: 1}] = Value{2, 1, 1, 1, 2}
	}
	add("numbers and ranges", mixed, Key{number + 1_000_000, 1}, Key{number + 1_000_000, 0}, Key{number + 500_000, 3}, Key{11 << 50, 0})

	deep := oracle{}
	for i := range uint64(129) {
		deep[Key{First: ^uint64(0) - i}] = Value{1, 3, 3, 1, 0}
	}
	deep[Key{First: 0}] = Value{1, 3, 3, 1, 1}
	add("a deep prefix", deep, Key{0, 0}, Key{1, 0}, Key{^uint64(0), 0}, Key{^uint64(0) - 1000, 0})
	return names, lists, keys
}

func makeVectors() []listVector {
	names, lists, keys := vectorLists()
	var all []listVector
	for i, o := range lists {
		v := listVector{Name: names[i], Root: o.root(), Entries: []string{}}
		for _, e := range o.entries() {
			v.Entries = append(v.Entries, hex.EncodeToString(e[:]))
		}
		tree := Build(o.entries())
		for _, key := range keys[i] {
			value, listed := o[key]
			k := key.Bytes()
			p := proofVector{Key: hex.EncodeToString(k[:]), Present: listed, Proof: hex.EncodeToString(tree.Prove(key).Bytes())}
			if listed {
				p.Value = hex.EncodeToString(value[:])
			}
			v.Proofs = append(v.Proofs, p)
		}
		all = append(all, v)
	}
	return all
}

// TestListVectors holds the tree, the oracle and the proofs to the committed
// vectors: these are the format.
func TestListVectors(t *testing.T) {
	if *update {
		text, err := json.MarshalIndent(makeVectors(), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorFile, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []listVector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 7 {
		t.Fatalf("%d lists in %s, want 7", len(vectors), vectorFile)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			var entries []Entry
			for _, s := range v.Entries {
				entries = append(entries, Entry(unhex(t, s, EntrySize)))
			}
			tree := Build(entries)
			if tree.Root() != v.Root {
				t.Errorf("the tree's root is %s, want %s", tree.Root(), v.Root)
			}
			if got := oracleRoot(entries); got != v.Root {
				t.Errorf("the oracle's root is %s, want %s", got, v.Root)
			}
			for _, p := range v.Proofs {
				checkProofVector(t, tree, v.Root, p)
			}
		})
	}
}

func checkProofVector(t *testing.T, tree *Tree, root Hash, p proofVector) {
	t.Helper()
	key := Entry(append(unhex(t, p.Key, KeySize), make([]byte, ValueSize)...)).Key()
	var want Value
	if p.Present {
		want = Value(unhex(t, p.Value, ValueSize))
	}
	encoded := unhex(t, p.Proof, -1)
	if got := tree.Prove(key).Bytes(); !bytes.Equal(got, encoded) {
		t.Errorf("key %s: the proof is %x, want %s", p.Key, got, p.Proof)
	}
	value, listed, ok := strangerVerify(encoded, root, key)
	if !ok || listed != p.Present || value != want {
		t.Errorf("key %s: a stranger finds %x, %v, %v", p.Key, value, listed, ok)
	}
	parsed, err := ParseProof(encoded)
	if err != nil {
		t.Fatalf("key %s: %v", p.Key, err)
	}
	if value, listed, err := parsed.Verify(root, key); err != nil || listed != p.Present || value != want {
		t.Errorf("key %s: verified as %x, %v, %v", p.Key, value, listed, err)
	}
}

// unhex decodes s and checks its length, unless that is negative.
func unhex(t *testing.T, s string, size int) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil || size >= 0 && len(b) != size {
		t.Fatalf("%q is not %d bytes in hexadecimal: %v", s, size, err)
	}
	return b
}
