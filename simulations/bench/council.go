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
	auditEntries   = 1_000_000
	auditGoal      = 60 * time.Second
	auditPeak      = 1 << 30 // bytes
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

// job is a piece of work, of how many, and the goal under which its figure is to stay.
type job struct {
	work  council.Work
	times int
	most  float64
	unit  string
	goal  string // in words
}

// under does a job as often as is asked for, and holds the median of what measure makes of
// each result against the goal.
func under[T any](ctx context.Context, o *Options, j job, measure func(T) float64) (Result, error) {
	var values []float64
	for range o.Runs {
		var one T
		if err := ask(ctx, o, j.work, j.times, &one); err != nil {
			return Result{}, err
		}
		values = append(values, measure(one))
	}
	r := Result{Value: median(values), Unit: j.unit, Goal: j.goal}
	r.Met = r.Value < j.most
	return r, nil
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
	var slow []float64
	r, err := under(ctx, o, job{
		council.EnactMotions, max(o.scaled(enactTimes), 3), milliseconds(enactGoal), "ms", fmt.Sprintf("half of the motions within %v of the last vote", enactGoal),
	}, func(took []time.Duration) float64 {
		slow = append(slow, milliseconds(took[len(took)*99/100]))
		o.tell("enact: %d motions, half of them with a follower within %v", len(took), took[len(took)/2])
		return milliseconds(took[len(took)/2])
	})
	if err == nil {
		r.Details = []string{fmt.Sprintf("99 %% within %.0f ms", median(slow))}
	}
	return r, err
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// failover measures from the leader's end to the next enactment with all that remain.
func failover(ctx context.Context, o *Options) (Result, error) {
	return under(ctx, o, job{council.FailOver, 1, failoverGoal.Seconds(), "s", fmt.Sprintf("the next enactment within %v", failoverGoal)}, time.Duration.Seconds)
}

// followAll measures a follower that catches up, everything verified and written down.
func followAll(ctx context.Context, o *Options) (Result, error) {
	var last council.Followed
	r, err := under(ctx, o, job{
		council.FollowEntries, o.scaled(followEntries), followGoal.Seconds(), "s", fmt.Sprintf("%d entries within %v", followEntries, followGoal),
	}, func(f council.Followed) float64 {
		last = f
		o.tell("follow: %d entries in %v; again from the own disk in %v", f.Entries, f.CatchUp, f.Reopen)
		return f.CatchUp.Seconds()
	})
	r.Details = []string{fmt.Sprintf("from its own disk in %.1f s; %d MiB in memory beside the store's, %d MiB on disk", last.Reopen.Seconds(), last.Past>>20, last.OnDisk>>20)}
	return r, err
}

// auditAll measures an audit of a ledger that a node holds: all decisions judged, and the
// list roots at its anchors computed anew.
func auditAll(ctx context.Context, o *Options) (Result, error) {
	var peak int64
	r, err := under(ctx, o, job{
		council.AuditEntries, o.scaled(auditEntries), auditGoal.Seconds(), "s",
		fmt.Sprintf("%d entries and a year of ticks within %v and %d MiB", auditEntries, auditGoal, auditPeak>>20),
	}, func(a council.Audited) float64 {
		peak = max(peak, a.Peak)
		o.tell("audit: %d entries, %d of them ticks, and %d list roots in %v, peak %d MiB", a.Entries, a.Ticks, a.Anchors, a.Took, a.Peak>>20)
		return a.Took.Seconds()
	})
	r.PeakBytes, r.Met = &peak, r.Met && peak < auditPeak
	return r, err
}

// verify measures the check of one proof file: its checkpoint, cosignatures, inclusion.
func verify(ctx context.Context, o *Options) (Result, error) {
	return under(ctx, o, job{council.VerifyProof, o.scaled(verifyEntries), milliseconds(verifyGoal), "ms", fmt.Sprintf("under %v", verifyGoal)}, milliseconds)
}

// quorumIdle measures what four regulators take with nothing to decide, as far from each
// other as organisations are.
func quorumIdle(ctx context.Context, o *Options) (Result, error) {
	return under(ctx, o, job{
		council.SitIdle, max(o.scaled(int(quorumIdleFor.Seconds())), 1), quorumIdleGoal, "% of a core", fmt.Sprintf("under %.0f %% of a core for all four", quorumIdleGoal),
	}, func(share float64) float64 { return 100 * max(share, 1e-4) })
}
