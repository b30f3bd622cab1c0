package letter

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// Before returns the motion before the regulators that a letter is about; nil for none. A
// request is about one that does what it asks for, and nothing else.
func Before(d *ballot.Docket, l *Letter) *ballot.Open {
	if l.IsRequest() {
		return Doing(d, l.Kind, l.Item)
	}
	if i := slices.IndexFunc(d.Motions, func(o ballot.Open) bool { return o.Motion.ID.Equals(l.ID) }); i >= 0 {
		return &d.Motions[i]
	}
	return nil
}

// Doing returns the motion before the regulators that has one item alone, this one.
func Doing(d *ballot.Docket, kind motion.Kind, item []byte) *ballot.Open {
	for i := range d.Motions {
		if o := &d.Motions[i]; o.Motion.Kind == kind && len(o.Items) == 1 && bytes.Equal(o.Items[0].Item, item) {
			return o
		}
	}
	return nil
}

// Show returns what a motion shows to who knows its only item; nothing of one with more.
func Show(o *ballot.Open) Shown {
	if len(o.Items) != 1 {
		return Shown{}
	}
	return Shown{o.Motion.Bytes(), o.Items[0].Salt[:]}
}

// Proposes returns the motion by which a request was proposed, as the answer shows it: the
// request's only item under the ID that the votes are on. It is an error when the answer
// shows no such motion, whatever it says.
func (s *Standing) Proposes(l *Letter, federation cid.Cid) (*enact.Matter, error) {
	switch {
	case !l.IsRequest() || len(s.Shown.Header) == 0:
		return nil, errors.New("letter: no motion is shown that does what is requested")
	case len(s.Shown.Salt) != merkle.SaltSize:
		return nil, fmt.Errorf("letter: a salt of %d bytes", len(s.Shown.Salt))
	}
	o := motion.Opening{Salt: [merkle.SaltSize]byte(s.Shown.Salt), Item: l.Item}
	m, r := enact.OpenMatter(federation, s.Shown.Header, [][]byte{o.Bytes()})
	switch {
	case r != nil:
		return nil, fmt.Errorf("letter: %w", r)
	case m.Kind != l.Kind || !m.ID.Equals(s.Motion):
		return nil, fmt.Errorf("letter: what is shown is the motion %s, and it is told of %s", m.ID, s.Motion)
	}
	return m, nil
}

// Open makes of what regulators say of a motion what a docket would show: their votes are
// signed, and count as far as they are on this motion and of the regulators in force.
func (s *Standing) Open(m *enact.Matter, seats []charter.RegulatorSeat) *ballot.Open {
	o := &ballot.Open{Motion: m.Signed, Items: m.Items, Need: enact.Need{Votes: s.Needed, Hands: s.Hands}}
	hands := 0
	for _, seat := range seats {
		i := slices.IndexFunc(s.Votes, func(v motion.Vote) bool { return v.By == seat.Vote && v.Motion.Equals(m.ID) })
		switch {
		case i < 0:
			o.Silent = append(o.Silent, seat.Member)
			continue
		case s.Votes[i].For:
			o.For = append(o.For, seat.Member)
			if s.Votes[i].Cast == motion.ByHand {
				hands++
			}
		default:
			o.Against = append(o.Against, seat.Member)
		}
		o.Votes = append(o.Votes, s.Votes[i])
	}
	o.MissingVotes, o.MissingHands = max(0, s.Needed-len(o.For)), max(0, s.Hands-hands)
	return o
}
