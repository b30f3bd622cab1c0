package inbox

import (
	"slices"
	"testing"
	"time"

	"ringfence/node/reconcile/internal/message"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// TestBox keeps the order of events, coalesces nudges and bounds them.
func TestBox(t *testing.T) {
	b := New()
	var seen []int
	for i := range 3 {
		b.Post(func(time.Time) { seen = append(seen, i) })
	}
	one := Nudge{Peer: keys.Public{1}}
	for _, sequence := range []uint64{4, 7, 5} {
		b.Nudge(one, feed.Tip{Sequence: sequence, CID: assertion.CID([]byte("a batch"))})
	}
	for i := range uint64(2 * Most) {
		b.Nudge(Nudge{Lane: message.Lane{Epoch: i}}, feed.Tip{Epoch: i})
	}
	<-b.Wake()
	select {
	case <-b.Wake():
		t.Error("woken twice for one look")
	default:
	}
	events, nudges := b.Empty()
	for _, happened := range events {
		happened(time.Time{})
	}
	if !slices.Equal(seen, []int{0, 1, 2}) || len(nudges) != Most || nudges[one].Sequence != 7 {
		t.Errorf("%v, %d nudges, the first to %d", seen, len(nudges), nudges[one].Sequence)
	}
	if events, nudges = b.Empty(); len(events)+len(nudges) != 0 {
		t.Errorf("%d events and %d nudges are left", len(events), len(nudges))
	}
}
