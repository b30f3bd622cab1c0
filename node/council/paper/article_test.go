package paper

import (
	"encoding/base64"
	"testing"

	"ringfence/node/api"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
)

// An article is written in one way: base64 with bits behind the last byte, or with a line
// break in it, is refused.
func TestAnArticleIsWrittenInOneWay(t *testing.T) {
	federation := chartertest.Found(t, "op: operator").Federation()
	for _, id := range []string{"op", "opp", "oppp"} { // one of each rest of three bytes
		p, err := Propose("it left", 1, &article.MemberRemoval{Member: id, How: article.Leave})
		if err != nil {
			t.Fatal(err)
		}
		sound := p.Articles[0]
		if _, err := Articles(&p, motion.RemoveMember, federation); err != nil {
			t.Fatal(err)
		}
		others := []string{sound[:4] + "\n" + sound[4:]}
		b, _ := base64.StdEncoding.DecodeString(sound)
		if rest := len(b) % 3; rest > 0 {
			at := len(sound) - 4 + rest
			others = append(others, sound[:at]+string(sound[at]+1)+sound[at+1:])
		}
		for _, other := range others {
			if same, err := base64.StdEncoding.DecodeString(other); err != nil || string(same) != string(b) {
				t.Fatalf("%q is not the same article: %v", other, err)
			}
			p.Articles[0] = other
			if _, err := Articles(&p, motion.RemoveMember, federation); api.KindOf(err) != api.BadInput {
				t.Errorf("%q: %v", other, err)
			}
		}
	}
}
