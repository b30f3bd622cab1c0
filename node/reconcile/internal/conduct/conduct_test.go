package conduct

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringfence/node/reconcile/internal/ask"
	"ringfence/store/keys"
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
				c.Answered(step.what, now)
				continue
			}
			drop := c.Failed(step.what, ask.Failure{Fault: step.fault, Err: errors.New("what was seen")}, now).Text
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

// TestPatience does to a neighbour what a word says, each for so many seconds: silence
// once it is connected, telling, an answer with batches, a request for batches that
// stays open, and being gone.
func TestPatience(t *testing.T) {
	for _, tt := range []struct {
		course    string
		outwaited bool
	}{
		{"come59", false},
		{"come60", true},
		{"come60 tell0", true},
		{"come30 go1 come29", false},
		{"come30 go1 come31", true},
		{"come30 go1 come30 go600 come0", false},
		{"come30 go1 come30 go600 come11", true}, // ten seconds are forgotten
		{"come9000 go3599 come0", false},
		{"come9000 go0 come0", true},
		{"come9000 go1200 come9", false},
		{"come9000 go600 come11", true},
		{"come9000 go4200 come59", false},
		{"come0 tell9000", false}, // it gives nothing, and nothing is open
		{"come0 tell20 ask20 go1 come0 tell20 ask0", false},
		{"come0 tell20 ask20 go1 come0 tell20 ask1", true},
		{"come0 tell20 ask20 go1 come0 tell19 give19 ask0", false},
		{"come0 tell20 ask20 give20 ask20 go1 come0", false}, // of which twenty count
	} {
		book, key, now := make(Book), keys.Public{1}, time.Unix(0, 0)
		c, asked := &Conduct{}, false
		for _, step := range strings.Fields(tt.course) {
			word := strings.TrimRight(step, "0123456789")
			seconds, err := strconv.Atoi(step[len(word):])
			if err != nil {
				t.Fatal(err)
			}
			switch word {
			case "come":
				c = book.Came(key, now)
			case "tell":
				c.Told(1, now)
			case "ask":
				asked = true
			case "give":
				c.Answered(Batches, now)
				asked = false
			case "go":
				book.Went(key, asked, now)
				asked = false
			}
			now = now.Add(time.Duration(seconds) * time.Second)
		}
		if c.Outwaited(now) != tt.outwaited {
			t.Errorf("%s: outwaited is %v", tt.course, c.Outwaited(now))
		}
		book.Went(key, false, now)
		if book.Went(keys.Public{2}, false, now.Add(remembered)); len(book) != 0 {
			t.Errorf("%s: remembered an hour after it went", tt.course)
		}
	}
}

// TestLostLines counts what a line that is lost breaks off as one answer; several such
// lines in a row, or one on which three break off, cost the connection.
func TestLostLines(t *testing.T) {
	book, key, now := make(Book), keys.Public{1}, time.Unix(0, 0)
	broken := ask.Failure{Fault: ask.Broken, Err: errors.New("what was seen")}
	line := func(breaks int) (drop string) {
		c := book.Came(key, now)
		for range breaks {
			drop = c.Failed(Batches, broken, now).Text
		}
		book.Went(key, true, now)
		return drop
	}
	if line(2) != "" || line(1) != "" || line(1) == "" {
		t.Error("not dropped with the third line that breaks off an answer")
	}
	if line(2) != "" || line(2) == "" {
		t.Error("not dropped with the third answer that is broken off")
	}
}

// TestSatiety asks for as many heads as there can be at once, and then for some a
// second.
func TestSatiety(t *testing.T) {
	now := time.Unix(0, 0)
	var c Conduct
	c.Told(headsBurst, now)
	if rest := c.Satiety(now); rest != 0 {
		t.Errorf("not asked for %v after all heads once", rest)
	}
	c.Told(10*headsRate, now)
	if rest := c.Satiety(now); rest != 10*time.Second {
		t.Errorf("not asked for %v, want ten seconds", rest)
	}
	if rest := c.Satiety(now.Add(10 * time.Second)); rest != 0 {
		t.Errorf("not asked for %v more", rest)
	}
}
