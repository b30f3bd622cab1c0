package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"ringfence/simulations/crowd"
)

// What spreading has to reach: until everybody has a flag.
const (
	spreadNodes   = 100
	spreadSeconds = 10
	spreadMedian  = 400 * time.Millisecond
	spreadP99     = time.Second
)

// spread measures in virtual time how long a flag takes into the list of every
// node of a hundred, in three regions up to 160 ms apart. A bubble of virtual time
// is a test, which takes a process of its own.
func spread(ctx context.Context, o *Options) (Result, error) {
	nodes, seconds := spreadNodes, spreadSeconds
	if o.Small {
		nodes, seconds = 9, 3
	}
	one, err := spreadOnce(ctx, nodes, seconds)
	if err != nil {
		return Result{}, err
	}
	if one.Reached != one.Flags*one.Nodes {
		return Result{}, fmt.Errorf("%d of %d deliveries arrived", one.Reached, one.Flags*one.Nodes)
	}
	o.tell("spread: %d flags to each of %d nodes; everybody had one after %v (median), %v (99 %%), %v (slowest); a delivery took %v, %v",
		one.Flags, one.Nodes, one.Median, one.P99, one.Slowest, one.ToEach50, one.ToEach99)
	r := Result{
		Runs:  1, // the time is virtual: another run takes as long
		Value: one.Median.Seconds() * 1000, Unit: "ms",
		Goal:    fmt.Sprintf("half of the flags with everybody within %v, 99 %% within %v", spreadMedian, spreadP99),
		Details: []string{fmt.Sprintf("99 %% of the flags with everybody within %.0f ms", one.P99.Seconds()*1000)},
	}
	r.Met = one.Median < spreadMedian && one.P99 < spreadP99
	return r, nil
}

func spreadOnce(ctx context.Context, nodes, seconds int) (r crowd.SpreadResult, err error) {
	return r, runChild(ctx, &r, "spread", strconv.Itoa(nodes), strconv.Itoa(seconds))
}
