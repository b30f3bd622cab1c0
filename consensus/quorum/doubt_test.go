package quorum_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"ringfence/consensus/quorum"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// deceived is a council to whose regulators a liar can show, as the log, trees that
// it makes up and never quite serves; each that is tried is told of.
func deceived(t *testing.T, regulators int) (c *council, tried chan struct{}) {
	tried = make(chan struct{}, 64)
	c = sitWith(t, regulators, 1, func(cfg *quorum.Config) {
		from := cfg.From
		cfg.Open = func(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error) {
			if head.Size >= 1<<20 {
				select {
				case tried <- struct{}{}:
				default:
				}
				<-ctx.Done()
				return ledger.Tree{}, ctx.Err()
			}
			return ledger.Open(ctx, from, head)
		}
	})
	c.begun(c.Seats()...)
	c.settled(c.Seats()...)
	return c, tried
}

// deceive has a liar show such a tree to another regulator.
func (c *council) deceive(liar, member string) {
	c.Helper()
	check := checkpoint.Checkpoint{Origin: checkpoint.Origin(c.State.Constitution().Federation()), Tree: checkpoint.Tree{Size: 1 << 20, Root: merkle.Hash{1}}}
	n, err := checkpoint.Sign(check, chartertest.Key("log", ""))
	if err == nil {
		err = c.tell(liar, member, quorum.Message(quorum.AboutNote, n.Bytes()))
	}
	if err != nil {
		c.Error(err)
	}
}

// A regulator signs, as the log, a tree that it makes up and never quite serves: the others
// certify and enact as soon as they did before, and realign.
func TestADoubtfulCheckpointHoldsNothingUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, tried := deceived(t, 4)
		defer c.close()
		others := []string{"reg", "reg2", "reg3"}
		deceive := func() {
			for _, m := range others {
				c.deceive("reg4", m)
			}
			for range others {
				<-tried
			}
		}
		deceive()
		p := c.label("+8613800138000")
		c.carry(p, others...)
		c.everywhere(p, 5*time.Second, others...)
		c.settled(others...)
		deceive()
		c.realign(1, others...)
		p = c.label("+8613800138001")
		c.carry(p, others...)
		c.everywhere(p, 60*time.Second, others...)
	})
}

// A regulator that was away while two of seven got new keys and the others began another
// generation has nobody in its Raft, and cannot judge what is certified by whom it follows.
// A liar that shows it made-up trees all the time does not keep it from that: of the
// regulators whom it knows more cosigned the true one than may lie.
func TestWhoMissedAChangeFollowsInSpiteOfALiar(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, tried := deceived(t, 7)
		defer c.close()
		c.leave("reg7")
		others := c.but("reg7")
		for i, m := range []string{"reg5", "reg6"} {
			c.rekey(m, c.all[m].vote, keys.FromSeed([keys.SeedSize]byte{1, byte(i)}), c.but("reg7", m)...)
			c.settled(others...)
		}
		c.realign(1, others...)
		p := c.label("+8613800138000")
		c.carry(p, others...)
		c.everywhere(p, 60*time.Second, others...)
		c.apart([]string{"reg7"}, others, true)
		c.start("reg7")
		var liar sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		liar.Go(func() {
			for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
				c.deceive("reg6", "reg7")
			}
		})
		<-tried
		c.apart([]string{"reg7"}, others, false)
		c.eventually("it follows what the others certified", 2*time.Minute, func() bool {
			return c.all["reg7"].Follower().Standing().Size() >= c.all["reg"].Follower().Standing().Size()
		})
		stop()
		liar.Wait()
	})
}
