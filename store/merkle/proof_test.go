package merkle

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// strangerVerify verifies an encoded proof as someone would who has the format
// text alone and shares no code with this package.
func strangerVerify(b []byte, root Hash, key Key) (value Value, listed, ok bool) {
	take := func(n int) []byte {
		if len(b) < n {
			n = len(b)
		}
		taken := make([]byte, n)
		copy(taken, b)
		b = b[n:]
		return taken
	}
	want := binary.BigEndian.AppendUint64(nil, key.First)
	want = append(want, key.Free)
	take(1)
	kind := take(1)[0]
	if kind == 0 {
		return value, false, root == Hash{}
	}
	var at Hash
	switch kind {
	case 1, 3:
		count, index := int(binary.BigEndian.Uint16(take(2))), int(binary.BigEndian.Uint16(take(2)))
		places := []int{index}
		if kind == 3 {
			places = []int{index - 1, index}
		}
		for _, place := range places {
			if place < 0 || place >= count {
				continue
			}
			entry := take(14)
			side := bytes.Compare(entry[:9], want)
			if kind == 1 && side != 0 || kind == 3 && (side < 0) != (place < index) || kind == 3 && side == 0 {
				return value, false, false
			}
			at = hashOf([]byte{2}, []byte{byte(count >> 8), byte(count)}, strangerRoot(hashOf([]byte{0}, entry), place, count, take))
			if kind == 1 {
				value = Value(entry[9:])
			}
		}
	case 2:
		node := take(1 + 8 + 64)
		other := binary.BigEndian.Uint64(node[1:])
		if shift := 64 - int(node[0]); other>>shift == key.First>>shift {
			return value, false, false
		}
		at = hashOf([]byte{1}, node)
	}
	for range take(1)[0] {
		length := int(take(1)[0])
		sibling := take(32)
		prefix := make([]byte, 8)
		for i := range length {
			prefix[i/8] |= want[i/8] & (0x80 >> (i % 8))
		}
		left, right := at[:], sibling
		if want[length/8]&(0x80>>(length%8)) != 0 {
			left, right = sibling, at[:]
		}
		at = hashOf([]byte{1, byte(length)}, prefix, left, right)
	}
	return value, kind == 1, at == root && len(b) == 0
}

// strangerRoot computes the head of a tree from one leaf and the siblings that
// take gives, by recursion over the halves.
func strangerRoot(leaf Hash, place, count int, take func(int) []byte) []byte {
	if count == 1 {
		return leaf[:]
	}
	k := 1
	for k*2 < count {
		k *= 2
	}
	var h Hash
	if place < k {
		left := strangerRoot(leaf, place, k, take)
		h = hashOf([]byte{1}, left, take(32))
	} else {
		right := strangerRoot(leaf, place-k, count-k, take)
		h = hashOf([]byte{1}, take(32), right)
	}
	return h[:]
}

// checkProof proves key and verifies the proof by every road there is.
func checkProof(t *testing.T, tree *Tree, o oracle, key Key) Proof {
	t.Helper()
	root := tree.Root()
	want, listed := o[key]
	p := tree.Prove(key)
	if got, found, err := p.Verify(root, key); err != nil || got != want || found != listed {
		t.Fatalf("Verify(%v) = %v, %v, %v, want %v, %v", key, got, found, err, want, listed)
	}
	encoded := p.Bytes()
	if got, found, ok := strangerVerify(encoded, root, key); !ok || got != want || found != listed {
		t.Fatalf("a stranger finds %v, %v, %v for %v, want %v, %v", got, found, ok, key, want, listed)
	}
	back, err := ParseProof(encoded)
	if err != nil {
		t.Fatalf("ParseProof of a proof of %v: %v", key, err)
	}
	if !bytes.Equal(back.Bytes(), encoded) {
		t.Fatalf("a proof of %v changes when parsed and encoded", key)
	}
	if got, found, err := back.Verify(root, key); err != nil || got != want || found != listed {
		t.Fatalf("parsed, Verify(%v) = %v, %v, %v", key, got, found, err)
	}
	return p
}

func TestProofsOfEveryKind(t *testing.T) {
	kinds := map[proofKind]int{}
	for name, space := range keyspaces() {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 2, 128, 129, 900} {
				r := rand.New(rand.NewPCG(uint64(size), 20))
				o := oracle{}
				o.apply(randomChanges(r, o, space, size, 0))
				tree := Build(o.entries())
				for i, e := range o.entries() {
					if i%7 > 0 && i > 3 {
						continue
					}
					key := e.Key()
					for _, ask := range []Key{key, {key.First, key.Free + 1}, {key.First - 1, key.Free}, {key.First ^ 1<<r.UintN(64), key.Free}, space(r)} {
						kinds[checkProof(t, tree, o, ask).kind]++
					}
				}
				checkProof(t, tree, o, Key{})
				checkProof(t, tree, o, Key{^uint64(0), 255})
			}
		})
	}
	for _, kind := range []proofKind{present, apart, betweenOthers} {
		if kinds[kind] < 50 {
			t.Errorf("only %d proofs of kind %d were seen", kinds[kind], kind)
		}
	}
}

func TestProofOfTheEmptyList(t *testing.T) {
	for _, tree := range []*Tree{nil, {}, Build(nil)} {
		checkProof(t, tree, oracle{}, Key{5, 0})
	}
	if _, _, err := (Proof{}).Verify(Hash{1}, Key{5, 0}); err == nil {
		t.Error("a list with a root was taken for empty")
	}
}

// TestForgedProofs changes every byte of proofs of every kind in several ways
// and cuts and lengthens them; none may still show anything of the key.
func TestForgedProofs(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 21))
	o := oracle{}
	o.apply(randomChanges(r, o, keyspaces()["ranges"], 3000, 0))
	tree := Build(o.entries())
	root := tree.Root()
	listed := o.entries()[1000].Key()
	for name, key := range map[string]Key{
		"present":       listed,
		"between":       {listed.First, 200},
		"apart":         {listed.First ^ 1<<62, 0},
		"before all":    {o.entries()[0].Key().First, 0},
		"in empty list": {1, 1},
	} {
		of, at := tree, root
		if name == "in empty list" {
			of, at = nil, Hash{}
		}
		encoded := of.Prove(key).Bytes()
		for i := range encoded {
			for _, mask := range []byte{0x01, 0x80, 0xFF, byte(1 + r.UintN(255))} {
				forged := slices.Clone(encoded)
				forged[i] ^= mask
				refuseProof(t, name, forged, at, key)
			}
			refuseProof(t, name, encoded[:i], at, key)
		}
		refuseProof(t, name, append(slices.Clone(encoded), 0), at, key)
	}
}

func refuseProof(t *testing.T, name string, forged []byte, root Hash, key Key) {
	t.Helper()
	p, err := ParseProof(forged)
	if err != nil {
		return
	}
	if value, found, err := p.Verify(root, key); err == nil {
		t.Fatalf("%s: a forged proof shows %v, %v: % x", name, value, found, forged)
	}
}

// TestProofIsOfOneKey takes proofs of absence and presence for other keys.
func TestProofIsOfOneKey(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 22))
	space := keyspaces()["dense"]
	o := oracle{}
	o.apply(randomChanges(r, o, space, 1000, 0))
	tree := Build(o.entries())
	root := tree.Root()
	for range 2000 {
		of, ask := space(r), space(r)
		want, listed := o[ask]
		value, found, err := tree.Prove(of).Verify(root, ask)
		if err == nil && (value != want || found != listed) {
			t.Fatalf("the proof of %v shows %v, %v of %v", of, value, found, ask)
		}
		if of != ask && listed && err == nil {
			t.Fatalf("the proof of %v proves %v", of, ask)
		}
	}
}

// TestAbsenceNeedsTheRightPlace builds, with true hashes, proofs that show true
// parts of the list in the wrong place.
func TestAbsenceNeedsTheRightPlace(t *testing.T) {
	o := oracle{}
	for i := range uint64(400) {
		o[Key{number13 | 8613800138000 + i*2, 0}] = Value{1}
	}
	tree := Build(o.entries())
	root, key := tree.Root(), Key{number13 | 8613800138100, 0}
	good := tree.Prove(key)

	noGap := good
	noGap.kind, noGap.index = betweenOthers, good.index+1
	second := tree.Prove(Key{key.First + 2, 0}).witnesses[0]
	noGap.witnesses = []witness{good.witnesses[0], second}

	apartHere := Proof{kind: apart, node: branch{tree.root.bits, tree.root.prefix, [2]Hash{tree.root.kids[0].sum(), tree.root.kids[1].sum()}}}

	longer := good
	longer.path = slices.Concat(good.path, []step{{63, Hash{}}})
	for name, p := range map[string]Proof{
		"the key is a witness":      noGap,
		"the key has the prefix":    apartHere,
		"a path that grows":         longer,
		"a path in the empty list":  {kind: emptyList, path: good.path},
		"absent with a present key": {kind: betweenOthers, count: good.count, index: good.index, witnesses: tree.Prove(Key{key.First + 1, 0}).witnesses, path: good.path},
	} {
		if _, _, err := p.Verify(root, key); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, found, err := good.Verify(root, key); err != nil || !found {
		t.Errorf("the proof itself: %v, %v", found, err)
	}
}

func TestParseProofRefuses(t *testing.T) {
	entry := make([]byte, EntrySize)
	steps := func(n, bits byte) []byte {
		return append([]byte{n}, bytes.Repeat(append([]byte{bits}, make([]byte, HashSize)...), int(n))...)
	}
	cases := map[string][]byte{
		"nothing":                nil,
		"version alone":          {1},
		"version 2":              {2, 0},
		"kind 4":                 {1, 4},
		"empty and more":         {1, 0, 0},
		"block of none":          {1, 3, 0, 0, 0, 0, 0},
		"block of 257":           {1, 3, 1, 1, 0, 0},
		"place behind the block": append([]byte{1, 1, 0, 1, 0, 1}, append(entry, 0)...),
		"absent two behind":      append([]byte{1, 3, 0, 1, 0, 2}, append(entry, 0)...),
		"prefix with a tail":     slices.Concat([]byte{1, 2, 3}, bytes.Repeat([]byte{0xFF}, 8), make([]byte, 64), []byte{0}),
		"prefix of 64 bits":      slices.Concat([]byte{1, 2, 64}, make([]byte, 72), []byte{0}),
		"65 steps":               slices.Concat([]byte{1, 1, 0, 1, 0, 0}, entry, steps(65, 1)),
		"step of 64 bits":        slices.Concat([]byte{1, 1, 0, 1, 0, 0}, entry, steps(1, 64)),
		"steps promised":         slices.Concat([]byte{1, 1, 0, 1, 0, 0}, entry, []byte{3}),
		"no step count":          slices.Concat([]byte{1, 1, 0, 1, 0, 0}, entry),
		"huge":                   make([]byte, MaxProofSize+1),
	}
	for name, b := range cases {
		if _, err := ParseProof(b); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
	if _, err := ParseProof(slices.Concat([]byte{1, 1, 0, 1, 0, 0}, entry, steps(1, 63))); err != nil {
		t.Errorf("the form of the cases itself is refused: %v", err)
	}
}

func TestLargestProofFits(t *testing.T) {
	largest := Proof{kind: betweenOthers, count: 256, index: 128, path: make([]step, keyBits)}
	for _, place := range largest.places() {
		largest.witnesses = append(largest.witnesses, witness{inclusion: make([]Hash, inclusionLength(place, 256))})
	}
	encoded := largest.Bytes()
	if len(encoded) != MaxProofSize {
		t.Errorf("the largest proof has %d bytes, MaxProofSize is %d", len(encoded), MaxProofSize)
	}
	if _, err := ParseProof(encoded); err != nil {
		t.Error(err)
	}
}

func FuzzParseProof(f *testing.F) {
	r := rand.New(rand.NewPCG(23, 23))
	o := oracle{}
	o.apply(randomChanges(r, o, keyspaces()["ranges"], 600, 0))
	tree := Build(o.entries())
	root := tree.Root()
	listed := o.entries()[100].Key()
	f.Add([]byte{1, 0}, uint64(0), byte(0))
	for _, key := range []Key{listed, {listed.First, 99}, {listed.First ^ 1<<60, 0}} {
		f.Add(tree.Prove(key).Bytes(), key.First, key.Free)
	}
	f.Fuzz(func(t *testing.T, b []byte, first uint64, free byte) {
		p, err := ParseProof(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Bytes(), b) {
			t.Fatalf("% x is not canonical", b)
		}
		key := Key{first, free}
		value, found, err := p.Verify(root, key)
		want, listed := o[key]
		if err == nil && (value != want || found != listed) {
			t.Fatalf("a forged proof shows %v, %v of %v", value, found, key)
		}
	})
}

func BenchmarkProveAndVerify(b *testing.B) {
	tree := benchTree(250_000)
	root := tree.Root()
	key := Key{First: number13 | 8613000123456}
	b.Run("prove", func(b *testing.B) {
		for b.Loop() {
			tree.Prove(key)
		}
	})
	b.Run("verify", func(b *testing.B) {
		p := tree.Prove(key)
		for b.Loop() {
			if _, _, err := p.Verify(root, key); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(p.Bytes())), "bytes")
	})
}
