package clock

import (
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		all  []time.Duration
		want time.Duration
	}{
		{[]time.Duration{7}, 7},
		{[]time.Duration{-7, 6}, 6},
		{[]time.Duration{-6, 7}, -6},
		{[]time.Duration{5, 6}, 5},
		{[]time.Duration{-6, -5}, -5},
		{[]time.Duration{-9, 1, 2}, 1},
		{[]time.Duration{-9, -8, 1, 2}, 1},
	} {
		if got := Median(c.all); got != c.want {
			t.Errorf("of %v the median is %v, want %v", c.all, got, c.want)
		}
	}
}
