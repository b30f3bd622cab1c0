package authority

import "ringfence/consensus/quorum/certify"

// lied tells of a regulator that signed two stories.
func (a *Authority) lied(c certify.Conflict) {
	a.log.Error("a regulator signed two stories of the ledger", "key", c.First.By.Key.String(), "said", c.First.Saying.String(), "one", c.First.Tree.String(), "other", c.Second.Tree.String())
}
