package node

import (
	"context"
	"fmt"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/api"
	"ringfence/store/feed"
	"ringfence/store/motion"
)

// Many numbers are looked up as of one moment by one list, be it that the moment is known
// in part alone: what is wrong with one number is its own answer, and a moment that is none
// is refused for all.
func TestManyAreLookedUpAsOfOneMoment(t *testing.T) {
	h, c := withList(t, flagged)
	h.list("2026-11-24", clean)
	c.keep()
	c.enacts(motion.Ratify, ballottest.Label(t, ruled))
	c.anchors(right, "list")
	ctx, now := context.Background(), fmt.Sprint(c.State.Size())
	numbers := []string{ruled, flagged, "nobody", ruled, flagged}

	reads := 0
	lacking := func(r feed.Record) (feed.Record, bool) {
		reads++
		return r, r.Tip.Sequence != 0
	}
	_, err := h.over(lacking).Lookup(ctx, api.Query{Number: ruled, At: now})
	must(t, err)
	once := reads
	reads = 0
	got, err := h.over(lacking).LookupMany(ctx, api.LookupMany{Numbers: numbers, At: now})
	must(t, err)
	if reads != once || once == 0 {
		t.Errorf("%d batches were read for %d numbers, %d for one", reads, len(numbers), once)
	}
	for i, code := range []string{"", "past.not_recomputable", "no number", "", "past.not_recomputable"} {
		switch a := got[i]; {
		case code == "" && (a.Lookup == nil || a.Lookup.Number != numbers[i] || a.Lookup.Basis != "ratified" || a.Lookup.AsOf == nil):
			t.Errorf("%s: %+v", numbers[i], a)
		case code != "" && (a.Error == nil || code == "no number" && a.Error.Kind != api.BadInput || code != "no number" && a.Error.Code != code):
			t.Errorf("%s: %+v", numbers[i], a.Error)
		}
	}
	for at, kind := range map[string]api.Kind{"banana": api.BadInput, "99999": api.NotFound} {
		if got, err := h.node.LookupMany(ctx, api.LookupMany{Numbers: numbers, At: at}); api.KindOf(err) != kind || got != nil {
			t.Errorf("at %s: %+v, %v", at, got, err)
		}
	}
	if got, err := h.node.LookupMany(ctx, api.LookupMany{Numbers: numbers}); err != nil || !got[1].Lookup.Listed || got[1].Lookup.AsOf != nil {
		t.Errorf("now: %+v, %v", got, err)
	}
	gone, stop := context.WithCancel(ctx)
	stop()
	if _, err := h.node.LookupMany(gone, api.LookupMany{Numbers: numbers}); err == nil {
		t.Error("who went away is answered")
	}
}
