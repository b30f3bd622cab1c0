package node

import (
	"context"
	"runtime"
	"testing"
	"time"

	"ringfence/node/api"
)

// run lets the node live until the test ends.
func (h *home) run() {
	h.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.node.Run(ctx) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
	})
	select {
	case <-h.node.Ready():
	case <-time.After(time.Minute):
		h.t.Fatal("the node does not serve after a minute")
	}
}

// The age that every answer carries grows while no peer is heard, though the node
// looks at its own feeds all the time; what happens to a stale list is the policy's.
// The node's clock stands still here, so that nothing but the silence makes it age.
func TestTheListAgesWhileNoPeerIsHeard(t *testing.T) {
	h := newHome(t)
	must(t, h.node.Close())
	h.cfg.Screening.ListMaxAge = time.Nanosecond
	h.open()
	call := api.Call{Caller: "+8613800138000", Called: "+861012345678", Ingress: "national"}
	v, err := h.node.Screen(context.Background(), call)
	must(t, err)
	if age := h.lookup("+8613800138000").List.AgeSeconds; age != 0 || v.Stale {
		t.Fatalf("with no node running the list is %d s old, stale %v", age, v.Stale)
	}
	h.run()
	age := h.node.age().List // what Decide and every answer tell, in seconds in the latter
	for deadline := time.Now().Add(time.Minute); age == 0 || h.node.age().List <= age; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("a minute without peers makes the list no older than %v", age)
		}
		age = max(age, h.node.age().List)
	}
	v, err = h.node.Screen(context.Background(), call)
	must(t, err)
	if !v.Stale {
		t.Error("the verdict of a list that is older than the policy bears is not stale")
	}
}
