package simulations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/store/number"
)

// Undoing is how long what the regulators take back stands on in the demo: from the
// stay, or from the vote that carries a revocation, until no node has the entry in force.
type Undoing struct {
	Stays       []time.Duration `json:"stays_nanoseconds"`       // rising
	Revocations []time.Duration `json:"revocations_nanoseconds"` // rising
}

// Undo runs the demo to its summary, and then has its regulators stay so many entries and
// revoke as many others, one at a time.
func Undo(ctx context.Context, cfg DemoConfig, times int) (Undoing, error) {
	var u Undoing
	err := demonstrate(ctx, &demo{cfg: cfg, after: func(ctx context.Context, d *demo) error {
		ratified := d.ratified()
		if len(ratified) < 2*times {
			return fmt.Errorf("%d entries are ratified; %d are to be taken back", len(ratified), 2*times)
		}
		for i := range times {
			if err := d.undo(ctx, ratified[i], "stay", &u.Stays); err != nil {
				return err
			}
			if err := d.undo(ctx, ratified[times+i], "revoke", &u.Revocations); err != nil {
				return err
			}
		}
		slices.Sort(u.Stays)
		slices.Sort(u.Revocations)
		return nil
	}})
	return u, err
}

// ratified returns the numbers of which the ledger decides, in the list's order.
func (d *demo) ratified() (all []number.Number) {
	for key, e := range d.home().View().List().All() {
		if n, single := key.Number(); single && e.Ratified {
			all = append(all, n)
		}
	}
	return all
}

// undo takes one entry back and adds how long that took.
func (d *demo) undo(ctx context.Context, n number.Number, kind string, took *[]time.Duration) error {
	began := time.Now()
	made, err := d.station(regulators[0]).node.ProposeMotion(ctx, api.Proposal{Kind: kind, Entries: []string{n.String()}, Reason: "measured"})
	if err == nil && kind == "revoke" {
		second := d.station(regulators[1]).node
		err = d.wait(ctx, "the second regulator knows the motion", func() bool {
			_, unknown := second.Motion(ctx, made.Motion.ID)
			return unknown == nil
		})
		began = time.Now()
		if err == nil {
			_, err = second.VoteMotion(ctx, api.MotionVote{ID: made.Motion.ID, For: true})
		}
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", kind, n, err)
	}
	err = d.wait(ctx, "no node has "+n.String()+" in force", func() bool {
		return d.everywhere(func(one *node.Node) bool {
			e, _, found := one.View().List().Lookup(n)
			return !found || !e.Ratified
		})
	})
	*took = append(*took, time.Since(began))
	return err
}
