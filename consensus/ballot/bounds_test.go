package ballot_test

import (
	"fmt"
	"strings"
	"testing"

	"ringfence/consensus/ballot"
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

// The issuers of a member are one proposer by number, too.
func TestAMembersIssuersShareANumber(t *testing.T) {
	f := begun(t, 4, nil)
	op, second := chartertest.Issuer("op"), chartertest.Key("issuer", "op/2")
	f.Carry(f.Motion(motion.AdmitIssuer, f.Article(&article.IssuerAdmission{Member: "op", Key: second.Public()}, op, second), nil))
	for n := range ballot.MaxOpen {
		by := []keys.Private{op, second}[n%2]
		outcome(t, f.Apply(f.Propose(f.MotionBy(by, motion.Ratify, ballottest.Label(t, "+8613800138000"), nil), "reg")), ballot.Taken)
	}
	refused(t, f, f.Apply(f.Propose(f.MotionBy(second, motion.Ratify, ballottest.Label(t, "+8613800138000"), nil), "reg")), enact.DocketFull)
}

// Three regulators of ten who lie, with all members, fill the docket with all that they may
// bring in. Each of the others can still propose by its voting key, as large as a motion
// may be, and what one vote carries needs no room. All that comes back from a snapshot, also
// when those who proposed it are no regulators any more.
func TestRegulatorsKeepRoomInAFullDocket(t *testing.T) {
	f := begun(t, 10, nil)
	first := f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil))
	made, n := filler(t, f), 0
	items := ballottest.Label(t, "+8613800138001")
	fill := func(by keys.Private) {
		for _, p := range []func() ballottest.Proposal{
			func() ballottest.Proposal { n++; return made(by, n) },
			func() ballottest.Proposal { return f.MotionBy(by, motion.Ratify, items, nil) },
		} {
			for taken := true; taken; {
				taken = f.Apply(f.Propose(p(), "reg")).Refusal == nil
			}
		}
	}
	seats := f.Seats()
	liars, honest := seats[:3], seats[3:]
	for _, m := range liars {
		fill(ballottest.VoteKey(m))
	}
	fill(chartertest.Issuer("op"))
	fill(chartertest.Issuer("vendor"))
	d := f.State.Docket()
	refused(t, f, f.Apply(f.Propose(f.MotionBy(chartertest.Issuer("vendor"), motion.Ratify, items, nil), "reg")), enact.DocketFull)
	refused(t, f, f.Apply(f.Propose(f.MotionBy(ballottest.VoteKey(liars[0]), motion.Ratify, items, nil), "reg")), enact.DocketFull)
	stay := f.MotionBy(chartertest.Issuer("vendor"), motion.Stay, ballottest.Reverse(first+1), nil)
	outcome(t, f.Apply(f.Propose(stay, honest[0])), ballot.Entered)
	for i, m := range honest {
		n++
		if r := f.Apply(f.Propose(made(ballottest.VoteKey(m), n), m)); r.Refusal != nil {
			t.Errorf("%s, of those who have nothing there, finds no room: %v", m, r.Refusal)
		}
		if got := len(f.State.Docket().Motions); got != len(d.Motions)+1+i {
			t.Errorf("%d motions are there", got)
		}
	}
	p := f.Remove(honest[0])
	f.Carry(f.MotionBy(ballottest.VoteKey(honest[1]), p.Kind, [][]byte{p.Items[0].Item}, nil))
	snapshot, err := f.State.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d motions, %d before the honest came, a snapshot of %d bytes", len(f.State.Docket().Motions), len(d.Motions), len(snapshot))
	back, err := restore(f, 1, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(back.Docket().Motions), len(f.State.Docket().Motions); got != want {
		t.Errorf("%d of %d motions came back", got, want)
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
