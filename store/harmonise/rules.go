package harmonise

import (
	"errors"
	"fmt"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// Version is the version of the rules that this package carries out.
const Version = 1

// ErrUpgradeNeeded says that the federation follows rules that this program
// does not know. Whoever gets it must stop following: a list made by other
// rules is another list.
var ErrUpgradeNeeded = errors.New("upgrade needed")

// lastHalving is the number of half-lives after which nothing is left.
const lastHalving = 10

// neededVoices is how many independent voices a label needs below the
// single-source threshold.
const neededVoices = 2

// full is the whole, in permille; maxStrength is just below it, since
// certainty would weigh without end.
const (
	full        = 1000
	maxStrength = full - 1
)

// Rules is a policy made ready for use. It does not change and is safe for
// concurrent use; make one with NewRules.
type Rules struct {
	thresholds Thresholds
	halfLife   [taxonomy.NumClasses]uint16 // days, at least 1 for every class
	expiry     policy.ByClass
	confidence policy.Confidence
}

// Thresholds are the bars that evidence must reach, for explanations.
type Thresholds struct {
	LabelPermille    uint16 // the sum that two voices need, as a strength
	SinglePermille   uint16 // the strength that labels alone
	VoicePermille    uint16 // the decayed confidence that makes a voice
	HarmlessPermille uint16 // the sum at which a harmless identity contests, as a strength
	Label            Sum    // LabelPermille as a sum
	Harmless         Sum    // HarmlessPermille as a sum
	Margin           Sum    // a class this close behind the shown one contests it
	Voices           int    // independent voices that a label needs: 2
}

// NewRules checks a policy and makes it ready. The error is ErrUpgradeNeeded
// for a rules version other than Version; every other error names the figure
// that is out of bounds, as policy.Validate does.
func NewRules(p policy.Policy) (*Rules, error) {
	if p.RulesVersion != Version {
		return nil, fmt.Errorf("harmonise: the policy follows rules version %d, this program knows version %d: %w",
			p.RulesVersion, Version, ErrUpgradeNeeded)
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("harmonise: %w", err)
	}
	r := &Rules{
		thresholds: Thresholds{
			LabelPermille:    p.LabelPermille,
			SinglePermille:   p.SinglePermille,
			VoicePermille:    p.VoicePermille,
			HarmlessPermille: p.HarmlessPermille,
			Label:            SumOf(p.LabelPermille),
			Harmless:         SumOf(p.HarmlessPermille),
			Margin:           Sum(p.ContestedMargin),
			Voices:           neededVoices,
		},
		expiry:     p.FlagExpiryDays,
		confidence: p.Confidence,
	}
	for c := taxonomy.Crm; c <= taxonomy.OK; c++ {
		r.halfLife[c] = p.HalfLifeDays.Of(c)
	}
	return r, nil
}

// Thresholds returns the bars of this policy.
func (r *Rules) Thresholds() Thresholds { return r.thresholds }

// Confidence returns the confidence in permille of a flag that rests on so
// many reports: floor(1000·n / (n + count_k)), close to the lower 95 % bound
// of n confirmed out of n. A count of 0 means that none was told and gives the
// policy's no_count.
func (r *Rules) Confidence(reports uint32) uint16 {
	if reports == 0 {
		return r.confidence.NoCount
	}
	n := uint64(reports)
	return uint16(full * n / (n + uint64(r.confidence.CountK)))
}

// HandConfidence returns the confidence in permille of a flag that a person
// of the publisher set by hand.
func (r *Rules) HandConfidence() uint16 { return r.confidence.Hand }

// AskConfidence returns the confidence in permille of a block that asks for
// ratification and so is evidence like a flag.
func (r *Rules) AskConfidence() uint16 { return r.confidence.Ask }

// ExpiryDays returns the default life of a flag of class c in days from the
// day it was last seen; 0 for no class.
func (r *Rules) ExpiryDays(c taxonomy.Class) uint16 { return r.expiry.Of(c) }

// HalfLifeDays returns the days in which confidence in class c halves; 0 for
// no class.
func (r *Rules) HalfLifeDays(c taxonomy.Class) uint16 {
	if !c.Valid() {
		return 0
	}
	return r.halfLife[c]
}

// decay returns what is left of a confidence in class c after age days.
func (r *Rules) decay(confidence uint16, c taxonomy.Class, age uint32) uint16 {
	half := uint32(r.halfLife[c])
	halvings, rest := age/half, age%half
	if halvings >= lastHalving {
		return 0
	}
	return uint16(uint32(confidence) * decayTable[256*rest/half] >> (16 + halvings))
}

// strength returns weight times decayed confidence in permille, at most 999.
func strength(weight, decayed uint16) uint16 {
	return uint16(min(maxStrength, uint32(weight)*uint32(decayed)/full))
}
