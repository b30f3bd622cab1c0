package bench

import (
	"context"
	"fmt"
	"os"
	"time"

	"ringfence/simulations/council"
)

// What auditing has to reach.
const (
	auditEntries = 1_000_000
	auditGoal    = 60 * time.Second
	auditPeak    = 1 << 30 // bytes
)

// auditAll measures an audit of a ledger that a node holds, in a process of its own: all
// decisions judged, and the list roots at its anchors computed anew.
func auditAll(ctx context.Context, o *Options) (Result, error) {
	dir, err := os.MkdirTemp(o.Dir, "held")
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var size uint64
	if err := runChild(ctx, &size, councilVerb, string(council.HoldEntries), dir, fmt.Sprint(o.scaled(auditEntries))); err != nil {
		return Result{}, err
	}
	var last audited
	var values []float64
	peak := int64(0)
	for range o.Runs {
		if err := runChild(ctx, &last, auditVerb, dir); err != nil {
			return Result{}, err
		}
		values, peak = append(values, last.Took.Seconds()), max(peak, last.Peak)
		o.tell("audit: %d entries, %d of them ticks, and %d list roots in %v, peak %d MiB", last.Entries, last.Ticks, last.Anchors, last.Took, last.Peak>>20)
	}
	r := Result{Value: median(values), Unit: "s", Goal: fmt.Sprintf("%d entries and a year of ticks within %v and %d MiB", auditEntries, auditGoal, auditPeak>>20)}
	r.Met = r.Value < auditGoal.Seconds() && peak < auditPeak
	if peak > 0 {
		r.PeakBytes = &peak
	}
	r.Details = []string{fmt.Sprintf("%d ticks; the list roots of %d anchors computed anew", last.Ticks, last.Anchors)}
	return r, nil
}

const auditVerb = "audit"

// audited is what a child tells of its audit.
type audited struct {
	council.Audited
	Peak int64 `json:"peak_bytes"`
}
