package cosign

import "testing"

// TestEveryMoment searches small worlds whole.
func TestEveryMoment(t *testing.T) {
	worlds := map[string]world{
		"one realignment, one size":  {regulators: 4, quorum: 3, sizes: 1, generations: 2, settles: true},
		"the same, forgetful":        {regulators: 4, quorum: 3, sizes: 1, generations: 2, settles: true, forgets: true},
		"a rewritten log, two sizes": {regulators: 4, quorum: 3, sizes: 2, generations: 1, rewrites: true},
		"five regulators, one size":  {regulators: 5, quorum: 4, sizes: 1, generations: 1},
	}
	searchAll(t, worlds)
}

func searchAll(t *testing.T, worlds map[string]world) {
	t.Helper()
	for name, w := range worlds {
		t.Run(name, func(t *testing.T) {
			moments, wrong := w.search(t, anything)
			if wrong != "" {
				t.Error(wrong)
			}
			t.Logf("%d moments", moments)
		})
	}
}

// TestEveryPartIsNeeded takes the parts of the rule away one by one: the search must
// find what each is for.
func TestEveryPartIsNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		world
		want wrong
	}{
		"promises":    {world{regulators: 4, quorum: 3, sizes: 1, generations: 2, forgets: true, without: promises}, split},
		"agreement":   {world{regulators: 4, quorum: 3, sizes: 2, generations: 1, rewrites: true, forgets: true, without: agreement}, split},
		"locks":       {world{regulators: 4, quorum: 3, sizes: 1, generations: 2, without: locks}, twice},
		"dropping":    {world{regulators: 4, quorum: 3, sizes: 1, generations: 2, without: dropping}, stuck},
		"a quorum":    {world{regulators: 5, quorum: 3, sizes: 1, generations: 1}, split},
		"two of four": {world{regulators: 4, quorum: 2, sizes: 1, generations: 1}, split},
	} {
		t.Run(name, func(t *testing.T) {
			moments, wrong := c.search(t, c.want)
			if wrong == "" {
				t.Errorf("found nothing wrong in %d moments", moments)
			}
			t.Logf("after %d moments: %s", moments, wrong)
		})
	}
}
