package tiles

import (
	"context"
	"sync"
)

// budget bounds the bytes of answers that are being read: of small ones maxSmall, and
// of large ones one at a time. Make one with newBudget.
type budget struct {
	large chan struct{} // holds a token while nobody reads a large answer

	mu    sync.Mutex
	left  int
	freed chan struct{} // closed and replaced when some is given back
}

func newBudget() *budget {
	b := &budget{large: make(chan struct{}, 1), left: maxSmall, freed: make(chan struct{})}
	b.large <- struct{}{}
	return b
}

// take waits for room for an answer of so many bytes, and returns how to give it back.
func (b *budget) take(ctx context.Context, bytes int) (free func(), err error) {
	if bytes > small {
		select {
		case <-b.large:
			return func() { b.large <- struct{}{} }, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	for {
		b.mu.Lock()
		freed := b.freed
		if b.left >= bytes {
			b.left -= bytes
			b.mu.Unlock()
			return func() { b.give(bytes) }, nil
		}
		b.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (b *budget) give(bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += bytes
	close(b.freed)
	b.freed = make(chan struct{})
}
