package overtaken

import (
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/node/council/letter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
)

// Whoever brings letters without end, each another, while the ledger stands still fills no
// memory with what was judged of them, and has the ledger copied once.
func TestFewAreRemembered(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	copies := 0
	j := Judge{Size: f.State.Size, Past: func() *enact.Past { copies++; return f.Follow() }}
	for i := range int64(most + 10) {
		p := f.MotionBy(chartertest.Issuer("op"), motion.Revoke, ballottest.Reverse(9), func(h *motion.Header) { h.Expires += i })
		l, err := letter.Motion(&p.Signed, p.Items)
		if err != nil {
			t.Fatal(err)
		}
		if j.Of(&l) == nil {
			t.Fatal("what revokes nothing may enter")
		}
	}
	if n := len(j.said); n == 0 || n > most || copies != 1 {
		t.Errorf("%d are remembered, by %d copies of the ledger", n, copies)
	}
}
