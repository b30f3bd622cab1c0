package federation

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		time.Sleep(staleAfter)
		p.time = p.time.Add(24 * time.Hour)
		if got := p.Unheard(); got != staleAfter || !p.Stale().IsZero() {
			t.Errorf("unheard for %v since the start; %q", got, p.Stale())
		}
		time.Sleep(time.Second)
		if p.Stale().IsZero() {
			t.Error("the list is not stale")
		}
		p.fresh.Store(int64(staleAfter))
		if got := p.Unheard(); got != time.Second || !p.Stale().IsZero() {
			t.Errorf("unheard for %v; %q", got, p.Stale())
		}
		p.alone.Store(true)
		if got := p.Unheard(); got != 0 {
			t.Errorf("alone it is unheard for %v", got)
		}
	})
}

// Each screened call asks for how long nobody was heard: that waits for nothing that
// goes on beside it, and costs nothing that grows with the federation.
func TestUnheardCostsNothing(t *testing.T) {
	p := newPlace(t)
	p.mu.Lock() // as while a beacon is made
	defer p.mu.Unlock()
	done := make(chan float64)
	go func() { done <- testing.AllocsPerRun(100, func() { p.Unheard() }) }()
	select {
	case n := <-done:
		if n > 0 {
			t.Errorf("%v allocations a call", n)
		}
	case <-time.After(time.Minute):
		t.Error("it waits for whoever makes a beacon")
	}
}
