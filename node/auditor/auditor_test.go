package auditor_test

import (
	"path/filepath"
	"testing"

	"ringfence/consensus/audit"
	"ringfence/consensus/audit/audittest"
	"ringfence/node/api"
	"ringfence/node/auditor"
	"ringfence/store/feed"
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

// admitting is a ledger that goes on once its checkpoint was read: an issuer is admitted, and
// the node takes in what it says.
type admitting struct {
	audit.Ledger
	then func()
}

func (a admitting) Checkpoint() []byte {
	kept := a.Ledger.Checkpoint()
	a.then()
	return kept
}

// Who is admitted, and speaks, while a running node is audited is no stranger to it; who
// spoke before is.
func TestWhoIsAdmittedMeanwhileIsNoFinding(t *testing.T) {
	for name, before := range map[string]bool{"meanwhile": false, "before": true} {
		t.Run(name, func(t *testing.T) {
			w := audittest.Begun(t, 4)
			w.Say("op", nil, w.Flag("+8613900139000", 20))
			w.Anchor(nil, "op")
			store := w.Keep(filepath.Join(t.TempDir(), "store"), nil)
			t.Cleanup(func() { _ = store.Close() })
			late := w.Say("nobody", nil, w.Flag("+8613900139001", 20))
			said := false
			says := func() {
				if said {
					return
				}
				said = true
				if err := store.Append([]feed.Record{late}); err != nil {
					t.Error(err)
				}
			}
			if before {
				says()
			}
			var a auditor.Auditor
			r, err := a.Audit(t.Context(), audit.Config{Genesis: w.Genesis, Ledger: admitting{store.Ledger(), says}, Feeds: store}, "a federation")
			switch {
			case err != nil || !said:
				t.Fatalf("%+v, %v", r, err)
			case before && (len(r.Findings) != 1 || r.Findings[0].Code != "never_admitted"):
				t.Errorf("a stranger is not found: %+v", r)
			case !before && (!r.OK || r.Batches != 1):
				t.Errorf("%+v", r)
			}
		})
	}
}
