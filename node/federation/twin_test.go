package federation

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// While somebody else lives by the own host key nothing is signed; that is told once,
// ends by itself when he is not heard any more, and is measured by the machine's clock.
func TestNothingIsSignedBesideATwin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		look := func(why string, logged int) {
			t.Helper()
			for range 2 {
				p.tellTwin()
			}
			err := p.MaySign()
			if errors.Is(err, ErrTwin) != (why != "") || err != nil && !strings.Contains(err.Error(), why) || (!p.Twin().IsZero()) != (why != "") {
				t.Errorf("may sign: %v, want %q", err, why)
			}
			if lines := strings.Count(p.log.String(), "\n"); lines != logged {
				t.Errorf("%d lines in the log, want %d:\n%s", lines, logged, p.log.String())
			}
		}
		look("", 0)
		p.twinned("192.0.2.1:7400 (tcp)")
		look("at 192.0.2.1:7400 (tcp) (heard 0s ago), so nothing is signed here until 5m0s after it was last heard: if it is a copy of this directory, stop one of the two before both sign", 1)
		p.time = p.time.Add(24 * time.Hour) // the node's clock is set
		look("heard 0s ago", 1)
		p.pass(twinFor)
		p.twinned("")
		look("at an address that it does not tell", 1)
		p.pass(twinFor)
		look("heard 5m0s ago", 1)
		p.pass(time.Nanosecond)
		look("", 2)
		if log := p.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "is heard any more") {
			t.Errorf("the log says %s", log)
		}
		p.twinned("192.0.2.2:7400 (tcp)")
		look("at 192.0.2.2:7400 (tcp)", 3)
	})
}
