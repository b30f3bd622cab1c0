package conduct

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ringfence/node/reconcile/internal/ask"
)

// TestConduct does to a neighbour's conduct what a word says: w and b an answer to a
// word and to a request for batches, otherwise a fault of it; and sees with which
// step it is dropped, and whether anything is expected of it afterwards.
func TestConduct(t *testing.T) {
	steps := map[string]struct {
		what  Request
		fault ask.Fault
	}{
		"w": {Word, ask.NoFault}, "b": {Batches, ask.NoFault},
		"w-": {Word, ask.Silent}, "b-": {Batches, ask.Silent},
		"w/": {Word, ask.Broken}, "b/": {Batches, ask.Broken},
		"slow": {Batches, ask.Slow}, "lie": {Word, ask.Lying}, "late": {Word, ask.Late}, "gone": {Word, ask.Absent},
	}
	for _, tt := range []struct {
		course string
		drop   string // with the last step; "" with none
		lost   bool
	}{
		{"w b w b", "", false},
		{"lie", "no honest node sends: what was seen", false},
		{"w slow", "trickles", false},
		{"w/ w/ w/", "broke off 3 answers", false},
		{"w/ w/ w w/ w/ w", "", false},
		{"b/ w b/ w b/", "broke off 3 answers", false}, // a word between is no excuse
		{"b/ b/ b w b/ b/", "", false},
		{"w- w- w- w- w- w- w-", "", true},
		{"b- b- b- b- w- b-", "", true}, // a dead line
		{"b- w b- w b-", "no request for batches", false},
		{"b- w b- w b w b- w b-", "", false},
		{"gone late gone", "", true},
		{"gone gone gone w", "", false},
	} {
		c, now := Conduct{}, time.Unix(0, 0)
		words := strings.Fields(tt.course)
		for i, word := range words {
			step, ok := steps[word]
			if !ok {
				t.Fatal(word)
			}
			if step.fault == ask.NoFault {
				c.Answered(step.what)
				continue
			}
			drop := c.Failed(step.what, ask.Failure{Fault: step.fault, Err: errors.New("what was seen")}, now)
			if last := i == len(words)-1; (drop != "") != (last && tt.drop != "") || !strings.Contains(drop, tt.drop) && last {
				t.Errorf("%s: dropped with step %d: %q, want %q", tt.course, i, drop, tt.drop)
			}
			if rest := c.Paused().Sub(now); drop == "" && (rest < pause || rest > mostPause) {
				t.Errorf("%s: it is let alone for %v", tt.course, rest)
			}
		}
		if c.Lost() != tt.lost {
			t.Errorf("%s: lost is %v", tt.course, c.Lost())
		}
		if c.Forgive(); !c.Paused().IsZero() {
			t.Errorf("%s: it is let alone until %v", tt.course, c.Paused())
		}
	}
}
