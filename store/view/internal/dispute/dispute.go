// Package dispute judges the contests of one key: against whom they are open, and whose
// evidence they end.
//
// A contest is open from the anchor that covers it until its deadline, counted from that
// anchor's tick. A publisher answers in time when the tick of the anchor that covers its
// answer comes no later. One that did not has lapsed, for good: what it observed up to
// the deadline's day does not count. One that upheld what it said cannot be asked again
// for a while. All of that is read off the ledger and off what was said about the key, in
// whatever order it came.
//
// Floor 5, a room of store/view.
package dispute

import (
	"slices"

	"ringfence/store/charter"
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// Contest is a valid contest that an anchor covers.
type Contest struct {
	ID     uint64       // tells it from others
	Said   taxonomy.Day // of its batch
	Ticked bool         // its anchor has a tick
	Opened int64        // that tick, in Unix seconds
	// Against are the publishers whom it concerns; nil are all.
	Against []charter.MemberIndex
	// Policy is that of the ledger size at which the contest is judged.
	Policy *policy.Policy
}

// Answer is a valid answer.
type Answer struct {
	Of     uint64 // the contest's ID
	By     charter.MemberIndex
	Said   taxonomy.Day
	Ticked bool  // an anchor that has a tick covers it
	Tick   int64 // that tick, in Unix seconds
	Upheld bool  // false: withdrawn
}

// Void is what a publisher's evidence does not count for: what it observed from before
// Date and said before Limit.
type Void struct {
	By          charter.MemberIndex
	Date, Limit taxonomy.Day
}

// reach is for how many days from its own a contest decides about what is said. It stays
// behind what policy.DecisionDays asks a contest to last by the life of a flag, so that
// nothing it decided about lives when its opening may be erased.
const reach = policy.RepeatDays + 1

// deadline is when a contest that has a tick must be answered, in Unix seconds.
func (c *Contest) deadline() int64 { return c.Opened + int64(c.Policy.ContestHours.Flag)*3600 }

func (c *Contest) concerns(m charter.MemberIndex) bool {
	return c.Against == nil || slices.Contains(c.Against, m)
}

// Case is all that was contested and answered of one key.
type Case struct {
	Contests []Contest
	Answers  []Answer
}

// Judge returns what ends of the publishers' evidence by a time, in Unix seconds, whom an
// open contest still asks, and the next time at which that differs; 0 if none.
func (c *Case) Judge(publishers []charter.MemberIndex, now int64) (voids []Void, asked []charter.MemberIndex, next int64) {
	for i := range c.Contests {
		one := &c.Contests[i]
		over := one.Ticked && now >= one.deadline()
		if one.Ticked && !over && (next == 0 || one.deadline() < next) {
			next = one.deadline()
		}
		for _, m := range publishers {
			if !one.concerns(m) {
				continue
			}
			if answer := c.withdrawn(one, m); answer != nil {
				voids = append(voids, Void{m, answer.Said + 1, answer.Said + reach})
				continue
			}
			switch {
			case one.Ticked && c.upheld(one, m):
			case over:
				voids = append(voids, Void{m, taxonomy.DayOf(one.deadline()) + 1, one.Said + reach})
			case !slices.Contains(asked, m):
				asked = append(asked, m)
			}
		}
	}
	return voids, asked, next
}

// withdrawn returns the answer by which a publisher withdrew what one contests.
func (c *Case) withdrawn(one *Contest, m charter.MemberIndex) (last *Answer) {
	for i := range c.Answers {
		a := &c.Answers[i]
		if a.Of == one.ID && a.By == m && !a.Upheld && (last == nil || a.Said > last.Said) {
			last = a
		}
	}
	return last
}

// upheld reports whether a publisher need not answer a contest: it upheld what it said in
// time, here or in another contest that was not long before.
func (c *Case) upheld(one *Contest, m charter.MemberIndex) bool {
	for i := range c.Answers {
		a := &c.Answers[i]
		if !a.Upheld || !a.Ticked || a.By != m || a.Tick > one.deadline() || one.Opened >= a.Tick+int64(one.Policy.RecontestDays)*86400 && a.Of != one.ID {
			continue
		}
		of := slices.IndexFunc(c.Contests, func(o Contest) bool { return o.ID == a.Of })
		if of >= 0 && c.Contests[of].Ticked && a.Tick <= c.Contests[of].deadline() {
			return true
		}
	}
	return false
}
