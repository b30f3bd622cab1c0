package federation

import (
	"testing"
	"testing/synctest"
	"time"

	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
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

// A node that was alone in its federation, and whom the ledger gives a peer, has not kept
// silent company all the while: from then on it waits for what that one holds.
func TestANodeThatIsNoLongerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		all := p.cfg.State()
		own := chartertest.State(t, func() charter.FoundingConfig {
			cfg := chartertest.Config(t, "own: vendor")
			for i := range cfg.Cards {
				if cfg.Cards[i].ID == "reg" {
					cfg.Cards[i].Hosts = nil
				}
			}
			return cfg
		}())
		p.cfg.State = func() *charter.State { return own }
		p.lookAround()
		time.Sleep(time.Hour)
		if p.Unheard() != 0 || !p.Stale().IsZero() {
			t.Fatalf("alone it is unheard for %v", p.Unheard())
		}
		p.cfg.State = func() *charter.State { return all }
		p.lookAround()
		time.Sleep(time.Minute)
		if got := p.Unheard(); got != time.Minute || !p.Stale().IsZero() {
			t.Errorf("a minute later it is unheard for %v: %q", got, p.Stale())
		}
		time.Sleep(staleAfter)
		if p.Stale().IsZero() {
			t.Error("it never misses its peer")
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
