package ballot_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// rule is one ratified subject, as a motion of one item.
func rule(f *ballottest.Federation, subject, action, category string) ballottest.Proposal {
	f.Helper()
	return f.Motion(motion.Ratify, [][]byte{ballottest.Rule(f, subject, action, category)}, nil)
}

// TestRatifyBounds looks at how broad a subject may be and how long it may last.
func TestRatifyBounds(t *testing.T) {
	f := begun(t, 4, nil)
	refused(t, f, f.Apply(f.Propose(rule(f, "+86138*/13", "label", "mkt.retail"), "reg")), enact.TooBroad)
	refused(t, f, f.Apply(f.Propose(rule(f, "+86!95163*", "label", "mkt.retail"), "reg")), enact.TooBroad)
	outcome(t, f.Apply(f.Propose(rule(f, "+8613800*/13", "label", "mkt.retail"), "reg")), ballot.Taken)

	today := taxonomy.DayOf(f.Now)
	for until, want := range map[taxonomy.Day]ballot.Outcome{
		today: ballot.Refused, today + 1: ballot.Taken, today + 365: ballot.Taken, today + 366: ballot.Refused, taxonomy.NeverDay: ballot.Refused,
	} {
		p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), func(h *motion.Header) { h.Until = until })
		r := f.Apply(f.Propose(p, "reg"))
		outcome(t, r, want)
		if want == ballot.Refused && r.Refusal.Code != enact.BadUntil {
			t.Errorf("until %s: refused as %s", until, r.Refusal.Code)
		}
	}
	// Nor may it be over by the time it is carried.
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), func(h *motion.Header) { h.Until = today + 1 })
	outcome(t, f.Try(p, "reg", "reg2"), ballot.Taken)
	f.Later(86400)
	refused(t, f, f.Apply(vote(f.Vote(p, "reg3", nil))), enact.BadUntil)
	if slices.ContainsFunc(f.State.Docket().Motions, func(o ballot.Open) bool { return o.Motion.ID == p.ID }) {
		t.Error("what can never enter is before the regulators still")
	}
	// Not a ratification at all.
	bad := f.Motion(motion.Ratify, ballottest.Reverse(3), nil)
	refused(t, f, f.Apply(f.Propose(bad, "reg")), enact.BadItems)
}

// TestBlockCap blocks numbers of a range until the day's cap, in a range that a member
// holds, in one inside it, and in nobody's.
func TestBlockCap(t *testing.T) {
	f := begun(t, 4, func(cfg *charter.FoundingConfig) {
		cfg.Grants = append(cfg.Grants, chartertest.Grant(t, "+861390000*/13", "vendor", "", ""), chartertest.Grant(t, "+8613900*/13", "op", "", ""),
			chartertest.Grant(t, "+8613911*/13", "op", "", ""), chartertest.Grant(t, "+861391100000*/13", "vendor", "", ""))
		cfg.Policy.BlockCap.Min = 3
		cfg.Policy.BlockCap.Permille = 2
	})
	block := func(want enact.Code, subjects ...string) {
		t.Helper()
		var items [][]byte
		for _, s := range subjects {
			items = append(items, ballottest.Rule(t, s, "block", "crm.fraud.loan"))
		}
		p := f.Motion(motion.Ratify, items, nil)
		r := f.Try(p, f.Quorum()...)
		if want == 0 {
			outcome(t, r, ballot.Entered)
			return
		}
		refused(t, f, r, want)
		if !slices.ContainsFunc(f.State.Docket().Motions, func(o ballot.Open) bool {
			return o.Motion.ID == p.ID && o.Blocked != nil && o.Blocked.Code == want && o.MissingVotes == 1
		}) {
			t.Error("what tomorrow may take is no longer before the regulators, or its last vote was counted")
		}
	}
	// +861390000*/13 has 10,000 numbers: 20 a day. +8613900*/13 has a million: 2,000.
	block(0, "+861390000111*/13", "+8613900001000", "+8613900001001") // 10 and 2
	block(enact.BlockCap, "+861390000112*/13")
	block(0, "+8613900001002", "+8613900001003", "+8613900001004")
	block(0, "+86139001122*/13")                                                   // 100 of the million
	block(enact.BlockCap, "+86139000*/13")                                         // 100,000, the inner range whole among them
	block(enact.BlockCap, "+8613900110*/13", "+8613900111*/13", "+8613900112*/13") // 3,000
	// 100 of a million are few, but the ten of the vendor are among them.
	block(enact.BlockCap, "+86139110000*/13")
	block(0, "+86139110001*/13")
	// In nobody's range the broadest that could be ratified counts: a million, 2,000.
	block(0, "+8615900110*/13")
	block(enact.BlockCap, "+8615900111*/13", "+86159001120*/13")
	// A label is no block, and a new day begins anew.
	outcome(t, f.Try(rule(f, "+8613900001005", "label", "mkt.retail"), f.Quorum()...), ballot.Entered)
	f.Later(86400)
	block(0, "+861390000112*/13")
}

// TestSmallRangeCap takes the least that a day has where a share would be less.
func TestSmallRangeCap(t *testing.T) {
	f := begun(t, 4, func(cfg *charter.FoundingConfig) {
		cfg.Grants = append(cfg.Grants, chartertest.Grant(t, "+8613900000*/13", "op", "", "")) // 1,000 numbers
		cfg.Policy.BlockCap.Min = 3
		cfg.Policy.BlockCap.Permille = 1
	})
	for i := range 3 {
		outcome(t, f.Try(rule(f, fmt.Sprintf("+861390000000%d", i), "block", "har.silent"), f.Quorum()...), ballot.Entered)
	}
	refused(t, f, f.Try(rule(f, "+8613900000003", "block", "har.silent"), f.Quorum()...), enact.BlockCap)
}

// TestNeed tells what it takes, hands included.
func TestNeed(t *testing.T) {
	f := begun(t, 7, func(cfg *charter.FoundingConfig) {
		cfg.Protected = []number.Range{chartertest.Range(t, "+86!110"), chartertest.Range(t, "+8613812345*/13")}
	})
	for _, c := range []struct {
		subject, action, category string
		want                      enact.Need
	}{
		{"+8613800138000", "label", "mkt.retail", enact.Need{Votes: 5}},
		{"+8613800138000", "allow", "ok.legitimate", enact.Need{Votes: 5}},
		{"+8613800138000", "block", "mkt.retail", enact.Need{Votes: 5, Hands: 3}},
		{"+86!110", "label", "har.silent", enact.Need{Votes: 5, Hands: 5}},
		{"+8613812345678", "allow", "unk.untyped", enact.Need{Votes: 5, Hands: 5}},
		{"+8613812345678", "block", "id.courier", enact.Need{Votes: 5, Hands: 5}},
		{"+8613812345678", "label", "id.courier", enact.Need{Votes: 5}},
	} {
		p := rule(f, c.subject, c.action, c.category)
		outcome(t, f.Apply(f.Propose(p, "reg")), ballot.Taken)
		open := f.State.Docket().Motions
		if got := open[len(open)-1]; got.Need != c.want || got.MissingVotes != 4 || got.MissingHands != max(0, c.want.Hands-1) {
			t.Errorf("%s %s %s takes %+v, want %+v; missing are %d and %d", c.action, c.subject, c.category, got.Need, c.want, got.MissingVotes, got.MissingHands)
		}
	}
}

// TestReverse revokes and stays.
func TestReverse(t *testing.T) {
	f := begun(t, 4, nil)
	first := f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001", "+8613800138002"), nil))
	stay := func(by string, indexes ...uint64) ballot.Result {
		p := f.Motion(motion.Stay, ballottest.Reverse(indexes...), nil)
		return f.Apply(f.Propose(p, by))
	}
	outcome(t, stay("reg", first+1), ballot.Entered)
	refused(t, f, stay("reg", first+1), enact.Stayed)
	outcome(t, stay("reg2", first+1, first+2), ballot.Entered)
	refused(t, f, stay("reg2", first+2), enact.Stayed)
	if by := f.State.Past().StayedBy(first + 1); !slices.Equal(by, []string{"reg", "reg2"}) {
		t.Errorf("entry %d was stayed by %v", first+1, by)
	}
	refused(t, f, stay("reg3", first), enact.NotRatified)   // the motion's own entry
	refused(t, f, stay("reg3", first+4), enact.NotRatified) // beyond its items
	refused(t, f, stay("reg3", 0), enact.NotRatified)
	refused(t, f, stay("reg3", first+2, first+1), enact.Unordered)
	refused(t, f, stay("reg3", first+2, first+2), enact.Unordered)

	revoke := func(change func(h *motion.Header), indexes ...uint64) ballot.Result {
		return f.Try(f.Motion(motion.Revoke, ballottest.Reverse(indexes...), change), "reg", "reg2")
	}
	refused(t, f, revoke(nil, first), enact.NotRatified)
	refused(t, f, revoke(nil, first+2, first+1), enact.Unordered)
	refused(t, f, revoke(func(h *motion.Header) { h.Until = taxonomy.DayOf(f.Now) + 3 }, first+1), enact.BadUntil)
	outcome(t, revoke(nil, first+1, first+3), ballot.Entered)
	refused(t, f, revoke(nil, first+1), enact.Revoked)
	refused(t, f, stay("reg3", first+3), enact.Revoked)
	outcome(t, stay("reg3", first+2), ballot.Entered)

	// Two open revocations of one entry: the second finds it revoked.
	one, two := f.Motion(motion.Revoke, ballottest.Reverse(first+2), nil), f.Motion(motion.Revoke, ballottest.Reverse(first+2), nil)
	outcome(t, f.Apply(f.Propose(one, "reg")), ballot.Taken)
	outcome(t, f.Apply(f.Propose(two, "reg")), ballot.Taken)
	outcome(t, f.Apply(vote(f.Vote(one, "reg2", nil))), ballot.Entered)
	refused(t, f, f.Apply(vote(f.Vote(two, "reg2", nil))), enact.Revoked)

	// What is over is neither, and no longer remembered.
	f.Later(32 * 86400)
	refused(t, f, revoke(nil, first+2), enact.NotRatified)
	if past := f.State.Past(); past.IsRevoked(first+1) || len(past.StayedBy(first+1)) != 0 {
		t.Error("what is over is remembered")
	}
}

// TestNoteFork takes evidence once.
func TestNoteFork(t *testing.T) {
	f := begun(t, 4, nil)
	note := func(items ...[]byte) ballot.Result {
		return f.Try(f.Motion(motion.NoteFork, items, nil), f.Quorum()...)
	}
	refused(t, f, note([]byte("no proof")), enact.BadFork)
	refused(t, f, note(forkOf(f, keys.FromSeed([keys.SeedSize]byte{7}), 3)), enact.UnknownIssuer)
	refused(t, f, note(forkProof(f, "op", 3), forkProof(f, "op", 4)), enact.ForkNoted)
	outcome(t, note(forkProof(f, "vendor", 3), forkProof(f, "op", 3)), ballot.Entered)
	refused(t, f, note(forkProof(f, "vendor", 2)), enact.ForkNoted)
}

// TestAnchor looks at sizes, days and heads.
func TestAnchor(t *testing.T) {
	f := begun(t, 4, nil)
	roster := func(member string) uint32 {
		r, ok := f.State.Constitution().Record(chartertest.Issuer(member).Public())
		if !ok {
			t.Fatalf("%s has no issuer", member)
		}
		return r.Index
	}
	op, vendor := roster("op"), roster("vendor")
	head := func(issuer uint32, sequence uint64, digest byte) motion.AnchoredHead {
		return motion.AnchoredHead{Issuer: issuer, Sequence: sequence, Digest: merkle.Hash{digest}}
	}
	try := func(size uint64, items [][]byte) ballot.Result {
		p := f.Motion(motion.Anchor, items, func(h *motion.Header) { h.BuildsOn = size })
		return f.Try(p, f.Quorum()...)
	}
	at := func(size uint64, heads ...motion.AnchoredHead) ballot.Result {
		return try(size, anchor(f, size, heads...))
	}

	first := f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"), nil))
	f.Later(3600)
	now := f.State.Size()
	refused(t, f, at(1), enact.AnchorSize)                      // the genesis alone, below the first tick
	refused(t, f, at(0), enact.AnchorSize)                      // builds on nothing
	refused(t, f, at(now+1), enact.AnchorSize)                  // more than there is
	refused(t, f, at(first+2), enact.AnchorSize)                // inside the motion
	refused(t, f, try(now, anchor(f, first)), enact.AnchorSize) // builds on another
	wrongDay := motion.AnchorPoint{Size: now, Day: taxonomy.DayOf(f.Now) + 1, ListRoot: merkle.Hash{1}}
	refused(t, f, try(now, [][]byte{wrongDay.Encode()}), enact.AnchorDay)
	refused(t, f, try(now, ballottest.Reverse(3)), enact.BadItems)
	refused(t, f, try(now, append(anchor(f, now), ballottest.Label(t, "+8613800138000")...)), enact.BadItems)
	refused(t, f, try(now, append(anchor(f, now, head(vendor, 3, 1)), anchor(f, now, head(vendor, 3, 1))[1])), enact.Unordered)
	refused(t, f, at(now, head(99, 3, 1)), enact.UnknownIssuer)
	refused(t, f, at(now, motion.AnchoredHead{Issuer: op, Epoch: 1, Digest: merkle.Hash{1}}), enact.HeadBack)

	// Nodes vote by themselves, by the rule of anchors and no other, and on anchors alone.
	cast := func(rule merkle.Hash) func(*motion.Vote) {
		return func(v *motion.Vote) { v.Cast, v.Rule = motion.ByRule, rule }
	}
	anchored := f.Motion(motion.Anchor, anchor(f, now, head(op, 3, 1)), func(h *motion.Header) { h.BuildsOn = now })
	label := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138009"), nil)
	byRule := func(p ballottest.Proposal, change func(*motion.Vote)) []byte {
		v := f.Vote(p, "reg", change)
		return ballot.ProposeCommand(&p.Signed, p.Items, &v)
	}
	refused(t, f, f.Apply(byRule(label, cast(motion.AnchorRule()))), enact.ByRule)
	refused(t, f, f.Apply(byRule(anchored, cast(merkle.Hash{1}))), enact.ByRule)
	outcome(t, f.Apply(byRule(anchored, cast(motion.AnchorRule()))), ballot.Taken)
	if open := f.State.Open(motion.Anchor); len(open) != 1 || open[0].MissingVotes != 2 || open[0].MissingHands != 0 || len(f.State.Open(motion.Ratify)) != 0 {
		t.Errorf("before the regulators: %+v", open)
	}
	for i, member := range []string{"reg2", "reg3"} {
		v := f.Vote(anchored, member, cast(motion.AnchorRule()))
		outcome(t, f.Apply(ballot.VoteCommand(&v)), []ballot.Outcome{ballot.Taken, ballot.Entered}[i])
	}
	past := f.State.Past()
	if got, index, ok := past.AnchoredHead(op); !ok || got != head(op, 3, 1) || index != now {
		t.Errorf("anchored is %+v by entry %d", got, index)
	}
	if past.LastAnchor() != now {
		t.Errorf("the last anchor is of %d entries, want %d", past.LastAnchor(), now)
	}
	refused(t, f, at(now, head(op, 4, 1)), enact.AnchoredSince) // it builds on what was before that
	outcome(t, at(now, head(vendor, 4, 1)), ballot.Entered)     // of the same size, another issuer
	back := at(first)                                           // sizes never fall
	if refused(t, f, back, enact.AnchorSize); !strings.Contains(back.Refusal.Words, "the last one was of") {
		t.Errorf("it says %q", back.Refusal.Words)
	}

	now = f.State.Size()
	refused(t, f, at(now, head(op, 2, 1)), enact.HeadBack)
	refused(t, f, at(now, head(op, 3, 2)), enact.HeadBack) // another branch
	frozen := head(op, 3, 1)
	frozen.Frozen = true
	outcome(t, at(now, frozen), ballot.Entered)
	refused(t, f, at(f.State.Size(), head(op, 4, 1)), enact.HeadBack)

	// Two anchors on one size with one issuer: the second is void.
	now = f.State.Size()
	one := f.Motion(motion.Anchor, anchor(f, now, head(vendor, 5, 1)), nil)
	two := f.Motion(motion.Anchor, anchor(f, now, head(vendor, 6, 1)), nil)
	outcome(t, f.Try(one, "reg", "reg2"), ballot.Taken)
	outcome(t, f.Try(two, "reg", "reg2"), ballot.Taken)
	outcome(t, f.Apply(vote(f.Vote(one, "reg3", nil))), ballot.Entered)
	refused(t, f, f.Apply(vote(f.Vote(two, "reg3", nil))), enact.AnchoredSince)
}

// TestTick looks at what a tick takes and what it is worth.
func TestTick(t *testing.T) {
	f := begun(t, 4, nil)
	start := f.Now
	three := f.Quorum()
	give := func(members []string, change func(i int, t *motion.Time)) ballot.Result {
		return f.Apply(tick(f.Times(members, change)))
	}
	refused(t, f, give(three[:2], nil), enact.TooFewVotes)
	refused(t, f, give(append(slices.Clone(three[:2]), "op"), nil), enact.NotSeated)
	refused(t, f, give(append(slices.Clone(three), three[0]), nil), enact.BadTick) // the same twice
	refused(t, f, give(three, func(i int, t *motion.Time) { t.Previous = 0 }), enact.NotLastTick)
	refused(t, f, give(three, func(i int, t *motion.Time) { t.Size += uint64(i) }), enact.TickSize)
	refused(t, f, give(three, func(i int, t *motion.Time) { t.Unix = start - 1 }), enact.TimeBack)
	refused(t, f, f.Apply(raw(ballot.Tick, []byte{1})), enact.BadTick)
	refused(t, f, f.Apply(raw(ballot.Tick, f.First.Data)), enact.BadTick)

	worth := func(r ballot.Result, want int64) {
		t.Helper()
		outcome(t, r, ballot.Entered)
		if _, unix := f.State.Past().LastTick(); r.Enacted.Tick != want || unix != want {
			t.Errorf("the tick is worth %d seconds more, the ledger's time %d; want %d", r.Enacted.Tick-start, unix-start, want-start)
		}
	}
	// The lower median: a liar of four moves nothing beyond what honest clocks say.
	worth(give(f.Seats(), func(i int, t *motion.Time) { t.Unix = start + []int64{0, 10, 20, 1 << 30}[i] }), start+10)
	worth(give(three, func(i int, t *motion.Time) { t.Unix = start + []int64{0, 11, 1 << 30}[i] }), start+11)
	worth(give(three, func(i int, t *motion.Time) { t.Unix = start + 11 }), start+11) // the same second
	// At most a day at a time.
	late := start + 11 + 86400*3/2
	f.Now = late
	worth(give(three, nil), start+11+86400)
	worth(give(three, nil), late)
	// One signed for the tick before cannot be used again.
	again := f.Times(three, nil)
	worth(f.Apply(tick(again)), late)
	refused(t, f, f.Apply(tick(again)), enact.NotLastTick)

	// The first tick is not before the founding.
	young := ballottest.Found(t, 4, nil)
	young.Now = chartertest.Created - 1
	refused(t, young, young.Apply(tick(young.Times(young.Quorum(), nil))), enact.TimeBack)
}

// TestErased folds a ledger some of whose openings are gone: those of what is dead may
// be, those of what decides for ever may not.
func TestErased(t *testing.T) {
	f := begun(t, 4, nil)
	first := f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"), nil))
	f.Carry(f.Motion(motion.Revoke, ballottest.Reverse(first+1), nil))
	outcome(t, f.Apply(f.Propose(f.Motion(motion.Stay, ballottest.Reverse(first+2), nil), "reg")), ballot.Entered)
	f.Later(32 * 86400)
	dead := len(f.Entries)
	last := f.Carry(f.Motion(motion.Anchor, anchor(f, f.State.Size()), nil))

	erased := slices.Clone(f.Entries)
	for i := range dead {
		erased[i].Opening = nil
	}
	if follow(f, erased).Digest() != f.State.Past().Digest() {
		t.Error("without the openings of what is dead a follower comes to something else")
	}
	past := follow(f, f.Entries[:last-1])
	anchored := slices.Clone(f.Entries[last-1:])
	anchored[1].Opening = nil
	var o *enact.OpeningError
	if _, err := past.Enter(anchored); !errors.As(err, &o) || o.At != 1 || !strings.Contains(err.Error(), "never erased") {
		t.Errorf("an anchor without its opening: %v", err)
	}
}
