package pen

import (
	"fmt"

	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Reopened is what a bar is put in and taken from.
type Reopened interface {
	Feed
	Bar(issuer keys.Public, bar feed.Bar) error
	Lift(issuer keys.Public, most feed.BarKind) error
}

// Reopen ends, once the ledger has reinstated an issuer, the bar that an epoch before
// left. Whether the key has signed in the new epoch already, from a store that was
// restored since or on another machine, this node does not know; so its peers have to
// confirm that its feed ends where it does here, as after a restore. It returns where
// that is, in the open epoch.
func Reopen(s Reopened, issuer keys.Public, open feed.Epoch) (end feed.Tip, err error) {
	end, highest, err := ends(s, issuer, open)
	if err != nil || open.Number == 0 || end.CID.Defined() || highest.CID.Defined() {
		return end, err
	}
	bar, _, err := s.Barred(issuer)
	if err != nil {
		return end, fmt.Errorf("publish: ask whether signing is barred: %w", err)
	}
	if _, forked, err := Forked(s, issuer, open); err != nil || forked || bar.Kind != feed.Stolen {
		return end, err
	}
	next := feed.Bar{Kind: feed.Restored, Reason: fmt.Sprintf("the regulators reinstated the key in epoch %d, and it may have signed there elsewhere", open.Number)}
	if err = s.Lift(issuer, feed.Stolen); err == nil {
		err = s.Bar(issuer, next)
	}
	if err != nil {
		return end, fmt.Errorf("publish: go on in epoch %d: %w", open.Number, err)
	}
	return end, nil
}
