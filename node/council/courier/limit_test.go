package courier

import "testing"

// Strangers together may ask a few questions at once, each member its own, however many
// the others ask.
func TestStrangersAreHeardSlowly(t *testing.T) {
	c := New(Config{})
	const many = 100_000 // in less time than brings a new one for each
	asked := func(member string) (heard int) {
		for range many {
			if c.allowed(member) {
				heard++
			}
		}
		return heard
	}
	if heard := asked(""); heard < strangerMost || heard == many {
		t.Errorf("%d of %d questions of strangers are heard", heard, many)
	}
	if heard := asked("op"); heard < memberMost || heard == many {
		t.Errorf("%d of %d of a member are heard", heard, many)
	}
	if !c.allowed("other") {
		t.Error("another member is not heard")
	}
}
