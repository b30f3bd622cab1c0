package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"ringfence/simulations"
)

// What taking back has to reach in the demo.
const (
	undoTimes = 100 // stays, and as many revocations
	undoGoal  = 2 * time.Second
)

// undo measures from a stay, and from the vote that carries a revocation, to where no node
// of the demo has the entry in force.
func undo(ctx context.Context, o *Options) (Result, error) {
	var values []float64
	r := Result{Unit: "ms", Goal: fmt.Sprintf("99 %% in force on every node of the demo within %v", undoGoal)}
	for range o.Runs {
		u, err := simulations.Undo(ctx, simulations.DemoConfig{Dir: "", JSON: true, Once: true, Out: io.Discard}, max(o.scaled(undoTimes), 3))
		if err != nil {
			return Result{}, err
		}
		worst := max(late(u.Stays), late(u.Revocations))
		values = append(values, milliseconds(worst))
		r.Details = []string{fmt.Sprintf("half of the stays within %v, 99 %% within %v; of the revocations %v and %v",
			u.Stays[len(u.Stays)/2], late(u.Stays), u.Revocations[len(u.Revocations)/2], late(u.Revocations))}
		o.tell("undo: %s", r.Details[0])
	}
	r.Value = median(values)
	r.Met = r.Value < milliseconds(undoGoal)
	return r, nil
}

// late is what 99 % of rising times do not exceed.
func late(rising []time.Duration) time.Duration { return rising[len(rising)*99/100] }
