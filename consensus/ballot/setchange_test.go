package ballot_test

import (
	"slices"
	"strings"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// settle has the old and the new set certify what stands.
func settle(f *ballottest.Federation, members ...string) ballot.Result {
	return f.Apply(ballot.SettleCommand(f.Certify(members...)))
}

// TestSetChange grows from one regulator to five and shrinks again: after each change
// nothing enters until its checkpoint is certified by both sets, and no second change
// until Raft has carried it out.
func TestSetChange(t *testing.T) {
	f := begun(t, 1, nil)
	for _, m := range []string{"vendor", "op"} {
		change := f.Admit(m)
		old := f.Quorum()
		f.Carry(change)
		if last, _ := f.State.Past().LastChange(); last.Kind != motion.AdmitRegulator || last.Member != m || last.Size != f.State.Size() {
			t.Fatalf("the last change is %+v", last)
		}
		f.Now++
		refused(t, f, f.Apply(tick(f.Times(f.Quorum(), nil))), enact.Paused)
		p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
		refused(t, f, f.Try(p, f.Quorum()...), enact.Paused)
		if d := f.State.Docket(); d.Paused == nil || d.NotCarried == nil {
			t.Errorf("the docket says paused %v, not carried %v", d.Paused, d.NotCarried)
		}
		refused(t, f, settle(f, m), enact.BadCheckpoint)      // the new one alone
		refused(t, f, settle(f, old...), enact.BadCheckpoint) // the old ones alone
		outcome(t, settle(f, f.Seats()...), ballot.Entered)
		outcome(t, settle(f, f.Seats()...), ballot.Known)
		last := f.Quorum()
		outcome(t, f.Apply(vote(f.Vote(p, last[len(last)-1], nil))), ballot.Entered) // submitted again
		f.Tick()

		next := f.Remove("reg")
		refused(t, f, f.Try(next, f.Quorum()...), enact.NotCarried)
		f.State.Carried(old)
		refused(t, f, f.Apply(vote(f.Vote(next, last[len(last)-1], nil))), enact.NotCarried)
		f.State.Carried(f.Seats())
		if d := f.State.Docket(); d.Paused != nil || d.NotCarried != nil {
			t.Errorf("the docket says paused %v, not carried %v", d.Paused, d.NotCarried)
		}
	}
	// The last vote on the removal now enters it; it was not counted before.
	three := f.Seats()
	gone := f.Remove("reg")
	f.Carry(gone)
	if slices.Contains(f.Seats(), "reg") {
		t.Error("reg has a seat still")
	}
	outcome(t, settle(f, three...), ballot.Entered)
	refused(t, f, f.Try(f.Remove("op"), f.Quorum()...), enact.NotCarried)
	f.State.Carried(f.Seats())
	f.Carry(f.Remove("op"))
}

// TestBothSetsCertify: of five regulators four decide, of the four that are left three;
// three are not enough for the change itself.
func TestBothSetsCertify(t *testing.T) {
	f := begun(t, 5, nil)
	f.Carry(f.Remove("reg5"))
	refused(t, f, settle(f, "reg", "reg2", "reg3"), enact.BadCheckpoint)
	outcome(t, settle(f, "reg", "reg2", "reg3", "reg5"), ballot.Entered)
}

// TestDeadNewcomer removes a regulator that never became a voter.
func TestDeadNewcomer(t *testing.T) {
	f := begun(t, 4, nil)
	f.Carry(f.Admit("op"))
	outcome(t, settle(f, f.Seats()...), ballot.Entered)
	f.State.Carried([]string{"reg", "reg2", "reg3", "reg4"})
	refused(t, f, f.Try(f.Remove("reg2"), "reg", "reg2", "reg3", "reg4"), enact.NotCarried)
	outcome(t, f.Try(f.Remove("op"), "reg", "reg2", "reg3", "reg4"), ballot.Entered)
}

// TestVotesOfThePast looks at votes against the set at enactment: those of a removed
// regulator drop, and its key is refused from then on (F22), as is a motion proposed under
// another set.
func TestVotesOfThePast(t *testing.T) {
	f := begun(t, 4, nil)
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	outcome(t, f.Try(p, "reg", "reg4"), ballot.Taken)
	policy := f.Motion(motion.SetPolicy, policyItems(f, 7), nil)
	f.Carry(f.Remove("reg4"))
	outcome(t, settle(f, "reg", "reg2", "reg3", "reg4"), ballot.Entered)

	if open := f.State.Docket().Motions; len(open) != 1 || !slices.Equal(open[0].For, []string{"reg"}) || open[0].MissingVotes != 2 {
		t.Errorf("before the regulators is %+v", open)
	}
	refused(t, f, f.Apply(vote(f.Vote(p, "reg4", nil))), enact.NotSeated)
	refused(t, f, f.Apply(f.Propose(policy, "reg")), enact.StandingChanged)
	refused(t, f, f.Apply(tick(f.Times([]string{"reg", "reg2", "reg4"}, nil))), enact.NotSeated)
	outcome(t, f.Apply(vote(f.Vote(p, "reg2", nil))), ballot.Taken)
	outcome(t, f.Apply(vote(f.Vote(p, "reg3", nil))), ballot.Entered)
}

// TestRekey gives a regulator another voting key: the old one counts for nothing more,
// and the regulator may not stay a second time by the new one.
func TestRekey(t *testing.T) {
	f := begun(t, 4, nil)
	first := f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil))
	outcome(t, f.Apply(f.Propose(f.Motion(motion.Stay, ballottest.Reverse(first+1), nil), "reg2")), ballot.Entered)

	fresh := keys.FromSeed([keys.SeedSize]byte{42})
	cosign := chartertest.Key("cosign", "reg2")
	a := &article.RegulatorRekeying{Member: "reg2", Vote: fresh.Public(), Cosign: cosign.Public()}
	f.Carry(f.Motion(motion.RekeyRegulator, f.Article(a, fresh), nil))
	outcome(t, settle(f, f.Seats()...), ballot.Entered)

	stay := f.Motion(motion.Stay, ballottest.Reverse(first+1), nil)
	refused(t, f, f.Apply(f.Propose(stay, "reg2")), enact.NotSeated)
	by := f.VoteBy(stay, fresh, nil)
	refused(t, f, f.Apply(ballot.ProposeCommand(&stay.Signed, stay.Items, &by)), enact.Stayed)
}

// TestConstitution refuses what has no place in the constitution, when it is proposed
// and when it is carried.
func TestConstitution(t *testing.T) {
	f := begun(t, 4, nil)
	refused(t, f, f.Apply(f.Propose(f.Remove("op"), "reg")), enact.Constitution)
	refused(t, f, f.Apply(f.Propose(f.Motion(motion.Grant, ballottest.Label(t, "+8613800138000"), nil), "reg")), enact.BadItems)
	removal := article.RegulatorRemoval{Member: "reg2", Roles: []article.Role{article.Coordinator}}
	other := article.RegulatorRemoval{Member: "reg3", Roles: []article.Role{article.Coordinator}}
	both := f.Motion(motion.RemoveRegulator, slices.Concat(f.Article(&removal), f.Article(&other)), nil)
	refused(t, f, f.Apply(f.Propose(both, "reg")), enact.BadItems)
	stale := f.Motion(motion.SetPolicy, policyItems(f, 7), func(h *motion.Header) { h.Standing = merkle.Hash{1} })
	refused(t, f, f.Apply(f.Propose(stale, "reg")), enact.StandingChanged)

	grant := func(subject, to string) ballottest.Proposal {
		bytes := chartertest.Range(t, subject).Bytes()
		return f.Motion(motion.Grant, f.Article(&article.Granting{Grant: article.Grant{Range: bytes[:], Allocatee: to}}), nil)
	}
	one, two := grant("+86139*/13", "op"), grant("+86139*/13", "vendor")
	outcome(t, f.Try(one, "reg", "reg2"), ballot.Taken)
	outcome(t, f.Try(two, "reg", "reg2"), ballot.Taken)
	outcome(t, f.Apply(vote(f.Vote(one, "reg3", nil))), ballot.Entered)
	if d := f.State.Docket(); len(d.Motions) != 1 || d.Motions[0].Blocked == nil || d.Motions[0].Blocked.Code != enact.Constitution {
		t.Errorf("before the regulators is %+v", d.Motions)
	}
	refused(t, f, f.Apply(vote(f.Vote(two, "reg3", nil))), enact.Constitution)

	// Every constitutional kind takes its quorum by hand.
	p := f.Motion(motion.SetPolicy, policyItems(f, 7), nil)
	outcome(t, f.Apply(f.Propose(p, "reg")), ballot.Taken)
	if got := f.State.Docket().Motions[0].Need; got != (enact.Need{Votes: 3, Hands: 3}) {
		t.Errorf("a policy takes %+v", got)
	}
	f.Carry(f.Motion(motion.SetPolicy, policyItems(f, 8), nil))
	if got := f.State.Constitution().Policy().BlockCap.Min; got != 8 {
		t.Errorf("the policy in force has a least cap of %d, want 8", got)
	}
	outcome(t, f.Apply(vote(f.Vote(p, "reg2", nil))), ballot.Taken) // counted, but void
	refused(t, f, f.Apply(vote(f.Vote(p, "reg3", nil))), enact.StandingChanged)
}

// policyItems is a policy with another least cap of blocks.
func policyItems(f *ballottest.Federation, least uint16) (items [][]byte) {
	s := article.PolicySetting{Policy: *f.State.Constitution().Policy(), Taxonomy: f.State.Constitution().Taxonomy()}
	s.Policy.BlockCap.Min = least
	return f.Article(&s)
}

// TestEndings looks at heads in what ends an authority and in what reinstates one.
func TestEndings(t *testing.T) {
	f := begun(t, 4, nil)
	key := chartertest.Issuer("vendor").Public()
	record, _ := f.State.Constitution().Record(key)
	head := func(epoch, sequence uint64, digest byte) motion.AnchoredHead {
		return motion.AnchoredHead{Issuer: record.Index, Epoch: epoch, Sequence: sequence, Digest: merkle.Hash{digest}}
	}
	f.Carry(f.Motion(motion.Anchor, anchor(f, f.State.Size(), head(0, 5, 1)), nil))

	reinstate := func(buildsOn uint64, epoch uint64, base ...motion.AnchoredHead) ballot.Result {
		a := &article.Reinstatement{Issuer: key, Epoch: epoch, Base: base}
		// The member's recovery key asks for it.
		p := f.MotionBy(chartertest.Key("recovery", "vendor"), motion.Reinstate, f.Article(a), func(h *motion.Header) { h.BuildsOn = buildsOn })
		return f.Try(p, f.Quorum()...)
	}
	now := f.State.Size()
	refused(t, f, reinstate(now-3, 1, head(0, 6, 1)), enact.AnchoredSince)
	nothing := reinstate(now, 1) // though something is anchored
	refused(t, f, nothing, enact.HeadBack)
	if !strings.Contains(nothing.Refusal.Words, "batch 5 in epoch 0 is anchored, which is for good; name that one or a later one") {
		t.Errorf("of one that goes on from none it says %q", nothing.Refusal.Words)
	}
	refused(t, f, reinstate(now, 1, head(0, 4, 1)), enact.HeadBack) // below
	refused(t, f, reinstate(now, 1, head(0, 5, 2)), enact.HeadBack) // beside
	outcome(t, reinstate(now, 1, head(0, 7, 1)), ballot.Entered)

	// The old epoch is closed; an anchor goes on in the new one, and only on a size
	// behind the reinstatement.
	at := func(size uint64, h motion.AnchoredHead) ballot.Result {
		return f.Try(f.Motion(motion.Anchor, anchor(f, size, h), func(head *motion.Header) { head.BuildsOn = size }), f.Quorum()...)
	}
	refused(t, f, at(f.State.Size(), head(0, 8, 1)), enact.HeadBack)
	refused(t, f, at(now, head(1, 0, 1)), enact.AnchoredSince)
	outcome(t, at(f.State.Size(), head(1, 0, 1)), ballot.Entered)

	// An expulsion names a head of before, and keeps its effect with what was anchored
	// since.
	end := func(buildsOn uint64, heads ...motion.AnchoredHead) ballottest.Proposal {
		a := &article.IssuerEnd{Issuer: key, How: article.Expel, Heads: heads}
		return f.Motion(motion.EndIssuer, f.Article(a), func(h *motion.Header) { h.BuildsOn = buildsOn })
	}
	now = f.State.Size()
	refused(t, f, f.Try(end(now, head(1, 0, 2)), f.Quorum()...), enact.HeadBack)
	late := end(now, head(1, 3, 1))
	outcome(t, at(now, head(1, 9, 1)), ballot.Entered)
	f.Carry(late)
	if got, _, _ := f.State.Past().AnchoredHead(record.Index); got.Sequence != 9 {
		t.Errorf("the key counts up to sequence %d, want that of the anchor, 9", got.Sequence)
	}
	refused(t, f, at(f.State.Size(), head(1, 10, 1)), enact.UnknownIssuer)
}
