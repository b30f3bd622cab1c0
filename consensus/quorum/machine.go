package quorum

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// machine is what Raft drives in one run of a group: the ballot, and the tail that comes
// of it. The group calls its methods one at a time; what others read is behind mu.
type machine struct {
	r         *Regulator
	ctx       context.Context // of the run
	fail      context.CancelCauseFunc
	certifier *certify.Certifier

	mu     sync.Mutex
	state  *ballot.State // the newcomers in it are not regulators yet
	tail   *tail
	from   uint64        // ledger size: below it all is certified and on disk
	voters []keys.Public // of Raft
	marked uint64        // the largest size that the log marks

	enacted []charter.Enacted // from there on
	spoilt  error             // the tail could not grow: nothing of it is vouched for
}

// newMachine returns the machine of a generation that starts at a size.
func (r *Regulator) newMachine(ctx context.Context, start checkpoint.Tree) (*machine, error) {
	past, tree, err := r.follower.At(ctx, start)
	if err != nil {
		return nil, fmt.Errorf("quorum: go back to where the generation starts: %w", err)
	}
	return &machine{r: r, state: ballot.NewState(past), tail: newTail(tree, r.cfg.Ledger), from: tree.Size()}, nil
}

// Apply implements group.Machine.
func (m *machine) Apply(_ uint64, command []byte) []byte {
	m.mu.Lock()
	result := m.state.Apply(command)
	if len(result.Entries) > 0 {
		m.enacted = append(m.enacted, result.Enacted)
		if m.spoilt == nil {
			m.spoilt = m.tail.append(result.Entries)
		}
	}
	spoilt, mark := m.spoilt, result.Verb == ballot.Mark && result.Outcome != ballot.Refused
	if mark {
		m.marked = max(m.marked, result.Size)
	}
	m.mu.Unlock()
	if spoilt != nil {
		m.fail(fmt.Errorf("quorum: what was applied could not be added to the ledger: %w", spoilt))
	}
	if mark {
		if err := m.certifier.Mark(result.Size); err != nil && !errors.Is(err, certify.ErrEnded) {
			m.r.cfg.Logger.Error("this regulator does not certify", "error", err)
		}
	}
	m.r.poke()
	return encodeAnswer(&result)
}

// errVoters ends a group that has voters which the charter does not give it.
var errVoters = errors.New("quorum: Raft has voters that are no regulators, or too few")

// Configured implements group.Machine.
func (m *machine) Configured(_ uint64, voters []keys.Public) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.state.Constitution()
	before := now
	if change, ok := m.state.Past().LastChange(); ok {
		if was, ok := now.At(change.Size - 1); ok {
			before = was
		}
	}
	var members []string
	seats := make(map[string]bool)
	for _, v := range voters {
		member, ok := seatOf(now, v)
		if !ok {
			if member, ok = seatOf(before, v); !ok {
				return fmt.Errorf("%w: %s", errVoters, v.Short())
			}
		}
		members, seats[member] = append(members, member), true
	}
	if !enough(now, seats) && !enough(before, seats) {
		return fmt.Errorf("%w: %v", errVoters, members)
	}
	m.voters = slices.Clone(voters)
	m.state.Carried(members)
	return nil
}

// enough reports whether a quorum of the regulators of s is among the members.
func enough(s *charter.State, members map[string]bool) bool {
	n := 0
	for _, seat := range s.Regulators() {
		if members[seat.Member] {
			n++
		}
	}
	return n >= s.Cosigners().Quorum()
}

// seatOf returns the member that has a regulator's seat and the host.
func seatOf(s *charter.State, host keys.Public) (string, bool) {
	i, ok := s.Host(host)
	if !ok {
		return "", false
	}
	id := s.Member(i).ID
	return id, slices.ContainsFunc(s.Regulators(), func(r charter.RegulatorSeat) bool { return r.Member == id })
}

// hostOf returns the host on which a member regulates: the first that its card names.
func hostOf(s *charter.State, member string) (keys.Public, bool) {
	i, ok := s.MemberByID(member)
	if !ok || len(s.Member(i).Hosts) == 0 {
		return keys.Public{}, false
	}
	return s.Member(i).Hosts[0], true
}

// Snapshot implements group.Machine: it begins at the newest checkpoint that is followed
// here.
func (m *machine) Snapshot() (io.WriterTo, error) {
	note := m.r.follower.Standing().Note
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.state.Snapshot(note.Bytes())
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(b), nil
}

// restoreWithin is how long following the ledger up to a snapshot may take.
const restoreWithin = 2 * time.Minute

// Restore implements group.Machine. What a snapshot says is nothing that this regulator
// believes: it follows the checkpoint in it as a stranger does, and judges the rest as if
// it came one by one.
func (m *machine) Restore(snapshot io.Reader) error {
	ctx, cancel := context.WithTimeout(m.ctx, restoreWithin)
	defer cancel()
	b, err := io.ReadAll(io.LimitReader(snapshot, group.MaxSnapshot+1))
	if err != nil {
		return err
	}
	note, err := ballot.SnapshotNote(b)
	if err != nil {
		return err
	}
	var begins checkpoint.Tree
	if len(note) > 0 {
		n, err := checkpoint.Open(note, m.r.log)
		if err != nil {
			return err
		}
		begins = n.Tree
	}
	size := max(begins.Size, 1)
	m.mu.Lock()
	from := m.from
	m.mu.Unlock()
	if size < from {
		return fmt.Errorf("quorum: the snapshot begins at %d entries; what is certified here has %d", size, from)
	}
	if size > m.r.follower.Standing().Size() {
		if err := m.r.follower.Offer(ctx, note); err != nil {
			return err
		}
	}
	past, tree, err := m.r.follower.At(ctx, begins)
	if err != nil {
		return err
	}
	state, err := ballot.Restore(past, b)
	if err != nil {
		return err
	}
	tail := newTail(tree, m.r.cfg.Ledger)
	if kept := state.Kept(); len(kept) > 0 {
		if err := tail.append(kept); err != nil {
			return err
		}
	}
	m.mu.Lock()
	m.state, m.tail, m.from, m.spoilt, m.enacted, m.marked = state, tail, size, nil, nil, 0
	m.mu.Unlock()
	m.r.poke()
	return nil
}

// size is how many entries were applied.
func (m *machine) size() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Size()
}

// marks returns how many entries were applied, and up to which the log marks them.
func (m *machine) marks() (size, marked uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Size(), m.marked
}

// entries returns entries of a stretch that was applied here: see tail.entries.
func (m *machine) entries(ctx context.Context, s stretch, most int) ([]ledger.Entry, error) {
	m.mu.Lock()
	tail := m.tail
	m.mu.Unlock()
	return tail.entries(ctx, s, most)
}

// release lets go of what is certified and followed up to a size.
func (m *machine) release(size uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size <= m.state.Size() {
		m.state.Release(size)
		m.tail.release(size)
		m.from = max(m.from, size)
		m.enacted = slices.DeleteFunc(m.enacted, func(d charter.Enacted) bool { return d.Size <= size })
	}
}

// Root implements cosign.Log. Of a tail that could not grow it tells nothing.
func (m *machine) Root(size uint64) (merkle.Hash, bool) {
	m.mu.Lock()
	spoilt, tail := m.spoilt != nil, m.tail
	m.mu.Unlock()
	if spoilt {
		return merkle.Hash{}, false
	}
	return tail.Root(size)
}

// Read implements ledger.Source: of what was applied.
func (m *machine) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	m.mu.Lock()
	tail := m.tail
	m.mu.Unlock()
	return tail.Read(ctx, t)
}

// constitution is the charter as it stands with all that was applied.
func (m *machine) constitution() *charter.State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Constitution()
}
