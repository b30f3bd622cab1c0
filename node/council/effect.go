package council

import (
	"ringfence/consensus/ballot/enact"
	"ringfence/node/api"
	"ringfence/node/council/marks"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/motion"
)

// effectOf adds up what motions would do to the list as it stands, and says what keeps
// them out of the ledger as it is followed. past belongs to it.
func (c *Council) effectOf(all []written, past *enact.Past) api.MotionEffect {
	e := api.MotionEffect{Protected: []string{}, Contested: []string{}, Reassigned: []string{}, Ratified: []string{}}
	a := marks.NewSum(&e, c.cfg.List())
	for i := range all {
		e.Items += len(all[i].items)
		if all[i].Kind == motion.Ratify {
			for _, o := range all[i].items {
				if r, err := motion.DecodeRatification(o.Item); err == nil {
					a.Add(&r)
				}
			}
		}
		m, refusal := matterOf(&all[i])
		if refusal == nil {
			need := enact.NeedUnder(c.standing(all[i].ID), m)
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
	e.Holders = a.Holders()
	a.Inside()
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

func told(r *enact.Refusal) phrase.Phrase { return words.Told(r) }
