package crowd

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringfence/node/federation"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/memory"
	"ringfence/store/view"
)

// A node whose store is an older copy signs again only once two ready members have
// been asked and its feed ends where they say; what it lost comes back first, and
// it tells no second story.
func TestARestoredNodeIsConfirmedByItsPeers(t *testing.T) {
	bubble(t, Config{Nodes: 4}, func(n *Net) {
		restored := n.Nodes[2]
		for i := range 5 {
			restored.Flag(Num(i))
		}
		n.Within(5*time.Second, "everybody has five flags", func() bool { return Equal(n.Nodes, 5) })
		restored.Stop()
		restored.Store = olderCopy(t, restored.Store, 3)
		if err := restored.Store.Bar(restored.key.Public(), feed.Bar{Kind: feed.Restored, Reason: "the store was restored"}); err != nil {
			t.Fatal(err)
		}
		others := []*Node{n.Nodes[0], n.Nodes[1], n.Nodes[3]}
		for _, other := range others {
			other.Stop()
		}
		restored.Start()
		time.Sleep(time.Minute)
		waits := func(num, when string) {
			t.Helper()
			if said, err := restored.TryFlag(num); err != nil || len(said.Statements) > 0 || !strings.Contains(said.Queued.Text, "queued, not signed yet") {
				t.Errorf("%s it signs, or keeps no draft: %+v, %v", when, said, err)
			}
		}
		waits(Num(5), "alone")
		others[0].Start()
		time.Sleep(time.Minute)
		waits(Num(6), "by the word of one member")
		restored.Stop() // the queue outlives a restart
		restored.Start()
		time.Sleep(time.Minute)
		if n, err := restored.Publisher.Queued(); err != nil || n != 2 {
			t.Errorf("%d drafts are queued after a restart, want 2: %v", n, err)
		}
		if why := restored.Federation.Standing().Confirming; why == nil || !strings.Contains(why.Text, "1 of 2 members") {
			t.Errorf("it waits because %q", why)
		}
		others[1].Start()
		others[2].Start()
		n.Within(time.Minute, "everybody has five flags and the two that were queued", func() bool { return Equal(n.Nodes, 7) })
		if said := restored.Flag(Num(9)); !said.Queued.IsZero() {
			t.Errorf("it does not sign again: %s", said.Queued)
		}
		n.Within(10*time.Second, "everybody has eight flags", func() bool { return Equal(n.Nodes, 8) })
		for _, node := range n.Nodes {
			if proofs, err := node.Store.Forks(); err != nil || len(proofs) != 0 {
				t.Errorf("node %d: %d forks, %v", node.Index, len(proofs), err)
			}
		}
	})
}

// deaf is the door of a node whose disk is full: it takes nothing in.
type deaf struct{ federation.Door }

func (deaf) Admit([]intake.Offer, time.Time) ([]intake.Outcome, error) {
	return nil, errors.New("no space is left")
}

// Peers that lack what their own peers had do not count as witnesses, however many
// they are: two of them know the restored feed only as far as the copy reaches,
// and would let it tell a second story.
func TestWhoIsNotReadyConfirmsNothing(t *testing.T) {
	var full [4]atomic.Bool
	cfg := Config{Nodes: 4, Alter: func(node int, cfg *federation.Config) {
		if full[node].Load() {
			cfg.Door = deaf{cfg.Door}
		}
	}}
	bubble(t, cfg, func(n *Net) {
		restored, whole, unready := n.Nodes[2], n.Nodes[0], []*Node{n.Nodes[1], n.Nodes[3]}
		for i, by := range []*Node{restored, restored, restored, whole, restored, restored} {
			by.Flag(Num(i))
			n.Within(5*time.Second, "everybody has it", func() bool { return Equal(n.Nodes, i+1) })
		}
		for _, node := range n.Nodes {
			node.Stop()
		}
		for _, node := range unready {
			node.Store = olderCopy(t, node.Store, 3)
			full[node.Index].Store(true)
			node.Start()
		}
		restored.Store = olderCopy(t, restored.Store, 4)
		if err := restored.Store.Bar(restored.key.Public(), feed.Bar{Kind: feed.Restored, Reason: "the store was restored"}); err != nil {
			t.Fatal(err)
		}
		restored.Start()
		refused := func(confirming string) {
			t.Helper()
			time.Sleep(time.Minute)
			if said, err := restored.TryFlag(Num(8)); err != nil || said.Queued.IsZero() {
				t.Errorf("it signs: %+v, %v", said, err)
			}
			if why := restored.Federation.Standing().Confirming; why == nil || !strings.Contains(why.Text, confirming) {
				t.Errorf("it waits because %q, want %q", why, confirming)
			}
		}
		refused("0 of 2 members")
		whole.Start()
		refused("1 of 2 members")
		if !Equal([]*Node{whole, restored}, 6) {
			t.Errorf("what was lost is not back\n%s", n)
		}
		for _, node := range unready {
			full[node.Index].Store(false)
			node.Stop()
			node.Start()
		}
		n.Within(time.Minute, "everybody has six flags and the two that were queued", func() bool { return Equal(n.Nodes, 8) })
		if said := restored.Flag(Num(9)); !said.Queued.IsZero() {
			t.Errorf("it does not sign again: %s", said.Queued)
		}
		for _, node := range n.Nodes {
			if proofs, err := node.Store.Forks(); err != nil || len(proofs) != 0 {
				t.Errorf("node %d: %d forks, %v", node.Index, len(proofs), err)
			}
		}
	})
}

// olderCopy returns a store that holds the first batches of another.
func olderCopy(t *testing.T, of *memory.Store, batches int) *memory.Store {
	t.Helper()
	older := memory.New()
	err := of.Since(0, func(_ uint64, r feed.Record) error {
		if batches--; batches < 0 {
			return nil
		}
		return older.Append([]feed.Record{r})
	})
	if err != nil {
		t.Fatal(err)
	}
	return older
}

// A batch under one's own key that one did not sign: somebody else has the key.
// The node stops signing before it takes the batch in, and says why.
func TestAStolenKeyIsNoticed(t *testing.T) {
	thief := func(node int) int {
		if node == 3 {
			return 1
		}
		return node
	}
	bubble(t, Config{Nodes: 5, Issuer: thief}, func(n *Net) {
		n.Nodes[3].Flag(Num(1))
		n.Within(5*time.Second, "everybody has the thief's flag", func() bool { return Equal(n.Nodes, 1) })
		_, err := n.Nodes[1].TryFlag(Num(2))
		if err == nil || !strings.Contains(err.Error(), "somebody else may hold its key") {
			t.Errorf("the owner of a stolen key signs: %v", err)
		}
		time.Sleep(time.Minute) // its peers cannot lift that bar
		if _, err := n.Nodes[1].TryFlag(Num(2)); err == nil {
			t.Error("the bar was lifted by itself")
		}
		if proofs, err := n.Nodes[0].Store.Forks(); err != nil || len(proofs) != 0 {
			t.Errorf("%d forks, %v: the owner stopped too late", len(proofs), err)
		}
	})
}

// A copied directory that runs a second time is noticed at both ends before either
// has signed, and neither signs until the other is gone, nor once it is restarted. A
// restart is no twin.
func TestATwinIsNoticedBeforeItSigns(t *testing.T) {
	const owner, twin = 1, 4
	copied := false
	cfg := Config{
		Nodes: 5,
		Issuer: func(node int) int {
			if node == twin {
				return owner
			}
			return node
		},
		Alter: func(node int, cfg *federation.Config) {
			if node == twin && copied {
				cfg.Key = chartertest.Key("host", Member(owner))
			}
		},
	}
	bubble(t, cfg, func(n *Net) {
		n.Nodes[twin].Stop()
		n.Nodes[owner].Stop()
		n.Nodes[owner].Start()
		time.Sleep(3 * time.Minute)
		if err := n.Nodes[owner].Federation.MaySign(); err != nil {
			t.Errorf("after a restart: %v", err)
		}
		copied = true
		n.Nodes[twin].Start()
		for _, node := range []*Node{n.Nodes[owner], n.Nodes[twin]} {
			took := n.Within(2*time.Minute, "both know that they are two", func() bool { return errors.Is(node.Federation.MaySign(), federation.ErrTwin) })
			t.Logf("node %d knows of its twin %v later", node.Index, took)
		}
		for range 12 {
			for _, node := range []*Node{n.Nodes[owner], n.Nodes[twin]} {
				if _, err := node.TryFlag(Num(2)); err == nil || !strings.Contains(err.Error(), "this node seems to run twice") {
					t.Errorf("node %d signs beside its twin: %v", node.Index, err)
				}
			}
			time.Sleep(time.Minute)
		}
		for _, node := range []*Node{n.Nodes[0], n.Nodes[2]} {
			if err := node.Federation.MaySign(); err != nil {
				t.Errorf("node %d has no twin: %v", node.Index, err)
			}
		}
		n.Nodes[twin].Stop()
		n.Nodes[owner].Stop()
		n.Nodes[owner].Start()
		if err := n.Nodes[owner].Federation.MaySign(); !errors.Is(err, federation.ErrTwin) {
			t.Errorf("after a restart beside its twin: %v", err)
		}
		n.Within(6*time.Minute, "the twin is gone", func() bool { return n.Nodes[owner].Federation.MaySign() == nil })
		n.Nodes[owner].Flag(Num(1))
		n.Within(5*time.Second, "everybody has the flag", func() bool { return Equal(n.Nodes[:twin], 1) })
	})
}

// merged makes the second node one of the first member.
func merged(c *charter.FoundingConfig) {
	var cards []charter.Card
	for _, card := range c.Cards {
		if card.ID == Member(1) {
			continue
		}
		if card.ID == Member(0) {
			card.Issuers = append(card.Issuers, chartertest.Issuer(Member(1)).Public())
			card.Hosts = append(card.Hosts, chartertest.Key("host", Member(1)).Public())
		}
		cards = append(cards, card)
	}
	c.Cards = cards
}

// Several nodes of one member are one organisation: two of them flag, and the list
// hears one voice.
func TestNodesOfOneMemberAreOneVoice(t *testing.T) {
	bubble(t, Config{Nodes: 4, Change: merged}, func(n *Net) {
		n.Nodes[0].Flag(Num(1))
		n.Nodes[1].Flag(Num(1))
		n.Within(5*time.Second, "everybody has both flags", func() bool { return Equal(n.Nodes, 2) })
		if c := n.Nodes[3].View.List().Counts(); c.Labelled != 0 {
			t.Error("two nodes of one member label as two voices do")
		}
		n.Nodes[2].Flag(Num(1))
		n.Within(5*time.Second, "everybody has the third flag", func() bool { return Equal(n.Nodes, 3) })
		if c := n.Nodes[3].View.List().Counts(); c.Labelled != 1 {
			t.Error("a second member's flag does not label")
		}
	})
}

// A node of the member whose key forked, which knows the proof before it holds anything
// of the feed, still learns what the member has to say again; a node of another member
// takes nothing of it. All agree.
func TestWhoJoinsAfterAForkKnowsWhatToSayAgain(t *testing.T) {
	cfg := Config{Nodes: 6, Change: merged, Issuer: func(node int) int {
		if node == 5 {
			return 0
		}
		return node
	}}
	bubble(t, cfg, func(n *Net) {
		late := n.Nodes[1:3]
		for _, node := range late {
			node.Stop()
		}
		n.Sim.Partition(func(node int) int { return node / 5 })
		for i := range 3 {
			n.Nodes[0].Flag(Num(i))
			n.Nodes[5].Flag(Num(10 + i))
		}
		n.Nodes[3].Flag(Num(20))
		n.Sim.Partition(nil)
		forked := n.Nodes[0].key.Public()
		var proof feed.ForkProof
		n.Within(time.Minute, "the fork is proved", func() (ok bool) {
			proof, ok, _ = n.Nodes[3].Store.Fork(forked, 0)
			return ok
		})
		for _, node := range late {
			node.Store = memory.New()
			if err := node.Store.PutFork(proof); err != nil {
				t.Fatal(err)
			}
			node.Start()
		}
		own, _ := n.State.Issuer(forked)
		took := n.Within(time.Minute, "the member knows what to say again", func() bool {
			all, _ := view.ToSayAgain(late[0].View.List(), own.Member, 10)
			return len(all) == 3
		})
		t.Logf("known %v after the start", took)
		n.Within(time.Minute, "all agree", n.agreed)
		if c := late[1].View.List().Counts(); c.Suspended != 0 || c.Statements != 1 {
			t.Errorf("a node of another member took %d statements that a fork froze; it counts %d", c.Suspended, c.Statements)
		}
		if lacks := late[1].Federation.Lacks(); len(lacks) != 0 {
			t.Errorf("a node of another member lacks %+v", lacks)
		}
	})
}
