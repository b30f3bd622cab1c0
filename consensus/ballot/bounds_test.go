package ballot_test

import (
	"fmt"
	"strings"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// filler makes motions that are as many bytes as may be, one of each number.
func filler(t *testing.T, f *ballottest.Federation) func(by keys.Private, n int) ballottest.Proposal {
	subjects := make([]string, motion.MaxItems)
	for i := range subjects {
		subjects[i] = fmt.Sprintf("+86138%08d", i)
	}
	full := f.Motion(motion.Ratify, ballottest.Label(t, subjects...), nil)
	return func(by keys.Private, n int) ballottest.Proposal {
		h := full.Header
		h.Proposer, h.Reason = by.Public(), fmt.Sprintf("number %d", n)
		signed, err := motion.Sign(h, by)
		if err != nil {
			t.Fatal(err)
		}
		return ballottest.Proposal{Signed: signed, Items: full.Items}
	}
}

// Motions are brought in that are as large as may be, by a member with two issuers and by
// twelve regulators. Each gets what one proposer may have, all together what a snapshot has
// room for, and everything that is refused is on record. What is there goes into a snapshot
// and comes back.
func TestDocketIsBoundedInBytes(t *testing.T) {
	f := begun(t, 12, nil)
	made := filler(t, f)
	n, refusals := 0, 0
	bring := func(by keys.Private) *enact.Refusal {
		n++
		r := f.Apply(f.Propose(made(by, n), "reg"))
		if r.Refusal == nil {
			return nil
		}
		if refusals++; r.Refusal.Code != enact.DocketFull {
			t.Fatalf("motion %d: %v", n, r.Refusal)
		}
		return r.Refusal
	}
	fill := func(by keys.Private) (taken int, why *enact.Refusal) {
		for why = bring(by); why == nil; why = bring(by) {
			taken++
		}
		return taken, why
	}
	taken, why := fill(chartertest.Issuer("op"))
	if taken < 8 || taken > 32 || !strings.Contains(why.Words, "motions of") {
		t.Errorf("of one proposer %d were taken: %v", taken, why)
	}
	for _, m := range f.Seats() {
		if _, why = fill(ballottest.VoteKey(m)); strings.Contains(why.Words, "all motions") {
			break
		}
	}
	if !strings.Contains(why.Words, "all motions") {
		t.Errorf("the last was refused because %v", why)
	}
	if bring(chartertest.Issuer("vendor")) == nil {
		t.Error("another proposer has room beyond what all may have")
	}
	d := f.State.Docket()
	if d.Refused != uint64(refusals) {
		t.Errorf("%d refusals are on record of %d", d.Refused, refusals)
	}
	snapshot, err := f.State.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d motions, %d of one proposer, a snapshot of %d bytes", len(d.Motions), taken, len(snapshot))
	back, err := restore(f, 1, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(back.Docket().Motions); got != len(d.Motions) {
		t.Errorf("%d of %d motions came back", got, len(d.Motions))
	}
}

// The issuers of one member are one proposer.
func TestAMembersIssuersShareARoom(t *testing.T) {
	f := begun(t, 4, nil)
	op, second := chartertest.Issuer("op"), chartertest.Key("issuer", "op/2")
	f.Carry(f.Motion(motion.AdmitIssuer, f.Article(&article.IssuerAdmission{Member: "op", Key: second.Public()}, op, second), nil))
	made := filler(t, f)
	for n := 0; ; n++ {
		r := f.Apply(f.Propose(made([]keys.Private{op, second}[n%2], n), "reg"))
		if r.Refusal != nil {
			refused(t, f, r, enact.DocketFull)
			if n > 32 {
				t.Errorf("%d motions were taken", n)
			}
			return
		}
	}
}

// What waits to be certified is counted in bytes, until it is released.
func TestWaitingIsCounted(t *testing.T) {
	f := begun(t, 4, nil)
	f.State.Release(f.State.Size())
	if n := f.State.Waiting(); n != 0 {
		t.Errorf("%d bytes wait where all is certified", n)
	}
	f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"), nil))
	snapshot := 0
	for _, e := range f.State.Kept() {
		snapshot += len(e.Data) + len(e.Opening)
	}
	if n := f.State.Waiting(); n < snapshot || n > 2*snapshot {
		t.Errorf("%d bytes wait, of entries of %d", n, snapshot)
	}
	f.State.Release(f.State.Size())
	if n := f.State.Waiting(); n != 0 {
		t.Errorf("%d bytes wait when all was certified", n)
	}
}
