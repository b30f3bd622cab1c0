package pace

import (
	"testing"
	"time"
)

// TestPace rests a minute after something new, and not before.
func TestPace(t *testing.T) {
	p, now := Pace{Every: DefaultEvery}, time.Unix(0, 0)
	gaps := func(neighbours int, mean time.Duration) {
		t.Helper()
		for range 1000 {
			if gap := p.Gap(now, neighbours); gap < mean*3/4 || gap > mean*5/4+1 {
				t.Fatalf("%v from one exchange to the next, want %v, a quarter more or less", gap, mean)
			}
			if soon := p.Soon(); soon < 0 || soon >= DefaultEvery {
				t.Fatalf("soon is %v", soon)
			}
		}
	}
	gaps(0, RestTimes*DefaultEvery)
	if !p.Stir(now) || p.Stir(now) {
		t.Error("what is new ends a rest once")
	}
	now = now.Add(RestAfter*DefaultEvery - 1)
	gaps(7, DefaultEvery)
	gaps(500, DefaultEvery)
	now = now.Add(1)
	for neighbours, mean := range map[int]time.Duration{7: 30 * time.Second, 24: 30 * time.Second, 32: 40 * time.Second, 49: time.Minute, 500: time.Minute} {
		gaps(neighbours, mean)
	}
}
