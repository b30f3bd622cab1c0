package promise

import (
	"errors"
	"strings"

	"ringfence/store/feed"
)

// magicFirst begins a slot of a store of format 1.
const magicFirst = "RFPROM1\n"

// Migrate rewrites what a store of format 1 promised in the form of format 2. It
// takes both slots: a version that knows the first form alone finds neither whole,
// where with one of each it would go back to what was promised before. It may be
// interrupted and run again.
func Migrate(dir string) error {
	p, err := openAs(dir, form(magicFirst))
	if err != nil {
		return err
	}
	if !p.IsNew() {
		next := p.now
		if p.file.Magic() == magicFirst {
			for issuer, own := range next.Signers {
				own.Bar = barOf(own.Bar)
				next.Signers[issuer] = own
			}
		}
		if err = p.Keep(next); err == nil {
			err = p.Keep(next)
		}
	}
	return errors.Join(err, p.Close())
}

// How the reason of a bar began, in format 1, when somebody else might hold the key.
// The bars of its first versions had no kind.
const (
	heldElsewhere = "somebody else may hold this node's key: " // feed.Bar says so itself now
	foreignBatch  = "a foreign batch stands at place "
)

// barOf gives a bar of format 1 the kind that its reason tells.
func barOf(bar feed.Bar) feed.Bar {
	reason, elsewhere := strings.CutPrefix(bar.Reason, heldElsewhere)
	if elsewhere && reason != "" || strings.HasPrefix(reason, foreignBatch) {
		return feed.Bar{Kind: feed.Stolen, Reason: reason}
	}
	return bar
}
