package source

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node/source/mapping"
	"ringfence/node/source/table"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

func unix(t testing.TB, s string) int64 {
	t.Helper()
	layout := time.DateTime
	if len(s) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	at, err := time.Parse(layout, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}

// Each row that cannot be used is told with its line, field, value and reason.
func TestRejections(t *testing.T) {
	daily := func(row string) string {
		return "Company_Phone_Number,Created_Date,Violation_Date,Consumer_City,Consumer_State,Consumer_Area_Code,Subject,Recorded_Message_Or_Robocall\n" +
			"2025550123,16-04-2025 00:01,15-04-2025 14:57,,California,213,Other,N\n" + row + "\n"
	}
	rest := ",16-04-2025 00:01,15-04-2025 14:57,,California,213,Other,N"
	sheet := func(row string) string { return tableHead + "2025550123,,,2026-01-04,Loans,1\n" + row + "\n" }
	for _, c := range []struct {
		name, mapping, text string
		want                Rejection
	}{
		{"blank", "ftc-daily", daily(rest), Rejection{3, "Company_Phone_Number", "", Blank}},
		{"spreadsheet", "ftc-daily", daily("3.15316E+12" + rest), Rejection{3, "Company_Phone_Number", "3.15316E+12", Spreadsheet}},
		{"spreadsheet decimals", "ftc-daily", daily("2025550124.0" + rest), Rejection{3, "Company_Phone_Number", "2025550124.0", Spreadsheet}},
		{"eleven digits", "ftc-daily", daily("34682566391" + rest), Rejection{3, "Company_Phone_Number", "34682566***", OtherLength}},
		{"seven digits", "ftc-daily", daily("9094568" + rest), Rejection{3, "Company_Phone_Number", "9094***", OtherLength}},
		{"foreign", "ftc-daily", daily("+34682566391" + rest), Rejection{3, "Company_Phone_Number", "+34682566***", OtherLength}},
		{"no date", "ftc-daily", daily("2025550124,,,,,,Other,N"), Rejection{3, "Violation_Date", "", BadDate}},
		{"bad date", "ftc-daily", daily("2025550124,4/16/2025,,,,,Other,N"), Rejection{3, "Created_Date", "4/16/2025", BadDate}},
		{"number alone", "ftc-daily", daily("2025550124"), Rejection{3, "", "**********", FieldCount}},
		{"field too many", "ftc-daily", daily("2025550124" + rest + ",x"), Rejection{3, "", "**********,**-**-**** **:**,**-**-**** **:**,,Ca…", FieldCount}},
		{"stray quote", "ftc-daily", daily(`20255"50124` + rest), Rejection{3, "", `*****"*****,**-**-**** **:**,**-**-**** **:**,,C…`, BadQuote}},
		{"no count", "", sheet("2025550124,,,2026-01-04,Loans,"), Rejection{3, "n", "", BadCount}},
		{"zero", "", sheet("2025550124,,,2026-01-04,Loans,0"), Rejection{3, "n", "0", BadCount}},
		{"huge count", "", sheet("2025550124,,,2026-01-04,Loans,4294967296"), Rejection{3, "n", "4294967***", BadCount}},
		{"long label", "", sheet("2025550124,,,2026-01-04," + strings.Repeat("字", 43) + ",1"), Rejection{3, "what", strings.Repeat("字", 16) + "…", BadLabel}},
		{"last before first", "", sheet("2025550124,2026-01-03,2026-01-02,,Loans,1"), Rejection{3, "last", "2026-01-02", BadDate}},
		{"too short a line", "", sheet("2025550124,,"), Rejection{3, "", "**********,,", FieldCount}},
		{"word", "list", "2025550123\nunknown\n", Rejection{2, "number", "unknown", Withheld}},
		{"long line", "list", "2025550123\n" + strings.Repeat("5", table.MaxLine+1) + "\n", Rejection{2, "", strings.Repeat("*", 48) + "…", LongLine}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m *mapping.Mapping
			switch c.mapping {
			case "":
				m = parse(t, tableMapping)
			case "list":
				m = parse(t, listMapping)
			default:
				m = shipped(t, c.mapping)
			}
			o := mustRead(t, m, c.text, Options{})
			if len(o.rejected) != 1 {
				t.Fatalf("rejected %v", o.rejected)
			}
			if o.rejected[0] != c.want {
				t.Errorf("rejected %+v, want %+v", o.rejected[0], c.want)
			}
			s := o.Summary()
			if s.Rows != 2 || s.Accepted != 1 || s.RejectedRows() != 1 || s.Rejected[c.want.Reason] != 1 || o.Len() != 1 {
				t.Errorf("summary %+v, %d drafts", s, o.Len())
			}
		})
	}
}

// What concerns the file as a whole yields no drafts.
func TestFileErrors(t *testing.T) {
	dailyHead := "Company_Phone_Number,Created_Date,Violation_Date,Consumer_City,Consumer_State,Consumer_Area_Code,Subject,Recorded_Message_Or_Robocall\n"
	undated := strings.Replace(listMapping, "as_of: 2026-08-22", "", 1)
	for name, c := range map[string]struct {
		mapping, text string
		opts          Options
		says          string
	}{
		"empty table":         {tableMapping, "", Options{}, "the file is empty"},
		"empty list":          {listMapping, "", Options{}, "holds no rows"},
		"blank list":          {listMapping, "\n\n\n", Options{}, "holds no rows"},
		"header alone":        {tableMapping, tableHead, Options{}, "holds no rows"},
		"another header":      {tableMapping, dailyHead, Options{}, `line 1: column number: the header has no number or phone; it has "Company_Phone_Number"`},
		"column twice":        {tableMapping, "phone,number,first,last,filed,what,n\n", Options{}, `the header has both "phone" and "number"`},
		"header with quote":   {tableMapping, "number,\"first\n", Options{}, "stray quotation mark in the header"},
		"header without end":  {tableMapping, strings.Repeat("x", table.MaxLine+1) + "\n", Options{}, "the header has more than"},
		"header of columns":   {tableMapping, strings.Repeat("x,", table.MaxFields+1) + "\n", Options{}, "more than 1024 columns"},
		"no day":              {undated, "2025550123\n", Options{}, "say of which day it is"},
		"no country":          {strings.Replace(listMapping, "country: 1", "", 1), "2025550123\n", Options{}, "names no default country"},
		"moved before 1970":   {rowsMapping, "number,day,what\n2025550123,2026-01-01,a\n2025550123,1970-01-02,a\n", Options{NewestOn: 3}, "before 1970"},
		"labels without end":  {rowsMapping, "number,day,what\n" + manyLabels(), Options{}, "different labels"},
		"dialler has no plan": {listMapping, "2025550123\n", Options{Dialler: func(number.Country) (Dialler, error) { return nil, errors.New("no plan") }}, "numbers of country 1: no plan"},
	} {
		t.Run(name, func(t *testing.T) {
			o := readText(parse(t, c.mapping), c.text, c.opts)
			var fileErr *FileError
			if !errors.As(o.err, &fileErr) || o.Delivery != nil {
				t.Fatalf("delivery %v, error %v", o.Delivery, o.err)
			}
			if !strings.Contains(o.err.Error(), c.says) || !strings.HasPrefix(o.err.Error(), "numbers.csv") {
				t.Errorf("error %q does not say %q", o.err, c.says)
			}
		})
	}
}

func manyLabels() string {
	var b strings.Builder
	for i := range maxLabels + 2 {
		fmt.Fprintf(&b, "2025550123,2026-01-01,word %d\n", i)
	}
	return b.String()
}

// Three labels of one number, two of them in one category: the count and the
// times are those of all rows, the label is the most frequent.
func TestDraftsPutRowsTogether(t *testing.T) {
	m := parse(t, rowsMapping)
	text := "number,day,what\n" +
		"2025550124,2026-01-05,Cards\n" +
		"2025550123,2026-01-03,  Loans \n" +
		"2025550123,2026-01-01,Silence\n" +
		"2025550123,2026-01-02,Loans\n" +
		"2025550124,2026-01-04,  Cards\n" +
		"2025550124,2026-01-06,Cards  \n" +
		"2025550123,2026-01-09,Gossip\n"
	o := mustRead(t, m, text, Options{})
	want := []struct {
		number, category, label string
		reports                 uint32
		first, last             string
		lines                   []int
	}{
		{"+12025550123", "har.silent", "Silence", 1, "2026-01-01", "2026-01-01", []int{4}},
		{"+12025550123", "mkt.finance.loan", "Loans", 2, "2026-01-02", "2026-01-03", []int{5, 3}},
		{"+12025550123", "unk.untyped", "Gossip", 1, "2026-01-09", "2026-01-09", []int{8}},
		{"+12025550124", "mkt.finance.card", "Cards", 3, "2026-01-04", "2026-01-06", []int{6, 2, 7}},
	}
	i := 0
	for d := range o.Drafts() {
		if i == len(want) {
			t.Fatalf("a draft too many: %+v", d)
		}
		w := want[i]
		if d.Number.String() != w.number || d.Category.String() != w.category || d.Label != w.label || d.Reports != w.reports ||
			d.FirstSeen != unix(t, w.first) || d.LastSeen != unix(t, w.last) || !slices.Equal(slices.Collect(d.Lines()), w.lines) {
			t.Errorf("draft %d is %+v on lines %v, want %+v", i, d, slices.Collect(d.Lines()), w)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d drafts, want %d", i, len(want))
	}
	labels := o.Labels()
	if len(labels) != 4 || labels[0] != (LabelCount{"Cards", category(t, "mkt.finance.card"), true, 3}) || labels[2].Label != "Gossip" || labels[2].Mapped {
		t.Errorf("labels %+v", labels)
	}
}

func category(t testing.TB, s string) taxonomy.Category {
	t.Helper()
	c, err := taxonomy.ParseCategory(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Drafts equal those of a slow, obvious second reading; the order of rows and
// the line ends change neither drafts nor digest.
func TestDraftsEqualObviousReading(t *testing.T) {
	m := parse(t, tableMapping)
	words := []string{"Loans", "Threats", "Nothing", "Loans  ", "Gossip", " Loans", "Nothing  at all"}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 8))
		rows := make([]string, 1+r.IntN(80))
		type key struct {
			number   string
			category taxonomy.Category
		}
		type whole struct {
			reports     uint64
			first, last int64
			labels      map[string]int
		}
		want := make(map[key]*whole)
		for i := range rows {
			n, word, count := fmt.Sprintf("20255501%02d", r.IntN(12)), words[r.IntN(len(words))], 1+r.IntN(5)
			first := unix(t, "2026-01-01") + int64(r.IntN(40))*secondsPerDay
			last := first + int64(r.IntN(5))*secondsPerDay
			stamp := func(u int64) string { return time.Unix(u, 0).UTC().Format(time.DateTime) }
			rows[i] = fmt.Sprintf("%s,%s,%s,,%s,%d", n, stamp(first), stamp(last), word, count)
			c, _ := m.Category(word)
			w := want[key{"+1" + n, c}]
			if w == nil {
				w = &whole{first: first, last: last, labels: make(map[string]int)}
				want[key{"+1" + n, c}] = w
			}
			w.reports += uint64(count)
			w.first, w.last = min(w.first, first), max(w.last, last)
			w.labels[strings.TrimSpace(word)] += count
		}
		o := mustRead(t, m, tableHead+strings.Join(rows, "\n")+"\n", Options{})
		got := o.drafts()
		if len(got) != len(want) || o.Len() != len(want) {
			t.Fatalf("seed %d: %d drafts, want %d", seed, len(got), len(want))
		}
		for _, d := range got {
			w := want[key{d.Number.String(), d.Category}]
			if w == nil || uint64(d.Reports) != w.reports || d.FirstSeen != w.first || d.LastSeen != w.last {
				t.Fatalf("seed %d: draft %+v, want %+v", seed, d, w)
			}
			for l, n := range w.labels {
				if n > w.labels[d.Label] || n == w.labels[d.Label] && l < d.Label {
					t.Fatalf("seed %d: label %q of %v", seed, d.Label, w.labels)
				}
			}
		}
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		again := mustRead(t, m, strings.ToUpper(tableHead)+"\r\n"+strings.Join(rows, "\r\n"), Options{})
		if again.Digest() != o.Digest() || !slices.EqualFunc(again.drafts(), got, func(a, b Draft) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
			t.Fatalf("seed %d: another order of rows gives another delivery", seed)
		}
	}
}

// What makes another delivery, and what does not.
func TestDigest(t *testing.T) {
	text := "number,day,what\n2025550123,2026-01-03,Loans\n2025550124,2026-01-04,Cards\n"
	base := mustRead(t, parse(t, rowsMapping), text, Options{}).Digest()
	remapped := strings.Replace(rowsMapping, "mkt.finance.card", "mkt.retail", 1)
	moved := Options{NewestOn: 20000}
	snapshot := func(m string) string { return strings.Replace(m, "mode: reports", "mode: snapshot", 1) }
	list := strings.Replace(listMapping, "as_of: 2026-08-22", "", 1)
	for name, c := range map[string]struct {
		a, b [32]byte
		same bool
	}{
		"rejected row":                 {base, mustRead(t, parse(t, rowsMapping), text+"x,,\n", Options{}).Digest(), true},
		"same reports, other category": {base, mustRead(t, parse(t, remapped), text, Options{}).Digest(), true},
		"same reports, moved":          {base, mustRead(t, parse(t, rowsMapping), text, moved).Digest(), true},
		"one report more":              {base, mustRead(t, parse(t, rowsMapping), text+"2025550124,2026-01-04,Cards\n", Options{}).Digest(), false},
		"another day":                  {base, mustRead(t, parse(t, rowsMapping), strings.Replace(text, "01-04", "01-05", 1), Options{}).Digest(), false},
		"another label":                {base, mustRead(t, parse(t, rowsMapping), strings.Replace(text, "Cards", "Card", 1), Options{}).Digest(), false},
		"snapshot is not reports":      {base, mustRead(t, parse(t, snapshot(rowsMapping)), text, Options{}).Digest(), false},
		"snapshot, other category": {
			mustRead(t, parse(t, snapshot(rowsMapping)), text, Options{}).Digest(),
			mustRead(t, parse(t, snapshot(remapped)), text, Options{}).Digest(), false},
		"snapshot on a later day": {
			mustRead(t, parse(t, list), "2025550123\n", Options{AsOf: 86400}).Digest(),
			mustRead(t, parse(t, list), "2025550123\n", Options{AsOf: 172800}).Digest(), false},
		"list with a line twice": {
			mustRead(t, parse(t, list), "2025550123\n", Options{AsOf: 86400}).Digest(),
			mustRead(t, parse(t, list), "2025550123\n2025550123\n", Options{AsOf: 86400}).Digest(), true},
		"undated reports on a later day": {
			mustRead(t, shipped(t, "ftc-numbers"), "pattern\n2025550123\n", Options{AsOf: 86400}).Digest(),
			mustRead(t, shipped(t, "ftc-numbers"), "number\n2025550123\n", Options{AsOf: 172800}).Digest(), true},
	} {
		if (c.a == c.b) != c.same {
			t.Errorf("%s: same %v, want %v", name, c.a == c.b, c.same)
		}
	}
}

func TestDates(t *testing.T) {
	for name, c := range map[string]struct {
		row         string
		first, last string
		clamped     bool
	}{
		"span":                   {"2025550123,2026-01-02,2026-01-05 10:00:00,2026-01-06,Loans,1", "2026-01-02", "2026-01-05 10:00:00", false},
		"first alone":            {"2025550123,2026-01-02,,,Loans,1", "2026-01-02", "2026-01-02", false},
		"last alone":             {"2025550123,,2026-01-02,,Loans,1", "2026-01-02", "2026-01-02", false},
		"report alone":           {"2025550123,,,2026-01-02,Loans,1", "2026-01-02", "2026-01-02", false},
		"end later than report":  {"2025550123,2026-01-02,2026-01-09,2026-01-06,Loans,1", "2026-01-02", "2026-01-06", true},
		"both later than report": {"2025550123,2026-01-08,2026-01-09,2026-01-06,Loans,1", "2026-01-06", "2026-01-06", true},
	} {
		t.Run(name, func(t *testing.T) {
			o := mustRead(t, parse(t, tableMapping), tableHead+c.row+"\n", Options{})
			if len(o.rejected) != 0 {
				t.Fatal(o.rejected)
			}
			d := o.drafts()[0]
			if d.FirstSeen != unix(t, c.first) || d.LastSeen != unix(t, c.last) || o.Summary().Clamped == 1 != c.clamped {
				t.Errorf("seen %d to %d, clamped %d", d.FirstSeen, d.LastSeen, o.Summary().Clamped)
			}
		})
	}
	strict := strings.Replace(tableMapping, "after_created: clamp\n", "", 1)
	o := mustRead(t, parse(t, strict), tableHead+"2025550123,2026-01-08,,2026-01-06,Loans,1\n", Options{})
	if len(o.rejected) != 1 || o.rejected[0].Reason != BadDate || o.rejected[0].Field != "last" {
		t.Errorf("without the rule: %v", o.rejected)
	}
}

// The day of a date without a zone is that of the mapping's zone.
func TestZones(t *testing.T) {
	for zone, want := range map[string]int64{
		"UTC": 1767312000, `"+08:00"`: 1767312000 - 8*3600, "Asia/Shanghai": 1767312000 - 8*3600, "America/New_York": 1767312000 + 5*3600,
	} {
		m := parse(t, strings.Replace(rowsMapping, "zone: UTC", "zone: "+zone, 1))
		o := mustRead(t, m, "number,day,what\n2025550123,2026-01-02,x\n", Options{})
		if got := o.drafts()[0].LastSeen; got != want {
			t.Errorf("zone %s: %d, want %d", zone, got, want)
		}
	}
	m := parse(t, strings.Replace(rowsMapping, `["2006-01-02"]`, `[unix, "2006-01-02T15:04:05Z07:00"]`, 1))
	o := mustRead(t, m, "number,day,what\n2025550123,1767312000,x\n2025550124,2026-01-02T08:00:00+08:00,x\n2025550125,99999999999999,x\n", Options{})
	if d := o.drafts(); len(d) != 2 || d[0].LastSeen != 1767312000 || d[1].LastSeen != 1767312000 || len(o.rejected) != 1 {
		t.Errorf("drafts %+v, rejected %v", d, o.rejected)
	}
}

func TestNewestOnMovesWholeDays(t *testing.T) {
	text := tableHead + "2025550123,2026-01-02 05:00:00,2026-01-03 06:00:00,2026-01-04 07:00:00,Loans,1\nx,,,2026-01-09,Loans,1\n2025550124,,,2026-01-10 09:00:00,Loans,1\n"
	target := taxonomy.DayOf(unix(t, "2026-03-01"))
	leaveOut := Options{NewestOn: target, Keep: func(r Row) bool { return r.Line != 4 }}
	o := mustRead(t, parse(t, tableMapping), text, leaveOut)
	d := o.drafts()
	// The newest creation day is 10 January, of a row that is not kept.
	shift := int64(50) * secondsPerDay
	if len(d) != 1 || d[0].FirstSeen != unix(t, "2026-01-02 05:00:00")+shift || d[0].LastSeen != unix(t, "2026-01-03 06:00:00")+shift {
		t.Errorf("drafts %+v", d)
	}
	if o.Newest() != taxonomy.DayOf(unix(t, "2026-01-10")) || o.Summary().LeftOut != 1 {
		t.Errorf("newest %s, summary %+v", o.Newest(), o.Summary())
	}
	undated := mustRead(t, shipped(t, "ftc-numbers"), "number\n2025550123\n", Options{NewestOn: target})
	if d := undated.drafts(); d[0].FirstSeen != target.Start() || d[0].LastSeen != target.Start() {
		t.Errorf("undated draft %+v", d)
	}
	undated = mustRead(t, shipped(t, "ftc-numbers"), "number\n2025550123\n", Options{NewestOn: target, AsOf: 86400 + 3600})
	if d := undated.drafts(); d[0].LastSeen != target.Start()+3600 {
		t.Errorf("undated draft %+v", d)
	}
}

func TestKeepSeesTheRow(t *testing.T) {
	var seen []string
	opts := Options{Keep: func(r Row) bool {
		what, ok := r.Field("what")
		_, none := r.Field("whatever")
		first, okFirst := r.Place(1)
		_, zero := r.Place(0)
		_, far := r.Place(7)
		seen = append(seen, fmt.Sprintln(r.Line, what, ok, none, first, okFirst, zero, far))
		return what == "Loans"
	}}
	o := mustRead(t, parse(t, tableMapping), tableHead+"2025550123,,,2026-01-02, Loans,1\n2025550124,,,2026-01-02,Threats,1\n", opts)
	want := []string{"2 Loans true false 2025550123 true false false\n", "3 Threats true false 2025550124 true false false\n"}
	if !slices.Equal(seen, want) || o.Len() != 1 || o.Summary().LeftOut != 1 || o.Summary().Rows != 2 {
		t.Errorf("seen %q, summary %+v", seen, o.Summary())
	}
}

func TestReadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	text := strings.Repeat("2025550123\n", 10000)
	_, err := Read(ctx, strings.NewReader(text), parse(t, listMapping), Options{File: "f", Dialler: plainDialler})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled read gives %v", err)
	}
	full := errors.New("disk full")
	_, err = Read(context.Background(), strings.NewReader("x\n"+text), parse(t, listMapping),
		Options{File: "f", Dialler: plainDialler, Rejected: func(Rejection) error { return full }})
	if !errors.Is(err, full) {
		t.Errorf("when rejections cannot be written: %v", err)
	}
}

func TestProgressAndSummary(t *testing.T) {
	text := "number,day,what\n\n2025550123,2026-01-02,x\n\n,2026-01-02,x\n2025550123,2026-01-02,x"
	var last int64
	o := mustRead(t, parse(t, rowsMapping), text, Options{Progress: func(n int64) {
		if n <= last {
			t.Errorf("progress goes from %d to %d", last, n)
		}
		last = n
	}})
	want := Summary{Lines: 6, BlankLines: 2, Rows: 3, Accepted: 2, Bytes: int64(len(text)), Unfinished: true}
	want.Rejected[Blank] = 1
	if o.Summary() != want || last != want.Bytes {
		t.Errorf("summary %+v, progress %d; want %+v", o.Summary(), last, want)
	}
}

func TestOptionsCountryReplacesMapping(t *testing.T) {
	o := mustRead(t, parse(t, listMapping), "600123456\n", Options{Country: number.Spain})
	if d := o.drafts(); len(d) != 1 || d[0].Number.String() != "+34600123456" || d[0].Reports != 0 {
		t.Errorf("drafts %+v", d)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("number,first,last,filed,what,n\n2025550123,2026-01-02,2026-01-03,2026-01-04,Loans,3\n")
	f.Add("phone,first,last,filed,what,n\r\n\"2025550123\",,,2026-01-04,\"a \"\"b\"\"\nc\",1\r\n")
	f.Add("number,first,last,filed,what,n\n3.15316E+12,,,,\"\n\n,,,,,\n")
	f.Add("\uFEFFnumber,first,last,filed,what,n\n+34600123456,,,1999-12-31,诈骗,4294967295\n")
	m := parse(f, tableMapping)
	f.Fuzz(func(t *testing.T, text string) {
		o := readText(m, text, Options{})
		if (o.err == nil) != (o.Delivery != nil) {
			t.Fatalf("delivery %v and error %v", o.Delivery, o.err)
		}
		if o.err != nil {
			return
		}
		s := o.Summary()
		if s.Accepted+s.LeftOut+s.RejectedRows() != s.Rows || len(o.rejected) != s.RejectedRows() || s.Bytes != int64(len(text)) {
			t.Errorf("the account does not close: %+v, %d rejections", s, len(o.rejected))
		}
		var before Draft
		lines := 0
		for d := range o.Drafts() {
			if c := before.Number.Compare(d.Number); c > 0 || c == 0 && before.Category >= d.Category {
				t.Errorf("draft %+v after %+v", d, before)
			}
			if d.FirstSeen > d.LastSeen || d.Reports == 0 || len(d.Label) > assertion.MaxLabel {
				t.Errorf("draft %+v", d)
			}
			for range d.Lines() {
				lines++
			}
			before = d
		}
		if lines != s.Accepted {
			t.Errorf("%d rows accepted, %d lines in drafts", s.Accepted, lines)
		}
		for _, r := range o.rejected {
			if strings.ContainsAny(r.Value, "\n\r\t\x00") {
				t.Errorf("rejection shows control signs: %q", r.Value)
			}
		}
	})
}
