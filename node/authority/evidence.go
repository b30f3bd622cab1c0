package authority

import (
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/standing"
	"ringfence/node/api"
	"ringfence/node/authority/exhibit"
)

// lied tells of a regulator that signed two stories, and keeps them.
func (a *Authority) lied(c certify.Conflict) {
	a.log.Error("a regulator signed two stories of the ledger", "key", c.First.By.Key.String(), "said", c.First.Saying.String(), "one", c.First.Tree.String(), "other", c.Second.Tree.String())
	e := exhibit.Words(&c, standing.MemberOf(a.follower.Standing().State, c.First.By.Key), a.cfg.Now())
	a.keep(&e)
}

// stopped tells what ended following, and keeps what proves it.
func (a *Authority) stopped(t *follow.Trouble) {
	a.log.Error("the ledger is followed no further", "reason", t)
	if e, proves := exhibit.Trouble(t, a.cfg.Now()); proves {
		a.keep(&e)
	}
}

func (a *Authority) keep(e *api.LedgerEvidence) {
	if err := exhibit.Keep(a.cfg.Exhibits, e); err != nil {
		a.log.Error("evidence against the regulators cannot be kept", "reason", err)
	}
}
