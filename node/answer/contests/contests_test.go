package contests

import (
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/store/taxonomy"
	"ringfence/store/view"
	"ringfence/store/wire"
)

// Nodes list contests alike, in whatever order these came: by deadline, those without one
// last, then by when they were said, then by their names.
func TestContestsHaveOneOrder(t *testing.T) {
	ref := func(batch string, index uint16) taxonomy.Ref {
		return taxonomy.Ref{Batch: wire.CID([]byte(batch)), Index: index}
	}
	twins := []view.Contest{
		{Ref: ref("a", 0), Deadline: 20, Said: 5}, {Ref: ref("a", 1), Deadline: 20, Said: 5}, {Ref: ref("b", 0), Deadline: 20, Said: 5},
	}
	slices.SortFunc(twins, func(a, b view.Contest) int { return slices.Compare(a.Ref.Bytes(), b.Ref.Bytes()) })
	want := append([]view.Contest{{Ref: ref("z", 0), Deadline: 10, Said: 9}, {Ref: ref("y", 0), Deadline: 20, Said: 4}}, twins...)
	want = append(want, view.Contest{Ref: ref("c", 0), Said: 1}, view.Contest{Ref: ref("d", 0), Said: 2})
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		got := slices.Clone(want)
		random.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, urgency)
		for i := range want {
			if got[i].Ref != want[i].Ref {
				t.Fatalf("at %d stands %s, want %s", i, got[i].Ref, want[i].Ref)
			}
		}
	}
}
