package answer

import (
	"time"

	"ringfence/node/api"
	"ringfence/node/screen"
	"ringfence/store/assertion"
	"ringfence/store/number"
)

// Call reads a call in the words of a caller of the API. now is the time of a
// call that names none.
func (b *Book) Call(c api.Call, now time.Time) (screen.Call, error) {
	rules := b.Plans.Rules(b.Home)
	out := screen.Call{
		Presented: rules.Received(c.Caller), Called: rules.Dialled(c.Called),
		Ingress: screen.Ingress{Trunk: c.Trunk}, Time: now,
	}
	if c.Called == "" {
		return out, api.Errorf(api.BadInput, "the call names no called number")
	}
	if c.Asserted != "" {
		out.Asserted = rules.Received(c.Asserted)
	}
	if c.Redirecting != "" {
		out.Redirecting = rules.Received(c.Redirecting).First()
	}
	if c.At != "" {
		at, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			return out, api.Errorf(api.BadInput, "%q is no time; write it as 2026-11-24T10:30:00+08:00", clip(c.At))
		}
		out.Time = at
	}
	medium := c.Medium
	if medium == "" {
		medium = assertion.Voice.String()
	}
	for _, word := range []struct {
		text string
		into interface{ UnmarshalText([]byte) error }
	}{
		{c.Ingress, &out.Ingress.Class}, {c.Screening, &out.Screening}, {c.Roaming, &out.Roaming},
		{c.Attest, &out.Attestation}, {medium, &out.Medium},
	} {
		if err := word.into.UnmarshalText([]byte(word.text)); err != nil {
			return out, api.Errorf(api.BadInput, "%v", err)
		}
	}
	return out, nil
}

// Verdict tells a verdict. The score is that of the list's evidence, which the
// decision itself does not need.
func (b *Book) Verdict(call *screen.Call, v *screen.Verdict, stamp api.ListStamp, score uint16, lang string) api.Verdict {
	texts := b.Texts.Match(lang)
	caller := v.Caller
	if v.Identity == screen.NoIdentity { // no rule spoke of a caller
		if caller = call.Asserted.First(); caller.Kind() == number.Anonymous {
			caller = call.Presented.First()
		}
	}
	out := api.Verdict{
		Action: v.Action.String(), Treatment: v.Treatment.String(), Rule: v.RuleName(), Class: v.Class.String(),
		Category: v.Category.String(), ScorePermille: score, Basis: v.Basis.String(), Contested: v.Contested,
		Member: v.Member, Caller: caller.String(), Reading: int(v.Reading), Text: v.Display(texts), Stale: v.Stale, List: stamp,
	}
	if !v.Key.IsZero() {
		out.Key = v.Key.String()
	}
	if !v.Shadow.IsZero() {
		out.WouldBe, out.WouldBeRule = v.Shadow.Action.String(), v.Shadow.RuleName()
	}
	return out
}
