package paper

import (
	"encoding/base64"

	"ringfence/node/api"
	"ringfence/store/charter/article"
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

// Write writes a proposal of articles as a file that Read reads, for somebody else to
// propose.
func Write(p api.Proposal) ([]byte, error) {
	return strictyaml.Write("proposal", &document{Kind: p.Kind, Reason: p.Reason, BuildsOn: p.BuildsOn, Articles: p.Articles})
}
