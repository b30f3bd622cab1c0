package harmonise

import "ringfence/store/taxonomy"

// NextChange returns the first day after day on which the key's entry differs
// from that of day, with no evidence but ev and the contest as it stands;
// NeverDay if it never does.
func (r *Rules) NextChange(ev []Evidence, day taxonomy.Day, contest bool) taxonomy.Day {
	var orderBuf [fewEvidence]int32
	var claimBuf [fewEvidence]claim
	_, next := r.settle(ev, arrange(ev, orderBuf[:0]), day, contest, claimBuf[:0])
	return next
}

// settle returns the ruling of a day and the first later day with another
// entry. It works stretch by stretch, in the memory of claims.
func (r *Rules) settle(ev []Evidence, order []int32, day taxonomy.Day, contest bool, claims []claim) (ruling, taxonomy.Day) {
	s := search{rules: r, contest: contest}
	s.stretch = stretchFrom(ev, order, day, claims)
	var start, end picture
	r.look(s.stretch.claims, day, &start)
	s.ruling = r.rule(s.stretch.claims, day, &start, contest)
	for {
		if last := s.stretch.last(r); last > s.stretch.from {
			r.look(s.stretch.claims, last, &end)
			if next := s.between(s.stretch.from, last, &start, &end); next != taxonomy.NeverDay {
				return s.ruling, next
			}
		}
		next := s.stretch.until
		if next == taxonomy.NeverDay {
			return s.ruling, next
		}
		s.stretch = stretchFrom(ev, order, next, s.stretch.claims)
		r.look(s.stretch.claims, next, &start)
		if r.rule(s.stretch.claims, next, &start, contest).entry != s.ruling.entry {
			return s.ruling, next
		}
	}
}

// search looks for the first day of a stretch with another entry.
type search struct {
	rules   *Rules
	stretch stretch
	contest bool
	ruling  ruling // of the day that the search began with
}

// between returns the first day after from, up to and including to, whose
// entry differs from the ruling's; NeverDay if none does. The entry of from is
// the ruling's; a and b are the pictures of from and to.
func (s *search) between(from, to taxonomy.Day, a, b *picture) taxonomy.Day {
	if s.steady(from, to, a, b) {
		return taxonomy.NeverDay
	}
	if to == from+1 {
		if s.rules.rule(s.stretch.claims, to, b, s.contest).entry != s.ruling.entry {
			return to
		}
		return taxonomy.NeverDay
	}
	middle := from + (to-from)/2
	var m picture
	s.rules.look(s.stretch.claims, middle, &m)
	if next := s.between(from, middle, a, &m); next != taxonomy.NeverDay {
		return next
	}
	return s.between(middle, to, &m, b)
}

// steady reports whether the bounds prove that the entry is the ruling's on
// every day from one to another. Every value lies, on each day between, at or
// below a's and at or above b's. False proves nothing.
func (s *search) steady(from, to taxonomy.Day, a, b *picture) bool {
	if a.empty() {
		return true
	}
	return s.sameCandidates(a, b) && s.sameStrongest(a, b) && s.sameHarmless(a, b) &&
		s.sameCategory(from, to) && s.sameContested(a, b)
}

// sameCandidates reports whether the same classes have evidence and the same
// pass. Both can only be lost with time, so equal ends are enough.
func (s *search) sameCandidates(a, b *picture) bool {
	for c := taxonomy.Crm; c <= taxonomy.OK; c++ {
		if (a.sum[c] > 0) != (b.sum[c] > 0) {
			return false
		}
		if c.Nuisance() && s.rules.passes(a, c) != s.rules.passes(b, c) {
			return false
		}
	}
	return true
}

// sameStrongest reports whether the tested class stays ahead of its rivals.
func (s *search) sameStrongest(a, b *picture) bool {
	tested := s.ruling.tested
	label := s.ruling.entry.Action == taxonomy.Label
	for c := taxonomy.Crm; c <= taxonomy.Unk; c++ {
		if c == tested || !a.stands(c) || label && !s.rules.passes(a, c) {
			continue
		}
		if !ahead(b.sum[tested], a.sum[c], tested < c) {
			return false
		}
	}
	return true
}

// ahead reports whether a class whose sum is at least low beats one whose sum
// is at most high; first says that it wins a tie.
func ahead(low, high Sum, first bool) bool { return low > high || low == high && first }

// sameHarmless reports whether, with no label, the harmless classes go on
// outweighing the nuisance or not, and in the same order.
func (s *search) sameHarmless(a, b *picture) bool {
	if s.ruling.entry.Action == taxonomy.Label {
		return true
	}
	tested, shown := s.ruling.tested, s.ruling.entry.Class
	if shown.Nuisance() {
		return a.sum[taxonomy.ID] <= b.tested[tested] && a.sum[taxonomy.OK] <= b.tested[tested]
	}
	other := taxonomy.ID + taxonomy.OK - shown
	return b.sum[shown] > a.tested[tested] && ahead(b.sum[shown], a.sum[other], shown < other)
}

// sameCategory reports whether the category shown stays ahead in its class.
func (s *search) sameCategory(from, to taxonomy.Day) bool {
	class, shown := s.ruling.entry.Class, s.ruling.entry.Category
	if _, ok := onlyCategory(s.stretch.claims, class); ok {
		return true
	}
	var high, low bySector
	s.rules.sectors(s.stretch.claims, from, class, &high)
	s.rules.sectors(s.stretch.claims, to, class, &low)
	place := int(shown & 0xFF)
	for other := range high {
		if other != place && !ahead(low[place], high[other], place < other) {
			return false
		}
	}
	return true
}

// sameContested reports whether one reason to contest holds all the time, or
// none at any time.
func (s *search) sameContested(a, b *picture) bool {
	if s.contest {
		return true
	}
	claimed := s.rules.claimed(a)
	if claimed != s.rules.claimed(b) {
		return false
	}
	if claimed {
		return true
	}
	shown, margin := s.ruling.entry.Class, s.rules.thresholds.Margin
	never := true
	for c := taxonomy.Crm; c <= taxonomy.Oth; c++ {
		if c == shown || a.sum[c] == 0 {
			continue
		}
		if a.sum[shown]-b.sum[c] <= margin {
			return true
		}
		never = never && b.sum[shown]-a.sum[c] > margin
	}
	return never
}
