package gossip

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/store/keys"
)

// A member sprays 2,000 messages a second whose signatures are wrong: no more than four
// are checked, all within three seconds, and of 2,000 more none is. What the process
// spends on a second of them, the sprayer's own part counted, is told.
func TestASprayOfWrongSignaturesIsCheckedFourTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most, second = 4, 2000
		net, hosts := virtual(t, 2, 0)
		signer := keyOf(t, hosts[1])
		var checks []time.Time // the callbacks are called one at a time, and read when all is quiet
		check := func(_ context.Context, _ keys.Public, header, body []byte) Verdict {
			checks = append(checks, time.Now())
			if signer.Verify(keys.DomainBatch, header, keys.Signature(body)) {
				return Accept
			}
			return Reject
		}
		victim := join(t, hosts[0], func(c *Config) { c.Batch = check })
		sprayer := join(t, hosts[1], nil)
		if _, err := net.ConnectPeers(hosts[0].ID(), hosts[1].ID()); err != nil {
			t.Fatal(err)
		}
		sprayer.meshed(t, 1)
		wrong := append([]byte{keys.Ed25519}, make([]byte, keys.SignatureSize-1)...)
		spray := func(name string) (cpu time.Duration) {
			before := spent(t)
			for i := range second {
				if err := sprayer.Announce(fmt.Appendf(nil, "%s %d", name, i), wrong); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second / second)
			}
			synctest.Wait()
			return spent(t) - before
		}
		began := time.Now()
		first := spray("first")
		if n := len(checks); n == 0 || n > most {
			t.Errorf("%d of %d signatures were checked, want 1 to %d", n, second, most)
		}
		for _, at := range checks {
			if at.Sub(began) >= 3*time.Second {
				t.Errorf("a signature was checked %v after the spray began", at.Sub(began))
			}
		}
		before := len(checks)
		then := spray("then")
		if n := len(checks) - before; n != 0 {
			t.Errorf("%d signatures were checked after that", n)
		}
		time.Sleep(scoresEvery)
		if score := victim.Scores()[sprayer.key]; score >= graylisted {
			t.Errorf("the sprayer's score is %v, want less than %v", score, graylisted)
		}
		t.Logf("%d checks in the first second; a core is busy for %v of it, and for %v of the next", before, first, then)
		for _, m := range []*member{victim, sprayer} {
			_ = m.Close()
		}
		for _, h := range hosts {
			_ = h.Close()
		}
		_ = net.Close()
	})
}

// spent returns how long processors have worked for this process.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
