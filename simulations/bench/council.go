package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
	"ringfence/simulations/council"
)

// What deciding has to reach.
const (
	ledgerMotions = 48 // of 4,096 items, a run
	ledgerEtcd    = 10 // times its rate
	baselineFor   = 8  // seconds

	enactTimes     = 100
	enactGoal      = 150 * time.Millisecond
	failoverGoal   = 5 * time.Second
	followEntries  = 1_000_000
	followGoal     = 30 * time.Second
	verifyEntries  = 100_000
	verifyTimes    = 1000
	verifyGoal     = time.Millisecond
	quorumIdleGoal = 1.0 // percent of a core
	quorumIdleFor  = 20 * time.Second
)

// work is what a child is to do, with regulators of its own in a directory.
type work struct {
	verb  string
	dir   string
	times int
}

func (w *work) args() []string { return []string{councilVerb, w.verb, w.dir, strconv.Itoa(w.times)} }

const councilVerb = "council"

// What a child does.
const (
	doRatify   = "ratify"
	doEnact    = "enact"
	doFailover = "failover"
	doIdle     = "idle"
	doFollow   = "follow"
	doVerify   = "verify"
)

// sit is the other end: it does the work and tells what came of it.
func sit(t *testing.T, w work) {
	var numbers council.Numbers
	switch w.verb {
	case doFollow:
		tell(t, council.Follow(t, council.Grow(t, w.times), w.dir))
		return
	case doVerify:
		tell(t, council.Verify(t, council.Grow(t, w.times), verifyTimes))
		return
	}
	cfg := council.Config{Dir: w.dir, Timing: group.Loopback(), Follower: w.verb == doEnact}
	if w.verb == doIdle {
		cfg.Timing = group.WAN() // nobody hurries
	}
	c := council.Sit(t, cfg)
	defer c.Close()
	switch w.verb {
	case doRatify:
		c.Ratify(&numbers, 1) // what is made once is made here
		tell(t, c.Ratify(&numbers, w.times))
	case doEnact:
		tell(t, c.Enact(&numbers, w.times))
	case doFailover:
		tell(t, c.Failover(&numbers))
	case doIdle:
		tell(t, c.Rest(time.Duration(w.times)*time.Second))
	}
}

// ask has a child do some work in a fresh directory.
func ask(ctx context.Context, o *Options, verb string, times int, result any) error {
	dir, err := os.MkdirTemp(o.Dir, verb)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w := work{verb, dir, times}
	return runChild(ctx, result, w.args()...)
}

// each runs a piece of work as often as is asked for, and returns what measure makes of
// each result.
func each[T any](ctx context.Context, o *Options, verb string, times int, measure func(T) float64) ([]float64, error) {
	var values []float64
	for range o.Runs {
		var one T
		if err := ask(ctx, o, verb, times, &one); err != nil {
			return nil, err
		}
		values = append(values, measure(one))
	}
	return values, nil
}

// ratify measures entries in bulk motions, from the first command to where all is
// certified and on the disks of four regulators, beside a log and a
// replicated store that are not ours, in turn.
func ratify(ctx context.Context, o *Options) (Result, error) {
	motions := ledgerMotions
	if o.Small {
		motions = 1
	}
	var values, logs, stores []float64
	for range o.Runs {
		var one council.Throughput
		if err := ask(ctx, o, doRatify, motions, &one); err != nil {
			return Result{}, err
		}
		values = append(values, float64(one.Entries)/one.Took.Seconds())
		o.tell("ledger: %.0f entries/s; %.1f µs of processors an entry, for all", values[len(values)-1], one.Busy.Seconds()*1e6/float64(one.Entries))
		var err error
		if logs, err = beside(ctx, o, logs, "tessera"); err != nil {
			return Result{}, err
		}
		if stores, err = beside(ctx, o, stores, "etcd"); err != nil {
			return Result{}, err
		}
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

// baselinesName is the program of simulations/baselines, which `make bench` builds beside
// this one: what it stands on is no part of this one.
const baselinesName = "ringfence-baselines"

// beside adds what a baseline comes to now. Where it cannot run, it says so and adds
// nothing.
func beside(ctx context.Context, o *Options, values []float64, name string) ([]float64, error) {
	program := o.Baselines
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		program = filepath.Join(filepath.Dir(self), baselinesName)
	}
	if _, err := os.Stat(program); err != nil {
		o.tell("ledger: nothing beside it: %v; `make bench` builds that", err)
		return values, nil
	}
	dir, err := os.MkdirTemp(o.Dir, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmd := exec.CommandContext(ctx, program, name, dir, strconv.Itoa(baselineFor))
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		o.tell("ledger: %s does not run: %v", name, err)
		return values, nil
	}
	var one Result
	if err := json.Unmarshal(out, &one); err != nil {
		return nil, fmt.Errorf("the baseline %s: %w", name, err)
	}
	o.tell("ledger: %s: %.0f %s", name, one.Value, one.Unit)
	return append(values, one.Value), nil
}

// enactOne measures from the last vote for a motion to where a follower has it, cosigned.
func enactOne(ctx context.Context, o *Options) (Result, error) {
	times := max(o.scaled(enactTimes), 3)
	var slow []float64
	values, err := each(ctx, o, doEnact, times, func(took []time.Duration) float64 {
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
	values, err := each(ctx, o, doFailover, 1, time.Duration.Seconds)
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
	values, err := each(ctx, o, doFollow, o.scaled(followEntries), func(f council.Followed) float64 {
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
	values, err := each(ctx, o, doVerify, o.scaled(verifyEntries), milliseconds)
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
	values, err := each(ctx, o, doIdle, max(o.scaled(int(quorumIdleFor.Seconds())), 1), func(share float64) float64 { return 100 * max(share, 1e-4) })
	if err != nil {
		return Result{}, err
	}
	r := Result{Value: median(values), Unit: "% of a core", Goal: fmt.Sprintf("under %.0f %% of a core for all four", quorumIdleGoal)}
	r.Met = r.Value < quorumIdleGoal
	return r, nil
}
