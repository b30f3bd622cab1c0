package prove_test

import (
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/prove"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// world is a federation with its ledger, as somebody holds it who makes proofs.
type world struct {
	*ballottest.Federation
	store *memory.Ledger
	tree  ledger.Tree
	sizes int // of Entries that are in the tree
}

func begun(t testing.TB, regulators int) *world {
	late := func(cfg *charter.FoundingConfig) {
		cfg.Cards = append(cfg.Cards, chartertest.Card(t, "late", "vendor"))
	}
	w := &world{Federation: ballottest.Begun(t, regulators, late), store: memory.New().Ledger()}
	w.append(w.First)
	w.grow()
	return w
}

func (w *world) append(entries ...ledger.Entry) {
	w.Helper()
	tree, additions, err := w.tree.Append(entries)
	if err == nil {
		err = w.store.Write(additions)
	}
	if err != nil {
		w.Fatal(err)
	}
	w.tree = tree
}

func (w *world) grow() {
	w.Helper()
	w.append(w.Entries[w.sizes:]...)
	w.sizes = len(w.Entries)
}

// note is the checkpoint of the ledger, cosigned by members.
func (w *world) note(members ...string) checkpoint.Note { return w.noteOf(w.tree.Head(), members...) }

func (w *world) noteOf(tree checkpoint.Tree, members ...string) checkpoint.Note {
	w.Helper()
	c := checkpoint.Checkpoint{Origin: checkpoint.Origin(w.State.Constitution().Federation()), Tree: tree}
	n, err := checkpoint.Sign(c, chartertest.Key("log", ""))
	for i, m := range members {
		key := chartertest.Key("cosign", m)
		if err == nil {
			n, err = n.With(checkpoint.Cosigner(m+".example/cosign", key.Public()), c.Cosign(key, w.Now+int64(i)))
		}
	}
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// carry carries a motion, with its tick, and returns the index of its entry.
func (w *world) carry(kind motion.Kind, items [][]byte) uint64 {
	w.Helper()
	at := w.Carry(w.Motion(kind, items, nil))
	w.Tick()
	w.grow()
	return at
}

// change carries a change of the regulators, certified by members, and settles it.
func (w *world) change(p ballottest.Proposal, members ...string) (size uint64) {
	w.Helper()
	w.Carry(p)
	w.State.Carried(w.Seats())
	w.grow()
	size = w.tree.Size()
	if r := w.Apply(ballot.SettleCommand(w.note(members...).Bytes())); r.Outcome != ballot.Entered {
		w.Fatalf("settle: %s %v", r.Outcome, r.Refusal)
	}
	w.Tick()
	w.grow()
	return size
}

// admit gives members seats, one after the other; all in office certify each.
func (w *world) admit(members ...string) {
	w.Helper()
	for _, m := range members {
		w.change(w.Admit(m), append(w.Seats(), m)...)
	}
}

// remove takes seats; all who were in office certify each.
func (w *world) remove(members ...string) {
	w.Helper()
	for _, m := range members {
		w.change(w.Remove(m), w.Seats()...)
	}
}

// anchor anchors a list and returns the index of the motion.
func (w *world) anchor(list *merkle.Tree) uint64 {
	w.Helper()
	past := w.State.Past()
	at, ok := past.TimeAt(w.State.Size())
	if !ok {
		w.Fatal("no time")
	}
	point := motion.AnchorPoint{Size: w.State.Size(), Day: dayOf(at), ListRoot: list.Root()}
	return w.carry(motion.Anchor, [][]byte{point.Encode()})
}

// maker makes proofs of the ledger as it is, certified by members, all in office if none
// is named.
func (w *world) maker(members ...string) *prove.Maker {
	w.Helper()
	if len(members) == 0 {
		members = w.Seats()
	}
	return &prove.Maker{State: w.State.Constitution(), Ledger: ledger.NewReader(w.tree, w.store), Note: w.note(members...)}
}

// verifier trusts the genesis, and what change adds to that.
func (w *world) verifier(change func(*prove.Trust)) *prove.Verifier {
	w.Helper()
	v, err := w.trust(change)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

func (w *world) trust(change func(*prove.Trust)) (*prove.Verifier, error) {
	t := prove.Trust{Genesis: w.Genesis}
	if change != nil {
		change(&t)
	}
	return prove.NewVerifier(t)
}

func (w *world) entry(m *prove.Maker, index uint64) []byte {
	w.Helper()
	return must(w.TB)(m.Entry(w.Context(), index))
}

func (w *world) sets(pin bool) []byte {
	w.Helper()
	return must(w.TB)(w.maker().Sets(w.Context(), pin))
}

func must(t testing.TB) func(b []byte, err error) []byte {
	return func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func found(t testing.TB, v *prove.Verifier, file []byte) *prove.Finding {
	t.Helper()
	f, err := v.Verify(file)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
