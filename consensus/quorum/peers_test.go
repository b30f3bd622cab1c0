package quorum_test

import (
	"context"
	"fmt"
	"io/fs"

	"ringfence/store/ledger"
)

// served is what the other regulators serve of their followed ledgers.
type served struct {
	c  *council
	me string
}

func (c *council) peers(me string) ledger.Source { return served{c, me} }

func (s served) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	s.c.mu.Lock()
	var others []ledger.Source
	for _, r := range s.c.hosts {
		if r.member != s.me && !s.c.mute[r.member] && !s.c.cut[[2]string{r.member, s.me}] && !s.c.cut[[2]string{s.me, r.member}] {
			others = append(others, r.ledger)
		}
	}
	s.c.mu.Unlock()
	for _, o := range others {
		if b, err := o.Read(ctx, t); err == nil {
			return b, nil
		}
	}
	return nil, fmt.Errorf("nobody has %s: %w", t, fs.ErrNotExist)
}
