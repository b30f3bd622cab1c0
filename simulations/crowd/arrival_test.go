package crowd

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// rumour is a crowd whose last three nodes hear things in other orders than the rest:
// one the ledger before any batch, one every batch before the ledger, and one both at the
// end. Whatever the ledger decides, all must have one list.
type rumour struct {
	*Net
	rest                           []*Node
	ledgerFirst, ledgerLast, atEnd *Node
}

// arrive runs a scenario of four nodes that hear everything as it comes, with a holder of
// the numbers, and three that do not.
func arrive(t *testing.T, scenario func(a *rumour)) {
	holder := func(f *charter.FoundingConfig) {
		f.Grants = []charter.RangeGrant{chartertest.Grant(t, "+86138*/13", Member(0), "", "")}
	}
	bubble(t, Config{Nodes: 7, Ledger: true, Known: 4, Change: holder}, func(n *Net) {
		a := &rumour{Net: n, rest: n.Nodes[:4], ledgerFirst: n.Nodes[4], ledgerLast: n.Nodes[5], atEnd: n.Nodes[6]}
		a.ledgerFirst.Stop()
		a.atEnd.Stop()
		n.Tick()
		a.hear()
		scenario(a)
	})
}

// hear has those who hear of the ledger at once hear of it.
func (a *rumour) hear(but ...*Node) {
	a.t.Helper()
	for _, node := range append(slices.Clone(a.rest), a.ledgerFirst) {
		if !slices.Contains(but, node) {
			a.Hear(node)
		}
	}
}

// have waits until those who hear of batches at once have so many statements; the one that
// hears nothing of the ledger too, unless they are of a key that it does not know.
func (a *rumour) have(statements int, unknown ...*Node) {
	a.t.Helper()
	a.Within(time.Minute, "those who run have what was said", func() bool {
		return !slices.ContainsFunc(append(slices.Clone(a.rest), a.ledgerLast), func(node *Node) bool {
			if slices.Contains(unknown, node) {
				return false
			}
			return node.View.List().Counts().Statements != statements
		})
	})
}

// same lets the last three hear of everything; then all nodes must tell the same of
// numbers, have one list and know it, and so must nodes that hear of it in any other
// order.
func (a *rumour) same(want map[string]string) {
	a.t.Helper()
	a.ledgerFirst.Start()
	a.Hear(a.ledgerLast)
	a.atEnd.Start()
	a.Hear(a.atEnd)
	a.Within(5*time.Minute, "all have one list", func() bool {
		return Equal(a.Nodes, a.rest[1].View.List().Counts().Statements)
	})
	a.Within(5*time.Minute, "all know that they have one list", a.agreed)
	for num, told := range want {
		for _, node := range a.Nodes {
			if got := node.flagsOf(num); got != told {
				a.t.Errorf("of %s node %d tells: %s; want %s", num, node.Index, got, told)
			}
		}
	}
	a.anyOrder(want)
}

// anyOrder lets nodes that are connected to nobody hear of every batch, fork proof and
// decision of the ledger in orders drawn at random: batches before their parents and
// before the ledger knows their issuers too.
func (n *Net) anyOrder(want map[string]string) {
	n.t.Helper()
	orders := uint64(200)
	if raced {
		orders = 10 // what they differ in runs on one goroutine
	}
	var batches []feed.Record
	if err := n.Nodes[1].Store.Since(0, func(_ uint64, r feed.Record) error {
		r.Header, r.Body = slices.Clone(r.Header), slices.Clone(r.Body)
		batches = append(batches, r)
		return nil
	}); err != nil {
		n.t.Fatal(err)
	}
	proofs, err := n.Nodes[1].Store.Forks()
	if err != nil {
		n.t.Fatal(err)
	}
	root := n.Nodes[1].View.List().Stamp().Root
	for seed := range orders {
		node := n.hears(rand.New(rand.NewPCG(seed, 8)), batches, proofs)
		if got := node.View.List().Stamp().Root; got != root {
			n.t.Errorf("order %d: the list root is %s, want %s", seed, got, root)
		}
		for num, told := range want {
			if got := node.flagsOf(num); got != told {
				n.t.Errorf("order %d: of %s it tells: %s; want %s", seed, num, got, told)
			}
		}
		if n.t.Failed() {
			return
		}
	}
}

// hears returns a node that nobody is connected to, which heard of all that there is in an
// order drawn by rnd. What its door lets wait is offered again.
func (n *Net) hears(rnd *rand.Rand, batches []feed.Record, proofs []feed.ForkProof) *Node {
	n.t.Helper()
	node := &Node{net: n, Index: len(n.Nodes), Store: memory.New(), key: n.Nodes[1].key, news: make(chan struct{}, 1)}
	if err := node.hold(); err != nil {
		n.t.Fatal(err)
	}
	waiting, proofs := slices.Clone(batches), slices.Clone(proofs)
	admit := func(i int) bool {
		got, err := node.Door.Admit([]intake.Offer{{Header: waiting[i].Header, Body: waiting[i].Body}}, n.Nodes[1].Now())
		if err != nil || got[0].Status == intake.Refused {
			n.t.Fatalf("the door: %v, %v", got, err)
		}
		if got[0].Status != intake.Fresh && got[0].Status != intake.Known {
			return false
		}
		waiting = slices.Delete(waiting, i, i+1)
		return true
	}
	for node.heard < len(n.decided) || len(proofs) > 0 {
		switch what := rnd.IntN(len(waiting) + len(proofs) + len(n.decided) - node.heard); {
		case what < len(waiting):
			admit(what)
		case what < len(waiting)+len(proofs):
			if _, err := node.Door.AdmitFork(proofs[0].Bytes()); err != nil {
				n.t.Fatal(err)
			}
			proofs = proofs[1:]
		default:
			to := node.heard + 1 + rnd.IntN(len(n.decided)-node.heard)
			news := n.decided[node.heard:to]
			if err := node.View.Enact(news...); err != nil {
				n.t.Fatal(err)
			}
			if err := node.heads.Add(news); err != nil {
				n.t.Fatal(err)
			}
			node.heard = to
		}
		if rnd.IntN(2) == 0 {
			if _, err := node.View.Follow(); err != nil {
				n.t.Fatal(err)
			}
		}
	}
	for more := true; more; {
		more = false
		for _, i := range rnd.Perm(len(waiting)) {
			more = i < len(waiting) && admit(i) || more
		}
	}
	if _, err := node.View.Follow(); err != nil {
		n.t.Fatal(err)
	}
	return node
}

// head names the last batch of a feed that a node holds, as motions do.
func (n *Node) head(issuer keys.Public) motion.AnchoredHead {
	n.net.t.Helper()
	tip, held, err := n.Store.Latest(issuer)
	record, known := n.net.Council.State.Constitution().Record(issuer)
	if err != nil || !held || !known {
		n.net.t.Fatalf("node %d holds nothing of key %s: %v", n.Index, issuer.Short(), err)
	}
	return motion.AnchoredHead{Issuer: record.Index, Epoch: tip.Epoch, Sequence: tip.Sequence, Digest: merkle.Hash(tip.CID.Hash()[2:])}
}

func retail(t testing.TB) taxonomy.Category {
	t.Helper()
	c, err := taxonomy.ParseCategory("mkt.retail")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// say has a node say what it drafts, and fails the test when it may not.
func (n *Node) say(draft func(hand.Terms) (assertion.Statement, error)) taxonomy.Ref {
	n.net.t.Helper()
	ref, err := n.says(draft)
	if err != nil {
		n.net.t.Fatalf("node %d: %v", n.Index, err)
	}
	return ref
}

// flagSeen has a node flag what it saw some days ago.
func (n *Node) flagSeen(num string, days int64) {
	n.net.t.Helper()
	n.say(func(t hand.Terms) (assertion.Statement, error) {
		return t.Flag(hand.Flag{Key: chartertest.Range(n.net.t, num), Category: retail(n.net.t), Reports: 5, SeenTo: t.Now - days*hand.SecondsPerDay})
	})
}

// reassign has a node say that a number has had a new user since yesterday.
func (n *Node) reassign(num string) {
	n.net.t.Helper()
	n.say(func(t hand.Terms) (assertion.Statement, error) {
		subject, err := number.Parse(num)
		if err != nil {
			return assertion.Statement{}, err
		}
		return t.Reassign(subject, t.Now-hand.SecondsPerDay)
	})
}

// A member reassigns numbers of a range that is granted to another meanwhile. What it said
// up to the head that the grant's end names decides, what it said beyond does not, and
// what its successor says does; whether a node hears of the batches before the ledger or
// after.
func TestABatchUnderAGrantThatEndsIsJudgedAlikeEverywhere(t *testing.T) {
	arrive(t, func(a *rumour) {
		old, next := a.rest[0], a.rest[1]
		for i := range 4 {
			a.rest[2].flagSeen(Num(i), 3)
			a.rest[3].flagSeen(Num(i), 3)
		}
		a.have(8)
		old.reassign(Num(0))
		a.have(9)
		key := chartertest.RangeBytes(chartertest.Range(t, "+86138*/13"))
		end := &article.GrantEnd{Range: key, Heads: []motion.AnchoredHead{old.head(old.key.Public())}, Next: []article.Grant{{Range: key, Allocatee: Member(1)}}}
		drawn := a.Council.Motion(motion.EndGrant, a.Council.Article(end), nil)
		old.reassign(Num(1)) // it holds the range yet, but nothing anchors this any more
		a.have(10)
		a.take(a.Council.Try(drawn, "reg"))
		a.hear(old)
		old.reassign(Num(2)) // it has not heard of it
		a.hear()
		next.reassign(Num(3))
		a.have(12)
		a.Tick()
		a.hear()
		a.same(map[string]string{
			Num(0): "m002 reassigned, m003 reassigned", Num(1): "m002 counts, m003 counts",
			Num(2): "m002 counts, m003 counts", Num(3): "m002 reassigned, m003 reassigned",
		})
	})
}

// rotated draws the rotation of a node's key.
func (n *Node) rotated(next keys.Private) *article.IssuerEnd {
	return &article.IssuerEnd{Issuer: n.key.Public(), How: article.Rotate, Successor: next.Public(), Heads: []motion.AnchoredHead{n.head(n.key.Public())}}
}

// A key retracts as the last thing that its rotation names, and goes on after that. What
// the rotation names stays undone; what comes after the cut undoes nothing, unless an
// anchor fixed it before the rotation was enacted; and the new key may undo what the old
// one said.
func TestARotatedKeysLastRetractionIsJudgedAlikeEverywhere(t *testing.T) {
	for _, anchored := range []bool{false, true} {
		arrive(t, func(a *rumour) {
			old, heir := a.rest[0], a.rest[3]
			next := chartertest.Issuer("next")
			var said [4]taxonomy.Ref
			for i := range said {
				said[i] = old.Flag(Num(i)).Statements[0]
				a.rest[1].Flag(Num(i))
			}
			a.have(8)
			if anchored {
				a.Anchor(a.rest...) // or the first of all would anchor what comes
			}
			old.Retract(said[0])
			a.have(9)
			drawn := a.Council.Motion(motion.EndIssuer, a.Council.Article(old.rotated(next), old.key, next), nil)
			old.Retract(said[1])
			a.have(10)
			if anchored {
				a.AnchorAt(old.key.Public(), old.tip())
			}
			a.take(a.Council.Try(drawn, "reg"))
			a.hear(old)
			old.Retract(said[2]) // it has not heard of it
			a.have(11)
			a.hear()
			a.Tick()
			a.hear()
			heir.Stop() // the new key lies on another machine, which knows nothing of this
			heir.key = next
			heir.Start()
			a.Hear(heir)
			a.Within(time.Minute, "the new key speaks", func() bool { _, err := heir.TryFlag(Num(4)); return err == nil })
			heir.Retract(said[3])
			a.have(13, a.ledgerLast)
			want := map[string]string{
				Num(0): "m000 retracted, m001 counts", Num(1): "m000 counts, m001 counts", Num(2): "m000 counts, m001 counts",
				Num(3): "m000 retracted, m001 counts", Num(4): "m000 counts",
			}
			if anchored {
				want[Num(1)] = want[Num(0)]
			}
			a.same(want)
		})
	}
}

// tip is the end of a node's own feed.
func (n *Node) tip() feed.Tip {
	n.net.t.Helper()
	tip, held, err := n.Store.Latest(n.key.Public())
	if err != nil || !held {
		n.net.t.Fatal(held, err)
	}
	return tip
}

// A key tells a second story at a place far below what is anchored. Nothing anchored is
// lost by it and nothing that was taken back returns; what is not anchored is suspended,
// undoing included; whether a node hears first of the fork, of the feed or of the ledger.
func TestAForkBelowAnAnchorIsJudgedAlikeEverywhere(t *testing.T) {
	arrive(t, func(a *rumour) {
		author := a.rest[0]
		var said [3]taxonomy.Ref
		for i := range said {
			said[i] = author.Flag(Num(i)).Statements[0]
		}
		author.Retract(said[0])
		a.rest[1].Flag(Num(1))
		a.have(5)
		a.Anchor(a.rest...)
		a.Tick()
		a.hear()
		author.Retract(said[1])
		author.Flag(Num(3))
		a.have(7)
		first, _, err := author.Store.Header(author.key.Public(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		a.ledgerLast.admitFork(a.secondStory(author, first))
		a.Within(time.Minute, "those who run know of the fork", func() bool {
			return !slices.ContainsFunc(append(slices.Clone(a.rest), a.ledgerLast), func(node *Node) bool {
				proofs, err := node.Store.Forks()
				return err != nil || len(proofs) != 1
			})
		})
		a.same(map[string]string{Num(0): "m000 retracted", Num(1): "m000 counts, m001 counts", Num(2): "m000 counts"})
	})
}

// secondStory returns the proof that a node's key signed another header for the place of
// one.
func (n *Net) secondStory(of *Node, header []byte) feed.ForkProof {
	n.t.Helper()
	h, _, err := feed.Peek(header)
	if err != nil {
		n.t.Fatal(err)
	}
	h.Time++
	encoded, err := h.Encode()
	if err != nil {
		n.t.Fatal(err)
	}
	other, err := assertion.Sign(encoded, of.key)
	if err != nil {
		n.t.Fatal(err)
	}
	var two [2]feed.Verified
	for i, signed := range [][]byte{header, other} {
		if two[i], err = feed.Verify(signed, h.Federation); err != nil {
			n.t.Fatal(err)
		}
	}
	proof, err := feed.NewForkProof(two[0], two[1])
	if err != nil {
		n.t.Fatal(err)
	}
	return proof
}

// admitFork shows a node a fork proof.
func (n *Node) admitFork(proof feed.ForkProof) {
	n.net.t.Helper()
	got, err := n.Door.AdmitFork(proof.Bytes())
	if err != nil || got.Status != intake.Forked {
		n.net.t.Fatal(got.Status, got.Detail, err)
	}
}
