package charter

import (
	"fmt"
	"math"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Policy is what a federation decides about its list: the weights of voices,
// the thresholds, how evidence ages, and the bounds of what members may say.
// In a charter it is an array in the order of the fields, with the classes and
// roles in the order of their codes; as people write it (see ReadPolicy) it is
// a map under the names in the tags. docs/policy.md explains every figure.
type Policy struct {
	_                  struct{}       `cbor:",toarray"`
	RulesVersion       uint16         `json:"rules_version" yaml:"rules_version"`                           // of the rules of list and ballot
	Weights            RoleWeights    `json:"weights_permille" yaml:"weights_permille,flow"`                // of the roles that may flag
	MemberWeights      []MemberWeight `json:"member_weights" yaml:"member_weights"`                         // beats the roles; ascending by member
	Confidence         Confidence     `json:"confidence" yaml:"confidence,flow"`                            // permille
	HalfLifeDays       ByClass        `json:"half_life_days" yaml:"half_life_days,flow"`                    // 1 to 10,000
	LabelPermille      uint16         `json:"label_permille" yaml:"label_permille"`                         // two voices label from here
	SinglePermille     uint16         `json:"single_source_permille" yaml:"single_source_permille"`         // one group alone labels from here
	VoicePermille      uint16         `json:"voice_permille" yaml:"voice_permille"`                         // a group is a voice from here
	ContestedMargin    int32          `json:"contested_margin" yaml:"contested_margin"`                     // in units of the sums
	HarmlessPermille   uint16         `json:"harmless_permille" yaml:"harmless_permille"`                   // harmless evidence contests from here
	FlagExpiryDays     ByClass        `json:"flag_expiry_days" yaml:"flag_expiry_days,flow"`                // default, from last seen
	ExpiryDays         ExpiryDays     `json:"expiry_days" yaml:"expiry_days,flow"`                          // defaults of other kinds
	ExpiryMaxDays      ExpiryMaxDays  `json:"expiry_max_days" yaml:"expiry_max_days,flow"`                  // from the day of the batch
	RetractShare       uint16         `json:"retract_share_permille" yaml:"retract_share_permille"`         // of an issuer's own live flags a day
	RetractShareMin    uint32         `json:"retract_share_min" yaml:"retract_share_min"`                   // but never fewer than this
	RetractAcross      uint32         `json:"retract_across_feeds_a_day" yaml:"retract_across_feeds_a_day"` // single statements of a fellow issuer's
	Quotas             Quotas         `json:"quota_a_day" yaml:"quota_a_day,flow"`                          // of one issuer
	ContestHours       ContestHours   `json:"contest_deadline_hours" yaml:"contest_deadline_hours,flow"`    // ledger hours
	RecontestDays      uint16         `json:"recontest_days" yaml:"recontest_days"`                         // after an upheld answer
	BlockDelayHours    uint16         `json:"ratified_block_delay_hours" yaml:"ratified_block_delay_hours"` // ledger hours
	BlockCap           BlockCap       `json:"ratified_block_cap" yaml:"ratified_block_cap,flow"`
	MaxFreeDigits      FreeDigits     `json:"max_free_digits" yaml:"max_free_digits,flow"`
	FlagMaxAgeDays     uint16         `json:"flag_max_age_days" yaml:"flag_max_age_days"`               // an older observation is void
	CheckpointStaleSec uint32         `json:"checkpoint_stale_seconds" yaml:"checkpoint_stale_seconds"` // alarm; faces follow local policy
}

// RoleWeights gives the weight in permille of the roles that may flag.
type RoleWeights struct {
	_           struct{} `cbor:",toarray"`
	Operator    uint16   `json:"operator" yaml:"operator"`
	MVNO        uint16   `json:"mvno" yaml:"mvno"`
	Vendor      uint16   `json:"vendor" yaml:"vendor"`
	Coordinator uint16   `json:"coordinator" yaml:"coordinator"`
	Regulator   uint16   `json:"regulator" yaml:"regulator"`
}

// TrustedPermille is the weight of a member that the founders call trusted: a
// list without counts from a country's only source.
const TrustedPermille = 850

// MemberWeight gives one member a weight of its own. A policy file may say
// "trusted" in place of TrustedPermille.
type MemberWeight struct {
	_        struct{} `cbor:",toarray"`
	Member   string   `json:"member" yaml:"member"` // member ID
	Permille uint16   `json:"permille" yaml:"permille"`
}

// Confidence turns counts into permille: n reports are worth
// floor(1000·n / (n + CountK)).
type Confidence struct {
	_       struct{} `cbor:",toarray"`
	CountK  uint16   `json:"count_k" yaml:"count_k"`
	NoCount uint16   `json:"no_count" yaml:"no_count"` // of a list that gives no counts
	Hand    uint16   `json:"hand" yaml:"hand"`         // of a flag that a person made
	Ask     uint16   `json:"ask" yaml:"ask"`           // of a block that asks for ratification
}

// ByClass holds a number of days for each class.
type ByClass struct {
	_   struct{} `cbor:",toarray"`
	Crm uint16   `json:"crm" yaml:"crm"`
	Har uint16   `json:"har" yaml:"har"`
	Mkt uint16   `json:"mkt" yaml:"mkt"`
	Oth uint16   `json:"oth" yaml:"oth"`
	Unk uint16   `json:"unk" yaml:"unk"`
	ID  uint16   `json:"id" yaml:"id"`
	OK  uint16   `json:"ok" yaml:"ok"`
}

// ExpiryDays holds the default life of statements other than flags.
type ExpiryDays struct {
	_        struct{} `cbor:",toarray"`
	BlockAsk uint16   `json:"block_ask" yaml:"block_ask"`
	BlockOwn uint16   `json:"block_own" yaml:"block_own"`
	Reassign uint16   `json:"reassign" yaml:"reassign"`
	Contest  uint16   `json:"contest" yaml:"contest"`
	Answer   uint16   `json:"answer" yaml:"answer"`
	Resource uint16   `json:"resource" yaml:"resource"`
}

// ExpiryMaxDays bounds the life of statements from the day of their batch.
type ExpiryMaxDays struct {
	_        struct{} `cbor:",toarray"`
	Flag     uint16   `json:"flag" yaml:"flag"`
	Block    uint16   `json:"block" yaml:"block"`
	Ratified uint16   `json:"ratified" yaml:"ratified"`
}

// Quotas bounds what one issuer may say a day.
type Quotas struct {
	_          struct{} `cbor:",toarray"`
	Contest    uint32   `json:"contest" yaml:"contest"`
	Reassign   uint32   `json:"reassign" yaml:"reassign"`
	Statements uint32   `json:"statements" yaml:"statements"`
}

// ContestHours holds the time to answer a contest, in ledger hours.
type ContestHours struct {
	_        struct{} `cbor:",toarray"`
	Flag     uint16   `json:"flag" yaml:"flag"`
	Ratified uint16   `json:"ratified" yaml:"ratified"`
}

// BlockCap bounds the ratified blocks of a range a day: a share of its numbers,
// but never fewer than Min.
type BlockCap struct {
	_        struct{} `cbor:",toarray"`
	Permille uint16   `json:"permille_of_range_a_day" yaml:"permille_of_range_a_day"`
	Min      uint16   `json:"min" yaml:"min"`
}

// FreeDigits bounds how broad a range may be, in free digits.
type FreeDigits struct {
	_        struct{} `cbor:",toarray"`
	Flag     uint8    `json:"flag" yaml:"flag"`
	Block    uint8    `json:"block" yaml:"block"`
	Ratified uint8    `json:"ratified" yaml:"ratified"`
}

// DefaultPolicy returns the policy that a new federation begins with. The
// values are argued in docs/policy.md.
func DefaultPolicy() Policy {
	return Policy{
		RulesVersion:       1,
		Weights:            RoleWeights{Operator: 650, MVNO: 550, Vendor: 420, Coordinator: 500, Regulator: 850},
		Confidence:         Confidence{CountK: 4, NoCount: 550, Hand: 800, Ask: 800},
		HalfLifeDays:       ByClass{Crm: 60, Har: 60, Mkt: 120, Oth: 90, Unk: 60, ID: 180, OK: 120},
		LabelPermille:      280,
		SinglePermille:     430,
		VoicePermille:      250,
		ContestedMargin:    8192,
		HarmlessPermille:   150,
		FlagExpiryDays:     ByClass{Crm: 90, Har: 90, Mkt: 180, Oth: 135, Unk: 90, ID: 270, OK: 180},
		ExpiryDays:         ExpiryDays{BlockAsk: 90, BlockOwn: 30, Reassign: 400, Contest: 90, Answer: 90, Resource: 365},
		ExpiryMaxDays:      ExpiryMaxDays{Flag: 365, Block: 365, Ratified: 365},
		RetractShare:       50,
		RetractShareMin:    1000,
		RetractAcross:      100,
		Quotas:             Quotas{Contest: 500, Reassign: 200000, Statements: 20000000},
		ContestHours:       ContestHours{Flag: 72, Ratified: 120},
		RecontestDays:      90,
		BlockDelayHours:    24,
		BlockCap:           BlockCap{Permille: 50, Min: 100},
		MaxFreeDigits:      FreeDigits{Flag: 4, Block: 4, Ratified: 6},
		FlagMaxAgeDays:     365,
		CheckpointStaleSec: 600,
	}
}

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
			return fmt.Errorf("policy.member_weights[%d].member: %q stands twice or out of order", i, clip(w.Member))
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
// must outlive every flag that it voids.
func (p *Policy) lives() []figure {
	e, most := &p.ExpiryDays, &p.ExpiryMaxDays
	f := []figure{
		{"expiry_max_days.flag", int64(most.Flag), 1, maxDays},
		{"expiry_max_days.block", int64(most.Block), 1, maxDays},
		{"expiry_max_days.ratified", int64(most.Ratified), 1, maxDays},
		{"expiry_days.block_ask", int64(e.BlockAsk), 1, int64(most.Block)},
		{"expiry_days.block_own", int64(e.BlockOwn), 1, int64(most.Block)},
		{"expiry_days.reassign", int64(e.Reassign), int64(most.Flag), maxDays},
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

// Of returns the days of class cl; 0 for no class.
func (b *ByClass) Of(cl taxonomy.Class) uint16 {
	if !cl.Valid() {
		return 0
	}
	return [taxonomy.NumClasses]uint16{
		taxonomy.Crm: b.Crm, taxonomy.Har: b.Har, taxonomy.Mkt: b.Mkt, taxonomy.Oth: b.Oth,
		taxonomy.Unk: b.Unk, taxonomy.ID: b.ID, taxonomy.OK: b.OK,
	}[cl]
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
