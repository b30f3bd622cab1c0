// Package provetest makes ledgers, and proofs of what they hold, in one line, for tests of
// whatever checks proofs.
//
// It is for tests alone, beside package prove on floor 8.
package provetest

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
	"ringfence/store/taxonomy"
)

// World is a federation with its ledger, as somebody holds it who makes proofs.
type World struct {
	*ballottest.Federation

	Store *memory.Ledger
	Tree  ledger.Tree
	sizes int // of Entries that are in the tree
}

// Begun founds a federation of so many regulators, with a ledger that has its first tick.
func Begun(t testing.TB, regulators int) *World {
	late := func(cfg *charter.FoundingConfig) {
		cfg.Cards = append(cfg.Cards, chartertest.Card(t, "late", "vendor"))
	}
	w := &World{Federation: ballottest.Begun(t, regulators, late), Store: memory.New().Ledger()}
	w.append(w.First)
	w.Grow()
	return w
}

func (w *World) append(entries ...ledger.Entry) {
	w.Helper()
	tree, additions, err := w.Tree.Append(entries)
	if err == nil {
		err = w.Store.Write(additions)
	}
	if err != nil {
		w.Fatal(err)
	}
	w.Tree = tree
}

// Grow takes what was entered since into the ledger.
func (w *World) Grow() {
	w.Helper()
	w.append(w.Entries[w.sizes:]...)
	w.sizes = len(w.Entries)
}

// Note is the checkpoint of the ledger, cosigned by members.
func (w *World) Note(members ...string) checkpoint.Note { return w.NoteOf(w.Tree.Head(), members...) }

// NoteOf is a checkpoint of some tree, cosigned by members, each a second later.
func (w *World) NoteOf(tree checkpoint.Tree, members ...string) checkpoint.Note {
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

// Enact carries a motion, with its tick, and returns the index of its entry.
func (w *World) Enact(kind motion.Kind, items [][]byte) uint64 {
	w.Helper()
	at := w.Carry(w.Motion(kind, items, nil))
	w.Tick()
	w.Grow()
	return at
}

// Change carries a change of the regulators, certified by members, and settles it.
func (w *World) Change(p ballottest.Proposal, members ...string) {
	w.Helper()
	w.Carry(p)
	w.State.Carried(w.Seats())
	w.Grow()
	if r := w.Apply(ballot.SettleCommand(w.Note(members...).Bytes())); r.Outcome != ballot.Entered {
		w.Fatalf("settle: %s %v", r.Outcome, r.Refusal)
	}
	w.Tick()
	w.Grow()
}

// Seat gives members seats, one after the other; all in office certify each.
func (w *World) Seat(members ...string) {
	w.Helper()
	for _, m := range members {
		w.Change(w.Admit(m), append(w.Seats(), m)...)
	}
}

// Unseat takes seats; all who were in office certify each.
func (w *World) Unseat(members ...string) {
	w.Helper()
	for _, m := range members {
		w.Change(w.Remove(m), w.Seats()...)
	}
}

// Anchor anchors a list and returns the index of the motion.
func (w *World) Anchor(list *merkle.Tree) uint64 {
	w.Helper()
	at, ok := w.State.Past().TimeAt(w.State.Size())
	if !ok {
		w.Fatal("the ledger has no time there")
	}
	point := motion.AnchorPoint{Size: w.State.Size(), Day: taxonomy.DayOf(at), ListRoot: list.Root()}
	return w.Enact(motion.Anchor, [][]byte{point.Encode()})
}

// Maker makes proofs of the ledger as it is, certified by members, all in office if none
// is named.
func (w *World) Maker(members ...string) *prove.Maker {
	w.Helper()
	if len(members) == 0 {
		members = w.Seats()
	}
	return &prove.Maker{State: w.State.Constitution(), Ledger: ledger.NewReader(w.Tree, w.Store), Note: w.Note(members...)}
}

// Entry is a proof of an entry as of now.
func (w *World) Entry(index uint64) []byte {
	w.Helper()
	return w.Must(w.Maker().Entry(w.Context(), index))
}

// Sets is the set-chain file as of now.
func (w *World) Sets(pin bool) []byte {
	w.Helper()
	return w.Must(w.Maker().Sets(w.Context(), pin))
}

// Must is for files that are made.
func (w *World) Must(file []byte, err error) []byte {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	return file
}
