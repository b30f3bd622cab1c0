package harmonise

import (
	"fmt"

	"ringfence/store/taxonomy"
)

// Standing is how one piece of evidence takes part on a day.
type Standing uint8

// The standings. Their words stand in JSON and are append-only.
const (
	Counted    Standing = iota // it is its group's newest live flag of the category
	Silent                     // the same, with confidence 0: it adds nothing and hides older ones
	Superseded                 // its group has a newer live flag of the category
	Silenced                   // the same, and the newer one is silent
	NotYet                     // its first day is to come
	Expired                    // its last day has passed
	NoClass                    // its category belongs to no class
)

var standingWords = [...]string{
	Counted:    "counted",
	Silent:     "silent",
	Superseded: "superseded",
	Silenced:   "silenced",
	NotYet:     "not_yet",
	Expired:    "expired",
	NoClass:    "no_class",
}

// String returns the standing's word.
func (s Standing) String() string {
	if int(s) < len(standingWords) {
		return standingWords[s]
	}
	return fmt.Sprintf("standing(%d)", uint8(s))
}

// MarshalText returns the word that String gives.
func (s Standing) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText accepts the words that String gives.
func (s *Standing) UnmarshalText(text []byte) error {
	for i, w := range standingWords {
		if w == string(text) {
			*s = Standing(i)
			return nil
		}
	}
	return fmt.Errorf("harmonise: %q is no standing of evidence", text)
}

// Contribution is what one piece of evidence adds on a day, or would add if it
// counted: the figures are given for every standing, so that an explanation
// can say what a dead flag was worth.
type Contribution struct {
	Standing Standing
	By       int    // place of the newer evidence that supersedes or silences it; -1 if none
	Age      uint32 // days since last seen
	HalfLife uint16 // days, of its class
	Decayed  uint16 // permille, what is left of its confidence
	Strength uint16 // permille, weight times that
	Sum      Sum    // what the strength adds to a sum
	Voice    bool   // it counts and the decayed confidence is a voice
	Leads    bool   // it counts and is the strongest of its group in its class: the class's sum has it
}

// Weigh tells for each piece of evidence, in the order of ev, how it takes part
// on a day and what it is worth.
func (r *Rules) Weigh(ev []Evidence, day taxonomy.Day) []Contribution {
	all := make([]Contribution, len(ev))
	for i := range ev {
		all[i] = r.weighOne(&ev[i], day)
	}
	order := arrange(ev, make([]int32, 0, len(ev)))
	for i := 0; i < len(order); {
		run := runAt(ev, order[i:])
		supersede(all, run)
		i += len(run)
	}
	markLeaders(ev, order, all)
	return all
}

// weighOne judges one piece of evidence as if it were alone.
func (r *Rules) weighOne(e *Evidence, day taxonomy.Day) Contribution {
	class := e.Category.Class()
	if !class.Valid() {
		return Contribution{Standing: NoClass, By: -1}
	}
	c := Contribution{By: -1, Age: age(taxonomy.DayOf(e.LastSeen), day), HalfLife: r.halfLife[class]}
	c.Decayed = r.decay(e.Confidence, class, c.Age)
	c.Strength = strength(e.Weight, c.Decayed)
	c.Sum = SumOf(c.Strength)
	switch {
	case day >= e.Until:
		c.Standing = Expired
	case day < e.From:
		c.Standing = NotYet
	case e.Confidence == 0:
		c.Standing = Silent
	}
	c.Voice = c.Standing == Counted && c.Decayed >= r.thresholds.VoicePermille
	return c
}

// runAt returns the evidence at the head of order that is of one group and
// category.
func runAt(ev []Evidence, order []int32) []int32 {
	n := 1
	for n < len(order) && sameRun(&ev[order[0]], &ev[order[n]]) {
		n++
	}
	return order[:n]
}

// supersede marks the live evidence of a run that stands behind its newest.
func supersede(all []Contribution, run []int32) {
	newest := int32(-1)
	for _, i := range run {
		c := &all[i]
		switch {
		case c.Standing != Counted && c.Standing != Silent:
		case newest < 0:
			newest = i
		default:
			c.By, c.Voice, c.Standing = int(newest), false, Superseded
			if all[newest].Standing == Silent {
				c.Standing = Silenced
			}
		}
	}
}

// markLeaders marks, for each group and class, the strongest counted evidence;
// of several alike the one of the smallest category.
func markLeaders(ev []Evidence, order []int32, all []Contribution) {
	leader := int32(-1)
	for _, i := range order {
		if all[i].Standing != Counted || all[i].Strength == 0 {
			continue
		}
		same := leader >= 0 && ev[leader].Group == ev[i].Group && ev[leader].Category.Class() == ev[i].Category.Class()
		if same && all[i].Strength <= all[leader].Strength {
			continue
		}
		if same {
			all[leader].Leads = false
		}
		leader = i
		all[i].Leads = true
	}
}
