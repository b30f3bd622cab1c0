package view

import (
	"testing"

	"ringfence/store/feed"
	"ringfence/store/motion"
)

// proof proves that the batches at two places of the records are of two stories.
func (w *world) proof(i, k int) feed.ForkProof {
	w.t.Helper()
	var both [2]feed.Verified
	for n, at := range [2]int{i, k} {
		var err error
		both[n], err = feed.Verify(w.records[at].Header, w.state.Federation())
		must(w.t, err)
	}
	p, err := feed.NewForkProof(both[0], both[1])
	must(w.t, err)
	return p
}

// note enters the evidence of forks.
func (b *book) note(proofs ...feed.ForkProof) {
	b.t.Helper()
	var items [][]byte
	for _, p := range proofs {
		items = append(items, p.Bytes())
	}
	b.enact(motion.NoteFork, 0, items...)
}

// returnTo makes what a member says next follow the batch at a place of the records, or
// begin its feed anew where that is negative.
func (w *world) returnTo(member string, at int) {
	if delete(w.tips, member); at >= 0 {
		w.tips[member] = w.records[at].Tip
	}
}

// A fork that the ledger noted freezes its epoch at the last anchored head also where
// nobody ever gossiped the proof, whichever of ledger and batches came first.
func TestForkNotedInTheLedgerFreezes(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator")
	trusted(t, w, "+8613800138000", "a", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	b.anchor(w.head("a"))
	b.tick(noon + 1)
	trusted(t, w, "+8613800138001", "a", "b")
	if w.step(v); b.says(v, "+8613800138000", "+8613800138001") != "label:mkt.retail label:mkt.retail " {
		t.Fatalf("before: %s", b.says(v, "+8613800138000", "+8613800138001"))
	}
	w.returnTo("a", 0)
	trusted(t, w, "+8613800138002", "a")
	proof := w.proof(2, 4)
	w.records = w.records[:4] // the other story reaches no node
	b.note(proof)
	w.everyOrder(v)
	if got := told(t, v, "+8613800138001", 0); got.Reason != ReasonFrozen {
		t.Errorf("beyond the anchor: %v, %v", got.Status, got.Reason)
	}
	if got := told(t, v, "+8613800138000", 0); got.Status != Counting {
		t.Errorf("anchored: %v, %v", got.Status, got.Reason)
	}
}

// So does one of which nothing was anchored, and one that an anchor names as frozen.
func TestForkInTheLedgerFreezesWhatArrivesLater(t *testing.T) {
	w := newWorld(t, nil, "a: operator", "b: operator", "c: operator")
	trusted(t, w, "+8613800138000", "a", "b", "c")
	w.returnTo("a", -1)
	trusted(t, w, "+8613800138001", "a")
	proof := w.proof(0, 3)
	w.records = w.records[:3]
	head := w.head("c")
	trusted(t, w, "+8613800138001", "c", "b")
	v, b := w.view(today), w.book()
	b.tick(noon)
	head.Frozen = true
	b.anchor(head)
	b.tick(noon + 1)
	b.note(proof)
	w.everyOrder(v)
	for _, number := range []string{"+8613800138000", "+8613800138001"} {
		if got := told(t, v, number, 0); got.Reason != ReasonFrozen {
			t.Errorf("%s: %v, %v", number, got.Status, got.Reason)
		}
	}
	if got := told(t, v, "+8613800138000", 2); got.Status != Counting {
		t.Errorf("what is anchored: %v, %v", got.Status, got.Reason)
	}
}
