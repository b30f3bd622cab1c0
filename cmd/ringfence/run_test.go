package main

import (
	"slices"
	"testing"
	"testing/synctest"

	"ringfence/node/api"
)

// A node that catches up shows it until it has what its peers have, also when
// more becomes known meanwhile; one that has it at once shows nothing.
func TestCatchUpIsDrawnUntilReady(t *testing.T) {
	for name, c := range map[string]struct {
		seen []api.Standing
		want []api.Progress
	}{
		"ready at once":             {seen: []api.Standing{{Ready: true}}},
		"ready before anybody told": {seen: []api.Standing{{}, {}, {Ready: true, BatchesDone: 7, BatchesTotal: 7}}},
		"in steps": {
			seen: []api.Standing{
				{}, {BatchesDone: 2, BatchesTotal: 10}, {BatchesDone: 10, BatchesTotal: 10},
				{BatchesDone: 12, BatchesTotal: 20}, {BatchesDone: 20, BatchesTotal: 20, Ready: true},
			},
			want: []api.Progress{{Done: 2, Total: 10}, {Done: 9, Total: 10}, {Done: 12, Total: 20}, {Done: 20, Total: 20}},
		},
		"stopped meanwhile": {
			seen: []api.Standing{{BatchesDone: 2, BatchesTotal: 10}},
			want: []api.Progress{{Done: 2, Total: 10}},
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var got []api.Progress
			catchUp(t.Context(), func() *api.Standing {
				if len(c.seen) == 0 {
					return nil // it has left its peers
				}
				s := c.seen[0]
				c.seen = c.seen[1:]
				return &s
			}, func(_ string, p api.Progress) {
				got = append(got, api.Progress{Done: p.Done, Total: p.Total})
			})
			if !slices.Equal(got, c.want) || len(c.seen) != 0 {
				t.Errorf("%s: drawn %v, want %v; %d left", name, got, c.want, len(c.seen))
			}
		})
	}
}
