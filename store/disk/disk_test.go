package disk

import (
	"testing"

	"go.uber.org/goleak"

	"ringfence/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens the store of dir, and closes it when the test ends.
func open(t *testing.T, cfg Config) *Store {
	t.Helper()
	if cfg.FreeFloor == 0 {
		cfg.FreeFloor = 1
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return open(t, Config{Dir: t.TempDir()}) })
}
