package harmonise

import (
	"maps"
	"math/big"
	"slices"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// oracle is a second implementation of the rules, written from their text for
// obviousness: maps, one step after another, no shortcuts. With misread set it
// makes one plausible mistake, so that tests can show that the cases would
// catch it.
type oracle struct {
	policy  policy.Policy
	misread misreading
}

type misreading string

const (
	productOfStrengths   misreading = "strengths combine as rounded products"
	newestPerClass       misreading = "the newest flag of each class, not of each category"
	newestPerGroup       misreading = "the newest flag of each group"
	zeroIsAbsent         misreading = "confidence 0 is no flag at all"
	expiresInclusive     misreading = "the expiry day still counts"
	decayStrength        misreading = "strength decays, not confidence"
	roundDecay           misreading = "decayed confidence is rounded to nearest"
	roundStrength        misreading = "strength is rounded to nearest"
	categoriesAdd        misreading = "a group's categories add up within a class"
	untypedSupportsCrm   misreading = "untyped evidence supports crm"
	untypedAdds          misreading = "untyped evidence adds to a group's typed evidence"
	untypedIgnored       misreading = "untyped evidence supports nothing"
	untypedCompetes      misreading = "unk stands beside typed classes"
	voiceByStrength      misreading = "voices are counted by strength"
	voiceTypedOnly       misreading = "untyped evidence is no voice for a typed class"
	singleByR            misreading = "a single source needs the strength in the class itself"
	singleStrict         misreading = "a single source must exceed the threshold"
	labelStrict          misreading = "the sum must exceed the threshold"
	oneVoiceEnough       misreading = "one voice suffices for the sum"
	shownByS             misreading = "the class with the largest tested sum is shown"
	shownOfAll           misreading = "the strongest class is shown even if another passes"
	tiesToLarger         misreading = "ties go to the larger code"
	harmlessByR          misreading = "a harmless class must exceed the nuisance class's own sum"
	harmlessUnlabels     misreading = "a harmless class displaces a label"
	harmlessAdds         misreading = "id and ok of one group add up"
	harmlessShownContest misreading = "a harmless class that is shown is not contested"
	marginStrict         misreading = "a class exactly at the margin does not contest"
	marginAbsolute       misreading = "a stronger class outside the margin does not contest"
	categoryByStrongest  misreading = "the category of the strongest single flag"
	scoreOfShown         misreading = "the score is that of the harmless class shown"
	scoreOfR             misreading = "the score leaves out untyped support"
)

// finding is what the oracle makes of a key.
type finding struct {
	listed bool
	entry  taxonomy.Entry
	tested int64
	voices int
	score  int
	sums   map[taxonomy.Class]int64
}

// strong is one counted flag after decay.
type strong struct {
	e, s int64
}

type groupCategory struct {
	group    uint16
	category taxonomy.Category
}

type groupClass struct {
	group uint16
	class taxonomy.Class
}

var typedClasses = []taxonomy.Class{taxonomy.Crm, taxonomy.Har, taxonomy.Mkt, taxonomy.Oth}

func (o oracle) is(m misreading) bool { return o.misread == m }

// newestLive is step 1.
func (o oracle) newestLive(ev []Evidence, day taxonomy.Day) map[groupCategory]Evidence {
	newest := map[groupCategory]Evidence{}
	for _, e := range ev {
		live := e.From <= day && day < e.Until
		if o.is(expiresInclusive) {
			live = e.From <= day && day <= e.Until
		}
		if !live || o.is(zeroIsAbsent) && e.Confidence == 0 {
			continue
		}
		key := groupCategory{e.Group, e.Category}
		if o.is(newestPerClass) {
			key.category &= 0xFF00
		}
		if o.is(newestPerGroup) {
			key.category = 0
		}
		if held, ok := newest[key]; !ok || slices.Compare(ageKey(e), ageKey(held)) > 0 {
			newest[key] = e
		}
	}
	return newest
}

func ageKey(e Evidence) []int64 {
	return []int64{e.LastSeen, e.BatchTime, int64(e.IssuerRank), int64(e.Epoch), int64(e.Sequence), int64(e.Index)}
}

// decayed is step 2, in big integers.
func (o oracle) decayed(e Evidence, day taxonomy.Day) strong {
	half := int64(halfLives(o.policy)[e.Category.Class()])
	age := max(0, int64(day)-max(e.LastSeen, 0)/86400)
	shrink := func(c int64) int64 {
		q, r := age/half, age%half
		if q >= 10 {
			return 0
		}
		v := new(big.Int).Mul(big.NewInt(c), big.NewInt(int64(decayTable[256*r/half])))
		shift := uint(16 + q)
		if o.is(roundDecay) {
			v.Add(v, new(big.Int).Lsh(big.NewInt(1), shift-1))
		}
		return v.Rsh(v, shift).Int64()
	}
	if o.is(decayStrength) {
		return strong{e: shrink(int64(e.Confidence)), s: min(999, shrink(int64(e.Weight)*int64(e.Confidence)/1000))}
	}
	left := shrink(int64(e.Confidence))
	if o.is(roundStrength) {
		return strong{e: left, s: min(999, (int64(e.Weight)*left+500)/1000)}
	}
	return strong{e: left, s: min(999, int64(e.Weight)*left/1000)}
}

func halfLives(p policy.Policy) map[taxonomy.Class]uint16 {
	h := p.HalfLifeDays
	return map[taxonomy.Class]uint16{1: h.Crm, 2: h.Har, 3: h.Mkt, 4: h.Oth, 5: h.Unk, 6: h.ID, 7: h.OK}
}

// combine adds independent strengths.
func (o oracle) combine(strengths []int64) int64 {
	if o.is(productOfStrengths) {
		miss := int64(1000)
		for _, s := range strengths {
			miss = miss * (1000 - s) / 1000
		}
		return int64(logTable[min(1000-miss, 999)])
	}
	var sum int64
	for _, s := range strengths {
		sum += int64(logTable[s])
	}
	return sum
}

// stage holds steps 2 to 4 of one key.
type stage struct {
	groups     map[uint16]bool
	byCategory map[taxonomy.Category][]strong
	best       map[groupClass]strong
}

func (o oracle) stage(ev []Evidence, day taxonomy.Day) stage {
	st := stage{map[uint16]bool{}, map[taxonomy.Category][]strong{}, map[groupClass]strong{}}
	for _, e := range o.newestLive(ev, day) {
		v := o.decayed(e, day)
		st.groups[e.Group] = true
		st.byCategory[e.Category] = append(st.byCategory[e.Category], v)
		key := groupClass{e.Group, e.Category.Class()}
		held := st.best[key]
		if o.is(categoriesAdd) {
			st.best[key] = strong{max(held.e, v.e), min(999, held.s+v.s)}
		} else {
			st.best[key] = strong{max(held.e, v.e), max(held.s, v.s)}
		}
	}
	return st
}

// tested is what a class comes to with its support.
type tested struct {
	class   taxonomy.Class
	r, s    int64
	voices  int
	passes  bool
	largest int64
}

func (o oracle) r(st stage, k taxonomy.Class) int64 {
	var all []int64
	for g := range st.groups {
		all = append(all, st.best[groupClass{g, k}].s)
	}
	return o.combine(all)
}

// test is steps 4 and 5 for one class.
func (o oracle) test(st stage, k taxonomy.Class) tested {
	t := tested{class: k, r: o.r(st, k)}
	var us []int64
	for g := range st.groups {
		own, unk := st.best[groupClass{g, k}], st.best[groupClass{g, taxonomy.Unk}]
		u, e := own.s, own.e
		if o.is(voiceByStrength) {
			e = own.s
			unk.e = unk.s
		}
		if (k != taxonomy.Crm || o.is(untypedSupportsCrm)) && !o.is(untypedIgnored) {
			u = max(u, unk.s)
			if o.is(untypedAdds) && k != taxonomy.Unk {
				u = min(999, own.s+unk.s)
			}
			if !o.is(voiceTypedOnly) {
				e = max(e, unk.e)
			}
		}
		us = append(us, u)
		if e >= int64(o.policy.VoicePermille) {
			t.voices++
		}
		if o.is(singleByR) {
			u = own.s
		}
		t.largest = max(t.largest, u)
	}
	t.s = o.combine(us)
	single := t.largest >= int64(o.policy.SinglePermille)
	if o.is(singleStrict) {
		single = t.largest > int64(o.policy.SinglePermille)
	}
	enough := t.s >= int64(logTable[o.policy.LabelPermille])
	if o.is(labelStrict) {
		enough = t.s > int64(logTable[o.policy.LabelPermille])
	}
	needed := 2
	if o.is(oneVoiceEnough) {
		needed = 1
	}
	t.passes = single || t.voices >= needed && enough
	return t
}

func (o oracle) candidates(st stage) []tested {
	var all []tested
	for _, k := range typedClasses {
		if o.r(st, k) > 0 {
			all = append(all, o.test(st, k))
		}
	}
	if len(all) == 0 || o.is(untypedCompetes) {
		all = append(all, o.test(st, taxonomy.Unk))
	}
	return all
}

func (o oracle) beats(a, b int64) bool {
	if o.is(tiesToLarger) {
		return a >= b
	}
	return a > b
}

// strongest picks from tests, which stand in the order of the codes.
func (o oracle) strongest(all []tested) tested {
	best := all[0]
	for _, t := range all[1:] {
		if o.is(shownByS) {
			if o.beats(t.s, best.s) {
				best = t
			}
		} else if o.beats(t.r, best.r) {
			best = t
		}
	}
	return best
}

// find carries out the rules for one key and day.
func (o oracle) find(ev []Evidence, day taxonomy.Day, contest bool) finding {
	st := o.stage(ev, day)
	f := finding{sums: map[taxonomy.Class]int64{}}
	for k := taxonomy.Crm; k <= taxonomy.OK; k++ {
		if r := o.r(st, k); r > 0 {
			f.sums[k] = r
			f.listed = true
		}
	}
	if !f.listed {
		return f
	}
	all := o.candidates(st)
	passing := slices.DeleteFunc(slices.Clone(all), func(t tested) bool { return !t.passes })
	top := o.strongest(all)
	if len(passing) > 0 && !(o.is(shownOfAll) && !top.passes) {
		top = o.strongest(passing)
		f.entry.Action = taxonomy.Label
	}
	f.entry.Class = top.class
	if top.r > 0 {
		f.tested, f.voices = top.s, top.voices
	}
	if o.is(scoreOfR) {
		f.tested = top.r
	}
	if f.entry.Action == taxonomy.Allow || o.is(harmlessUnlabels) {
		o.harmless(&f, top)
	}
	f.entry.Category = o.category(st, f.entry.Class)
	f.entry.Contested = contest || o.contested(st, f)
	for s := range logTable {
		if int64(logTable[s]) <= f.tested {
			f.score = s
		}
	}
	return f
}

func (o oracle) harmless(f *finding, top tested) {
	over := top.s
	if o.is(harmlessByR) {
		over = top.r
	}
	for _, k := range []taxonomy.Class{taxonomy.ID, taxonomy.OK} {
		r := f.sums[k]
		if r > over || o.is(tiesToLarger) && r == over && f.entry.Class == taxonomy.ID {
			f.entry.Class, f.entry.Action, over = k, taxonomy.Allow, r
			if o.is(scoreOfShown) {
				f.tested = r
			}
		}
	}
}

// category is step 7.
func (o oracle) category(st stage, class taxonomy.Class) taxonomy.Category {
	best, bestSum := taxonomy.Category(0), int64(-1)
	for _, c := range slices.Sorted(maps.Keys(st.byCategory)) {
		if c.Class() != class {
			continue
		}
		var sum int64
		for _, v := range st.byCategory[c] {
			if o.is(categoryByStrongest) {
				sum = max(sum, v.s)
			} else {
				sum += int64(logTable[v.s])
			}
		}
		if sum > 0 && o.beats(sum, bestSum) {
			best, bestSum = c, sum
		}
	}
	return best
}

// contested is step 8 without the open contest.
func (o oracle) contested(st stage, f finding) bool {
	var nuisance, harmless int64
	for k := taxonomy.Crm; k <= taxonomy.Unk; k++ {
		nuisance += f.sums[k]
	}
	for g := range st.groups {
		id, ok := st.best[groupClass{g, taxonomy.ID}].s, st.best[groupClass{g, taxonomy.OK}].s
		if o.is(harmlessAdds) {
			harmless += int64(logTable[id]) + int64(logTable[ok])
		} else {
			harmless += int64(logTable[max(id, ok)])
		}
	}
	if nuisance > 0 && harmless >= int64(logTable[o.policy.HarmlessPermille]) &&
		!(o.is(harmlessShownContest) && !f.entry.Class.Nuisance()) {
		return true
	}
	for _, k := range typedClasses {
		if k == f.entry.Class || f.sums[k] == 0 {
			continue
		}
		gap := f.sums[f.entry.Class] - f.sums[k]
		if o.is(marginAbsolute) {
			gap = max(gap, -gap)
		}
		if gap < int64(o.policy.ContestedMargin) || gap == int64(o.policy.ContestedMargin) && !o.is(marginStrict) {
			return true
		}
	}
	return false
}

// nextChange asks day by day.
func (o oracle) nextChange(ev []Evidence, day taxonomy.Day, contest bool) taxonomy.Day {
	now := o.find(ev, day, contest).entry
	end := day
	for _, e := range ev {
		gone := max(taxonomy.DayOf(e.LastSeen), day) + 10*taxonomy.Day(halfLives(o.policy)[e.Category.Class()])
		if e.From < e.Until {
			end = max(end, min(e.Until, gone), e.From)
		}
	}
	for d := day + 1; d <= end+1; d++ {
		if o.find(ev, d, contest).entry != now {
			return d
		}
	}
	return taxonomy.NeverDay
}
