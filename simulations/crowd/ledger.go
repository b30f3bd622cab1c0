package crowd

import (
	"errors"
	"slices"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// council founds the federation of a crowd with a ledger, of which the one regulator
// runs no node: what it decides the test carries to each node.
func (n *Net) council() *ballottest.Federation {
	n.t.Helper()
	c := ballottest.Found(n.t, 1, func(f *charter.FoundingConfig) {
		f.Created = n.now().Unix() - 3600
		for i := range f.Cards {
			f.Cards[i].Hosts = nil
		}
		for i := range n.cfg.Nodes - n.cfg.Strangers {
			f.Cards = append(f.Cards, chartertest.Card(n.t, Member(i), "operator", "vendor"))
		}
		if n.cfg.Change != nil {
			n.cfg.Change(f)
		}
	})
	c.Now = n.now().Unix()
	return c
}

// Decide has the regulator carry a motion of one article, which its endorsers sign.
// Nobody hears of it before Hear.
func (n *Net) Decide(kind motion.Kind, a article.Item, endorsers ...keys.Private) {
	n.t.Helper()
	n.Council.Now = max(n.Council.Now, n.now().Unix()) // a test may be ahead
	p := n.Council.Motion(kind, n.Council.Article(a, endorsers...), nil)
	n.take(n.Council.Try(p, "reg"))
}

// Anchor has the regulator anchor the feeds of nodes, as far as the first of them has
// them.
func (n *Net) Anchor(nodes ...*Node) {
	n.t.Helper()
	tips := make(map[keys.Public]feed.Tip)
	for _, node := range nodes {
		if tip, ok := nodes[0].View.List().Frontier()[node.key.Public()]; ok {
			tips[node.key.Public()] = tip
		}
	}
	n.Council.Now = max(n.Council.Now, n.now().Unix()) // a test may be ahead
	n.take(n.Council.Try(n.Council.AnchorOf(tips), "reg"))
}

// AnchorAt has the regulator anchor a feed at one of its batches.
func (n *Net) AnchorAt(issuer keys.Public, tip feed.Tip) {
	n.t.Helper()
	n.Council.Now = max(n.Council.Now, n.now().Unix()) // a test may be ahead
	n.take(n.Council.Try(n.Council.AnchorOf(map[keys.Public]feed.Tip{issuer: tip}), "reg"))
}

// Tick has the regulator tell the time.
func (n *Net) Tick() {
	n.t.Helper()
	n.Council.Now = max(n.Council.Now, n.now().Unix()) // a test may be ahead
	n.take(n.Council.Tick())
}

func (n *Net) take(r ballot.Result) {
	n.t.Helper()
	if r.Refusal != nil || r.Outcome != ballot.Entered {
		n.t.Fatalf("the regulator's ledger takes no %v: %v, %v", r.Verb, r.Outcome, r.Refusal)
	}
	n.decided = append(n.decided, r.Enacted)
}

// Hear has nodes follow the ledger as far as it goes.
func (n *Net) Hear(nodes ...*Node) {
	n.t.Helper()
	for _, node := range nodes {
		news := n.decided[node.heard:]
		if err := errors.Join(node.View.Enact(news...), node.heads.Add(news)); err != nil {
			n.t.Fatalf("node %d: %v", node.Index, err)
		}
		node.heard = len(n.decided)
		node.wake()
	}
}

// roster is the constitution as the ledger stands that one life of a node has heard of.
type roster func() *charter.State

// EverAdmitted implements intake.Roster.
func (r roster) EverAdmitted(issuer keys.Public) bool { return r().EverAdmitted(issuer) }

// roster returns that of the life that begins: what is left of an earlier one still asks
// its own.
func (n *Node) roster() roster {
	if n.net.Council == nil {
		return func() *charter.State { return n.net.State }
	}
	v := n.View
	return func() *charter.State { return v.List().State() }
}

// Near returns the nodes that a node is connected to, by index.
func (n *Node) Near() (near []int) {
	if n.Federation == nil {
		return nil
	}
	for _, k := range n.Federation.Overlay().Neighbours() {
		near = append(near, slices.IndexFunc(n.net.Nodes, func(o *Node) bool { return o.host.Public() == k }))
	}
	slices.Sort(near)
	return near
}
