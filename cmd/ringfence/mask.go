package main

import (
	"ringfence/node/api"
	"ringfence/node/source/mask"
)

// maskLookup stars the number wherever an answer shows it.
func maskLookup(l *api.Lookup) {
	if l.Key == l.Number {
		l.Key = l.Masked
	}
	l.Number, l.Caller = l.Masked, mask.Text(l.Caller)
	for i, r := range l.Readings {
		l.Readings[i] = mask.Number(r)
	}
}

// maskAnswer stars the number of one answer of many.
func maskAnswer(all *lookups, i int) {
	all.Asked[i] = mask.Number(all.Asked[i])
	if l := all.Answers[i].Lookup; l != nil {
		maskLookup(l)
	}
	if e := all.Answers[i].Error; e != nil {
		all.Answers[i].Error = &api.Error{Kind: e.Kind, Message: mask.Text(e.Message)}
	}
}

func maskExplanation(e *api.Explanation) {
	number := e.Number
	maskLookup(&e.Lookup)
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

func maskVerdict(v *api.Verdict) {
	if v.Key == v.Caller {
		v.Key = mask.Number(v.Key)
	}
	v.Caller = mask.Number(v.Caller)
}
