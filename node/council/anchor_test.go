package council

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/api"
	"ringfence/node/council/anchors/anchorstest"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// voice is an issuer that speaks at the desks of regulators, in order.
type voice struct {
	f      *federation
	member string
	said   []feed.Record
	salt   *rand.ChaCha8
}

func (f *federation) voice(member string) *voice {
	return &voice{f: f, member: member, salt: rand.NewChaCha8([32]byte{9})}
}

// flag says that a number makes unwanted calls, in a batch of its own.
func (v *voice) flag(text string) feed.Record {
	s := v.about(text, assertion.KindFlag, 30)
	s.Basis = assertion.Basis{Kind: assertion.BasisReports, Count: 50}
	category, err := taxonomy.ParseCategory("mkt.retail")
	v.f.must(err)
	v.f.must(s.SetBody(assertion.Flag{Category: category, Label: "retail", Confidence: 900, Reports: 50}))
	return v.say(s)
}

// contest says that what is said of a number is not so.
func (v *voice) contest(text string) feed.Record {
	s := v.about(text, assertion.KindContest, 460)
	v.f.must(s.SetBody(assertion.Contest{Grounds: "not ours"}))
	return v.say(s)
}

// about begins a statement about a number that holds for some days.
func (v *voice) about(text string, kind assertion.Kind, days int64) assertion.Statement {
	n, err := number.Parse(text)
	v.f.must(err)
	at := time.Now().Unix()
	return assertion.Statement{
		Version: assertion.EnvelopeVersion, Kind: kind, BodyVersion: assertion.BodyVersion,
		Subject:      assertion.Subject{Kind: assertion.SubjectNumber, Value: binary.BigEndian.AppendUint64(nil, n.Uint64())},
		ObservedFrom: at, ObservedTo: at, Effective: at, Expires: at + days*86400, Basis: assertion.Basis{Kind: assertion.BasisInvestigation},
	}
}

func (v *voice) say(s assertion.Statement) feed.Record {
	v.f.Helper()
	b := assertion.NewBuilder(v.salt)
	_, err := b.Add(assertion.PublicationID{byte(len(v.said))}, &s)
	v.f.must(err)
	body, err := b.Finish()
	v.f.must(err)
	key := chartertest.Issuer(v.member)
	h := assertion.Header{Federation: v.f.State.Constitution().Federation(), Issuer: key.Public(), Time: time.Now().Unix(), Count: body.Count, Root: body.Root}
	if n := len(v.said); n > 0 {
		h.Sequence, h.Previous = uint64(n), v.said[n-1].Tip.CID
	}
	r := feedtest.Sign(v.f, h, body.Body, key).Record()
	v.said = append(v.said, r)
	return r
}

// hear gives records to regulators, to all if none is named.
func (f *federation) hear(r feed.Record, members ...string) {
	f.Helper()
	for _, d := range f.desks {
		if len(members) == 0 || slices.Contains(members, d.member) {
			f.must(d.store.Append([]feed.Record{r}))
			_, err := d.view.Follow()
			f.must(err)
		}
	}
}

// anchors returns the size that the last anchor names at each desk, if all say the same.
func (f *federation) anchored() uint64 {
	sizes := make(map[uint64]bool)
	for _, d := range f.hosts {
		sizes[d.cfg.Ledger.Past().LastAnchor()] = true
	}
	if len(sizes) != 1 {
		return 0
	}
	return f.hosts[hostKey("reg")].cfg.Ledger.Past().LastAnchor()
}

// An hour after the federation began, and an hour after each anchor, a regulator proposes
// one if something moved, and its node votes for it by itself.
func TestAnchorsComeHourly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 1)
		defer f.close()
		vendor := f.voice("vendor")
		for round := range 3 {
			f.hear(vendor.flag(fmt.Sprintf("+861380013800%d", round)))
			before := f.anchored()
			time.Sleep(time.Hour - time.Minute)
			if f.anchored() != before {
				t.Fatal("an anchor within the hour")
			}
			time.Sleep(time.Minute)
			f.eventually("an anchor is enacted", func() bool { return f.anchored() > before })
			for _, d := range f.desks {
				head, _, ok := d.cfg.Ledger.Past().AnchoredHead(f.index("vendor"))
				if !ok || head.Sequence != uint64(round) {
					t.Fatalf("%s: the ledger anchors %+v, %v", d.member, head, ok)
				}
				last := d.history.Last(1)[0]
				if last.Motion.Kind != motion.Anchor || last.Motion.Reason != "hourly" {
					t.Fatalf("%s: %+v", d.member, last)
				}
			}
		}
		before, size := f.anchored(), f.desks["reg"].cfg.Ledger.Standing().Size()
		time.Sleep(3 * time.Hour)
		if f.anchored() != before || f.desks["reg"].cfg.Ledger.Standing().Size() == size {
			t.Errorf("nothing moved, and an anchor of %d entries follows that of %d", f.anchored(), before)
		}
	})
}

func (f *federation) index(member string) uint32 {
	r, _ := f.State.Constitution().Record(chartertest.Issuer(member).Public())
	return r.Index
}

// Where the first regulator is away the next one proposes in its place, and the nodes of
// the others vote for it by themselves.
func TestTheNextRegulatorProposesForOneThatIsAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		regulators := f.desks["reg"].cfg.Ledger.Standing().State.Regulators()
		first := regulators[0].Member
		f.hear(f.voice("vendor").flag(mobile))
		f.leave(first)
		time.Sleep(time.Hour + 2*time.Minute)
		var d *desk
		for _, d = range f.hosts {
			break
		}
		f.eventually("an anchor is enacted", func() bool { return d.cfg.Ledger.Past().LastAnchor() > 0 })
		last := d.history.Last(1)[0]
		if second := regulators[1].Member; last.Motion.Proposer != ballottest.VoteKey(second).Public() || len(last.Votes) != 3 {
			t.Errorf("with %d votes, proposed by %s, and not %s", len(last.Votes), last.Motion.Proposer.Short(), second)
		}
		for _, v := range last.Votes {
			if v.Cast != motion.ByRule || v.Rule != motion.AnchorRule() {
				t.Errorf("a vote for an anchor that was cast %d, by rule %s", v.Cast, v.Rule)
			}
		}
	})
}

// An anchor on demand is previewed, proposed, and voted for by nodes alone; a regulator
// that lacks a feed says what it waits for, and votes once it has it.
func TestAnAnchorWaitsForWhoLacksAFeed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg, late := f.desks["reg"], f.desks["reg2"]
		anchor := api.Proposal{Kind: "anchor", Reason: "a deadline is to begin", Preview: true}
		if _, err := reg.ProposeMotion(t.Context(), anchor); api.KindOf(err) != api.Refused {
			t.Errorf("nothing moved: %v", err)
		}
		vendor := f.voice("vendor")
		said := vendor.flag(mobile)
		f.hear(said, "reg", "reg3")
		seen, err := reg.ProposeMotion(t.Context(), anchor)
		f.must(err)
		if a := seen.Anchor; a == nil || len(a.Moves) != 1 || a.Moves[0].Member != "vendor" || a.Moves[0].To != 0 || a.Moves[0].Anchored != nil || a.ListRoot != "" || len(reg.cfg.Regulator.Open(motion.Anchor)) != 0 {
			t.Fatalf("preview: %+v", seen)
		}
		anchor.Preview = false
		made, err := reg.ProposeMotion(t.Context(), anchor)
		f.must(err)
		if made.Anchor.ListRoot != reg.view.List().Stamp().Root.String() || made.Motion.State != api.MotionOpen {
			t.Fatalf("proposed: %+v", made)
		}
		time.Sleep(time.Minute)
		m, err := late.Motion(t.Context(), made.Motion.ID)
		f.must(err)
		if m.State != api.MotionOpen || m.Missing != 1 || m.Waiting == nil || m.Waiting.Code != "anchor.lacks_feed" || m.Mine != "none" {
			t.Fatalf("without the feed: %+v", m)
		}
		if _, err := late.VoteMotion(t.Context(), api.MotionVote{ID: m.ID, For: true}); api.KindOf(err) != api.Refused || !strings.Contains(err.Error(), "by hand") {
			t.Errorf("a vote by hand for what was not computed: %v", err)
		}
		f.hear(said, "reg2")
		f.everywhere(made.Motion.ID, api.MotionEnacted)
	})
}

// What the regulators decided is in the list, and so the next anchor has it although no feed
// moved: on demand, and within the hour. One that says nothing new is none.
func TestWhatWasDecidedIsAnchoredWithoutAFeed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		reg := f.desks["reg"]
		anchor := api.Proposal{Kind: "anchor", Reason: "the list of today"}
		for _, onDemand := range []bool{true, false} {
			text := map[bool]string{true: mobile, false: "+8613900139000"}[onDemand]
			f.carry(ratify("label", text), "reg", "reg2", "reg3")
			before := f.anchored()
			if onDemand {
				made, err := reg.ProposeMotion(t.Context(), anchor)
				f.must(err)
				if len(made.Anchor.Moves) != 0 {
					t.Errorf("feeds moved: %+v", made.Anchor)
				}
				f.everywhere(made.Motion.ID, api.MotionEnacted)
			} else {
				time.Sleep(time.Hour + time.Minute)
			}
			f.eventually("an anchor is enacted", func() bool { return f.anchored() > before })
			first := reg.history.Last(1)[0].First + 1
			rows, err := ledger.NewReader(reg.cfg.Ledger.Tree(), reg.cfg.Held).Openings(t.Context(), first/ledger.Full)
			f.must(err)
			opening, err := motion.OpenOpening(rows[first%ledger.Full])
			f.must(err)
			point, err := motion.DecodeAnchorPoint(opening.Item)
			f.must(err)
			if !reg.ratified(text) || point.ListRoot != reg.view.List().Stamp().Root {
				t.Errorf("it is of the list %s, and the list is %s", point.ListRoot, reg.view.List().Stamp().Root)
			}
			if _, err := reg.ProposeMotion(t.Context(), anchor); api.KindOf(err) != api.Refused {
				t.Errorf("one that says nothing new: %v", err)
			}
		}
	})
}

// An anchor with a root that nobody else computes gets no other vote, and each node tells
// whose it is. Heads that lead nowhere cost a node its place, and the next anchor is
// enacted all the same.
func TestAnAnchorThatLiesGetsNoVote(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		vendor, op := f.voice("vendor"), f.voice("op")
		first := vendor.flag(mobile)
		f.hear(first)
		f.hear(op.flag("+8613900139000"))
		past := f.desks["reg"].cfg.Ledger.Past()
		now := time.Now().Unix()
		point := motion.AnchorPoint{Size: past.Size(), Day: taxonomy.DayOf(now), ListRoot: merkle.Hash{1}}
		heads := motion.AnchorHeads{Heads: []motion.AnchoredHead{{Issuer: f.index("vendor"), Digest: merkle.Hash(first.Tip.CID.Hash()[2:])}}}
		b, err := heads.Encode()
		f.must(err)
		f.Now = now
		lie := f.MotionBy(ballottest.VoteKey("reg4"), motion.Anchor, [][]byte{point.Encode(), b}, func(h *motion.Header) { h.BuildsOn = past.Size() })
		f.leave("reg4")
		a, err := f.desks["reg"].cfg.Regulator.Submit(t.Context(), f.Propose(lie, "reg4"))
		f.must(err)
		if a.Outcome != ballot.Taken {
			t.Fatalf("the lie is not before the regulators: %+v", a)
		}
		f.eventually("each node tells who lies", func() bool {
			for _, d := range f.hosts {
				if all := d.Problems(); !strings.Contains(fmt.Sprint(all), "reg4 proposes the anchor") {
					return false
				}
			}
			return true
		})
		time.Sleep(time.Minute)
		if o := f.desks["reg"].cfg.Regulator.Open(motion.Anchor); len(o) != 1 || !slices.Equal(o[0].For, []string{"reg4"}) {
			t.Fatalf("who votes for the lie: %+v", o)
		}
		// The views stand at the vendor's head now. An anchor of the operator's feed alone
		// takes them back.
		alone := f.anchorOf("reg2", op.said[0], f.index("op"))
		a, err = f.desks["reg2"].cfg.Regulator.Submit(t.Context(), alone)
		f.must(err)
		if a.Outcome != ballot.Taken {
			t.Fatalf("the anchor is not before the regulators: %+v", a)
		}
		f.eventually("the true anchor is enacted", func() bool { return f.anchored() == past.Size() })
		if _, _, ok := f.desks["reg"].cfg.Ledger.Past().AnchoredHead(f.index("vendor")); ok {
			t.Error("the lie anchored something")
		}
	})
}

// anchorOf makes a true anchor of one head, proposed by a regulator that computed it.
func (f *federation) anchorOf(by string, r feed.Record, issuer uint32) []byte {
	f.Helper()
	d := f.desks[by]
	past := d.cfg.Ledger.Past()
	point := motion.AnchorPoint{Size: past.Size(), Day: taxonomy.DayOf(time.Now().Unix()), ListRoot: f.listOf(d, past.Size(), r)}
	heads := motion.AnchorHeads{Heads: []motion.AnchoredHead{{Issuer: issuer, Sequence: r.Tip.Sequence, Digest: merkle.Hash(r.Tip.CID.Hash()[2:])}}}
	b, err := heads.Encode()
	f.must(err)
	f.Now = time.Now().Unix()
	p := f.MotionBy(ballottest.VoteKey(by), motion.Anchor, [][]byte{point.Encode(), b}, func(h *motion.Header) { h.BuildsOn = past.Size() })
	v := f.Vote(p, by, func(v *motion.Vote) { v.Cast, v.Rule = motion.ByRule, motion.AnchorRule() })
	return ballot.ProposeCommand(&p.Signed, p.Items, &v)
}

// listOf returns the root of a list that was made of these records alone, at a size of the
// ledger.
func (f *federation) listOf(d *desk, size uint64, records ...feed.Record) merkle.Hash {
	f.Helper()
	genesis, err := charter.At(f.Genesis)
	f.must(err)
	f.mu.Lock()
	defer f.mu.Unlock()
	return anchorstest.Root(f, genesis, d.decided, size, records...)
}

// What waits for an anchor begins at the tick of the one that covers it, on every node: a
// contest is open from there on.
func TestAWaitBeginsWithItsAnchor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		for _, member := range []string{"vendor", "reg2"} {
			f.hear(f.voice(member).flag(mobile))
		}
		f.hear(f.voice("op").contest(mobile))
		contested := func() (labelled, open int) {
			for _, d := range f.desks {
				n, _ := number.Parse(mobile)
				e, _, _ := d.view.List().Lookup(n)
				if e.Action == taxonomy.Label {
					labelled++
				}
				if e.Contested {
					open++
				}
			}
			return labelled, open
		}
		time.Sleep(10 * time.Minute)
		if labelled, open := contested(); labelled != 4 || open != 0 {
			t.Fatalf("before an anchor %d of 4 lists label the number, and %d say that a contest is open", labelled, open)
		}
		_, err := f.desks["reg3"].ProposeMotion(t.Context(), api.Proposal{Kind: "anchor"})
		f.must(err)
		f.eventually("the contest is open everywhere", func() bool { _, open := contested(); return open == 4 })
	})
}

// A regulator whose list is another than everybody's votes for no anchor, and says that
// the ledger holds one that it came to another root of; the others do without it.
func TestARegulatorWhoseListIsWrongDoesNotVote(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		wrong := f.desks["reg4"]
		for _, member := range []string{"vendor", "reg2"} {
			f.hear(f.voice(member).flag(mobile))
		}
		said := f.voice("op").flag("+8613900139000")
		other := f.voice("op").flag(mobile)
		wrong.rot = map[cid.Cid][]byte{said.Tip.CID: other.Body}
		f.hear(said)
		made, err := f.desks["reg3"].ProposeMotion(t.Context(), api.Proposal{Kind: "anchor"})
		f.must(err)
		f.everywhere(made.Motion.ID, api.MotionEnacted)
		f.eventually("the one with the wrong list tells", func() bool { return strings.Contains(fmt.Sprint(wrong.Problems()), "the ledger holds the anchor") })
		for _, v := range wrong.history.Last(1)[0].Votes {
			if v.By == ballottest.VoteKey("reg4").Public() {
				t.Error("it voted for what it did not compute")
			}
		}
		for member, d := range f.desks {
			if d != wrong && strings.Contains(fmt.Sprint(d.Problems()), "anchor") {
				t.Errorf("%s: %v", member, d.Problems())
			}
		}
	})
}
