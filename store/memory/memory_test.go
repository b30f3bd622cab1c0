package memory_test

import (
	"testing"

	"ringfence/store/memory"
	"ringfence/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store {
		s := memory.New()
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

func TestLedger(t *testing.T) {
	storetest.RunLedger(t, func(t *testing.T) (storetest.Store, storetest.Ledger) {
		s := memory.New()
		return s, s.Ledger()
	})
}
