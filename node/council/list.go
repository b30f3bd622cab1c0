package council

import (
	"ringfence/node/api"
	"ringfence/node/council/paper"
	"ringfence/node/council/query"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// fromList finds what a query asks for. What the proposal does not say of the entries
// the list does: their category, and that it rests on flags.
func (c *Council) fromList(p *api.Proposal) ([]paper.Placed, error) {
	q, err := query.Parse(p.FromList)
	if err != nil {
		return nil, api.Errorf(api.BadInput, "from the list: %v", err)
	}
	l := c.cfg.List()
	var found []paper.Placed
	for key, entry := range l.All() {
		e := query.Entry{Key: key, Entry: entry, More: func() query.More { return moreOf(l, key) }}
		if !q.Meets(&e) {
			continue
		}
		if len(found) >= api.MaxProposalItems {
			return nil, api.Errorf(api.BadInput, "the query finds more than %d entries; narrow it down", api.MaxProposalItems)
		}
		one := paper.Placed{ProposedItem: api.ProposedItem{Number: key.String()}}
		if p.Category == "" {
			one.Category = entry.Category.String()
		}
		if p.Grounds == "" {
			one.Grounds = "flags"
		}
		found = append(found, one)
	}
	if len(found) == 0 {
		return nil, api.Errorf(api.NotFound, "no entry of the list is what %q asks for", p.FromList)
	}
	return found, nil
}

// moreOf tells what a query may ask of an entry beside the entry.
func moreOf(l *view.List, key number.Range) query.More {
	r := l.Result(key)
	return query.More{
		Groups: r.Voices, Score: r.Score, Holder: holderOf(l.State(), key), Protected: l.State().Protected(key), Reassigned: reassigned(l, key),
	}
}

// holderOf returns the member in whose range a key lies, "" for nobody.
func holderOf(s *charter.State, key number.Range) string {
	m, ok := s.Allocatee(key.First())
	if !ok {
		return ""
	}
	return s.Member(m).ID
}

// reassigned reports whether a number is known to have changed hands.
func reassigned(l *view.List, key number.Range) bool {
	_, rows := l.Table.Find(key)
	for i := range rows {
		if r := &rows[i]; r.Kind == assertion.KindReassign && !r.Void() && !l.Undone(r) {
			return true
		}
	}
	return false
}

// inForce reports whether an entry of the ledger stands on a key.
func inForce(l *view.List, key number.Range) bool {
	for _, r := range l.Ratified.At(key) {
		if !r.Revoked && r.Until > l.Stamp().Day {
			return true
		}
	}
	return false
}

// contested reports whether the list says so of a key.
func contested(l *view.List, key number.Range) bool {
	p, _ := l.Table.Find(key)
	return p != nil && p.Entry != (taxonomy.Entry{}) && p.Entry.Contested
}
