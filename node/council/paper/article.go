package paper

import (
	"encoding/base64"
	"errors"

	"github.com/ipfs/go-cid"

	"ringfence/node/api"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
	"ringfence/store/strictyaml"
)

// Propose makes a proposal of articles, all of one kind, which build on a ledger size if
// they name heads. Any member may put it to the regulators: what must be signed by who
// they are about is in them.
func Propose(reason string, buildsOn uint64, items ...article.Item) (api.Proposal, error) {
	encoded, err := article.Encode(items...)
	if err != nil {
		return api.Proposal{}, err
	}
	p := api.Proposal{Kind: items[0].Kind().String(), Reason: reason}
	if items[0].Kind().NamesHeads() {
		p.BuildsOn = buildsOn
	}
	for _, b := range encoded {
		p.Articles = append(p.Articles, base64.StdEncoding.EncodeToString(b))
	}
	return p, nil
}

// Articles reads the articles of a proposal. They stay as they came: what is endorsed is
// the whole of an item.
func Articles(p *api.Proposal, kind motion.Kind, federation cid.Cid) (items [][]byte, err error) {
	if !article.Changes(kind) || kind == motion.SetPolicy {
		return nil, api.Errorf(api.BadInput, "articles: a %s motion has none", kind)
	}
	openings := make([]motion.Opening, len(p.Articles))
	for i, text := range p.Articles {
		b, err := base64.StdEncoding.Strict().DecodeString(text)
		if err == nil && base64.StdEncoding.EncodeToString(b) != text {
			err = errors.New("it holds line breaks")
		}
		if err != nil {
			return nil, api.Errorf(api.BadInput, "articles: item %d is no base64: %v", i+1, err)
		}
		openings[i].Item = b
		items = append(items, b)
	}
	if _, err := article.Open(federation, kind, openings); err != nil {
		return nil, api.Errorf(api.BadInput, "articles: %v", err)
	}
	return items, nil
}

// Write writes a proposal of articles as a file that Read reads, for somebody else to
// propose.
func Write(p api.Proposal) ([]byte, error) {
	return strictyaml.Write("proposal", &document{Kind: p.Kind, Reason: p.Reason, BuildsOn: p.BuildsOn, Articles: p.Articles})
}
