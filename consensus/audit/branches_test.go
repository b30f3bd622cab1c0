package audit_test

import (
	"testing"

	"ringfence/consensus/audit"
	"ringfence/consensus/audit/audittest"
	"ringfence/store/assertion"
	"ringfence/store/disk"
	"ringfence/store/feed"
)

// split is a feed of which the ledger anchored another branch than a node held: first,
// then lost or kept.
type split struct {
	*audittest.World
	first      feed.Record
	lost, kept []feed.Record
	proof      feed.ForkProof
}

// splits makes the branches part after the first batch, and has the ledger anchor so many
// batches of the one that is kept.
func splits(t *testing.T, anchored int) *split {
	t.Helper()
	s := &split{World: audittest.Begun(t, 1)}
	s.first = s.Say("op", nil, s.Flag("+8613900139000", 20))
	for i := range 3 {
		s.lost = append(s.lost, s.Say("op", nil, s.Flag(audittest.Number(i), 20)))
	}
	s.Records = s.Records[:1]
	for i := range 2 {
		if i == anchored {
			s.Anchor(nil, "op")
		}
		s.kept = append(s.kept, s.Say("op", func(h *assertion.Header) {
			if i == 0 {
				h.Sequence, h.Previous = 1, s.first.Tip.CID
			}
		}, s.Flag(audittest.Number(10+i), 20)))
	}
	if anchored == 2 {
		s.Anchor(nil, "op")
	}
	s.proof = proofOf(t, s.lost[0], s.kept[0])
	return s
}

func proofOf(t *testing.T, a, b feed.Record) feed.ForkProof {
	t.Helper()
	var both [2]feed.Verified
	for i, r := range []feed.Record{a, b} {
		h, _, err := feed.Peek(r.Header)
		if err == nil {
			both[i], err = feed.Verify(r.Header, h.Federation)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := feed.NewForkProof(both[0], both[1])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// hold returns a store that took in records, gave way at a place and took in more. It has
// the proof of the fork if that is said.
func (s *split) hold(t *testing.T, before []feed.Record, at uint64, after []feed.Record, proved bool) *disk.Store {
	t.Helper()
	s.Records = before
	store := keep(t, s.World, nil)
	if proved {
		must(t, store.PutFork(s.proof))
	}
	must(t, store.Rewind(s.first.Issuer, 0, at))
	must(t, store.Append(after))
	return store
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// chain is the first batch and what follows it.
func (s *split) chain(behind []feed.Record) []feed.Record {
	return append([]feed.Record{s.first}, behind...)
}

// A node that changed to the branch that the ledger anchored is sound: what it held before
// is kept as evidence, and is no feed.
func TestABranchThatGaveWayIsNoFinding(t *testing.T) {
	for anchored := 1; anchored <= 2; anchored++ {
		s := splits(t, anchored)
		r := run(t, s.World, of(s.hold(t, s.chain(s.lost), 1, s.kept, true)))
		clean(t, r)
		if r.Right != r.Anchors || r.Anchors == 0 || r.Batches != 6 {
			t.Errorf("%d of %d list roots follow; %d batches", r.Right, r.Anchors, r.Batches)
		}
	}
}

// A node that gives others the branch that the ledger did not take is found, whether or not
// it holds the other one too.
func TestTheLostBranchAsTheFeedIsFound(t *testing.T) {
	s := splits(t, 2)
	r := run(t, s.World, of(s.hold(t, s.chain(s.kept), 1, s.lost, true)))
	finds(t, r, audit.OtherHead, "0/2", "is here")
	r = run(t, s.World, of(s.hold(t, s.chain(s.lost), 4, nil, true)))
	finds(t, r, audit.OtherHead, "0/2", "is here")
	r = run(t, s.World, of(s.hold(t, s.chain(s.lost), 1, nil, true))) // on its way to the other
	finds(t, r, audit.HeadMissing, "0/2", "")
}

// What parts from a feed above what the ledger fixed of it gave way to nothing, and who
// holds no proof of the fork let nothing give way.
func TestTwoAtOnePlaceForNoReasonAreFound(t *testing.T) {
	s := splits(t, 1)
	beyond := s.Say("op", func(h *assertion.Header) { h.Sequence, h.Previous = 2, s.kept[0].Tip.CID }, s.Flag(audittest.Number(20), 20))
	r := run(t, s.World, of(s.hold(t, s.chain(s.kept), 2, []feed.Record{beyond}, true)))
	finds(t, r, audit.TwoAtOnePlace, "0/2", beyond.Tip.CID.String())
	r = run(t, s.World, of(s.hold(t, s.chain(s.lost), 1, s.kept, false)))
	finds(t, r, audit.TwoAtOnePlace, "0/1", "")
	finds(t, r, audit.TwoAtOnePlace, "0/2", "")
}

// The branch of an epoch that the ledger closed gives way without a proof of the fork.
func TestABranchOfAClosedEpochGivesWay(t *testing.T) {
	s := splits(t, 2)
	s.Reinstate("op")
	clean(t, run(t, s.World, of(s.hold(t, s.chain(s.lost), 1, s.kept, false))))
	r := run(t, s.World, of(s.hold(t, s.chain(s.kept), 1, s.lost, false)))
	finds(t, r, audit.OtherHead, "0/2", "is here")
}
