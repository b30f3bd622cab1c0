package council

import (
	"encoding/base64"

	"ringfence/node/api"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
)

// draftArticles drafts changes of the charter that come signed by those who must agree.
// They stay as they came: what is endorsed is the whole of an item.
func (c *Council) draftArticles(d *draft, p *api.Proposal) error {
	if !article.Changes(d.kind) || d.kind == motion.SetPolicy {
		return api.Errorf(api.BadInput, "articles: a %s motion has none", d.kind)
	}
	openings := make([]motion.Opening, len(p.Articles))
	for i, text := range p.Articles {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return api.Errorf(api.BadInput, "articles: item %d is no base64: %v", i+1, err)
		}
		openings[i].Item = b
		d.items = append(d.items, b)
	}
	if _, err := article.Open(c.state().Federation(), d.kind, openings); err != nil {
		return api.Errorf(api.BadInput, "articles: %v", err)
	}
	if d.kind.NamesHeads() {
		d.buildsOn = p.BuildsOn
	}
	return nil
}
