package ballot

import (
	"fmt"

	"ringfence/consensus/ballot/enact"
	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// MaxCommand is the greatest length of a command in bytes: a motion with all its
// openings, whose items have motion.MaxBytes.
const MaxCommand = motion.MaxBytes + motion.MaxItems*openingHeads + 4<<10

// openingHeads is how many bytes more than salt and item an opening takes in a command.
const openingHeads = 16

// commandVersion is the only one of the formats of this package.
const commandVersion = 1

// Verb is what a command does. The codes are append-only.
type Verb uint8

// The verbs.
const (
	Propose  Verb = 1 // a motion, its openings, and a regulator's vote for it
	Vote     Verb = 2
	Withdraw Verb = 3 // a motion, by its proposer
	Tick     Verb = 4
	Mark     Verb = 5 // the size that the ledger has is to be certified
	Settle   Verb = 6 // the certified checkpoint of a set change
)

var verbWords = [...]string{Propose: "propose", Vote: "vote", Withdraw: "withdraw", Tick: "tick", Mark: "mark", Settle: "settle"}

// String returns the word ("propose"), or "verb(n)" for an unknown code.
func (v Verb) String() string {
	if v >= Propose && int(v) < len(verbWords) {
		return verbWords[v]
	}
	return fmt.Sprintf("verb(%d)", uint8(v))
}

// MarshalText returns the word that String gives.
func (v Verb) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// ProposeCommand brings a motion before the regulators, with a regulator's vote for it.
// The vote also counts when the motion is before them already.
func ProposeCommand(m *motion.Signed, items []motion.Opening, vote *motion.Vote) []byte {
	return appendTabled(newCommand(Propose, 3), m, items, vote)
}

// appendTabled writes a motion, its openings and votes on it.
func appendTabled(b []byte, m *motion.Signed, items []motion.Opening, votes ...*motion.Vote) []byte {
	b = wire.AppendBytes(b, m.Bytes())
	b = wire.AppendArray(b, len(items))
	for i := range items {
		b = wire.AppendBytes(b, items[i].Bytes())
	}
	b = wire.AppendArray(b, len(votes))
	for _, v := range votes {
		b = wire.AppendBytes(b, v.Bytes())
	}
	return b
}

// VoteCommand votes on a motion that is before the regulators.
func VoteCommand(v *motion.Vote) []byte { return wire.AppendBytes(newCommand(Vote, 1), v.Bytes()) }

// WithdrawCommand takes a motion back.
func WithdrawCommand(w *motion.Withdrawal) []byte {
	return wire.AppendBytes(newCommand(Withdraw, 1), w.Bytes())
}

// TickCommand moves the ledger's time.
func TickCommand(t *motion.Tick) []byte { return wire.AppendBytes(newCommand(Tick, 1), t.Bytes()) }

// MarkCommand has the ledger certified at the size that it has.
func MarkCommand() []byte { return newCommand(Mark, 0) }

// SettleCommand shows the certified checkpoint of the last set change, a note, and so
// ends the pause that began with it.
func SettleCommand(note []byte) []byte { return wire.AppendBytes(newCommand(Settle, 1), note) }

func newCommand(v Verb, fields int) []byte {
	return wire.AppendUint(wire.AppendUint(wire.AppendArray(nil, 2+fields), commandVersion), uint64(v))
}

// command is one as it is read; nothing of it is verified.
type command struct {
	verb Verb
	body []byte // the one thing that all verbs but Propose and Mark carry
	tabled
}

// tabled is a motion before the regulators as it is written.
type tabled struct {
	motion   []byte
	openings [][]byte
	votes    [][]byte
}

// readCommand reads a command, strictly.
func readCommand(b []byte) (c command, r *enact.Refusal) {
	if len(b) > MaxCommand {
		return c, enact.Refuse(enact.TooLarge, "the command has %d bytes; at most %d", len(b), MaxCommand)
	}
	if err := wire.Newer("command", b, commandVersion); err != nil {
		return c, enact.Because(enact.Newer, err)
	}
	in := wire.NewReader("command", b)
	fields := in.Array("command", 2, 5)
	in.Version(commandVersion)
	c.verb = Verb(in.Uint("verb", 255))
	if in.Err() == nil && (c.verb < Propose || int(c.verb) >= len(verbWords)) {
		return c, enact.Refuse(enact.Newer, "this release knows no command of verb %d: upgrade needed", uint8(c.verb))
	}
	want := 3
	switch c.verb {
	case Propose:
		want = 5
		c.tabled = readTabled(&in, 1, 1)
	case Mark:
		want = 2
	default:
		c.body = in.Bytes("body", 1, checkpoint.MaxNote+motion.MaxEntry)
	}
	if err := in.End(); err != nil {
		return c, enact.Because(enact.Unreadable, err)
	}
	if fields != want {
		return c, enact.Refuse(enact.Unreadable, "a %s command of %d fields; it has %d", c.verb, fields, want)
	}
	return c, nil
}

func readTabled(in *wire.Reader, leastVotes, mostVotes int) (t tabled) {
	const longest = motion.MaxItem + merkle.SaltSize + openingHeads
	t.motion = in.Bytes("motion", 1, motion.MaxHeader+128)
	t.openings = readList(in, in.Array("openings", 1, motion.MaxItems), longest)
	t.votes = readList(in, in.Array("votes", leastVotes, mostVotes), motion.MaxVote)
	return t
}

// readList reads n byte strings, each of at most longest bytes.
func readList(in *wire.Reader, n, longest int) [][]byte {
	var all [][]byte
	for i := 0; i < n && in.Err() == nil; i++ {
		all = append(all, in.Bytes("list", 1, longest))
	}
	return all
}

// VerbOf returns what a command would do, as far as its head tells; 0 when it does not.
func VerbOf(command []byte) Verb {
	in := wire.NewReader("command", command)
	in.Array("command", 2, 5)
	in.Version(commandVersion)
	v := Verb(in.Uint("verb", 255))
	if in.Err() != nil {
		return 0
	}
	return v
}
