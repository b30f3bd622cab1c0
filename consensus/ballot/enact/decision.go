package enact

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/heads"
	"ringfence/store/feed"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// ErrIncomplete is what Enter returns when more entries belong to the first one than
// were given.
var ErrIncomplete = errors.New("enact: the items of the motion are not all there")

// Matter is a motion with its items, read: what is judged. Every signature in it was
// verified.
type Matter struct {
	motion.Signed
	Items []motion.Opening // one an item; without bytes where it was erased

	commitments []merkle.Hash // to the items
	contents
}

// contents is what the items of a motion say, by its kind. Items that were erased say
// nothing.
type contents struct {
	rulings  []ruling              // Ratify
	reversed []uint64              // Revoke, Stay
	point    motion.AnchorPoint    // Anchor
	heads    []motion.AnchoredHead // of every kind that names some
	forks    []feed.ForkProof      // NoteFork
	articles []article.Item        // what changes the constitution
}

// ruling is what decides of a ratification whether it may be.
type ruling struct {
	subject  number.Range
	action   taxonomy.Action
	category taxonomy.Category
}

// erasable reports whether items of a kind may be erased once they are dead: see IsAlive.
func erasable(k motion.Kind) bool {
	return k == motion.Ratify || k == motion.Revoke || k == motion.Stay
}

// read reads what the items say and verifies what is signed in them.
func (m *Matter) read() (r *Refusal) {
	switch m.Kind {
	case motion.Ratify:
		m.rulings, r = each(m.Items, func(item []byte) (ruling, error) {
			one, err := motion.DecodeRatification(item)
			return ruling{one.Subject, one.Action, one.Category}, err
		})
	case motion.Revoke, motion.Stay:
		m.reversed, r = each(m.Items, func(item []byte) (uint64, error) {
			one, err := motion.DecodeReversal(item)
			return one.Index, err
		})
	case motion.NoteFork:
		if m.forks, r = each(m.Items, feed.ParseForkProof); r != nil && r.Code != Newer {
			r.Code = BadFork
		}
	case motion.Anchor:
		return m.readAnchor()
	default:
		var err error
		if m.articles, err = article.Open(m.Federation, m.Kind, m.Items); err != nil {
			return Because(BadItems, err)
		}
		m.heads = article.Heads(m.articles)
	}
	return r
}

func (m *Matter) readAnchor() *Refusal {
	point, err := motion.DecodeAnchorPoint(m.Items[0].Item)
	if err != nil {
		return Because(BadItems, err)
	}
	m.point = point
	if m.heads, err = heads.Anchored(m.Items); err != nil {
		return Because(BadItems, err)
	}
	for i := 1; i < len(m.heads); i++ {
		if m.heads[i-1].Issuer >= m.heads[i].Issuer {
			return Refuse(Unordered, "the anchor's heads are not one an issuer, in the order of the roster, at head %d", i)
		}
	}
	return nil
}

// each reads the items that were not erased.
func each[T any](items []motion.Opening, read func([]byte) (T, error)) ([]T, *Refusal) {
	all := make([]T, 0, len(items))
	for i := range items {
		if len(items[i].Item) == 0 {
			continue
		}
		one, err := read(items[i].Item)
		if err != nil {
			r := Because(BadItems, err)
			r.Words = item(i) + r.Words
			return nil, r
		}
		all = append(all, one)
	}
	return all, nil
}

// OpenMatter reads a signed motion and all its openings. The items are parts of the
// openings, which must not change.
func OpenMatter(federation cid.Cid, signed []byte, openings [][]byte) (*Matter, *Refusal) {
	s, err := motion.Open(signed, federation)
	if err != nil {
		return nil, Because(BadMotion, err)
	}
	m := &Matter{Signed: s, Items: make([]motion.Opening, len(openings))}
	for i, o := range openings {
		if m.Items[i], err = motion.OpenOpening(o); err != nil {
			return nil, Because(BadItems, err)
		}
	}
	if m.commitments, err = m.Holds(m.Items); err != nil {
		return nil, Because(BadItems, err)
	}
	return m, m.read()
}

// OpeningError is what Enter returns when what lies beside an entry is not the opening
// that it commits to. No hash of the ledger covers openings, so nothing follows from it
// but that whoever gave it has none, or lies.
type OpeningError struct {
	At  int // place of the entry among those that were given
	Why error
}

// Error says which, and why.
func (e *OpeningError) Error() string { return fmt.Sprintf("enact: opening %d: %v", e.At, e.Why) }

// Unwrap returns why.
func (e *OpeningError) Unwrap() error { return e.Why }

// openingHeads is how many bytes more than salt and item an opening has, at most.
const openingHeads = 16

// commitmentsOf returns those that entries hold of items of a motion, and refuses what no
// such entry has beside it: whoever reads a ledger from anybody holds it all until the
// motion is complete.
func commitmentsOf(s *motion.Signed, entries []ledger.Entry) ([]merkle.Hash, error) {
	commitments := make([]merkle.Hash, len(entries))
	prefix := itemPrefix(s)
	room := motion.MaxBytes + openingHeads*s.Count
	for i, entry := range entries {
		commitment, ok := bytes.CutPrefix(entry.Data, prefix)
		if !ok || len(commitment) != merkle.HashSize {
			return nil, Refuse(Unreadable, "%sthe entry is not that of an item of the motion before it", item(i))
		}
		copy(commitments[i][:], commitment)
		if room -= len(entry.Opening); room < 0 {
			return nil, &OpeningError{At: 1 + i, Why: fmt.Errorf("with it those of the motion have more than the %d bytes that items may have", motion.MaxBytes)}
		}
	}
	return commitments, nil
}

// openEntries reads the matter of a motion that lies in the first of the entries behind
// its own, some of whose items may have been erased. What the entries themselves say is
// judged first, also before they are all there.
func openEntries(s motion.Signed, entries []ledger.Entry) (*Matter, error) {
	entries = entries[:min(len(entries), s.Count)]
	commitments, err := commitmentsOf(&s, entries)
	switch {
	case err != nil:
		return nil, err
	case len(entries) < s.Count:
		return nil, ErrIncomplete
	}
	m := &Matter{Signed: s, Items: make([]motion.Opening, len(entries)), commitments: commitments}
	if motion.Root(commitments) != s.Root {
		return nil, Refuse(BadItems, "the items are not those that the motion commits to")
	}
	erased := false
	for i, entry := range entries {
		if len(entry.Opening) == 0 && erasable(s.Kind) {
			erased = true
			continue
		}
		if err := m.open(i, entry.Opening); err != nil {
			return nil, &OpeningError{At: 1 + i, Why: err}
		}
	}
	if !erased && size(m.Items) > motion.MaxBytes {
		return nil, Refuse(BadItems, "the items have %d bytes; at most %d", size(m.Items), motion.MaxBytes)
	}
	if r := m.read(); r != nil {
		return nil, r
	}
	return m, nil
}

// open reads what lies beside the entry of an item.
func (m *Matter) open(i int, opening []byte) (err error) {
	if len(opening) == 0 {
		return fmt.Errorf("an item is not there; those of a %s motion are never erased", m.Kind)
	}
	if m.Items[i], err = motion.OpenOpening(opening); err == nil && m.Items[i].Commitment() != m.commitments[i] {
		err = errors.New("it is not that of the entry's commitment")
	}
	return err
}

// Missing returns the first entry of a decision whose opening is not there, though it must
// be in p, which has entered the decision and perhaps more; 0 for none.
func (p *Past) Missing(d *charter.Enacted) (index uint64) {
	for i := range d.Items {
		if len(d.Items[i].Item) == 0 && p.IsAlive(d.Motion.Motion.Kind, d.First, i) {
			return d.First + 1 + uint64(i)
		}
	}
	return 0
}

// IsAlive reports whether the opening of an item must be there, by the kind of its motion
// and the index of that one's entry, which p has entered: nobody may erase it, and who
// serves a ledger without it keeps something back. What is ratified is alive until it is
// over or revoked. What revokes or stays says nothing without its opening, not even of
// which entry: it is alive until all that was ratified before is over. What once is not
// alive never is again, and items of other kinds always are.
func (p *Past) IsAlive(kind motion.Kind, first uint64, item int) bool {
	switch kind {
	case motion.Ratify:
		index := first + 1 + uint64(item)
		_, alive := p.Ratified(index)
		return alive && !p.IsRevoked(index)
	case motion.Revoke, motion.Stay:
		return len(p.ratified) > 0 && p.ratified[0].first < first
	}
	return true
}

// size is how much items count against motion.MaxBytes.
func size(items []motion.Opening) int {
	n := 0
	for i := range items {
		n += len(items[i].Item) + merkle.SaltSize
	}
	return n
}

// itemPrefix is how the entries of all items of a motion begin; the commitment follows.
func itemPrefix(m *motion.Signed) []byte {
	b := motion.ItemEntry{Kind: m.Kind, Motion: m.ID}.Bytes()
	return b[:len(b)-merkle.HashSize]
}

// entriesOf returns what stands in the ledger for a motion that was carried.
func entriesOf(m *Matter, votes []motion.Vote) []ledger.Entry {
	all := make([]ledger.Entry, 1, 1+len(m.Items))
	all[0].Data = motion.MotionEntry{Motion: m.Signed, Votes: votes}.Bytes()
	prefix := itemPrefix(&m.Signed)
	width := len(prefix) + merkle.HashSize
	room := make([]byte, 0, width*len(m.Items))
	for i := range m.Items {
		room = append(append(room, prefix...), m.commitments[i][:]...)
		all = append(all, ledger.Entry{Data: room[len(room)-width : len(room) : len(room)], Opening: m.Items[i].Bytes()})
	}
	return all
}

// ChangesSet reports whether a motion of the kind changes the regulators or their keys.
func ChangesSet(k motion.Kind) bool {
	return k == motion.AdmitRegulator || k == motion.RemoveRegulator || k == motion.RekeyRegulator
}

// Seat returns the member whose seat a set change is about; "" for other motions.
func (m *Matter) Seat() string {
	for _, a := range m.articles {
		switch a := a.(type) {
		case *article.RegulatorAdmission:
			return a.Seat.Member
		case *article.RegulatorRemoval:
			return a.Member
		case *article.RegulatorRekeying:
			return a.Member
		}
	}
	return ""
}
