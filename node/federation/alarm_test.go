package federation

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// restart begins another run of the node on the same store.
func (p *place) restart(t *testing.T) {
	t.Helper()
	p.twin, p.twinKept, p.began = twin{}, time.Time{}, time.Now()
	must(t, p.recall())
}

// A twin that was heard shortly before a restart may still be there: the node waits for
// as long as if it had been heard now, and no longer, wherever its clock was set.
func TestATwinOutlivesARestart(t *testing.T) {
	for _, c := range []struct {
		name   string
		stands time.Duration // the node is down
		set    time.Duration // its clock is, meanwhile
		holds  bool
	}{
		{"at once", 0, 0, true},
		{"shortly", twinFor - 2*time.Second, 0, true},
		{"long ago", twinFor + 4*time.Second, 0, false},
		{"the clock is set back", time.Hour, -24 * time.Hour, true},
		{"the clock is set ahead", time.Second, 24 * time.Hour, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPlace(t)
			p.twinned("192.0.2.1:7400 (tcp)")
			p.pass(c.stands)
			p.time = p.time.Add(c.set)
			p.restart(t)
			err := p.MaySign()
			if errors.Is(err, ErrTwin) != c.holds {
				t.Fatalf("%s: %v", c.name, err)
			}
			if !c.holds {
				return
			}
			if until := clockTime(p.time.Add(twinFor)); !strings.Contains(err.Error(), "nothing is signed here before "+until+": it ran at 192.0.2.1:7400 (tcp): if it is a copy") {
				t.Errorf("%s: %v, want until %s", c.name, err, until)
			}
			p.pass(twinFor)
			if err := p.MaySign(); !errors.Is(err, ErrTwin) {
				t.Errorf("%s: it is over too early: %v", c.name, err)
			}
			p.pass(4 * time.Second)
			if err := p.MaySign(); err != nil {
				t.Errorf("%s: it is not over by itself: %v", c.name, err)
			}
			p.restart(t)
			if err := p.MaySign(); err != nil {
				t.Errorf("%s: it begins again: %v", c.name, err)
			}
			p.twinned("") // anew
			if err := p.MaySign(); !errors.Is(err, ErrTwin) || !strings.Contains(err.Error(), "heard 0s ago") {
				t.Errorf("%s: heard anew: %v", c.name, err)
			}
		})
	}
}

// A node that does not run signs nothing beside a twin either, until five minutes after
// it was last heard; a clock that is set back, or what cannot be read, holds it for five
// minutes from the first look and not for ever.
func TestAStoppedNodeRemembersItsTwin(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*testing.T, *place)
		heard time.Duration // before the first look, by the clock
	}{
		{"the last of many times", func(t *testing.T, p *place) {
			for range 9 {
				p.pass(keepTwinEvery - time.Millisecond)
				p.twinned("")
			}
		}, 0},
		{"a minute ago", func(t *testing.T, p *place) { p.pass(time.Minute) }, time.Minute},
		{"the clock is set back", func(t *testing.T, p *place) { p.time = p.time.Add(-24 * time.Hour) }, 0},
		{"it cannot be read", func(t *testing.T, p *place) { must(t, p.store.Put(spaceTwin, keyTwin, []byte("garbled"))) }, 0},
		{"it is dated at the end of time", func(t *testing.T, p *place) {
			must(t, p.store.Put(spaceTwin, keyTwin, []byte("\x7f\xff\xff\xff\xff\xff\xff\xff")))
		}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPlace(t)
			look := func() error { return TwinBefore(p.store, p.time) }
			if err := look(); err != nil {
				t.Errorf("%s: nobody was heard: %v", c.name, err)
			}
			p.twinned("")
			c.spoil(t, p)
			if err := look(); !errors.Is(err, ErrTwin) || strings.Contains(err.Error(), "it ran at") {
				t.Errorf("%s: %v", c.name, err)
			}
			p.pass(twinFor - c.heard - time.Millisecond)
			if err := look(); !errors.Is(err, ErrTwin) {
				t.Errorf("%s: it is over too early: %v", c.name, err)
			}
			p.pass(4 * time.Second)
			if err := look(); err != nil {
				t.Errorf("%s: it is not over by itself: %v", c.name, err)
			}
		})
	}
}

// What cannot be asked or kept is told, and lets nothing be signed that nobody knows of.
func TestTheTwinIsKeptOrToldOf(t *testing.T) {
	p := newPlace(t)
	p.store.fail["get"] = true
	if err := p.recall(); !errors.Is(err, errGone) {
		t.Errorf("the node starts: %v", err)
	}
	if err := TwinBefore(p.store, p.time); !errors.Is(err, errGone) {
		t.Errorf("it may sign: %v", err)
	}
	p.store.fail = map[string]bool{"put": true}
	p.twinned("")
	if err := p.MaySign(); !errors.Is(err, ErrTwin) || !strings.Contains(p.log.String(), "after a restart this node will not know") {
		t.Errorf("%v; the log says %s", err, p.log.String())
	}
}

// Whoever has the key signs as many records as he likes; the disk is written for a few.
func TestATwinDoesNotWearTheDiskOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		for range 1000 {
			p.twinned("")
			p.pass(10 * time.Millisecond)
		}
		if n := p.store.puts; n < 9 || n > 11 {
			t.Errorf("it is kept %d times in ten seconds", n)
		}
	})
}
