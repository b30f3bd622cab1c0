package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"ringfence/simulations/bench/baseline"
	"ringfence/simulations/council"
)

// What deciding has to reach.
const (
	ledgerMotions = 96 // of 4,096 items, a run
	ledgerEtcd    = 10 // times its rate
	baselineFor   = 8  // seconds

	enactTimes     = 100
	enactGoal      = 150 * time.Millisecond
	failoverGoal   = 5 * time.Second
	followEntries  = 1_000_000
	followGoal     = 30 * time.Second
	verifyEntries  = 100_000
	verifyGoal     = time.Millisecond
	quorumIdleGoal = 1.0 // percent of a core
	quorumIdleFor  = 20 * time.Second
)

const councilVerb = "council"

// ask has a child do some work in a fresh directory.
func ask(ctx context.Context, o *Options, w council.Work, times int, result any) error {
	dir, err := os.MkdirTemp(o.Dir, string(w))
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return runChild(ctx, result, councilVerb, string(w), dir, strconv.Itoa(times))
}

// each runs a piece of work as often as is asked for, and returns what measure makes of
// each result.
func each[T any](ctx context.Context, o *Options, w council.Work, times int, measure func(T) float64) ([]float64, error) {
	var values []float64
	for range o.Runs {
		var one T
		if err := ask(ctx, o, w, times, &one); err != nil {
			return nil, err
		}
		values = append(values, measure(one))
	}
	return values, nil
}

// ratify measures entries in bulk motions, from the first command to where all is
// certified and on the disks of four regulators, beside a log and a replicated
// store that are not ours, in turn.
func ratify(ctx context.Context, o *Options) (Result, error) {
	motions := ledgerMotions
	if o.Small {
		motions = 1
	}
	var values, logs, stores []float64
	for range o.Runs {
		var one council.Throughput
		if err := ask(ctx, o, council.RatifyMotions, motions, &one); err != nil {
			return Result{}, err
		}
		values = append(values, float64(one.Entries)/one.Took.Seconds())
		o.tell("ledger: %.0f entries/s; %.1f µs of processors an entry, for all", values[len(values)-1], one.Busy.Seconds()*1e6/float64(one.Entries))
		logs, stores = beside(ctx, o, logs, "tessera"), beside(ctx, o, stores, "etcd")
	}
	r := Result{Value: median(values), Unit: "entries/s", Goal: fmt.Sprintf("as many as Tessera alone, and %d times the writes of three etcd", ledgerEtcd)}
	if len(logs) > 0 {
		r.against("Tessera's POSIX log alone, entries of 200 B", median(logs), r.Value/median(logs))
	}
	if len(stores) == 0 {
		r.Details = []string{"etcd does not run here: its writes were not compared"}
		return r, nil
	}
	times := r.Value / median(stores)
	r.Details = []string{fmt.Sprintf("%.1f times the writes of three etcd: %.0f/s of 1 KiB", times, median(stores))}
	r.Met = r.Ratio != nil && *r.Ratio >= 1 && times >= ledgerEtcd
	return r, nil
}

// beside adds what a baseline comes to now. Where it cannot run, it says so and adds
// nothing.
func beside(ctx context.Context, o *Options, values []float64, name string) []float64 {
	r, err := baseline.Run(ctx, o.Baselines, name, o.Dir, baselineFor)
	if err != nil {
		o.tell("ledger: %s does not run: %v", name, err)
		return values
	}
	o.tell("ledger: %s: %.0f %s", name, r.Value, r.Unit)
	return append(values, r.Value)
}

// enactOne measures from the last vote for a motion to where a follower has it, cosigned.
func enactOne(ctx context.Context, o *Options) (Result, error) {
	times := max(o.scaled(enactTimes), 3)
	var slow []float64
	values, err := each(ctx, o, council.EnactMotions, times, func(took []time.Duration) float64 {
		slow = append(slow, milliseconds(took[len(took)*99/100]))
		o.tell("enact: %d motions, half of them with a follower within %v", len(took), took[len(took)/2])
		return milliseconds(took[len(took)/2])
	})
	if err != nil {
		return Result{}, err
	}
	r := Result{Value: median(values), Unit: "ms", Goal: fmt.Sprintf("half of the motions within %v of the last vote", enactGoal)}
	r.Met = r.Value < milliseconds(enactGoal)
	r.Details = []string{fmt.Sprintf("99 %% within %.0f ms", median(slow))}
	return r, nil
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// failover measures from the leader's end to the next enactment with all that remain.
func failover(ctx context.Context, o *Options) (Result, error) {
	values, err := each(ctx, o, council.FailOver, 1, time.Duration.Seconds)
	if err != nil {
		return Result{}, err
	}
	r := Result{Value: median(values), Unit: "s", Goal: fmt.Sprintf("the next enactment within %v", failoverGoal)}
	r.Met = r.Value < failoverGoal.Seconds()
	return r, nil
}

// followAll measures a follower that catches up, everything verified and written down.
func followAll(ctx context.Context, o *Options) (Result, error) {
	var last council.Followed
	values, err := each(ctx, o, council.FollowEntries, o.scaled(followEntries), func(f council.Followed) float64 {
		last = f
		o.tell("follow: %d entries in %v; again from the own disk in %v", f.Entries, f.CatchUp, f.Reopen)
		return f.CatchUp.Seconds()
	})
	if err != nil {
		return Result{}, err
	}
	r := Result{Value: median(values), Unit: "s", Goal: fmt.Sprintf("%d entries within %v", followEntries, followGoal)}
	r.Met = r.Value < followGoal.Seconds()
	r.Details = []string{fmt.Sprintf("from its own disk in %.1f s; %d MiB in memory beside the store's, %d MiB on disk", last.Reopen.Seconds(), last.Past>>20, last.OnDisk>>20)}
	return r, nil
}

// verify measures the check of one proof file: its checkpoint, cosignatures, inclusion.
func verify(ctx context.Context, o *Options) (Result, error) {
	values, err := each(ctx, o, council.VerifyProof, o.scaled(verifyEntries), milliseconds)
	if err != nil {
		return Result{}, err
	}
	r := Result{Value: median(values), Unit: "ms", Goal: fmt.Sprintf("under %v", verifyGoal)}
	r.Met = r.Value < milliseconds(verifyGoal)
	return r, nil
}

// quorumIdle measures what four regulators take with nothing to decide, as far from each
// other as organisations are.
func quorumIdle(ctx context.Context, o *Options) (Result, error) {
	values, err := each(ctx, o, council.SitIdle, max(o.scaled(int(quorumIdleFor.Seconds())), 1), func(share float64) float64 { return 100 * max(share, 1e-4) })
	if err != nil {
		return Result{}, err
	}
	r := Result{Value: median(values), Unit: "% of a core", Goal: fmt.Sprintf("under %.0f %% of a core for all four", quorumIdleGoal)}
	r.Met = r.Value < quorumIdleGoal
	return r, nil
}
