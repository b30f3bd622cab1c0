package screen

import (
	"fmt"
	"strings"
)

// Rule is what decided a verdict. The order is the order in which rules
// decide; records carry the dotted text, never the code.
type Rule uint8

// The rules. LocalAllow and LocalBlock stand for the local rules: those of the
// node itself (local.allow, local.block), and with a name of their own those
// of its rule files.
const (
	NoRule             Rule = iota // nothing had anything to say
	CalleeEmergency                // the called number is an emergency number
	Bypass                         // screening is bypassed
	CLIIrregular                   // the caller ID is no number
	CLIForeignDomestic             // a domestic number arrives from abroad
	CLIUnallocated                 // the plan says that nobody has the number
	LocalAllow
	LocalBlock
	ListRatified // an entry of the ledger
	ListLabel    // the evidence of publishers

	numRules = iota
)

var ruleWords = [numRules]string{
	"", "callee.emergency", "bypass", "cli.irregular", "cli.foreign_domestic",
	"cli.unallocated", "local.allow", "local.block", "list.ratified", "list.label",
}

// String returns the dotted name, "" for no rule.
func (r Rule) String() string { return wordOf("rule", uint8(r), ruleWords[:]) }

// MarshalText returns the dotted name.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText accepts a dotted name; the empty text is no rule.
func (r *Rule) UnmarshalText(b []byte) (err error) {
	*r, err = parseWord[Rule]("rule", string(b), ruleWords[:], 0)
	return err
}

// CLI reports whether r judges how the call presents its caller.
func (r Rule) CLI() bool { return r >= CLIIrregular && r <= CLIUnallocated }

// Settled reports whether r always acts: emergency calls must never fail, and a
// bypass is a switch itself.
func (r Rule) Settled() bool { return r == CalleeEmergency || r == Bypass }

// Default reports whether r acts when nobody has set its switch. All do, except
// cli.unallocated: stale plans block real users.
func (r Rule) Default() bool { return r != CLIUnallocated }

// ParseRule reads a dotted name.
func ParseRule(s string) (Rule, error) {
	return parseWord[Rule]("rule", s, ruleWords[1:], 1)
}

// Rules returns every rule in the order of decision.
func Rules() []Rule {
	all := make([]Rule, 0, numRules-1)
	for r := CalleeEmergency; r < numRules; r++ {
		all = append(all, r)
	}
	return all
}

// ruleSet is a set of rules, a bit each.
type ruleSet uint16

func (s ruleSet) has(r Rule) bool     { return s>>r&1 == 1 }
func (s ruleSet) with(r Rule) ruleSet { return s | 1<<r }

// Treatment is what the network does with a call that is labelled or blocked.
type Treatment uint8

// The treatments. Connect is that of a call that is allowed.
const (
	Connect  Treatment = iota
	Mark               // connect, and show the text to the called party
	Reject             // refuse with a signalling cause
	Announce           // refuse with an announcement to the caller
	Divert             // send to a mailbox or a listening desk
)

var treatmentWords = [...]string{"connect", "mark", "reject", "announce", "divert"}

// String returns the word: connect, mark, reject, announce or divert.
func (t Treatment) String() string { return wordOf("treatment", uint8(t), treatmentWords[:]) }

// MarshalText returns the word that String gives.
func (t Treatment) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText accepts the words that String gives.
func (t *Treatment) UnmarshalText(b []byte) (err error) {
	*t, err = parseWord[Treatment]("treatment", string(b), treatmentWords[:], 0)
	return err
}

// Basis is what kind of knowledge a verdict rests on.
type Basis uint8

// The bases.
const (
	NoBasis       Basis = iota
	BasisCall           // the call itself: its numbers and how it arrived
	BasisLocal          // a rule of this node
	BasisRatified       // an entry of the ledger
	BasisEvidence       // what publishers say
)

var basisWords = [...]string{"", "call", "local", "ratified", "evidence"}

// String returns the word: call, local, ratified or evidence; "" for none.
func (b Basis) String() string { return wordOf("basis", uint8(b), basisWords[:]) }

// MarshalText returns the word that String gives.
func (b Basis) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText accepts the words that String gives.
func (b *Basis) UnmarshalText(text []byte) (err error) {
	*b, err = parseWord[Basis]("basis", string(text), basisWords[:], 0)
	return err
}

// Identity is which caller of a call a verdict speaks of.
type Identity uint8

// The identities.
const (
	NoIdentity Identity = iota
	Asserted            // what the network vouches for
	Presented           // what the caller claims and the called party sees
)

var identityWords = [...]string{"", "asserted", "presented"}

// String returns the word: asserted or presented; "" for none.
func (i Identity) String() string { return wordOf("identity", uint8(i), identityWords[:]) }

// MarshalText returns the word that String gives.
func (i Identity) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText accepts the words that String gives.
func (i *Identity) UnmarshalText(b []byte) (err error) {
	*i, err = parseWord[Identity]("identity", string(b), identityWords[:], 0)
	return err
}

func wordOf(what string, code uint8, words []string) string {
	if int(code) < len(words) {
		return words[code]
	}
	return fmt.Sprintf("%s(%d)", what, code)
}

// parseWord returns the place of s among words, plus first.
func parseWord[T ~uint8](what, s string, words []string, first int) (T, error) {
	for i, w := range words {
		if w == s {
			return T(i + first), nil
		}
	}
	known := make([]string, 0, len(words))
	for _, w := range words {
		if w != "" {
			known = append(known, w)
		}
	}
	return 0, fmt.Errorf("screen: %q is no %s; want one of %s", clip(s), what, strings.Join(known, ", "))
}

// clip bounds what an error message repeats of its input.
func clip(s string) string {
	const most = 48
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
