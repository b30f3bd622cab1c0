package harmonise

import (
	"fmt"
	"sort"

	"ringfence/store/taxonomy"
)

// Sum adds up independent strengths: a strength of s permille adds
// −log2(1 − s/1000), in units of 1/65536. Two groups of strength s and t sum
// to that of 1 − (1−s)(1−t), in any order.
type Sum int64

// SumOf returns what a strength in permille, at most 999, adds to a sum.
func SumOf(permille uint16) Sum { return Sum(logTable[min(permille, maxStrength)]) }

// Permille returns the largest strength that s is worth: that of the largest
// table value not above it, 0 to 999.
func (s Sum) Permille() uint16 {
	above := sort.Search(len(logTable), func(i int) bool { return Sum(logTable[i]) > s })
	return uint16(max(above-1, 0))
}

// Rule is the step that decided an entry.
type Rule uint8

// The rules. Their words stand in JSON and are append-only.
const (
	NoEvidence     Rule = iota // nothing of any strength: no entry
	SingleSource               // label: one group reaches the single-source threshold
	TwoVoices                  // label: two voices and the threshold of the sum
	BelowThreshold             // allow: nuisance evidence, but no class passes
	HarmlessWins               // allow: no class passes and a harmless identity outweighs them
)

var ruleWords = [...]string{
	NoEvidence:     "no_evidence",
	SingleSource:   "single_source",
	TwoVoices:      "two_voices",
	BelowThreshold: "below_threshold",
	HarmlessWins:   "harmless_wins",
}

// String returns the rule's word.
func (r Rule) String() string {
	if int(r) < len(ruleWords) {
		return ruleWords[r]
	}
	return fmt.Sprintf("rule(%d)", uint8(r))
}

// MarshalText returns the word that String gives.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText accepts the words that String gives.
func (r *Rule) UnmarshalText(text []byte) error {
	for i, w := range ruleWords {
		if w == string(text) {
			*r = Rule(i)
			return nil
		}
	}
	return fmt.Errorf("harmonise: %q is no rule of the list", text)
}

// Dispute tells why an entry is contested; more than one reason may hold.
type Dispute struct {
	Contest  bool           // a contest is open
	Harmless bool           // nuisance and a harmless identity are both claimed
	Close    taxonomy.Class // the strongest other typed class within the margin; 0 if none
}

// Any reports whether the entry is contested.
func (d Dispute) Any() bool { return d.Contest || d.Harmless || d.Close != 0 }

// Tally is how one class stands.
type Tally struct {
	Tested Sum    // with the untyped evidence that supports it; meets the threshold
	Voices int    // groups whose decayed confidence reaches voice_permille
	Best   uint16 // permille, the strongest single group's
	Stands bool   // the class is a candidate for the label
	Single bool   // it passes by one group alone
	Agreed bool   // it passes by two voices and the sum
}

// Passes reports whether the class may be shown as a label.
func (t Tally) Passes() bool { return t.Stands && (t.Single || t.Agreed) }

// Result is what the evidence on one key comes to on one day.
type Result struct {
	Listed    bool           // the key has an entry, perhaps with action allow
	Entry     taxonomy.Entry // zero when not listed
	Rule      Rule           // the step that decided
	Tested    taxonomy.Class // the nuisance class that was put to the test; 0 if none stood
	TestedSum Sum            // its sum, untyped support included
	Voices    int            // its voices
	Score     uint16         // permille, what TestedSum is worth
	Dispute   Dispute        // why the entry is contested

	Sums    [taxonomy.NumClasses]Sum // of each class's own evidence; orders the classes
	Tallies [taxonomy.NumClasses]Tally
}
