package view

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// chaos is a federation in which members and regulators do whatever they may.
type chaos struct {
	*world
	rnd     *rand.Rand
	refs    []taxonomy.Ref
	asked   []taxonomy.Ref // contests
	pubs    []assertion.PublicationID
	entries []uint64 // ratified
	tipsOf  map[string][]feed.Tip
	heads   map[string]int // anchored so far
	ended   map[string]bool
	at      int64

	forked map[string]bool
	rivals []cid.Cid // of branches that are not anchored
}

var (
	chaosMembers  = []string{"a", "b", "c", "mno", "mv", "g", "b2"} // b2 is b's second key
	chaosNumbers  = []string{"+8613800138000", "+8613800138001", "+8613800138002", "+8613800138003"}
	chaosSubjects = append([]string{"+86138001380*/13", "+861380013800*/13", "+8613800138*/13"}, chaosNumbers...)
	chaosWords    = []string{"mkt.retail", "mkt.hr", "crm.extortion", "har.silent", "unk.untyped", "id.courier", "ok.legitimate"}
)

func newChaos(t *testing.T, rnd *rand.Rand) *chaos {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		few(c)
		for i := range c.Cards {
			if card := &c.Cards[i]; card.ID == "b" {
				card.Issuers = append(card.Issuers, chartertest.Issuer("b2").Public())
			}
		}
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "mv", ""))
		c.Protected = append(c.Protected, chartertest.Range(t, "+8613800138003"))
	}, "a: vendor; trusted", "b: operator; group a", "c: operator", "mno: operator", "mv: mvno", "g: operator")
	return &chaos{
		world: w, rnd: rnd, pubs: []assertion.PublicationID{w.publication(), w.publication(), w.publication()},
		tipsOf: make(map[string][]feed.Tip), heads: make(map[string]int), ended: make(map[string]bool), at: at(-20),
		forked: make(map[string]bool),
	}
}

func pick[T any](c *chaos, from []T) T { return from[c.rnd.IntN(len(from))] }

// statement draws one for a member.
func (c *chaos) statement() assertion.Statement {
	t := c.t
	day := int((c.at - noon) / 86400)
	to := day - c.rnd.IntN(9)
	s := flagged(t, pick(c, chaosSubjects), pick(c, chaosWords), uint32(20+c.rnd.IntN(30)), to-c.rnd.IntN(9), to)
	s.Expires = at(to + 20 + c.rnd.IntN(80))
	switch kind := c.rnd.IntN(16); {
	case kind == 0 && len(c.refs) > 0:
		return retraction(t, assertion.TargetStatement, pick(c, c.refs).Bytes())
	case kind == 1 && len(c.refs) > 0:
		return retraction(t, assertion.TargetBatch, pick(c, c.refs).Batch.Bytes())
	case kind == 2:
		p := pick(c, c.pubs)
		return retraction(t, assertion.TargetPublication, p[:])
	case kind == 3:
		return reassigned(t, pick(c, chaosNumbers), day-c.rnd.IntN(5))
	case kind < 7:
		s = contested(t, pick(c, chaosSubjects))
		if c.rnd.IntN(2) == 0 && len(c.refs) > 0 {
			s = contested(t, pick(c, chaosNumbers), pick(c, c.refs))
		}
		s.Expires = at(day + lasting)
	case kind < 9 && len(c.asked) > 0:
		s = answered(t, pick(c, c.asked), c.rnd.IntN(3) > 0)
		s.Expires = at(day + lasting)
	case kind == 9:
		from, to := pick(c, chaosMembers[3:6]), pick(c, chaosMembers[3:6])
		return ported(t, chaosNumbers[0], from, to, day)
	}
	return s
}

func (c *chaos) speak(m string) {
	var say []assertion.Statement
	for range 1 + c.rnd.IntN(3) {
		say = append(say, c.statement())
	}
	if (m == "mno" || m == "g") && c.rnd.IntN(2) == 0 { // a port and its confirmation, close to each other
		say = append(say, ported(c.t, chaosNumbers[1], "mno", "g", -30))
	}
	for i := range say {
		if m == "b2" && string(say[i].Subject.Value) == "any" {
			say[i] = byMember("b", say[i])
		}
	}
	refs := c.say(m, c.at, pick(c, c.pubs), say...)
	c.refs = append(c.refs, refs...)
	for i := range say {
		if say[i].Kind == assertion.KindContest {
			c.asked = append(c.asked, refs[i])
		}
	}
	c.tipsOf[m] = append(c.tipsOf[m], c.tips[m])
}

// proposal draws heads above those that are anchored.
func (c *chaos) proposal(rnd *rand.Rand) (heads []motion.AnchoredHead) {
	for _, m := range chaosMembers {
		if left := len(c.tipsOf[m]) - c.heads[m]; left > 0 && rnd.IntN(2) == 0 {
			heads = append(heads, c.headAt(m, c.tipsOf[m][c.heads[m]+rnd.IntN(left)]))
		}
	}
	return heads
}

// fork lets a member sign a second story from anywhere on, also from below what is
// anchored. The ledger anchors the one or the other; the proof comes by gossip, by the
// ledger, or by both.
func (c *chaos) fork() {
	m := pick(c, chaosMembers)
	line := c.tipsOf[m]
	if len(line) < 2 || c.forked[m] || c.ended[m] {
		return
	}
	c.forked[m] = true
	from := c.rnd.IntN(len(line) - 1)
	c.tips[m] = line[from]
	first := len(c.records)
	for range 1 + c.rnd.IntN(4) {
		c.speak(m)
	}
	rival := slices.Clone(c.tipsOf[m][len(line):])
	common, lost := line[:from+1], line[from+1:]
	if from+1 >= c.heads[m] && c.rnd.IntN(2) == 0 { // the second story is the one that counts
		c.tipsOf[m] = slices.Concat(common, rival)
	} else {
		c.tipsOf[m], lost = line, rival
		c.tips[m] = line[len(line)-1]
	}
	for _, tip := range lost {
		c.rivals = append(c.rivals, tip.CID)
	}
	at := slices.IndexFunc(c.records, func(r feed.Record) bool {
		return r.Issuer == chartertest.Issuer(m).Public() && r.Tip.Sequence == c.records[first].Tip.Sequence
	})
	by := c.rnd.IntN(3)
	if by > 0 {
		c.book().note(c.proof(at, first))
	}
	if by < 2 {
		c.frozen = append(c.frozen, FeedEpoch{Issuer: chartertest.Issuer(m).Public()})
	}
}

// decide draws something that the ledger enacts.
func (c *chaos) decide() {
	b := c.book()
	switch c.rnd.IntN(14) {
	case 0:
		b.cast = pick(c, []motion.Cast{motion.ByHand, motion.ByRule})
		b.until = pick(c, []taxonomy.Day{taxonomy.NeverDay, taxonomy.DayOf(c.at) + 3})
		action := pick(c, []taxonomy.Action{taxonomy.Allow, taxonomy.Label, taxonomy.Block})
		c.entries = append(c.entries, b.ratify(ratification(c.t, pick(c, chaosSubjects), action, pick(c, chaosWords[:4]))))
		b.until = taxonomy.NeverDay
	case 1, 2:
		if len(c.entries) > 0 {
			b.reverse(pick(c, []motion.Kind{motion.Stay, motion.Revoke}), pick(c, c.entries))
		}
	case 3:
		p := *b.state.Policy()
		p.LabelPermille, p.ContestHours.Flag = uint16(100+c.rnd.IntN(500)), uint16(1+c.rnd.IntN(90))
		p.MaxFreeDigits.Flag = uint8(c.rnd.IntN(4))
		protected := [][]byte{chartertest.RangeBytes(chartertest.Range(c.t, pick(c, chaosNumbers)))}
		b.change(&article.PolicySetting{Policy: p, Taxonomy: b.state.Taxonomy(), Protected: protected})
	case 4:
		if !c.ended["c"] && len(c.tipsOf["c"]) > 0 && c.rnd.IntN(3) == 0 {
			c.ended["c"] = true
			b.change(c.issuerEnd("c", pick(c, []article.Manner{article.Leave, article.Expel}), chartertest.Key("issuer", "c2")))
		}
	case 5:
		if !c.ended["grant"] && c.rnd.IntN(3) == 0 {
			c.ended["grant"] = true
			whole := chartertest.RangeBytes(chartertest.Range(c.t, "+86138*/13"))
			b.change(&article.GrantEnd{Range: whole, Next: []charter.Grant{{Range: whole, Allocatee: "g"}}})
		}
	case 6, 7, 8, 9:
		c.anchorSome()
	default:
		if c.rnd.IntN(4) > 0 {
			b.tickBelow(max(b.size-uint64(c.rnd.IntN(2)), 1), c.at)
		} else {
			b.tick(c.at)
		}
	}
}

// anchorSome anchors some feeds somewhat further, at some size.
func (c *chaos) anchorSome() {
	b := c.book()
	var heads []motion.AnchoredHead
	for _, m := range chaosMembers {
		left := len(c.tipsOf[m]) - c.heads[m]
		if left == 0 || c.ended[m] || c.rnd.IntN(2) == 0 {
			continue
		}
		c.heads[m] += 1 + c.rnd.IntN(left)
		heads = append(heads, c.headAt(m, c.tipsOf[m][c.heads[m]-1]))
	}
	if len(heads) > 0 {
		b.anchorAt(b.size-uint64(c.rnd.IntN(3))*uint64(b.size/(b.size+3)), heads...)
	}
}

// explained writes what a view tells of the numbers. Of what a fork suspends each node has
// what it heard.
func (c *chaos) explained(v *View) string {
	var out strings.Builder
	for _, n := range chaosNumbers {
		for _, k := range v.List().Explain(num(c.t, n)).Keys {
			var told []string
			for _, one := range k.Told {
				if one.Reason != ReasonFrozen {
					w := one.Weighed
					if w.By >= 0 {
						w.By = 0 // the place of another among the rows, which stand as they came
					}
					told = append(told, fmt.Sprintf("  %s %s by %s: %s %s, retracted by %s, weighed %+v\n",
						one.Ref, one.Statement.Kind, one.Issuer.Short(), one.Status, one.Reason, one.RetractedBy, w))
				}
			}
			if len(told)+len(k.Ratified) == 0 {
				continue
			}
			slices.Sort(told)
			fmt.Fprintf(&out, "%s: %+v until %s, %+v\n  %+v\n%s", k.Key, k.Entry, k.Next, k.Result, k.Ratified, strings.Join(told, ""))
		}
	}
	return out.String()
}

// Whatever comes in whatever order, feeds, forks and pieces of the ledger, saved and
// loaded in between: the same ledger, feeds and forks give the same list. A replay from
// nothing gives it too.
func TestListWithALedgerIsTheSameInEveryOrderOfArrival(t *testing.T) {
	rebuilt, held, lapsed, forked := 0, 0, 0, 0
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		c := newChaos(t, rnd)
		c.book().tick(c.at)
		for range 60 {
			c.at += int64(rnd.IntN(8 * 3600))
			if rnd.IntN(20) == 0 {
				c.fork()
			}
			if rnd.IntN(2) == 0 {
				c.speak(pick(c, chaosMembers))
			} else {
				c.decide()
			}
		}
		c.book().tick(c.at)
		forked += len(c.rivals)
		want := c.viewOf(Config{State: c.state, Source: c.records, Day: today, Session: 1, Frozen: c.frozen})
		must(t, want.Enact(c.book().pieces...))
		alike := func(what string, got, want *View) {
			t.Helper()
			a, b := got.List().Counts(), want.List().Counts()
			a.Suspended, b.Suspended = 0, 0 // each has what it heard beyond the anchor
			if got.List().Stamp().Root != want.List().Stamp().Root || a != b {
				t.Fatalf("seed %d, %s: %+v, want %+v\n%s", seed, what, a, b, c.differ(got, want))
			}
			if a, b := c.explained(got), c.explained(want); a != b {
				t.Fatalf("seed %d, %s: explained otherwise\n%s", seed, what, differ(a, b))
			}
		}
		for round := range 6 {
			got := c.anyOrder(rand.New(rand.NewPCG(seed, uint64(100+round))), Config{Day: today})
			alike(fmt.Sprint("order ", round), got, want)
			if got.List().Stamp().Session != 9 {
				rebuilt++
			}
		}
		anchored := c.viewOf(Config{State: c.state, Source: c.records, Day: today, Session: 1, Anchored: true})
		must(t, anchored.Enact(c.book().pieces...))
		c.propose = c.proposal
		alike("at the anchored heads", c.anyOrder(rnd, Config{Day: today, Anchored: true}), anchored)
		all := c.records
		c.records = slices.DeleteFunc(slices.Clone(all), func(r feed.Record) bool { return slices.Contains(c.rivals, r.Tip.CID) })
		alike("without the other branches", c.anyOrder(rnd, Config{Day: today}), want)
		c.records = all
		for i := range want.List().Undo.All {
			if want.List().Undo.Hold(uint32(i)).Across != 0 || want.List().Undo.Hold(uint32(i)).Own != 0 {
				held++
			}
		}
		for _, n := range chaosNumbers {
			for _, k := range want.List().Explain(num(t, n)).Keys {
				for _, told := range k.Told {
					if told.Status == Lapsed {
						lapsed++
					}
				}
			}
		}
	}
	if rebuilt == 0 || held == 0 || lapsed == 0 || forked == 0 {
		t.Errorf("%d views judged anew, %d retractions held, %d statements lapsed, %d batches on branches that do not count: the test does not reach what it is for", rebuilt, held, lapsed, forked)
	}
}
