package metrics

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"ringfence/node/phrase"
)

func newMetrics(t testing.TB) (*Metrics, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	m, err := New(registry, "v0.0.0-test")
	if err != nil {
		t.Fatal(err)
	}
	return m, registry
}

// TestREADME: the table says what the code registers, row by row.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, d := range all() {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", d.name, d.kind, strings.Join(d.labels, ", "), d.help)
	}
	if !strings.Contains(string(readme), want.String()) {
		t.Errorf("the table of README.md should read:\n%s", want.String())
	}
}

// use tells every metric once.
func use(m *Metrics) {
	at := time.Unix(1_800_000_000, 500_000_000)
	m.SetList(List{Allowed: 1, Labelled: 2, Blocked: 3, Contested: 4, Serial: 5, LedgerSize: 6, Updated: at, RootChanged: at.Add(-time.Hour)})
	m.AddStatements("counts", 10)
	m.AddStatements("void", 2)
	m.AddBatches("fresh", 3)
	m.AddVerdict("sip", "cli.foreign_domestic", "block")
	m.AddShadow("rest", "list.label", "label")
	m.AddRows("rejected", 7)
	m.SetHolds(nil)
	m.SetDisk(1<<30, 1<<20)
	m.SetFederation(Federation{Known: 7, Connected: 6, Agreeing: 5, Differing: 1, ClockBehind: -1.5, Missing: 4, Waiting: 3, FeedsWaiting: 2, Gaps: 2, Forked: 1, Twin: true, Heard: at})
	m.AddDropped()
	m.AddGossip("batches", "accept")
	m.AddGossipFault("garbled")
	m.AddRefused("rate")
	m.Request("/v1/numbers/{number}", "GET", 200, 3*time.Millisecond)
}

// TestEveryMetricIsListed: what is registered and what names.go lists are the
// same metrics, with the same labels.
func TestEveryMetricIsListed(t *testing.T) {
	m, registry := newMetrics(t)
	use(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range families {
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		got[f.GetName()] = strings.ToLower(f.GetType().String()) + " " + fmt.Sprint(len(labels))
	}
	for _, d := range all() {
		if want := string(d.kind) + " " + fmt.Sprint(len(d.labels)); got[d.name] != want {
			t.Errorf("%s is registered as %q, listed as %q", d.name, got[d.name], want)
		}
		delete(got, d.name)
	}
	for name := range got {
		t.Errorf("%s is registered and not listed", name)
	}
}

// TestNames follows the conventions: one prefix, units at the end, counters
// that say so.
func TestNames(t *testing.T) {
	form := regexp.MustCompile(`^ringfence_[a-z_]+$`)
	for _, d := range all() {
		if !form.MatchString(d.name) || strings.HasSuffix(d.name, "_total") != (d.kind == counter) || !strings.HasSuffix(d.help, ".") {
			t.Errorf("%s (%s): %q", d.name, d.kind, d.help)
		}
	}
	_, registry := newMetrics(t)
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
}

func TestValues(t *testing.T) {
	m, registry := newMetrics(t)
	use(m)
	want := `
# HELP ringfence_list_entries Entries of the harmonised list by action.
# TYPE ringfence_list_entries gauge
ringfence_list_entries{action="allow"} 1
ringfence_list_entries{action="block"} 3
ringfence_list_entries{action="label"} 2
# HELP ringfence_list_updated_timestamp_seconds When the list last took in all that the node knew.
# TYPE ringfence_list_updated_timestamp_seconds gauge
ringfence_list_updated_timestamp_seconds 1.8000000005e+09
# HELP ringfence_checkpoint_timestamp_seconds Time of the last fresh checkpoint with a quorum's cosignatures; 0 before the first.
# TYPE ringfence_checkpoint_timestamp_seconds gauge
ringfence_checkpoint_timestamp_seconds 0
# HELP ringfence_statements_total Statements applied to the list by what became of them.
# TYPE ringfence_statements_total counter
ringfence_statements_total{status="counts"} 10
ringfence_statements_total{status="void"} 2
# HELP ringfence_screen_verdicts_total Calls screened by face, deciding rule and the action answered.
# TYPE ringfence_screen_verdicts_total counter
ringfence_screen_verdicts_total{action="block",face="sip",rule="cli.foreign_domestic"} 1
# HELP ringfence_disk_free_bytes Free space where the data directory lies.
# TYPE ringfence_disk_free_bytes gauge
ringfence_disk_free_bytes 1.073741824e+09
`
	names := regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(want, -1)
	var only []string
	for _, n := range names {
		only = append(only, n[1])
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), only...); err != nil {
		t.Error(err)
	}
}

// TestWhatHoldsSigningIsToldByReason: every reason that holds now, whichever of its
// codes the problem has and wherever in it, and no other; each is there from the start.
func TestWhatHoldsSigningIsToldByReason(t *testing.T) {
	m, registry := newMetrics(t)
	coded := func(code string) phrase.Phrase { return phrase.Coded(code, "in words") }
	for _, c := range []struct {
		problems []phrase.Phrase
		want     string
	}{
		{nil, ""},
		{[]phrase.Phrase{coded("problem.stale"), phrase.Plain("forked")}, ""},
		{[]phrase.Phrase{phrase.Join(coded("problem.mute"), coded("problem.no_keys"))}, "mute"},
		{[]phrase.Phrase{coded("bar.forked"), coded("problem.suspended")}, "forked"},
		{[]phrase.Phrase{coded("bar.stolen"), coded("problem.disk_full")}, "stolen disk"},
		{[]phrase.Phrase{coded("bar.restored"), coded("problem.unconfirmed"), coded("problem.unwritable")}, "restored disk"},
		{[]phrase.Phrase{coded("problem.twin")}, "twin"},
		{[]phrase.Phrase{coded("problem.twin_hidden")}, "twin"},
		{[]phrase.Phrase{coded("problem.twin_before")}, "twin"},
		{[]phrase.Phrase{coded("problem.clock_ahead")}, "clock"},
		{[]phrase.Phrase{coded("problem.clock_behind")}, "clock"},
		{[]phrase.Phrase{phrase.Join(coded("problem.stuck"), coded("problem.clock_back"))}, "clock"},
	} {
		m.SetHolds(c.problems)
		want := "# HELP ringfence_signing_held " + signingHeld().help + "\n# TYPE ringfence_signing_held gauge\n"
		for _, reason := range []string{"clock", "disk", "forked", "mute", "restored", "stolen", "twin"} {
			want += fmt.Sprintf("ringfence_signing_held{reason=%q} %v\n", reason, oneIf(strings.Contains(c.want, reason)))
		}
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "ringfence_signing_held"); err != nil {
			t.Errorf("%v: %v", c.problems, err)
		}
	}
}

// TestLabelsFromOutsideAreBounded: a client cannot make time series.
func TestLabelsFromOutsideAreBounded(t *testing.T) {
	m, _ := newMetrics(t)
	for i := range 100 {
		m.Request("", fmt.Sprintf("METHOD%d", i), 404, time.Millisecond)
	}
	if n := testutil.CollectAndCount(m.requests); n != 1 {
		t.Errorf("%d series from a hundred invented methods", n)
	}
	if n := testutil.ToFloat64(m.requests.WithLabelValues(Unmatched, "other", "404")); n != 100 {
		t.Errorf("%v requests counted", n)
	}
}

func TestNegativeCountsStopNothing(t *testing.T) {
	m, _ := newMetrics(t)
	m.AddRows("accepted", -1)
	if n := testutil.ToFloat64(m.rows.WithLabelValues("accepted")); n != 0 {
		t.Errorf("a negative count gives %v", n)
	}
}

func TestRegisteredTwice(t *testing.T) {
	_, registry := newMetrics(t)
	if _, err := New(registry, "v0"); err == nil || !strings.Contains(err.Error(), "register ringfence_statements_total") {
		t.Errorf("registering twice: %v", err)
	}
}

func TestVerdictCountAllocatesNothing(t *testing.T) {
	m, _ := newMetrics(t)
	m.AddVerdict("sip", "list.label", "label")
	if n := testing.AllocsPerRun(100, func() { m.AddVerdict("sip", "list.label", "label") }); n != 0 {
		t.Errorf("%v allocations a counted verdict", n)
	}
}
