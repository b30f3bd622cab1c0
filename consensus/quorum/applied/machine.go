package applied

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// Config is what a Machine stands on.
type Config struct {
	Follower *follow.Follower
	Ledger   ledger.Source // what the follower holds
	Log      checkpoint.Verifier
	Host     keys.Public // of the own node
	Poke     func()      // is called when something was applied
	Logger   *slog.Logger
}

// Machine is what Raft drives in one run of a group: the ballot, and the tail that comes
// of it. The group calls its methods one at a time; what others read is behind mu.
type Machine struct {
	cfg  Config
	ctx  context.Context // of the run
	fail context.CancelCauseFunc
	mark func(size uint64) error

	mu     sync.Mutex
	state  *ballot.State  // the newcomers in it are not regulators yet
	docket *ballot.Docket // as state has it; nil: to be made
	tail   *Tail
	from   uint64        // ledger size: below it all is certified and on disk
	voters []keys.Public // of Raft
	marked uint64        // the largest size that the log marks

	enacted []charter.Enacted // from there on
	spoilt  error             // the tail could not grow: nothing of it is vouched for
}

// New returns the Machine of a generation that starts at a tree, which the follower's
// ledger holds.
func New(ctx context.Context, cfg Config, start checkpoint.Tree) (*Machine, error) {
	past, tree, err := cfg.Follower.At(ctx, start)
	if err != nil {
		return nil, fmt.Errorf("quorum: go back to where the generation starts: %w", err)
	}
	return &Machine{cfg: cfg, ctx: ctx, state: ballot.NewState(past), tail: NewTail(tree, cfg.Ledger), from: tree.Size()}, nil
}

// Begin says in which run the Machine is to be driven: until ctx ends, which fail ends
// when it cannot go on; mark has a size certified that the log marks. It comes first.
func (m *Machine) Begin(ctx context.Context, fail context.CancelCauseFunc, mark func(size uint64) error) {
	m.ctx, m.fail, m.mark = ctx, fail, mark
}

// Context is that of the run.
func (m *Machine) Context() context.Context { return m.ctx }

// Clock returns the ledger's time, with all that was applied.
func (m *Machine) Clock() ballot.Clock {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Clock()
}

// Unsettled is the set change whose checkpoint is to be shown.
func (m *Machine) Unsettled() *enact.SetChange {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Unsettled()
}

// Docket returns what lies before the regulators, which its callers share. All of that is
// judged for it, with mu held, so it is made once until something is applied: members and
// strangers have regulators asked how their letters stand.
func (m *Machine) Docket() ballot.Docket {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.docket == nil {
		d := m.state.Docket()
		m.docket = &d
	}
	return *m.docket
}

// Open returns the motions of a kind that lie before the regulators.
func (m *Machine) Open(kind motion.Kind) []ballot.Open {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Open(kind)
}

// Entered reports whether a motion that could still be voted on is in the ledger, what
// is not certified included.
func (m *Machine) Entered(id cid.Cid) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.HasEntered(id)
}

// Withdrawn reports whether the proposer of a motion that could still be voted on took it
// back.
func (m *Machine) Withdrawn(id cid.Cid) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.HasWithdrawn(id)
}

// Apply implements group.Machine.
func (m *Machine) Apply(_ uint64, command []byte) []byte {
	m.mu.Lock()
	m.docket = nil
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
		if err := m.mark(result.Size); err != nil && !errors.Is(err, certify.ErrEnded) {
			m.cfg.Logger.Error("this regulator does not certify", "error", err)
		}
	}
	m.cfg.Poke()
	return EncodeAnswer(&result)
}

// errVoters ends a group that has voters which the charter does not give it.
var errVoters = errors.New("quorum: Raft has voters that are no regulators, or too few")

// Configured implements group.Machine.
func (m *Machine) Configured(_ uint64, voters []keys.Public) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.state.Constitution()
	before := now
	// Until Raft has carried the last set change out the set before it will do, and no longer.
	if change := m.state.NotCarried(); change != nil {
		if was, ok := now.At(change.Size - 1); ok {
			before = was
		}
	}
	var members []string
	seats := make(map[string]bool)
	for _, v := range voters {
		member, ok := seatEver(now, v)
		if !ok {
			if member, ok = seatEver(before, v); !ok {
				return fmt.Errorf("%w: %s", errVoters, v.Short())
			}
		}
		members, seats[member] = append(members, member), true
	}
	if !enough(now, seats) && !enough(before, seats) {
		return fmt.Errorf("%w: %v", errVoters, members)
	}
	m.voters, m.docket = slices.Clone(voters), nil
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

// SeatOf returns the member that has a regulator's seat and the host.
func SeatOf(s *charter.State, host keys.Public) (string, bool) {
	i, ok := s.Host(host)
	if !ok {
		return "", false
	}
	return seatAt(s, i)
}

// seatEver is SeatOf for a host that the member may have given up: it votes in Raft until
// the one that takes its place does.
func seatEver(s *charter.State, host keys.Public) (string, bool) {
	i, ok := s.HostEver(host)
	if !ok {
		return "", false
	}
	return seatAt(s, i)
}

func seatAt(s *charter.State, member charter.MemberIndex) (string, bool) {
	id := s.Member(member).ID
	return id, slices.ContainsFunc(s.Regulators(), func(r charter.RegulatorSeat) bool { return r.Member == id })
}

// HostOf returns the host on which a member regulates: the one that it has had for the
// longest, so that another node of the member's never takes its place by being admitted.
func HostOf(s *charter.State, member string) (keys.Public, bool) {
	i, ok := s.MemberByID(member)
	if !ok {
		return keys.Public{}, false
	}
	return s.FirstHost(i)
}

// Snapshot implements group.Machine: it begins at the newest checkpoint that is followed
// here.
func (m *Machine) Snapshot() (io.WriterTo, error) {
	note := m.cfg.Follower.Standing().Note
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
func (m *Machine) Restore(snapshot io.Reader) error {
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
		n, err := checkpoint.Open(note, m.cfg.Log)
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
	if size > m.cfg.Follower.Standing().Size() {
		if err := m.cfg.Follower.Offer(ctx, note); err != nil {
			return err
		}
	}
	past, tree, err := m.cfg.Follower.At(ctx, begins)
	if err != nil {
		return err
	}
	state, err := ballot.Restore(past, b)
	if err != nil {
		return err
	}
	tail := NewTail(tree, m.cfg.Ledger)
	if kept := state.Kept(); len(kept) > 0 {
		if err := tail.append(kept); err != nil {
			return err
		}
	}
	m.mu.Lock()
	m.state, m.docket, m.tail, m.from, m.spoilt, m.enacted, m.marked = state, nil, tail, size, nil, nil, 0
	m.mu.Unlock()
	m.cfg.Poke()
	return nil
}

// Size is how many entries were applied.
func (m *Machine) Size() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Size()
}

// Shows reports whether what a command is to do is done as it was applied here: see
// ballot.State.Shows.
func (m *Machine) Shows(command []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Shows(command)
}

// Waiting returns how many bytes of what was applied are not released.
func (m *Machine) Waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Waiting()
}

// Marks returns how many entries were applied, and up to which the log marks them.
func (m *Machine) Marks() (size, marked uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Size(), m.marked
}

// Entries returns entries of a stretch that was applied here: as Tail.entries.
func (m *Machine) Entries(ctx context.Context, s Stretch, most int) ([]ledger.Entry, error) {
	m.mu.Lock()
	tail := m.tail
	m.mu.Unlock()
	return tail.entries(ctx, s, most)
}

// Release lets go of what is certified and followed up to a size.
func (m *Machine) Release(size uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size <= m.state.Size() {
		m.docket = nil
		m.state.Release(size)
		m.tail.release(size)
		m.from = max(m.from, size)
		m.enacted = slices.DeleteFunc(m.enacted, func(d charter.Enacted) bool { return d.Size <= size })
	}
}

// Root implements cosign.Log. Of a tail that could not grow it tells nothing.
func (m *Machine) Root(size uint64) (merkle.Hash, bool) {
	m.mu.Lock()
	spoilt, tail := m.spoilt != nil, m.tail
	m.mu.Unlock()
	if spoilt {
		return merkle.Hash{}, false
	}
	return tail.Root(size)
}

// Read implements ledger.Source: of what was applied.
func (m *Machine) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	m.mu.Lock()
	tail := m.tail
	m.mu.Unlock()
	return tail.Read(ctx, t)
}

// Constitution is the charter as it stands with all that was applied.
func (m *Machine) Constitution() *charter.State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Constitution()
}

// LeftOver is what was before the regulators, or decided and not certified, when a
// generation ended: commands that bring it before them again.
func (m *Machine) LeftOver() (commands [][]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	again := func(mo *motion.Signed, items []motion.Opening, votes []motion.Vote) {
		first := true
		for i := range votes {
			switch {
			case first && votes[i].For:
				commands, first = append(commands, ballot.ProposeCommand(mo, items, &votes[i])), false
			case !first:
				commands = append(commands, ballot.VoteCommand(&votes[i]))
			}
		}
	}
	for i := range m.enacted {
		if d := &m.enacted[i]; d.Motion != nil {
			again(&d.Motion.Motion, d.Items, d.Motion.Votes)
		}
	}
	d := m.state.Docket()
	for i := range d.Motions {
		again(&d.Motions[i].Motion, d.Motions[i].Items, d.Motions[i].Votes)
	}
	return commands
}
