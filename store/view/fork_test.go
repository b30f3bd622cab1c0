package view

import (
	"slices"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter/chartertest"
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
	before := v.List()
	must(t, v.Freeze(FeedEpoch{Issuer: proof.Issuer()}, 77)) // whoever notes it tells of it
	if v.List().Stamp() != before.Stamp() {
		t.Errorf("what the ledger froze is judged anew when the proof is kept: %+v, then %+v", before.Stamp(), v.List().Stamp())
	}
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

// twoStories is a world in which a, whose first batch is anchored, signed two stories from
// then on: one with a batch more, and the one that is anchored next.
func twoStories(t *testing.T) (w *world, one, anchored []int) {
	w = newWorld(t, nil, "a: operator", "b: operator", "c: operator")
	trusted(t, w, "+8613800138000", "a", "b")
	b := w.book()
	b.tick(noon)
	b.anchor(w.head("a"))
	b.tick(noon + 1)
	trusted(t, w, "+8613800138001", "a", "a")
	w.say("a", at(-1), w.publication(), retraction(t, assertion.TargetBatch, w.records[0].Tip.CID.Bytes()))
	one = []int{2, 3, 4}
	w.returnTo("a", 0)
	trusted(t, w, "+8613800138002", "a", "a")
	anchored = []int{5, 6}
	b.anchor(w.head("a"))
	b.tick(noon + 2)
	trusted(t, w, "+8613800138003", "a")
	return w, one, anchored
}

// Where the ledger anchors another branch of a forked epoch than the one that a node
// holds, the node changes to it: what it took from its own is gone, undoing included.
func TestAnchoredBranchWins(t *testing.T) {
	w, one, anchored := twoStories(t)
	b := w.book()
	w.frozen = []FeedEpoch{{Issuer: chartertest.Issuer("a").Public()}}
	b.note(w.proof(one[0], anchored[0]))
	v := w.viewOf(Config{State: w.state, Source: &w.records, Day: today, Session: 1, Frozen: w.frozen})
	w.everyOrder(v)
	numbers := []string{"+8613800138000", "+8613800138001", "+8613800138002", "+8613800138003"}
	if got := b.says(v, numbers...); got != "label:mkt.retail - label:mkt.retail - " {
		t.Fatalf("with both branches: %s", got)
	}
	never := slices.Delete(slices.Clone(w.records), one[0], one[0]+len(one))
	other := w.viewOf(Config{State: w.state, Source: never, Day: today, Session: 1, Frozen: w.frozen})
	must(t, other.Enact(b.pieces...))
	sameList(t, "the anchored branch alone", v.List(), other.List())
	if v.List().Counts() != other.List().Counts() {
		t.Fatalf("%+v, where the other branch never was %+v", v.List().Counts(), other.List().Counts())
	}
	standing := w.viewOf(Config{State: w.state, Source: &w.records, Day: today, Session: 1, Anchored: true})
	must(t, standing.Enact(b.pieces...))
	if got := b.says(standing, numbers[:3]...); got != "label:mkt.retail - label:mkt.retail " {
		t.Fatalf("at the anchored heads: %s", got)
	}
}

// While the anchored branch is not here, nothing that contradicts it counts, in a view that
// held the other one before the anchor came as in one that begins now.
func TestOtherBranchEndsWhereTheAnchorContradictsIt(t *testing.T) {
	w, one, _ := twoStories(t)
	b := w.book()
	held := w.records[:one[2]+1]
	live := w.viewOf(Config{State: w.state, Source: held, Day: today, Session: 1})
	if got := b.says(live, "+8613800138001"); got != "label:mkt.retail " || live.List().Counts().Batches != len(held) {
		t.Fatalf("before the anchor: %s, %d batches", got, live.List().Counts().Batches)
	}
	must(t, live.Enact(b.pieces...))
	fresh := w.viewOf(Config{State: w.state, Source: held, Day: today, Session: 1})
	must(t, fresh.Enact(b.pieces...))
	sameList(t, "followed and at once", live.List(), fresh.List())
	if got := told(t, live, "+8613800138000", 0); got.Status != Counting {
		t.Errorf("an anchored flag, undone by the other branch: %v", got.Status)
	}
	if n := live.List().Counts().Batches; n != len(held)-3 {
		t.Errorf("%d of %d batches count, three lie on another branch than the anchor", n, len(held))
	}
}
