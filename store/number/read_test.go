package number_test

import (
	"fmt"
	"strings"
	"testing"

	"ringfence/store/number"
	"ringfence/store/plan"
)

// shipped returns the rules of the plans that ship with the project.
func shipped(t testing.TB, c number.Country) *number.Rules {
	t.Helper()
	s, err := plan.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return s.Rules(c)
}

// show writes readings as the tests do: numbers by their text, others by kind
// and reason.
func show(rd number.Readings) string {
	var out []string
	for _, c := range rd.All() {
		switch c.Kind() {
		case number.Numbered:
			out = append(out, c.String())
		case number.Irregular:
			out = append(out, "irregular: "+c.Reason().String())
		default:
			out = append(out, c.Kind().String())
		}
	}
	return strings.Join(out, " | ")
}

const (
	long     = "irregular: more than 15 digits"
	short    = "irregular: too few digits"
	letters  = "irregular: not digits"
	nowhere  = "irregular: no country code"
	doubled  = "irregular: doubled prefix"
	carrier  = "irregular: carrier prefix before a number"
	same     = "irregular: one digit repeated"
	notPlan  = "irregular: not in the numbering plan"
	areaCode = "irregular: area code before a service number"
)

// reads is one input and its readings; dialled is what Dialled gives where it
// differs from Received.
type reads struct{ in, received, dialled string }

func checkReads(t *testing.T, r *number.Rules, table []reads) {
	t.Helper()
	for _, tt := range table {
		if tt.dialled == "" {
			tt.dialled = tt.received
		}
		if got := show(r.Received(tt.in)); got != tt.received {
			t.Errorf("Received(%q) = %s; want %s", tt.in, got, tt.received)
		}
		if got := show(r.Dialled(tt.in)); got != tt.dialled {
			t.Errorf("Dialled(%q) = %s; want %s", tt.in, got, tt.dialled)
		}
	}
}

func TestChina(t *testing.T) {
	r := shipped(t, number.China)
	for name, table := range map[string][]reads{
		"mobile": {
			{in: "+8613800138000", received: "+8613800138000"},
			{in: "008613800138000", received: "+8613800138000"},
			{in: "8613800138000", received: "+8613800138000"},
			{in: "13800138000", received: "+8613800138000"},
			{in: "013800138000", received: "+8613800138000"},
			{in: "138-0013-8000", received: "+8613800138000"},
			{in: "+86 138 0013 8000", received: "+8613800138000"},
			{in: "(+86)13800138000", received: "+8613800138000"},
			{in: "19200001234", received: "+8619200001234"},
			{in: "14412345678", received: "+8614412345678"},
			{in: "1440123456789", received: "+861440123456789"},
			{in: "1064123456789", received: "+861064123456789"},
		},
		"full-width and invisible": {
			{in: "１３８００１３８０００", received: "+8613800138000"},
			{in: "＋８６　１３８００１３８０００", received: "+8613800138000"},
			{in: "（０１０）６２３０－１２３４", received: "+861062301234"},
			{in: "010–6230‑1234", received: "+861062301234"},
			{in: "\u202d+86 138 0013 8000\u202c", received: "+8613800138000"},
			{in: "138\u00a00013\u00a08000", received: "+8613800138000"},
			{in: "\t13800138000\r\n", received: "+8613800138000"},
		},
		"landline": {
			{in: "010-6230 1234", received: "+861062301234"},
			{in: "010 83461806", received: "+861083461806"},
			{in: "+86 10 6230 1234", received: "+861062301234"},
			{in: "+861062301234", received: "+861062301234"},
			{in: "861062301234", received: "+861062301234"},
			{in: "0755-28780808", received: "+8675528780808"},
			{in: "2161791000", received: "+862161791000"},
			{in: "0951-6323412", received: "+869516323412"},
			{in: "0898-6533-7739", received: "+8689865337739"},
			{in: "010-92345678", received: notPlan}, // subscribers begin with 2 to 8
			{in: "62301234", received: short},       // no area code
			{in: "0400-6230123", received: notPlan}, // no such area
		},
		"service codes are one key": {
			{in: "95588", received: "+86!95588"},
			{in: "+86 95588", received: "+86!95588"},
			{in: "+8695588", received: "+86!95588"},
			{in: "008695588", received: "+86!95588"},
			{in: "8695588", received: "+86!95588"},
			{in: "+86!95588", received: "+86!95588"},
			{in: "tel:95588;phone-context=+86", received: "+86!95588"},
			{in: "tel:+8695588", received: "+86!95588"},
			{in: "sip:95588@10.0.0.1;user=phone", received: "+86!95588"},
			{in: "400-699-8888", received: "+86!4006998888"},
			{in: "4001-666-016", received: "+86!4001666016"},
			{in: "400 650 0309", received: "+86!4006500309"},
			{in: "+86 400-699-8888", received: "+86!4006998888"},
			{in: "8008203737", received: "+86!8008203737"},
			{in: "110", received: "+86!110"},
			{in: "12321", received: "+86!12321"},
			{in: "10086", received: "+86!10086"},
			{in: "1008611", received: "+86!1008611"},
			{in: "116114", received: "+86!116114"},
			{in: "10109777", received: "+86!10109777"},
			{in: "12583110086", received: "+86!12583110086"},
			{in: "999", received: "+86!999"},
		},
		"a code and its extension": {
			{in: "95163234", received: "+86!95163234"},
			{in: "9516323412", received: "+869516323412 | +86!9516323412"},
			{in: "95163234123", received: "+86!95163234123"}, // Yinchuan's numbers have seven digits
			{in: "+86!9516323412", received: "+86!9516323412"},
			{in: "+869516323412", received: "+869516323412"},
			{in: "869516323412", received: "+869516323412"},
			{in: "9555812345", received: "+869555812345 | +86!9555812345"}, // Zhongwei, or 95558
			{in: "9585812345", received: "+86!9585812345"},                 // 958 is no area
			{in: "tel:9516323412;phone-context=+86", received: "+869516323412 | +86!9516323412"},
		},
		"codes of a province": {
			{in: "021-962121", received: "+86!962121@31"},
			{in: "0551-96588", received: "+86!96588@34"},
			{in: "010-96066", received: "+86!96066@11"},
			{in: "962121", received: "+86!962121@00"},
			{in: "+86 21 962121", received: "+86!962121@31"},
			{in: "+86 021 962121", received: doubled, dialled: "+86!962121@31"},
			{in: "+86962121", received: "+86!962121@00"},
			{in: "86962121", received: "+86!962121@00"},
			{in: "tel:962121;phone-context=+8621", received: "+86!962121@31"},
			{in: "+86!962121@31", received: "+86!962121@31"},
			{in: "9621211", received: short},
		},
		"an area code before a code that has none": {
			{in: "021-95588", received: areaCode, dialled: "+86!95588"},
			{in: "010-4006998888", received: areaCode},
			{in: "010-12345", received: areaCode},
			{in: "010-12345678", received: areaCode},
			{in: "+86 21 95588", received: areaCode},
		},
		"short messages": {
			{in: "106980095533", received: "sms_code"},
			{in: "1068915371004053", received: "sms_code"},
			{in: "10655152", received: "sms_code"},
			{in: "+86106980095533", received: "sms_code"},
			{in: "86106980095533", received: "sms_code"},
			{in: "106412345678", received: "sms_code"},
			{in: "1065712345", received: "+861065712345 | sms_code", dialled: "sms_code | +861065712345"},
			{in: "+861065712345", received: "+861065712345"},
			{in: "010-65712345", received: "+861065712345"},
		},
		"prefixes": {
			{in: "1795113800138000", received: carrier, dialled: "+8613800138000"},
			{in: "1259313800138000", received: carrier, dialled: "+8613800138000"},
			{in: "17911 010-62301234", received: carrier, dialled: "+861062301234"},
			{in: "17951 00 44 20 7946 0148", received: carrier, dialled: "+442079460148"},
			{in: "1795195588", received: carrier}, // codes are not dialled that way
			{in: "17951 17951 13800138000", received: long},
			{in: "+861795113800138000", received: carrier},
			{in: "17951", received: "+86!17951"},
			{in: "868613800138000", received: doubled},
			{in: "+868613800138000", received: doubled},
			{in: "08613800138000", received: doubled},
			{in: "+008613800138000", received: doubled},
			{in: "00008613800138000", received: doubled},
			{in: "0086013800138000", received: doubled, dialled: "+8613800138000"},
			{in: "8601062301234", received: doubled, dialled: "+861062301234"},
			{in: "+86 (0)10 6230 1234", received: doubled, dialled: "+861062301234"},
		},
		"irregular": {
			{in: "00", received: same},
			{in: "0000000000", received: same},
			{in: "11111111111", received: same},
			{in: "+11111111111", received: same},
			{in: "+", received: short},
			{in: "+86", received: short},
			{in: "-", received: short},
			{in: "86", received: short},
			{in: "12", received: short},
			{in: "+0138", received: nowhere},
			{in: "+2101234567", received: nowhere},
			{in: "002101234567", received: nowhere},
			{in: "+13800138000", received: notPlan},       // a + before a Chinese mobile
			{in: "12345678901", received: "+12345678901"}, // no Chinese mobile begins with 12
			{in: "123456789012", received: notPlan},
			{in: "138001380001234", received: notPlan},
			{in: "13800138000123456", received: long},
			{in: strings.Repeat("1234567890", 10), received: long},
			{in: "3.15316E+12", received: letters},
			{in: "1-800-FLOWERS", received: letters},
			{in: "13800138000转8", received: letters},
			{in: "*6713800138000", received: letters},
			{in: "1380013800F", received: letters},
			{in: "13800138000\x00", received: letters},
			{in: "86+13800138000", received: letters},
			{in: "++8613800138000", received: letters},
			{in: "+86!95588!", received: letters},
			{in: "+861700123*/13", received: letters},
			{in: "\xff\xfe", received: letters},
		},
		"foreign": {
			{in: "+1 800 633 0738", received: "+18006330738"},
			{in: "+1(412)567-6602", received: "+14125676602"},
			{in: "+81 362317628", received: "+81362317628"},
			{in: "0081362317628", received: "+81362317628"},
			{in: "+852 31078333", received: "+85231078333"},
			{in: "85231078333", received: "+85231078333"},
			{in: "+853 1888", received: "+8531888"},
			{in: "+61 132221", received: "+61132221"},
			{in: "+34 600 000 000", received: "+34600000000"},
			{in: "+34 200 000 000", received: notPlan},
			{in: "+33 123", received: short},
			{in: "+33 12345678901234", received: long},
			{in: "442079460148", received: "+442079460148"},
		},
	} {
		t.Run(name, func(t *testing.T) { checkReads(t, r, table) })
	}
}

func TestURIs(t *testing.T) {
	checkReads(t, shipped(t, number.China), []reads{
		{in: "tel:+86-138-0013-8000", received: "+8613800138000"},
		{in: "TEL:+8613800138000;npdi;rn=+8613900", received: "+8613800138000"},
		{in: "tel:13800138000", received: "+8613800138000"},
		{in: "tel:62301234;phone-context=+8610", received: "+861062301234"},
		{in: "tel:62301234;isub=1;Phone-Context=%2B8610", received: "+861062301234"},
		{in: "tel:95588;phone-context=+8621", received: "+86!95588"},
		{in: "tel:95588;phone-context=ims.example.cn", received: "+86!95588"},
		{in: "tel:2136986000;phone-context=+1", received: "+12136986000"},
		{in: "tel:6986000;phone-context=+1213", received: "+12136986000"},
		{in: "tel:911;phone-context=+1", received: "+1!911"},
		{in: "tel:02079460148;phone-context=+44", received: "+442079460148"},
		{in: "tel:95588;phone-context=+999", received: nowhere},
		{in: "tel:95588;phone-context=+", received: "+86!95588"},
		{in: "tel:+8613800138000;phone-context=+1", received: "+8613800138000"},
		{in: "tel:", received: "anonymous"},
		{in: "tel:00000000", received: same},
		{in: "sip:+8613800138000@10.0.0.1;user=phone", received: "+8613800138000"},
		{in: "sips:13800138000:secret@example.com", received: "+8613800138000"},
		{in: "sip:13800138000;phone-context=+86;npdi@example.com;user=phone", received: "+8613800138000"},
		{in: "sip:%2B8613800138000@example.com", received: "+8613800138000"},
		{in: "sip:+86%2013800138000@example.com?subject=x", received: "+8613800138000"},
		{in: "sip:+86!962121%4031@example.com", received: "+86!962121@31"},
		{in: "sip:null-%00-null@example.com", received: letters},
		{in: "sip:1380013%008000@example.com", received: letters},
		{in: "sip:138%2@example.com", received: letters},
		{in: "sip:138%zz@example.com", received: letters},
		{in: "sip:alice@example.com", received: letters},
		{in: "sip:anonymous@anonymous.invalid", received: "anonymous"},
		{in: "sip:13800138000@anonymous.invalid:5060;x", received: "anonymous"},
		{in: "sip:Anonymous@10.0.0.1", received: "anonymous"},
		{in: "sip:unavailable@example.com", received: "anonymous"},
		{in: "sip:@example.com", received: "anonymous"},
		{in: "sip:0@example.com", received: "anonymous"},
		{in: "sip:example.com", received: "anonymous"},
		{in: "sip:", received: "anonymous"},
		{in: "", received: "anonymous"},
		{in: "   ", received: "anonymous"},
		{in: "0", received: "anonymous"},
		{in: "Restricted", received: "anonymous"},
		{in: "unknown", received: "anonymous"},
		{in: "private", received: "anonymous"},
		{in: "anonymously", received: letters},
		{in: "mailto:someone", received: letters},
		{in: "tel", received: letters},
	})
}

func TestNorthAmerica(t *testing.T) {
	checkReads(t, shipped(t, number.NANP), []reads{
		{in: "2136986000", received: "+12136986000"},
		{in: "(213) 698-6000", received: "+12136986000"},
		{in: "213.698.6000", received: "+12136986000"},
		{in: "12136986000", received: "+12136986000"},
		{in: "+12136986000", received: "+12136986000"},
		{in: "0012136986000", received: "+12136986000"},
		{in: "01112136986000", received: "+12136986000"},
		{in: "011442079460148", received: "+442079460148"},
		{in: "911", received: "+1!911"},
		{in: "988", received: "+1!988"},
		{in: "1111111111", received: same},
		{in: "1136986000", received: notPlan}, // no area code begins with 1
		{in: "2131986000", received: notPlan}, // nor an exchange
		{in: "6986000", received: short},
		{in: "525556979284", received: "+525556979284"}, // Mexico, written without +
		{in: "8613800138000", received: "+8613800138000"},
		{in: "861380013", received: short},
		{in: "210123456789", received: notPlan},
		{in: "3.15316E+12", received: letters},
		{in: "1 800 633 0738", received: "+18006330738"},
		{in: "1 1 800 633 0738", received: doubled, dialled: "+18006330738"},
		{in: "", received: "anonymous"},
	})
}

func TestSpain(t *testing.T) {
	checkReads(t, shipped(t, number.Spain), []reads{
		{in: "600000000", received: "+34600000000"},
		{in: "912 34 56 78", received: "+34912345678"},
		{in: "34912345678", received: "+34912345678"},
		{in: "0034912345678", received: "+34912345678"},
		{in: "771234567", received: "+34771234567"}, // a number, though not allocated
		{in: "091", received: "+34!091"},
		{in: "112", received: "+34!112"},
		{in: "116111", received: "+34!116111"},
		{in: "212345678", received: notPlan},
		{in: "60000000", received: short},
		{in: "6000000001", received: notPlan},
		{in: "13800138000", received: notPlan},
		{in: "8613800138000", received: "+8613800138000"},
		{in: "3434912345678", received: doubled},
	})
}

func TestCountryWithoutTable(t *testing.T) {
	checkReads(t, shipped(t, 44), []reads{
		{in: "020 7946 0148", received: "+442079460148"},
		{in: "+442079460148", received: "+442079460148"},
		{in: "442079460148", received: "+442079460148"},
		{in: "00442079460148", received: "+442079460148"},
		{in: "999", received: "+44!999"},
		{in: "13800138000", received: notPlan},
		{in: "8613800138000", received: "+8613800138000"},
		{in: "123", received: "+44!123"},
		{in: "7", received: short},
		{in: "12345678901234567", received: long},
	})
	checkReads(t, shipped(t, 0), []reads{
		{in: "13800138000", received: notPlan},
		{in: "+8613800138000", received: "+8613800138000"},
		{in: "8613800138000", received: "+8613800138000"},
		{in: "95588", received: notPlan},
		{in: "955", received: short},
	})
}

func TestCallersProvinceComesFirst(t *testing.T) {
	home := shipped(t, number.China)
	checkReads(t, home.In(31), []reads{
		{in: "962121", received: "+86!962121@31 | +86!962121@00"},
		{in: "+86962121", received: "+86!962121@31 | +86!962121@00"},
		{in: "028-962121", received: "+86!962121@51"},
		{in: "95588", received: "+86!95588"},
	})
	checkReads(t, home.In(31).In(-1), []reads{{in: "962121", received: "+86!962121@00"}})
	checkReads(t, home.In(100), []reads{{in: "962121", received: "+86!962121@00"}})
	checkReads(t, home.In(31).Under(number.NANP), []reads{{in: "+86962121", received: "+86!962121@00"}})
	if home.Country() != number.China || home.Under(number.Spain).Country() != number.Spain {
		t.Error("the default country is not what was asked for")
	}
}

func TestIrregularIsKeptVerbatim(t *testing.T) {
	r := shipped(t, number.China)
	for in, want := range map[string]string{
		" 17951 13800138000 ":            "17951 13800138000",
		"sip:null-%00-null@example.com":  "null-%00-null",
		"tel:11111111;isub=12":           "11111111",
		strings.Repeat("1234567890", 10): strings.Repeat("1234567890", 6) + "1234",
		"106 9800 95533":                 "106 9800 95533",
	} {
		if got := r.Received(in).First().Raw(); got != want {
			t.Errorf("of %q is kept %q, want %q", in, got, want)
		}
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	for _, tt := range []struct {
		country number.Country
		in      string
	}{
		{number.China, "+8613800138000"},
		{number.China, "+86!95588"},
		{number.China, "010-6230 1234"},
		{number.China, "9516323412"},
		{number.China, "1795113800138000"},
		{number.China, "11111111111"},
		{number.China, "sip:+8613800138000@10.0.0.1;user=phone"},
		{number.China, "tel:95588;phone-context=+86"},
		{number.China, "+442079460148"},
		{number.NANP, "2136986000"},
		{number.Spain, "600000000"},
	} {
		r := shipped(t, tt.country)
		if n := testing.AllocsPerRun(100, func() { r.Received(tt.in) }); n != 0 {
			t.Errorf("Received(%q) allocates %v times", tt.in, n)
		}
		if n := testing.AllocsPerRun(100, func() { r.Dialled(tt.in) }); n != 0 {
			t.Errorf("Dialled(%q) allocates %v times", tt.in, n)
		}
	}
}

// checkSound requires of any input's readings what holds of all.
func checkSound(t *testing.T, r *number.Rules, in string, rd number.Readings) {
	t.Helper()
	if rd.Len() < 1 || rd.Len() > number.MaxReadings {
		t.Fatalf("%q has %d readings", in, rd.Len())
	}
	for i, c := range rd.All() {
		n, numbered := c.Number()
		switch {
		case c != rd.At(i):
			t.Errorf("%q: reading %d is not itself", in, i)
		case numbered != (c.Kind() == number.Numbered), numbered == n.IsZero():
			t.Errorf("%q: %s with number %s", in, c.Kind(), n)
		case len(c.Raw()) > number.MaxCaller:
			t.Errorf("%q: %d bytes are kept", in, len(c.Raw()))
		case (c.Kind() == number.Irregular) != (c.Reason() != number.NotIrregular):
			t.Errorf("%q: %s for the reason %q", in, c.Kind(), c.Reason())
		case c.Kind() == number.Irregular && rd.Len() > 1:
			t.Errorf("%q: irregular and something else", in)
		}
		if !numbered {
			continue
		}
		back, err := number.Parse(n.String())
		if err != nil || back != n {
			t.Errorf("%q reads as %s, which reads as %s, %v", in, n, back, err)
		}
		if again := r.Received(n.String()).First(); again != c && again.Reason() != number.AllSame && n.Country() == r.Country() {
			t.Errorf("%q reads as %s, which a network presents as %s", in, n, again)
		}
	}
}

var readSeeds = []string{
	"13800138000", "+86 (0)10 6230 1234", "9516323412", "tel:95588;phone-context=+86", "sip:null-%00-null@x",
	"sip:+8613800138000;npdi@h", "1795113800138000", "021-962121", "１３８００１３８０００", "+86!962121@31", "1065712345",
	"525556979284", "0000", "tel:1;phone-context=+8621", "8686", "+0086", "\u202d1",
}

func FuzzReceived(f *testing.F) {
	for _, s := range readSeeds {
		f.Add(s)
	}
	china, us := shipped(f, number.China).In(31), shipped(f, number.NANP)
	f.Fuzz(func(t *testing.T, s string) {
		checkSound(t, china, s, china.Received(s))
		checkSound(t, us, s, us.Received(s))
	})
}

func FuzzDialled(f *testing.F) {
	for _, s := range readSeeds {
		f.Add(s)
	}
	china, britain := shipped(f, number.China), shipped(f, 44)
	f.Fuzz(func(t *testing.T, s string) {
		checkSound(t, china, s, china.Dialled(s))
		checkSound(t, britain, s, britain.Dialled(s))
	})
}

func BenchmarkReceived(b *testing.B) {
	for _, bb := range []struct {
		country number.Country
		in      string
	}{
		{number.China, "+8613800138000"},
		{number.China, "+86!95588"},
		{number.China, "13800138000"},
		{number.China, "010-6230 1234"},
		{number.China, "sip:+8613800138000@10.0.0.1"},
		{number.NANP, "2136986000"},
		{number.Spain, "600000000"},
		{number.NANP, "525556979284"},
	} {
		r := shipped(b, bb.country)
		b.Run(fmt.Sprintf("%s/%s", bb.country, bb.in), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Received(bb.in)
			}
		})
	}
}
