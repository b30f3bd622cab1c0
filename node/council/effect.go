package council

import (
	"cmp"
	"errors"
	"slices"

	"ringfence/consensus/ballot/enact"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// maxMarked is how many keys of each mark an effect names.
const maxMarked = 20

// effectOf adds up what motions would do to the list as it stands, and says what keeps
// them out of the ledger as it is followed. past belongs to it.
func (c *Council) effectOf(all []written, past *enact.Past) api.MotionEffect {
	e := api.MotionEffect{Holders: []api.HolderShare{}, Protected: []string{}, Contested: []string{}, Reassigned: []string{}, Ratified: []string{}}
	a := adding{effect: &e, list: c.cfg.List(), held: make(map[string]api.HolderShare)}
	for i := range all {
		e.Items += len(all[i].items)
		if all[i].Kind == motion.Ratify {
			for _, o := range all[i].items {
				if r, err := motion.DecodeRatification(o.Item); err == nil {
					a.add(&r)
				}
			}
		}
		m, refusal := matterOf(&all[i])
		if refusal == nil {
			need := past.Need(m)
			e.Votes, e.Hands = max(e.Votes, need.Votes), max(e.Hands, need.Hands)
			refusal = past.Judge(m)
		}
		if refusal == nil {
			refusal = past.Charge(m)
		}
		if refusal != nil {
			e.Refusals = append(e.Refusals, told(refusal))
		}
	}
	for _, h := range a.held {
		e.Holders = append(e.Holders, h)
	}
	slices.SortFunc(e.Holders, func(x, y api.HolderShare) int {
		return cmp.Or(cmp.Compare(y.Numbers, x.Numbers), cmp.Compare(x.Member, y.Member))
	})
	return e
}

// matterOf reads what this node wrote, or holds, as the ballot reads it.
func matterOf(w *written) (*enact.Matter, *enact.Refusal) {
	openings := make([][]byte, len(w.items))
	for i := range w.items {
		openings[i] = w.items[i].Bytes()
	}
	return enact.OpenMatter(w.Federation, w.Signed.Bytes(), openings)
}

// adding adds up entries that are to be ratified.
type adding struct {
	effect *api.MotionEffect
	list   *view.List
	held   map[string]api.HolderShare
}

func (a *adding) add(r *motion.Ratification) {
	e, s := a.effect, a.list.State()
	switch r.Action {
	case taxonomy.Block:
		e.Blocked++
	case taxonomy.Label:
		e.Labelled++
	default:
		e.Allowed++
	}
	var size uint64
	marks := struct{ protected, contested, reassigned, ratified bool }{}
	for key := range r.Subject.Keys() {
		size += key.Size()
		marks.protected = marks.protected || s.Protected(key)
		marks.contested = marks.contested || contested(a.list, key)
		marks.reassigned = marks.reassigned || reassigned(a.list, key)
		marks.ratified = marks.ratified || inForce(a.list, key)
	}
	e.Numbers += size
	share := a.held[holderOf(s, r.Subject)]
	share.Member = holderOf(s, r.Subject)
	share.Items, share.Numbers = share.Items+1, share.Numbers+size
	a.held[share.Member] = share
	mark(marks.protected, r.Subject, &e.Protected, &e.Counts.Protected)
	mark(marks.contested, r.Subject, &e.Contested, &e.Counts.Contested)
	mark(marks.reassigned, r.Subject, &e.Reassigned, &e.Counts.Reassigned)
	mark(marks.ratified, r.Subject, &e.Ratified, &e.Counts.Ratified)
}

func mark(is bool, key number.Range, some *[]string, count *int) {
	if !is {
		return
	}
	*count++
	if len(*some) < maxMarked {
		*some = append(*some, key.String())
	}
}

// told words a refusal: its code has words in other languages, in which the English
// stands for what it is about.
func told(r *enact.Refusal) phrase.Phrase {
	return phrase.Coded("ballot."+r.Code.String(), r.Words, r.Words)
}

// refusedBy is told as an error.
func refusedBy(r *enact.Refusal) error { return api.Tell(api.Refused, told(r)) }

// asRefusal returns the refusal that an error is, nil if it is none.
func asRefusal(err error) *enact.Refusal {
	var r *enact.Refusal
	errors.As(err, &r)
	return r
}
