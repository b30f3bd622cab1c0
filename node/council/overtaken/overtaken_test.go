package overtaken_test

import (
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/node/council/letter"
	"ringfence/node/council/overtaken"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
)

// A motion is overtaken by what is enacted, and not by what passes: one dated ahead of the
// ledger's time waits.
func TestWhatIsEnactedOvertakes(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	entry := f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)) + 1
	put := func(ahead int64) *letter.Letter {
		p := f.MotionBy(chartertest.Issuer("op"), motion.Revoke, ballottest.Reverse(entry), func(h *motion.Header) { h.Time += ahead; h.Expires = h.Time + 86400 })
		l, err := letter.Motion(&p.Signed, p.Items)
		if err != nil {
			t.Fatal(err)
		}
		return &l
	}
	now, ahead := put(1), put(3*86400)
	j := overtaken.Judge{Size: f.State.Size, Past: f.Follow}
	if a, b := j.Of(now), j.Of(ahead); a != nil || b != nil {
		t.Fatalf("overtaken by nothing: %v, %v", a, b)
	}
	f.Carry(f.Motion(motion.Revoke, ballottest.Reverse(entry), nil))
	if r := j.Of(now); r == nil || r.Code != enact.Revoked {
		t.Errorf("what is revoked already may be revoked: %v", r)
	}
	if r := j.Of(ahead); r != nil {
		t.Errorf("what is early is overtaken: %v", r)
	}
}
