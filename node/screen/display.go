package screen

import (
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Texts tells messages in one language. The message catalogue satisfies it.
type Texts interface {
	// Lang returns the language as a BCP 47 tag: en, zh.
	Lang() string
	// Named returns the message of a key, its {0}, {1} … replaced by args.
	Named(key string, args ...string) string
}

// Keys of the messages that verdicts use besides those of their rules.
const (
	keyVerdict   = "verdict."
	keyReason    = "reason.irregular."
	keyNone      = "verdict.none"
	keyKind      = "verdict.kind"
	keyContested = "verdict.contested"
	keyIdentity  = "verdict.identity"
)

// Display returns the verdict as one line for people: on a called party's
// screen, in a table, in an announcement's text.
func (v *Verdict) Display(t Texts) string {
	text := v.sentence(t)
	if v.Contested {
		text = t.Named(keyContested, text)
	}
	return text
}

func (v *Verdict) sentence(t Texts) string {
	switch v.Rule {
	case NoRule:
		if v.Class == taxonomy.ID || v.Class == taxonomy.OK {
			return t.Named(keyIdentity, v.kind(t))
		}
		return t.Named(keyNone)
	case CLIIrregular:
		return t.Named(keyVerdict+v.Rule.String(), t.Named(ReasonKey(v.Caller)))
	case LocalAllow, LocalBlock:
		return t.Named(keyVerdict+v.Rule.String(), v.RuleName())
	case CLIForeignDomestic:
		return t.Named(keyVerdict + v.Rule.String() + "." + v.Action.String())
	case ListRatified:
		return t.Named(keyVerdict+v.Rule.String()+"."+v.Action.String(), v.kind(t))
	case ListLabel:
		return t.Named(keyVerdict+v.Rule.String(), v.kind(t))
	}
	return t.Named(keyVerdict + v.Rule.String())
}

// kind returns class and category by name.
func (v *Verdict) kind(t Texts) string {
	class := v.Class.Name(t.Lang())
	if v.Category == 0 {
		return class
	}
	return t.Named(keyKind, class, v.Category.Name(t.Lang()))
}

// irregularWords names the reasons in message keys.
var irregularWords = [...]string{
	number.NotIrregular:    "other",
	number.TooLong:         "too_long",
	number.TooShort:        "too_short",
	number.NotDigits:       "not_digits",
	number.NoCountry:       "no_country",
	number.DoubledPrefix:   "doubled_prefix",
	number.CarrierPrefix:   "carrier_prefix",
	number.AllSame:         "all_same",
	number.NotInPlan:       "not_in_plan",
	number.AreaWithService: "area_with_service",
}

// ReasonKey names the message that says why a caller ID is no number.
func ReasonKey(c number.Caller) string {
	if c.Kind() == number.SMSCode {
		return keyReason + "sms_code"
	}
	if int(c.Reason()) < len(irregularWords) {
		return keyReason + irregularWords[c.Reason()]
	}
	return keyReason + irregularWords[number.NotIrregular]
}

// Message is a message that Display may ask for.
type Message struct {
	Key  string
	Args int // how many arguments it gets
}

// Messages returns every message that Display may ask for, so that a catalogue
// can be checked against it.
func Messages() []Message {
	all := []Message{{keyNone, 0}, {keyKind, 2}, {keyContested, 1}, {keyIdentity, 1}}
	for _, r := range Rules() {
		key := keyVerdict + r.String()
		switch r {
		case CLIForeignDomestic:
			all = append(all, Message{key + ".label", 0}, Message{key + ".block", 0})
		case ListRatified:
			all = append(all, Message{key + ".allow", 1}, Message{key + ".label", 1}, Message{key + ".block", 1})
		case CLIIrregular, LocalAllow, LocalBlock, ListLabel:
			all = append(all, Message{key, 1})
		default:
			all = append(all, Message{key, 0})
		}
	}
	for _, w := range irregularWords {
		all = append(all, Message{keyReason + w, 0})
	}
	return append(all, Message{keyReason + "sms_code", 0})
}
