package draft

import (
	"ringfence/node/api"
	"ringfence/node/council/marks"
	"ringfence/node/council/paper"
	"ringfence/node/council/query"
	"ringfence/node/phrase"
	"ringfence/store/number"
	"ringfence/store/view"
)

// fromList finds what a query asks for. What the proposal does not say of the entries
// the list does: their category, and that it rests on flags.
func (c *Drafter) fromList(p *api.Proposal) ([]paper.Placed, error) {
	q, err := query.Parse(p.FromList)
	if err != nil {
		return nil, api.Errorf(api.BadInput, "from the list: %v", err)
	}
	l := c.List()
	var found []paper.Placed
	for key, entry := range l.All() {
		e := query.Entry{Key: key, Entry: entry, More: func() query.More { return moreOf(l, key) }}
		if !q.Meets(&e) {
			continue
		}
		if len(found) >= api.MaxProposalItems {
			return nil, api.Tell(api.BadInput, phrase.New("propose.too_many", "the query finds more than %d entries; narrow it down", api.MaxProposalItems))
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
		return nil, api.Tell(api.NotFound, phrase.New("propose.none_found", "no entry of the list is what %q asks for", p.FromList))
	}
	return found, nil
}

// moreOf tells what a query may ask of an entry beside the entry.
func moreOf(l *view.List, key number.Range) query.More {
	r := l.Result(key)
	return query.More{
		Groups: r.Voices, Score: r.Score, Holder: marks.Holder(l.State(), key), Protected: l.State().Protected(key), Reassigned: marks.Reassigned(l, key),
	}
}
