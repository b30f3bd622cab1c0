package cosign_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"ringfence/consensus/cosign"
	"ringfence/store/checkpoint"
	"ringfence/store/disk/certification"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// story is a Log of which every size tells what it is, in one of several versions.
type story struct{ size, version uint64 }

func (s story) Root(size uint64) (merkle.Hash, bool) {
	return merkle.Hash{byte(size), byte(size >> 8), byte(s.version)}, size <= s.size
}

func signers(n int) (all []cosign.Signer) {
	for i := range n {
		s := cosign.Signer{Key: keys.Public{1, byte(i), byte(i >> 8)}}
		s.Signature[0], s.Signature[64] = 1, byte(i)
		all = append(all, s)
	}
	return all
}

// wander lets a State say all kinds of things, and shows each State that follows.
func wander(random *rand.Rand, steps int, see func(cosign.State)) {
	var s cosign.State
	all := func(uint64, []cosign.Signer) bool { return true }
	log := story{}
	for range steps {
		log.size += random.Uint64N(300)
		switch random.IntN(7) {
		case 0, 1:
			s, _, _ = s.Report(log.size, log)
		case 2:
			if n := len(s.Reported); n > 0 {
				a := cosign.Agreement{Generation: s.Generation, Tree: s.Reported[random.IntN(n)], Signers: signers(1 + random.IntN(64))}
				s, _ = s.Lock(a, all, log)
			}
		case 3:
			s, _ = s.Cosign(cosign.Agreement{Generation: s.Generation, Tree: s.Locked.Tree, Signers: signers(3)}, all, log)
		case 4:
			if random.IntN(8) == 0 {
				s, _, _ = s.Promise(s.Promised+1, s.Cosigned)
			}
		case 5:
			at := s.Locked.Tree
			s, _ = s.Join(cosign.Generation{Number: s.Promised, Record: merkle.Hash{9}}, at, story{at.Size, 0})
		case 6:
			size := random.Uint64N(log.size + 1)
			root, _ := log.Root(size)
			s, _ = s.Settle(checkpoint.Tree{Size: size, Root: root}, log)
		}
		see(s)
	}
}

// TestStatesAreReadBack: whatever a State can become is read as it was written, in one
// form.
func TestStatesAreReadBack(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 7))
	var locked, reported, generations int
	for range 60 {
		wander(random, 100, func(s cosign.State) {
			b := s.Encode()
			got, err := cosign.DecodeState(b)
			if err != nil {
				t.Fatalf("%+v: %v", s, err)
			}
			if len(s.Reported) == 0 {
				s.Reported = nil
			}
			if !reflect.DeepEqual(got, s) || !bytes.Equal(got.Encode(), b) {
				t.Fatalf("%+v became %+v", s, got)
			}
			locked, reported = max(locked, len(s.Locked.Signers)), max(reported, len(s.Reported))
			generations = max(generations, int(s.Generation.Number))
		})
	}
	if locked < 60 || reported < 5 || generations < 3 {
		t.Errorf("the states had up to %d signers, %d reports, %d generations: too few to show much", locked, reported, generations)
	}
	full := cosign.State{Locked: cosign.Agreement{Signers: signers(cosign.MaxSigners)}}
	for i := range uint64(cosign.MaxPending) {
		full.Reported = append(full.Reported, checkpoint.Tree{Size: 1<<62 + i})
	}
	b := full.Encode()
	if _, err := cosign.DecodeState(b); err != nil || len(b) > cosign.MaxState || cosign.MaxState > certification.MaxState {
		t.Errorf("a state of %d bytes, of which %d are read and %d kept: %v", len(b), cosign.MaxState, certification.MaxState, err)
	}
}

// TestStateVector holds the form: what a regulator kept must be read for ever.
func TestStateVector(t *testing.T) {
	s := cosign.State{
		Generation: cosign.Generation{Number: 2, Record: merkle.Hash{0xAA}}, Start: checkpoint.Tree{Size: 3, Root: merkle.Hash{3}}, Promised: 4,
		Settled:  checkpoint.Tree{Size: 5, Root: merkle.Hash{5}},
		Reported: []checkpoint.Tree{{Size: 5, Root: merkle.Hash{5}}},
		Locked:   cosign.Agreement{Generation: cosign.Generation{Number: 1, Record: merkle.Hash{0xBB}}, Tree: checkpoint.Tree{Size: 3, Root: merkle.Hash{3}}, Signers: signers(1)},
		Cosigned: checkpoint.Tree{Size: 2, Root: merkle.Hash{2}},
	}
	hash := func(first string) string { return "5820" + first + strings.Repeat("00", 31) }
	want := "89" + "01" + "02" + hash("aa") + "82" + "03" + hash("03") + "82" + "05" + hash("05") + "04" +
		"81" + "82" + "05" + hash("05") +
		"81" + "85" + "01" + hash("bb") + "03" + hash("03") + "81" + "82" + "5821" + "0100" + strings.Repeat("00", 31) + "5841" + "01" + strings.Repeat("00", 64) +
		"82" + "02" + hash("02")
	if got := hex.EncodeToString(s.Encode()); got != want {
		t.Errorf("a state is\n%s, want\n%s", got, want)
	}
}

func TestDecodeStateRefuses(t *testing.T) {
	tree := func(size uint64) checkpoint.Tree { return checkpoint.Tree{Size: size} }
	lock := func(number, size uint64) cosign.Agreement {
		return cosign.Agreement{Generation: cosign.Generation{Number: number}, Tree: tree(size), Signers: signers(3)}
	}
	many := cosign.State{}
	for i := range uint64(cosign.MaxPending + 1) {
		many.Reported = append(many.Reported, tree(i))
	}
	for name, s := range map[string]cosign.State{
		"promised to an earlier generation": {Generation: cosign.Generation{Number: 2}, Promised: 1},
		"reports out of order":              {Reported: []checkpoint.Tree{tree(2), tree(1)}},
		"a size reported twice":             {Reported: []checkpoint.Tree{tree(2), tree(2)}},
		"a report below the lock":           {Locked: lock(0, 3), Reported: []checkpoint.Tree{tree(3)}},
		"too many reports":                  many,
		"a lock of a later generation":      {Locked: lock(1, 3)},
		"a lock too large":                  {Locked: cosign.Agreement{Signers: signers(500)}},
	} {
		if _, err := cosign.DecodeState(s.Encode()); err == nil {
			t.Errorf("%s: read", name)
		}
	}
	good := cosign.State{Locked: lock(0, 3)}.Encode()
	for n := range good {
		if _, err := cosign.DecodeState(good[:n]); err == nil {
			t.Errorf("cut to %d bytes it is read", n)
		}
	}
	zeros := "5820" + strings.Repeat("00", 32)
	nobody, err := hex.DecodeString("88" + "01" + "00" + zeros + "8200" + zeros + "00" + "80" + "81" + "8500" + zeros + "00" + zeros + "80" + "8200" + zeros)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"bytes behind": append(bytes.Clone(good), 0), "version 0": append([]byte{good[0], 0}, good[2:]...), "a lock of nobody": nobody,
	} {
		if _, err := cosign.DecodeState(b); err == nil || errors.Is(err, wire.ErrNewer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := cosign.DecodeState(append([]byte{good[0], 2}, good[2:]...)); !errors.Is(err, wire.ErrNewer) {
		t.Errorf("a newer version: %v", err)
	}
}

func FuzzDecodeState(f *testing.F) {
	f.Add(cosign.State{}.Encode())
	wander(rand.New(rand.NewPCG(10, 8)), 40, func(s cosign.State) { f.Add(s.Encode()) })
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := cosign.DecodeState(b)
		if err == nil && !bytes.Equal(s.Encode(), b) {
			t.Error("a state that was accepted is written otherwise")
		}
	})
}
