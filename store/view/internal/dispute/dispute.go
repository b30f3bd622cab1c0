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
	ID     uint64 // tells it from others
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

// Deadline is when a contest that has a tick must be answered, in Unix seconds.
func (c *Contest) Deadline() int64 { return c.Opened + int64(c.Policy.ContestHours.Flag)*3600 }

// Concerns reports whether a contest disputes what a publisher says.
func (c *Contest) Concerns(m charter.MemberIndex) bool {
	return c.Against == nil || slices.Contains(c.Against, m)
}

// Case is all that was contested and answered of one key.
type Case struct {
	Contests []Contest
	Answers  []Answer
}

// Stance is how a publisher stands towards a contest.
type Stance uint8

// The stances. Their words stand in JSON.
const (
	Asked     Stance = iota // an answer is awaited
	Upheld                  // it need not answer (any more): it upheld what it said
	Withdrawn               // it withdrew what it said
	Lapsed                  // the deadline passed without an answer
)

// String returns the standing's word.
func (s Stance) String() string {
	return [...]string{"asked", "upheld", "withdrawn", "lapsed"}[s]
}

// Stance returns how a publisher that a contest concerns stands towards it at a time,
// in Unix seconds.
func (c *Case) Stance(one *Contest, m charter.MemberIndex, now int64) Stance {
	switch {
	case c.withdrawn(one, m) != nil:
		return Withdrawn
	case one.Ticked && c.upheld(one, m):
		return Upheld
	case one.Ticked && now >= one.Deadline():
		return Lapsed
	}
	return Asked
}

// Last returns what a publisher answered a contest last, in time or not; nil if nothing.
func (c *Case) Last(one *Contest, m charter.MemberIndex) (last *Answer) {
	for i := range c.Answers {
		if a := &c.Answers[i]; a.Of == one.ID && a.By == m && (last == nil || a.Said >= last.Said) {
			last = a
		}
	}
	return last
}

// Judge returns what ends of the publishers' evidence by a time, in Unix seconds, whom an
// open contest still asks, and the next time at which that differs; 0 if none.
func (c *Case) Judge(publishers []charter.MemberIndex, now int64) (voids []Void, asked []charter.MemberIndex, next int64) {
	for i := range c.Contests {
		one := &c.Contests[i]
		if one.Ticked && now < one.Deadline() && (next == 0 || one.Deadline() < next) {
			next = one.Deadline()
		}
		for _, m := range publishers {
			if !one.Concerns(m) {
				continue
			}
			switch c.Stance(one, m, now) {
			case Withdrawn:
				said := c.withdrawn(one, m).Said
				voids = append(voids, Void{m, said + 1, said + reach})
			case Lapsed:
				voids = append(voids, Void{m, taxonomy.DayOf(one.Deadline()) + 1, one.Said + reach})
			case Asked:
				if !slices.Contains(asked, m) {
					asked = append(asked, m)
				}
			case Upheld:
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
		if !a.Upheld || !a.Ticked || a.By != m || a.Tick > one.Deadline() || one.Opened >= a.Tick+int64(one.Policy.RecontestDays)*86400 && a.Of != one.ID {
			continue
		}
		of := slices.IndexFunc(c.Contests, func(o Contest) bool { return o.ID == a.Of })
		if of >= 0 && c.Contests[of].Ticked && a.Tick <= c.Contests[of].Deadline() {
			return true
		}
	}
	return false
}
