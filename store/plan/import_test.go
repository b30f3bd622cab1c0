package plan_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

var (
	spain = plan.Meta{Country: number.Spain, Date: 20500, Source: "libphonenumber, an extract", Licence: "Apache-2.0"}
	china = plan.Meta{Date: 18840, Source: "made up"}
)

func importFile(t testing.TB, name string, f plan.Format, m plan.Meta) *plan.Plan {
	t.Helper()
	in, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	p, err := plan.Import(in, f, m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestImportLibphonenumber(t *testing.T) {
	p := importFile(t, "lpn_34_extract.csv", plan.LibphonenumberRanges, spain)
	if p.Meta() != spain {
		t.Errorf("head %+v", p.Meta())
	}
	s := set(t, p)
	day := spain.Date.String()
	for n, want := range map[string]string{
		"+34400123456": "landline yes " + day,
		"+34512345678": "personal yes " + day,
		"+34590101234": "mobile yes " + day + " movistar",
		"+34590102999": "mobile yes " + day + " movistar",
		"+34590103000": "unknown no " + day,
		"+34600123456": "mobile yes " + day + " vodafone",
		"+34601612345": "mobile yes " + day + " orange",
		"+34642123456": "mobile yes " + day + " digimobil",
		"+34900123456": "freephone yes " + day,
		"+34806123456": "premium yes " + day,
		"+34901123456": "shared yes " + day,
		"+34701234567": "personal yes " + day,
		"+34771234567": "unknown no " + day,
		"+3460012345":  "unknown no " + day, // too short for any range
		"+34!112":      "unknown unknown 1970-01-01",
	} {
		if got := tell(t, s, n); got != want {
			t.Errorf("%s: %s; want %s", n, got, want)
		}
	}
}

// TestShippedSpainIsTheImportedOne compares the shipped plan with rows of the
// file from which it was derived.
func TestShippedSpainIsTheImportedOne(t *testing.T) {
	imported := set(t, importFile(t, "lpn_34_extract.csv", plan.LibphonenumberRanges, spain))
	for _, n := range []string{"+34400123456", "+34512345678", "+34590101234", "+34600123456", "+34601612345", "+34635291234", "+34900123456", "+34806123456", "+34901123456", "+34701234567"} {
		a, b := imported.Lookup(parse(t, n)), shipped(t).Lookup(parse(t, n))
		if a.Class != b.Class || a.Allocated != b.Allocated || (a.Holder == "") != (b.Holder == "") {
			t.Errorf("%s: imported %+v, shipped %+v", n, a, b)
		}
	}
}

func TestImportChina(t *testing.T) {
	p := importFile(t, "cn_ranges_made_up.csv", plan.CNRanges, china)
	s := set(t, p)
	for n, want := range map[string]string{
		"+8613000001234": "mobile yes 2021-08-01 中国联通 山东济南",
		"+8613000011234": "unknown no 2021-08-01",
		"+8613000029999": "mobile yes 2021-08-01 中国联通 四川成都",
		"+8613000099999": "mobile yes 2021-08-01 中国联通 四川成都",
		"+8613800138000": "mobile yes 2021-08-01 中国移动 北京",
		"+8616200001234": "mvno yes 2021-08-01 中国电信 内蒙古锡林郭勒",
		"+8617040001234": "mvno yes 2021-08-01 中国联通 广东深圳",
		"+8617050001234": "mvno yes 2021-08-01 中国移动 广东广州",
		"+8619200001234": "unknown no 2021-08-01",
		"+861062301234":  "unknown unknown 1970-01-01",
		"+86!95588":      "unknown unknown 1970-01-01",
	} {
		if got := tell(t, s, n); got != want {
			t.Errorf("%s: %s; want %s", n, got, want)
		}
	}
	if info := s.Lookup(parse(t, "+8613000001234")); info.Province != 37 {
		t.Errorf("Shandong is %d", info.Province)
	}
}

// TestOldImportBesideShipped holds the reason for dates: a table of 2021 knows
// nothing of the series opened since.
func TestOldImportBesideShipped(t *testing.T) {
	s := shipped(t).With(importFile(t, "cn_ranges_made_up.csv", plan.CNRanges, china))
	for _, series := range []string{"190", "192", "193", "196", "197"} {
		info := s.Lookup(parse(t, "+86"+series+"00001234"))
		if info.Class != plan.Mobile || info.Allocated != plan.AllocationUnknown || info.Holder == "" || info.Date < 20000 {
			t.Errorf("%s: %+v", series, info)
		}
	}
	if got := s.Lookup(parse(t, "+8613800138000")); got.Allocated != plan.Allocated || got.Region != "北京" || got.Date != china.Date || got.Source != "made up" {
		t.Errorf("a listed block: %+v", got)
	}
	if got := s.Lookup(parse(t, "+8613899138000")); got.Allocated != plan.Unallocated || got.Class != plan.Mobile || got.Date != china.Date {
		t.Errorf("a block that is not listed in a series that is: %+v", got)
	}
	if got := s.Lookup(parse(t, "+8614900001234")); got.Class != plan.M2M || got.Allocated != plan.Allocated {
		t.Errorf("machines: %+v", got)
	}
	if got := s.Lookup(parse(t, "+861062301234")); got.Class != plan.Landline || got.Allocated != plan.AllocationUnknown {
		t.Errorf("a landline: %+v", got)
	}
}

func TestImportReadsGzip(t *testing.T) {
	plain, err := os.ReadFile("testdata/cn_ranges_made_up.csv")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Import(bytes.NewReader(packed.Bytes()), plan.CNRanges, china)
	if err != nil {
		t.Fatal(err)
	}
	if want := importFile(t, "cn_ranges_made_up.csv", plan.CNRanges, china); !bytes.Equal(p.Encode(), want.Encode()) {
		t.Error("packed and plain give two plans")
	}
	cut := packed.Bytes()[:packed.Len()/2]
	if _, err := plan.Import(bytes.NewReader(cut), plan.CNRanges, china); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a file: %v", err)
	}
	if _, err := plan.Import(bytes.NewReader(packed.Bytes()[:5]), plan.CNRanges, china); err == nil || !strings.Contains(err.Error(), "gunzip") {
		t.Errorf("five bytes of a file: %v", err)
	}
}

func TestImportSaysWhatIsWrong(t *testing.T) {
	const (
		lpn = "Prefix;Length;Type;Tariff;Operator\n"
		cn  = "prefix7_start,prefix7_end,province,city,zip,area_code,type_code,type\n"
	)
	for _, tt := range []struct {
		format  plan.Format
		in, why string
	}{
		{plan.LibphonenumberRanges, "", "no ranges"},
		{plan.LibphonenumberRanges, lpn, "no ranges"},
		{plan.LibphonenumberRanges, "a;b;c\n", `line 1: no column "Prefix"`},
		{plan.LibphonenumberRanges, lpn + "6y;9;MOBILE;STANDARD_RATE;x\n", "line 2: field Prefix: pattern"},
		{plan.LibphonenumberRanges, lpn + "\n[1-;9;MOBILE;STANDARD_RATE;x\n", "line 3: field Prefix: pattern"},
		{plan.LibphonenumberRanges, lpn + "xxxxx1;9;MOBILE;STANDARD_RATE;x\n", "field Prefix: pattern stands for more"},
		{plan.LibphonenumberRanges, lpn + "6;nine;MOBILE;STANDARD_RATE;x\n", "line 2: field Length"},
		{plan.LibphonenumberRanges, lpn + "6;14;MOBILE;STANDARD_RATE;x\n", "cannot begin a number of 14 digits"},
		{plan.LibphonenumberRanges, lpn + "6;9;CARRIER_PIGEON;STANDARD_RATE;x\n", `field Type: "CARRIER_PIGEON"`},
		{plan.LibphonenumberRanges, lpn + "6;9;MOBILE;FREE_BEER;x\n", `field Tariff: "FREE_BEER"`},
		{plan.LibphonenumberRanges, lpn + "6;9;MOBILE;STANDARD_RATE;" + strings.Repeat("x", 300) + "\n", "field Operator: 300 bytes"},
		{plan.LibphonenumberRanges, lpn + "6;9;MOBILE\n6;9;MOBILE\n", "line 3: overlaps line 2"},
		{plan.LibphonenumberRanges, lpn + "6\n", "field Length"},
		{plan.LibphonenumberRanges, strings.Repeat("x", 70<<10), "after line 0"},
		{plan.CNRanges, "", "line 1"},
		{plan.CNRanges, "a,b\n", `line 1: no column "prefix7_start"`},
		{plan.CNRanges, cn, "no ranges"},
		{plan.CNRanges, cn + "130000,1300000,山东,济南,,,2,\n", "line 2: field prefix7_start"},
		{plan.CNRanges, cn + "1300000,2300000,山东,济南,,,2,\n", "line 2: field prefix7_end"},
		{plan.CNRanges, cn + "1300001,1300000,山东,济南,,,2,\n", "ends before it begins"},
		{plan.CNRanges, cn + "1300000,1300000,火星,济南,,,2,\n", "line 2: field province"},
		{plan.CNRanges, cn + "1300000,1300000,山东,济南,,,7,\n", `line 2: field type_code: "7"`},
		{plan.CNRanges, cn + "1300000,1300000,山东," + strings.Repeat("x", 300) + ",,,2,\n", "line 2: field city"},
		{plan.CNRanges, cn + "1300000,1300009,山东,济南,,,2,\n1300005,1300012,山东,济南,,,2,\n", "line 3: overlaps line 2"},
		{plan.CNRanges, cn + "1300000,1300000,山东\n", "wrong number of fields"},
		{"morse", "x", `"morse" is no format`},
	} {
		m := spain
		if tt.format == plan.CNRanges {
			m = china
		}
		_, err := plan.Import(strings.NewReader(tt.in), tt.format, m)
		if err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s %.60q: %v; want it to say %q", tt.format, tt.in, err, tt.why)
		}
	}
}

// TestImportRefusesATruncatedFile: wherever within a line a file is cut, it is
// refused, and the error names the line.
func TestImportRefusesATruncatedFile(t *testing.T) {
	for _, f := range []struct {
		format plan.Format
		meta   plan.Meta
		text   string
	}{
		{plan.LibphonenumberRanges, spain, "Prefix;Length;Type;Tariff;Operator\n6;9;MOBILE;STANDARD_RATE;x\n7;9;MOBILE;;y\n"},
		{plan.CNRanges, china, "prefix7_start,prefix7_end,province,city,type_code,type\n1300000,1300000,山东,济南,2,联通\n1300002,1300009,四川,成都,2,联通\n"},
	} {
		if _, err := plan.Import(strings.NewReader(f.text), f.format, f.meta); err != nil {
			t.Fatal(err)
		}
		for n := range len(f.text) - 1 {
			_, err := plan.Import(strings.NewReader(f.text[:n]), f.format, f.meta)
			if cut := strings.Count(f.text[:n], "\n"); n > 0 && f.text[n-1] == '\n' && cut >= 2 {
				continue // at a line's end: a shorter file, and whole
			} else if err == nil || n > 0 && cut > 0 && f.text[n-1] != '\n' && !strings.Contains(err.Error(), fmt.Sprintf("line %d", cut+1)) {
				t.Errorf("%s cut after %d bytes: %v", f.format, n, err)
			}
		}
	}
}

// TestImportRefusesAnotherCountry: the extract of Spain is no plan of China or
// North America, and no table of Chinese blocks.
func TestImportRefusesAnotherCountry(t *testing.T) {
	spanish, err := os.ReadFile("testdata/lpn_34_extract.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		format  plan.Format
		country number.Country
		why     string
	}{
		{plan.LibphonenumberRanges, 86, `line 2: field Regions: "ES" is no region of country 86`},
		{plan.LibphonenumberRanges, 1, `field Regions: "ES" is no region of country 1`},
		{plan.CNRanges, 86, `line 1: no column "prefix7_start" in the header`},
	} {
		_, err := plan.Import(bytes.NewReader(spanish), c.format, plan.Meta{Country: c.country, Date: 20000, Source: "x"})
		if err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s of country %s: %v; want %q", c.format, c.country, err, c.why)
		}
	}
	islands := "Prefix;Length;Type;Tariff;Operator;Regions\n7;10;MOBILE;;x;\"GB,IM\"\n"
	if _, err := plan.Import(strings.NewReader(islands), plan.LibphonenumberRanges, plan.Meta{Country: 44, Date: 20000, Source: "x"}); err != nil {
		t.Error(err)
	}
}

func TestImportNeedsToKnowWhence(t *testing.T) {
	for name, m := range map[string]plan.Meta{
		"no country": {Date: 20000, Source: "x"},
		"no date":    {Country: 34, Source: "x"},
		"no end":     {Country: 34, Source: "x", Date: taxonomy.NeverDay},
		"no source":  {Country: 34, Date: 20000},
		"licence":    {Country: 34, Date: 20000, Source: "x", Licence: strings.Repeat("x", 300)},
	} {
		if _, err := plan.Import(strings.NewReader("x"), plan.LibphonenumberRanges, m); err == nil {
			t.Errorf("%s: imported", name)
		}
	}
	other := plan.Meta{Country: 34, Date: 20000, Source: "x"}
	if _, err := plan.Import(strings.NewReader("x"), plan.CNRanges, other); err == nil || !strings.Contains(err.Error(), "describes China") {
		t.Errorf("a Chinese table for Spain: %v", err)
	}
	if _, err := plan.Import(iotest.ErrReader(errors.New("disk on fire")), plan.CNRanges, china); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("a broken reader: %v", err)
	}
	if f, err := plan.ParseFormat("cn-ranges"); err != nil || f != plan.CNRanges {
		t.Errorf("%s, %v", f, err)
	}
}

func FuzzImport(f *testing.F) {
	for _, name := range []string{"lpn_34_extract.csv", "cn_ranges_made_up.csv"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 10_000 {
			return
		}
		for format, m := range map[plan.Format]plan.Meta{plan.LibphonenumberRanges: spain, plan.CNRanges: china} {
			p, err := plan.Import(bytes.NewReader(b), format, m)
			if err != nil {
				continue
			}
			if _, err := plan.Decode(p.Encode()); err != nil {
				t.Errorf("an imported plan does not survive its encoding: %v", err)
			}
		}
	})
}
