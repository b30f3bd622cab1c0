package quorum_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/group"
	"ringfence/store/checkpoint"
	"ringfence/store/motion"
)

// What waits to be certified has a bound in bytes, too. The refusal passes with its reason.
func TestWhatIsNotCertifiedHasABoundInBytes(t *testing.T) {
	const most = 20_000
	bubble(t, func(t *testing.T) {
		c := sitWith(t, 5, 1, func(cfg *quorum.Config) { cfg.BacklogBytes = most })
		defer c.close()
		c.begun(c.Seats()...)
		c.settled(c.Seats()...)
		c.leave("reg4")
		c.leave("reg5")
		var refused *enact.Refusal
		submit := func(command []byte) {
			a, err := c.all["reg2"].Submit(t.Context(), command)
			if err != nil {
				t.Fatal(err)
			}
			if refused == nil {
				refused = a.Refusal
			}
		}
		for i := 0; refused == nil && i < 99; i++ {
			p := c.label(fmt.Sprintf("+861380013%04d", i))
			submit(c.Propose(p, "reg"))
			for _, m := range []string{"reg2", "reg3", "reg4"} { // a vote comes also from who is not there
				v := c.Vote(p, m, nil)
				submit(ballot.VoteCommand(&v))
			}
		}
		if refused == nil || refused.Code != enact.Uncertified || !strings.Contains(refused.Words, fmt.Sprintf("%d bytes", most)) {
			t.Fatalf("it is refused for %v", refused)
		}
		c.start("reg4")
		p := c.label("+8613800138000")
		c.carry(p, "reg", "reg2", "reg3", "reg4")
		c.everywhere(p, 60*time.Second, c.but("reg5")...)
		c.start("reg5")
	})
}

// What the ballot may hold goes into a snapshot of Raft, with as many commands as may be
// under way when a bound is met.
func TestWhatIsHeldGoesIntoASnapshot(t *testing.T) {
	const withdrawn = ballot.MaxWithdrawnOfAll * (motion.MaxHeader + 128 + motion.MaxWithdrawal + 16)
	const held = ballot.MaxDocketBytes + ballot.MaxWaiting + withdrawn + checkpoint.MaxNote
	if room := group.MaxSnapshot - held; room < 16*ballot.MaxCommand {
		t.Errorf("%d bytes are left in a snapshot, %d may be held", room, held)
	}
}
