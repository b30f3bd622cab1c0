package ballot

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// Bounds of a snapshot, checked before anything is allocated.
const (
	maxKept  = 1 << 20 // decisions above the certified size
	maxLists = 1 << 16 // motions before the regulators, and withdrawn ones
)

// Release forgets the entries of decisions below a ledger size, which are certified and
// lie on disk. Snapshots that begin below can no longer be made.
func (s *State) Release(size uint64) {
	from := s.keptFrom(size)
	for i := range s.kept[:from] {
		s.waiting -= s.kept[i].size()
	}
	s.kept = slices.Delete(s.kept, 0, from)
	s.released = max(s.released, min(size, s.Size()))
}

// Kept returns the entries of the decisions that are not released, in order.
func (s *State) Kept() (all []ledger.Entry) {
	for _, k := range s.kept {
		all = append(all, k.entries...)
	}
	return all
}

// Snapshot returns what a replica needs to go on from the certified checkpoint in note,
// or from the genesis when note is empty: signed bytes and nothing that was derived from
// them. It fails when the checkpoint is not certified, or its size was released.
func (s *State) Snapshot(note []byte) ([]byte, error) {
	from := uint64(1)
	if len(note) != 0 {
		tree, err := s.past.Certified(note)
		if err != nil {
			return nil, err
		}
		from = tree.Size
	}
	i := s.keptFrom(from)
	next := s.Size()
	if i < len(s.kept) {
		next = s.kept[i].first
	}
	switch {
	case from < s.released || from > s.Size():
		return nil, fmt.Errorf("ballot: snapshot: from %d entries; those from %d to %d are held here", from, s.released, s.Size())
	case next != from:
		return nil, fmt.Errorf("ballot: snapshot: a certified ledger of %d entries ends inside a motion", from)
	}
	b := wire.AppendUint(wire.AppendArray(nil, 5), commandVersion)
	b = wire.AppendBytes(b, note)
	b = appendKept(b, s.kept[i:])
	b = wire.AppendArray(b, len(s.order))
	for _, t := range s.order {
		votes := make([]*motion.Vote, len(t.votes))
		for i := range t.votes {
			votes[i] = &t.votes[i]
		}
		b = appendTabled(wire.AppendArray(b, 3), &t.Signed, t.Items, votes...)
	}
	b = wire.AppendArray(b, len(s.withdrawn))
	for _, id := range slices.SortedFunc(maps.Keys(s.withdrawn), compareCID) {
		w := s.withdrawn[id]
		b = wire.AppendBytes(wire.AppendArray(b, 2), w.motion.Bytes())
		b = wire.AppendBytes(b, w.withdrawal.Bytes())
	}
	return b, nil
}

// keptFrom returns the place in kept of what comes behind a ledger size.
func (s *State) keptFrom(size uint64) int {
	i := slices.IndexFunc(s.kept, func(k kept) bool { return k.first >= size })
	if i < 0 {
		return len(s.kept)
	}
	return i
}

func compareCID(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) }

func appendKept(b []byte, all []kept) []byte {
	b = wire.AppendArray(b, len(all))
	for _, k := range all {
		b = wire.AppendArray(b, 2*len(k.entries))
		for _, e := range k.entries {
			b = wire.AppendBytes(wire.AppendBytes(b, e.Data), e.Opening)
		}
	}
	return b
}

// SnapshotNote returns the checkpoint that a snapshot begins with, unverified: it tells
// of which size Restore needs the Past. It is empty when that is the genesis.
func SnapshotNote(snapshot []byte) ([]byte, error) {
	if err := wire.Newer("snapshot", snapshot, commandVersion); err != nil {
		return nil, err
	}
	in := wire.NewReader("snapshot", snapshot)
	note := readSnapshotNote(&in)
	return note, in.Err()
}

func readSnapshotNote(in *wire.Reader) []byte {
	in.Array("snapshot", 5, 5)
	in.Version(commandVersion)
	return in.Bytes("checkpoint", 0, checkpoint.MaxNote)
}

// Restore returns the State that a snapshot tells of, from the Past at the size of its
// checkpoint, folded from the own ledger; it belongs to the State from then on. All that
// is in the snapshot is verified and judged as if it came one by one, so the worst that
// a forged one does is to leave out what was open, or to tell another story above the
// certified size, which then is not certified. Carried is to be called after it. The State
// shares the snapshot, which must not change.
func Restore(past *enact.Past, snapshot []byte) (*State, error) {
	if err := wire.Newer("snapshot", snapshot, commandVersion); err != nil {
		return nil, err
	}
	in := wire.NewReader("snapshot", snapshot)
	note := readSnapshotNote(&in)
	if err := in.Err(); err != nil {
		return nil, err
	}
	from := uint64(1)
	if len(note) != 0 {
		tree, err := past.Certified(note)
		if err != nil {
			return nil, err
		}
		from = tree.Size
	}
	if from != past.Size() {
		return nil, fmt.Errorf("ballot: restore: the snapshot begins at %d entries; the ledger given has %d", from, past.Size())
	}
	s := NewState(past)
	for range in.Array("decisions", 0, maxKept) {
		if err := s.restoreKept(&in); err != nil {
			return nil, err
		}
	}
	for range in.Array("motions", 0, maxLists) {
		if err := s.restoreTabled(&in); err != nil {
			return nil, err
		}
	}
	for range in.Array("withdrawn", 0, maxLists) {
		if err := s.restoreWithdrawn(&in); err != nil {
			return nil, err
		}
	}
	return s, in.End()
}

func (s *State) restoreKept(in *wire.Reader) error {
	fields := in.Array("decision", 2, 2*(1+motion.MaxItems))
	if in.Err() == nil && fields%2 != 0 {
		in.Refuse("decision", "%d fields; an entry has two", fields)
	}
	var entries []ledger.Entry
	for i := 0; i < fields && in.Err() == nil; i += 2 {
		e := ledger.Entry{Data: in.Bytes("entry", 1, ledger.MaxEntry), Opening: in.Bytes("opening", 0, ledger.MaxEntry)}
		entries = append(entries, e)
	}
	if err := in.Err(); err != nil {
		return err
	}
	enacted, err := s.past.Enter(entries)
	if err != nil {
		return err
	}
	if n := enacted.Size - enacted.First; uint64(len(entries)) != n {
		return fmt.Errorf("ballot: restore: a decision of %d entries has %d", n, len(entries))
	}
	if index := s.past.Missing(&enacted); index != 0 {
		return fmt.Errorf("ballot: restore: the opening of entry %d is not there", index)
	}
	s.keep(kept{first: enacted.First, entries: entries})
	if enacted.Motion != nil && enact.ChangesSet(enacted.Motion.Motion.Kind) {
		s.changed()
	}
	return nil
}

func (s *State) restoreTabled(in *wire.Reader) error {
	in.Array("motion", 3, 3)
	raw := readTabled(in, 0, motion.MaxVotes)
	if err := in.Err(); err != nil {
		return err
	}
	t, r := s.open(&raw)
	if r != nil {
		return r
	}
	if _, twice := s.docket[t.ID]; twice || s.past.HasEnacted(t.ID) {
		return fmt.Errorf("ballot: restore: the motion %s stands in it twice", t.ID)
	}
	if r := s.with(t).fits(t); r != nil {
		return r
	}
	votes := t.votes
	t.votes = nil
	for _, v := range votes {
		if _, r := s.past.Seat(t.Kind, &v); r != nil {
			return r
		}
		with, fresh, r := withVote(t.votes, v)
		if r != nil {
			return r
		}
		if !fresh {
			return fmt.Errorf("ballot: restore: a vote stands in it twice")
		}
		t.votes = with
	}
	s.table(t)
	return nil
}

func (s *State) restoreWithdrawn(in *wire.Reader) error {
	in.Array("withdrawn", 2, 2)
	header := in.Bytes("motion", 1, motion.MaxHeader+128)
	word := in.Bytes("withdrawal", 1, motion.MaxWithdrawal)
	if err := in.Err(); err != nil {
		return err
	}
	federation := s.past.State().Federation()
	m, err := motion.Open(header, federation)
	if err != nil {
		return err
	}
	w, err := motion.OpenWithdrawal(word, federation)
	if err != nil {
		return err
	}
	_, twice := s.withdrawn[m.ID]
	_, tabled := s.docket[m.ID]
	if twice || tabled || !w.Motion.Equals(m.ID) || w.By != m.Proposer || s.mayWithdraw(w.By) != nil {
		return fmt.Errorf("ballot: restore: the withdrawal of %s has no place in it", m.ID)
	}
	s.withdrawn[m.ID] = withdrawnMotion{m, w}
	return nil
}
