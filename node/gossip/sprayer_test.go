package gossip

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
)

// The fourth message that is wrong for ever puts a peer below the graylist,
// whatever it did before: nothing of it is judged any more, of no topic, and no
// other peer pays for it.
func TestASprayerIsJudgedFourTimesAndNotHeardAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 4
		net, hosts := virtual(t, 3, 0)
		var all []*member
		for _, h := range hosts {
			all = append(all, join(t, h, nil))
		}
		for _, h := range hosts[1:] {
			if _, err := net.ConnectPeers(hosts[0].ID(), h.ID()); err != nil {
				t.Fatal(err)
			}
		}
		victim, sprayer, other := all[0], all[1], all[2]
		victim.meshed(t, 2)
		// arrive lets everything that was sent arrive and be judged.
		arrive := func() { time.Sleep(100 * time.Millisecond); synctest.Wait() }
		spray := func(name string, n int) {
			for i := range n {
				if err := sprayer.Announce(fmt.Appendf(nil, "%s %d", name, i), nil); err != nil {
					t.Fatal(err)
				}
			}
			arrive()
		}
		judged := func() int { n, _ := victim.count(); return n }

		spray("good", 200) // the best of standings
		if judged() != 200 {
			t.Fatalf("%d of 200 good messages were judged", judged())
		}
		victim.say(Reject)
		for i := range 3 * most {
			spray(fmt.Sprint("bad ", i), 1)
			if want := 200 + min(i+1, most); judged() != want {
				t.Fatalf("after %d bad ones %d messages were judged, want %d", i+1, judged(), want)
			}
		}
		time.Sleep(scoresEvery + time.Second)
		if score := victim.Scores()[sprayer.key]; score >= graylisted {
			t.Errorf("the sprayer's score is %v, want less than %v", score, graylisted)
		}
		spray("worse", 2000)
		if err := sprayer.Tell([]byte("proof")); err != nil {
			t.Fatal(err)
		}
		arrive()
		if _, proofs := victim.count(); judged() != 200+most || proofs != 0 {
			t.Errorf("%d batches and %d proofs of a graylisted peer were judged", judged()-200-most, proofs)
		}
		victim.say(Accept)
		if err := other.Announce([]byte("of another"), nil); err != nil {
			t.Fatal(err)
		}
		arrive()
		if judged() != 200+most+1 || victim.Scores()[other.key] < 1 {
			t.Errorf("another peer is judged %d times, its score is %v", judged()-200-most, victim.Scores()[other.key])
		}
		for _, m := range all {
			_ = m.Close()
		}
		for _, h := range hosts {
			_ = h.Close()
		}
		_ = net.Close()
	})
}

// Who parts and comes back has the budget that he left with.
func TestPartingGivesNoNewBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &Gossip{allowances: make(map[peer.ID]allowance)}
		topic, who := "topic", peer.ID("who")
		heard := func() (n int) {
			for range 2 * peerBurst {
				rpc := &pubsub.RPC{RPC: pb.RPC{Publish: publish(topic, nil).GetPublish()}}
				if err := g.inspect(who, rpc); err != nil {
					t.Fatal(err)
				}
				n += len(rpc.GetPublish())
			}
			return n
		}
		if n := heard(); n != peerBurst {
			t.Errorf("%d messages are heard at once, want %d", n, peerBurst)
		}
		tracer{g}.OnClosedOutboundStream(who)
		if n := heard(); n != 0 {
			t.Errorf("who comes back at once is heard %d times more", n)
		}
		tracer{g}.OnClosedOutboundStream(who)
		time.Sleep(time.Minute)
		tracer{g}.OnClosedOutboundStream(who)
		if len(g.allowances) != 0 {
			t.Error("who was silent for a minute and is gone is remembered")
		}
		g.allowance(who).faults.Allow()
		tracer{g}.OnClosedOutboundStream(who)
		if len(g.allowances) != 1 {
			t.Error("who did wrong and parts has a new allowance")
		}
	})
}
