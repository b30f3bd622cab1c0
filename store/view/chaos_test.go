package view

import (
	"math/rand/v2"
	"testing"

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
}

var (
	chaosMembers  = []string{"a", "b", "c", "mno", "mv", "g"}
	chaosNumbers  = []string{"+8613800138000", "+8613800138001", "+8613800138002", "+8613800138003"}
	chaosSubjects = append([]string{"+86138001380*/13", "+861380013800*/13", "+8613800138*/13"}, chaosNumbers...)
	chaosWords    = []string{"mkt.retail", "mkt.hr", "crm.extortion", "har.silent", "unk.untyped", "id.courier", "ok.legitimate"}
)

func newChaos(t *testing.T, rnd *rand.Rand) *chaos {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		few(c)
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "mv", ""))
		c.Protected = append(c.Protected, chartertest.Range(t, "+8613800138003"))
	}, "a: vendor; trusted", "b: operator; group a", "c: operator", "mno: operator", "mv: mvno", "g: operator")
	return &chaos{
		world: w, rnd: rnd, pubs: []assertion.PublicationID{w.publication(), w.publication(), w.publication()},
		tipsOf: make(map[string][]feed.Tip), heads: make(map[string]int), ended: make(map[string]bool), at: at(-20),
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
		from, to := pick(c, chaosMembers[3:]), pick(c, chaosMembers[3:])
		return ported(t, chaosNumbers[0], from, to, day)
	}
	return s
}

func (c *chaos) speak() {
	m := pick(c, chaosMembers)
	var say []assertion.Statement
	for range 1 + c.rnd.IntN(3) {
		say = append(say, c.statement())
	}
	if c.rnd.IntN(4) == 0 { // a port and its confirmation, close to each other
		say = append(say, ported(c.t, chaosNumbers[1], "mno", "g", -30))
		m = pick(c, []string{"mno", "g"})
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

// Whatever comes in whatever order, feeds, forks and pieces of the ledger, saved and
// loaded in between: the same ledger, feeds and forks give the same list. A replay from
// nothing gives it too.
func TestListWithALedgerIsTheSameInEveryOrderOfArrival(t *testing.T) {
	rebuilt, held, lapsed := 0, 0, 0
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		c := newChaos(t, rnd)
		c.book().tick(c.at)
		for range 60 {
			c.at += int64(rnd.IntN(8 * 3600))
			if rnd.IntN(2) == 0 {
				c.speak()
			} else {
				c.decide()
			}
		}
		if rnd.IntN(2) == 0 {
			c.frozen = []FeedEpoch{{Issuer: chartertest.Issuer(pick(c, chaosMembers)).Public()}}
		}
		c.book().tick(c.at)
		want := c.viewOf(Config{State: c.state, Source: c.records, Day: today, Session: 1, Frozen: c.frozen})
		must(t, want.Enact(c.book().pieces...))
		for round := range 6 {
			got := c.anyOrder(rand.New(rand.NewPCG(seed, uint64(100+round))), Config{Day: today})
			if got.List().Stamp().Root != want.List().Stamp().Root || got.List().Counts() != want.List().Counts() {
				t.Fatalf("seed %d, order %d: %+v, want %+v\n%s", seed, round, got.List().Counts(), want.List().Counts(), c.differ(got, want))
			}
			if got.List().Stamp().Session != 9 {
				rebuilt++
			}
		}
		anchored := c.viewOf(Config{State: c.state, Source: c.records, Day: today, Session: 1, Anchored: true})
		must(t, anchored.Enact(c.book().pieces...))
		got := c.anyOrder(rnd, Config{Day: today, Anchored: true})
		if got.List().Stamp().Root != anchored.List().Stamp().Root {
			t.Fatalf("seed %d, at the anchored heads: %+v, want %+v\n%s", seed, got.List().Counts(), anchored.List().Counts(), c.differ(got, anchored))
		}
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
	if rebuilt == 0 || held == 0 || lapsed == 0 {
		t.Errorf("%d views judged anew, %d retractions held, %d statements lapsed: the test does not reach what it is for", rebuilt, held, lapsed)
	}
}
