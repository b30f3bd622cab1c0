package realmtest

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// next makes the key that is to take the place of a node's own.
func (r *Realm) next(s *Station, p keys.Purpose) keys.Private {
	r.Helper()
	key, err := keys.CreateNext(filepath.Join(s.Dir, node.KeysDir), p, s.Cfg.Unlock, rand.Reader)
	r.Must(err)
	return key
}

// An issuer's key is rotated while its node runs: what was said under the old one up to
// the head counts on every node, that node signs under the new one by itself, also after a
// restart, and can take back what it said under the old one.
func TestAKeyIsRotated(t *testing.T) {
	r := Found(t, []string{"op: operator, vendor", "third: operator", "fourth: operator"})
	r.Ticked()
	op, reg := r.Of("op"), r.Of("reg")
	old := op.Voice.Issuer
	r.say(op, 2, "13900139000", "13900139001")
	next := r.next(op, keys.PurposeIssuer)
	r.enact("a new machine", reg.Node.State().Size(), &article.IssuerEnd{
		Issuer: old.Public(), How: article.Rotate, Successor: next.Public(), Heads: []motion.AnchoredHead{r.head(reg, old.Public(), 0, 1)},
	}, []keys.Private{old, next}, "reg")
	r.Everywhere("what was said before counts", func(n *node.Node) bool { return flags(n) == 2 })
	r.Until("it signs by the new key", func() bool { return op.Flag("13900139002") == nil })
	r.Everywhere("it is heard", func(n *node.Node) bool { return flags(n) == 3 })
	made, err := op.Node.ProposeMotion(context.Background(), api.Proposal{
		Kind: "ratify", Action: "label", Category: "crm.fraud.impersonation", Grounds: "investigation", Items: []api.ProposedItem{{Number: "+8613900139000"}}, Reason: "after the rotation",
	})
	r.Must(err)
	if made.Motion.Proposer != next.Public().String() || len(made.Inboxes) != 1 {
		t.Errorf("it proposes as %s, and that lies with %v", made.Motion.Proposer, made.Inboxes)
	}
	taken, err := op.Node.WithdrawMotion(context.Background(), made.Motion.ID)
	if err != nil || taken.State != api.MotionWithdrawn {
		t.Errorf("it takes that back: %s, %v", taken.State, err)
	}
	op.Stop()
	op.Start()
	r.say(op, 4, "13900139003")
	for _, s := range r.Nodes {
		for key, want := range map[keys.Public]uint64{old.Public(): 1, next.Public(): 1} {
			if tip, held, err := s.Node.Store().Latest(key); err != nil || !held || tip.Sequence != want {
				t.Errorf("%s holds of %s up to %d, %v", s.ID, key.Short(), tip.Sequence, err)
			}
		}
	}
}

// living tells which members' flags of a number count on a node.
func living(r *Realm, n *node.Node, num string) (members []string) {
	r.Helper()
	subject, err := number.Parse("+86" + num)
	r.Must(err)
	l := n.View().List()
	for _, key := range l.Explain(subject).Keys {
		for _, told := range key.Told {
			if told.Statement.Kind == assertion.KindFlag && told.Status == view.Counting {
				members = append(members, l.State().Member(told.Member).ID)
			}
		}
	}
	return members
}

// forge has another who holds a node's issuer key flag a number after its last batch, and
// a node hear of it.
func (r *Realm) forge(of, at *Station, num string) {
	r.Helper()
	subject, err := number.Parse("+86" + num)
	r.Must(err)
	now := time.Now().Unix()
	category, err := taxonomy.ParseCategory("mkt.retail")
	r.Must(err)
	terms := hand.Terms{Member: of.ID, Policy: of.Node.State().Policy(), Rules: of.Node.View().List().Rules(), Now: now}
	flag, err := terms.Flag(hand.Flag{Key: subject.Range(), Category: category})
	r.Must(err)
	b := assertion.NewBuilder(rand.Reader)
	_, err = b.Add(assertion.PublicationID{1}, &flag)
	r.Must(err)
	batch, err := b.Finish()
	r.Must(err)
	tip, _, err := of.Node.Store().Latest(of.Voice.Issuer.Public())
	r.Must(err)
	h := assertion.Header{
		Federation: of.Node.State().Federation(), Issuer: of.Voice.Issuer.Public(), Sequence: tip.Sequence + 1, Previous: tip.CID, Time: now, Count: batch.Count, Root: batch.Root,
	}
	encoded, err := h.Encode()
	r.Must(err)
	signed, err := assertion.Sign(encoded, of.Voice.Issuer)
	r.Must(err)
	v, err := feed.Verify(signed, h.Federation)
	r.Must(err)
	record := feed.Record{Tip: v.Tip(), Issuer: v.Issuer(), Header: signed, Body: batch.Body}
	r.Must(at.Node.Store().Append([]feed.Record{record}))
}

// What a member says while its rotation waits for the regulators, and no anchor covers,
// works at once and goes on working: its node says it again by the new key, once. What
// another who holds the old key says meanwhile is not said again.
func TestWhatIsSaidWhileAKeyIsRotatedGoesOnCounting(t *testing.T) {
	r := Found(t, []string{"op: operator, vendor", "third: operator", "fourth: operator"})
	r.Ticked()
	op, third, reg := r.Of("op"), r.Of("third"), r.Of("reg")
	old := op.Voice.Issuer
	mistake, err := op.Node.Say(context.Background(), api.Say{Kind: "flag", Subject: "13900139000", Category: "mkt.retail"})
	r.Must(err)
	r.say(op, 2, "13900139001")
	next := r.next(op, keys.PurposeIssuer)
	size, head := reg.Node.State().Size(), r.head(reg, old.Public(), 0, 1)
	r.say(op, 3, "13900139002")
	_, err = op.Node.Retract(context.Background(), api.Retract{Ref: mistake.Statements[0], Reason: "a mistake"})
	r.Must(err)
	counts := func(num string, want ...string) {
		r.Helper()
		r.Everywhere(num+" is flagged by "+strings.Join(want, " and "), func(n *node.Node) bool { return slices.Equal(living(r, n, num), want) })
	}
	counts("13900139000")
	counts("13900139002", "op")

	r.forge(op, third, "13900139009")
	op.Stop()
	third.Stop()
	third.Start()
	counts("13900139009", "op")
	r.enact("a new machine", size, &article.IssuerEnd{
		Issuer: old.Public(), How: article.Rotate, Successor: next.Public(), Heads: []motion.AnchoredHead{head},
	}, []keys.Private{old, next}, "reg")
	counts("13900139000", "op")
	counts("13900139002")
	op.Start()
	counts("13900139000")
	counts("13900139001", "op")
	counts("13900139002", "op")
	counts("13900139009")
	op.Stop()
	op.Start()
	r.say(op, flags(reg.Node)+1, "13900139003")
	if tip, _, err := reg.Node.Store().Latest(next.Public()); err != nil || tip.Sequence != 2 {
		t.Errorf("the new key has said %d batches, want what was said again and one flag: %v", tip.Sequence+1, err)
	}
}
