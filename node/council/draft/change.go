package draft

import (
	"cmp"

	"ringfence/node/api"
	"ringfence/node/council/constitution"
	"ringfence/node/council/paper"
	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// changing drafts a change of the constitution.
func (c *Drafter) changing(kind motion.Kind, p *api.Proposal) (Draft, error) {
	d := Draft{Kind: kind, Until: taxonomy.NeverDay, Reason: p.Reason, Days: int64(cmp.Or(p.VotedDays, DefaultDays))}
	about := constitution.Config{State: c.State(), Frontier: func() map[keys.Public]feed.Tip { return c.List().Frontier() }, Endorsed: c.Endorsed}
	doc, err := constitution.Read(p.File, paper.NameOf(p), about.State)
	if err != nil {
		return d, api.Errorf(api.BadInput, "%v", err)
	}
	if d.Reason == "" {
		d.Reason = doc.Reason
	}
	if kind == motion.RemoveMember && doc.Member == "" {
		doc.Member = c.Own()
	}
	items, err := about.Items(&doc)
	if err == nil {
		d.Items, err = article.Encode(items...)
	}
	switch most := motion.MaxReason - paper.PartRoom; {
	case err != nil:
		return d, api.Errorf(api.BadInput, "%s: %v", paper.NameOf(p), err)
	case len(d.Reason) > most:
		return d, api.Tell(api.BadInput, phrase.New("propose.long_reason", "the reason has %d bytes; at most %d", len(d.Reason), most))
	case d.Days > motion.MaxOpen/86400:
		return d, api.Tell(api.BadInput, phrase.New("propose.days", "it would be voted on for %d days; at most %d", d.Days, motion.MaxOpen/86400))
	}
	return d, nil
}
