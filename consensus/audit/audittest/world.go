// Package audittest makes what a node holds, feeds, ledger and anchors, in a line each,
// for tests of whatever goes through it.
//
// It is for tests alone, beside package audit on floor 9.
package audittest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/ledger"
	"ringfence/store/memory"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// World is a federation with all that its members said and its regulators decided.
type World struct {
	*ballottest.Federation

	Records []feed.Record
	tips    map[string]feed.Tip
	salt    *rand.ChaCha8
	said    byte
}

// Begun founds a federation of so many regulators, whose ledger has its first tick. Its
// members "op" and "vendor" have feeds.
func Begun(t testing.TB, regulators int) *World {
	trusted := func(cfg *charter.FoundingConfig) {
		cfg.Cards = append(cfg.Cards, chartertest.Card(t, "late", "vendor"))
	}
	return &World{Federation: ballottest.Begun(t, regulators, trusted), tips: make(map[string]feed.Tip), salt: rand.NewChaCha8([32]byte{1})}
}

// Flag returns a flag of a number that was seen a day ago and lasts so many days.
func (w *World) Flag(number string, days int64) assertion.Statement {
	w.Helper()
	s := assertion.Statement{
		Version: assertion.EnvelopeVersion, Kind: assertion.KindFlag, BodyVersion: assertion.BodyVersion,
		ObservedFrom: w.Now - 86400, ObservedTo: w.Now, Effective: w.Now, Expires: w.Now + days*86400,
		Basis: assertion.Basis{Kind: assertion.BasisReports, Count: 80},
	}
	n, ok := chartertest.Range(w, number).Number()
	if !ok {
		w.Fatalf("%s is no number", number)
	}
	s.Subject = assertion.Subject{Kind: assertion.SubjectNumber, Value: binary.BigEndian.AppendUint64(nil, n.Uint64())}
	c, err := taxonomy.ParseCategory("crm.fraud.loan")
	if err == nil {
		err = s.SetBody(assertion.Flag{Category: c, Label: "fraud", Confidence: 950, Reports: 80})
	}
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// Retract returns a retraction of what a batch says.
func (w *World) Retract(member string, r feed.Record) assertion.Statement {
	w.Helper()
	s := assertion.Statement{
		Version: assertion.EnvelopeVersion, Kind: assertion.KindRetract, BodyVersion: assertion.BodyVersion,
		Subject:      assertion.Subject{Kind: assertion.SubjectMember, Value: []byte(member)},
		ObservedFrom: w.Now, ObservedTo: w.Now, Effective: w.Now, Expires: taxonomy.Never,
		Basis: assertion.Basis{Kind: assertion.BasisInvestigation},
	}
	if err := s.SetBody(assertion.Retract{Kind: assertion.TargetBatch, Target: r.Tip.CID.Bytes(), Reason: "mistake"}); err != nil {
		w.Fatal(err)
	}
	return s
}

// Say has a member say something now, in a batch that follows its last one; change comes
// before it is signed and may be nil.
func (w *World) Say(member string, change func(h *assertion.Header), statements ...assertion.Statement) feed.Record {
	w.Helper()
	w.said++
	b := assertion.NewBuilder(w.salt)
	for i := range statements {
		if ok, err := b.Add(assertion.PublicationID{w.said}, &statements[i]); err != nil || !ok {
			w.Fatalf("add statement %d: %v %v", i, ok, err)
		}
	}
	batch, err := b.Finish()
	if err != nil {
		w.Fatal(err)
	}
	key := chartertest.Issuer(member)
	h := assertion.Header{
		Federation: w.State.Constitution().Federation(), Issuer: key.Public(), Time: w.Now, Count: batch.Count, Root: batch.Root,
	}
	if tip, ok := w.tips[member]; ok {
		h.Sequence, h.Previous = tip.Sequence+1, tip.CID
	}
	if change != nil {
		change(&h)
	}
	encoded, err := h.Encode()
	if err != nil {
		w.Fatal(err)
	}
	signed, err := assertion.Sign(encoded, key)
	if err != nil {
		w.Fatal(err)
	}
	r := feed.Record{
		Issuer: h.Issuer, Tip: feed.Tip{Epoch: h.Epoch, Sequence: h.Sequence, CID: assertion.CID(encoded), Time: h.Time},
		Header: signed, Body: batch.Body,
	}
	w.tips[member] = r.Tip
	w.Records = append(w.Records, r)
	return r
}

// Enact carries a motion, with its tick, and returns the index of its entry.
func (w *World) Enact(kind motion.Kind, items [][]byte) uint64 {
	w.Helper()
	at := w.Carry(w.Motion(kind, items, nil))
	w.Tick()
	return at
}

// Change carries a change of the regulators and settles it with a checkpoint of the
// ledger as it is then, cosigned by members.
func (w *World) Change(p ballottest.Proposal, members ...string) {
	w.Helper()
	w.Carry(p)
	w.State.Carried(w.Seats())
	tree, _ := w.grow(w.entries())
	if r := w.Apply(ballot.SettleCommand(w.Note(tree.Head(), members...).Bytes())); r.Outcome != ballot.Entered {
		w.Fatalf("settle: %s %v", r.Outcome, r.Refusal)
	}
	w.Tick()
}

// Anchor anchors what members have said so far, and the list that follows from it, and
// returns the index of the motion. Change comes before it is proposed and may be nil.
func (w *World) Anchor(change func(*motion.AnchorPoint), members ...string) uint64 {
	w.Helper()
	heads := w.heads(members)
	v, err := view.New(view.Config{State: w.at(), Source: w.feeds(), Day: taxonomy.DayOf(w.Now), Session: 9, Anchored: true})
	if err == nil {
		err = v.Enact(w.pieces()...)
	}
	if err != nil {
		w.Fatal(err)
	}
	root, err := v.BringTo(heads)
	if err != nil {
		w.Fatal(err)
	}
	now, _ := w.State.Past().TimeAt(w.State.Size())
	point := motion.AnchorPoint{Size: w.State.Size(), Day: taxonomy.DayOf(now), ListRoot: root}
	if change != nil {
		change(&point)
	}
	items := [][]byte{point.Encode()}
	if len(heads) > 0 {
		b, err := (&motion.AnchorHeads{Heads: heads}).Encode()
		if err != nil {
			w.Fatal(err)
		}
		items = append(items, b)
	}
	return w.Enact(motion.Anchor, items)
}

// Reinstate opens a new epoch for a member, which goes on from what it said last.
func (w *World) Reinstate(member string) uint64 {
	w.Helper()
	heads := w.heads([]string{member})
	a := &article.Reinstatement{Issuer: chartertest.Issuer(member).Public(), Epoch: heads[0].Epoch + 1, Base: heads}
	return w.Enact(motion.Reinstate, w.Article(a))
}

// heads is how far members have got, in the order of the roster.
func (w *World) heads(members []string) (heads []motion.AnchoredHead) {
	w.Helper()
	state := w.State.Constitution()
	for i := range state.Admitted() {
		record, _ := state.RecordAt(i)
		for _, m := range members {
			if record.Key != chartertest.Issuer(m).Public() {
				continue
			}
			h := motion.AnchoredHead{Issuer: i, Epoch: w.tips[m].Epoch, Sequence: w.tips[m].Sequence}
			hash := w.tips[m].CID.Hash()
			copy(h.Digest[:], hash[len(hash)-len(h.Digest):])
			heads = append(heads, h)
		}
	}
	return heads
}

func (w *World) at() *charter.State {
	state, err := charter.At(w.Genesis)
	if err != nil {
		w.Fatal(err)
	}
	return state
}

// pieces is the ledger decision by decision.
func (w *World) pieces() (pieces []charter.Enacted) {
	past, _, err := enact.Begin(w.Genesis)
	if err != nil {
		w.Fatal(err)
	}
	for at := 0; at < len(w.Entries); {
		d, err := past.Enter(w.Entries[at:])
		if err != nil {
			w.Fatal(err)
		}
		pieces, at = append(pieces, d), int(d.Size)-1
	}
	return pieces
}

// feeds is a store of what was said.
func (w *World) feeds() *memory.Store {
	s := memory.New()
	if err := s.Append(w.Records); err != nil {
		w.Fatal(err)
	}
	return s
}

// entries is the whole ledger.
func (w *World) entries() []ledger.Entry { return append([]ledger.Entry{w.First}, w.Entries...) }

func (w *World) grow(entries []ledger.Entry) (ledger.Tree, []ledger.Addition) {
	tree, additions, err := ledger.Tree{}.Append(entries)
	if err != nil {
		w.Fatal(err)
	}
	return tree, additions
}

// Note is a checkpoint of a tree, cosigned by members.
func (w *World) Note(tree checkpoint.Tree, members ...string) checkpoint.Note {
	w.Helper()
	c := checkpoint.Checkpoint{Origin: checkpoint.Origin(w.State.Constitution().Federation()), Tree: tree}
	n, err := checkpoint.Sign(c, chartertest.Key("log", ""))
	for _, m := range members {
		key := chartertest.Key("cosign", m)
		if err == nil {
			n, err = n.With(checkpoint.Cosigner(m+".example/cosign", key.Public()), c.Cosign(key, w.Now))
		}
	}
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// Keep writes all of it into a store in dir, with a checkpoint that members cosigned, a
// quorum if none is named. Change may alter the entries before the tree is grown over
// them; nil leaves them.
func (w *World) Keep(dir string, change func([]ledger.Entry), members ...string) *disk.Store {
	w.Helper()
	if len(members) == 0 {
		members = w.Quorum()
	}
	s, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		w.Fatal(err)
	}
	entries := w.entries()
	if change != nil {
		change(entries)
	}
	tree, additions := w.grow(entries)
	err = s.Append(w.Records)
	if err == nil {
		err = s.Ledger().Write(additions)
	}
	if err == nil {
		err = s.Ledger().Keep(w.Note(tree.Head(), members...))
	}
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// Number returns one of a hundred million numbers.
func Number(i int) string { return fmt.Sprintf("+86138%08d", i) }
