package answer_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/node/answer"
	"ringfence/node/locale"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// today is the list's day in these tests: 2026-11-24.
const today taxonomy.Day = 20781

var noon = today.Start() + 43200

// world is a federation of a trusted list and two desks, in which each member
// said what a test lets it say.
type world struct {
	t       testing.TB
	state   *charter.State
	records records
	tips    map[string]feed.Tip
	salt    *rand.ChaCha8
}

func newWorld(t testing.TB) *world {
	t.Helper()
	found := chartertest.Config(t, "list: vendor; trusted", "west: vendor", "south: vendor", "tel: operator")
	found.Protected = append(found.Protected, chartertest.Range(t, "+86!12321"))
	return &world{t: t, state: chartertest.State(t, found), tips: make(map[string]feed.Tip), salt: rand.NewChaCha8([32]byte{1})}
}

// records is a view.Source in memory.
type records []feed.Record

func (r records) Batch(c cid.Cid) (feed.Record, bool, error) {
	for i := range r {
		if r[i].Tip.CID == c {
			return r[i], true, nil
		}
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

// say signs one statement and returns its reference.
func (w *world) say(member string, s assertion.Statement) taxonomy.Ref {
	w.t.Helper()
	b := assertion.NewBuilder(w.salt)
	if ok, err := b.Add(assertion.PublicationID{byte(len(w.records) + 1)}, &s); err != nil || !ok {
		w.t.Fatal(ok, err)
	}
	batch, err := b.Finish()
	must(w.t, err)
	issuer := chartertest.Issuer(member)
	h := assertion.Header{Federation: w.state.Federation(), Issuer: issuer.Public(), Time: noon, Count: batch.Count, Root: batch.Root}
	if tip, ok := w.tips[member]; ok {
		h.Sequence, h.Previous = tip.Sequence+1, tip.CID
	}
	encoded, err := h.Encode()
	must(w.t, err)
	tip := feed.Tip{Sequence: h.Sequence, CID: assertion.CID(encoded), Time: noon}
	w.tips[member] = tip
	signed, err := assertion.Sign(encoded, issuer)
	must(w.t, err)
	w.records = append(w.records, feed.Record{Issuer: h.Issuer, Tip: tip, Header: signed, Body: batch.Body})
	return taxonomy.Ref{Batch: tip.CID}
}

// flag lets a member flag a number or a range with ten reports of today.
func (w *world) flag(member, subject, category, label string) taxonomy.Ref {
	w.t.Helper()
	c, err := taxonomy.ParseCategory(category)
	must(w.t, err)
	s := about(w.t, subject)
	s.Basis = assertion.Basis{Kind: assertion.BasisReports, Count: 10}
	must(w.t, s.SetBody(assertion.Flag{Category: c, Label: label, Confidence: 714, Reports: 10}))
	return w.say(member, s)
}

func about(t testing.TB, subject string) assertion.Statement {
	t.Helper()
	r := chartertest.Range(t, subject)
	b := r.Bytes()
	s := assertion.Statement{
		Subject:      assertion.Subject{Kind: assertion.SubjectRange, Value: b[:]},
		ObservedFrom: noon, ObservedTo: noon, Effective: noon, Expires: noon + 90*86400,
	}
	if n, ok := r.Number(); ok {
		s.Subject = assertion.Subject{Kind: assertion.SubjectNumber, Value: binary.BigEndian.AppendUint64(nil, n.Uint64())}
	}
	return s
}

func (w *world) retract(member string, ref taxonomy.Ref) taxonomy.Ref {
	w.t.Helper()
	s := assertion.Statement{
		Subject:      assertion.Subject{Kind: assertion.SubjectStatement, Value: ref.Bytes()},
		ObservedFrom: noon, ObservedTo: noon, Effective: noon, Expires: taxonomy.Never,
		Basis: assertion.Basis{Kind: assertion.BasisInvestigation},
	}
	must(w.t, s.SetBody(assertion.Retract{Kind: assertion.TargetStatement, Target: ref.Bytes(), Reason: "mistake"}))
	return w.say(member, s)
}

func (w *world) list() *view.List {
	w.t.Helper()
	v, err := view.New(view.Config{State: w.state, Source: w.records, Day: today, Session: 255})
	must(w.t, err)
	_, err = v.Follow()
	must(w.t, err)
	return v.List()
}

func book(t testing.TB) *answer.Book {
	t.Helper()
	set, err := plan.Shipped()
	must(t, err)
	return &answer.Book{Home: number.China, Plans: set, Texts: locale.New()}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
