package harmonise

import (
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// misreadings are all that the oracle knows.
func misreadings() []misreading {
	return []misreading{
		productOfStrengths, newestPerClass, newestPerGroup, zeroIsAbsent, expiresInclusive,
		decayStrength, roundDecay, roundStrength, categoriesAdd,
		untypedSupportsCrm, untypedAdds, untypedIgnored, untypedCompetes,
		voiceByStrength, voiceTypedOnly, singleByR, singleStrict, labelStrict, oneVoiceEnough,
		shownByS, shownOfAll, tiesToLarger,
		harmlessByR, harmlessUnlabels, harmlessAdds, harmlessShownContest,
		marginStrict, marginAbsolute, categoryByStrongest, scoreOfShown, scoreOfR,
	}
}

const (
	loans   = taxonomy.Category(taxonomy.Mkt)<<8 | 1
	health  = taxonomy.Category(taxonomy.Mkt)<<8 | 9
	retail  = taxonomy.Category(taxonomy.Mkt)<<8 | 11
	silent  = taxonomy.Category(taxonomy.Har)<<8 | 4
	onering = taxonomy.Category(taxonomy.Har)<<8 | 1
	fraud   = taxonomy.Category(taxonomy.Crm)<<8 | 9
	survey  = taxonomy.Category(taxonomy.Oth)<<8 | 1
	courier = taxonomy.Category(taxonomy.ID)<<8 | 1
	org     = taxonomy.Category(taxonomy.ID)<<8 | 4
	fine    = taxonomy.Category(taxonomy.OK)<<8 | 1
)

// ownCase is a case beside the golden ones, worked by hand.
type ownCase struct {
	name      string
	label     uint16 // label_permille if not the default
	flags     []goldenFlag
	rule      Rule
	entry     taxonomy.Entry
	tested    int64
	voices    int
	score     int
	dispute   Dispute
	testedFor taxonomy.Class
}

func ownCases() []ownCase {
	mkt := func(action taxonomy.Action, c taxonomy.Category, contested bool) taxonomy.Entry {
		return taxonomy.Entry{Action: action, Class: taxonomy.Mkt, Category: c, Contested: contested}
	}
	return []ownCase{
		{name: "a newer flag of confidence 0 silences the older", flags: []goldenFlag{
			{"A", 650, retail, 800, 10}, {"A", 650, retail, 0, 1},
		}},
		{name: "an older flag of confidence 0 silences nothing", flags: []goldenFlag{
			{"A", 650, retail, 800, 0}, {"A", 650, retail, 0, 1},
		}, rule: SingleSource, entry: mkt(taxonomy.Label, retail, false), tested: int64(logTable[520]), voices: 1, score: 520, testedFor: taxonomy.Mkt},
		{name: "a sum exactly at the threshold labels", label: 600, flags: []goldenFlag{
			// 1 − (1 − 0.2)(1 − 0.5) is 0.6, and the table's values for the three agree.
			{"A", 200, retail, 1000, 0}, {"B", 500, retail, 1000, 0},
		}, rule: TwoVoices, entry: mkt(taxonomy.Label, retail, false), tested: 86634, voices: 2, score: 600, testedFor: taxonomy.Mkt},
		{name: "harmless evidence never takes a label away", flags: []goldenFlag{
			{"A", 420, retail, 500, 0}, {"B", 420, retail, 500, 0}, {"C", 850, courier, 1000, 0},
		}, rule: TwoVoices, entry: mkt(taxonomy.Label, retail, true), tested: 2 * int64(logTable[210]), voices: 2, score: 375,
			dispute: Dispute{Harmless: true}, testedFor: taxonomy.Mkt},
		{name: "id and ok of one group are one claim", flags: []goldenFlag{
			{"A", 420, retail, 800, 0}, {"B", 420, courier, 333, 0}, {"B", 420, fine, 333, 0},
		}, rule: BelowThreshold, entry: mkt(taxonomy.Allow, retail, false), tested: int64(logTable[336]), voices: 1, score: 336, testedFor: taxonomy.Mkt},
		{name: "two weaker desks name the category", flags: []goldenFlag{
			{"A", 420, retail, 333, 0}, {"B", 420, retail, 333, 0}, {"C", 420, health, 428, 0},
		}, rule: TwoVoices, entry: mkt(taxonomy.Label, retail, false), tested: 2*int64(logTable[139]) + int64(logTable[179]), voices: 3, score: 391, testedFor: taxonomy.Mkt},
	}
}

func (c ownCase) policy() policy.Policy {
	p := policy.Default()
	if c.label != 0 {
		p.LabelPermille, p.SinglePermille = c.label, 1000
	}
	return p
}

func (c ownCase) rules(t *testing.T) *Rules {
	t.Helper()
	r, err := NewRules(c.policy())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (c ownCase) agrees(f finding) bool {
	return f.listed == !c.entry.IsZero() && f.entry == c.entry && f.tested == c.tested && f.voices == c.voices && f.score == c.score
}

func TestOwnCases(t *testing.T) {
	for _, c := range ownCases() {
		t.Run(c.name, func(t *testing.T) {
			r := c.rules(t)
			got := r.Harmonise(goldenCase{Flags: c.flags}.evidence(r), today, false)
			if !c.agrees(asFinding(got)) || got.Rule != c.rule || got.Dispute != c.dispute || got.Tested != c.testedFor {
				t.Errorf("got %+v\nwant %+v", got, c)
			}
		})
	}
}

// TestEveryMisreadingIsCaught holds that for each mistake that one could make
// with the text in hand some case comes out otherwise.
func TestEveryMisreadingIsCaught(t *testing.T) {
	r := defaultRules(t)
	golden := goldenCases(t)
	for _, m := range misreadings() {
		caught := 0
		for _, c := range golden {
			o := oracle{policy: policy.Default(), misread: m}
			if !c.agrees(o.find(c.evidence(r), today, false)) {
				caught++
			}
		}
		for _, c := range ownCases() {
			o := oracle{policy: c.policy(), misread: m}
			if !c.agrees(o.find(goldenCase{Flags: c.flags}.evidence(c.rules(t)), today, false)) {
				caught++
			}
		}
		if caught == 0 {
			t.Errorf("no case catches: %s", m)
		}
	}
}
