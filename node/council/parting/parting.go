// Package parting tells a member that has asked to leave what that means while the
// regulators have not decided: the motion names the last batches that count, so what the
// member says afterwards ends with its membership.
//
// Floor 12, a room of node/council. It decides nothing.
package parting

import (
	"ringfence/node/council/courier"
	"ringfence/node/council/letter"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/motion"
)

// Watch looks at what a member's node put to the regulators.
type Watch struct {
	Sent  func() []courier.Sent
	State func() *charter.State
}

// Problems tells of the motions, not decided yet, by which the proposer's member leaves.
func (w Watch) Problems() (all []phrase.Phrase) {
	s := w.State()
	for _, one := range w.Sent() {
		if one.IsRequest() || one.Kind != motion.RemoveMember || !undecided(one.State) {
			continue
		}
		m := one.Matter
		if own := words.MemberOf(s, m.Proposer); own != "" && words.Subject(m.Federation, m.Kind, m.Items) == own {
			all = append(all, phrase.New("problem.leaving",
				"this member has asked to leave: once the regulators enact that, nothing counts that it said after it asked; ringfence motion withdraw %s takes it back until then", m.ID))
		}
	}
	return all
}

func undecided(s letter.State) bool {
	switch s {
	case letter.Unknown, letter.Inbox, letter.Tabled, letter.Entered:
		return true
	}
	return false
}
