package quorum_test

import (
	"slices"
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
			r := c.all[m]
			r.mu.Lock()
			ended := slices.Clone(r.ended)
			r.mu.Unlock()
			if len(ended) > 0 {
				t.Errorf("the runs of %s ended with %v", m, ended)
			}
		}
	})
}
