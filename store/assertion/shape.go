package assertion

import (
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// The kinds in this file are judged by shape alone: bounds, codes and the form
// of what they refer to.

func (p Port) check(*Statement) Reason {
	return first(allMembers([]string{p.From, p.To}), times(p.Date))
}

func (l Line) check(*Statement) Reason {
	if l.Type > LineLeased {
		return BadCode
	}
	return texts(MaxField, l.Customer, l.Location, l.Purpose)
}

func (a Authorize) check(s *Statement) Reason {
	if len(a.Access) > MaxAccess {
		return TooMany
	}
	return first(s.wantKey(), allMembers(a.Access), texts(MaxField, a.Presenter), times(a.Until))
}

func (c Campaign) check(*Statement) Reason {
	switch {
	case len(c.Outbound) > MaxCalling:
		return TooMany
	case c.HoursFrom > minutesPerDay || c.HoursTo > minutesPerDay:
		return BadTime
	case len(c.Consent) != 0 && len(c.Consent) != HashSize:
		return BadCommitment
	}
	return first(
		ranges(c.Outbound),
		texts(MaxField, c.Principal, c.CallCentre, c.Licence, c.Type, c.Audience, c.Content, c.Contact),
		times(c.RetainedUntil),
	)
}

func (c Consent) check(*Statement) Reason    { return register(c.Commitment, c.Day) }
func (r Refusal) check(*Statement) Reason    { return register(r.Commitment, r.Day) }
func (p Preference) check(*Statement) Reason { return register(p.Commitment, p.Day) }

func register(digest []byte, day taxonomy.Day) Reason { return first(commitment(digest), days(day)) }

func days(d taxonomy.Day) Reason {
	if d > lastDay {
		return BadTime
	}
	return Sound
}

func (r Report) check(*Statement) Reason {
	if !r.Category.Known() {
		return BadCategory
	}
	return first(
		days(r.Day),
		texts(MaxField, r.Channel),
		commitment(r.Receipt),
		allMembers([]string{r.Accepting}),
		members(r.Assigned),
		times(r.Due),
	)
}

func (d Disposition) check(*Statement) Reason {
	if d.Measure > MeasureHandedOn {
		return BadCode
	}
	if _, err := taxonomy.RefFromBytes(d.Of); err != nil {
		return BadReference
	}
	return first(members(d.To), times(d.Feedback))
}

func (p Penalty) check(*Statement) Reason {
	return first(texts(MaxField, p.Decision, p.Authority, p.Basis, p.On), times(p.Published, p.Repaired))
}

func (r Referral) check(*Statement) Reason { return handedTo(r.To, r.Why, r.Due) }
func (n Notice) check(*Statement) Reason   { return handedTo(n.To, n.Why, n.Due) }

func handedTo(to, why string, due int64) Reason {
	return first(texts(MaxField, to), texts(MaxGrounds, why), times(due))
}

func (t Tool) check(*Statement) Reason {
	if t.Type > ToolSpoofing {
		return BadCode
	}
	return first(texts(MaxField, t.Offered), times(t.Removed))
}

func (i Inspection) check(*Statement) Reason { return texts(MaxGrounds, i.Screened, i.Findings) }

func (t Trace) check(*Statement) Reason {
	if len(t.Hops) > MaxHops {
		return TooMany
	}
	for _, hop := range t.Hops {
		if len(hop.Signature) != keys.SignatureSize {
			return BadCommitment
		}
		if reason := first(allMembers([]string{hop.Member}), texts(MaxField, hop.Received), times(hop.Time)); reason != Sound {
			return reason
		}
	}
	return Sound
}

func (t Tally) check(*Statement) Reason {
	if len(t.Counts) > MaxRules {
		return TooMany
	}
	for i, c := range t.Counts {
		if i > 0 && t.Counts[i-1].Rule >= c.Rule {
			return BadCode
		}
		if reason := texts(MaxBasisName, c.Rule); reason != Sound {
			return reason
		}
	}
	return days(t.Day)
}
