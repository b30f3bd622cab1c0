package realmtest

import (
	"testing"

	"ringfence/node"
	"ringfence/store/assertion"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// flags is how many statements a node's list is made of.
func flags(n *node.Node) int { return n.View().List().Counts().Statements }

// say flags so many numbers, from one on, and waits until all nodes count them.
func (r *Realm) say(s *Station, all int, numbers ...string) {
	r.Helper()
	for _, n := range numbers {
		r.Must(s.Flag(n))
	}
	r.Everywhere("it has the flags", func(n *node.Node) bool { return flags(n) == all })
}

// fork signs another batch by a member's issuer key in the place of its last one, and shows
// the two to the door of a node.
func (r *Realm) fork(of *Station, at *Station) {
	r.Helper()
	issuer := of.Voice.Issuer.Public()
	tip, _, err := of.Node.Store().Latest(issuer)
	r.Must(err)
	held, _, err := of.Node.Store().Batch(tip.CID)
	r.Must(err)
	h, _, err := feed.Peek(held.Header)
	r.Must(err)
	h.Time++
	encoded, err := h.Encode()
	r.Must(err)
	other, err := assertion.Sign(encoded, of.Voice.Issuer)
	r.Must(err)
	var two [2]feed.Verified
	for i, signed := range [][]byte{held.Header, other} {
		two[i], err = feed.Verify(signed, h.Federation)
		r.Must(err)
	}
	proof, err := feed.NewForkProof(two[0], two[1])
	r.Must(err)
	r.Must(at.Node.Store().PutFork(proof))
	at.Stop()
	at.Start()
}

// head returns where a feed is to be anchored: at a batch of its epoch that a node holds.
func (r *Realm) head(at *Station, issuer keys.Public, epoch, sequence uint64) motion.AnchoredHead {
	r.Helper()
	record, ok := at.Node.State().Record(issuer)
	signed, held, err := at.Node.Store().Header(issuer, epoch, sequence)
	r.Must(err)
	if !ok || !held {
		r.Fatalf("%s holds no batch %d/%d", at.ID, epoch, sequence)
	}
	_, id, err := feed.Peek(signed)
	r.Must(err)
	hash := id.Hash()
	return motion.AnchoredHead{Issuer: record.Index, Epoch: epoch, Sequence: sequence, Digest: merkle.Hash(hash[len(hash)-merkle.HashSize:])}
}

// A publisher whose key told two stories is reinstated: what it said up to the base counts
// again on every node, its own node signs in the new epoch by itself, and all take that,
// also who comes later.
func TestAReinstatedIssuerGoesOn(t *testing.T) {
	r := Found(t, []string{"op: operator, vendor", "third: operator"}, "late")
	r.Ticked()
	late := r.Of("late")
	late.Stop()
	op, reg := r.Of("op"), r.Of("reg")
	issuer := op.Voice.Issuer.Public()
	r.say(op, 3, "13900139000", "13900139001", "13900139002")
	r.fork(op, r.Of("third"))
	r.Everywhere("nothing of the feed counts", func(n *node.Node) bool { return flags(n) == 0 })
	r.Until("it does not sign", func() bool { return op.Flag("13900139003") != nil })

	size := reg.Node.State().Size()
	r.enact("it has a new machine", size, &article.Reinstatement{
		Issuer: issuer, Epoch: 1, Base: []motion.AnchoredHead{r.head(reg, issuer, 0, 1)},
	}, []keys.Private{Recovery("op")}, "reg")
	r.Everywhere("what was said up to the base counts again", func(n *node.Node) bool { return flags(n) == 2 })
	r.Until("it signs again", func() bool { return op.Flag("13900139003") == nil })
	r.say(op, 4, "13900139004")
	for _, s := range r.Nodes {
		if s.Node == nil {
			continue
		}
		tip, _, err := s.Node.Store().Latest(issuer)
		r.Must(err)
		if tip.Epoch != 1 || tip.Sequence != 1 {
			t.Errorf("%s holds the feed up to %d/%d", s.ID, tip.Epoch, tip.Sequence)
		}
	}
	third := r.Of("third")
	third.Stop()
	third.Start()
	r.say(op, 5, "13900139005")

	r.enact("another", 0, &article.MemberAdmission{Member: late.Card.Member()}, []keys.Private{late.Voice.Issuer}, "reg")
	late.Start()
	r.Everywhere("it has what counts of both epochs", func(n *node.Node) bool { return flags(n) == 5 })
	r.Until("all agree", func() bool { return late.Node.Standing().Agreeing == 3 })
}
