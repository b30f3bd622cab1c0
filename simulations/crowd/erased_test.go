package crowd

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringfence/node/federation"
	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/memory"
	"ringfence/store/taxonomy"
)

// spent is a body without the openings that may be erased on a day, and how many these
// are.
func spent(body []byte, day taxonomy.Day) (erased []byte, gone int64) {
	slots, err := assertion.DecodeSlots(body)
	if err != nil {
		return nil, 0
	}
	for i := range slots {
		if slots[i].Expiry() < day {
			slots[i], gone = slots[i].Erase(), gone+1
		}
	}
	erased, err = assertion.EncodeSlots(slots)
	if err != nil {
		return nil, 0
	}
	return erased, gone
}

// livingFlagsOf is flagsOf without what has expired, which a newcomer may not be given.
func (n *Node) livingFlagsOf(num string) string {
	all := strings.Split(n.flagsOf(num), ", ")
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return strings.HasSuffix(s, " expired") }), ", ")
}

// later lets so many days pass on every node's clock and in the ledger.
func (n *Net) later(days int64, nodes ...*Node) {
	n.t.Helper()
	for _, node := range n.Nodes {
		node.SetAhead(time.Duration(node.ahead.Load()) + time.Duration(days)*24*time.Hour)
	}
	for range days {
		n.Council.Now += 86400
		n.Tick()
	}
	n.Hear(nodes...)
}

// A contest that nobody answered in time ends evidence for good. A newcomer that hears of
// all of it later has the same list as those who lived through it, also where its peers
// have erased everything that may be erased by then: flags, answers and at last the
// contest itself.
func TestANewcomerLapsesWhatWasContestedAlsoWhereThatIsErased(t *testing.T) {
	const num, day = "+8613800000001", hand.SecondsPerDay
	var erased atomic.Int64
	cfg := Config{Nodes: 5, Ledger: true, Known: 4, Change: func(f *charter.FoundingConfig) {
		f.Grants = []charter.RangeGrant{chartertest.Grant(t, "+86138*/13", Member(0), "", "")}
	}}
	var n *Net
	cfg.Alter = func(_ int, cfg *federation.Config) {
		cfg.Store = shelf{cfg.Store, func(body []byte) ([]byte, bool) {
			body, gone := spent(body, n.Nodes[0].View.List().Stamp().Day)
			erased.Add(gone)
			return body, body != nil
		}}
	}
	bubble(t, cfg, func(net *Net) {
		n = net
		here, newcomer := n.Nodes[:4], n.Nodes[4]
		newcomer.Stop()
		flag := func(node *Node, seen, expires int64) {
			n.Within(10*time.Minute, "its clock is believed", func() bool {
				_, err := node.says(func(t hand.Terms) (assertion.Statement, error) {
					return t.Flag(hand.Flag{
						Key: chartertest.Range(n.t, num), Category: retail(n.t), Reports: 5, SeenTo: t.Now - seen*day, Expires: t.Now + expires*day,
					})
				})
				return err == nil
			})
		}
		n.Tick()
		n.Hear(here...)
		for _, node := range here[1:] {
			flag(node, 1, 364)
		}
		contest := here[0].say(func(t hand.Terms) (assertion.Statement, error) {
			return t.Contest(chartertest.Range(n.t, num), "not ours")
		})
		n.Within(time.Minute, "all have the contest", func() bool { return Equal(here, 4) })
		n.Anchor(here...)
		n.Tick()
		n.Hear(here...)
		here[1].say(func(t hand.Terms) (assertion.Statement, error) { return t.Answer(contest, true, "seen") })
		n.Within(time.Minute, "all have the answer", func() bool { return Equal(here, 5) })
		n.Anchor(here[1])
		n.Tick()
		n.later(60, here...)
		flag(here[3], 62, 364) // what lapsed, said again
		n.later(40, here...)
		flag(here[2], 1, 364) // what was seen since
		n.Within(time.Minute, "all have the later flags", func() bool { return Equal(here, 7) })

		for _, at := range []struct {
			days, least int64 // more; openings that are erased by then, at least
			told        string
		}{
			{0, 0, "m001 counts, m002 counts, m002 lapsed, m003 lapsed, m003 lapsed"},
			{270, 3, "m002 counts, m003 lapsed"},
			{90, 6, "m002 counts"},
		} {
			n.later(at.days, here...)
			n.Within(10*time.Minute, "those who lived through it agree", func() bool { return Equal(here, 7) })
			erased.Store(0)
			newcomer.Store = memory.New()
			newcomer.heard = 0
			newcomer.Start()
			n.Hear(newcomer)
			n.Within(10*time.Minute, "the newcomer has their list", func() bool { return Equal(n.Nodes, 7) })
			n.Within(10*time.Minute, "all know that they have one list", n.agreed)
			newcomer.Stop()
			if got := erased.Load(); got < at.least {
				t.Errorf("after %d days more %d erased openings were served, want %d: this shows nothing", at.days, got, at.least)
			}
			for _, node := range n.Nodes {
				if got := node.livingFlagsOf(num); got != at.told {
					t.Errorf("after %d days more node %d tells: %s; want %s", at.days, node.Index, got, at.told)
				}
			}
		}
	})
}
