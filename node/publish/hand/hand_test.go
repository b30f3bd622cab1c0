package hand

import (
	"strings"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/harmonise"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

const noon = 20780*SecondsPerDay + 43200

func terms(t testing.TB, change func(*charter.Policy)) Terms {
	t.Helper()
	p := charter.DefaultPolicy()
	change(&p)
	rules, err := harmonise.NewRules(p)
	if err != nil {
		t.Fatal(err)
	}
	return Terms{Member: "op", Policy: &p, Rules: rules, Now: noon, Day: taxonomy.DayOf(noon)}
}

func key(t testing.TB, text string) number.Range {
	t.Helper()
	r, err := number.ParseRange(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func cat(t testing.TB, text string) taxonomy.Category {
	t.Helper()
	c, err := taxonomy.ParseCategory(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sound returns the body of a statement that must be without fault.
func sound(t testing.TB, s assertion.Statement, err error) assertion.Body {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	body, reason := s.Check()
	if reason != assertion.Sound {
		t.Fatalf("a draft is void: %s", reason)
	}
	if s.Effective != noon {
		t.Errorf("effective %d", s.Effective)
	}
	return body
}

func TestFlag(t *testing.T) {
	sure := uint16(990)
	nothing := uint16(0)
	for name, c := range map[string]struct {
		flag       Flag
		confidence uint16
		basis      assertion.Basis
		from, to   int64
		expires    int64
	}{
		"by hand":      {Flag{}, 800, assertion.Basis{Kind: assertion.BasisInvestigation}, noon, noon, noon + 180*SecondsPerDay},
		"sure":         {Flag{Confidence: &sure}, 990, assertion.Basis{Kind: assertion.BasisInvestigation}, noon, noon, noon + 180*SecondsPerDay},
		"silencing":    {Flag{Confidence: &nothing}, 0, assertion.Basis{Kind: assertion.BasisInvestigation}, noon, noon, noon + 180*SecondsPerDay},
		"counted":      {Flag{Reports: 4}, 500, assertion.Basis{Kind: assertion.BasisReports, Count: 4}, noon, noon, noon + 180*SecondsPerDay},
		"counted sure": {Flag{Reports: 4, Confidence: &sure}, 990, assertion.Basis{Kind: assertion.BasisReports, Count: 4}, noon, noon, noon + 180*SecondsPerDay},
		"seen":         {Flag{SeenTo: noon - 100}, 800, assertion.Basis{Kind: assertion.BasisInvestigation}, noon - 100, noon - 100, noon - 100 + 180*SecondsPerDay},
		"seen for long": {Flag{SeenFrom: noon - 500, SeenTo: noon - 100}, 800, assertion.Basis{Kind: assertion.BasisInvestigation},
			noon - 500, noon - 100, noon - 100 + 180*SecondsPerDay},
		"until": {Flag{Expires: noon + 5}, 800, assertion.Basis{Kind: assertion.BasisInvestigation}, noon, noon, noon + 5},
	} {
		t.Run(name, func(t *testing.T) {
			c.flag.Key, c.flag.Category, c.flag.Label, c.flag.Medium = key(t, "+8613800138000"), cat(t, "mkt.hr"), "猎头", assertion.SMS
			s, err := terms(t, func(*charter.Policy) {}).Flag(c.flag)
			body := sound(t, s, err)
			want := assertion.Flag{Category: cat(t, "mkt.hr"), Label: "猎头", Confidence: c.confidence, Reports: c.flag.Reports}
			if body != want || s.Basis.Kind != c.basis.Kind || s.Basis.Count != c.basis.Count || s.Medium != assertion.SMS {
				t.Errorf("body %+v, basis %+v", body, s.Basis)
			}
			if s.ObservedFrom != c.from || s.ObservedTo != c.to || s.Expires != c.expires {
				t.Errorf("seen %d to %d, expires %d", s.ObservedFrom-noon, s.ObservedTo-noon, s.Expires-noon)
			}
		})
	}
}

// A flag tells what has been seen, and first comes before last.
func TestFlagRefusesWhatNobodyHasSeen(t *testing.T) {
	for want, f := range map[string]Flag{
		"last seen 2026-11-23: that lies ahead of now":             {SeenTo: noon + 1},
		"last seen 2026-11-24: that lies ahead of now":             {SeenFrom: noon, SeenTo: noon + SecondsPerDay},
		"first seen 2026-11-23 is later than last seen 2026-11-22": {SeenFrom: noon, SeenTo: noon - SecondsPerDay},
		"first seen 2026-11-24 is later than last seen 2026-11-23": {SeenFrom: noon + SecondsPerDay},
	} {
		f.Key, f.Category = key(t, "+8613800138000"), cat(t, "mkt.hr")
		if _, err := terms(t, func(*charter.Policy) {}).Flag(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", f, err, want)
		}
	}
}

// A default never exceeds what the policy allows, not even of an observation
// whose date lies ahead.
func TestFlagExpiryIsBounded(t *testing.T) {
	narrow := terms(t, func(p *charter.Policy) {
		p.ExpiryMaxDays.Flag = 30
		p.FlagExpiryDays = charter.ByClass{Crm: 30, Har: 30, Mkt: 30, Oth: 30, Unk: 30, ID: 30, OK: 30}
	})
	for lastSeen, want := range map[int64]int64{
		noon:                      (20780 + 30) * SecondsPerDay,
		noon + SecondsPerDay:      (20780 + 30) * SecondsPerDay,
		noon - 20*SecondsPerDay:   noon + 10*SecondsPerDay,
		noon - 43200:              (20780 + 30) * SecondsPerDay,
		noon - 43200 - 1:          (20780+30)*SecondsPerDay - 1,
		noon + 4000*SecondsPerDay: (20780 + 30) * SecondsPerDay,
	} {
		if got := narrow.FlagExpiry(taxonomy.Mkt, lastSeen); got != want {
			t.Errorf("last seen noon%+d: expires noon%+d, want noon%+d", lastSeen-noon, got-noon, want-noon)
		}
	}
}

func TestBlock(t *testing.T) {
	for _, c := range []struct {
		block   Block
		expires int64
	}{
		{Block{Scope: assertion.ScopeOwn}, noon + 30*SecondsPerDay},
		{Block{Scope: assertion.ScopeAsk}, noon + 90*SecondsPerDay},
		{Block{Scope: assertion.ScopeAsk, Expires: noon + 7}, noon + 7},
	} {
		c.block.Key, c.block.Category, c.block.Reason = key(t, "+861700123*/13"), cat(t, "crm.spoof"), "seen on trunk 7"
		s, err := terms(t, func(*charter.Policy) {}).Block(c.block)
		body := sound(t, s, err)
		want := assertion.Block{Category: c.block.Category, Reason: c.block.Reason, Scope: c.block.Scope}
		if body != want || s.Expires != c.expires || s.Subject.Kind != assertion.SubjectRange {
			t.Errorf("body %+v until noon%+d", body, s.Expires-noon)
		}
		if got, ok := s.Key(); !ok || got != c.block.Key {
			t.Errorf("about %s", got)
		}
	}
}

func TestOthers(t *testing.T) {
	tm := terms(t, func(*charter.Policy) {})
	n, _ := key(t, "+8613800138000").Number()
	ref := taxonomy.Ref{Batch: assertion.CID([]byte("x")), Index: 3}
	reassign, err1 := tm.Reassign(n, noon-5)
	contest, err2 := tm.Contest(n.Range(), "mine", ref)
	answer, err3 := tm.Answer(ref, true, "recorded")
	resource, err4 := tm.Resource(key(t, "+86!95163*"), assertion.Resource{AllocatedTo: "op"})
	one, err5 := tm.Retract(Statement(ref), "mistaken")
	batch, err6 := tm.Retract(Batch(ref.Batch), "mistaken")
	whole, err7 := tm.Retract(Publication(assertion.PublicationID{1, 2}), "mistaken")
	for _, c := range []struct {
		s       assertion.Statement
		err     error
		kind    assertion.Kind
		subject string
		expires int64
	}{
		{reassign, err1, assertion.KindReassign, string(Subject(n.Range()).Value), noon + 3651*SecondsPerDay},
		{contest, err2, assertion.KindContest, string(Subject(n.Range()).Value), noon + 457*SecondsPerDay},
		{answer, err3, assertion.KindAnswer, string(ref.Bytes()), noon + 457*SecondsPerDay},
		{resource, err4, assertion.KindResource, string(Subject(key(t, "+86!95163*")).Value), noon + 365*SecondsPerDay},
		{one, err5, assertion.KindRetract, string(ref.Bytes()), taxonomy.Never},
		{batch, err6, assertion.KindRetract, "op", taxonomy.Never},
		{whole, err7, assertion.KindRetract, "op", taxonomy.Never},
	} {
		body := sound(t, c.s, c.err)
		if c.s.Kind != c.kind || string(c.s.Subject.Value) != c.subject || c.s.Expires != c.expires {
			t.Errorf("%+v about %x until %d", body, c.s.Subject.Value, c.s.Expires)
		}
		if r, ok := body.(assertion.Retract); ok && r.Reason != "mistaken" {
			t.Errorf("retract %+v", r)
		}
	}
}

// The target does not change when the ID it was made of does.
func TestTargetIsACopy(t *testing.T) {
	id := assertion.PublicationID{1}
	target := Publication(id)
	id[0] = 2
	if target.value[0] != 1 {
		t.Error("the target shares its ID")
	}
}
