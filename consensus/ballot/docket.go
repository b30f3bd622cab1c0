package ballot

import (
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/store/motion"
)

// Record is a refusal as it is remembered.
type Record struct {
	Size   uint64  // of the ledger then
	Verb   Verb    // 0 for bytes that are no command
	Motion cid.Cid // that it was about; undefined for none
	enact.Refusal
}

// refusals is the last MaxRefusals records, and how many there were ever.
type refusals struct {
	ring  []Record
	total uint64
}

func (r *refusals) add(one Record) {
	if len(r.ring) < MaxRefusals {
		r.ring = append(r.ring, one)
	} else {
		r.ring[r.total%MaxRefusals] = one
	}
	r.total++
}

// last returns the records, the oldest first.
func (r *refusals) last() []Record {
	at := 0
	if len(r.ring) == MaxRefusals {
		at = int(r.total % MaxRefusals)
	}
	return slices.Concat(r.ring[at:], r.ring[:at])
}

// Docket is what lies before the regulators, for people. It shares nothing that changes.
type Docket struct {
	Size     uint64 // of the ledger
	Time     int64  // of the ledger, Unix seconds; 0 before the first tick
	Motions  []Open // as they came
	Refusals []Record
	Refused  uint64 // how many commands were refused ever

	// Paused says why nothing enters the ledger now; nil if something can.
	Paused *enact.Refusal
	// NotCarried is the set change that Raft has yet to carry out; nil for none.
	NotCarried *enact.SetChange
}

// Open is a motion before the regulators.
type Open struct {
	Motion motion.Signed
	Items  []motion.Opening
	Votes  []motion.Vote // for and against, of regulators in force, one each
	Need   enact.Need

	MissingVotes int      // for it
	MissingHands int      // for it, by hand
	Silent       []string // members whose regulators have not voted: it is theirs to do
	For, Against []string // members whose regulators have
	// Blocked is why it could not enter the ledger now, whatever the votes; nil if it
	// could.
	Blocked *enact.Refusal
}

// WaitsFor reports whether the motion waits for a member's vote.
func (o *Open) WaitsFor(member string) bool { return slices.Contains(o.Silent, member) }

// Shows reports whether what a command of a person is to do is done: its vote counts, or a
// newer one of its regulator does, or its motion is in the ledger; the motion is withdrawn.
// Who submits a command has the leader's word on what became of it, and this from what he
// applied himself.
func (s *State) Shows(command []byte) bool {
	c, r := readCommand(command)
	if r != nil {
		return false
	}
	federation, body := s.past.State().Federation(), c.body
	switch c.verb {
	case Withdraw:
		w, err := motion.OpenWithdrawal(body, federation)
		return err == nil && s.HasWithdrawn(w.Motion)
	case Propose:
		body = c.votes[0]
	case Vote:
	default:
		return false
	}
	v, err := motion.OpenVote(body, federation)
	if err != nil || s.past.HasEnacted(v.Motion) {
		return err == nil
	}
	t, before := s.docket[v.Motion]
	return before && slices.ContainsFunc(t.votes, func(o motion.Vote) bool {
		return o.By == v.By && (o.Counter > v.Counter || string(o.Bytes()) == string(v.Bytes()))
	})
}

// Docket returns what lies before the regulators now, and what was refused.
func (s *State) Docket() Docket {
	_, now := s.past.LastTick()
	d := Docket{
		Size: s.Size(), Time: now, Refusals: s.refusals.last(), Refused: s.refusals.total, Paused: s.past.Paused(), NotCarried: s.NotCarried(),
	}
	for _, t := range s.order {
		d.Motions = append(d.Motions, s.show(t))
	}
	return d
}

// Open returns the motions of a kind that lie before the regulators, as they came.
func (s *State) Open(kind motion.Kind) (all []Open) {
	for _, t := range s.order {
		if t.Kind == kind {
			all = append(all, s.show(t))
		}
	}
	return all
}

func (s *State) show(t *tabledMotion) Open {
	o := Open{Motion: t.Signed, Items: t.Items, Votes: slices.Clone(t.votes), Need: s.past.Need(t.Matter), Blocked: s.past.Judge(t.Matter)}
	hands := 0
	for _, seat := range s.past.State().Regulators() {
		i := slices.IndexFunc(t.votes, func(v motion.Vote) bool { return v.By == seat.Vote })
		switch {
		case i < 0:
			o.Silent = append(o.Silent, seat.Member)
		case !t.votes[i].For:
			o.Against = append(o.Against, seat.Member)
		default:
			o.For = append(o.For, seat.Member)
			if t.votes[i].Cast == motion.ByHand {
				hands++
			}
		}
	}
	o.MissingVotes, o.MissingHands = max(0, o.Need.Votes-len(o.For)), max(0, o.Need.Hands-hands)
	if o.Blocked == nil {
		o.Blocked = s.past.Charge(t.Matter)
	}
	return o
}
