package authority

import (
	"log/slog"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/gossip"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/memory"
)

// What a quorum certified, and what more cosigned than may lie, waits for nothing that nobody
// here can judge, and what is not signed by the log takes no room.
func TestDoubtfulCheckpointsAreTriedBeside(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	a, err := Open(t.Context(), Config{
		Genesis: f.Genesis, Ledger: memory.New().Ledger(), Exhibits: memory.New(), Enacted: func([]charter.Enacted) error { return nil },
		Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := checkpoint.Checkpoint{Origin: checkpoint.Origin(f.State.Constitution().Federation()), Tree: checkpoint.Tree{Size: 9}}
	note := func(log string, members ...string) []byte {
		n, err := checkpoint.Sign(c, chartertest.Key(log, ""))
		for _, m := range members {
			key := chartertest.Key("cosign", m)
			if err == nil {
				n, err = n.With(checkpoint.Cosigner(m+".example/cosign", key.Public()), c.Cosign(key, f.Now))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		return n.Bytes()
	}
	if v := a.Hear(t.Context(), keys.Public{}, note("log", "reg", "reg2")); v != gossip.Ignore {
		t.Errorf("what more cosigned than may lie: %v", v)
	}
	for range 100 {
		a.Hear(t.Context(), keys.Public{}, note("log", "reg4"))
		a.Hear(t.Context(), keys.Public{}, note("another log", f.Quorum()...))
	}
	if v := a.Hear(t.Context(), keys.Public{}, note("log", f.Quorum()...)); v != gossip.Accept {
		t.Errorf("a certified checkpoint: %v", v)
	}
	if len(a.offers) != 1 || len(a.vouched) != 1 || len(a.doubts) != cap(a.doubts) {
		t.Errorf("%d are to be followed, %d and %d to be tried", len(a.offers), len(a.vouched), len(a.doubts))
	}
}
