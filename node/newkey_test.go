package node

import (
	"crypto/rand"
	"slices"
	"testing"

	"ringfence/node/phrase"
	"ringfence/node/publish/pen"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// A key that came into a store from which another signed, as after keys rotate, waits since
// it is new: there was a store all the time.
func TestANewKeyInAStoreIsSaidToBeNew(t *testing.T) {
	h := newHome(t)
	if _, barred, err := h.node.store.Barred(h.node.own.Issuer()); err != nil || barred {
		t.Fatal(barred, err)
	}
	next, err := keys.Generate(rand.Reader)
	must(t, err)
	why, err := pen.Barred(h.node.store, next.Public(), feed.Epoch{}, false)
	must(t, err)
	if !slices.ContainsFunc(why.Sentences(), func(s phrase.Sentence) bool { return s.Code == "why.new_key" }) {
		t.Errorf("it is barred: %s", why)
	}
	if why := lacks(keys.PurposeIssuer).Text; why != "keys/ holds no issuer key" {
		t.Errorf("without its key: %s", why)
	}
}
