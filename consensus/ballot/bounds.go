package ballot

import (
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// Bounds of what a State remembers. Together with MaxWaiting bytes of decisions they keep a
// snapshot under 64 MiB, above which Raft could not keep its log short.
const (
	// MaxOpen is how many motions of one proposer are before the regulators at once. The
	// issuers of a member are one proposer.
	MaxOpen = 256
	// MaxOpenBytes is how many bytes the motions of one proposer have there, with their
	// openings: a dozen that are as large as one can be.
	MaxOpenBytes = 4 << 20
	// MaxDocketBytes is how many bytes all motions have there, with room for all votes.
	MaxDocketBytes = 32 << 20
	// KeptForRegulators is how many of those are for what regulators propose with their
	// voting keys, in equal shares: whatever others bring in, each can have it proposed
	// that a liar is removed, or that something is revoked.
	KeptForRegulators = 8 << 20
	// MaxWithdrawn is how many withdrawn motions of one proposer are remembered, so that
	// nobody brings them back. A proposer with more lets them expire.
	MaxWithdrawn = 1024
	// MaxWithdrawnOfAll is how many withdrawn motions of all are.
	MaxWithdrawnOfAll = 5 * MaxWithdrawn
	// MaxWaiting is how many bytes of decisions may wait to be certified: whoever submits
	// commands sees to it, for replicas do not agree on what is.
	MaxWaiting = 16 << 20
	// MaxRefusals is how many refusals are remembered, the last ones.
	MaxRefusals = 256
)

// voteRoom is how many bytes all votes on one motion have.
const voteRoom = motion.MaxVotes * (motion.MaxVote + 4)

// sizeOf returns how many bytes a motion has in a snapshot at most, without votes.
func sizeOf(m *enact.Matter) int {
	n := len(m.Signed.Bytes()) + openingHeads
	for i := range m.Items {
		n += len(m.Items[i].Item) + merkle.SaltSize + openingHeads
	}
	return n
}

// account is on whose account a proposer's motions are: its member's if it is an issuer,
// for a member may have many; else its own. It never changes.
type account struct {
	member charter.MemberIndex
	key    keys.Public
}

func (s *State) account(proposer keys.Public) account {
	if r, ok := s.past.State().Record(proposer); ok {
		return account{member: r.Member}
	}
	return account{key: proposer}
}

// load is how much is before the regulators.
type load struct {
	all   int // bytes of all motions, with room for all votes
	own   int // motions on one account, …
	bytes int // … the bytes of those, …
	whole int // … and with room for all votes
}

// with returns the load with a motion, of the account that it is on.
func (s *State) with(t *tabledMotion) load {
	by, l := s.account(t.Proposer), load{all: t.size + voteRoom, own: 1, bytes: t.size, whole: t.size + voteRoom}
	for _, o := range s.order {
		l.all += o.size + voteRoom
		if s.account(o.Proposer) == by {
			l.own++
			l.bytes += o.size
			l.whole += o.size + voteRoom
		}
	}
	return l
}

// fits says why a docket with a motion is none that a snapshot holds; nil if it is. It does
// not depend on who are regulators now.
func (l load) fits(t *tabledMotion) *enact.Refusal {
	switch {
	case l.own > MaxOpen:
		return enact.Refuse(enact.DocketFull, "%d motions of %s are before the regulators already: wait until some are decided, or withdraw some", MaxOpen, t.Proposer.Short())
	case l.bytes > MaxOpenBytes:
		return enact.Refuse(enact.DocketFull, "with it the motions of %s before the regulators would have %d bytes, and %d is the most: wait until some are decided, or withdraw some", t.Proposer.Short(), l.bytes, MaxOpenBytes)
	case l.all > MaxDocketBytes:
		return enact.Refuse(enact.DocketFull, "with it all motions before the regulators would take %d bytes, and %d is the most: wait until some are decided", l.all, MaxDocketBytes)
	}
	return nil
}

// room says why a motion finds no place before the regulators; nil if it does. What a
// regulator has there within its share of what is kept for them always does.
func (s *State) room(t *tabledMotion) *enact.Refusal {
	l := s.with(t)
	if r := l.fits(t); r != nil {
		return r
	}
	const most = MaxDocketBytes - KeptForRegulators
	if _, seated := s.past.State().Regulator(t.Proposer); l.all <= most || seated && l.whole <= KeptForRegulators/len(s.past.State().Regulators()) {
		return nil
	}
	return enact.Refuse(enact.DocketFull, "with it all motions before the regulators would take %d bytes, and beyond %d there is room for a few of each regulator's own alone: wait until some are decided", l.all, most)
}

// mayWithdraw says why a proposer withdraws nothing more for now; nil if it may.
func (s *State) mayWithdraw(proposer keys.Public) *enact.Refusal {
	own := 0
	for _, w := range s.withdrawn {
		if w.motion.Proposer == proposer {
			own++
		}
	}
	switch {
	case own >= MaxWithdrawn:
		return enact.Refuse(enact.DocketFull, "%s withdrew %d motions that could still be voted on: let the others expire", proposer.Short(), MaxWithdrawn)
	case len(s.withdrawn) >= MaxWithdrawnOfAll:
		return enact.Refuse(enact.DocketFull, "%d motions that could still be voted on were withdrawn, the most that are remembered: let this one expire", MaxWithdrawnOfAll)
	}
	return nil
}

// Waiting returns how many bytes the decisions have that are not released.
func (s *State) Waiting() int { return s.waiting }

// size returns how many bytes a decision has in a snapshot.
func (k *kept) size() int {
	n := 0
	for _, e := range k.entries {
		n += len(e.Data) + len(e.Opening) + openingHeads
	}
	return n
}

// keep keeps a decision until it is released.
func (s *State) keep(k kept) {
	s.kept = append(s.kept, k)
	s.waiting += k.size()
}
