package marks_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/node/api"
	"ringfence/node/council/marks"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

const today taxonomy.Day = 20781

var noon = today.Start() + 43200

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// records is a view.Source in memory.
type records []feed.Record

func (r records) Batch(c cid.Cid) (feed.Record, bool, error) {
	if i := slices.IndexFunc(r, func(r feed.Record) bool { return r.Tip.CID == c }); i >= 0 {
		return r[i], true, nil
	}
	return feed.Record{}, false, nil
}

func (r records) Since(cursor uint64, fn func(uint64, feed.Record) error) error {
	for i := cursor; i < uint64(len(r)); i++ {
		if err := fn(i+1, r[i]); err != nil {
			return err
		}
	}
	return nil
}

// said is what one member says in one batch.
func said(t testing.TB, state *charter.State, member string, statements ...assertion.Statement) feed.Record {
	t.Helper()
	b := assertion.NewBuilder(rand.NewChaCha8([32]byte{1}))
	for i := range statements {
		if ok, err := b.Add(assertion.PublicationID{1}, &statements[i]); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	batch, err := b.Finish()
	must(t, err)
	issuer := chartertest.Issuer(member)
	h := assertion.Header{Federation: state.Federation(), Issuer: issuer.Public(), Time: noon, Count: batch.Count, Root: batch.Root}
	encoded, err := h.Encode()
	must(t, err)
	signed, err := assertion.Sign(encoded, issuer)
	must(t, err)
	return feed.Record{Issuer: h.Issuer, Tip: feed.Tip{CID: assertion.CID(encoded), Time: noon}, Header: signed, Body: batch.Body}
}

func about(t testing.TB, subject string, body assertion.Body) assertion.Statement {
	t.Helper()
	r := chartertest.Range(t, subject)
	b := r.Bytes()
	s := assertion.Statement{
		Subject:      assertion.Subject{Kind: assertion.SubjectRange, Value: b[:]},
		ObservedFrom: noon, ObservedTo: noon, Effective: noon, Expires: noon + 90*86400,
		Basis: assertion.Basis{Kind: assertion.BasisInvestigation},
	}
	if n, ok := r.Number(); ok {
		s.Subject = assertion.Subject{Kind: assertion.SubjectNumber, Value: binary.BigEndian.AppendUint64(nil, n.Uint64())}
	}
	if _, ok := body.(assertion.Reassign); ok {
		s.Expires = noon + 4000*86400
	}
	must(t, s.SetBody(body))
	return s
}

func flag(t testing.TB, subject, category string) assertion.Statement {
	t.Helper()
	c, err := taxonomy.ParseCategory(category)
	must(t, err)
	s := about(t, subject, assertion.Flag{Category: c, Label: category, Confidence: 800, Reports: 16})
	s.Basis = assertion.Basis{Kind: assertion.BasisReports, Count: 16}
	return s
}

func ratification(t testing.TB, subject string) motion.Ratification {
	t.Helper()
	c, err := taxonomy.ParseCategory("mkt.retail")
	must(t, err)
	return motion.Ratification{Subject: chartertest.Range(t, subject), Action: taxonomy.Label, Category: c, Grounds: motion.GroundsOther}
}

// enact has the ledger ratify an entry on a number.
func enact(t testing.TB, state *charter.State, subject string) charter.Enacted {
	t.Helper()
	r := ratification(t, subject)
	item, err := r.Encode()
	must(t, err)
	openings := []motion.Opening{{Item: item}}
	by := chartertest.Key("vote", "reg")
	h := motion.Header{Federation: state.Federation(), Kind: motion.Ratify, Proposer: by.Public(), Time: noon, Expires: noon + 86400, Until: taxonomy.NeverDay}
	_, err = h.Commit(openings)
	must(t, err)
	signed, err := motion.Sign(h, by)
	must(t, err)
	e := charter.Enacted{
		First: state.Size(), Size: state.Size() + 2, Items: openings,
		Motion: &motion.MotionEntry{Motion: signed, Votes: []motion.Vote{{Motion: signed.ID, By: by.Public(), For: true, Cast: motion.ByHand}}},
	}
	e.State, err = state.Enact(signed, e.First, openings)
	must(t, err)
	return e
}

// list is a list on which, inside +86138001380*/13, two numbers and a range are protected,
// one is contested, one was reassigned and one is ratified; and as much outside of it.
func list(t testing.TB) *view.List {
	t.Helper()
	cfg := chartertest.Config(t, "a: vendor; trusted", "b: vendor; trusted", "mno: operator")
	cfg.Grants = append(cfg.Grants, chartertest.Grant(t, "+8613*/13", "mno", "", ""))
	for _, r := range []string{"+8613800138011", "+861380013802*/13", "+8613900138011"} {
		cfg.Protected = append(cfg.Protected, chartertest.Range(t, r))
	}
	state := chartertest.State(t, cfg)
	var a, b, mno []assertion.Statement
	for _, prefix := range []string{"+86138001380", "+86139001380"} {
		a = append(a, flag(t, prefix+"31", "mkt.retail"), flag(t, prefix+"32", "mkt.retail"))
		b = append(b, flag(t, prefix+"31", "id.courier"))
		mno = append(mno, about(t, prefix+"41", assertion.Reassign{Date: noon - 86400}))
	}
	source := records{said(t, state, "a", a...), said(t, state, "b", b...), said(t, state, "mno", mno...)}
	v, err := view.New(view.Config{State: state, Source: source, Day: today, Session: 1})
	must(t, err)
	_, err = v.Follow()
	must(t, err)
	for _, n := range []string{"+8613800138051", "+8613900138051"} {
		must(t, v.Enact(enact(t, v.List().State(), n)))
	}
	return v.List()
}

// Whoever ratifies a range is told what is inside it, which the range's own key does not
// say: each number and each narrower range once, but for those that are entries
// themselves.
func TestWhatIsInsideARangeIsTold(t *testing.T) {
	l := list(t)
	for _, c := range []struct {
		entries []string
		own, in api.MarkCounts
		named   string
	}{
		{[]string{"+8613800138031"}, api.MarkCounts{Contested: 1}, api.MarkCounts{}, "[] [+8613800138031] [] []"},
		{[]string{"+861380013801*/13"}, api.MarkCounts{}, api.MarkCounts{Protected: 1}, "[+8613800138011] [] [] []"},
		{[]string{"+861380013802*/13"}, api.MarkCounts{Protected: 1}, api.MarkCounts{}, "[+861380013802*/13] [] [] []"},
		{
			[]string{"+86138001380*/13"},
			api.MarkCounts{}, api.MarkCounts{Protected: 2, Contested: 1, Reassigned: 1, Ratified: 1},
			"[+8613800138011 +861380013802*/13] [+8613800138031] [+8613800138041] [+8613800138051]",
		},
		{
			[]string{"+86138001380*/13", "+861380013803*/13", "+8613800138041", "+86138*/13"},
			api.MarkCounts{Reassigned: 1}, api.MarkCounts{Protected: 2, Contested: 1, Ratified: 1},
			"[+8613800138011 +861380013802*/13] [+8613800138031] [+8613800138041] [+8613800138051]",
		},
		{
			[]string{"+86138001*"},
			api.MarkCounts{}, api.MarkCounts{Protected: 2, Contested: 1, Reassigned: 1, Ratified: 1},
			"[+8613800138011 +861380013802*/13] [+8613800138031] [+8613800138041] [+8613800138051]",
		},
	} {
		var e api.MotionEffect
		sum := marks.NewSum(&e, l)
		for _, subject := range c.entries {
			r := ratification(t, subject)
			sum.Add(&r)
		}
		sum.Inside()
		if named := fmt.Sprint(e.Protected, e.Contested, e.Reassigned, e.Ratified); e.Counts != c.own || e.Inside != c.in || named != c.named {
			t.Errorf("%v:\nown %+v, want %+v\ninside %+v, want %+v\n%s, want\n%s", c.entries, e.Counts, c.own, e.Inside, c.in, named, c.named)
		}
	}
}
