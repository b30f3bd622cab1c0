package publish

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ringfence/node/source"
	"ringfence/node/source/mapping"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

// realFile opens one of the demo's inputs.
func realFile(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "simulations", "data", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// readReal reads a file by a mapping that ships and the plans that ship; its
// dates end yesterday.
func readReal(t testing.TB, name string, r io.Reader, keep func(source.Row) bool) *Delivery {
	t.Helper()
	m, err := mapping.Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := plan.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	d, err := source.Read(context.Background(), r, m, source.Options{
		File: name, NewestOn: today - 1, Keep: keep,
		Dialler: func(c number.Country) (source.Dialler, error) {
			rules := plans.Rules(c)
			return func(s string) number.Caller { return rules.Dialled(s).First() }, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return deliver(name, d)
}

// deliver is how composition hands what source read to a publisher.
func deliver(file string, d *source.Delivery) *Delivery {
	m := d.Mapping()
	return &Delivery{
		File: file, Mapping: m.Name(), Digest: d.Digest(), Adds: m.Mode() == mapping.Reports, Medium: m.Medium(),
		Drafts: func(yield func(Draft) bool) {
			for one := range d.Drafts() {
				if !yield(Draft{
					Number: one.Number, Category: one.Category, Label: one.Label, Reports: one.Reports,
					FirstSeen: one.FirstSeen, LastSeen: one.LastSeen, Lines: one.Lines(),
				}) {
					return
				}
			}
		},
	}
}

// The FTC's daily file from its bytes to the list; the second time it adds
// nothing, also when its rows come in another order with other line ends.
func TestFTCDailyFile(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	p := w.publisher("desk")
	text, err := io.ReadAll(realFile(t, "ftc_daily.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	res := w.publish(p, readReal(t, "ftc-daily", strings.NewReader(string(text)), nil))
	// Of 8,300 drafts some rest on calls long before the complaint.
	if res.Said+res.Refused != 8300 || res.Refused > 100 || res.After.Void != 0 || res.After.Labelled != 0 {
		t.Errorf("result %+v", res)
	}
	s, ok := w.standing("desk", "+12136986007", "unk.untyped")
	if !ok || s.Flag.Label != "Other" {
		t.Errorf("the first row: %+v", s)
	}
	tip := mustTip(w)
	rows := strings.Split(strings.ReplaceAll(strings.TrimSpace(string(text)), "\r\n", "\n"), "\n")
	head := rows[0]
	rows = rows[1:]
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	again := readReal(t, "ftc-daily", strings.NewReader(head+"\n"+strings.Join(rows, "\n")), nil)
	if res := w.publish(p, again); !res.Already || res.Said != 0 || mustTip(w) != tip {
		t.Errorf("published again: %+v", res)
	}
}

// Two desks file one number under different subjects: both labels stand
// verbatim, and the class comes from the typed one.
func TestTwoDesksOneNumber(t *testing.T) {
	w := newWorld(t, "west: vendor", "south: vendor")
	head := "Company_Phone_Number,Created_Date,Violation_Date,Consumer_City,Consumer_State,Consumer_Area_Code,Subject,Recorded_Message_Or_Robocall\n"
	row := func(state, subject string) string {
		return "2025550123,16-04-2025 00:01,15-04-2025 14:57,," + state + ",213,\"" + subject + "\",N\n"
	}
	const debt = "Reducing your debt (credit cards, mortgage, student loans)"
	text := head + strings.Repeat(row("Texas", debt), 3) + strings.Repeat(row("California", "Other"), 3)
	for desk, state := range map[string]string{"west": "California", "south": "Texas"} {
		d := readReal(t, "ftc-daily", strings.NewReader(text), func(r source.Row) bool {
			got, _ := r.Field("Consumer_State")
			return got == state
		})
		if res := w.publish(w.publisher(desk), d); res.Said != 1 {
			t.Fatalf("%s: %+v", desk, res)
		}
	}
	west, _ := w.standing("west", "+12025550123", "unk.untyped")
	south, _ := w.standing("south", "+12025550123", "mkt.finance.loan")
	if west.Flag.Label != "Other" || south.Flag.Label != debt {
		t.Errorf("labels %q and %q", west.Flag.Label, south.Flag.Label)
	}
	if e := w.entry("+12025550123"); e.Action != taxonomy.Label || e.Class != taxonomy.Mkt {
		t.Errorf("entry %+v", e)
	}
}

// BenchmarkPublishFTCNumbers goes from the 239,764-row file in memory to durable,
// listed statements on disk: reading, sorting, signing, admitting, listing.
func BenchmarkPublishFTCNumbers(b *testing.B) {
	text, err := io.ReadAll(realFile(b, "ftc_90days.csv.gz"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		store, err := disk.Open(disk.Config{Dir: b.TempDir(), FreeFloor: 1 << 20})
		if err != nil {
			b.Fatal(err)
		}
		w := newWorldOn(b, store, func(*charter.FoundingConfig) {}, "desk: vendor")
		w.announced = nil
		cfg := w.config("desk")
		cfg.Announce = nil
		p, err := New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		b.StartTimer()
		began := time.Now()
		d := readReal(b, "ftc-90days", strings.NewReader(string(text)), nil)
		read := time.Since(began)
		res, err := p.Publish(context.Background(), d, Options{})
		if err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		_ = w.root()
		b.StopTimer()
		b.ReportMetric(239764/took.Seconds(), "rows/s")
		b.ReportMetric(read.Seconds(), "s-reading")
		b.ReportMetric(float64(res.Said)/(took-read).Seconds(), "statements/s")
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
