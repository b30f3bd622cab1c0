package number

import "iter"

// MaxReadings is the greatest number of ways in which one input is read.
const MaxReadings = 4

// Readings is what an input may mean, the most likely first. It always has at
// least one reading, except for the zero value. It is a plain value: making
// and copying it allocates nothing.
type Readings struct {
	callers [MaxReadings]Caller
	count   int
}

// ReadingsOf returns the given readings in order, at most MaxReadings of them.
func ReadingsOf(callers ...Caller) Readings {
	var r Readings
	for _, c := range callers {
		r.add(c)
	}
	return r
}

// add appends a reading unless r has it already or is full.
func (r *Readings) add(c Caller) {
	for _, have := range r.callers[:r.count] {
		if have == c {
			return
		}
	}
	if r.count < MaxReadings {
		r.callers[r.count] = c
		r.count++
	}
}

// Len returns the count of readings, 1 to 4; 0 only for the zero value.
func (r Readings) Len() int { return r.count }

// At returns the reading at place i, from 0; anonymous when there is none.
func (r Readings) At(i int) Caller {
	if i < 0 || i >= r.count {
		return Caller{}
	}
	return r.callers[i]
}

// First returns the most likely reading.
func (r Readings) First() Caller { return r.callers[0] }

// Number returns the first reading that is a number.
func (r Readings) Number() (Number, bool) {
	for _, c := range r.callers[:r.count] {
		if n, ok := c.Number(); ok {
			return n, true
		}
	}
	return Number{}, false
}

// All yields the readings with their places.
func (r Readings) All() iter.Seq2[int, Caller] {
	return func(yield func(int, Caller) bool) {
		for i := range r.count {
			if !yield(i, r.callers[i]) {
				return
			}
		}
	}
}
