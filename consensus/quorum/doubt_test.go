package quorum_test

import (
	"context"
	"testing"
	"time"

	"ringfence/consensus/quorum"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// A regulator signs, as the log, a tree that it makes up and never quite serves: the others
// certify and enact as soon as they did before.
func TestADoubtfulCheckpointHoldsNothingUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tried := make(chan struct{}, 64)
		c := sitWith(t, 4, 1, func(cfg *quorum.Config) {
			from := cfg.From
			cfg.Open = func(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error) {
				if head.Size >= 1<<20 {
					tried <- struct{}{}
					<-ctx.Done()
					return ledger.Tree{}, ctx.Err()
				}
				return ledger.Open(ctx, from, head)
			}
		})
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		check := checkpoint.Checkpoint{Origin: checkpoint.Origin(c.State.Constitution().Federation()), Tree: checkpoint.Tree{Size: 1 << 20, Root: merkle.Hash{1}}}
		n, err := checkpoint.Sign(check, chartertest.Key("log", ""))
		if err != nil {
			t.Fatal(err)
		}
		others := []string{"reg", "reg2", "reg3"}
		for _, m := range others {
			if err := c.tell("reg4", m, quorum.Message(quorum.AboutNote, n.Bytes())); err != nil {
				t.Fatal(err)
			}
		}
		for range others {
			<-tried
		}
		p := c.label("+8613800138000")
		c.carry(p, others...)
		c.everywhere(p, 5*time.Second, others...)
	})
}
