package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"ringfence/store/number"
)

// The FTC's daily file as its collector saved it: 9,450 rows, 596 of them
// without a usable number, and 17 lines that hold a number and nothing else.
func TestFTCDailyFile(t *testing.T) {
	o := readFrom(real(t, "ftc_daily.csv.gz"), shipped(t, "ftc-daily"), Options{File: "ftc_daily.csv", Dialler: planDialler(t)})
	if o.err != nil {
		t.Fatal(o.err)
	}
	s := o.Summary()
	if s.Rows != 9450+17 || s.Rejected[FieldCount] != 17 || s.Accepted != 9450-596 || s.Rejected[Blank] < 491 || s.Rejected[Spreadsheet] != 17 {
		t.Errorf("summary %+v", s)
	}
	if s.Rejected[Blank]+s.Rejected[Spreadsheet]+s.Rejected[OtherLength]+s.Rejected[NotInPlan] != 596 {
		t.Errorf("596 rows have no usable number: %v", s.Rejected)
	}
	if s.Clamped == 0 || s.Unfinished || s.BlankLines != 0 {
		t.Errorf("summary %+v", s)
	}
	for _, l := range o.Labels() {
		if !l.Mapped {
			t.Errorf("subject %q is not mapped", l.Label)
		}
	}
	if len(o.Labels()) != 15 {
		t.Errorf("%d subjects, want 15", len(o.Labels()))
	}
	found := false
	for _, r := range o.rejected {
		found = found || r.Reason == Spreadsheet && r.Value == "3.15316E+12" && r.Field == "Company_Phone_Number"
	}
	if !found {
		t.Error("no rejection tells of 3.15316E+12")
	}
}

func TestFTCNumbersFile(t *testing.T) {
	o := readFrom(real(t, "ftc_90days.csv.gz"), shipped(t, "ftc-90days"), Options{AsOf: 1763078400, Dialler: planDialler(t)})
	if o.err != nil {
		t.Fatal(o.err)
	}
	s := o.Summary()
	if s.Rows != 239764 || s.Accepted+s.RejectedRows() != s.Rows || s.Accepted < 237000 {
		t.Errorf("summary %+v", s)
	}
	most := uint32(0)
	for d := range o.Drafts() {
		most = max(most, d.Reports)
		if d.Number.String() == "+18559090925" && d.Reports != 184 {
			t.Errorf("a number on 184 rows has count %d", d.Reports)
		}
	}
	if most != 184 {
		t.Errorf("the highest count is %d", most)
	}
}

func TestSpanishList(t *testing.T) {
	o := readFrom(real(t, "es_list.txt.gz"), shipped(t, "plain-list"), Options{AsOf: 1787356800, Dialler: planDialler(t)})
	if o.err != nil {
		t.Fatal(o.err)
	}
	if s := o.Summary(); s.Rows != 20247 || s.Accepted != 20246 || s.Rejected[SameDigit] != 1 || o.Len() != 20246 {
		t.Errorf("summary %+v, %d drafts", s, o.Len())
	}
}

func numbersText(n int) string {
	var b strings.Builder
	b.WriteString("pattern\r\n")
	for i := range n {
		fmt.Fprintf(&b, "202%07d\r\n", (i*7919)%9999999)
	}
	return b.String()
}

// Reading costs nothing a row beyond its place in the table.
func TestReadAllocatesByBlock(t *testing.T) {
	const rows = 100000
	m, text := shipped(t, "ftc-90days"), numbersText(rows)
	n, err := plainDialler(1)
	if err != nil {
		t.Fatal(err)
	}
	fixed := n("2025550123")
	opts := Options{File: "f", AsOf: 86400, Dialler: func(number.Country) (Dialler, error) {
		return func(string) number.Caller { return fixed }, nil
	}}
	allocs := testing.AllocsPerRun(3, func() {
		if _, err := Read(context.Background(), strings.NewReader(text), m, opts); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 200 {
		t.Errorf("%.0f allocations for %d rows", allocs, rows)
	}
}

// The real file by the real plan, from bytes in memory to ordered rows.
func BenchmarkReadFTCNumbers(b *testing.B) {
	text, err := io.ReadAll(real(b, "ftc_90days.csv.gz"))
	if err != nil {
		b.Fatal(err)
	}
	m, dialler, rows := shipped(b, "ftc-90days"), planDialler(b), 0
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		d, err := Read(context.Background(), bytes.NewReader(text), m, Options{File: "f", AsOf: 86400, Dialler: dialler})
		if err != nil {
			b.Fatal(err)
		}
		rows += d.Summary().Rows
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkRead(b *testing.B) {
	const rows = 100000
	m, text := shipped(b, "ftc-90days"), numbersText(rows)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(context.Background(), strings.NewReader(text), m, Options{File: "f", AsOf: 86400, Dialler: plainDialler}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
