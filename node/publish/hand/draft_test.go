package hand

import (
	"errors"
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/number"
)

func readKey(text, _ string) (number.Range, error) { return number.ParseRange(text) }

func TestDraftOfEveryKind(t *testing.T) {
	confidence := uint16(700)
	const ref = "bafyreifmvoiqovhl2jnyx4nijinvi67lfj7s5jg3kl3jhbvy6q5ejt3mfm/3"
	for name, c := range map[string]struct {
		say  api.Say
		want assertion.Kind
	}{
		"flag":     {api.Say{Kind: "flag", Subject: "+8613800138000", Category: "mkt.finance.loan", Confidence: &confidence, Reports: 3, LastSeen: "2026-11-20"}, assertion.KindFlag},
		"derived":  {api.Say{Kind: "flag", Subject: "+8613800138000", Category: "mkt.finance.loan", Derived: []string{ref, "other"}}, assertion.KindFlag},
		"block":    {api.Say{Kind: "block", Subject: "+861380013*/13", Category: "crm.fraud.other", Scope: "own"}, assertion.KindBlock},
		"reassign": {api.Say{Kind: "reassign", Subject: "+8613800138000", Date: "2026-11-01T10:00:00+08:00"}, assertion.KindReassign},
		"contest":  {api.Say{Kind: "contest", Subject: "+8613800138000", Reason: "ours"}, assertion.KindContest},
		"resource": {api.Say{Kind: "resource", Subject: "+8613800138000", Label: "Shop"}, assertion.KindResource},
		"answer":   {api.Say{Kind: "answer", Subject: ref, Upheld: true}, assertion.KindAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := terms(t, func(*charter.Policy) {}).Draft(c.say, readKey)
			if err != nil || s.Kind != c.want {
				t.Fatalf("%s, %v", s.Kind, err)
			}
			if _, reason := s.Check(); reason != assertion.Sound {
				t.Errorf("void: %s", reason)
			}
		})
	}
}

func TestDraftSaysWhatToWriteInstead(t *testing.T) {
	tooSure := uint16(1001)
	for name, c := range map[string]struct {
		say  api.Say
		want string
	}{
		"another kind":     {api.Say{Kind: "tally", Subject: "+8613800138000"}, "want flag, block"},
		"no key":           {api.Say{Kind: "flag", Subject: "nonsense"}, "nonsense"},
		"no category":      {api.Say{Kind: "flag", Subject: "+8613800138000", Category: "loud"}, "loud"},
		"no time":          {api.Say{Kind: "flag", Subject: "+8613800138000", LastSeen: "yesterday"}, "write it as 2026-11-24"},
		"before 1970":      {api.Say{Kind: "block", Subject: "+8613800138000", Expires: "1969-12-31"}, "not after 1970-01-01"},
		"too sure":         {api.Say{Kind: "flag", Subject: "+8613800138000", Confidence: &tooSure}, "the most is 1000"},
		"another scope":    {api.Say{Kind: "block", Subject: "+8613800138000", Scope: "all"}, "want own or ask"},
		"reassigned range": {api.Say{Kind: "reassign", Subject: "+861380013*/13"}, "one number, not a range"},
		"no contest":       {api.Say{Kind: "answer", Subject: "42"}, "42"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := terms(t, func(*charter.Policy) {}).Draft(c.say, readKey)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v; want %q", err, c.want)
			}
			var known *api.Error
			if name != "no key" && !errors.As(err, &known) { // readKey's errors are its own
				t.Errorf("%T is no *api.Error", err)
			}
		})
	}
}
