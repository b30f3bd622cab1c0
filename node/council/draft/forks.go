package draft

import (
	"encoding/base64"

	"ringfence/node/api"
	"ringfence/node/council/paper"
	"ringfence/node/phrase"
	"ringfence/store/feed"
)

// draftForks drafts the items of a note_fork motion: proofs as /v1/evidence has them, each
// once. What is signed in them is verified here already, so that nobody votes on what
// proves nothing.
func (c *Drafter) draftForks(d *Draft, p *api.Proposal, f paper.Filed) error {
	switch {
	case len(f.Items)+len(f.Entries) > 0:
		return api.Errorf(api.BadInput, "note_fork takes proofs, and neither numbers nor ledger entries")
	case len(p.Proofs) == 0:
		return api.Errorf(api.BadInput, "proofs: none is named; GET /v1/evidence has them, each as the proof of a fork")
	case len(p.Proofs) > api.MaxProposalItems:
		return paper.TooMany(p)
	case p.Until != "":
		return api.Tell(api.BadInput, phrase.New("propose.no_until", "until: a %s motion enters nothing that lasts until a day", d.Kind))
	}
	have := make(map[string]bool, len(p.Proofs))
	for i, text := range p.Proofs {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return api.Errorf(api.BadInput, "proofs: item %d is no base64: %v", i+1, err)
		}
		proof, err := feed.ParseForkProof(b)
		switch {
		case err != nil:
			return api.Errorf(api.BadInput, "proofs: item %d proves no fork: %v", i+1, err)
		case !proof.Federation().Equals(c.State().Federation()):
			return api.Errorf(api.BadInput, "proofs: item %d is of another federation, %s", i+1, proof.Federation())
		}
		if !have[string(b)] {
			have[string(b)] = true
			d.Items = append(d.Items, b)
		}
	}
	return nil
}
