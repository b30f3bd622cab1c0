package realmtest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"ringfence/node/api"
)

// A node that runs is audited as it is at that moment, while members publish and regulators
// decide, and is clean; the report says how far it came.
func TestARunningNodeIsAudited(t *testing.T) {
	r := Found(t, []string{"east: regulator", "south: regulator", "op: operator"})
	r.Ticked()
	op := r.Of("op")
	number := func(n int) string { return fmt.Sprintf("+861380013%04d", n) }
	decide := func(n int) {
		r.Enact(api.Proposal{Kind: "ratify", Action: "label", Category: "crm.spoof", Grounds: "decision", Reason: "a test", Items: []api.ProposedItem{{Number: number(n)}}}, "reg", "east", "south")
	}
	kept := func() { // the list goes ahead of the checkpoint that is kept
		r.Until("what is decided is certified where it is audited", func() bool {
			return op.Node.Ledger().Follower().Standing().Size() >= op.Node.State().Size()
		})
	}
	r.Must(op.Flag(number(0)))
	decide(1)
	kept()

	ctx, stop := context.WithCancel(t.Context())
	var under sync.WaitGroup
	var audits int
	under.Go(func() {
		for ; ctx.Err() == nil; audits++ {
			a, err := op.Node.Audit(context.Background())
			if err != nil || !a.OK || a.Batches < 1 || a.LedgerSize < 3 || a.Judged != a.LedgerSize || a.Federation == "" {
				t.Errorf("audit %d: %+v, %v", audits, a, err)
				return
			}
		}
	})
	for n := range 10 {
		r.Must(op.Flag(number(100 + n)))
		decide(200 + n)
	}
	stop()
	under.Wait()
	if audits == 0 {
		t.Error("no audit came to its end meanwhile")
	}
	kept()
	a, err := op.Node.Audit(context.Background())
	if err != nil || !a.OK || a.Batches < 11 || a.Ratified < 11 {
		t.Errorf("in the end: %+v, %v", a, err)
	}
}
