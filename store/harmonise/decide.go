package harmonise

import "ringfence/store/taxonomy"

// picture is what a set of claims comes to on one day. With the claims fixed,
// every field falls or stays as days go by.
type picture struct {
	sum      [taxonomy.NumClasses]Sum    // R: the class's own evidence
	tested   [taxonomy.NumClasses]Sum    // S: with untyped support
	best     [taxonomy.NumClasses]uint16 // strongest single group, support included
	voices   [taxonomy.NumClasses]uint32 // groups whose decayed confidence is a voice
	harmless Sum                         // of id and ok together, group by group
}

// lent is what one group lends to each class: its strongest claim in it.
type lent struct {
	strength [taxonomy.NumClasses]uint16
	decayed  [taxonomy.NumClasses]uint16
}

// look returns the picture of claims, which are sorted by group, on a day.
func (r *Rules) look(claims []claim, day taxonomy.Day, p *picture) {
	*p = picture{}
	for i := 0; i < len(claims); {
		var g lent
		group := claims[i].group
		for ; i < len(claims) && claims[i].group == group; i++ {
			c := &claims[i]
			class := c.category.Class()
			e := r.decay(c.confidence, class, c.age(day))
			g.decayed[class] = max(g.decayed[class], e)
			g.strength[class] = max(g.strength[class], strength(c.weight, e))
		}
		p.add(&g, r.thresholds.VoicePermille)
	}
}

// add puts one group's claims into the picture.
func (p *picture) add(g *lent, voice uint16) {
	for class := taxonomy.Crm; class <= taxonomy.OK; class++ {
		s, e := g.strength[class], g.decayed[class]
		p.sum[class] += SumOf(s)
		if supported(class) {
			s, e = max(s, g.strength[taxonomy.Unk]), max(e, g.decayed[taxonomy.Unk])
		}
		p.tested[class] += SumOf(s)
		p.best[class] = max(p.best[class], s)
		if e >= voice {
			p.voices[class]++
		}
	}
	p.harmless += SumOf(max(g.strength[taxonomy.ID], g.strength[taxonomy.OK]))
}

// supported reports whether untyped evidence strengthens a class: the typed
// ones but crm, for the gravest word needs evidence of its own.
func supported(class taxonomy.Class) bool { return class.Typed() && class != taxonomy.Crm }

// empty reports whether no claim has any strength.
func (p *picture) empty() bool {
	for class := taxonomy.Crm; class <= taxonomy.OK; class++ {
		if p.sum[class] > 0 {
			return false
		}
	}
	return true
}

// typed reports whether there is evidence of a typed nuisance class.
func (p *picture) typed() bool {
	for class := taxonomy.Crm; class <= taxonomy.Oth; class++ {
		if p.sum[class] > 0 {
			return true
		}
	}
	return false
}

// stands reports whether a class is a candidate for the label: a typed one
// with evidence, or unk when no typed one has any.
func (p *picture) stands(class taxonomy.Class) bool {
	if class == taxonomy.Unk {
		return !p.typed()
	}
	return class.Typed() && p.sum[class] > 0
}

// single reports whether one group alone carries a class.
func (r *Rules) single(p *picture, class taxonomy.Class) bool {
	return p.best[class] >= r.thresholds.SinglePermille
}

// agreed reports whether independent voices carry a class together.
func (r *Rules) agreed(p *picture, class taxonomy.Class) bool {
	return p.voices[class] >= neededVoices && p.tested[class] >= r.thresholds.Label
}

func (r *Rules) passes(p *picture, class taxonomy.Class) bool {
	return r.single(p, class) || r.agreed(p, class)
}

// claimed reports whether nuisance stands against a harmless identity of the
// weight that contests it.
func (r *Rules) claimed(p *picture) bool {
	return p.harmless >= r.thresholds.Harmless && (p.typed() || p.sum[taxonomy.Unk] > 0)
}

// ruling is what a picture decides: the entry, and the classes on the way.
type ruling struct {
	entry  taxonomy.Entry // zero when the key has none
	tested taxonomy.Class // the strongest nuisance class, of those that pass if any do
	rule   Rule
}

// rule decides a picture of claims on a day.
func (r *Rules) rule(claims []claim, day taxonomy.Day, p *picture, contest bool) ruling {
	if p.empty() {
		return ruling{}
	}
	tested, passes := r.strongest(p)
	d := ruling{tested: tested, rule: BelowThreshold}
	d.entry.Class = tested
	if passes {
		d.entry.Action = taxonomy.Label
		d.rule = TwoVoices
		if r.single(p, tested) {
			d.rule = SingleSource
		}
	} else if class := outweighs(p, tested); class != 0 {
		d.entry.Class = class
		d.rule = HarmlessWins
	}
	d.entry.Category = r.category(claims, day, d.entry.Class)
	d.entry.Contested = contest || r.claimed(p) || r.close(p, d.entry.Class) != 0
	return d
}

// strongest returns the class with the largest sum among those that pass, or
// among all that stand if none passes. Ties go to the smaller code.
func (r *Rules) strongest(p *picture) (class taxonomy.Class, passes bool) {
	for c := taxonomy.Crm; c <= taxonomy.Unk; c++ {
		if !p.stands(c) {
			continue
		}
		ok := r.passes(p, c)
		if class == 0 || ok && !passes || ok == passes && p.sum[c] > p.sum[class] {
			class, passes = c, ok
		}
	}
	return class, passes
}

// outweighs returns the harmless class, id or ok, whose evidence exceeds what
// the nuisance class was tested with; 0 if none does.
func outweighs(p *picture, tested taxonomy.Class) (class taxonomy.Class) {
	over := p.tested[tested]
	for c := taxonomy.ID; c <= taxonomy.OK; c++ {
		if p.sum[c] > over {
			class, over = c, p.sum[c]
		}
	}
	return class
}

// close returns the strongest typed class, other than the one shown, that lies
// within the margin of it or above it; 0 if none does.
func (r *Rules) close(p *picture, shown taxonomy.Class) (class taxonomy.Class) {
	for c := taxonomy.Crm; c <= taxonomy.Oth; c++ {
		if c == shown || p.sum[c] == 0 || p.sum[shown]-p.sum[c] > r.thresholds.Margin {
			continue
		}
		if class == 0 || p.sum[c] > p.sum[class] {
			class = c
		}
	}
	return class
}

// bySector holds the sums of one class's categories by their place in it.
type bySector [256]Sum

// sectors adds up the categories of a class on a day.
func (r *Rules) sectors(claims []claim, day taxonomy.Day, class taxonomy.Class, sums *bySector) {
	*sums = bySector{}
	for i := range claims {
		if c := &claims[i]; c.category.Class() == class {
			e := r.decay(c.confidence, class, c.age(day))
			sums[c.category&0xFF] += SumOf(strength(c.weight, e))
		}
	}
}

// category returns the category of class with the largest sum, ties to the
// smaller code. The class has evidence of some strength.
func (r *Rules) category(claims []claim, day taxonomy.Day, class taxonomy.Class) taxonomy.Category {
	if only, ok := onlyCategory(claims, class); ok {
		return only
	}
	var sums bySector
	r.sectors(claims, day, class, &sums)
	best := 0
	for place, sum := range sums {
		if sum > sums[best] {
			best = place
		}
	}
	return taxonomy.Category(uint16(class)<<8 | uint16(best))
}

// onlyCategory returns the category that all claims of a class share, and
// false if they differ.
func onlyCategory(claims []claim, class taxonomy.Class) (only taxonomy.Category, ok bool) {
	for i := range claims {
		switch c := claims[i].category; {
		case c.Class() != class:
		case only == 0:
			only = c
		case c != only:
			return 0, false
		}
	}
	return only, true
}

// Harmonise returns what the evidence on one key comes to on a day. The order
// of ev does not matter and ev is not changed. contest says that a contest of
// the key is open. It does not allocate for up to 16 pieces of evidence.
func (r *Rules) Harmonise(ev []Evidence, day taxonomy.Day, contest bool) Result {
	var orderBuf [fewEvidence]int32
	var claimBuf [fewEvidence]claim
	order := arrange(ev, orderBuf[:0])
	s := stretchFrom(ev, order, day, claimBuf[:0])
	var p picture
	r.look(s.claims, day, &p)
	return r.result(&p, r.rule(s.claims, day, &p, contest), contest)
}

// result tells a ruling and what led to it.
func (r *Rules) result(p *picture, d ruling, contest bool) Result {
	res := Result{Rule: d.rule, Sums: p.sum}
	if d.rule == NoEvidence {
		return res
	}
	res.Listed, res.Entry = true, d.entry
	res.Dispute = Dispute{Contest: contest, Harmless: r.claimed(p), Close: r.close(p, d.entry.Class)}
	for class := taxonomy.Crm; class <= taxonomy.Unk; class++ {
		res.Tallies[class] = Tally{
			Tested: p.tested[class],
			Voices: int(p.voices[class]),
			Best:   p.best[class],
			Stands: p.stands(class) && p.sum[class] > 0,
			Single: r.single(p, class),
			Agreed: r.agreed(p, class),
		}
	}
	if t := res.Tallies[d.tested]; t.Stands {
		res.Tested, res.TestedSum, res.Voices, res.Score = d.tested, t.Tested, t.Voices, t.Tested.Permille()
	}
	return res
}
