package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"ringfence/node/api"
)

// Result is what a case came to. Baseline, BaselineValue and Ratio are null
// where nobody else's work can do the same.
type Result struct {
	Case          string   `json:"case"`
	Value         float64  `json:"value"`
	Unit          string   `json:"unit"`
	Baseline      *string  `json:"baseline"`
	BaselineValue *float64 `json:"baseline_value"`
	Ratio         *float64 `json:"ratio"` // over 1: better than the baseline
	Goal          string   `json:"goal"`
	Runs          int      `json:"runs"` // the value is the median of these
	Met           bool     `json:"met"`  // the goal

	PeakBytes   *int64   `json:"peak_bytes,omitempty"`       // of memory, resident
	Allocations *float64 `json:"allocations_each,omitempty"` // of one operation
	Details     []string `json:"details,omitempty"`          // what else was seen, in words
}

// against puts a baseline beside the value; faster tells whether a higher
// value is better.
func (r *Result) against(name string, value, ratio float64) {
	r.Baseline, r.BaselineValue, r.Ratio = &name, &value, &ratio
}

// Options says how the cases run.
type Options struct {
	Runs  int                              // 0: three
	Dir   string                           // for scratch; "" is the system's
	Told  func(format string, args ...any) // hears what is done; nil: nobody
	Small bool                             // a hundredth of the size: for tests, its figures mean nothing

	// Binary is the program that runs as a node of its own; "" is this one.
	Binary string
	// Baselines is the program of simulations/baselines; "" is ringfence-baselines beside
	// this one, if it is there.
	Baselines string
}

// scaled returns n, or a hundredth of it for a small run.
func (o *Options) scaled(n int) int {
	if o.Small {
		return n / 100
	}
	return n
}

func (o *Options) tell(format string, args ...any) {
	if o.Told != nil {
		o.Told(format, args...)
	}
}

// Case is something that can be measured.
type Case struct {
	Name  string
	About string
	run   func(context.Context, *Options) (Result, error)
}

// Cases returns all cases in the order in which they run.
func Cases() []Case {
	return []Case{
		{"publish", "a file of 239,764 rows to durable, listed statements", publishing},
		{"lookup", "a look-up among 250,000 numbers and their ranges", lookup},
		{"screen", "the decision on one call", decide},
		{"restart", "from a snapshot of 1,000,000 numbers to ready", restart},
		{"spread", "a flag into the list of each of 100 nodes in three regions", spread},
		{"catchup", "1,000,000 statements from two peers to a new node", catchUp},
		{"idle", "a node with 49 peers and nothing to do", idle},
		{"ledger", "bulk motions, certified and on the disks of four regulators", ratify},
		{"enact", "the last vote for a motion to a follower that has it, cosigned", enactOne},
		{"undo", "a stay or a revocation to where no node of the demo has the entry in force", undo},
		{"failover", "the leading regulator's end to the next enactment", failover},
		{"follow", "1,000,000 ledger entries to a new follower, each verified", followAll},
		{"verify", "the check of one proof file", verify},
		{"quorum-idle", "four regulators with nothing to decide", quorumIdle},
	}
}

// Run measures one case.
func Run(ctx context.Context, name string, o Options) (Result, error) {
	all := Cases()
	i := slices.IndexFunc(all, func(c Case) bool { return c.Name == name })
	if i < 0 {
		var names []string
		for _, c := range all {
			names = append(names, c.Name)
		}
		return Result{}, api.Errorf(api.BadInput, "bench: no case %q; there are %s", name, strings.Join(names, ", "))
	}
	if o.Runs <= 0 {
		o.Runs = 3
	}
	dir, err := os.MkdirTemp(o.Dir, "ringfence-bench-")
	if err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	o.Dir = dir
	r, err := all[i].run(ctx, &o)
	if err != nil {
		return Result{}, fmt.Errorf("bench %s: %w", name, err)
	}
	r.Case = name
	if r.Runs == 0 {
		r.Runs = o.Runs
	}
	return r, nil
}

// Table writes results for people.
func Table(to io.Writer, results []Result) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "case\tvalue\tbaseline\tratio\tgoal\tmet\tmemory, allocations")
	for i := range results {
		r := &results[i]
		baseline, ratio, met, beside := "-", "-", "yes", ""
		if r.Baseline != nil {
			baseline, ratio = fmt.Sprintf("%s: %s", *r.Baseline, figure(*r.BaselineValue, r.Unit)), fmt.Sprintf("%.2f", *r.Ratio)
		}
		if !r.Met {
			met = "NO"
		}
		if r.PeakBytes != nil {
			beside = fmt.Sprintf("peak %d MiB", *r.PeakBytes>>20)
		}
		if r.Allocations != nil {
			beside = fmt.Sprintf("%.0f allocations", *r.Allocations)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Case, figure(r.Value, r.Unit), baseline, ratio, r.Goal, met, beside)
	}
	return w.Flush()
}

// figure writes a value with its unit, to three digits or so.
func figure(v float64, unit string) string {
	switch {
	case v >= 1000:
		return fmt.Sprintf("%.0f %s", v, unit)
	case v >= 10:
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.2f %s", v, unit)
}

// median returns the middle one of values, the lower of two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}
