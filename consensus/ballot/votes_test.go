package ballot_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// TestThresholds counts the votes that each kind takes at each number of regulators:
// one fewer never carries it.
func TestThresholds(t *testing.T) {
	for _, c := range []struct{ n, q, revoke int }{{1, 1, 1}, {2, 2, 1}, {3, 3, 1}, {4, 3, 2}, {5, 4, 2}, {7, 5, 3}} {
		f := begun(t, c.n, nil)
		carried := func(p ballottest.Proposal, want int) uint64 {
			t.Helper()
			seats := f.Seats()
			if want > 1 {
				outcome(t, f.Try(p, seats[:want-1]...), ballot.Taken)
			} else {
				outcome(t, f.Apply(f.Propose(p, seats[0])), ballot.Entered)
				return f.State.Size() - uint64(len(p.Items)) - 1
			}
			r := f.Apply(vote(f.Vote(p, seats[want-1], nil)))
			outcome(t, r, ballot.Entered)
			if got := len(r.Enacted.Motion.Votes); got != want {
				t.Errorf("n %d: the entry of a %s motion has %d votes, want %d", c.n, p.Kind, got, want)
			}
			return r.Enacted.First
		}
		first := carried(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"), nil), c.q)
		carried(f.Motion(motion.Ratify, [][]byte{ballottest.Rule(t, "+8613800138002", "block", "crm.fraud.loan")}, nil), c.q)
		carried(f.Motion(motion.Stay, ballottest.Reverse(first+1), nil), 1)
		carried(f.Motion(motion.Revoke, ballottest.Reverse(first+1, first+2), nil), c.revoke)
		carried(f.Motion(motion.Anchor, anchor(f, f.State.Size()), nil), c.q)
		carried(f.Motion(motion.NoteFork, [][]byte{forkProof(f, "vendor", 3)}, nil), c.q)
	}
}

// TestVoteCounts looks at which vote of a regulator counts.
func TestVoteCounts(t *testing.T) {
	f := begun(t, 4, nil)
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	against := func(counter uint64) func(v *motion.Vote) {
		return func(v *motion.Vote) { v.For, v.Counter = false, counter }
	}
	outcome(t, f.Apply(f.Propose(p, "reg")), ballot.Taken)
	outcome(t, f.Apply(f.Propose(p, "reg")), ballot.Known)
	outcome(t, f.Apply(vote(f.Vote(p, "reg", nil))), ballot.Known)
	outcome(t, f.Apply(vote(f.Vote(p, "reg2", nil))), ballot.Taken)
	outcome(t, f.Apply(vote(f.Vote(p, "reg2", nil))), ballot.Known) // counted once
	refused(t, f, f.Apply(vote(f.Vote(p, "reg2", against(1)))), enact.StaleVote)
	outcome(t, f.Apply(vote(f.Vote(p, "reg2", against(2)))), ballot.Taken)
	refused(t, f, f.Apply(vote(f.Vote(p, "reg2", nil))), enact.StaleVote) // the earlier one, replayed
	outcome(t, f.Apply(vote(f.Vote(p, "reg3", nil))), ballot.Taken)       // two for, one against

	open := f.State.Docket().Motions[0]
	if open.MissingVotes != 1 || !slices.Equal(open.For, []string{"reg", "reg3"}) || !slices.Equal(open.Against, []string{"reg2"}) ||
		!open.WaitsFor("reg4") || open.WaitsFor("reg2") || open.Need != (enact.Need{Votes: 3}) {
		t.Errorf("the docket shows %+v", open)
	}
	r := f.Apply(vote(f.Vote(p, "reg4", nil)))
	outcome(t, r, ballot.Entered)
	if n := len(r.Enacted.Motion.Votes); n != 3 {
		t.Errorf("the entry has %d votes, want the three for it", n)
	}
	if n := len(f.State.Docket().Motions); n != 0 {
		t.Errorf("%d motions are before the regulators still", n)
	}
}

// TestMaliciousVotes is fault F19, and F22 of a stolen key: whatever a lying regulator
// writes into Raft's log becomes a recorded refusal.
func TestMaliciousVotes(t *testing.T) {
	f := begun(t, 4, nil)
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	other := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138001"), nil)
	outcome(t, f.Apply(f.Propose(p, "reg")), ballot.Taken)

	v := f.Vote(p, "reg2", nil)
	forged := bytes.Clone(v.Bytes())
	forged[len(forged)-1] ^= 1
	stranger := f.VoteBy(p, keys.FromSeed([keys.SeedSize]byte{7}), nil)
	issuer := f.VoteBy(p, chartertest.Issuer("reg2"), nil)
	cosign := f.VoteBy(p, chartertest.Key("cosign", "reg2"), nil)
	elsewhere := f.Vote(p, "reg2", func(v *motion.Vote) { v.Federation = p.ID })
	rule := f.Vote(p, "reg2", func(v *motion.Vote) { v.Cast, v.Rule = motion.ByRule, merkle.Hash{1} })
	foreign := f.Vote(other, "reg2", nil)
	for name, c := range map[string]struct {
		command []byte
		want    enact.Code
	}{
		"garbage":                         {[]byte("garbage"), enact.Unreadable},
		"nothing":                         {nil, enact.Unreadable},
		"oversize":                        {make([]byte, 5<<20), enact.TooLarge},
		"a newer verb":                    {[]byte{0x83, 1, 9, 0x40}, enact.Newer},
		"a newer version":                 {[]byte{0x83, 2, 2, 0x40}, enact.Newer},
		"a mark of three fields":          {[]byte{0x83, 1, 5, 0x41, 0}, enact.Unreadable},
		"a byte too many":                 {append(ballot.VoteCommand(&v), 0), enact.Unreadable},
		"a wrong signature":               {raw(ballot.Vote, forged), enact.BadVote},
		"a wrong domain":                  {raw(ballot.Vote, inDomain(f, p, keys.DomainMotion)), enact.BadVote},
		"a tick as a vote":                {raw(ballot.Vote, f.Times(f.Quorum(), nil).Bytes()), enact.BadVote},
		"a stranger's key":                {vote(stranger), enact.NotSeated},
		"an issuer's key":                 {vote(issuer), enact.NotSeated},
		"a cosigning key":                 {vote(cosign), enact.NotSeated},
		"another federation":              {vote(elsewhere), enact.BadVote},
		"by a rule":                       {vote(rule), enact.ByRule},
		"on no open motion":               {vote(foreign), enact.UnknownMotion},
		"proposed with another's vote":    {ballot.ProposeCommand(&other.Signed, other.Items, ptr(f.Vote(p, "reg", nil))), enact.BadVote},
		"proposed by a vote against":      {ballot.ProposeCommand(&other.Signed, other.Items, ptr(f.Vote(other, "reg", func(v *motion.Vote) { v.For = false }))), enact.NotFor},
		"proposed with a stranger's vote": {ballot.ProposeCommand(&other.Signed, other.Items, ptr(f.VoteBy(other, keys.FromSeed([keys.SeedSize]byte{7}), nil))), enact.NotSeated},
		"proposed with other items":       {ballot.ProposeCommand(&other.Signed, p.Items, ptr(f.Vote(other, "reg", nil))), enact.BadItems},
	} {
		before := f.State.Digest()
		r := f.Apply(c.command)
		if r.Outcome != ballot.Refused || r.Refusal.Code != c.want {
			t.Errorf("%s: %s %v, want it refused as %s", name, r.Outcome, r.Refusal, c.want)
		}
		if f.State.Digest() != before {
			t.Errorf("%s changed the state", name)
		}
	}
	if got := f.State.Docket().Refused; got != 20 {
		t.Errorf("%d refusals are on record, want 20", got)
	}
	// Not one of them counted: it takes two more.
	outcome(t, f.Apply(vote(v)), ballot.Taken)
	outcome(t, f.Apply(vote(f.Vote(p, "reg3", nil))), ballot.Entered)
}

// TestLedgerOfALiar hands a follower entries that no regulator's code makes: they are no
// valid ledger, and leave the Past as it was.
func TestLedgerOfALiar(t *testing.T) {
	f := begun(t, 4, nil)
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"), nil)
	good := f.Carry(p)
	past := f.Follow()
	entries := f.Entries[good-1:]

	again := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138005"), nil)
	entry := func(p ballottest.Proposal, votes ...motion.Vote) []ledger.Entry {
		slices.SortFunc(votes, func(a, b motion.Vote) int { return a.By.Compare(b.By) })
		return entriesOf(p, votes)
	}
	by := func(members ...string) (votes []motion.Vote) {
		for _, m := range members {
			votes = append(votes, f.Vote(again, m, nil))
		}
		return votes
	}
	mixed := entry(again, by("reg", "reg2", "reg3")...)
	mixed[1] = entries[1]
	bare := entry(again, by("reg", "reg2", "reg3")...)
	bare[1].Opening = entries[1].Opening
	slipped := entry(again, by("reg", "reg2", "reg3")...)
	slipped[1] = entriesOf(ballottest.Proposal{Signed: again.Signed, Items: p.Items[:1]}, nil)[1]
	stay := f.Motion(motion.Stay, ballottest.Reverse(good+1), nil)
	for name, c := range map[string]struct {
		entries []ledger.Entry
		want    enact.Code
	}{
		"enacted twice":      {entries, enact.Enacted},
		"no votes":           {entry(again), enact.TooFewVotes},
		"a vote too few":     {entry(again, by("reg", "reg2")...), enact.TooFewVotes},
		"a vote twice":       {entry(again, append(by("reg", "reg2"), by("reg")...)...), enact.Unreadable},
		"a stranger":         {entry(again, append(by("reg", "reg2"), f.VoteBy(again, keys.FromSeed([keys.SeedSize]byte{7}), nil))...), enact.NotSeated},
		"a vote against":     {entry(again, append(by("reg", "reg2", "reg3"), f.Vote(again, "reg4", func(v *motion.Vote) { v.For = false }))...), enact.BadVote},
		"a vote by rule":     {entry(again, append(by("reg", "reg2"), f.Vote(again, "reg3", func(v *motion.Vote) { v.Cast, v.Rule = motion.ByRule, merkle.Hash{1} }))...), enact.ByRule},
		"another's item":     {mixed, enact.Unreadable},
		"an item slipped in": {slipped, enact.BadItems},
		"an item alone":      {entries[1:], enact.Unreadable},
		"a second genesis":   {[]ledger.Entry{f.First}, enact.Unreadable},
		"garbage":            {[]ledger.Entry{{Data: []byte{1}}}, enact.Unreadable},
		"a stay by two":      {entry(stay, f.Vote(stay, "reg", nil), f.Vote(stay, "reg2", nil)), enact.BadVote},
	} {
		before := past.Digest()
		_, err := past.Enter(c.entries)
		r, ok := err.(*enact.Refusal)
		if !ok || r.Code != c.want {
			t.Errorf("%s: %v, want it refused as %s", name, err, c.want)
		}
		if past.Digest() != before {
			t.Errorf("%s changed the past", name)
		}
	}
	for name, c := range map[string]struct {
		entries []ledger.Entry
		at      int
	}{
		"another's opening": {bare, 1},
		"an open header":    {append([]ledger.Entry{{Data: entries[0].Data, Opening: []byte{1}}}, entries[1:]...), 0},
	} {
		var o *enact.OpeningError
		if _, err := past.Enter(c.entries); !errors.As(err, &o) || o.At != c.at {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Of a motion that is not all there what is wrong is told before the rest comes.
	heavy := slices.Clone(entries)
	heavy[1].Opening = make([]byte, motion.MaxBytes+100)
	var o *enact.OpeningError
	if _, err := past.Enter(heavy[:2]); !errors.As(err, &o) || o.At != 1 {
		t.Errorf("half a motion with more beside it than items may have: %v", err)
	}
	two := entry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138006", "+8613800138007"), nil))
	two[1] = entries[1]
	var r *enact.Refusal
	if _, err := past.Enter(two[:2]); !errors.As(err, &r) || r.Code != enact.Unreadable {
		t.Errorf("half a motion with another's item: %v", err)
	}
	if _, err := past.Enter(mixed[:1]); err != enact.ErrIncomplete {
		t.Errorf("a motion without its items: %v", err)
	}
	if _, err := past.Enter(nil); err != enact.ErrIncomplete {
		t.Errorf("nothing: %v", err)
	}
	if _, err := past.Enter(entry(again, by("reg", "reg2", "reg3")...)); err != nil {
		t.Errorf("the same with its votes: %v", err)
	}
}

// TestWithdraw takes motions back.
func TestWithdraw(t *testing.T) {
	f := begun(t, 4, nil)
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	word := func(p ballottest.Proposal, key keys.Private) []byte {
		w, err := motion.Withdrawal{Federation: p.Federation, Motion: p.ID, By: key.Public(), Time: f.Now}.Sign(key)
		if err != nil {
			t.Fatal(err)
		}
		return withdraw(w)
	}
	op := chartertest.Issuer("op")
	refused(t, f, f.Apply(word(p, op)), enact.UnknownMotion)
	outcome(t, f.Try(p, "reg", "reg2"), ballot.Taken)
	refused(t, f, f.Apply(word(p, ballottest.VoteKey("reg"))), enact.BadWithdrawal)
	refused(t, f, f.Apply(raw(ballot.Withdraw, []byte{1})), enact.BadWithdrawal)
	outcome(t, f.Apply(word(p, op)), ballot.Taken)
	outcome(t, f.Apply(word(p, op)), ballot.Known)
	refused(t, f, f.Apply(vote(f.Vote(p, "reg3", nil))), enact.WithdrawnMotion)
	refused(t, f, f.Apply(f.Propose(p, "reg3")), enact.WithdrawnMotion)

	entered := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	f.Carry(entered)
	refused(t, f, f.Apply(word(entered, op)), enact.Enacted)

	// Once it could not be voted on any more, it is forgotten and refused for that.
	f.Later(8 * 86400)
	refused(t, f, f.Apply(f.Propose(p, "reg3")), enact.Expired)
	refused(t, f, f.Apply(word(p, op)), enact.UnknownMotion)
}

// TestWhoProposes looks at who may, and until when.
func TestWhoProposes(t *testing.T) {
	f := begun(t, 4, nil)
	by := func(key keys.Private, change func(h *motion.Header)) ballottest.Proposal {
		return f.MotionBy(key, motion.Ratify, ballottest.Label(t, "+8613800138000"), change)
	}
	outcome(t, f.Apply(f.Propose(by(ballottest.VoteKey("reg3"), nil), "reg")), ballot.Taken)
	outcome(t, f.Apply(f.Propose(by(chartertest.Issuer("vendor"), nil), "reg")), ballot.Taken)
	refused(t, f, f.Apply(f.Propose(by(keys.FromSeed([keys.SeedSize]byte{7}), nil), "reg")), enact.NoProposer)
	refused(t, f, f.Apply(f.Propose(by(chartertest.Key("host", "op"), nil), "reg")), enact.NoProposer)
	refused(t, f, f.Apply(f.Propose(by(chartertest.Key("recovery", "op"), nil), "reg")), enact.NoProposer)

	op := chartertest.Issuer("op")
	at := func(time, expires int64) ballottest.Proposal {
		return by(op, func(h *motion.Header) { h.Time, h.Expires = time, expires })
	}
	refused(t, f, f.Apply(f.Propose(at(f.Now-100, f.Now-1), "reg")), enact.Expired)
	refused(t, f, f.Apply(f.Propose(at(f.Now+86401, f.Now+2*86400), "reg")), enact.Early)
	outcome(t, f.Apply(f.Propose(at(f.Now+86400, f.Now+2*86400), "reg")), ballot.Taken)
	last := at(f.Now-100, f.Now)
	outcome(t, f.Apply(f.Propose(last, "reg")), ballot.Taken)

	before := len(f.State.Docket().Motions)
	f.Later(1)
	d := f.State.Docket()
	if len(d.Motions) != before-1 {
		t.Errorf("%d of %d motions are before the regulators; one expired", len(d.Motions), before)
	}
	if r := d.Refusals[len(d.Refusals)-1]; r.Code != enact.Expired || !r.Motion.Equals(last.ID) {
		t.Errorf("the last record is %+v, want that of the motion that expired", r)
	}
	refused(t, f, f.Apply(vote(f.Vote(last, "reg2", nil))), enact.UnknownMotion)
}

// TestDocketIsBounded brings in more motions of one proposer than fit.
func TestDocketIsBounded(t *testing.T) {
	f := begun(t, 4, nil)
	for range ballot.MaxOpen {
		outcome(t, f.Apply(f.Propose(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil), "reg")), ballot.Taken)
	}
	refused(t, f, f.Apply(f.Propose(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil), "reg")), enact.DocketFull)
	other := f.MotionBy(chartertest.Issuer("vendor"), motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	outcome(t, f.Apply(f.Propose(other, "reg")), ballot.Taken)
	for i := range 2 * ballot.MaxRefusals {
		f.Apply([]byte{byte(i)})
	}
	if d := f.State.Docket(); len(d.Refusals) != ballot.MaxRefusals || d.Refused != 2*ballot.MaxRefusals+1 {
		t.Errorf("%d refusals of %d are on record", len(d.Refusals), d.Refused)
	}
}

// TestBeginsWithATick refuses everything before the first one.
func TestBeginsWithATick(t *testing.T) {
	f := ballottest.Found(t, 4, func(cfg *charter.FoundingConfig) { cfg.Name = "young" })
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	refused(t, f, f.Apply(f.Propose(p, "reg")), enact.NoTime)
	f.Tick()
	outcome(t, f.Apply(f.Propose(p, "reg")), ballot.Taken)
}
