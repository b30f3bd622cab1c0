package answer

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/memory"
)

// many is a store with any number of feeds.
type many struct {
	*memory.Store
	tips []feed.Head
}

func (m *many) Tips() ([]feed.Head, error) { return m.tips, nil }

func crowd(count int) *many {
	m := &many{Store: memory.New()}
	for i := range count {
		m.tips = append(m.tips, feed.Head{Issuer: keys.Public{1, byte(i), byte(i >> 8)}, Tip: feed.Tip{Sequence: 1}})
	}
	return m
}

// TestDeltas tells a vector once, and later only what changed.
func TestDeltas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := crowd(500)
		v := newVector(m)
		all, end, err := v.since(message.Cursor{}, message.MaxHeads)
		if err != nil || len(all) != 500 || end.More {
			t.Fatal(len(all), end, err)
		}
		if now, _, err := v.now(false); err != nil || now != end.UpTo {
			t.Errorf("%v, %v; the heads went up to %v", now, err, end.UpTo)
		}
		for round := range 1500 {
			m.tips[round%3].Tip.Sequence++
			time.Sleep(message.RefreshEvery)
			changed, next, err := v.since(end.UpTo, message.MaxHeads)
			if err != nil || len(changed) != 1 || changed[0].Sequence != m.tips[round%3].Tip.Sequence {
				t.Fatalf("round %d: %v, %v", round, changed, err)
			}
			end = next
		}
		if len(v.order) > 2*500+1 {
			t.Errorf("%d lines are kept for 500 feeds", len(v.order))
		}
		if again, _, _ := v.since(message.Cursor{Session: end.UpTo.Session + 1, Version: end.UpTo.Version}, message.MaxHeads); len(again) != 500 {
			t.Errorf("to somebody who knows another process: %d heads", len(again))
		}
		if again, _, _ := v.since(message.Cursor{Session: end.UpTo.Session, Version: 1 << 60}, message.MaxHeads); len(again) != 500 {
			t.Errorf("to somebody who knows too much: %d heads", len(again))
		}
	})
}

// slow is a store that somebody else waits for.
type slow struct {
	*many
	v     *vector
	under int // reads under the vector's lock
}

func (s *slow) Tips() ([]feed.Head, error) {
	if !s.v.mu.TryLock() {
		s.under++
	} else {
		s.v.mu.Unlock()
	}
	time.Sleep(time.Hour)
	return s.many.Tips()
}

// TestNobodyWaitsForASlowStore answers with what was known while the store is read,
// and waits for it only the first time.
func TestNobodyWaitsForASlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{many: crowd(3)}
		s.v = newVector(s)
		if at, _, err := s.v.now(false); err != nil || at.Version != 3 {
			t.Errorf("at first: %v, %v", at, err)
		}
		time.Sleep(time.Second)
		var one sync.WaitGroup
		s.tips[0].Tip.Sequence++
		one.Go(func() {
			if at, _, err := s.v.now(false); err != nil || at.Version != 4 {
				t.Errorf("after a look: %v, %v", at, err)
			}
		})
		synctest.Wait()
		began := time.Now()
		if heads, end, err := s.v.since(message.Cursor{}, 10); err != nil || len(heads) != 3 || end.UpTo.Version != 3 {
			t.Errorf("meanwhile: %v, %v, %v", heads, end, err)
		}
		if took := time.Since(began); took > 0 || s.under > 0 {
			t.Errorf("it took %v; %d looks under the lock", took, s.under)
		}
		one.Wait()
	})
}

// TestPortions tells a large vector in several portions, while it changes.
func TestPortions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := crowd(1000)
		v := newVector(m)
		known := map[keys.Public]uint64{}
		at := message.Cursor{}
		for rounds := 0; ; rounds++ {
			heads, end, err := v.since(at, 64)
			if err != nil || len(heads) > 64 || rounds > 100 {
				t.Fatal(len(heads), rounds, err)
			}
			for _, h := range heads {
				known[h.Issuer] = h.Sequence
			}
			at = end.UpTo
			if !end.More {
				break
			}
			if rounds < 20 {
				m.tips[rounds*17].Tip.Sequence++
				time.Sleep(message.RefreshEvery)
			}
		}
		for _, tip := range m.tips {
			if known[tip.Issuer] != tip.Tip.Sequence {
				t.Fatalf("%s is known up to %d, not %d", tip.Issuer.Short(), known[tip.Issuer], tip.Tip.Sequence)
			}
		}
	})
}

// TestForksAreNews tells a head again when its feed is frozen, and a fork of
// which nothing is held.
func TestForksAreNews(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'; B0; B0'")
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		for _, name := range []string{"A0", "A1"} {
			if err := store.Append([]feed.Record{d.Batch(name).Record()}); err != nil {
				t.Fatal(err)
			}
		}
		v := newVector(store)
		_, end, err := v.since(message.Cursor{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, names := range [][2]string{{"A1", "A1'"}, {"B0", "B0'"}} {
			p, err := feed.NewForkProof(d.Verified(names[0]), d.Verified(names[1]))
			if err != nil {
				t.Fatal(err)
			}
			if err := store.PutFork(p); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(message.RefreshEvery)
		heads, _, err := v.since(end.UpTo, 10)
		if err != nil || len(heads) != 2 {
			t.Fatal(heads, err)
		}
		for _, h := range heads {
			if held := h.Issuer == feedtest.Key("A").Public(); !h.Forked || h.Proof.IsZero() || h.CID.Defined() != held {
				t.Errorf("%+v", h)
			}
		}
	})
}
