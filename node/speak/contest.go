package speak

import (
	"ringfence/node/answer"
	"ringfence/node/answer/contests"
	"ringfence/node/api"
	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/taxonomy"
)

// contest finds the contest that an answer is to, which may be named by its number.
func (s *Speaker) contest(t hand.Terms, what api.Say) (string, error) {
	l := s.cfg.List()
	own, ok := l.State().MemberByID(t.Member)
	if !ok {
		return "", api.Errorf(api.Refused, "the charter names no member %s", t.Member)
	}
	ref, err := contests.Which(l, own, what, s.cfg.Book().ReadKey)
	return ref.String(), err
}

// disputed returns what counts on the list of what a contest disputes; nothing for any
// other statement.
func (s *Speaker) disputed(one *assertion.Statement) []api.Source {
	body, _ := one.Check()
	c, ok := body.(assertion.Contest)
	if !ok {
		return nil
	}
	var targets []taxonomy.Ref
	for _, target := range c.Targets {
		if ref, err := taxonomy.RefFromBytes(target); err == nil {
			targets = append(targets, ref)
		}
	}
	key, _ := one.Key()
	return answer.Disputed(s.cfg.List(), key, targets)
}
