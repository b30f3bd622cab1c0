package realmtest

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"testing"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/motion"
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
