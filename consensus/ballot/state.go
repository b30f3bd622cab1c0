package ballot

import (
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// State is a Past and what is before the regulators. Replicas that applied the same
// commands are equal. It is not safe for concurrent use.
type State struct {
	past *enact.Past

	docket    map[cid.Cid]*tabledMotion
	order     []*tabledMotion // of docket, as they came
	withdrawn map[cid.Cid]withdrawnMotion

	voters  []string // of Raft, as told last
	carried bool     // Raft has carried out the last set change, or there was none

	kept     []kept   // since Release, in order
	waiting  int      // bytes of kept
	released uint64   // ledger size from which decisions are kept
	refusals refusals // local: not part of what replicas agree on
}

// tabledMotion is a motion before the regulators.
type tabledMotion struct {
	*enact.Matter
	size  int           // bytes of it, without votes
	votes []motion.Vote // of regulators in force, ascending by key, one each
}

type withdrawnMotion struct {
	motion     motion.Signed
	withdrawal motion.Withdrawal
}

// kept is a decision as a snapshot tells it.
type kept struct {
	first   uint64 // ledger size before it
	entries []ledger.Entry
}

// Outcome is what became of a command.
type Outcome uint8

// The outcomes.
const (
	Taken   Outcome = iota + 1 // it counts; the ledger is what it was
	Entered                    // it made entries
	Known                      // it changes nothing: what it wants is so already
	Refused
)

var outcomeWords = [...]string{Taken: "taken", Entered: "entered", Known: "known", Refused: "refused"}

// String returns the word ("taken"), or "none" of no outcome.
func (o Outcome) String() string {
	if o >= Taken && int(o) < len(outcomeWords) {
		return outcomeWords[o]
	}
	return "none"
}

// MarshalText returns the word that String gives.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Result is what Apply made of a command.
type Result struct {
	Outcome Outcome
	Verb    Verb           // 0 when the command could not be read
	Motion  cid.Cid        // that it is about; undefined for none
	Refusal *enact.Refusal // why it was refused

	// Entries are to be appended to the ledger, and Enacted is what they make of it;
	// none unless the outcome is Entered. A motion that lies in the ledger is not yet
	// authoritative: that takes a certified checkpoint.
	Entries []ledger.Entry
	Enacted charter.Enacted

	Size uint64 // of the ledger after the command; of a Mark the size to certify
}

// NewState returns the State of a generation that begins with past, which belongs to it
// from now on. What was open before is to be submitted again. Whether Raft has carried
// out the last set change it does not know: see Carried. If past ends with a set change
// it waits for a Settle.
func NewState(past *enact.Past) *State {
	_, changed := past.LastChange()
	return &State{
		past: past, docket: make(map[cid.Cid]*tabledMotion), withdrawn: make(map[cid.Cid]withdrawnMotion),
		carried: !changed, released: past.Size(),
	}
}

// Past returns a copy of what folds from the entries so far.
func (s *State) Past() *enact.Past { return s.past.Clone() }

// HasEntered reports whether a motion is in the ledger, what is not certified yet
// included. Of motions that can no longer be voted on it does not know.
func (s *State) HasEntered(id cid.Cid) bool { return s.past.HasEnacted(id) }

// HasWithdrawn reports whether the proposer of a motion that could still be voted on took
// it back.
func (s *State) HasWithdrawn(id cid.Cid) bool {
	_, gone := s.withdrawn[id]
	return gone
}

// Size returns the ledger's size, what is not certified yet included.
func (s *State) Size() uint64 { return s.past.Size() }

// Constitution returns the constitution at that size.
func (s *State) Constitution() *charter.State { return s.past.State() }

// Newcomers returns the members to whom motions before the regulators would give a seat,
// as they came. They take part without a vote, so that the first checkpoint that they
// are to cosign does not wait for them.
func (s *State) Newcomers() (members []string) {
	for _, t := range s.order {
		if t.Kind == motion.AdmitRegulator {
			members = append(members, t.Seat())
		}
	}
	return members
}

// Unsettled returns the set change whose certified checkpoint is to be shown: see
// SettleCommand. It is nil when there is none.
func (s *State) Unsettled() *enact.SetChange { return s.past.Unsettled() }

// Clock is the ledger's time, and what a regulator needs to give one.
type Clock struct {
	Index  uint64 // of the last tick; 0 before the first
	Unix   int64  // what it is worth, seconds; 0 before the first
	Size   uint64 // of the ledger
	Untold bool   // something lies above the last tick
}

// Clock returns the ledger's time.
func (s *State) Clock() Clock {
	index, unix := s.past.LastTick()
	return Clock{Index: index, Unix: unix, Size: s.Size(), Untold: unix != 0 && s.Size() > index+1}
}

// Carried tells the member IDs of Raft's voters. It is called whenever Raft's
// configuration changed, in the order of its log, and after Restore.
func (s *State) Carried(voters []string) {
	s.voters = slices.Sorted(slices.Values(voters))
	s.carried = s.carried || s.inOrder()
}

// NotCarried returns the set change that Raft has yet to carry out; nil for none.
func (s *State) NotCarried() *enact.SetChange {
	if change, changed := s.past.LastChange(); changed && !s.carried {
		return &change
	}
	return nil
}

// inOrder reports whether Raft's voters are what the last set change wants of them.
func (s *State) inOrder() bool {
	change, changed := s.past.LastChange()
	_, votes := slices.BinarySearch(s.voters, change.Member)
	switch {
	case !changed:
		return true
	case len(s.voters) == 0:
		return false
	case change.Kind == motion.AdmitRegulator:
		return votes
	case change.Kind == motion.RemoveRegulator:
		return !votes
	}
	return true
}

// Apply takes one command: it takes effect whole, or is refused and leaves everything
// as it was but for the record of refusals, and but for a motion that its last vote
// shows to have become impossible, which is dropped. It verifies every signature, asks no
// clock but the ledger's, and takes any bytes. The entries are provisional until a
// checkpoint that covers them is certified. What is kept shares the command, which must
// not change.
func (s *State) Apply(command []byte) Result {
	result := Result{Motion: cid.Undef}
	c, r := readCommand(command)
	if r == nil {
		result.Verb = c.verb
		r = s.apply(&c, &result)
	}
	if r != nil {
		result.Outcome, result.Refusal = Refused, r
		s.refusals.add(Record{Size: s.Size(), Verb: result.Verb, Motion: result.Motion, Refusal: *r})
	}
	result.Size = s.Size()
	return result
}

func (s *State) apply(c *command, result *Result) *enact.Refusal {
	switch c.verb {
	case Propose:
		return s.propose(c, result)
	case Vote:
		return s.vote(c, result)
	case Withdraw:
		return s.withdraw(c, result)
	case Tick:
		return s.tick(c, result)
	case Settle:
		return s.settle(c, result)
	}
	result.Outcome = Taken // Mark: the result tells the size
	return nil
}

func (s *State) propose(c *command, result *Result) *enact.Refusal {
	t, r := s.open(&c.tabled)
	if r != nil {
		return r
	}
	id := t.ID
	result.Motion = id
	vote := t.votes[0]
	t.votes = nil
	if s.past.HasEnacted(id) {
		result.Outcome = Known
		return nil
	}
	if _, gone := s.withdrawn[id]; gone {
		return enact.Refuse(enact.WithdrawnMotion, "its proposer took the motion back")
	}
	if have, before := s.docket[id]; before {
		return s.cast(have, vote, result)
	}
	if r := s.past.Judge(t.Matter); r != nil {
		return r
	}
	if !vote.For {
		return enact.Refuse(enact.NotFor, "a motion is brought in with a regulator's vote for it; this one is against it")
	}
	if s.past.Need(t.Matter).Met([]motion.Vote{vote}) != nil { // else it is not before them for long
		if r := s.room(t); r != nil {
			return r
		}
	}
	s.table(t)
	if r := s.cast(t, vote, result); r != nil {
		s.drop(id)
		return r
	}
	return nil
}

// open reads and verifies a motion that is brought before the regulators, with all its
// items, and votes on it.
func (s *State) open(in *tabled) (*tabledMotion, *enact.Refusal) {
	federation := s.past.State().Federation()
	m, r := enact.OpenMatter(federation, in.motion, in.openings)
	if r != nil {
		return nil, r
	}
	t := &tabledMotion{Matter: m, size: sizeOf(m)}
	for _, b := range in.votes {
		v, err := motion.OpenVote(b, federation)
		if err != nil {
			return nil, enact.Because(enact.BadVote, err)
		}
		if !v.Motion.Equals(m.ID) {
			return nil, enact.Refuse(enact.BadVote, "the vote is on the motion %s, not on this one", v.Motion)
		}
		t.votes = append(t.votes, v)
	}
	return t, nil
}

func (s *State) table(t *tabledMotion) {
	s.docket[t.ID] = t
	s.order = append(s.order, t)
}

func (s *State) drop(id cid.Cid) {
	t := s.docket[id]
	delete(s.docket, id)
	s.order = slices.DeleteFunc(s.order, func(o *tabledMotion) bool { return o == t })
}

func (s *State) vote(c *command, result *Result) *enact.Refusal {
	v, err := motion.OpenVote(c.body, s.past.State().Federation())
	if err != nil {
		return enact.Because(enact.BadVote, err)
	}
	result.Motion = v.Motion
	if t, before := s.docket[v.Motion]; before {
		return s.cast(t, v, result)
	}
	if s.past.HasEnacted(v.Motion) {
		result.Outcome = Known
		return nil
	}
	if _, gone := s.withdrawn[v.Motion]; gone {
		return enact.Refuse(enact.WithdrawnMotion, "its proposer took the motion back")
	}
	return enact.Refuse(enact.UnknownMotion, "no motion %s is before the regulators; it may have expired", v.Motion)
}

// cast counts a vote on a motion before the regulators, and enters the motion if the
// votes now suffice. It is counted or refused as a whole.
func (s *State) cast(t *tabledMotion, v motion.Vote, result *Result) *enact.Refusal {
	if _, r := s.past.Seat(t.Kind, &v); r != nil {
		return r
	}
	votes, fresh, r := withVote(t.votes, v)
	if r != nil {
		return r
	}
	carrying := slices.DeleteFunc(slices.Clone(votes), func(v motion.Vote) bool { return !v.For })
	if s.past.Need(t.Matter).Met(carrying) != nil {
		result.Outcome = Known
		if fresh {
			result.Outcome, t.votes = Taken, votes
		}
		return nil
	}
	if r := s.mayEnter(t); r != nil {
		return r
	}
	enacted, entries, r := s.past.EnterMotion(t.Matter, carrying)
	if r != nil {
		if !r.Code.Passing() {
			s.drop(t.ID)
		}
		return r
	}
	s.enter(enacted, entries, result)
	s.drop(t.ID)
	if enact.ChangesSet(t.Kind) {
		s.changed()
	}
	return nil
}

// withVote returns votes with one more, which takes the place of its regulator's earlier
// one. It is not fresh when that one is it.
func withVote(votes []motion.Vote, v motion.Vote) (with []motion.Vote, fresh bool, r *enact.Refusal) {
	i, voted := slices.BinarySearchFunc(votes, v, func(a, b motion.Vote) int { return a.By.Compare(b.By) })
	if !voted {
		return slices.Insert(slices.Clone(votes), i, v), true, nil
	}
	have := &votes[i]
	switch {
	case string(have.Bytes()) == string(v.Bytes()):
		return votes, false, nil
	case have.Counter >= v.Counter:
		return nil, false, enact.Refuse(enact.StaleVote, "%s has voted on it with counter %d; this vote has %d", v.By.Short(), have.Counter, v.Counter)
	}
	with = slices.Clone(votes)
	with[i] = v
	return with, true, nil
}

// mayEnter says why a motion does not enter the ledger now that the votes suffice, for
// reasons that lie outside the ledger.
func (s *State) mayEnter(t *tabledMotion) *enact.Refusal {
	if r := s.past.Paused(); r != nil {
		return r
	}
	if s.carried || !enact.ChangesSet(t.Kind) {
		return nil
	}
	change, _ := s.past.LastChange()
	if change.Kind == motion.AdmitRegulator && t.Kind != motion.AdmitRegulator && t.Seat() == change.Member {
		return nil // a newcomer that never votes must not stop every later change
	}
	return enact.Refuse(enact.NotCarried, "Raft has not carried out the last change of the regulators (%s of %s) yet: submit it again once it has", change.Kind, change.Member)
}

// enter notes what entered the ledger.
func (s *State) enter(enacted charter.Enacted, entries []ledger.Entry, result *Result) {
	result.Outcome, result.Enacted, result.Entries = Entered, enacted, entries
	s.keep(kept{first: enacted.First, entries: entries})
}

// changed settles what a set change means for what is open.
func (s *State) changed() {
	s.carried = s.inOrder()
	for _, t := range s.order {
		t.votes = slices.DeleteFunc(slices.Clone(t.votes), func(v motion.Vote) bool {
			_, seated := s.past.State().Regulator(v.By)
			return !seated
		})
	}
}

// expire forgets what can no longer be voted on.
func (s *State) expire() {
	_, now := s.past.LastTick()
	for id, w := range s.withdrawn {
		if w.motion.Expires < now {
			delete(s.withdrawn, id)
		}
	}
	s.order = slices.DeleteFunc(s.order, func(t *tabledMotion) bool {
		if t.Expires >= now {
			return false
		}
		delete(s.docket, t.ID)
		s.refusals.add(Record{Size: s.Size(), Verb: Propose, Motion: t.ID, Refusal: *enact.Refuse(enact.Expired, "the motion was not carried until %s, when it expired", enact.Clock(t.Expires))})
		return true
	})
}

func (s *State) withdraw(c *command, result *Result) *enact.Refusal {
	w, err := motion.OpenWithdrawal(c.body, s.past.State().Federation())
	if err != nil {
		return enact.Because(enact.BadWithdrawal, err)
	}
	result.Motion = w.Motion
	if _, gone := s.withdrawn[w.Motion]; gone {
		result.Outcome = Known
		return nil
	}
	t, before := s.docket[w.Motion]
	switch {
	case s.past.HasEnacted(w.Motion):
		return enact.Refuse(enact.Enacted, "the motion is in the ledger: what is there can only be revoked")
	case !before:
		return enact.Refuse(enact.UnknownMotion, "no motion %s is before the regulators; it may have expired", w.Motion)
	case w.By != t.Proposer:
		return enact.Refuse(enact.BadWithdrawal, "the motion is withdrawn by %s, who did not propose it", w.By.Short())
	}
	if r := s.mayWithdraw(w.By); r != nil {
		return r
	}
	s.drop(w.Motion)
	s.withdrawn[w.Motion] = withdrawnMotion{t.Signed, w}
	result.Outcome = Taken
	return nil
}

func (s *State) tick(c *command, result *Result) *enact.Refusal {
	e, err := motion.OpenEntry(c.body, s.past.State().Federation())
	if err != nil {
		return enact.Because(enact.BadTick, err)
	}
	t, ok := e.(motion.Tick)
	if !ok {
		return enact.Refuse(enact.BadTick, "a tick command carries another entry")
	}
	enacted, made, r := s.past.EnterTick(t)
	if r != nil {
		return r
	}
	s.enter(enacted, made, result)
	s.expire()
	return nil
}

func (s *State) settle(c *command, result *Result) *enact.Refusal {
	if s.past.Unsettled() == nil {
		result.Outcome = Known
		return nil
	}
	enacted, made, r := s.past.EnterSettlement(motion.Settlement{Note: c.body})
	if r != nil {
		return r
	}
	s.enter(enacted, made, result)
	return nil
}
