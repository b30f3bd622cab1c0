package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"ringfence/store/ledger"
	"ringfence/store/memory"
)

// slow is a source that tells how many bundles were asked for, and how often each was.
type slow struct {
	ledger.Source

	first uint64        // is not answered before …
	wide  chan struct{} // is closed: all that are read ahead of it were asked for

	mu    sync.Mutex
	asked map[uint64]int // by index
}

func (s *slow) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	if t.Kind == ledger.Entries {
		s.mu.Lock()
		s.asked[t.Index]++
		if s.asked[t.Index] == 1 && t.Index == s.first+ahead-1 {
			close(s.wide)
		}
		s.mu.Unlock()
		if t.Index == s.first {
			select {
			case <-s.wide:
			case <-time.After(time.Minute):
				return nil, errors.New("nothing is read ahead")
			}
		}
	}
	return s.Source.Read(ctx, t)
}

func (s *slow) furthest() (n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.asked {
		n = max(n, i)
	}
	return n
}

// Large bundles are not held before their turn, whoever serves them: those that were read
// ahead are let go and read again, and while they come nothing is read ahead. What is yielded
// is the ledger, in order, whatever the sizes; small bundles are read ahead.
func TestLargeBundlesAreNotHeldAhead(t *testing.T) {
	const bundles, firstLarge, lastLarge = 40, 10, 25
	var all []ledger.Entry
	for i := range bundles * ledger.Full {
		e := ledger.Entry{Data: fmt.Appendf(nil, "entry %d", i), Opening: []byte{1}}
		if n := i / ledger.Full; n >= firstLarge && n <= lastLarge {
			e.Data = append(e.Data, bytes.Repeat([]byte{0}, 2*mostAhead/ledger.Full)...)
		}
		all = append(all, e)
	}
	tree, additions, err := ledger.Tree{}.Append(all)
	if err != nil {
		t.Fatal(err)
	}
	store := memory.New().Ledger()
	if err := store.Write(additions); err != nil {
		t.Fatal(err)
	}
	const index = 300
	source := &slow{Source: store, first: index / ledger.Full, wide: make(chan struct{}), asked: make(map[uint64]int)}
	r := ledger.NewReader(tree, source)
	if p := bundle(t.Context(), r, firstLarge, mostAhead); !p.later || p.entries != nil {
		t.Errorf("a large bundle is held ahead: %d entries", len(p.entries))
	}
	source.asked = make(map[uint64]int)
	at := uint64(index)
	for entries, err := range since(t.Context(), r, index, tree.Size()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !bytes.Equal(e.Data, all[at].Data) {
				t.Fatalf("entry %d is another one", at)
			}
			at++
		}
		n := (at - 1) / ledger.Full
		if n >= firstLarge+ahead && n <= lastLarge && source.furthest() > n {
			t.Errorf("at bundle %d, which is large, %d was read", n, source.furthest())
		}
	}
	if at != tree.Size() {
		t.Errorf("it ended with %d of %d entries", at, tree.Size())
	}
	for n, times := range source.asked {
		if large := n >= firstLarge && n <= lastLarge; times > 2 || !large && times > 1 {
			t.Errorf("bundle %d was read %d times", n, times)
		}
	}
}
