package node

import (
	"context"
	"slices"
	"strings"
	"testing"

	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
)

// A node whose member has left is told so, and not to ask for admission, which neither that
// ID nor its keys are ever given again.
func TestANodeWhoseMemberLeftIsToldSo(t *testing.T) {
	h, c := withCouncil(t, nil)
	m, ok := h.node.member()
	if !ok {
		t.Fatal("it is no member's")
	}
	c.decide(motion.RemoveMember, &article.MemberRemoval{Member: h.node.State().Member(m).ID, How: article.Leave})
	c.tell()
	why := phrase.From(h.node.apart())
	if !slices.ContainsFunc(why.Sentences(), func(p phrase.Sentence) bool { return p.Code == "problem.left" }) {
		t.Errorf("it is apart because %q", why.Text)
	}
	status, err := h.node.Status(context.Background())
	must(t, err)
	for _, p := range status.Problems {
		for _, one := range p.Sentences() {
			if strings.Contains(one.Text, "ringfence join") {
				t.Errorf("it is told what can never work: %q", one.Text)
			}
		}
	}
}
