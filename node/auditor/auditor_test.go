package auditor_test

import (
	"path/filepath"
	"testing"

	"ringfence/consensus/audit"
	"ringfence/consensus/audit/audittest"
	"ringfence/node/api"
	"ringfence/node/auditor"
)

// One audit is made at a time; another one is put off, and comes to its turn after.
func TestOneAuditAtATime(t *testing.T) {
	w := audittest.Begun(t, 4)
	w.Say("op", nil, w.Flag("+8613900139000", 20))
	w.Anchor(nil, "op")
	store := w.Keep(filepath.Join(t.TempDir(), "store"), nil)
	t.Cleanup(func() { _ = store.Close() })
	var a auditor.Auditor
	var second error
	asked := false
	cfg := audit.Config{Genesis: w.Genesis, Ledger: store.Ledger(), Feeds: store}
	cfg.Progress = func(audit.Phase, uint64, uint64) {
		if !asked {
			asked = true
			_, second = a.Audit(t.Context(), cfg, "a federation")
		}
	}
	first, err := a.Audit(t.Context(), cfg, "a federation")
	if err != nil || !first.OK || first.Name != "a federation" || first.Anchors != 1 || first.Right != 1 {
		t.Errorf("the first: %+v, %v", first, err)
	}
	if !asked || api.KindOf(second) != api.Unavailable {
		t.Errorf("the second: %v", second)
	}
	if again, err := a.Audit(t.Context(), cfg, "a federation"); err != nil || !again.OK {
		t.Errorf("after it: %+v, %v", again, err)
	}
}
