package node

import (
	"testing"

	"ringfence/node/api"
	"ringfence/store/taxonomy"
)

// A call that passes leaves no record, and none is made: it allocates the list with
// its age as the rules see it, and nothing else.
func TestACallThatPassesAllocatesLittle(t *testing.T) {
	h := newHome(t)
	call, err := h.node.book.Load().Call(api.Call{Caller: "+8613800138000", Called: "+861012345678", Ingress: "national"}, h.now)
	must(t, err)
	if v := h.node.Decide(&call); v.Action != taxonomy.Allow {
		t.Fatalf("the call is answered %+v", v)
	}
	if n := testing.AllocsPerRun(100, func() { h.node.Decide(&call) }); n > 1 {
		t.Errorf("%v allocations a call", n)
	}
}
