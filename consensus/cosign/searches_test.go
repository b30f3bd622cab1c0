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

// TestWhatMakesNoDifference searches small worlds by each moment too.
func TestWhatMakesNoDifference(t *testing.T) {
	searchPlainly(t, map[string]world{
		"one realignment, one size": {regulators: 4, quorum: 3, sizes: 1, generations: 2, settles: true},
		"two sizes":                 {regulators: 4, quorum: 3, sizes: 2, generations: 1},
	})
}

// searchPlainly goes through every moment of some worlds: none of them may be missing
// where what makes no difference is left out.
func searchPlainly(t *testing.T, worlds map[string]world) {
	t.Helper()
	for name, w := range worlds {
		t.Run(name, func(t *testing.T) {
			few := w.searched(t, anything)
			w.plain = true
			all := w.searched(t, anything)
			if all.wrong != "" || few.wrong != "" || len(all.seen) < 2*len(few.seen) {
				t.Fatalf("%q, %q; %d moments, and %d of which some are left out", all.wrong, few.wrong, len(all.seen), len(few.seen))
			}
			for m := range all.seen {
				few.load(m)
				for i := range few.rs {
					few.rs[i].log = uint8(few.told(&few.rs[i]))
				}
				if !few.seen[few.moment()] {
					t.Fatalf("the search does not come to %v", few.rs)
				}
			}
			t.Logf("%d moments, of which the search goes through %d", len(all.seen), len(few.seen))
		})
	}
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
