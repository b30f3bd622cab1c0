package harmonise

import (
	"cmp"
	"slices"

	"ringfence/store/taxonomy"
)

// fewEvidence is how many pieces of evidence are handled without allocation;
// nearly every key has fewer.
const fewEvidence = 16

// claim is the newest live flag of one group in one category.
type claim struct {
	seen       taxonomy.Day // of the last observation
	group      uint16
	weight     uint16
	confidence uint16
	category   taxonomy.Category
}

// age returns the whole days since the last observation; an observation from
// after the day has age 0.
func (c *claim) age(day taxonomy.Day) uint32 { return age(c.seen, day) }

func age(seen, day taxonomy.Day) uint32 {
	if day <= seen {
		return 0
	}
	return uint32(day - seen)
}

// arrange appends to order the places in ev of what can ever count, sorted by
// group, then category, then the newest first. Evidence of one group and
// category stands together: a run.
func arrange(ev []Evidence, order []int32) []int32 {
	for i := range ev {
		if ev[i].Category.Class().Valid() && ev[i].From < ev[i].Until {
			order = append(order, int32(i))
		}
	}
	if len(order) > 1 {
		slices.SortFunc(order, func(i, j int32) int {
			a, b := &ev[i], &ev[j]
			if c := cmp.Compare(a.Group, b.Group); c != 0 {
				return c
			}
			if c := cmp.Compare(a.Category, b.Category); c != 0 {
				return c
			}
			return compareAge(a, b)
		})
	}
	return order
}

// sameRun reports whether a and b are of one group and category.
func sameRun(a, b *Evidence) bool { return a.Group == b.Group && a.Category == b.Category }

// stretch is a run of days on which the same claims stand.
type stretch struct {
	claims []claim      // by group, then category
	from   taxonomy.Day // first day
	until  taxonomy.Day // first day on which other claims may stand
}

// stretchFrom finds the claims of one day and how long they stand. It builds
// them in the memory of claims. A claim stands until it expires or a newer
// flag of its run begins; flags older than the claim change nothing before.
func stretchFrom(ev []Evidence, order []int32, day taxonomy.Day, claims []claim) stretch {
	s := stretch{claims: claims[:0], from: day, until: taxonomy.NeverDay}
	for i := 0; i < len(order); {
		first := &ev[order[i]]
		found := false
		for ; i < len(order) && sameRun(first, &ev[order[i]]); i++ {
			e := &ev[order[i]]
			switch {
			case found:
			case e.live(day):
				found = true
				s.claims = append(s.claims, claim{
					seen:  taxonomy.DayOf(e.LastSeen),
					group: e.Group, weight: e.Weight, confidence: e.Confidence, category: e.Category,
				})
				s.until = min(s.until, e.Until)
			case e.From > day:
				s.until = min(s.until, e.From)
			}
		}
	}
	return s
}

// last returns the last day of the stretch that needs a look: on it, or from
// it to the stretch's end, nothing is left of any claim.
func (s stretch) last(r *Rules) taxonomy.Day {
	end := uint64(s.from)
	for i := range s.claims {
		c := &s.claims[i]
		gone := uint64(c.seen) + lastHalving*uint64(r.halfLife[c.category.Class()])
		end = max(end, gone)
	}
	return taxonomy.Day(min(end, uint64(s.until)-1))
}
