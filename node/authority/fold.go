package authority

import (
	"context"
	"fmt"

	"ringfence/consensus/follow"
	"ringfence/store/charter"
)

// Constitution folds the ledger that is held, and takes it nowhere: for who must know what
// it says of a node's keys before that takes its place under it.
func Constitution(ctx context.Context, genesis *charter.Genesis, ledger follow.Ledger) (*charter.State, error) {
	f, err := follow.Open(ctx, follow.Config{Genesis: genesis, Ledger: ledger, Enacted: func([]charter.Enacted) error { return nil }})
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return f.Standing().State, nil
}
