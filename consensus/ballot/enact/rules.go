package enact

import (
	"maps"
	"time"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// judgeRulings judges what a ratify motion enters, but for the day's caps.
func (p *Past) judgeRulings(m *Matter) *Refusal {
	policy := p.state.Policy()
	latest := taxonomy.DayOf(m.Time) + taxonomy.Day(policy.ExpiryMaxDays.Ratified)
	if m.Until <= p.day() || m.Until > latest {
		return Refuse(BadUntil, "what it enters would last until %s; the ledger's day is %s and policy allows until %s", m.Until, p.day(), latest)
	}
	most := int(policy.MaxFreeDigits.Ratified)
	for i, one := range m.rulings {
		if free := one.subject.Free(); free > most {
			return Refuse(TooBroad, "%s%s has %d free digits; policy allows %d", item(i), one.subject, free, most)
		}
	}
	return nil
}

// charge returns the ranges in which rulings block numbers, with how many are blocked
// there today if they are entered, or a refusal if those are more than policy allows.
func (p *Past) charge(rulings []ruling) (map[number.Range]uint64, *Refusal) {
	charged := make(map[number.Range]uint64)
	add := func(i int, in number.Range, n uint64) *Refusal {
		if _, begun := charged[in]; !begun {
			charged[in] = p.blocked[in]
		}
		charged[in] += n
		if most := p.blockCap(in); charged[in] > most {
			return Refuse(BlockCap, "%s%d numbers of %s would be blocked today; policy allows %d: enter fewer, or wait for tomorrow", item(i), charged[in], in, most)
		}
		return nil
	}
	for i, one := range rulings {
		if one.action != taxonomy.Block {
			continue
		}
		for key := range one.subject.Keys() {
			around, inside := p.state.Allotted(key)
			if around.IsZero() {
				around = p.surrounding(key)
			}
			if r := add(i, around, key.Size()); r != nil {
				return nil, r
			}
			for _, in := range inside {
				if r := add(i, in, in.Size()); r != nil {
					return nil, r
				}
			}
		}
	}
	return charged, nil
}

// surrounding returns the range whose cap counts for a key that is in nobody's range:
// the broadest that could be ratified.
func (p *Past) surrounding(key number.Range) number.Range {
	for free := int(p.state.Policy().MaxFreeDigits.Ratified); free > key.Free(); free-- {
		if r, ok := key.First().Enclosing(free); ok {
			return r
		}
	}
	return key
}

// blockCap returns how many numbers of a range may be blocked a day.
func (p *Past) blockCap(in number.Range) uint64 {
	c := p.state.Policy().BlockCap
	return max(in.Size()/1000*uint64(c.Permille)+in.Size()%1000*uint64(c.Permille)/1000, uint64(c.Min))
}

// judgeReversals judges what a motion revokes or stays.
func (p *Past) judgeReversals(m *Matter) *Refusal {
	if r := lasting(m); r != nil {
		return r
	}
	for i, index := range m.reversed {
		switch _, ratified := p.Ratified(index); {
		case i > 0 && m.reversed[i-1] >= index:
			return Refuse(Unordered, "%sthe entries are not in rising order, each once", item(i))
		case !ratified:
			return Refuse(NotRatified, "%sthe ledger holds no ratified entry %d that is not over", item(i), index)
		case p.IsRevoked(index):
			return Refuse(Revoked, "%sentry %d is revoked", item(i), index)
		}
	}
	return nil
}

// lasting refuses a day up to which something lasts where nothing does.
func lasting(m *Matter) *Refusal {
	if m.Until != taxonomy.NeverDay {
		return Refuse(BadUntil, "a %s motion enters nothing that lasts until a day: it names %s, not never", m.Kind, m.Until)
	}
	return nil
}

// judgeForks judges evidence, whose signatures were verified when it was read.
func (p *Past) judgeForks(m *Matter) *Refusal {
	if r := lasting(m); r != nil {
		return r
	}
	noted := maps.Clone(p.forks)
	for i, f := range m.forks {
		at := fork{f.Issuer(), f.Epoch()}
		_, twice := noted[at]
		switch {
		case !f.Federation().Equals(m.Federation):
			return Refuse(BadFork, "%sthe proof is of federation %s", item(i), f.Federation())
		case !p.state.EverAdmitted(f.Issuer()):
			return Refuse(UnknownIssuer, "%s%s was never admitted as an issuer", item(i), f.Issuer().Short())
		case twice:
			return Refuse(ForkNoted, "%sthat %s forked its epoch %d is noted", item(i), f.Issuer().Short(), f.Epoch())
		}
		noted[at] = struct{}{}
	}
	return nil
}

// Clock returns Unix seconds in words for people.
func Clock(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
