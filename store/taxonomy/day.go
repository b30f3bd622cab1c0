package taxonomy

import (
	"math"
	"time"
)

// Day counts whole UTC days since 1 January 1970, the unit in which the list
// works.
type Day uint32

// NeverDay is the day of a time that never comes.
const NeverDay Day = math.MaxUint32

// Never is the time of an expiry that never comes, in place of Unix seconds.
const Never int64 = math.MaxInt64

// MaxTime is the last time, in Unix seconds, that a statement may name: the
// end of the year 9999.
const MaxTime int64 = 253402300799

const secondsPerDay = 86400

// DayOf returns the UTC day of Unix seconds t; times before 1970 give day 0.
func DayOf(t int64) Day {
	switch {
	case t == Never:
		return NeverDay
	case t < 0:
		return 0
	case t > MaxTime:
		return DayOf(MaxTime)
	}
	return Day(t / secondsPerDay)
}

// Start returns the Unix second at which d begins; Never for NeverDay.
func (d Day) Start() int64 {
	if d == NeverDay {
		return Never
	}
	return int64(d) * secondsPerDay
}

// String returns the date, "2026-11-24", or "never".
func (d Day) String() string {
	if d == NeverDay {
		return "never"
	}
	return time.Unix(d.Start(), 0).UTC().Format(time.DateOnly)
}
