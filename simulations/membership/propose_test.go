package membership

import (
	"context"
	"slices"
	"strings"
	"testing"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/store/number"
)

const fraud = "+8613800138000"

// block is a proposal to block a number.
func block(of string) api.Proposal {
	return api.Proposal{Kind: "ratify", Items: []api.ProposedItem{{Number: of}}, Action: "block", Category: "crm.fraud.impersonation", Grounds: "investigation", Reason: "case 12"}
}

func ratifies(m *api.Motion) bool { return m.Kind == "ratify" }

// A member proposes on its own node; it waits in every regulator's inbox, in words, with
// what it would do; three of four vote for it, the first of whom brings it in, and it is in
// force on every node. The proposer sees on its own node how it stands all the while.
func TestAMemberProposesAndThreeOfFourRegulatorsVote(t *testing.T) {
	w := begin(t)
	ctx := context.Background()
	op := w.node("op")
	preview := block(fraud)
	preview.Preview = true
	seen, err := op.ProposeMotion(ctx, preview)
	w.Must(err)
	if seen.Effect.Votes != 3 || seen.Effect.Blocked != 1 || len(seen.Effect.Refusals) > 0 {
		t.Errorf("the preview: %+v", seen.Effect)
	}
	if all, err := w.node("reg").Motions(ctx, api.MotionQuery{}); err != nil || len(all.Motions) != 0 {
		t.Fatalf("a preview was sent: %+v, %v", all, err)
	}
	made, err := op.ProposeMotion(ctx, block(fraud))
	w.Must(err)
	id := made.Motion.ID
	w.Until("it is in every inbox", func() bool {
		m, err := op.Motion(ctx, id)
		w.Must(err)
		return m.State == api.MotionInbox && slices.Equal(m.Inboxes, regulators)
	})
	for _, r := range regulators {
		m := w.waiting(r, ratifies)
		if m.ID != id || m.State != api.MotionInbox || m.Member != "op" || !strings.HasPrefix(m.Does.Text, "blocks 1 number") || m.Reason != "case 12" {
			t.Errorf("what waits for %s: %+v", r, m)
		}
		full, err := w.node(r).Motion(ctx, id)
		w.Must(err)
		if full.Effect.Votes != 3 || full.Effect.Blocked != 1 || len(full.Effect.Refusals) > 0 || len(full.Content) != 1 || !strings.HasPrefix(full.Content[0].Text, fraud+" block") {
			t.Errorf("%s sees %+v, %q", r, full.Effect, full.Content)
		}
	}
	if m := w.votes("reg-2", ratifies); m.ID != id || m.State != api.MotionOpen || m.Missing != 2 {
		t.Fatalf("brought in: %+v", m)
	}
	w.Until("the proposer sees the vote", func() bool {
		m, err := op.Motion(ctx, id)
		w.Must(err)
		return m.State == api.MotionOpen && slices.Equal(m.For, []string{"reg-2"}) && m.Needed == 3 && m.Missing == 2
	})
	for _, r := range []string{"reg", "reg-4"} {
		w.votes(r, ratifies)
	}
	n, err := number.Parse(fraud)
	w.Must(err)
	w.Everywhere("it is enacted on every node, and the list with it", func(p *node.Node) bool {
		m, err := p.Motion(ctx, id)
		e, _, ok := p.View().List().Lookup(n)
		return err == nil && m.State == api.MotionEnacted && ok && e.Ratified
	})
	for _, r := range regulators {
		if all, err := w.node(r).Motions(ctx, api.MotionQuery{Mine: true}); err != nil || len(all.Motions) > 0 {
			t.Errorf("it still waits for %s: %+v, %v", r, all, err)
		}
	}
}

// What a member proposed it takes back itself, from the inboxes and from before the
// regulators; a regulator that sets it aside is not asked again; a letter waits for nodes
// that were down, and outlives its sender's restart.
func TestAMemberTakesBackWhatItProposed(t *testing.T) {
	w := begin(t)
	ctx := context.Background()
	down, op := w.Of("reg-3"), w.Of("op")
	down.Stop()
	made, err := op.Node.ProposeMotion(ctx, block(fraud))
	w.Must(err)
	id := made.Motion.ID
	w.waiting("reg", ratifies)
	aside, err := w.node("reg").VoteMotion(ctx, api.MotionVote{ID: id})
	w.Must(err)
	if aside.State != api.MotionAside || !strings.Contains(aside.Aside.Text, "set it aside") {
		t.Errorf("set aside: %+v", aside)
	}
	op.Stop()
	op.Start()
	down.Start()
	w.waiting("reg-3", ratifies)
	if all, err := w.node("reg").Motions(ctx, api.MotionQuery{Mine: true}); err != nil || len(all.Motions) > 0 {
		t.Errorf("what was set aside waits again: %+v, %v", all, err)
	}
	w.votes("reg-2", ratifies)
	w.Until("the proposer sees it open", func() bool {
		m, err := op.Node.Motion(ctx, id)
		return err == nil && m.State == api.MotionOpen
	})
	m, err := op.Node.WithdrawMotion(ctx, id)
	w.Must(err)
	if m.State != api.MotionWithdrawn || len(m.Inboxes) > 0 {
		t.Errorf("withdrawn, and in nobody's inbox: %+v", m)
	}
	w.Everywhere("it is before nobody any more", func(p *node.Node) bool {
		all, err := p.Motions(ctx, api.MotionQuery{Mine: true})
		return err == nil && len(all.Motions) == 0
	})
}
