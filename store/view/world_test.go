package view

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// today is the list's day in these tests, and noon its noon.
const today taxonomy.Day = 20700

var noon = today.Start() + 43200

// at returns noon of a day so many days from today.
func at(days int) int64 { return noon + int64(days)*86400 }

// world is a federation that speaks: each member has one feed, and records
// come in the order in which they were said unless a test shuffles them.
type world struct {
	t       testing.TB
	state   *charter.State
	records records
	tips    map[string]feed.Tip
	salt    *rand.ChaCha8
	pubs    byte
	ledger  *book
	frozen  []FeedEpoch
	propose func(*rand.Rand) []motion.AnchoredHead // heads that come to nothing
}

func newWorld(t testing.TB, change func(*charter.FoundingConfig), members ...string) *world {
	t.Helper()
	cfg := chartertest.Config(t, members...)
	if change != nil {
		change(&cfg)
	}
	return &world{
		t: t, state: chartertest.State(t, cfg),
		tips: make(map[string]feed.Tip), salt: rand.NewChaCha8([32]byte{1}),
	}
}

// records is a Source in memory.
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

// publication returns an ID not used before.
func (w *world) publication() assertion.PublicationID {
	w.pubs++
	return assertion.PublicationID{w.pubs}
}

// say signs a batch of a member at a time, under one publication, and returns
// the references of its statements.
func (w *world) say(member string, time int64, pub assertion.PublicationID, statements ...assertion.Statement) []taxonomy.Ref {
	w.t.Helper()
	b := assertion.NewBuilder(w.salt)
	for i := range statements {
		if string(statements[i].Subject.Value) == "any" {
			statements[i].Subject.Value = []byte(member)
		}
		if ok, err := b.Add(pub, &statements[i]); err != nil || !ok {
			w.t.Fatalf("add statement %d: %v %v", i, ok, err)
		}
	}
	batch, err := b.Finish()
	if err != nil {
		w.t.Fatal(err)
	}
	issuer := chartertest.Issuer(member)
	h := assertion.Header{
		Federation: w.state.Federation(), Issuer: issuer.Public(), Time: time,
		Count: batch.Count, Root: batch.Root,
	}
	if tip, ok := w.tips[member]; ok {
		h.Sequence, h.Previous = tip.Sequence+1, tip.CID
	}
	encoded, err := h.Encode()
	if err != nil {
		w.t.Fatal(err)
	}
	tip := feed.Tip{Sequence: h.Sequence, CID: assertion.CID(encoded), Time: time}
	w.tips[member] = tip
	signed, err := assertion.Sign(encoded, issuer)
	if err != nil {
		w.t.Fatal(err)
	}
	w.records = append(w.records, feed.Record{Issuer: h.Issuer, Tip: tip, Header: signed, Body: batch.Body})
	var refs []taxonomy.Ref
	for i := range statements {
		refs = append(refs, taxonomy.Ref{Batch: tip.CID, Index: uint16(i)})
	}
	return refs
}

// view follows all records from nothing, to a day.
func (w *world) view(day taxonomy.Day) *View {
	w.t.Helper()
	return w.viewOf(Config{State: w.state, Source: &w.records, Day: day, Session: 1})
}

func (w *world) viewOf(cfg Config) *View {
	w.t.Helper()
	v, err := New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := v.Follow(); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// entry looks a number up in a fresh view.
func (w *world) entry(day taxonomy.Day, text string) taxonomy.Entry {
	w.t.Helper()
	e, _, _ := w.view(day).List().Lookup(num(w.t, text))
	return e
}

// only returns what became of the only statement about a number.
func (w *world) only(day taxonomy.Day, text string) Told {
	w.t.Helper()
	x := w.view(day).List().Explain(num(w.t, text))
	if len(x.Keys) != 1 || len(x.Keys[0].Told) != 1 {
		w.t.Fatalf("%d keys explained, want one with one statement", len(x.Keys))
	}
	return x.Keys[0].Told[0]
}

func num(t testing.TB, text string) number.Number {
	t.Helper()
	n, err := number.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// flagged returns a flag with so many reports, seen from and to days.
func flagged(t testing.TB, subject, category string, reports uint32, from, to int) assertion.Statement {
	t.Helper()
	c, err := taxonomy.ParseCategory(category)
	if err != nil {
		t.Fatal(err)
	}
	confidence := uint16(1000 * uint64(reports) / (uint64(reports) + 4))
	s := about(t, subject, assertion.KindFlag)
	s.ObservedFrom, s.ObservedTo, s.Effective, s.Expires = at(from), at(to), at(to), at(to+90)
	s.Basis = assertion.Basis{Kind: assertion.BasisReports, Count: reports}
	must(t, s.SetBody(assertion.Flag{Category: c, Label: category, Confidence: confidence, Reports: reports}))
	return s
}

func about(t testing.TB, subject string, kind assertion.Kind) assertion.Statement {
	t.Helper()
	r := chartertest.Range(t, subject)
	s := assertion.Statement{
		Version: assertion.EnvelopeVersion, Kind: kind, BodyVersion: assertion.BodyVersion,
		ObservedFrom: noon, ObservedTo: noon, Effective: noon, Expires: at(30),
		Basis: assertion.Basis{Kind: assertion.BasisInvestigation},
	}
	if n, ok := r.Number(); ok {
		s.Subject = assertion.Subject{Kind: assertion.SubjectNumber, Value: binary.BigEndian.AppendUint64(nil, n.Uint64())}
	} else {
		b := r.Bytes()
		s.Subject = assertion.Subject{Kind: assertion.SubjectRange, Value: b[:]}
	}
	return s
}

func retraction(t testing.TB, kind assertion.TargetKind, target []byte) assertion.Statement {
	t.Helper()
	s := assertion.Statement{
		Version: assertion.EnvelopeVersion, Kind: assertion.KindRetract, BodyVersion: assertion.BodyVersion,
		Subject:      assertion.Subject{Kind: assertion.SubjectMember, Value: []byte("any")},
		ObservedFrom: noon, ObservedTo: noon, Effective: noon, Expires: taxonomy.Never,
		Basis: assertion.Basis{Kind: assertion.BasisInvestigation},
	}
	if kind == assertion.TargetStatement {
		s.Subject = assertion.Subject{Kind: assertion.SubjectStatement, Value: target}
	}
	must(t, s.SetBody(assertion.Retract{Kind: kind, Target: target, Reason: "mistake"}))
	return s
}

// byMember returns a statement whose subject is a member.
func byMember(member string, s assertion.Statement) assertion.Statement {
	s.Subject.Value = []byte(member)
	return s
}

func reassigned(t testing.TB, subject string, days int) assertion.Statement {
	t.Helper()
	s := about(t, subject, assertion.KindReassign)
	s.Expires = at(4000)
	must(t, s.SetBody(assertion.Reassign{Date: at(days)}))
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// digest sums up a list's entries, for messages.
func digest(l *List) []byte {
	h := sha256.New()
	for key, e := range l.All() {
		k, v := key.Bytes(), e.Bytes()
		h.Write(append(k[:], v[:]...))
	}
	return h.Sum(nil)
}

// sameList fails unless both lists have the same root and the same entries.
func sameList(t testing.TB, what string, a, b *List) {
	t.Helper()
	if a.Stamp().Root != b.Stamp().Root || !bytes.Equal(digest(a), digest(b)) {
		t.Fatalf("%s: list roots %s and %s differ (%d and %d entries)", what, a.Stamp().Root, b.Stamp().Root, a.Counts().Entries, b.Counts().Entries)
	}
}
