package prove

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// What a certificate can lack.
var (
	// ErrUncertified is what errors wrap that say: too few of the regulators that are
	// known cosigned the checkpoint. The set-chain file may be older than the proof.
	ErrUncertified = errors.New("too few of the regulators known here cosigned the checkpoint")
	// ErrRetired is what errors wrap that say: the checkpoint is of a size at which others
	// were in office, and keys that were retired prove nothing.
	ErrRetired = errors.New("the regulators that cosigned the checkpoint have been replaced since")
	// ErrContradicts is what errors wrap that say: two certified checkpoints cannot both
	// be of one ledger. The file is evidence.
	ErrContradicts = errors.New("the checkpoint contradicts one that is known here")
	// ErrSets is what errors wrap that say: the set-chain file that a verifier is to trust
	// is none, or does not lead from the genesis on.
	ErrSets = errors.New("the set-chain file does not lead from the genesis on")
	// ErrNoPin is what errors wrap that say: what is to be pinned is no checkpoint.
	ErrNoPin = errors.New("what is to be pinned is no checkpoint")
	// ErrPin is what errors wrap that say: the chain of regulators does not lead to the
	// checkpoint that was pinned.
	ErrPin = errors.New("the regulators known here did not certify the pinned checkpoint")
)

// ForeignError says that a file is another federation's than the genesis.
type ForeignError struct{ Of, Genesis string } // identifiers of federations

func (e *ForeignError) Error() string {
	return fmt.Sprintf("prove: it is of federation %s, the genesis of %s", e.Of, e.Genesis)
}

// Era is a stretch of the ledger with the same regulators and the same keys.
type Era struct {
	Since uint64 // ledger size from which; 1 is the genesis
	Seats []charter.RegulatorSeat

	cosigners checkpoint.Set
}

func eraOf(since uint64, seats []charter.RegulatorSeat) Era {
	e := Era{Since: since, Seats: seats}
	for _, s := range seats {
		e.cosigners = append(e.cosigners, checkpoint.Cosigner(s.CosignName, s.Cosign))
	}
	return e
}

// seat returns the seat of a voting key.
func (e *Era) seat(vote keys.Public) (charter.RegulatorSeat, bool) {
	i := slices.IndexFunc(e.Seats, func(s charter.RegulatorSeat) bool { return s.Vote == vote })
	if i < 0 {
		return charter.RegulatorSeat{}, false
	}
	return e.Seats[i], true
}

// regulators is who certified at which sizes, as far as it is known.
type regulators struct {
	federation cid.Cid
	log        checkpoint.Verifier
	eras       []Era
	known      []checkpoint.Tree // certified by those in office: of settlements, and the pinned one
	pinned     uint64            // size of the pinned checkpoint; 0 for none
}

// founded is the regulators that the genesis names.
func founded(g *charter.Genesis) (*regulators, error) {
	c, err := g.Verify()
	if err != nil {
		return nil, fmt.Errorf("prove: the genesis: %w", err)
	}
	federation, err := c.FederationID()
	if err != nil {
		return nil, fmt.Errorf("prove: the genesis: %w", err)
	}
	return &regulators{
		federation: federation, log: checkpoint.Log(checkpoint.Origin(federation), c.LogKey), eras: []Era{eraOf(1, c.Regulators)},
	}, nil
}

// own refuses the origin of a checkpoint of another federation's ledger.
func (r *regulators) own(origin string) error {
	if origin == checkpoint.Origin(r.federation) {
		return nil
	}
	if of, ours := strings.CutPrefix(origin, "ringfence/"); ours {
		return &ForeignError{Of: of, Genesis: r.federation.String()}
	}
	return fmt.Errorf("%w: it is one of the log %.80q, which is no federation's", ErrNoPin, origin)
}

// at returns the place of the era of a ledger size.
func (r *regulators) at(size uint64) int {
	i, found := slices.BinarySearchFunc(r.eras, size, func(e Era, size uint64) int {
		switch {
		case e.Since < size:
			return -1
		case e.Since > size:
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	return max(i, 0)
}

// horizon is the size up to which the chain is known to lead.
func (r *regulators) horizon() uint64 { return max(r.eras[len(r.eras)-1].Since, r.pinned) }

// certificate is what cosignatures of a checkpoint come to.
type certificate struct {
	checkpoint.Note

	era     *Era
	fresh   int64 // Unix seconds
	members []string
}

// signed checks that q of those in office at a note's size cosigned it, and at a change q
// of those before it as well.
func (r *regulators) signed(note []byte) (c certificate, err error) {
	if c.Note, err = checkpoint.Open(note, r.log); err != nil {
		return c, err
	}
	at := r.at(c.Size)
	c.era = &r.eras[at]
	eras := r.eras[at : at+1]
	if at > 0 && c.era.Since == c.Size {
		eras = r.eras[at-1 : at+1]
	}
	for i := range eras {
		set := eras[i].cosigners
		given := set.Cosignatures(c.Note)
		fresh, ok := set.Fresh(given)
		if !ok {
			return c, fmt.Errorf("%w: %s is to have %d of the %d that were in office", ErrUncertified, c.Tree, set.Quorum(), len(set))
		}
		c.fresh, c.members = fresh, nil // those in office from then on are the last
		for j, s := range given {
			if s != nil {
				c.members = append(c.members, eras[i].Seats[j].Member)
			}
		}
	}
	return c, nil
}

// certified is signed for a checkpoint that a stranger shows: it must not contradict what
// is known, and not be of regulators that are known to have been replaced.
func (r *regulators) certified(note []byte) (certificate, error) {
	c, err := r.signed(note)
	if err != nil {
		return c, err
	}
	for _, t := range r.known {
		switch {
		case t.Size != c.Size:
		case t != c.Tree:
			return c, fmt.Errorf("%w: %s and %s", ErrContradicts, c.Tree, t)
		default:
			return c, nil
		}
	}
	if c.era != &r.eras[len(r.eras)-1] {
		return c, fmt.Errorf("%w, at size %d, and this one is of size %d: ask any node for the proof anew", ErrRetired, r.horizon(), c.Size)
	}
	return c, nil
}

// pin takes a checkpoint that the verifier trusts, as it was told. Those known here must
// have certified it, and all who cosigned it must be known here: otherwise one regulator
// of a small set of long ago, in office still, could do for the many of today.
func (r *regulators) pin(note []byte) (*regulators, error) {
	c, err := r.signed(note)
	if err == nil {
		err = r.knows(c.Note)
	}
	if err == nil && slices.ContainsFunc(r.known, func(t checkpoint.Tree) bool { return t.Size == c.Size && t != c.Tree }) {
		err = ErrContradicts
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPin, err)
	}
	next := *r
	next.known = append(slices.Clone(r.known), c.Tree)
	next.pinned = max(r.pinned, c.Size)
	return &next, nil
}

// knows refuses a note that somebody cosigned who was not in office at its size.
func (r *regulators) knows(n checkpoint.Note) error {
	at := r.at(n.Size)
	set := r.eras[at].cosigners
	if at > 0 && r.eras[at].Since == n.Size {
		set = slices.Concat(set, r.eras[at-1].cosigners)
	}
	strangers, err := set.Unknown(n)
	if err == nil && len(strangers) > 0 {
		err = fmt.Errorf("%q cosigned it, and was not in office as far as is known here", strangers)
	}
	return err
}

// follow adds the changes of a set-chain file, and pins its head if it has one.
func (r *regulators) follow(file []byte) (*regulators, error) {
	a, err := openSets(file)
	if err != nil {
		return nil, err
	}
	federation, err := taxonomy.CIDFromBytes(a.Federation)
	if err != nil {
		return nil, unreadable("set-chain file", err)
	}
	if !federation.Equals(r.federation) {
		return nil, &ForeignError{Of: federation.String(), Genesis: r.federation.String()}
	}
	next := *r
	for i := range a.Changes {
		if err := next.change(&a.Changes[i]); err != nil {
			return nil, fmt.Errorf("prove: the set-chain file: change %d, of ledger entry %d: %w", i, a.Changes[i].First, err)
		}
	}
	if len(a.Head) == 0 {
		return &next, nil
	}
	if head, err := checkpoint.Peek(a.Head); err == nil && head.Size < next.horizon() {
		return nil, fmt.Errorf("prove: the set-chain file pins a checkpoint of size %d, below its last change at %d", head.Size, next.horizon())
	}
	return next.pin(a.Head)
}

func openSets(file []byte) (a setsArray, err error) {
	if err := decode("set-chain file", file, setsForm, &a); err != nil {
		return a, err
	}
	if len(a.Changes) > maxChanges {
		return a, unreadable("set-chain file", fmt.Errorf("%d changes; at most %d are read", len(a.Changes), maxChanges))
	}
	return a, nil
}

// change takes one change of the regulators: a motion for which q of those in office
// voted, in a checkpoint of the ledger that ends with it, certified by q of them and q of
// those whom it puts in office.
func (r *regulators) change(c *changeArray) error {
	before := &r.eras[len(r.eras)-1]
	entry, err := motion.OpenEntry(c.Motion, r.federation)
	if err != nil {
		return err
	}
	m, ok := entry.(motion.MotionEntry)
	if !ok || !changesSet(m.Motion.Kind) || m.Motion.Count != 1 {
		return errors.New("it is no motion that changes the regulators")
	}
	if _, err := before.carried(m.Votes, needOf(m.Motion.Kind, len(before.Seats), false)); err != nil {
		return err
	}
	item, err := motion.OpenOpening(c.Opening)
	if err != nil {
		return err
	}
	if _, err := m.Motion.Holds([]motion.Opening{item}); err != nil {
		return err
	}
	items, err := article.Open(r.federation, m.Motion.Kind, []motion.Opening{item})
	if err != nil {
		return err
	}
	seats, err := seated(before.Seats, items[0])
	if err != nil {
		return err
	}
	const entries = 2 // the motion and its item
	if c.First < before.Since || c.First > ledger.MaxSize-entries {
		return fmt.Errorf("it stands below the change before it, at size %d", before.Since)
	}
	next := *r
	next.eras = append(slices.Clone(r.eras), eraOf(c.First+entries, seats))
	settled, err := next.signed(c.Settled)
	if err != nil {
		return err
	}
	if settled.Size != c.First+entries {
		return fmt.Errorf("its checkpoint is of size %d; the ledger that ends with it has %d", settled.Size, c.First+entries)
	}
	if err := ledger.VerifyInclusion(c.Motion, c.First, c.Path, settled.Tree); err != nil {
		return err
	}
	next.known = append(slices.Clone(r.known), settled.Tree)
	*r = next
	return nil
}

func changesSet(k motion.Kind) bool {
	return k == motion.AdmitRegulator || k == motion.RemoveRegulator || k == motion.RekeyRegulator
}

// seated returns the seats after a change. Whether the constitution allowed it was judged
// by those who certified it; here it must name one change that can be carried out.
func seated(seats []charter.RegulatorSeat, it article.Item) ([]charter.RegulatorSeat, error) {
	next := slices.Clone(seats)
	place := func(member string) int {
		return slices.IndexFunc(next, func(s charter.RegulatorSeat) bool { return s.Member == member })
	}
	switch it := it.(type) {
	case *article.RegulatorAdmission:
		if place(it.Seat.Member) >= 0 {
			return nil, fmt.Errorf("%q has a seat", it.Seat.Member)
		}
		next = append(next, it.Seat)
		slices.SortFunc(next, func(a, b charter.RegulatorSeat) int {
			if a.Member < b.Member {
				return -1
			}
			return 1
		})
	case *article.RegulatorRemoval:
		at := place(it.Member)
		if at < 0 || len(next) == 1 {
			return nil, fmt.Errorf("%q has no seat that could be taken", it.Member)
		}
		next = slices.Delete(next, at, at+1)
	case *article.RegulatorRekeying:
		at := place(it.Member)
		if at < 0 {
			return nil, fmt.Errorf("%q has no seat", it.Member)
		}
		next[at].Vote, next[at].Cosign = it.Vote, it.Cosign
	default:
		return nil, fmt.Errorf("a %s motion changes no regulator", it.Kind())
	}
	return next, distinct(next)
}

// distinct refuses seats that share a key or a cosigner's name: one regulator would
// count as two.
func distinct(seats []charter.RegulatorSeat) error {
	taken, names := make(map[keys.Public]bool), make(map[string]bool)
	for _, s := range seats {
		if taken[s.Vote] || taken[s.Cosign] || s.Vote == s.Cosign || names[s.CosignName] {
			return fmt.Errorf("a key or name of %q is another's as well", s.Member)
		}
		taken[s.Vote], taken[s.Cosign], names[s.CosignName] = true, true, true
	}
	return nil
}

// sameSeats reports whether the same regulators vote and cosign by the same keys.
func sameSeats(a, b []charter.RegulatorSeat) bool {
	return slices.EqualFunc(a, b, func(a, b charter.RegulatorSeat) bool {
		return a.Member == b.Member && a.Vote == b.Vote && a.Cosign == b.Cosign && a.CosignName == b.CosignName
	})
}
