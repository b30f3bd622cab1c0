package taxonomy

import (
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// Codes stand in signed statements and digests; this table may only grow.
func TestCodesNeverMove(t *testing.T) {
	for code, want := range map[Category]string{
		0x0101: "crm.fraud.impersonation", 0x0109: "crm.fraud.other", 0x010A: "crm.extortion", 0x010E: "crm.spoof",
		0x0201: "har.onering", 0x0204: "har.silent", 0x0206: "har.other",
		0x0301: "mkt.finance.loan", 0x0306: "mkt.realestate.sale", 0x030B: "mkt.retail", 0x030F: "mkt.other",
		0x0401: "oth.survey", 0x0403: "oth.political",
		0x0501: "unk.untyped",
		0x0601: "id.courier", 0x0604: "id.org",
		0x0701: "ok.legitimate",
	} {
		if got := code.String(); got != want {
			t.Errorf("category %#x is %q, want %q", uint16(code), got, want)
		}
	}
	if n := len(Categories()); n != 44 {
		t.Errorf("%d categories, want 44", n)
	}
	if Allow != 0 || Label != 1 || Block != 2 {
		t.Error("an action's code moved")
	}
}

func TestCategoriesReadAndNamed(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range Categories() {
		got, err := ParseCategory(c.String())
		if err != nil || got != c || !c.Known() || !c.Class().Valid() {
			t.Errorf("%s reads as %v: %v", c, got, err)
		}
		for _, lang := range []string{"en", "zh-CN"} {
			if name := lang[:2] + c.Name(lang); c.Name(lang) == "" || seen[name] {
				t.Errorf("%s has no %s name of its own: %q", c, lang, c.Name(lang))
			} else {
				seen[name] = true
			}
		}
	}
	for _, bad := range []string{"", "mkt", "mkt.", "mkt.nothing", "nothing.retail", ".retail", "MKT.retail", "mkt.retail "} {
		if c, err := ParseCategory(bad); err == nil {
			t.Errorf("%q reads as %v", bad, c)
		}
	}
	for _, unknown := range []Category{0x0300, 0x0310, 0x0801, 0xFFFF} {
		if unknown.Known() {
			t.Errorf("%#x is known", uint16(unknown))
		}
	}
}

func TestTextRoundTrips(t *testing.T) {
	for a := Allow; a <= Block; a++ {
		var back Action
		text, _ := a.MarshalText()
		if err := back.UnmarshalText(text); err != nil || back != a {
			t.Errorf("%v reads as %v: %v", a, back, err)
		}
	}
	for c := Class(0); c <= OK; c++ {
		var back Class
		text, _ := c.MarshalText()
		if err := back.UnmarshalText(text); err != nil || back != c {
			t.Errorf("%v reads as %v: %v", c, back, err)
		}
	}
	if new(Action).UnmarshalText([]byte("warn")) == nil || new(Class).UnmarshalText([]byte("spam")) == nil {
		t.Error("a word of another vocabulary is read")
	}
}

func TestEntryBytes(t *testing.T) {
	count := 0
	for v := range 1 << 16 {
		b := [EntrySize]byte{byte(v >> 14), byte(v >> 10 & 0xF), byte(v >> 6 & 0xF), byte(v >> 3 & 7), byte(v & 7)}
		e, err := EntryFromBytes(b)
		if err != nil {
			continue
		}
		count++
		if e.Bytes() != b {
			t.Fatalf("% x reads as %+v, which is % x", b, e, e.Bytes())
		}
	}
	// 3 actions, 7 classes, the category's class follows, 8 places, 4 flags.
	if want := 3 * 7 * 8 * 4; count != want {
		t.Errorf("%d encodings read, want %d", count, want)
	}
	if !(Entry{}).IsZero() || (Entry{Contested: true}).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestDays(t *testing.T) {
	for _, c := range []struct {
		at   int64
		day  Day
		text string
	}{
		{-5, 0, "1970-01-01"}, {0, 0, "1970-01-01"}, {86399, 0, "1970-01-01"}, {86400, 1, "1970-01-02"},
		{1793491200, 20758, "2026-11-01"}, {MaxTime, 2932896, "9999-12-31"}, {MaxTime + 1, 2932896, "9999-12-31"},
		{Never, NeverDay, "never"},
	} {
		if got := DayOf(c.at); got != c.day || got.String() != c.text {
			t.Errorf("second %d is day %d, %s; want %d, %s", c.at, got, got, c.day, c.text)
		}
	}
	if NeverDay.Start() != Never || Day(1).Start() != 86400 {
		t.Error("a day begins at the wrong second")
	}
}

func batchCID(t *testing.T, codec uint64) cid.Cid {
	t.Helper()
	sum, err := multihash.Sum([]byte("batch"), multihash.SHA2_256, -1)
	if err != nil {
		t.Fatal(err)
	}
	return cid.NewCidV1(codec, sum)
}

func TestRefs(t *testing.T) {
	r := Ref{Batch: batchCID(t, cid.DagCBOR), Index: 4095}
	fromBytes, err := RefFromBytes(r.Bytes())
	if err != nil || fromBytes != r {
		t.Errorf("bytes read as %v: %v", fromBytes, err)
	}
	var fromText Ref
	text, _ := r.MarshalText()
	if err := fromText.UnmarshalText(text); err != nil || fromText != r {
		t.Errorf("text reads as %v: %v", fromText, err)
	}
	raw := Ref{Batch: batchCID(t, cid.Raw)}
	for _, bad := range []string{"", "/", "x/1", r.Batch.String(), r.Batch.String() + "/", r.Batch.String() + "/65536", r.Batch.String() + "/-1", raw.String()} {
		if got, err := ParseRef(bad); err == nil {
			t.Errorf("%q reads as %v", bad, got)
		}
	}
	for _, bad := range [][]byte{nil, r.Bytes()[:37], append(r.Bytes(), 0), raw.Bytes()} {
		if _, err := RefFromBytes(bad); err == nil {
			t.Errorf("% x is read", bad)
		}
	}
}

func FuzzParseRef(f *testing.F) {
	f.Add("bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku/7")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRef(s)
		if err != nil {
			return
		}
		again, err := ParseRef(r.String())
		if err != nil || again != r {
			t.Errorf("%q reads as %v, which reads as %v: %v", s, r, again, err)
		}
	})
}
