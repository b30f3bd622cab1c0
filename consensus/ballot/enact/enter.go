package enact

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// maxAhead is how far, in seconds, a motion's time may lie ahead of the ledger's. A
// ledger that stood still catches up by ticks of at most a day.
const maxAhead = 86400

// maxTick is how far a tick moves the ledger's time at most, in seconds.
const maxTick = 86400

// Need is what it takes to carry a motion.
type Need struct {
	Votes int // for it, of distinct regulators in force
	Hands int // of these, cast by hand
}

// Met says what votes for a motion lack; nil if they suffice.
func (n Need) Met(votes []motion.Vote) *Refusal {
	hands := 0
	for i := range votes {
		if votes[i].Cast == motion.ByHand {
			hands++
		}
	}
	switch {
	case len(votes) < n.Votes || len(votes) == 0:
		return Refuse(TooFewVotes, "%d regulators vote for it; it takes %d", len(votes), n.Votes)
	case hands < n.Hands:
		return Refuse(NotByHand, "%d regulators vote for it by hand; it takes %d", hands, n.Hands)
	}
	return nil
}

// Enter takes the next decision: the motion, the tick, or the settlement of a set change
// that the entries begin with.
// Entries beyond it are not looked at; Size of what is returned tells where the next one
// begins. It returns ErrIncomplete when items are missing, an *OpeningError when an
// opening is not the one that its entry commits to, a *Refusal when no valid ledger goes
// on like this, and then is what it was. Openings may be missing of ratified, revoked and
// stayed entries, whose openings are erased when they are dead: see Missing. What is
// returned shares the entries, which must not change.
func (p *Past) Enter(entries []ledger.Entry) (charter.Enacted, error) {
	if len(entries) == 0 {
		return charter.Enacted{}, ErrIncomplete
	}
	head, err := motion.OpenEntry(entries[0].Data, p.state.Federation())
	if err != nil {
		return charter.Enacted{}, Because(Unreadable, err)
	}
	switch head.(type) {
	case motion.MotionEntry, motion.Tick, motion.Settlement:
	default:
		return charter.Enacted{}, Refuse(Unreadable, "the entry begins no decision: it is an item of none, or a second genesis")
	}
	if len(entries[0].Opening) != 0 {
		return charter.Enacted{}, &OpeningError{Why: errors.New("one lies beside an entry that hides nothing")}
	}
	var enacted charter.Enacted
	var r *Refusal
	switch e := head.(type) {
	case motion.Tick:
		enacted, r = p.enterTick(e)
	case motion.Settlement:
		enacted, r = p.enterSettlement(e)
	case motion.MotionEntry:
		m, err := openEntries(e.Motion, entries[1:])
		if err != nil {
			return charter.Enacted{}, err
		}
		enacted, r = p.enterMotion(m, e.Votes)
	}
	if r != nil {
		return charter.Enacted{}, r
	}
	return enacted, nil
}

// EnterMotion is Enter for who makes the entries: a motion and the votes for it,
// ascending by key, one a regulator.
func (p *Past) EnterMotion(m *Matter, votes []motion.Vote) (charter.Enacted, []ledger.Entry, *Refusal) {
	enacted, r := p.enterMotion(m, votes)
	if r != nil {
		return charter.Enacted{}, nil, r
	}
	return enacted, entriesOf(m, votes), nil
}

// EnterTick is Enter for who makes the entry.
func (p *Past) EnterTick(t motion.Tick) (charter.Enacted, []ledger.Entry, *Refusal) {
	enacted, r := p.enterTick(t)
	if r != nil {
		return charter.Enacted{}, nil, r
	}
	return enacted, []ledger.Entry{{Data: t.Bytes()}}, nil
}

// EnterSettlement is Enter for who makes the entry.
func (p *Past) EnterSettlement(s motion.Settlement) (charter.Enacted, []ledger.Entry, *Refusal) {
	enacted, r := p.enterSettlement(s)
	if r != nil {
		return charter.Enacted{}, nil, r
	}
	return enacted, []ledger.Entry{{Data: s.Bytes()}}, nil
}

// enterMotion is the one judge of which motions the ledger holds.
func (p *Past) enterMotion(m *Matter, votes []motion.Vote) (charter.Enacted, *Refusal) {
	if r := p.Paused(); r != nil {
		return charter.Enacted{}, r
	}
	if r := p.judge(m); r != nil {
		return charter.Enacted{}, r
	}
	stayer, r := p.count(m, votes)
	if r != nil {
		return charter.Enacted{}, r
	}
	blocked, r := p.charge(m.rulings)
	if r != nil {
		return charter.Enacted{}, r
	}
	first := p.Size()
	next, err := p.state.Enact(m.Signed, first, m.Items)
	if err != nil {
		return charter.Enacted{}, Because(Constitution, err)
	}
	// Nothing is refused from here on.
	maps.Copy(p.blocked, blocked)
	p.state = next
	p.enacted[m.ID] = m.Expires
	p.borders = append(p.borders, border{next.Size(), p.now})
	p.effect(m, first, stayer)
	entry := motion.MotionEntry{Motion: m.Signed, Votes: votes}
	return charter.Enacted{First: first, Size: next.Size(), Motion: &entry, Items: m.Items, State: next}, nil
}

// effect notes what an enacted motion did, by its kind.
func (p *Past) effect(m *Matter, first uint64, stayer string) {
	switch m.Kind {
	case motion.Ratify:
		p.ratified = append(p.ratified, run{first + 1, uint32(m.Count), m.Until})
	case motion.Revoke:
		for _, index := range m.reversed {
			p.revoked[index] = struct{}{}
		}
	case motion.Stay:
		for _, index := range m.reversed {
			p.stayed[index] = append(p.stayed[index], stayer)
		}
	case motion.NoteFork:
		for _, f := range m.forks {
			p.forks[fork{f.Issuer(), f.Epoch()}] = struct{}{}
		}
	case motion.AdmitRegulator, motion.RemoveRegulator, motion.RekeyRegulator:
		p.settled = false
		p.change = &SetChange{Kind: m.Kind, Member: m.Seat(), Size: p.Size()}
	}
	if m.Kind.NamesHeads() {
		p.fix(m, first)
	}
}

// Judge says why a motion has no place in the ledger now, whatever the votes; nil if
// nothing stands in its way but votes and, of blocks, perhaps the caps of the day.
func (p *Past) Judge(m *Matter) *Refusal {
	if r := p.judge(m); r != nil {
		return r
	}
	if _, err := p.state.Enact(m.Signed, p.Size(), m.Items); err != nil {
		return Because(Constitution, err)
	}
	return nil
}

// Charge says which cap of blocks a day keeps a motion out today; nil for none.
func (p *Past) Charge(m *Matter) *Refusal {
	_, r := p.charge(m.rulings)
	return r
}

// judge is Judge but for the constitution.
func (p *Past) judge(m *Matter) *Refusal {
	switch {
	case p.HasEnacted(m.ID):
		return Refuse(Enacted, "the motion is in the ledger")
	case p.first == 0:
		return Refuse(NoTime, "the ledger has no time yet: it begins with a tick of the regulators")
	case p.now > m.Expires:
		return Refuse(Expired, "the motion was voted on until %s; the ledger's time is %s", Clock(m.Expires), Clock(p.now))
	case m.Time > p.now+maxAhead:
		return Refuse(Early, "the motion is dated %s, more than a day ahead of the ledger's time %s: submit it again after the next ticks", Clock(m.Time), Clock(p.now))
	case !p.mayPropose(m):
		return Refuse(NoProposer, "the proposer %s is no issuer in force and no regulator", m.Proposer.Short())
	case m.Kind.Constitutes() && m.Standing != p.state.Standing():
		return Refuse(StandingChanged, "regulators or policy have changed since the motion was proposed: propose it anew")
	case ChangesSet(m.Kind) && m.Count != 1:
		return Refuse(BadItems, "it changes %d regulators at once; they change one at a time", m.Count)
	case m.Kind.NamesHeads() && (m.BuildsOn == 0 || m.BuildsOn > p.Size()):
		return Refuse(AnchorSize, "the motion builds on a ledger of %d entries; it has %d", m.BuildsOn, p.Size())
	}
	switch m.Kind {
	case motion.Ratify:
		return p.judgeRulings(m)
	case motion.Revoke, motion.Stay:
		return p.judgeReversals(m)
	case motion.Anchor:
		return p.judgeAnchor(m)
	case motion.NoteFork:
		return p.judgeForks(m)
	}
	return p.judgeHeads(m)
}

// mayPropose reports whether the proposer is an issuer in force, a regulator, or, for
// what recovers a lost or forked key, a member's recovery key.
func (p *Past) mayPropose(m *Matter) bool {
	if _, ok := p.state.Issuer(m.Proposer); ok {
		return true
	}
	if _, ok := p.state.Regulator(m.Proposer); ok {
		return true
	}
	switch m.Kind {
	case motion.Reinstate, motion.AdmitIssuer, motion.EndIssuer:
		for i, member := range p.state.Members() {
			if member.Recovery == m.Proposer && p.state.IsMember(i) {
				return true
			}
		}
	}
	return false
}

// Need returns what it takes to carry a motion. Whatever binds takes a quorum; only what
// undoes takes less. Rules may later vote on labels, revocations and stays.
func (p *Past) Need(m *Matter) Need { return NeedUnder(p.state, m) }

// NeedUnder returns what it takes, or took, under a constitution.
func NeedUnder(s *charter.State, m *Matter) Need {
	q, f := checkpoint.Quorum(len(s.Regulators()))
	switch m.Kind {
	case motion.Stay:
		return Need{Votes: 1}
	case motion.Revoke:
		return Need{Votes: f + 1}
	case motion.Anchor, motion.NoteFork:
		return Need{Votes: q}
	case motion.Ratify:
		n := Need{Votes: q}
		for _, one := range m.rulings {
			if one.action == taxonomy.Block {
				n.Hands = max(n.Hands, f+1)
			}
			if guarded(s, one) {
				n.Hands = q
			}
		}
		return n
	}
	return Need{Votes: q, Hands: q}
}

// guarded reports whether a ruling is against a protected number.
func guarded(s *charter.State, one ruling) bool {
	if !one.category.Class().Nuisance() && one.action != taxonomy.Block {
		return false
	}
	for key := range one.subject.Keys() {
		if s.Protected(key) {
			return true
		}
	}
	return false
}

// count counts the votes of an entry, all of which must be for the motion and of
// regulators in force. For a stay, which is the word of one, it returns whose.
func (p *Past) count(m *Matter, votes []motion.Vote) (stayer string, r *Refusal) {
	for i := range votes {
		seat, r := p.Seat(m.Kind, &votes[i])
		switch {
		case r != nil:
			return "", r
		case !votes[i].For:
			return "", Refuse(BadVote, "a vote against the motion stands among those that carried it")
		}
		stayer = seat.Member
	}
	if r := p.Need(m).Met(votes); r != nil {
		return "", r
	}
	switch {
	case m.Kind != motion.Stay:
		return "", nil
	case len(votes) != 1:
		return "", Refuse(BadVote, "%d votes stand under a stay, which is the word of one regulator", len(votes))
	}
	for _, index := range m.reversed {
		if slices.Contains(p.stayed[index], stayer) {
			return "", Refuse(Stayed, "%s stayed entry %d before; each regulator may once", stayer, index)
		}
	}
	return stayer, nil
}

// Seat returns the seat in force of a vote that counts at all on a motion of a kind.
func (p *Past) Seat(kind motion.Kind, v *motion.Vote) (charter.RegulatorSeat, *Refusal) {
	seat, ok := p.state.Regulator(v.By)
	switch {
	case !ok:
		return seat, Refuse(NotSeated, "%s is no regulator's voting key in force", v.By.Short())
	case v.Cast == motion.ByRule && (kind != motion.Anchor || v.Rule != motion.AnchorRule()):
		return seat, Refuse(ByRule, "%s votes by a rule; no rule is declared: the policy must allow that first", seat.Member)
	}
	return seat, nil
}

// enterSettlement takes the certified checkpoint of the last set change.
func (p *Past) enterSettlement(s motion.Settlement) (charter.Enacted, *Refusal) {
	if p.settled {
		return charter.Enacted{}, Refuse(BadCheckpoint, "no change of the regulators waits for its checkpoint")
	}
	tree, err := p.Certified(s.Note)
	var r *Refusal
	switch {
	case errors.As(err, &r):
		return charter.Enacted{}, r
	case err != nil:
		return charter.Enacted{}, Because(BadCheckpoint, err)
	case tree.Size != p.change.Size:
		return charter.Enacted{}, Refuse(BadCheckpoint, "the checkpoint is of %d entries; that of the last set change is of %d", tree.Size, p.change.Size)
	}
	first := p.Size()
	p.settled, p.state = true, p.state.Grown(first+1)
	p.borders = append(p.borders, border{p.Size(), p.now})
	return charter.Enacted{First: first, Size: p.Size(), Settled: tree, State: p.state}, nil
}

// enterTick takes a quorum's times.
func (p *Past) enterTick(t motion.Tick) (charter.Enacted, *Refusal) {
	if r := p.Paused(); r != nil {
		return charter.Enacted{}, r
	}
	q, _ := checkpoint.Quorum(len(p.state.Regulators()))
	unix, below := make([]int64, 0, len(t.Times)), p.Size()
	for _, one := range t.Times {
		_, seated := p.state.Regulator(one.By)
		switch {
		case !seated:
			return charter.Enacted{}, Refuse(NotSeated, "%s, who gives a time, is no regulator's voting key in force", one.By.Short())
		case one.Previous != p.last:
			return charter.Enacted{}, Refuse(NotLastTick, "a time follows the tick at entry %d; the last one is at %d", one.Previous, p.last)
		case one.Size > p.Size():
			return charter.Enacted{}, Refuse(TickSize, "a time is of a ledger of %d entries; it has %d", one.Size, p.Size())
		}
		unix, below = append(unix, one.Unix), min(below, one.Size)
	}
	if len(unix) < q || q == 0 {
		return charter.Enacted{}, Refuse(TooFewVotes, "%d regulators give their times; a tick takes %d", len(unix), q)
	}
	slices.Sort(unix)
	now := unix[(len(unix)-1)/2]
	if p.first != 0 {
		now = min(now, p.now+maxTick)
	}
	if now < max(p.now, p.created) {
		return charter.Enacted{}, Refuse(TimeBack, "the tick is worth %s, before the ledger's time %s", Clock(now), Clock(max(p.now, p.created)))
	}
	first := p.Size()
	p.state = p.state.Grown(first + 1)
	if p.first == 0 {
		p.first = first
	}
	p.last = first
	p.advance(now)
	p.borders = append(p.borders, border{p.Size(), now})
	return charter.Enacted{First: first, Size: p.Size(), Tick: now, Below: below, State: p.state}, nil
}

// advance moves the ledger's time and forgets what is over.
func (p *Past) advance(now int64) {
	before := p.day()
	p.now = now
	maps.DeleteFunc(p.enacted, func(_ cid.Cid, expires int64) bool { return expires < now })
	if p.day() == before {
		return
	}
	clear(p.blocked)
	p.ratified = slices.DeleteFunc(p.ratified, func(r run) bool { return r.until < p.day() })
	over := func(index uint64) bool { _, ok := p.Ratified(index); return !ok }
	maps.DeleteFunc(p.revoked, func(index uint64, _ struct{}) bool { return over(index) })
	maps.DeleteFunc(p.stayed, func(index uint64, _ []string) bool { return over(index) })
}

func item(i int) string { return fmt.Sprintf("item %d: ", i) }
