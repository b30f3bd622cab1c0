package quorum_test

import (
	"testing"
	"time"

	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// A regulator's node comes by another host key. Until Raft has its new one for a voter, the
// old one still is, and that stops nobody; then it is one of those who certify.
func TestARegulatorsHostIsExchanged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.leave("reg4")
		others := []string{"reg", "reg2", "reg3"}
		c.sync("reg")
		s := c.State.Constitution()
		m, _ := s.MemberByID("reg4")
		to := *s.Member(m)
		to.Issuers, to.Hosts = nil, []keys.Public{hostKey("reg4 anew")}
		p := c.Motion(motion.ChangeMember, c.Article(&article.MemberChange{Member: to}), nil)
		c.carry(p, others...)
		c.everywhere(p, 20*time.Second, others...)
		time.Sleep(time.Minute)
		was := c.all["reg4"]
		c.all["reg4 anew"] = &regulator{
			member: "reg4 anew", dir: was.dir, disks: was.disks, keeper: was.keeper, ledger: was.ledger, vote: was.vote, cosign: was.cosign,
		}
		delete(c.all, "reg4")
		c.start("reg4 anew")
		c.everywhere(p, 20*time.Second, "reg4 anew")
		c.leave("reg3") // so that it takes the one that came back
		others = []string{"reg", "reg2", "reg4 anew"}
		q := c.label("+8613800138000")
		c.carry(q, "reg", "reg2", "reg3")
		c.everywhere(q, 20*time.Second, others...)
		for _, m := range others {
			if ended := c.all[m].endings(); len(ended) > 0 {
				t.Errorf("the runs of %s ended with %v", m, ended)
			}
		}
	})
}

// A regulator has another node admitted, whose key its card names first. It goes on voting
// in Raft by the node that it had.
func TestARegulatorsSecondNodeTakesNoSeat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		c.sync("reg")
		s := c.State.Constitution()
		m, _ := s.MemberByID("reg4")
		had := s.Member(m).Hosts[0]
		second := hostKey("reg4 again")
		for second.Compare(had) > 0 {
			second = hostKey(second.String())
		}
		to := *s.Member(m)
		to.Issuers, to.Hosts = nil, []keys.Public{second, had}
		p := c.Motion(motion.ChangeMember, c.Article(&article.MemberChange{Member: to}), nil)
		c.carry(p, c.Seats()...)
		c.everywhere(p, 20*time.Second, c.Seats()...)
		time.Sleep(time.Minute)
		c.leave("reg3") // so that it takes that one
		q := c.label("+8613800138000")
		c.carry(q, "reg", "reg2", "reg4")
		c.everywhere(q, 20*time.Second, "reg", "reg2", "reg4")
	})
}
