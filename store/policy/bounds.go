package policy

import (
	"fmt"
	"math"

	"ringfence/store/number"
)

// RulesVersion is the version of the rules of list and ballot that this
// program knows. It stops at a policy that names another.
const RulesVersion = 1

// Bounds of the policy's figures. They keep sums inside 64 bits and lives
// inside the calendar; whether a value is wise is the federation's to judge.
const (
	maxPermille = 1000
	maxShift    = 999 // the table of logarithms ends here
	maxDays     = 10_000
	maxHours    = 8_760
	maxMargin   = 1 << 24
	maxCount    = 1_000_000_000
	maxFree     = number.MaxDigits - 1
	maxStale    = 7 * 86_400
)

// RepeatDays is how long an issuer must wait before it says a reassign or a
// contest of one number again.
const RepeatDays = 90

// DecisionDays returns for how many days from its batch a contest or an answer must last
// at least: what decides about other statements must outlive them, for its opening may be
// erased when it has expired.
func (p *Policy) DecisionDays() uint16 {
	return max(p.ExpiryMaxDays.Flag, p.ExpiryMaxDays.Block) + RepeatDays + 1
}

// figure is one number of a policy with the bounds that it must keep.
type figure struct {
	place string // as in the written form
	value int64
	least int64
	most  int64
}

// Validate checks that p names rules this program knows and that every figure
// lies within its bounds. The error names the figure as the written form does:
// policy.half_life_days.crm.
func (p *Policy) Validate() error {
	if p.RulesVersion != RulesVersion {
		return fmt.Errorf("policy.rules_version: version %d is unknown; this program knows %d: upgrade needed", p.RulesVersion, RulesVersion)
	}
	for _, list := range [...][]figure{p.thresholds(), p.lives(), p.limits()} {
		for _, f := range list {
			if f.value < f.least || f.value > f.most {
				return fmt.Errorf("policy.%s: %d is outside %d to %d", f.place, f.value, f.least, f.most)
			}
		}
	}
	for i, w := range p.MemberWeights {
		switch {
		case w.Permille > maxPermille:
			return fmt.Errorf("policy.member_weights[%d].permille: %d is outside 0 to %d", i, w.Permille, maxPermille)
		case i > 0 && p.MemberWeights[i-1].Member >= w.Member:
			return fmt.Errorf("policy.member_weights[%d].member: %.64q stands twice or out of order", i, w.Member)
		}
	}
	return nil
}

// thresholds returns what weighs evidence. A threshold of 0 would be passed by
// nothing at all, and one above 999 has no logarithm.
func (p *Policy) thresholds() []figure {
	w, c := &p.Weights, &p.Confidence
	return []figure{
		{"weights_permille.operator", int64(w.Operator), 0, maxPermille},
		{"weights_permille.mvno", int64(w.MVNO), 0, maxPermille},
		{"weights_permille.vendor", int64(w.Vendor), 0, maxPermille},
		{"weights_permille.coordinator", int64(w.Coordinator), 0, maxPermille},
		{"weights_permille.regulator", int64(w.Regulator), 0, maxPermille},
		{"confidence.count_k", int64(c.CountK), 1, maxPermille},
		{"confidence.no_count", int64(c.NoCount), 0, maxPermille},
		{"confidence.hand", int64(c.Hand), 0, maxPermille},
		{"confidence.ask", int64(c.Ask), 0, maxPermille},
		{"label_permille", int64(p.LabelPermille), 1, maxShift},
		{"single_source_permille", int64(p.SinglePermille), 1, maxPermille},
		{"voice_permille", int64(p.VoicePermille), 1, maxPermille},
		{"contested_margin", int64(p.ContestedMargin), 0, maxMargin},
		{"harmless_permille", int64(p.HarmlessPermille), 1, maxShift},
	}
}

// lives returns how evidence ages and how long statements last. A reassign
// must outlive every flag that it voids, and every one that a repetition of it
// would have voided: after its expiry its opening may be gone.
func (p *Policy) lives() []figure {
	e, most := &p.ExpiryDays, &p.ExpiryMaxDays
	f := []figure{
		{"expiry_max_days.flag", int64(most.Flag), 1, maxDays},
		{"expiry_max_days.block", int64(most.Block), 1, maxDays},
		{"expiry_max_days.ratified", int64(most.Ratified), 1, maxDays},
		{"expiry_days.block_ask", int64(e.BlockAsk), 1, int64(most.Block)},
		{"expiry_days.block_own", int64(e.BlockOwn), 1, int64(most.Block)},
		{"expiry_days.reassign", int64(e.Reassign), int64(max(most.Flag, most.Block)) + RepeatDays + 1, maxDays},
		{"expiry_days.contest", int64(e.Contest), 1, maxDays},
		{"expiry_days.answer", int64(e.Answer), 1, maxDays},
		{"expiry_days.resource", int64(e.Resource), 1, maxDays},
		{"flag_max_age_days", int64(p.FlagMaxAgeDays), 1, maxDays},
	}
	f = append(f, p.HalfLifeDays.figures("half_life_days", maxDays)...)
	return append(f, p.FlagExpiryDays.figures("flag_expiry_days", int64(most.Flag))...)
}

func (b *ByClass) figures(place string, most int64) []figure {
	return []figure{
		{place + ".crm", int64(b.Crm), 1, most},
		{place + ".har", int64(b.Har), 1, most},
		{place + ".mkt", int64(b.Mkt), 1, most},
		{place + ".oth", int64(b.Oth), 1, most},
		{place + ".unk", int64(b.Unk), 1, most},
		{place + ".id", int64(b.ID), 1, most},
		{place + ".ok", int64(b.OK), 1, most},
	}
}

// limits returns how much may be said and how broadly.
func (p *Policy) limits() []figure {
	return []figure{
		{"retract_share_permille", int64(p.RetractShare), 0, maxPermille},
		{"retract_share_min", int64(p.RetractShareMin), 0, maxCount},
		{"retract_across_feeds_a_day", int64(p.RetractAcross), 0, maxCount},
		{"quota_a_day.contest", int64(p.Quotas.Contest), 1, maxCount},
		{"quota_a_day.reassign", int64(p.Quotas.Reassign), 1, maxCount},
		{"quota_a_day.statements", int64(p.Quotas.Statements), 1, maxCount},
		{"contest_deadline_hours.flag", int64(p.ContestHours.Flag), 1, maxHours},
		{"contest_deadline_hours.ratified", int64(p.ContestHours.Ratified), 1, maxHours},
		{"recontest_days", int64(p.RecontestDays), 0, maxDays},
		{"ratified_block_delay_hours", int64(p.BlockDelayHours), 0, maxHours},
		{"ratified_block_cap.permille_of_range_a_day", int64(p.BlockCap.Permille), 0, maxPermille},
		{"ratified_block_cap.min", int64(p.BlockCap.Min), 0, math.MaxUint16},
		{"max_free_digits.flag", int64(p.MaxFreeDigits.Flag), 0, maxFree},
		{"max_free_digits.block", int64(p.MaxFreeDigits.Block), 0, maxFree},
		{"max_free_digits.ratified", int64(p.MaxFreeDigits.Ratified), 0, maxFree},
		{"checkpoint_stale_seconds", int64(p.CheckpointStaleSec), 1, maxStale},
	}
}
