package prove_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/prove"
	"ringfence/store/checkpoint"
	"ringfence/store/motion"
)

// moved is a federation whose founding regulators have all been replaced: "reg" began
// alone, "op" and "vendor" came, "reg" went.
func moved(t testing.TB) world {
	w := begun(t, 1)
	w.Seat("op", "vendor")
	w.Unseat("reg")
	return w
}

// The chain shows who was in office when, from the genesis alone.
func TestSetChain(t *testing.T) {
	w := moved(t)
	file := w.Sets(false)
	f := found(t, w.verifier(nil), file)
	want := []string{"reg", "op,reg", "op,reg,vendor", "op,vendor"}
	if len(f.Chain) != len(want) || f.Changes != 3 || f.Pinned != 0 {
		t.Fatalf("%+v", f)
	}
	changes := append([]uint64{1}, w.State.Constitution().RegulatorChanges()...)
	for i, era := range f.Chain {
		var members []string
		for _, s := range era.Seats {
			members = append(members, s.Member)
		}
		if strings.Join(members, ",") != want[i] || era.Since != changes[i] {
			t.Errorf("era %d: %v since %d, want %s since %d", i, members, era.Since, want[i], changes[i])
		}
	}
	t.Logf("%d bytes for three changes", len(file))
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	proof := w.Entry(at + 1)
	if _, err := w.verifier(nil).Verify(proof); !errors.Is(err, prove.ErrUncertified) {
		t.Errorf("by the genesis alone: %v", err)
	}
	trusting := func(tr *prove.Trust) { tr.Sets = file }
	if f := found(t, w.verifier(trusting), proof); f.Changes != 3 || f.Certified.Of != 2 {
		t.Errorf("%+v", f)
	}
	// The regulators are replaced once more: a chain from before does not know the new
	// ones, and goes on in the newer file.
	w.Seat("late")
	w.Unseat("vendor")
	if _, err := w.verifier(trusting).Verify(w.Entry(at + 1)); !errors.Is(err, prove.ErrUncertified) {
		t.Errorf("by an older chain: %v", err)
	}
	found(t, w.verifier(trusting), w.Sets(false))
	if _, err := w.verifier(func(tr *prove.Trust) { tr.Sets = w.Sets(false) }).Verify(file); err == nil {
		t.Error("an older chain goes on from a newer one")
	}
}

// A key that is rotated out counts no longer, nor does a removed regulator's, and the
// chain is made of what certified it: each part of it is needed.
func TestSetChainIsCertified(t *testing.T) {
	w := begun(t, 4)
	w.Change(w.Admit("op"), "reg", "reg2", "reg3", "op") // three of four, and four of five
	good := w.Sets(false)
	found(t, w.verifier(nil), good)
	// The settlement's checkpoint without a regulator of the old set, and of the new one.
	size := w.State.Constitution().RegulatorChanges()[0]
	for name, by := range map[string][]string{"two of the old four": {"reg", "reg2", "op"}, "three of the new five": {"reg", "reg2", "reg3"}} {
		tree, err := w.Maker().Ledger.At(t.Context(), size)
		if err != nil {
			t.Fatal(err)
		}
		was, less := w.NoteOf(tree.Head(), "reg", "reg2", "reg3", "op"), w.NoteOf(tree.Head(), by...)
		if _, err := w.verifier(nil).Verify(replaceNote(t, good, was, less)); !errors.Is(err, prove.ErrUncertified) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := begun(t, 5).trust(func(tr *prove.Trust) { tr.Sets = good }); err == nil {
		t.Error("it is a chain of another federation")
	}
}

// replaceNote puts another note into a set-chain file of one change.
func replaceNote(t testing.TB, file []byte, was, is checkpoint.Note) []byte {
	t.Helper()
	at := bytes.Index(file, []byte("ringfence/bafy"))
	old, next := file[at-3:], cborBytes(is.Bytes())
	if old[0] != 0x59 {
		t.Fatal("no note there")
	}
	length := int(old[1])<<8 | int(old[2])
	return append(append(bytes.Clone(file[:at-3]), next...), old[3+length:]...)
}

func cborBytes(b []byte) []byte { return append([]byte{0x59, byte(len(b) >> 8), byte(len(b))}, b...) }

// What was certified by regulators that have been replaced since is not believed, for
// their keys may be anybody's by now; but a checkpoint that the chain itself vouches for.
func TestRetiredKeysProveNothing(t *testing.T) {
	w := begun(t, 1)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	old := w.Entry(at + 1)
	found(t, w.verifier(nil), old)
	w.Seat("op")
	chain := func(tr *prove.Trust) { tr.Sets = w.Sets(false) }
	if _, err := w.verifier(chain).Verify(old); !errors.Is(err, prove.ErrRetired) {
		t.Errorf("a proof by those who have been joined: %v", err)
	}
	found(t, w.verifier(chain), w.Entry(at+1))
	// In the checkpoint of the change itself, which both sets certified.
	size := w.State.Constitution().RegulatorChanges()[0]
	tree, err := w.Maker().Ledger.At(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	m := w.Maker()
	m.Note = w.NoteOf(tree.Head(), "reg", "op")
	found(t, w.verifier(chain), w.Must(m.Entry(t.Context(), at+1)))
	m.Note = w.NoteOf(checkpoint.Tree{Size: size, Root: w.Tree.Head().Root}, "reg", "op")
	if _, err := w.verifier(chain).Verify(w.Must(m.Entry(t.Context(), at+1))); !errors.Is(err, prove.ErrContradicts) {
		t.Errorf("another tree of that size: %v", err)
	}
	// With nothing changed since, an older checkpoint than the pinned one is good.
	w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138001"))
	proof := w.Entry(at + 1)
	w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138002"))
	if f := found(t, w.verifier(func(tr *prove.Trust) { tr.Sets = w.Sets(true) }), proof); f.Pinned <= f.Certified.Size {
		t.Errorf("pinned at %d", f.Pinned)
	}
}

// Who holds the keys of all regulators that were in office once can write another ledger
// from there on, with a chain that is right by the genesis: regulators of their own, and
// entries. Against a verifier who pinned a checkpoint of those in office they fail.
func TestRetiredKeysForgeAChain(t *testing.T) {
	w := moved(t)
	pinned := w.Note("op", "vendor").Bytes()

	forged := begun(t, 1) // the same genesis, and its regulator's key
	at := forged.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	alone := forged.Entry(at + 1)
	forged.Seat("vendor") // whose key is theirs too, say; the true one came with op
	chain := forged.Sets(true)
	proof := forged.Entry(at + 1)
	full := forged.Must(forged.Maker().Full(t.Context(), at+1))

	// By the genesis alone nobody can tell.
	found(t, w.verifier(nil), alone)
	found(t, w.verifier(nil), full)
	found(t, w.verifier(func(tr *prove.Trust) { tr.Sets = chain }), proof)

	for name, pin := range map[string][]byte{"a checkpoint": pinned, "a set chain with its head": w.Sets(true)} {
		if _, err := w.trust(func(tr *prove.Trust) { tr.Sets, tr.Pin = chain, pin }); !errors.Is(err, prove.ErrPin) {
			t.Errorf("%s, and the forged chain: %v", name, err)
		}
		v := w.verifier(func(tr *prove.Trust) { tr.Pin = pin })
		for what, file := range map[string][]byte{"a proof": alone, "a full proof": full, "the forged chain": chain} {
			if _, err := v.Verify(file); !errors.Is(err, prove.ErrPin) {
				t.Errorf("%s, and %s: %v", name, what, err)
			}
		}
		// The true chain leads there, and what the true ones certified is believed.
		v = w.verifier(func(tr *prove.Trust) { tr.Sets, tr.Pin = w.Sets(false), pin })
		entry := w.Enact(motion.Ratify, ballottest.Label(t, "+8613900138000"))
		if f := found(t, v, w.Entry(entry+1)); f.Pinned == 0 {
			t.Error("it is not pinned")
		}
		if _, err := v.Verify(proof); err == nil {
			t.Error("what the forgers certified is believed")
		}
		if _, err := v.Verify(chain); err == nil {
			t.Error("the forged chain goes on from the true one")
		}
	}
	// A set chain with its head, as who pins it holds it, is enough.
	own := w.verifier(func(tr *prove.Trust) { tr.Sets = w.Sets(true) })
	for what, file := range map[string][]byte{"a proof": alone, "a proof by the forged set": proof, "a full proof": full, "the forged chain": chain} {
		if _, err := own.Verify(file); err == nil {
			t.Errorf("%s is believed against a pinned chain", what)
		}
	}
}

// The pin is what was told, with its cosignatures: a chain that knows only some of those
// who gave them is not the true one, though these be enough for it.
func TestAPinIsCertifiedByNobodyElse(t *testing.T) {
	w := begun(t, 1)
	old := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	proof := w.Entry(old + 1)
	w.Seat("op", "vendor")
	pin := w.Note("op", "reg", "vendor").Bytes()
	// "reg" is in office still, and alone a quorum of the genesis.
	v := w.verifier(func(tr *prove.Trust) { tr.Pin = pin })
	if _, err := v.Verify(proof); !errors.Is(err, prove.ErrPin) {
		t.Errorf("the genesis alone leads to the pin: %v", err)
	}
	if _, err := w.trust(func(tr *prove.Trust) { tr.Pin = w.Sets(false) }); err == nil {
		t.Error("a chain without a head is pinned")
	}
	if _, err := w.trust(func(tr *prove.Trust) { tr.Sets, tr.Pin = w.Sets(false), []byte("no note") }); !errors.Is(err, prove.ErrPin) {
		t.Error("no note is pinned")
	}
}

// However many keys of their own forgers put beside those who cosigned a pin, as long as
// these alone are a quorum of all, the forgers with the liars among the true regulators
// are none.
func TestAPinLeavesNoRoom(t *testing.T) {
	for n := 1; n <= 64; n++ {
		q, liars := checkpoint.Quorum(n)
		for cosigners := q; cosigners <= n; cosigners++ {
			for own := range 65 {
				if needed, _ := checkpoint.Quorum(cosigners + own); needed <= cosigners && own+liars >= needed {
					t.Errorf("%d regulators, %d of them cosigned the pin: with %d keys beside them, forgers and %d liars are the %d it takes", n, cosigners, own, liars, needed)
				}
			}
		}
	}
}
