package charter

// Policy is what a federation decides about its list: the weights of voices,
// the thresholds, how evidence ages, and the bounds of what members may say.
// Maps of the written form are lists here, in the order of the codes.
type Policy struct {
	_                  struct{}       `cbor:",toarray"`
	RulesVersion       uint16         // of the rules of list and ballot; 1
	Weights            RoleWeights    // permille
	MemberWeights      []MemberWeight // beats the roles; ascending by member
	Confidence         Confidence
	HalfLifeDays       ByClass // 1 to 10,000
	LabelPermille      uint16
	SinglePermille     uint16 // single-source threshold
	VoicePermille      uint16
	ContestedMargin    int32 // in units of the sums
	HarmlessPermille   uint16
	FlagExpiryDays     ByClass // default of our own publish, from last seen
	ExpiryDays         ExpiryDays
	ExpiryMaxDays      ExpiryMaxDays
	RetractShare       uint16 // permille of an issuer's own live flags a day
	RetractShareMin    uint32
	RetractAcross      uint32 // single statements of a fellow issuer's a day
	Quotas             Quotas
	ContestHours       ContestHours
	RecontestDays      uint16
	BlockDelayHours    uint16
	BlockCap           BlockCap
	MaxFreeDigits      FreeDigits
	FlagMaxAgeDays     uint16
	CheckpointStaleSec uint32
}

// RoleWeights gives the weight in permille of the roles that may flag.
type RoleWeights struct {
	_                                              struct{} `cbor:",toarray"`
	Operator, MVNO, Vendor, Coordinator, Regulator uint16
}

// MemberWeight gives one member a weight of its own.
type MemberWeight struct {
	_        struct{} `cbor:",toarray"`
	Member   string
	Permille uint16
}

// Confidence turns counts into permille: n reports are worth
// floor(1000·n / (n + CountK)).
type Confidence struct {
	_                          struct{} `cbor:",toarray"`
	CountK, NoCount, Hand, Ask uint16
}

// ByClass holds a number of days for each class.
type ByClass struct {
	_                               struct{} `cbor:",toarray"`
	Crm, Har, Mkt, Oth, Unk, ID, OK uint16
}

// ExpiryDays holds the default life of statements other than flags.
type ExpiryDays struct {
	_                                                       struct{} `cbor:",toarray"`
	BlockAsk, BlockOwn, Reassign, Contest, Answer, Resource uint16
}

// ExpiryMaxDays bounds the life of statements from the day of their batch.
type ExpiryMaxDays struct {
	_                     struct{} `cbor:",toarray"`
	Flag, Block, Ratified uint16
}

// Quotas bounds what one issuer may say a day.
type Quotas struct {
	_                             struct{} `cbor:",toarray"`
	Contest, Reassign, Statements uint32
}

// ContestHours holds the time to answer a contest, in ledger hours.
type ContestHours struct {
	_              struct{} `cbor:",toarray"`
	Flag, Ratified uint16
}

// BlockCap bounds the ratified blocks of a range a day.
type BlockCap struct {
	_             struct{} `cbor:",toarray"`
	Permille, Min uint16
}

// FreeDigits bounds how broad a range may be, in free digits.
type FreeDigits struct {
	_                     struct{} `cbor:",toarray"`
	Flag, Block, Ratified uint8
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
