package answer

import (
	"slices"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Disputed returns the evidence on a key that counts now and that a contest of targets
// disputes; no targets means all of it.
func Disputed(l *view.List, key number.Range, targets []taxonomy.Ref) []api.Source {
	var told []view.Told
	for one := range key.Keys() {
		k, _ := l.ExplainKey(one)
		told = append(told, k.Told...)
	}
	if len(targets) > 0 {
		told = slices.DeleteFunc(told, func(t view.Told) bool { return !slices.Contains(targets, t.Ref) })
	}
	return sources(l.State(), told)
}

// AboutContest says what happens after a contest or an answer; nothing of another
// statement.
func AboutContest(s *assertion.Statement, p *charter.Policy, disputed int) phrase.Phrase {
	body, _ := s.Check()
	switch b := body.(type) {
	case assertion.Contest:
		if disputed == 0 {
			return phrase.New("note.nothing_disputed", "nothing that counts is disputed, so nobody is asked yet")
		}
		return phrase.New("note.contest", "the entry stands until the regulators anchor this; from the ledger's next tick the publishers have %d hours to answer, and what is not answered lapses for good; ringfence contests tells how it stands", p.ContestHours.Flag)
	case assertion.Answer:
		if b.Upheld {
			return phrase.New("note.answer", "it counts once the regulators have anchored it, and only if that comes before the deadline; ringfence contests tells")
		}
	}
	return phrase.Phrase{}
}
