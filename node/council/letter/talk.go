package letter

import (
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// State is how a letter stands with one regulator. The codes are append-only; the later
// of two tells more.
type State uint8

// The states.
const (
	Unknown State = iota // it is not held there, nor what became of it
	Aside                // the regulator does not want to vote on it
	Refused              // it was not taken, or has no place in the ledger
	Inbox                // it waits for the regulator
	Expired
	Withdrawn
	Tabled  // it is before the regulators
	Entered // it is in the ledger, certified or not
)

// Standing is how a letter stands with one regulator. But for the votes it is that
// regulator's word alone.
type Standing struct {
	ID     cid.Cid
	State  State
	Motion cid.Cid // by which a request was proposed; undefined for none
	Shown  Shown   // what that motion is, for who asks and knows its item alone
	Needed int     // votes
	Hands  int     // votes by hand
	Votes  []motion.Vote
	Why    phrase.Phrase // of what was refused
}

// Shown is what makes, of a request, the motion by which it was proposed: with the item
// that is requested it gives the motion's ID, on which the votes are signed. It is empty
// for none.
type Shown struct {
	Header []byte // signed by the proposer
	Salt   []byte // of the item
}

// Bounds of what is asked and answered.
const (
	MaxAsked    = 16 // letters in one question
	maxVotes    = article.MaxRegulators
	maxCode     = 64
	maxWhy      = 2 << 10
	maxHeader   = motion.MaxHeader + 128
	maxStanding = maxVotes*(motion.MaxVote+3) + maxHeader + merkle.SaltSize + maxCode + maxWhy + 128
	// MaxAnswer is the greatest length of an answer, in bytes.
	MaxAnswer = MaxAsked*maxStanding + 16
	// MaxQuestion is the greatest length of a question, MaxSmall that of one that holds no
	// motion.
	MaxQuestion = MaxMotion + 32
	MaxSmall    = MaxRequest + 32
	// PlaceSize is the length of the name of a stranger's place, in bytes.
	PlaceSize = 8
)

// Bearer is who brought a letter.
type Bearer struct {
	Member string // whose node brought it; "" of a stranger
	// Place is where the stranger is for whom it is carried, as that node tells one from
	// another: PlaceSize bytes, "" for what the node brings of its own.
	Place string
}

// Question is what is asked of a node: to take a letter, to tell how letters stand, or to
// take a motion back. One of them is set.
type Question struct {
	Letter     []byte
	Place      string // of the stranger for whom it is carried; "" for none
	IDs        []cid.Cid
	Withdrawal []byte
}

// The verbs of questions. The codes are append-only.
const (
	verbTake     = 1
	verbTell     = 2
	verbWithdraw = 3
	verbCarry    = 4 // verbTake for a stranger
)

// Encode returns the canonical encoding.
func (q *Question) Encode() []byte {
	b := wire.AppendUint(wire.AppendArray(nil, 3), version)
	switch {
	case len(q.Letter) > 0:
		if q.Place == "" {
			return wire.AppendBytes(wire.AppendUint(b, verbTake), q.Letter)
		}
		b = wire.AppendArray(wire.AppendUint(b, verbCarry), 2)
		return wire.AppendBytes(wire.AppendBytes(b, []byte(q.Place)), q.Letter)
	case len(q.Withdrawal) > 0:
		return wire.AppendBytes(wire.AppendUint(b, verbWithdraw), q.Withdrawal)
	}
	b = wire.AppendArray(wire.AppendUint(b, verbTell), len(q.IDs))
	for _, id := range q.IDs {
		b = wire.AppendBytes(b, id.Bytes())
	}
	return b
}

// DecodeQuestion reads what Encode writes and nothing else. What it returns shares b.
func DecodeQuestion(b []byte) (q Question, err error) {
	if err := wire.Newer("question about a letter", b, version); err != nil {
		return q, err
	}
	in := wire.NewReader("question about a letter", b)
	in.Array("question", 3, 3)
	in.Version(version)
	switch verb := in.Uint("verb", 255); verb {
	case verbTake:
		q.Letter = in.Bytes("letter", 1, MaxMotion)
	case verbCarry:
		in.Array("carried letter", 2, 2)
		q.Place = string(in.Bytes("place", PlaceSize, PlaceSize))
		q.Letter = in.Bytes("letter", 1, MaxMotion)
	case verbWithdraw:
		q.Withdrawal = in.Bytes("withdrawal", 1, motion.MaxWithdrawal)
	case verbTell:
		for n := in.Array("IDs", 1, MaxAsked); len(q.IDs) < n && in.Err() == nil; {
			q.IDs = append(q.IDs, readCID(&in, "ID", 1))
		}
	default:
		in.Refuse("verb", "%d is none", verb)
	}
	return q, in.End()
}

// readCID reads a CID; one of no bytes, where that is allowed, is undefined.
func readCID(in *wire.Reader, field string, least int) cid.Cid {
	b := in.Bytes(field, least, taxonomy.CIDSize)
	if in.Err() != nil || len(b) == 0 {
		return cid.Undef
	}
	id, err := taxonomy.CIDFromBytes(b)
	if err != nil {
		in.Refuse(field, "%v", err)
	}
	return id
}

// EncodeAnswer writes how letters stand.
func EncodeAnswer(all []Standing) []byte {
	b := wire.AppendArray(wire.AppendUint(wire.AppendArray(nil, 2), version), len(all))
	for i := range all {
		s := &all[i]
		b = wire.AppendBytes(wire.AppendArray(b, 10), s.ID.Bytes())
		b = wire.AppendBytes(wire.AppendUint(b, uint64(s.State)), s.Motion.Bytes())
		b = wire.AppendBytes(wire.AppendBytes(b, s.Shown.Header), s.Shown.Salt)
		b = wire.AppendUint(wire.AppendUint(b, uint64(s.Needed)), uint64(s.Hands))
		b = wire.AppendArray(b, len(s.Votes))
		for i := range s.Votes {
			b = wire.AppendBytes(b, s.Votes[i].Bytes())
		}
		code, text := "", s.Why.Text
		if all := s.Why.Sentences(); len(all) > 0 {
			code = all[0].Code
		}
		if len(text) > maxWhy {
			text = ""
		}
		b = wire.AppendText(wire.AppendText(b, code), text)
	}
	return b
}

// isCode reports whether a text looks like the code of a refusal: ballot.stayed.
func isCode(text string) bool {
	room, name, _ := strings.Cut(text, ".")
	return (room == "ballot" || room == "inbox") && 0 < len(name) && len(name) <= 48 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// DecodeAnswer reads what EncodeAnswer writes, and verifies the votes: each must be on the
// motion, by an algorithm and key that sign it.
func DecodeAnswer(b []byte, federation cid.Cid) (all []Standing, err error) {
	if err := wire.Newer("answer about a letter", b, version); err != nil {
		return nil, err
	}
	in := wire.NewReader("answer about a letter", b)
	in.Array("answer", 2, 2)
	in.Version(version)
	for n := in.Array("letters", 0, MaxAsked); len(all) < n && in.Err() == nil; {
		in.Array("letter", 10, 10)
		s := Standing{ID: readCID(&in, "ID", 1)}
		s.State = State(in.Uint("state", uint64(Entered)))
		s.Motion = readCID(&in, "motion", 0)
		s.Shown = Shown{in.Bytes("header", 0, maxHeader), in.Bytes("salt", 0, merkle.SaltSize)}
		s.Needed, s.Hands = int(in.Uint("needed votes", maxVotes)), int(in.Uint("needed hand votes", maxVotes))
		for k := in.Array("votes", 0, maxVotes); len(s.Votes) < k && in.Err() == nil; {
			v, err := motion.OpenVote(in.Bytes("vote", 1, motion.MaxVote), federation)
			switch {
			case in.Err() != nil:
			case err != nil:
				return nil, err
			case !v.Motion.Equals(s.Motion):
				return nil, fmt.Errorf("answer about a letter: a vote is on the motion %s, not on %s", v.Motion, s.Motion)
			}
			s.Votes = append(s.Votes, v)
		}
		word, text := in.Text("code", maxCode), in.Text("why", maxWhy)
		switch {
		case text == "":
		case isCode(word):
			s.Why = phrase.Coded(word, text, text)
		default:
			s.Why = phrase.Plain(text)
		}
		all = append(all, s)
	}
	return all, in.End()
}
