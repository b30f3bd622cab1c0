package federation

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/federation/clock"
	"ringfence/node/reconcile"
	"ringfence/store/intake"
)

// TestClock measures each clock by an answer and asks an hour later.
func TestClock(t *testing.T) {
	const fast, slow = 11 * time.Minute, -12 * time.Minute
	tests := []struct {
		name   string
		near   []string
		ahead  map[string]time.Duration
		untold string // who told the time by himself only
		want   time.Duration
		known  bool
		words  string // of the refusal to sign; "": it may
	}{
		{"nobody is there", nil, nil, "", 0, false, ""},
		{"nobody was asked", []string{"a"}, nil, "a", 0, false, ""},
		{"one alone decides", []string{"a"}, map[string]time.Duration{"a": fast}, "", fast, true, "11m0s behind that of the peers"},
		{"ten minutes are no more than may be", []string{"a"}, map[string]time.Duration{"a": 10 * time.Minute}, "", 10 * time.Minute, true, ""},
		{"of two the nearer, the first", []string{"a", "b"}, map[string]time.Duration{"a": 0, "b": fast}, "", 0, true, ""},
		{"of two the nearer, the other", []string{"a", "b"}, map[string]time.Duration{"a": time.Second, "b": slow}, "", time.Second, true, ""},
		{"two who agree", []string{"a", "b"}, map[string]time.Duration{"a": slow, "b": slow - 1}, "", slow, true, "12m0s ahead of that of the peers"},
		{"two who contradict each other", []string{"a", "b"}, map[string]time.Duration{"a": slow, "b": fast}, "", fast, true, "behind"},
		{"of three the middle", []string{"a", "b", "c"}, map[string]time.Duration{"a": slow, "b": fast, "c": fast + 1}, "", fast, true, "behind"},
		{"of three one is off", []string{"a", "b", "c"}, map[string]time.Duration{"a": slow, "b": 1, "c": 2}, "", 1, true, ""},
		{"of four the middle nearer to zero", []string{"a", "b", "c", "d"}, map[string]time.Duration{"a": slow, "b": slow, "c": 3, "d": 4}, "", 3, true, ""},
		{"of a member the nearer host", []string{"own", "own2"}, map[string]time.Duration{"own": slow, "own2": 5}, "", 5, true, ""},
		{"who is gone says nothing", []string{"a"}, map[string]time.Duration{"a": 1, "b": fast, "c": fast}, "", 1, true, ""},
		{"who was not asked says nothing", []string{"a", "b"}, map[string]time.Duration{"a": fast}, "b", fast, true, "behind"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			p := newPlace(t)
			p.net.meet(tt.near...)
			for m, ahead := range tt.ahead {
				trip := time.Duration(m[0]) * 2 * time.Millisecond
				p.heard(host(m), reconcile.Beacon{Time: p.time.Add(ahead - trip/2)}, trip)
			}
			if tt.untold != "" {
				p.heard(host(tt.untold), reconcile.Beacon{Time: p.time.Add(-clock.LongestWay)}, 0)
			}
			p.pass(time.Hour)
			if got, known := p.clock(); got != tt.want || known != tt.known {
				t.Errorf("%s: %v, %v", tt.name, got, known)
			}
			err := p.MaySign()
			if errors.Is(err, ErrClock) != (tt.words != "") || err != nil && !strings.Contains(err.Error(), tt.words) {
				t.Errorf("%s: it may sign: %v", tt.name, err)
			}
		})
	}
}

// A clock that jumps is noticed at once, and one that is set right too, while nobody
// is asked anew.
func TestAClockThatJumpsIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.net.meet("a", "b", "c")
		for _, m := range []string{"a", "b", "c"} {
			p.heard(host(m), reconcile.Beacon{Time: p.time}, time.Millisecond)
		}
		for _, jump := range []time.Duration{24 * time.Hour, -25 * time.Hour, 11 * time.Minute} {
			must(t, p.MaySign())
			p.time = p.time.Add(jump)
			if err := p.MaySign(); !errors.Is(err, ErrClock) {
				t.Errorf("right after a jump of %v: %v", jump, err)
			}
			p.pass(time.Minute)
			for _, m := range []string{"a", "b", "c"} {
				p.heard(host(m), reconcile.Beacon{Time: p.time.Add(-jump)}, 0)
			}
			if err := p.MaySign(); !errors.Is(err, ErrClock) {
				t.Errorf("after a jump of %v, and everybody has told the time: %v", jump, err)
			}
			p.time = p.time.Add(-jump)
		}
		must(t, p.MaySign())
	})
}

// TestTimeToldUnasked: what a peer tells by itself may be old, so that it counts
// only when no way explains it.
func TestTimeToldUnasked(t *testing.T) {
	const most = intake.Ahead + clock.LongestWay
	for _, c := range []struct {
		name  string
		asked time.Duration // by how much it was ahead when it was asked; 0: it was not
		told  time.Duration
		want  time.Duration
		known bool
	}{
		{"as far behind as a way explains", 0, -most, 0, false},
		{"further behind", 0, -most - 1, -most - 1, true},
		{"further ahead", 0, most + 1, most + 1, true},
		{"close to what was measured", time.Hour, time.Hour - most, time.Hour, true},
		{"far from what was measured", time.Hour, time.Hour - most - 1, time.Hour - most - 1, true},
		{"it was set right since it was measured", time.Hour, 0, 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPlace(t)
			p.net.meet("a")
			if c.asked > 0 {
				p.heard(host("a"), reconcile.Beacon{Time: p.time.Add(c.asked - time.Second)}, 2*time.Second)
			}
			p.pass(time.Minute)
			p.heard(host("a"), reconcile.Beacon{Time: p.time.Add(c.told)}, 0)
			p.pass(time.Minute)
			if ahead, known := p.clock(); known != c.known || ahead != c.want {
				t.Errorf("%s: ahead by %v, known %v", c.name, ahead, known)
			}
		})
	}
}

// The log is told once when the clock is off, and once when it is right again; that
// nobody is left to compare it with makes no clock right.
func TestTheLogIsToldOfAWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		look := func(off, right int) {
			t.Helper()
			p.tellClock()
			p.tellClock()
			errs, infos := strings.Count(p.log.String(), "level=ERROR"), strings.Count(p.log.String(), "level=INFO")
			if errs != off || infos != right {
				t.Errorf("the log has %d errors and %d all-clears, want %d and %d:\n%s", errs, infos, off, right, p.log.String())
			}
		}
		look(0, 0)
		p.net.meet("a")
		p.heard(host("a"), reconcile.Beacon{Time: p.time}, time.Millisecond)
		look(0, 0)
		p.time = p.time.Add(-time.Hour)
		look(1, 0)
		if !strings.Contains(p.log.String(), "1h0m0s behind that of the peers") {
			t.Errorf("it does not tell by how much: %s", p.log.String())
		}
		p.net.meet()
		look(1, 0)
		p.net.meet("a")
		look(1, 0)
		p.time = p.time.Add(time.Hour)
		look(1, 1)
		p.time = p.time.Add(time.Hour)
		look(2, 1)
	})
}
