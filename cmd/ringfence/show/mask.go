package show

import (
	"ringfence/node/api"
	"ringfence/node/source/mask"
)

// MaskLookup stars the number wherever an answer shows it. Numbers of people are
// masked only when somebody asks for it.
func MaskLookup(l *api.Lookup) {
	if l.Key == l.Number {
		l.Key = l.Masked
	}
	l.Number, l.Caller = l.Masked, mask.Text(l.Caller)
	for i, r := range l.Readings {
		l.Readings[i] = mask.Number(r)
	}
}

// MaskAnswer stars the number of one answer of many, and returns what was asked
// starred as well.
func MaskAnswer(asked string, a *api.LookupAnswer) string {
	if a.Lookup != nil {
		MaskLookup(a.Lookup)
	}
	if e := a.Error; e != nil {
		masked := *e
		masked.Message, masked.Args, masked.Then = mask.Text(e.Message), maskAll(e.Args), nil
		for _, s := range e.Then {
			s.Text, s.Args = mask.Text(s.Text), maskAll(s.Args)
			masked.Then = append(masked.Then, s)
		}
		a.Error = &masked
	}
	return mask.Number(asked)
}

func maskAll(values []string) (masked []string) {
	for _, v := range values {
		masked = append(masked, mask.Text(v))
	}
	return masked
}

// MaskExplanation stars the number in an explanation; ranges stay.
func MaskExplanation(e *api.Explanation) {
	number := e.Number
	MaskLookup(&e.Lookup)
	for i := range e.Keys {
		k := &e.Keys[i]
		if k.Key == number {
			k.Key = e.Masked
		}
		for j := range k.Statements {
			if s := &k.Statements[j]; s.Subject == number {
				s.Subject = e.Masked
			}
		}
	}
}

// MaskCall stars the numbers of a call.
func MaskCall(c *api.Call) {
	for _, n := range []*string{&c.Caller, &c.Called, &c.Asserted, &c.Redirecting} {
		*n = mask.Number(*n)
	}
}

// MaskVerdict stars the caller in a verdict.
func MaskVerdict(v *api.Verdict) {
	if v.Key == v.Caller {
		v.Key = mask.Number(v.Key)
	}
	v.Caller = mask.Number(v.Caller)
}
