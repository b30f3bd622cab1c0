package show_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/showtest"
	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/number"
	"ringfence/store/policy"
)

// stamp, lookup and the others are answers in which nothing is empty.
func stamp() api.ListStamp {
	return api.ListStamp{Root: strings.Repeat("ab", 32), LedgerSize: 1, Serial: 7, Session: "s", Day: "2026-11-24", AgeSeconds: 3}
}

func lookup() api.Lookup {
	return api.Lookup{
		Number: "+8613800138000", Masked: "+8613800138***", Readings: []string{"+8613800138000", "+86!13800138000"}, NumberClass: "mobile",
		Holder: "holder", Region: "region", Allocated: "yes", PlanDate: "2026-11-01", Listed: true, Action: "label", Class: "mkt",
		Category: "mkt.finance.loan", CategoryName: "Loans", ScorePermille: 612, Basis: "number", Key: "+8613800138000", Contested: true,
		Protected: true, Ratified: []uint64{9}, List: stamp(),
		Sources: []api.Source{{Member: "acme", Category: "mkt.finance.loan", Label: "贷款", ConfidencePermille: 800, Count: 1234,
			FirstSeen: "2026-11-01T00:00:00Z", LastSeen: "2026-11-20T00:00:00Z", Ref: "bafy/0"}},
	}
}

func explanation() api.Explanation {
	return api.Explanation{Lookup: lookup(), WhyNot: "why not", Keys: []api.KeyExplanation{{
		Key: "+8613800138000", Decides: true, Action: "label", Class: "mkt", Rule: "two_voices", Sentence: "in words", NextChange: "2027-01-01",
		Classes: []api.ClassTally{{Class: "mkt", Sum: 40000, TestedSum: 40000, NeededSum: 31060, Voices: 2, NeededVoices: 2, BestPermille: 400, SinglePermille: 430, Passes: true},
			{Class: "crm", NeededSum: 31060, NeededVoices: 2}},
		Statements: []api.Contribution{{Statement: api.Statement{Ref: "bafy/0", Kind: "flag", Subject: "+8613800138000", Member: "acme", Category: "mkt.finance.loan",
			Label: "贷款", Count: 3, LastSeen: "2026-11-20T00:00:00Z"}, Status: "retracted", VoidReason: "void reason", RetractedBy: "bafy/1", StrengthPermille: 315, IndependenceGroup: "group"}},
	}}}
}

func verdict() api.Verdict {
	return api.Verdict{Action: "block", Treatment: "reject", Rule: "list.ratified", Category: "crm.fraud.impersonation", Member: "acme",
		Caller: "+861062301234", Key: "+861062301234", Text: "text", WouldBe: "label", WouldBeRule: "list.label", References: []string{"bafy/0"}, Stale: true, List: stamp()}
}

func status(running bool) api.Status {
	return api.Status{Version: "v", Federation: "bafyfed", Name: "Test", Member: "acme", Roles: []string{"vendor"}, Issuer: "01ab", Directory: "/d",
		Running: running, StartedAt: "2026-11-24T00:00:00Z", Members: 2, Batches: 1, Statements: 1234567, Void: 1, Entries: 9, Labelled: 5, Blocked: 1, Contested: 2,
		Feeds:     []api.Feed{{Member: "acme", Issuer: "01abcdef0123456789", Sequence: 4, Head: "bafyhead", Said: "2026-11-24T00:00:00Z", Frozen: true}},
		Plans:     []api.Plan{{Country: "86", Date: "2026-11-01", Source: "test", Ranges: 840}},
		FreeBytes: 3 << 30, FloorBytes: 1 << 29, Problems: []phrase.Phrase{phrase.Plain("something is wrong")}, List: stamp()}
}

func federation(t *testing.T) *show.Charter {
	grants := make([]charter.RangeGrant, 25)
	for i := range grants {
		grants[i] = chartertest.Grant(t, "+8613800*/13", "acme", "res", "host")
	}
	return &show.Charter{
		File: "genesis.cbor", Constitution: api.Constitution{
			Federation: "bafyfed", Name: "Test", Created: "2026-11-24T00:00:00Z", Founders: []string{"reg"},
			Regulators: []api.Regulator{{Member: "reg", Jurisdiction: "CN"}}, Quorum: 1,
			Members: []api.Member{{ID: "acme", Name: "Acme", NameZh: "阿克米", Roles: []string{"vendor"}, Group: "group", Weight: 850, Issuers: []string{"01ab"}}},
			Grants:  grants, Protected: []number.Range{chartertest.Range(t, "+86!12321")}, Policy: policy.Default(),
		},
	}
}

// pages shows one answer of every kind.
func pages(t *testing.T) map[string]func(*show.Page) {
	l, e, v, running, stopped := lookup(), explanation(), verdict(), status(true), status(false)
	said := api.Said{Preview: true, Statements: []string{"bafy/0"}, Undone: 2, Changed: 5, Note: phrase.Plain("a note"), Changes: []api.Change{{Key: "+8613800138000", Before: "-", After: "label"}}}
	published := api.Published{Publication: "00ff", Rows: 1000, Accepted: 990, Rejected: 10, RejectedBy: map[string]int{"blank": 3, "too few digits": 7}, Drafts: 9, Statements: 8,
		Unchanged: 1, Resumed: 1, Refused: 1, Clamped: 1, Unmapped: []string{"Other"}, Batches: 1, Changes: 1, Labelled: 2, LabelledNow: 1, Note: phrase.Plain("a note"), Seconds: 1.25}
	again, dry := published, published
	again.Already, dry.DryRun, dry.Again = true, true, 2
	again.Under = []string{"00ff", "01ff"}
	stands := api.Published{Already: true, Under: []string{"00ff", "01ff"}, Unchanged: 2}
	return map[string]func(*show.Page){
		"lookup":     func(p *show.Page) { show.Lookup(p, &l) },
		"not listed": func(p *show.Page) { show.Lookup(p, &api.Lookup{Number: "+8613800138000", Allocated: "unknown"}) },
		"lookups": func(p *show.Page) {
			show.Lookups(p, []api.LookupAnswer{{Lookup: &l}, {Error: api.Errorf(api.BadInput, "no number")}}, []string{"1", "xyz"})
		},
		"explain": func(p *show.Page) { show.Explanation(p, &e) },
		"verdict": func(p *show.Page) { show.Verdict(p, &v) },
		"verdicts": func(p *show.Page) {
			show.Verdicts(p, []api.Call{{Caller: "1", Called: "110", Ingress: "national"}}, []api.Verdict{v})
		},
		"switches":  func(p *show.Page) { show.Switches(p, []api.Switch{{Target: "rest", Acts: true}, {Target: "sip"}}) },
		"running":   func(p *show.Page) { show.Status(p, &running) },
		"stopped":   func(p *show.Page) { show.Status(p, &stopped) },
		"plan":      func(p *show.Page) { show.Plans(p, running.Plans) },
		"published": func(p *show.Page) { show.Published(p, &published) },
		"again":     func(p *show.Page) { show.Published(p, &again) },
		"stands":    func(p *show.Page) { show.Published(p, &stands) },
		"dry":       func(p *show.Page) { show.Published(p, &dry) },
		"said":      func(p *show.Page) { show.Said(p, &said) },
		"none":      func(p *show.Page) { show.Publications(p, nil) },
		"delivered": func(p *show.Page) {
			show.Publications(p, []api.Publication{{ID: "00ff", State: "open", File: "f", Mapping: "m", Statements: 1, Unchanged: 2, Refused: 3, Begun: time.Unix(0, 0)},
				{ID: "01ff", State: "partly_retracted", Statements: 3, Retracted: 2, Unrecorded: true}, {ID: "02ff", State: "complete", Statements: 3, Unrecorded: true, Elsewhere: true}})
		},
		"say again": func(p *show.Page) {
			show.SayAgain(p, &api.SayAgain{Statements: []api.Statement{{Kind: "retract", Subject: "acme", Retracts: "batch bafy", Ref: "bafy/1"}}})
		},
		"then": func(p *show.Page) {
			why := phrase.New("past.no_anchor", "the ledger of %d entries has no anchor, which would fix what members had said", 4)
			x := api.Explanation{Lookup: l}
			x.AsOf = &api.AsOf{LedgerSize: 1234, Time: "2026-11-29T00:00:00Z", Day: "2026-11-29", Lacks: &why, Anchor: &api.AnchorRef{Index: 1200, Size: 1199, ListRoot: "00ff00ff00ff00ff"}}
			show.Explanation(p, &x)
		},
		"in force": func(p *show.Page) {
			c := federation(t)
			c.File, c.LedgerSize = "", 1
			show.Federation(p, c)
			c.LedgerSize = 1234
			show.Federation(p, c)
		},
		"signed": func(p *show.Page) {
			show.Sign(p, show.Signed{Federation: "bafy", Member: "c", File: "sc.cbor", Alone: true, Missing: []string{"a", "b"}})
		},
		"token":     func(p *show.Page) { show.NewToken(p, api.Token{Name: "job", Role: api.RoleReader, Secret: "secret"}) },
		"no tokens": func(p *show.Page) { show.Tokens(p, nil) },
		"tokens": func(p *show.Page) {
			show.Tokens(p, []api.Token{{Name: "job", Role: api.RoleReader, Made: "2026-11-24"}})
		},
		"initialised": func(p *show.Page) {
			show.Init(p, show.Initialised{Directory: "/d", Member: "acme", Roles: []string{"vendor"}, Group: "g", Card: "/d/card.yaml", Files: []string{"f"}, Keys: []show.Key{{"issuer", "01ab"}}})
		},
		"founder":    func(p *show.Page) { show.Init(p, show.Initialised{Directory: "/d", Member: "reg", Founder: true}) },
		"federation": func(p *show.Page) { show.Federation(p, federation(t)) },
		"sealed":     func(p *show.Page) { show.Sealed(p, federation(t)) },
		"config": func(p *show.Page) {
			show.Config(p, show.Checked{OK: true, Settings: []config.Setting{{Key: "home", Value: "86", From: "default"}, {Key: "lang", From: "default"}}})
		},
		"wrong": func(p *show.Page) {
			show.Config(p, show.Checked{Problems: []config.Problem{{Key: "hoem", From: "f:1", Text: "no setting"}}})
		},
	}
}

func TestEveryPageInEveryLanguage(t *testing.T) { showtest.InEveryLanguage(t, pages(t)) }

func TestChinesePagesTellCodesInChinese(t *testing.T) {
	withheld, v := lookup(), verdict()
	withheld.Allocated, withheld.PlanDate, withheld.Caller = "unknown", "", "anonymous"
	all := pages(t)
	all["withheld"] = func(p *show.Page) { show.Lookup(p, &withheld) }
	all["withheld call"] = func(p *show.Page) {
		show.Verdicts(p, []api.Call{{Called: "110", Ingress: "national"}}, []api.Verdict{v})
	}
	all["contested"] = func(p *show.Page) {
		show.Said(p, &api.Said{Changed: 1, Changes: []api.Change{{Key: "+8613800138000", Before: "allow id.service", After: "label mkt.hr contested"}}})
	}
	showtest.CodesInChinese(t, all)
}

func TestColourIsNeverTheOnlySign(t *testing.T) { showtest.Colour(t, 10, pages(t)) }

func TestErrorsOfWritingAreKept(t *testing.T) { showtest.ErrorsOfWriting(t, pages(t)) }

// What has to be said again of retractions is told by what they undo, and a publication
// of which a node has no record by where it is from.
func TestWhatTablesNameThingsBy(t *testing.T) {
	words, all := locale.New().Match("en"), pages(t)
	for page, wants := range map[string][]string{
		"say again": {"retract  batch bafy  "},
		"delivered": {"partly retracted  ", "(no record of its file here)", "(from another node of the member)"},
		"signed":    {"sc.cbor has this signature alone, not those of a, b"},
		"again":     {"as 00ff; nothing", "stands under 00ff, 01ff"},
	} {
		got := showtest.Render(all[page], words, false)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", page, want, got)
			}
		}
	}
}

// What goes on is said right below that which goes on.
func TestLongListsGoOnBelowThemselves(t *testing.T) {
	c := federation(t)
	for range 24 {
		c.Protected = append(c.Protected, c.Protected[0])
	}
	got := showtest.Render(func(p *show.Page) { show.Federation(p, c) }, locale.New().Match("en"), false)
	_, after, found := strings.Cut(got, "\nprotected ")
	if _, more, _ := strings.Cut(after, "\n"); !found || !strings.HasPrefix(more, "and 5 more") {
		t.Errorf("the protected numbers do not go on below themselves:\n%s", got)
	}
}

func TestLookupPage(t *testing.T) {
	l := lookup()
	const want = `number              +8613800138000
readings            +8613800138000, +86!13800138000
kind of number      mobile, holder, region
allocated           yes (plan of 2026-11-01)
verdict             label: Loans, mkt.finance.loan
score               61.2 %
disputed            yes: another class is claimed as well, or its user contests it
protected           yes: no evidence reaches it
ratified            ledger entry 9

member  category          label  confidence  reports  first seen  last seen   reference
acme    mkt.finance.loan  贷款       80.0 %    1,234  2026-11-01  2026-11-20  bafy/0

list abababababab…, day 2026-11-24, serial 7, 3 s old
`
	got := showtest.Render(func(p *show.Page) { show.Lookup(p, &l) }, locale.New().Match("en"), false)
	if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// Chinese characters are two columns wide, and columns still stand under
	// each other.
	for line := range strings.Lines(got) {
		if before, _, ok := strings.Cut(line, "80.0 %"); ok && len([]rune(before))+2 != strings.Index(headOf(got), "confidence")+len("confidence")-len("80.0 %") {
			t.Errorf("columns shift:\n%s", got)
		}
	}
}

func headOf(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "confidence") {
			return line
		}
	}
	return ""
}

// What decided a key is said by its sentence alone: what the evidence comes to is no reason
// where the regulators decide.
func TestOnlyOneReasonIsGiven(t *testing.T) {
	const why = "Ratified by the regulators in ledger entry 9, through the day before 2026-12-30."
	e := api.Explanation{Lookup: lookup(), Keys: []api.KeyExplanation{{Key: "+8613800138000", Decides: true, Rule: "below_threshold", Sentence: why}}}
	for _, lang := range []string{"en", "zh"} {
		got := showtest.Render(func(p *show.Page) { show.Explanation(p, &e) }, locale.New().Match(lang), false)
		if !strings.Contains(got, "\n"+why+"\n") {
			t.Errorf("%s: it is not said by itself:\n%s", lang, got)
		}
	}
}

func TestAmountsAndSizes(t *testing.T) {
	s := status(true)
	for _, c := range []struct {
		free uint64
		want string
	}{{1, "1 B free"}, {1023, "1023 B free"}, {1024, "1.0 KiB free"}, {1536, "1.5 KiB free"}, {3 << 30, "3.0 GiB free"}, {5 << 50, "5120.0 TiB free"}} {
		s.FreeBytes = c.free
		got := showtest.Render(func(p *show.Page) { show.Status(p, &s) }, locale.New().Match("en"), false)
		if !strings.Contains(got, c.want) || !strings.Contains(got, "1,234,567") {
			t.Errorf("%d bytes: no %q in\n%s", c.free, c.want, got)
		}
	}
}

// Rejected rows come by how many they are, then by name: never in the order of
// a map.
func TestRejectedReasonsInOrder(t *testing.T) {
	d := api.Published{Rows: 1, RejectedBy: map[string]int{"b": 1, "a": 1, "c": 9, "d": 1, "e": 1}}
	for range 20 {
		got := showtest.Render(func(p *show.Page) { show.Published(p, &d) }, locale.New().Match("en"), false)
		order := regexp.MustCompile(`(?m)^ *(?:9|1)  ([a-e])$`).FindAllStringSubmatch(got, -1)
		var letters string
		for _, m := range order {
			letters += m[1]
		}
		if letters != "cabde" {
			t.Fatalf("order %q in\n%s", letters, got)
		}
	}
}

// Whoever joins with a wrong clock reads which way it is wrong.
func TestJoinTellsWhichWayTheClockIsOff(t *testing.T) {
	for _, words := range locale.New().All() {
		for seconds, want := range map[int64]map[string]string{
			49 * 60:  {"en": "is 49 minutes ahead of the peer's.", "zh": "快 49 分钟。"},
			-49 * 60: {"en": "is 49 minutes behind the peer's.", "zh": "慢 49 分钟。"},
		} {
			got := showtest.Render(func(p *show.Page) { show.Join(p, show.Joined{Ahead: seconds, ClockOff: true, Directory: "/d"}) }, words, false)
			if w := want[words.Lang()[:2]]; w == "" || !strings.Contains(got, w) {
				t.Errorf("%d seconds ahead in %s: %q is not in\n%s", seconds, words.Lang(), w, got)
			}
		}
	}
}

// Long lists are cut and say so.
func TestLongListsSayThatTheyGoOn(t *testing.T) {
	got := showtest.Render(func(p *show.Page) { show.Federation(p, federation(t)) }, locale.New().Match("en"), false)
	if strings.Count(got, "+8613800*/13") != 20 || !strings.Contains(got, "and 5 more") {
		t.Errorf("25 grants show as\n%s", got)
	}
}

// With --mask no answer holds the whole number, not even in a part that one
// rarely looks at.
func TestMaskedAnswersHoldNoNumber(t *testing.T) {
	words := locale.New().Match("en")
	l, e, v := lookup(), explanation(), verdict()
	c := api.Call{Caller: "+861062301234", Called: "+8613800138000", Asserted: "+861062301234", Redirecting: "+861062301234"}
	answer := api.LookupAnswer{Lookup: ptr(lookup())}
	failed := api.LookupAnswer{Error: api.Errorf(api.BadInput, `"13800138000" is no number`)}
	why := api.Tell(api.BadInput, phrase.Join(phrase.New("test.bad", "%s is bad", "13800138000"), phrase.New("test.why", "%s has no plan", "+8613800138000")))
	explained := api.LookupAnswer{Error: why}
	show.MaskLookup(&l)
	show.MaskExplanation(&e)
	show.MaskVerdict(&v)
	show.MaskCall(&c)
	asked := []string{show.MaskAnswer("13800138000", &answer), show.MaskAnswer("13800138000", &failed), show.MaskAnswer("13800138000", &explained)}
	all := showtest.Render(func(p *show.Page) {
		show.Lookup(p, &l)
		show.Explanation(p, &e)
		show.Verdict(p, &v)
		show.Verdicts(p, []api.Call{c}, []api.Verdict{v})
		show.Lookups(p, []api.LookupAnswer{answer, failed, explained}, asked)
	}, words, false) + fmt.Sprintf("%+v", *explained.Error)
	if why.Then[0].Text != "+8613800138000 has no plan" {
		t.Errorf("somebody else's error is masked as well: %+v", why)
	}
	for _, number := range []string{"13800138000", "62301234"} {
		if strings.Contains(all, number) {
			t.Errorf("%s shows in\n%s", number, all)
		}
	}
	if !strings.Contains(all, "+8613800138***") {
		t.Errorf("the masked number does not show in\n%s", all)
	}
}

// What peers and say-again tell of agreement and forks says as of when, and who.
func TestPeersAndForksInWords(t *testing.T) {
	told := map[string]func(*show.Page){
		"yes (3 s ago)|7 (12 s ago)|not compared yet": func(p *show.Page) {
			show.Peers(p, &api.Peers{Peers: []api.Peer{
				{Member: "a", Connected: true, Agreement: "yes", AgreedSeconds: ptr[int64](3)},
				{Member: "b", Connected: true, Agreement: "other_inputs", AgreedSeconds: ptr[int64](300), Behind: 7, ToldSeconds: ptr[int64](12)},
			}})
		},
		"of key 01abcdef|4 batches are held here and 2 more by acme 01cd|!Nothing has to": func(p *show.Page) {
			show.SayAgain(p, &api.SayAgain{Lacking: []api.Lacking{{Issuer: "01abcdef0123456789", Held: 4, Missing: 2, Holders: []string{"acme 01cd"}}}})
		},
		"nothing is held here, and no connected node|!Nothing has to": func(p *show.Page) {
			show.SayAgain(p, &api.SayAgain{Lacking: []api.Lacking{{Issuer: "01abcdef0123456789"}}})
		},
		"Nothing has to be said again": func(p *show.Page) { show.SayAgain(p, &api.SayAgain{}) },
		"frozen|!sequence": func(p *show.Page) {
			show.Status(p, &api.Status{Feeds: []api.Feed{{Member: "acme", Issuer: "01abcdef0123456789", Frozen: true}}})
		},
	}
	for want, page := range told {
		for _, words := range locale.New().All() {
			got := showtest.Render(page, words, false)
			if place := regexp.MustCompile(`\{[0-9]\}|\bcli\.`).FindString(got); place != "" {
				t.Errorf("%s in %s: %s is not filled in", want, words.Lang(), place)
			}
			for w := range strings.SplitSeq(want, "|") {
				w, not := strings.CutPrefix(w, "!")
				if words.Lang() == "en" && strings.Contains(strings.ToLower(got), strings.ToLower(w)) == not {
					t.Errorf("%q (not: %v) in\n%s", w, not, got)
				}
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }
