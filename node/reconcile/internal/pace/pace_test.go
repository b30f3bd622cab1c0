package pace

import (
	"testing"
	"time"
)

// TestPace rests a minute after something new, and not before.
func TestPace(t *testing.T) {
	p, now := Pace{Every: DefaultEvery}, time.Unix(0, 0)
	gaps := func(mean time.Duration) {
		t.Helper()
		for range 1000 {
			if gap := p.Gap(now); gap < mean*3/4 || gap > mean*5/4+1 {
				t.Fatalf("%v from one exchange to the next, want %v, a quarter more or less", gap, mean)
			}
			if soon := p.Soon(); soon < 0 || soon >= DefaultEvery {
				t.Fatalf("soon is %v", soon)
			}
		}
	}
	gaps(RestTimes * DefaultEvery)
	if !p.Stir(now) || p.Stir(now) {
		t.Error("what is new ends a rest once")
	}
	now = now.Add(RestAfter*DefaultEvery - 1)
	gaps(DefaultEvery)
	now = now.Add(1)
	gaps(RestTimes * DefaultEvery)
}
