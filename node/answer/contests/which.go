package contests

import (
	"slices"
	"strings"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Which finds the contest that a member answers, by its reference or by the number or
// range that it is about, which read reads. What could not count is refused here, before
// anything is signed: an answer to nothing, one that upholds what has lapsed, and one
// that was given already.
func Which(l *view.List, own charter.MemberIndex, say api.Say, read func(text, country string) (number.Range, error)) (taxonomy.Ref, error) {
	ref, err := taxonomy.ParseRef(say.Subject)
	if err != nil && strings.HasPrefix(say.Subject, "baf") { // as every CID does
		return taxonomy.Ref{}, api.Tell(api.BadInput, phrase.New("say.no_reference", "%.100q is no statement reference; want <batch CID>/<index>", say.Subject))
	}
	if err != nil {
		key, err := read(say.Subject, say.Country)
		if err != nil {
			return taxonomy.Ref{}, err
		}
		return about(l, own, key)
	}
	told, ok := l.Told(ref)
	key, hasKey := told.Statement.Key()
	if !ok || !hasKey {
		return ref, api.Tell(api.NotFound, phrase.New("answer.no_contest", "no contest %s is held here; ringfence contests lists those that are open", ref))
	}
	var plea *view.Plea
	var deadline int64
	for one := range key.Keys() {
		for _, c := range l.Contests(one) {
			if i := slices.IndexFunc(c.Pleas, func(p view.Plea) bool { return p.Member == own }); c.Ref == ref && i >= 0 && (plea == nil || c.Pleas[i].Live) {
				plea, deadline = &c.Pleas[i], c.Deadline
			}
		}
	}
	switch {
	case plea == nil:
		return ref, api.Tell(api.Refused, phrase.New("answer.not_asked", "%s disputes nothing that this member said: it is no contest, was taken back, or asks others", ref))
	case say.Upheld && plea.Lapsed():
		return ref, api.Tell(api.Refused, phrase.New("answer.late", "the time to answer ended on %s by the ledger's clock, and what was not answered has lapsed for good; what is observed after that day can be said anew", moment(deadline)))
	case plea.Answered && plea.Upholds == say.Upheld:
		return ref, api.Tell(api.Refused, phrase.New("answer.again", "this member has answered so already, in %s", plea.Answer))
	}
	return ref, nil
}

// about finds the one contest of a number, or of a range around it, that waits for a
// member.
func about(l *view.List, own charter.MemberIndex, key number.Range) (taxonomy.Ref, error) {
	var refs []string
	var found taxonomy.Ref
	look := func(key number.Range) {
		for _, c := range l.Contests(key) {
			if text := c.Ref.String(); waits(&c, &own) && !slices.Contains(refs, text) {
				found, refs = c.Ref, append(refs, text)
			}
		}
	}
	for one := range key.Keys() {
		look(one)
	}
	if n, ok := key.Number(); ok {
		for free := 1; free < n.Len(); free++ {
			if around, ok := n.Enclosing(free); ok {
				look(around)
			}
		}
	}
	switch len(refs) {
	case 0:
		return found, api.Tell(api.NotFound, phrase.New("answer.none", "no contest of %s waits for this member's answer; ringfence contests --mine lists those that do, and one that was answered is answered anew by its reference", key))
	case 1:
		return found, nil
	}
	return found, api.Tell(api.BadInput, phrase.New("answer.several", "several contests of %s wait for an answer; name one of them by its reference: %s", key, strings.Join(refs, ", ")))
}
