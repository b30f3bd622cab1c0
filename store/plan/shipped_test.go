package plan_test

import (
	"encoding/csv"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

var shippedOnce = sync.OnceValues(plan.Shipped)

func shipped(t testing.TB) *plan.Set {
	t.Helper()
	s, err := shippedOnce()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parse(t testing.TB, s string) number.Number {
	t.Helper()
	n, err := number.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestShippedPlansSayWhereTheyComeFrom(t *testing.T) {
	want := []number.Country{number.NANP, number.Spain, number.China}
	plans := shipped(t).Plans()
	if len(plans) != len(want) {
		t.Fatalf("%d plans, want %d", len(plans), len(want))
	}
	for i, p := range plans {
		m := p.Meta()
		if m.Country != want[i] || m.Date < 20000 || m.Source == "" || m.Licence == "" || p.Ranges() < 10 {
			t.Errorf("plan %d: %+v with %d ranges", i, m, p.Ranges())
		}
	}
}

// expectation says of what a number of the directory is, from the way it is
// written there: the oracle against which parser and plan are held.
type expectation struct {
	written *regexp.Regexp // of the digits and the plus alone
	kind    number.CallerKind
	class   plan.Class
	country number.Country
}

func directory() []expectation {
	re := regexp.MustCompile
	return []expectation{
		{re(`^\+86(10|2\d)[2-8]\d{7}$`), number.Numbered, plan.Landline, 86},
		{re(`^\+861[3-9]\d{9}$`), number.Numbered, plan.Mobile, 86},
		{re(`^\+1(800|877)\d{7}$`), number.Numbered, plan.Freephone, 1},
		{re(`^\+1\d{10}$`), number.Numbered, plan.FixedOrMobile, 1},
		{re(`^\+852[23]\d{7}$`), number.Numbered, plan.Landline, 852},
		{re(`^\+8531888$`), number.Numbered, plan.Unknown, 853},
		{re(`^\+813\d{8}$`), number.Numbered, plan.Landline, 81},
		{re(`^\+614\d{8}$`), number.Numbered, plan.Mobile, 61},
		{re(`^\+611800\d{6}$`), number.Numbered, plan.Freephone, 61},
		{re(`^\+6113\d{4}$`), number.Numbered, plan.Shared, 61},
		{re(`^106\d+$`), number.SMSCode, 0, 0},
		{re(`^400\d{7}$`), number.Numbered, plan.Shared, 86},
		{re(`^800\d{7}$`), number.Numbered, plan.Freephone, 86},
		{re(`^95\d{3,}$`), number.Numbered, plan.Code95, 86},
		{re(`^(0\d{2,3})?96\d{3,4}$`), number.Numbered, plan.Code96, 86},
		{re(`^0\d{2}[2-8]\d{7}$`), number.Numbered, plan.Landline, 86},
		{re(`^0\d{3}[2-8]\d{6,7}$`), number.Numbered, plan.Landline, 86},
		{re(`^1[0-2]\d{3,9}$`), number.Numbered, plan.Service, 86},
		{re(`^02[01]95\d{3}$`), number.Numbered, plan.Code95, 86}, // the area code says which branch
		{re(`^(6700|650253)\d*$`), number.Irregular, 0, 0},        // two of America, without country code
	}
}

func TestDirectoryOfServiceNumbers(t *testing.T) {
	f, err := os.Open("testdata/cn_service_numbers_vcards.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 575 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	set := shipped(t)
	rules, table := set.Rules(number.China), directory()
	drop := strings.NewReplacer("-", "", " ", "", "(", "", ")", "")
	used := make([]int, len(table))
	for _, row := range rows[1:] {
		digits := drop.Replace(row[2])
		which := -1
		for i := range table {
			if table[i].written.MatchString(digits) {
				which = i
				break
			}
		}
		if which < 0 {
			t.Errorf("the test does not know what %q is", row[2])
			continue
		}
		used[which]++
		want, got := table[which], rules.Dialled(row[2]).First()
		n, _ := got.Number()
		if info := set.Lookup(n); got.Kind() != want.kind || info.Class != want.class || n.Country() != want.country {
			t.Errorf("%q is %s %s of country %s, class %s; want %s of country %s, class %s",
				row[2], got.Kind(), got, n.Country(), info.Class, want.kind, want.country, want.class)
		}
	}
	for i, n := range used {
		if n == 0 {
			t.Errorf("no number of the directory is like %s", table[i].written)
		}
	}
}

// TestWhatTheUsualLibraryGetsWrong holds inputs on which libphonenumber's
// metadata alone misleads, with what the library says of some.
func TestWhatTheUsualLibraryGetsWrong(t *testing.T) {
	set := shipped(t)
	rules := set.Rules(number.China)
	for _, tt := range []struct {
		in    string
		want  string
		class plan.Class
	}{
		{"13800138000", "+8613800138000", plan.Mobile},
		{"16200001234", "+8616200001234", plan.MVNO},
		{"16500001234", "+8616500001234", plan.MVNO},
		{"16700001234", "+8616700001234", plan.MVNO},
		{"17000001234", "+8617000001234", plan.MVNO},
		{"17100001234", "+8617100001234", plan.MVNO},
		{"19000001234", "+8619000001234", plan.Mobile},
		{"19200001234", "+8619200001234", plan.Mobile},
		{"19300001234", "+8619300001234", plan.Mobile},
		{"19600001234", "+8619600001234", plan.Mobile},
		{"19700001234", "+8619700001234", plan.Mobile},
		{"13491234567", "+8613491234567", plan.Satellite},
		{"17400001234", "+8617400001234", plan.Satellite},
		{"14100001234", "+8614100001234", plan.M2M},
		{"14800001234", "+8614800001234", plan.M2M},
		{"1440000012345", "+861440000012345", plan.M2M},
		{"1064000012345", "+861064000012345", plan.M2M},
		{"4001234567", "+86!4001234567", plan.Shared},
		{"8001234567", "+86!8001234567", plan.Freephone},
		{"95588", "+86!95588", plan.Code95},
		{"8695588", "+86!95588", plan.Code95},
		{"95112345", "+86!95112345", plan.Code95},
		{"96110", "+86!96110@00", plan.Code96},
		{"962121", "+86!962121@00", plan.Code96},
		{"021-96110", "+86!96110@31", plan.Code96},
		{"10086", "+86!10086", plan.Service},
		{"1008611", "+86!1008611", plan.Service},
		{"116114", "+86!116114", plan.Service},
		{"12321", "+86!12321", plan.Service},
		{"12315", "+86!12315", plan.Service},
		{"12345", "+86!12345", plan.Service},
		{"110", "+86!110", plan.Emergency},
		{"16012345", "+86!16012345", plan.Premium},
		{"9555812345", "+869555812345", plan.Landline}, // Zhongwei's area code; 95558 with extension comes second
		{"17951 13800138000", "+8613800138000", plan.Mobile},
	} {
		n, ok := rules.Dialled(tt.in).First().Number()
		if info := set.Lookup(n); !ok || n.String() != tt.want || info.Class != tt.class {
			t.Errorf("%q is %s, class %s; want %s, class %s", tt.in, n, info.Class, tt.want, tt.class)
		}
	}
	for _, in := range []string{"106900001234", "10655152", "01012345", "12345678901234", "+8617951013800138000", ""} {
		if n, ok := rules.Dialled(in).Number(); ok {
			t.Errorf("%q is the number %s", in, n)
		}
	}
}

func TestShippedChinaNeverSaysUnallocated(t *testing.T) {
	set := shipped(t)
	for _, s := range []string{"+8619200001234", "+8616100001234", "+8615400001234", "+861062301234", "+86!95588", "+8699912345"} {
		if info := set.Lookup(parse(t, s)); info.Allocated != plan.AllocationUnknown {
			t.Errorf("%s: allocated %s by %s", s, info.Allocated, info.Source)
		}
	}
	info := set.Lookup(parse(t, "+8619200001234"))
	if info.Class != plan.Mobile || info.Holder != "中国广电" || info.Date == 0 || info.Source == "" {
		t.Errorf("192: %+v", info)
	}
}

func TestShippedChinaTellsHolderAndPlace(t *testing.T) {
	set := shipped(t)
	for _, tt := range []struct {
		number, holder, region string
		province               int
		public                 bool
	}{
		{"+8613500001234", "中国移动", "", 0, false},
		{"+8617030001234", "中国移动", "", 0, false},
		{"+8617040001234", "中国联通", "", 0, false},
		{"+861062301234", "", "北京", 11, false},
		{"+862162301234", "", "上海", 31, false},
		{"+862862301234", "", "四川成都、眉山、资阳", 51, false},
		{"+869516323412", "", "宁夏银川", 64, false},
		{"+864796323412", "", "内蒙古锡林郭勒", 15, false},
		{"+86!962121@31", "", "上海", 31, false},
		{"+86!962121@00", "", "", 0, false},
		{"+86!110", "公安报警", "", 0, true},
		{"+86!12321", "网络不良与垃圾信息举报受理中心", "", 0, true},
		{"+86!95588", "", "", 0, false},
		{"+86!10086", "中国移动", "", 0, false},
	} {
		info := set.Lookup(parse(t, tt.number))
		if info.Holder != tt.holder || info.Region != tt.region || info.Province != tt.province || info.Public != tt.public {
			t.Errorf("%s: %+v", tt.number, info)
		}
	}
}

// TestEveryProvinceHasItsAreas looks each province's capital up.
func TestEveryProvinceHasItsAreas(t *testing.T) {
	rules := shipped(t).Rules(number.China)
	for area, province := range map[string]int{
		"10": 11, "22": 12, "311": 13, "351": 14, "471": 15, "24": 21, "431": 22, "451": 23, "21": 31, "25": 32,
		"571": 33, "551": 34, "591": 35, "791": 36, "531": 37, "371": 41, "27": 42, "731": 43, "20": 44, "771": 45,
		"898": 46, "23": 50, "28": 51, "851": 52, "871": 53, "891": 54, "29": 61, "931": 62, "971": 63, "951": 64, "991": 65,
	} {
		n, ok := rules.Dialled("0" + area + "-962121").Number()
		if got, _, known := n.Province(); !ok || got != province || !known {
			t.Errorf("area %s is in province %d (%s), want %d", area, got, n, province)
		}
		if plan.ProvinceName(province) == "" {
			t.Errorf("province %d has no name", province)
		}
	}
	areas := 0
	for code := 10; code < 1000; code++ {
		if code >= 30 && code < 300 {
			continue // codes of three digits begin with 3 to 9
		}
		in := "0" + number.Country(code).String() + "2345678"
		for _, s := range []string{in, in + "9"} {
			if _, ok := rules.Dialled(s).Number(); ok {
				areas++
				break
			}
		}
	}
	if areas != 321 {
		t.Errorf("%d area codes", areas)
	}
	if plan.ProvinceName(-1) != "" || plan.ProvinceName(100) != "" || plan.ProvinceName(99) != "" {
		t.Error("a province that is none has a name")
	}
}

func TestShippedSpainTellsAllocation(t *testing.T) {
	set := shipped(t)
	for _, tt := range []struct {
		number string
		class  plan.Class
		want   plan.Allocation
	}{
		{"+34600000000", plan.Mobile, plan.Allocated},
		{"+34912345678", plan.Landline, plan.Allocated},
		{"+34900123456", plan.Freephone, plan.Allocated},
		{"+34771234567", plan.Unknown, plan.Unallocated},
		{"+34999123456", plan.Unknown, plan.Unallocated},
		{"+34!112", plan.Emergency, plan.AllocationUnknown},
		{"+34!091", plan.Emergency, plan.AllocationUnknown},
		{"+34!060", plan.Service, plan.AllocationUnknown},
	} {
		info := set.Lookup(parse(t, tt.number))
		if info.Class != tt.class || info.Allocated != tt.want {
			t.Errorf("%s: class %s, allocated %s", tt.number, info.Class, info.Allocated)
		}
		if info.Date.String() != "2026-07-01" || !strings.Contains(info.Source, "libphonenumber") {
			t.Errorf("%s: told as of %s by %q", tt.number, info.Date, info.Source)
		}
	}
	if region := set.Lookup(parse(t, "+34912345678")).Region; region != "Madrid" {
		t.Errorf("91 is in %q", region)
	}
}

func TestNorthAmericaByForm(t *testing.T) {
	set := shipped(t)
	for s, want := range map[string]plan.Class{
		"+12136986000": plan.FixedOrMobile, "+18006330738": plan.Freephone, "+18882345678": plan.Freephone,
		"+19002345678": plan.Premium, "+1!911": plan.Emergency, "+1!988": plan.Emergency, "+1!311": plan.Service,
	} {
		if info := set.Lookup(parse(t, s)); info.Class != want || info.Allocated != plan.AllocationUnknown {
			t.Errorf("%s: class %s, allocated %s", s, info.Class, info.Allocated)
		}
	}
}

func TestCountriesWithoutPlan(t *testing.T) {
	set := shipped(t)
	for _, tt := range []struct {
		number, region string
		class          plan.Class
	}{
		{"+442079460148", "GB", plan.Landline},
		{"+447700900123", "GB", plan.Unknown}, // reserved for drama: no valid number
		{"+447911123456", "GG", plan.Mobile},  // Guernsey shares Britain's code
		{"+33612345678", "FR", plan.Mobile},
		{"+33800123456", "FR", plan.Freephone},
		{"+33899123456", "FR", plan.Premium},
		{"+390612345678", "IT", plan.Landline},
		{"+5215512345678", "MX", plan.Unknown},
		{"+870773123456", "", plan.Satellite},  // Inmarsat
		{"+881621234567", "", plan.Satellite},  // Iridium
		{"+8821612345678", "", plan.Satellite}, // Thuraya
		{"+88299123456", "", plan.VoIP},        // a network on the ground
		{"+883510012345678", "", plan.VoIP},
		{"+80012345678", "", plan.Freephone},
		{"+44!999", "GB", plan.Emergency},
		{"+44!123", "GB", plan.Service},
	} {
		n := parse(t, tt.number)
		info := set.Lookup(n)
		if info.Class != tt.class || info.Region != tt.region || info.Allocated != plan.AllocationUnknown || info.Date != 0 || info.Source == "" {
			t.Errorf("%s: %+v; want class %s in %s", tt.number, info, tt.class, tt.region)
		}
		if got, ok := set.Planned(n); ok {
			t.Errorf("%s is in a plan: %+v", tt.number, got)
		}
	}
	if info := set.Lookup(number.Number{}); info != (plan.Info{}) {
		t.Errorf("no number: %+v", info)
	}
}

func TestLibraryKnowsOurCountryCodes(t *testing.T) {
	for c := range phonenumbers.GetSupportedCallingCodes() {
		n, err := number.International(number.Country(c).String() + "5550100")
		if err != nil || int(n.Country()) != c {
			t.Errorf("+%d is no country code here: %v", c, err)
		}
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	set := shipped(t)
	for _, s := range []string{"+8613800138000", "+86!95588", "+86!962121@31", "+861062301234", "+12136986000", "+34600000000", "+34771234567"} {
		n := parse(t, s)
		if a := testing.AllocsPerRun(100, func() { set.Lookup(n) }); a != 0 {
			t.Errorf("Lookup(%s) allocates %v times", s, a)
		}
	}
	n := parse(t, "+442079460148")
	if a := testing.AllocsPerRun(100, func() { set.Planned(n) }); a != 0 {
		t.Errorf("Planned of a country without plan allocates %v times", a)
	}
}

func TestDatesAreDays(t *testing.T) {
	if info := shipped(t).Lookup(parse(t, "+8613800138000")); info.Date != taxonomy.DayOf(1793491200) {
		t.Errorf("the plan of China is of %s", info.Date)
	}
}

func BenchmarkLookup(b *testing.B) {
	set := shipped(b)
	for _, s := range []string{"+8613800138000", "+86!95588", "+34600000000", "+442079460148"} {
		n := parse(b, s)
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				set.Lookup(n)
			}
		})
	}
}

func BenchmarkShipped(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plan.Shipped(); err != nil {
			b.Fatal(err)
		}
	}
}
