package node

import (
	"context"
	"slices"
	"testing"

	"ringfence/node/api"
	"ringfence/store/assertion"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/view"
)

// twice proves that a key signed two headers for the first place of its feed.
func (c *board) twice(key keys.Private) feed.ForkProof {
	c.Helper()
	var two [2]feed.Verified
	for i := range two {
		h := assertion.Header{Federation: c.State.Constitution().Federation(), Issuer: key.Public(), Time: c.Now + int64(i), Count: 1, Root: [32]byte{9}}
		encoded, err := h.Encode()
		must(c.h.t, err)
		signed, err := assertion.Sign(encoded, key)
		must(c.h.t, err)
		two[i], err = feed.Verify(signed, h.Federation)
		must(c.h.t, err)
	}
	proof, err := feed.NewForkProof(two[0], two[1])
	must(c.h.t, err)
	return proof
}

// A fork that the regulators put on record is known to a node that nobody gossiped the
// proof to: status and evidence tell it, and a node whose own key it is signs no more,
// whether the node heard of it as it ran or finds it in its ledger when it starts.
func TestAForkThatTheLedgerNotes(t *testing.T) {
	h, c := withCouncil(t, nil)
	ctx := context.Background()
	known := func(when string, all ...feed.ForkProof) {
		t.Helper()
		evidence, err := h.node.Evidence(ctx)
		must(t, err)
		status, err := h.node.Status(ctx)
		must(t, err)
		if len(evidence.Forks) != len(all) {
			t.Errorf("%s: %d forks are evidence, %d are noted", when, len(evidence.Forks), len(all))
		}
		for _, proof := range all {
			issuer := proof.Issuer().String()
			if !slices.ContainsFunc(evidence.Forks, func(f api.Fork) bool { return f.Issuer == issuer && string(f.ProofBytes) == string(proof.Bytes()) }) {
				t.Errorf("%s: no evidence of the fork of %s", when, proof.Issuer().Short())
			}
			if !slices.ContainsFunc(status.Feeds, func(f api.Feed) bool { return f.Issuer == issuer && f.Frozen }) {
				t.Errorf("%s: status does not tell that the feed of %s is frozen", when, proof.Issuer().Short())
			}
		}
	}
	must(t, h.flags())
	other := c.twice(chartertest.Issuer("list"))
	c.take(c.Try(c.Motion(motion.NoteFork, [][]byte{other.Bytes()}, nil), "reg"))
	c.tell()
	known("as it runs", other)
	must(t, h.flags()) // which is said already

	own := c.twice(h.key())
	c.take(c.Try(c.Motion(motion.NoteFork, [][]byte{own.Bytes()}, nil), "reg"))
	c.keep() // the node hears of it only when it starts
	known("at the start", other, own)
	if err := h.flags(); api.KindOf(err) != api.Refused {
		t.Errorf("a forked key signs on: %v", err)
	}
	member, _ := h.node.member()
	if list := h.node.View().List(); view.Suspended(list, member) != 2 {
		t.Errorf("%d statements of the own key are suspended, 2 were made", view.Suspended(list, member))
	}
	root := h.node.View().List().Stamp().Root
	h.reopen()
	known("after another start", other, own)
	if again := h.node.View().List().Stamp().Root; again != root {
		t.Errorf("root %s after a restart, %s before", again, root)
	}
}
