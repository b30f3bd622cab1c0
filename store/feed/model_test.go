package feed_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

// TestPlaceAgainstTheWholeTree draws a random tree of headers and holds one of
// its branches. Place sees only the branch; the test sees the tree and says
// from it what the answer must be.
func TestPlaceAgainstTheWholeTree(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		parent := map[string]string{}
		names := []string{"A0"}
		drawing := []string{"A0"}
		for i := 1; i < 14; i++ {
			name := fmt.Sprintf("A%d", i)
			parent[name] = names[r.IntN(len(names))]
			step := r.Int64N(100) - 20 // some run backwards
			drawing = append(drawing, fmt.Sprintf("%s <- %s@%d", parent[name], name, step))
			names = append(names, name)
		}
		d := feedtest.Draw(t, strings.Join(drawing, "; "))

		branch := []string{names[r.IntN(len(names))]}
		for branch[0] != "A0" {
			branch = append([]string{parent[branch[0]]}, branch...)
		}
		tip := branch[len(branch)-1]
		chain := chainOf(d, branch...)
		for _, name := range names {
			want := feed.Gap
			depth := d.Batch(name).Header.Sequence
			switch {
			case depth < uint64(len(branch)) && branch[depth] == name:
				want = feed.Known
			case depth < uint64(len(branch)):
				want = feed.Fork
			case parent[name] == tip && d.Batch(name).Header.Time < d.Batch(tip).Header.Time:
				want = feed.Backwards
			case parent[name] == tip:
				want = feed.Next
			}
			got, other, err := chain.Place(d.Verified(name))
			if err != nil || got != want {
				t.Fatalf("seed %d: %v held, %s is %v, want %v (%v)", seed, branch, name, got, want, err)
			}
			if want != feed.Fork {
				continue
			}
			held, err := feed.Verify(other, feedtest.Federation())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := feed.NewForkProof(held, d.Verified(name)); err != nil {
				t.Fatalf("seed %d: what Place calls a fork proves none: %v", seed, err)
			}
		}
	}
}
