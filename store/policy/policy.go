// Package policy is what a federation decides about its list: the weights of
// voices, the thresholds, how evidence ages, and the bounds of what members may
// say.
//
// Every node must come to the same list, so a policy is part of the charter,
// signed and in integers, and changes only by a motion. People write it as
// YAML under names that say their units. Both forms are one type here, and one
// table of bounds guards both: a figure is either refused by name or lies where
// no sum overflows and no rule becomes senseless. Whether a value is wise is
// the federation's to judge; Default argues for one.
//
// Floor 1. It knows no member and no evidence: who is meant by a member ID is
// the charter's to check, what a figure does to evidence is the list's.
package policy

import (
	"ringfence/store/taxonomy"
)

// Policy is what a federation decides about its list: the weights of voices,
// the thresholds, how evidence ages, and the bounds of what members may say.
// In a charter it is an array in the order of the fields, with the classes and
// roles in the order of their codes; as people write it (see Read) it is
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

// Trusted is the weight, in permille, of a member that the founders call
// trusted: a list without counts from a country's only source.
const Trusted = 850

// MemberWeight gives one member a weight of its own. A policy file may say
// "trusted" in place of the value of Trusted.
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

// Default returns the policy that a new federation begins with. The
// values are argued in docs/policy.md.
func Default() Policy {
	return Policy{
		RulesVersion:       1,
		MemberWeights:      []MemberWeight{},
		Weights:            RoleWeights{Operator: 650, MVNO: 550, Vendor: 420, Coordinator: 500, Regulator: 850},
		Confidence:         Confidence{CountK: 4, NoCount: 550, Hand: 800, Ask: 800},
		HalfLifeDays:       ByClass{Crm: 60, Har: 60, Mkt: 120, Oth: 90, Unk: 60, ID: 180, OK: 120},
		LabelPermille:      280,
		SinglePermille:     430,
		VoicePermille:      250,
		ContestedMargin:    8192,
		HarmlessPermille:   150,
		FlagExpiryDays:     ByClass{Crm: 90, Har: 90, Mkt: 180, Oth: 135, Unk: 90, ID: 270, OK: 180},
		ExpiryDays:         ExpiryDays{BlockAsk: 90, BlockOwn: 30, Reassign: 3650, Contest: 90, Answer: 90, Resource: 365},
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
