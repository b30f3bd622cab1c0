package answer_test

import (
	"strings"
	"testing"
	"time"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/screen"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

var fresh = answer.Age{List: 90 * time.Second, Checkpoint: -1}

func TestNumbersAreReadAsTheQuestionSays(t *testing.T) {
	b := book(t)
	for _, c := range []struct {
		q    api.Query
		want string // the first reading, or a part of the error
	}{
		{api.Query{Number: "13800138000"}, "+8613800138000"},
		{api.Query{Number: "010-6230 1234"}, "+861062301234"},
		{api.Query{Number: "213 698 6000", Country: "1"}, "+12136986000"},
		{api.Query{Number: "600123456", Country: "+34"}, "+34600123456"},
		{api.Query{Number: "+8613800138000", Country: "34"}, "+8613800138000"},
		{api.Query{Number: "not a number", Caller: true}, "not a number"},
		{api.Query{Caller: true}, "anonymous"},
		{api.Query{Number: "12"}, `"12" is no number of country +86: too few digits`},
		{api.Query{Number: strings.Repeat("9", 60)}, strings.Repeat("9", 40) + `…" is no number`},
		{api.Query{Number: "110", Country: "999"}, `"999" is no country calling code`},
		{api.Query{Number: "110", Country: "China"}, `"China" is no country calling code`},
	} {
		got, err := b.Read(c.q)
		text := got.First().String()
		if err != nil {
			if text = err.Error(); api.KindOf(err) != api.BadInput {
				t.Errorf("%+v: kind %s", c.q, api.KindOf(err))
			}
		}
		if err == nil && text != c.want || !strings.Contains(text, c.want) {
			t.Errorf("%+v: %s; want %s", c.q, text, c.want)
		}
	}
}

func TestKeysAreNumbersAndRanges(t *testing.T) {
	b := book(t)
	for text, want := range map[string]string{
		"13800138000": "+8613800138000", "+86138*/13": "+86138*/13", "+86!95588": "+86!95588",
		"95588": "+86!95588", "+86138*/99": "", "12": "",
	} {
		key, err := b.ReadKey(text, "")
		if want == "" {
			if api.KindOf(err) != api.BadInput {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil || key.String() != want {
			t.Errorf("%s: %s, %v", text, key, err)
		}
	}
}

func TestStampTellsListAndAges(t *testing.T) {
	l := newWorld(t).list()
	s := answer.Stamp(l.Stamp(), fresh)
	if s.Session != "ff" || s.Day != "2026-11-24" || s.AgeSeconds != 90 || s.CheckpointAgeSeconds != nil || len(s.Root) != 64 || s.LedgerSize != 1 {
		t.Errorf("%+v", s)
	}
	if s := answer.Stamp(l.Stamp(), answer.Age{Checkpoint: 3 * time.Second}); s.CheckpointAgeSeconds == nil || *s.CheckpointAgeSeconds != 3 {
		t.Errorf("with a checkpoint: %+v", s)
	}
}

// A block that asks has no confidence of its own; the policy gives it one.
func TestAnAskingBlockIsAsSureAsThePolicySays(t *testing.T) {
	w, b := newWorld(t), book(t)
	c, err := taxonomy.ParseCategory("crm.fraud.other")
	must(t, err)
	s := about(t, "+8613600136000")
	s.Basis = assertion.Basis{Kind: assertion.BasisInvestigation}
	must(t, s.SetBody(assertion.Block{Category: c, Scope: assertion.ScopeAsk}))
	w.say("tel", s)
	got, err := b.Lookup(w.list(), api.Query{Number: "13600136000"}, fresh)
	must(t, err)
	if len(got.Sources) != 1 || got.Sources[0].ConfidencePermille != 800 || got.Action != "label" {
		t.Errorf("%+v", got)
	}
}

func TestLookup(t *testing.T) {
	w, b := newWorld(t), book(t)
	ref := w.flag("list", "+8613800138000", "mkt.finance.loan", "贷款推销")
	w.flag("list", "+8613900139*/13", "mkt.hr", "")
	w.flag("west", "+8613700137000", "mkt.hr", "")
	l := w.list()
	ask := func(q api.Query) api.Lookup {
		t.Helper()
		got, err := b.Lookup(l, q, fresh)
		must(t, err)
		return got
	}
	got := ask(api.Query{Number: "13800138000", Lang: "zh"})
	if !got.Listed || got.Action != "label" || got.Class != "mkt" || got.Category != "mkt.finance.loan" || got.CategoryName != "贷款推销" ||
		got.Basis != "number" || got.Key != got.Number || got.Masked != "+8613800138***" || got.ClassOfNumber != "移动电话" || got.ScorePermille == 0 || got.PlanDate == "" {
		t.Errorf("a number: %+v", got)
	}
	if len(got.Sources) != 1 {
		t.Fatalf("sources %+v", got.Sources)
	}
	if s := got.Sources[0]; s.Member != "list" || s.Label != "贷款推销" || s.Count != 10 || s.ConfidencePermille != 714 || s.LastSeen != "2026-11-24T12:00:00Z" || s.Ref != ref.String() {
		t.Errorf("source %+v", s)
	}
	if got := ask(api.Query{Number: "13900139123"}); got.Basis != "range" || got.Key != "+8613900139*/13" || got.Action != "label" {
		t.Errorf("a number of a range: %+v", got)
	}
	if got := ask(api.Query{Number: "13700137000"}); !got.Listed || got.Action != "allow" || got.ScorePermille == 0 || len(got.Sources) != 1 {
		t.Errorf("one voice alone: %+v", got)
	}
	if got := ask(api.Query{Number: "13700137001"}); got.Listed || got.Action != "allow" || got.Basis != "none" || got.Key != "" || got.Sources == nil || got.Ratified == nil {
		t.Errorf("nothing said: %+v", got)
	}
	if got := ask(api.Query{Number: "12321"}); !got.Protected || got.Listed {
		t.Errorf("a protected number: %+v", got)
	}
	if _, err := b.Lookup(l, api.Query{Number: "12"}, fresh); api.KindOf(err) != api.BadInput {
		t.Errorf("no number: %v", err)
	}
}

// A caller that is no number is told as what it is, in the reader's language.
func TestLookupOfACallerThatIsNoNumber(t *testing.T) {
	l, b := newWorld(t).list(), book(t)
	for _, c := range []struct{ number, lang, class, caller, told string }{
		{"anonymous", "en", "anonymous", "anonymous", "withheld"},
		{"", "zh", "anonymous", "anonymous", "未显示号码"},
		{"abc", "en", "irregular", "abc", "Irregular caller ID: not digits"},
		{"abc", "zh", "irregular", "abc", "主叫号码不规范：含有非数字字符"},
		{"106980001234", "zh", "sms_code", "106980001234", "仅用于短信的代码"},
	} {
		got, err := b.Lookup(l, api.Query{Number: c.number, Caller: true, Lang: c.lang}, fresh)
		if err != nil || got.Number != "" || got.NumberClass != c.class || got.Caller != c.caller || got.ClassOfNumber != c.told || got.Listed || got.Action != "allow" {
			t.Errorf("%q in %s: %+v, %v", c.number, c.lang, got, err)
		}
	}
}

// Of several readings the one that the list knows is answered.
func TestTheReadingThatTheListKnowsDecides(t *testing.T) {
	w, b := newWorld(t), book(t)
	readings, err := b.Read(api.Query{Number: "9516323412", Caller: true})
	must(t, err)
	if readings.Len() < 2 {
		t.Fatalf("only %d readings", readings.Len())
	}
	var last number.Number
	for _, c := range readings.All() {
		last, _ = c.Number()
	}
	w.flag("list", last.String(), "mkt.hr", "")
	got, err := b.Lookup(w.list(), api.Query{Number: "9516323412", Caller: true}, fresh)
	if err != nil || got.Number != last.String() || !got.Listed || len(got.Readings) != readings.Len() {
		t.Errorf("%+v, %v; want %s", got, err, last)
	}
}

func TestExplain(t *testing.T) {
	w, b := newWorld(t), book(t)
	stays := w.flag("list", "+8613800138000", "mkt.finance.loan", "loan")
	gone := w.flag("west", "+8613800138000", "crm.fraud.impersonation", "")
	undo := w.retract("west", gone)
	w.flag("south", "+86!12321", "mkt.hr", "")
	l := w.list()
	got, err := b.Explain(l, api.Query{Number: "13800138000", WhyNot: "west", Lang: "en"}, fresh)
	must(t, err)
	if len(got.Keys) != 1 || !got.Keys[0].Decides || got.Keys[0].Rule != "single_source" || got.Keys[0].NextChange == "" || len(got.Keys[0].Statements) != 2 {
		t.Fatalf("%+v", got.Keys)
	}
	if s := got.Keys[0].Sentence; !strings.HasPrefix(s, "Commercial marketing") || !strings.Contains(s, "the single-source threshold is") {
		t.Errorf("sentence %q", s)
	}
	for _, c := range got.Keys[0].Statements {
		switch c.Ref {
		case stays.String():
			if c.Status != "counts" || !c.Voice || c.StrengthPermille == 0 || c.IndependenceGroup == "" || c.Kind != "flag" || c.Subject != "+8613800138000" || c.Basis != "reports" {
				t.Errorf("what counts: %+v", c)
			}
		case gone.String():
			if c.Status != "retracted" || c.RetractedBy != undo.String() || c.StrengthPermille != 0 && c.Voice {
				t.Errorf("what was retracted: %+v", c)
			}
		default:
			t.Errorf("a statement of no known reference: %+v", c)
		}
	}
	if len(got.Keys[0].Classes) != 1 || got.Keys[0].Classes[0].Class != "mkt" || !got.Keys[0].Classes[0].Passes {
		t.Errorf("tallies %+v", got.Keys[0].Classes)
	}
	if want := "flag crm.fraud.impersonation (" + gone.String() + "): retracted"; got.WhyNot != want {
		t.Errorf("why not west: %q, want %q", got.WhyNot, want)
	}
	void, err := b.Explain(l, api.Query{Number: "12321", WhyNot: "south", Lang: "zh"}, fresh)
	if err != nil || len(void.Keys) != 1 || void.Keys[0].Statements[0].VoidReason != "受保护号码" || void.Keys[0].Sentence != "没有有效证据。" ||
		!strings.HasPrefix(void.WhyNot, "标记 mkt.hr (") || !strings.HasSuffix(void.WhyNot, ": 无效: 受保护号码") {
		t.Errorf("a void flag: %+v, %v", void, err)
	}
}

func TestWhyNotWithoutAWord(t *testing.T) {
	l, b := newWorld(t).list(), book(t)
	for lang, want := range map[string]string{"en": "west said nothing about this number.", "zh": "west 没有对该号码作过任何声明。"} {
		if got, err := b.Explain(l, api.Query{Number: "13800138000", WhyNot: "west", Lang: lang}, fresh); err != nil || got.WhyNot != want {
			t.Errorf("%s: %q, %v", lang, got.WhyNot, err)
		}
	}
	if _, err := b.Explain(l, api.Query{Number: "13800138000", WhyNot: "nobody"}, fresh); api.KindOf(err) != api.NotFound {
		t.Errorf("no member: %v", err)
	}
	if _, err := b.Explain(l, api.Query{Number: "12"}, fresh); api.KindOf(err) != api.BadInput {
		t.Errorf("no number: %v", err)
	}
}

// Each way in which a key is decided has its sentence in both languages.
func TestSentencesOfEveryDecision(t *testing.T) {
	w, b := newWorld(t), book(t)
	w.flag("list", "+8613800138001", "mkt.hr", "")
	w.flag("west", "+8613800138002", "mkt.hr", "")
	w.flag("south", "+8613800138002", "mkt.retail", "")
	w.flag("west", "+8613800138003", "mkt.hr", "")
	w.retract("west", w.flag("west", "+8613800138004", "mkt.hr", ""))
	l := w.list()
	for digits, want := range map[string][3]string{
		"13800138001": {"single_source", "one source alone reaches", "单一来源达到"},
		"13800138002": {"two_voices", "2 independent voices reach", "2 个独立来源"},
		"13800138003": {"below_threshold", "1 of 2 independent voices", "独立来源 1 个（需要 2 个）"},
		"13800138004": {"no_evidence", "No evidence counts.", "没有有效证据。"},
	} {
		for i, lang := range []string{"en", "zh"} {
			got, err := b.Explain(l, api.Query{Number: digits, Lang: lang}, fresh)
			if err != nil || len(got.Keys) != 1 || got.Keys[0].Rule != want[0] || !strings.Contains(got.Keys[0].Sentence, want[1+i]) {
				t.Errorf("%s in %s: %+v, %v", digits, lang, got.Keys, err)
			}
		}
	}
}

func TestStatementAsItWasSaid(t *testing.T) {
	w, b := newWorld(t), book(t)
	said := w.flag("list", "+8613800138000", "mkt.hr", "猎头")
	undo := w.retract("list", said)
	l := w.list()
	ask := func(ref taxonomy.Ref) api.Statement {
		t.Helper()
		told, ok := l.Told(ref)
		if !ok {
			t.Fatalf("no statement %s", ref)
		}
		return b.Statement(l, &told)
	}
	got := ask(said)
	if got.Member != "list" || got.Kind != "flag" || got.Category != "mkt.hr" || got.Label != "猎头" || got.Count != 10 || got.Said != "2026-11-24T12:00:00Z" ||
		got.Expires != "2027-02-22T12:00:00Z" || len(got.Publication) != 32 || got.Erased {
		t.Errorf("a flag: %+v", got)
	}
	if got := ask(undo); got.Kind != "retract" || got.Subject != said.String() || got.Retracts != said.String() || got.Text != "mistake" || got.Expires != "never" {
		t.Errorf("a retraction: %+v", got)
	}
	whole := assertion.PublicationID{7}
	for want, undo := range map[string]assertion.Retract{
		"batch " + said.Batch.String():                 {Kind: assertion.TargetBatch, Target: said.Batch.Bytes()},
		"publication 07000000000000000000000000000000": {Kind: assertion.TargetPublication, Target: whole[:]},
	} {
		told := view.Told{Body: undo, Statement: assertion.Statement{Kind: assertion.KindRetract}}
		if got := b.Statement(l, &told); got.Retracts != want {
			t.Errorf("it retracts %q, want %q", got.Retracts, want)
		}
	}
}

// A retraction that undoes nothing stands once it is signed, not when it is only looked at.
func TestARetractionThatUndoesNothing(t *testing.T) {
	s := assertion.Statement{Kind: assertion.KindRetract}
	for preview, want := range map[bool]string{true: "would stand", false: "the retraction stands"} {
		if got := answer.WhyNoChange(&view.Preview{}, &s, preview); !strings.Contains(got.Text, want) || strings.Contains(got.Text, "stands") == preview {
			t.Errorf("preview %v: %q", preview, got)
		}
	}
}

func TestCallsAreReadInTheWordsOfTheAPI(t *testing.T) {
	b := book(t)
	now := time.Unix(noon, 0)
	got, err := b.Call(api.Call{
		Caller: "+861062301234", Asserted: "13800138000", Redirecting: "95588", Called: "110", Ingress: "international", Trunk: "t1",
		Screening: "network_provided", Roaming: "yes", Attest: "A", Medium: "sms", At: "2026-11-24T10:30:00+08:00",
	}, now)
	must(t, err)
	if got.Presented.First().String() != "+861062301234" || got.Asserted.First().String() != "+8613800138000" || got.Redirecting.String() != "+86!95588" ||
		got.Called.First().String() != "+86!110" || got.Ingress != (screen.Ingress{Trunk: "t1", Class: screen.International}) || !got.Time.Equal(time.Unix(noon-9*3600-1800, 0)) {
		t.Errorf("%+v", got)
	}
	bare, err := b.Call(api.Call{Called: "110"}, now)
	if err != nil || bare.Presented.First().Kind() != number.Anonymous || !bare.Time.Equal(now) || bare.Medium.String() != "voice" {
		t.Errorf("a call without a caller: %+v, %v", bare, err)
	}
	for want, c := range map[string]api.Call{
		"names no called number": {Caller: "110"},
		`"noon" is no time`:      {Called: "110", At: "noon"},
		`"sideways"`:             {Called: "110", Ingress: "sideways"},
		`"perhaps"`:              {Called: "110", Roaming: "perhaps"},
		`"smoke" is no`:          {Called: "110", Medium: "smoke"},
		`"D"`:                    {Called: "110", Attest: "D"},
		`"network"`:              {Called: "110", Screening: "network"},
	} {
		if _, err := b.Call(c, now); api.KindOf(err) != api.BadInput || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", c, err, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	b := book(t)
	call, err := b.Call(api.Call{Caller: "+861062301234", Asserted: "anonymous", Called: "110"}, time.Unix(noon, 0))
	must(t, err)
	key := call.Presented.First()
	n, _ := key.Number()
	v := screen.Verdict{
		Action: taxonomy.Block, Treatment: screen.Reject, Rule: screen.CLIForeignDomestic, Caller: key, Identity: screen.Presented,
		Key: n.Range(), Shadow: screen.Would{Action: taxonomy.Label, Rule: screen.CLIUnallocated},
	}
	got := b.Verdict(&call, &v, api.ListStamp{Root: "r"}, 7, "zh")
	if got.Action != "block" || got.Treatment != "reject" || got.Rule != "cli.foreign_domestic" || got.Caller != "+861062301234" || got.Key != "+861062301234" ||
		got.ScorePermille != 7 || got.Text != "境外来电仿冒境内号码" || got.WouldBe != "label" || got.WouldBeRule != "cli.unallocated" || got.List.Root != "r" {
		t.Errorf("%+v", got)
	}
	// When no rule spoke of a caller, the one that the call shows is named.
	if got := b.Verdict(&call, &screen.Verdict{}, api.ListStamp{}, 0, "en"); got.Caller != "+861062301234" || got.Key != "" || got.WouldBe != "" || got.Action != "allow" {
		t.Errorf("nothing known: %+v", got)
	}
}
