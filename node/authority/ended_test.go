package authority

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/quorum/group"
	"ringfence/store/charter"
	"ringfence/store/memory"
)

// A regulator ends only for what its own disk did, and that is what a person is told, with the
// reason: preside and Problems say the same.
func TestAnEndedRegulatorIsToldOf(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	a, err := Open(t.Context(), Config{
		Genesis: f.Genesis, Ledger: memory.New().Ledger(), Exhibits: memory.New(), Enacted: func([]charter.Enacted) error { return nil },
		Now: func() time.Time { return time.Unix(f.Now, 0) }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if all := a.Problems(); len(all) != 0 {
		t.Errorf("while all is well it says %v", all)
	}
	ended := a.preside(t.Context(), func(context.Context) error { return fmt.Errorf("write the log: %w", group.ErrDisk) })
	if ended == nil {
		t.Fatal("it went on with a disk that failed")
	}
	a.ended.Store(&ended)
	all := a.Problems()
	if len(all) != 1 {
		t.Fatalf("it says %v", all)
	}
	if said := all[0].Sentences(); said[0].Code != "problem.regulator_ended" || !strings.Contains(said[0].Text, "disk") || !strings.Contains(all[0].Text, "write the log") {
		t.Errorf("it says %q", all[0].Text)
	}
}
