package mapping

import (
	"strings"
	"testing"

	"ringfence/configs"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

func TestShippedMappingsRead(t *testing.T) {
	names := ShippedNames()
	if len(names) < 4 {
		t.Fatalf("mappings ship: %v", names)
	}
	for _, name := range names {
		m := shipped(t, name)
		if m.Name() != name {
			t.Errorf("%s names itself %q", name, m.Name())
		}
		if m.About() == "" || m.Country() == 0 || m.Medium() != assertion.Voice {
			t.Errorf("%s: about %q, country %s, medium %d", name, m.About(), m.Country(), m.Medium())
		}
	}
	if _, err := Shipped("ftc"); err == nil || !strings.Contains(err.Error(), "ftc-daily, ftc-numbers, plain-list") {
		t.Errorf("a mapping that does not ship: %v", err)
	}
}

// The fifteen subjects of the form, as the real file writes them.
func TestFTCSubjects(t *testing.T) {
	m := shipped(t, "ftc-daily")
	for label, want := range map[string]string{
		"Other":                       "unk.untyped",
		"No Subject Provided":         "unk.untyped",
		"Dropped call or no message":  "har.silent",
		"Charities":                   "oth.charity",
		"Medical  & prescriptions":    "mkt.health",
		"Vacation  & timeshares":      "mkt.travel",
		"Energy, solar,  & utilities": "mkt.retail",
		"Reducing your debt (credit cards, mortgage, student loans)":           "mkt.finance.loan",
		"Calls pretending to be government, businesses, or family and friends": "crm.fraud.impersonation",
		"Warranties  & protection plans":                                       "mkt.retail",
		"Home improvement  & cleaning":                                         "mkt.retail",
		"Home security  & alarms":                                              "mkt.retail",
		"Computer  & technical support":                                        "crm.fraud.tech_support",
		"Lotteries, prizes  & sweepstakes":                                     "crm.fraud.prize",
		"Work from home  & other ways to make money":                           "mkt.hr",
	} {
		if got, known := m.Category(label); !known || got.String() != want {
			t.Errorf("%q is %s (known %v), want %s", label, got, known, want)
		}
	}
	if got, known := m.Category("other"); known || got != taxonomy.Untyped {
		t.Errorf("a subject the mapping lacks is %s, known %v", got, known)
	}
}

func TestMappingSays(t *testing.T) {
	m := parse(t, tableMapping)
	if m.Mode() != Reports || m.Counting() != CountColumn || m.Lines() || !m.Header() || m.Delimiter() != ',' || !m.Clamps() || !m.Dated() || m.Country() != number.NANP {
		t.Errorf("mode %s, counts %v, dated %v, country %s", m.Mode(), m.Counting(), m.Dated(), m.Country())
	}
	m = parse(t, listMapping)
	if m.Mode() != Snapshot || m.Counting() != CountNone || !m.Lines() || m.Header() || m.Delimiter() != 0 || m.AsOf() != 1787356800 || m.Dated() {
		t.Errorf("mode %s, counts %v, dated %v", m.Mode(), m.Counting(), m.Dated())
	}
	if got := Mode(9).String(); got != "mode(9)" {
		t.Errorf("unknown mode prints %q", got)
	}
}

// Each change of a good mapping makes one that is refused, with words that
// lead to the place.
func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ name, base, old, new, says string }{
		{"unknown key", tableMapping, "header: true", "heeder: true", `line 6: "heeder" is no key of a mapping; the nearest is "header"`},
		{"unknown column", tableMapping, "created: filed", "craeted: filed", `"craeted" is no key of a mapping; the nearest is "created"`},
		{"another version", tableMapping, "version: 1", "version: 2", "version: 2 is not 1"},
		{"no version", tableMapping, "version: 1", "", "version: 0 is not 1"},
		{"bad name", tableMapping, "name: table", "name: My Table", "name:"},
		{"bad mode", tableMapping, "mode: reports", "mode: add", "neither reports"},
		{"another encoding", tableMapping, "mode: reports", "mode: reports\nencoding: gbk", "iconv"},
		{"bad format", tableMapping, "format: csv", "format: xlsx", "neither csv nor lines"},
		{"no header said", tableMapping, "header: true", "", "header:"},
		{"bad delimiter", tableMapping, "header: true", "header: true\ndelimiter: \"::\"", "delimiter"},
		{"lines with header", listMapping, "format: lines", "format: lines\nheader: true", "neither header nor delimiter"},
		{"lines with columns", listMapping, "format: lines", "format: lines\ncolumns: {number: a}", "no columns"},
		{"no number", tableMapping, "number: [number, phone]", "", "which column holds the numbers"},
		{"place under a header", tableMapping, "label: what", "label: 5", "name the column"},
		{"name without header", rowsMapping, "header: true", "header: false", "give the place"},
		{"place 0", tableMapping, "label: what", "label: 0", "place is 1 to"},
		{"blank name", tableMapping, "label: what", `label: " "`, "blank"},
		{"column as table", tableMapping, "label: what", "label: {a: b}", "a column is a name"},
		{"half a span", tableMapping, "last_seen: last", "", "go together"},
		{"three times", tableMapping, "created: filed", "created: filed\n  seen: seen", "one time a row"},
		{"bad count", rowsMapping, "count: rows", "count: some", "not rows"},
		{"no count", rowsMapping, "count: rows", "", "not rows"},
		{"count twice", tableMapping, "format: csv", "format: csv\ncount: rows", "columns.count"},
		{"count without column", rowsMapping, "count: rows", "count: column", "columns.count"},
		{"unassigned country", rowsMapping, "country: 1", "country: 999", "no assigned country"},
		{"too many digits", rowsMapping, "country: 1", "country: 1\nnational_digits: 15", "outside 0 (any) to 14"},
		{"no zone", rowsMapping, "zone: UTC", "", "tells no zone"},
		{"bad zone", rowsMapping, "zone: UTC", "zone: Mars/Olympus", "not UTC"},
		{"local zone", rowsMapping, "zone: UTC", "zone: Local", "another zone on every machine"},
		{"no layouts", rowsMapping, `dates: ["2006-01-02"]`, "", "how they are written"},
		{"layout without day", rowsMapping, `"2006-01-02"`, `"2006-01"`, "year, month and day"},
		{"layout of letters", rowsMapping, `"2006-01-02"`, `"YYYY-MM-DD"`, "year, month and day"},
		{"dated with as_of", rowsMapping, "zone: UTC", "zone: UTC\nas_of: 2026-01-01", "without dates"},
		{"bad as_of", listMapping, "2026-08-22", "yesterday", "no date"},
		{"as_of without zone", listMapping, "zone: UTC", "", "needs its zone"},
		{"clamp to nothing", rowsMapping, "zone: UTC", "zone: UTC\nafter_created: clamp", "no column created"},
		{"bad clamp", tableMapping, "after_created: clamp", "after_created: maybe", "neither clamp"},
		{"bad medium", rowsMapping, "zone: UTC", "zone: UTC\nmedium: fax", "medium"},
		{"long label", listMapping, "zone: UTC", "zone: UTC\nlabel: " + strings.Repeat("x", 129), "at most 128"},
		{"bad category", rowsMapping, "zone: UTC", "zone: UTC\ncategory: mkt.fax", "mkt.fax"},
		{"bad category of a label", rowsMapping, "mkt.finance.card", "mkt.cards", `"Cards": `},
		{"label given twice", rowsMapping, `"Loans": mkt.finance.loan`, `"Loans": mkt.finance.loan, " Loans ": har.silent`, "given twice"},
		{"labels without column", listMapping, "zone: UTC", "zone: UTC\nlabels: {a: har.silent}", "no column label"},
		{"key twice", rowsMapping, "zone: UTC", "zone: UTC\nzone: UTC", "already defined"},
		{"wrong type", rowsMapping, "country: 1", "country: [1]", "line"},
		{"not a table", "x", "x", "- a\n- b\n", "line 1"},
		{"empty", "x", "x", "", "version: 0"},
		{"two documents", "x", "x", "a: 1\n---\nb: 1\n", "more follows"},
		{"not YAML", "x", "x", "a: [", "yaml"},
		{"too large", "x", "x", "#" + strings.Repeat("x", 1<<20), "larger than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(c.base, c.old) != 1 {
				t.Fatalf("%q stands %d times in the base", c.old, strings.Count(c.base, c.old))
			}
			m, err := Read("my.yaml", strings.NewReader(strings.Replace(c.base, c.old, c.new, 1)))
			if err == nil {
				t.Fatalf("read as %+v", m)
			}
			if !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "my.yaml: ") {
				t.Errorf("error %q does not say %q", err, c.says)
			}
		})
	}
}

func TestReadAccepts(t *testing.T) {
	for name, change := range map[string][2]string{
		"offset":        {"zone: UTC", `zone: "+08:00"`},
		"named zone":    {"zone: UTC", "zone: America/New_York"},
		"zoned layout":  {"zone: UTC\ndates: [\"2006-01-02\"]", `dates: ["2006-01-02T15:04:05Z07:00"]`},
		"unix seconds":  {"zone: UTC\ndates: [\"2006-01-02\"]", `dates: [unix]`},
		"semicolon":     {"header: true", "header: true\ndelimiter: \";\""},
		"tab":           {"header: true", "header: true\ndelimiter: \"\\t\""},
		"short message": {"zone: UTC", "zone: UTC\nmedium: sms"},
		"same twice":    {`"Loans": mkt.finance.loan`, `"Loans": mkt.finance.loan, "Loans ": mkt.finance.loan`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(rowsMapping, change[0]) {
				t.Fatal("the change does not apply")
			}
			parse(t, strings.Replace(rowsMapping, change[0], change[1], 1))
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(tableMapping))
	f.Add([]byte(rowsMapping))
	f.Add([]byte(listMapping))
	text, err := configs.FS.ReadFile("mappings/ftc-daily.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("a: &a [*a, *a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Read("fuzz.yaml", strings.NewReader(string(text)))
		if (m == nil) == (err == nil) {
			t.Fatalf("mapping %v and error %v", m, err)
		}
		if err != nil {
			return
		}
		if c, _ := m.Category("Loans"); !c.Known() {
			t.Errorf("a label means %d, which is no category", c)
		}
		if p, err := m.Places([]string{"number", "first", "last", "filed", "what", "n"}); err == nil && (p.Number < 0 || p.Number > p.Most) {
			t.Errorf("places %+v", p)
		}
		if at, ok := m.Time("2026-01-02"); ok && at < 0 {
			t.Errorf("a date is %d", at)
		}
	})
}

func TestPlaces(t *testing.T) {
	m := parse(t, tableMapping)
	got, err := m.Places([]string{"what", " PHONE ", "last", "first", "x", "filed", "n"})
	want := Places{Number: 1, Seen: -1, FirstSeen: 3, LastSeen: 2, Created: 5, Label: 0, Count: 6, Most: 6}
	if err != nil || got != want {
		t.Errorf("places %+v, %v; want %+v", got, err, want)
	}
	if _, err := m.Places([]string{"phone", "first"}); err == nil || !strings.Contains(err.Error(), `column last_seen: the header has no last; it has "phone", "first"`) {
		t.Errorf("error %v", err)
	}
	// A first row that is no header is data: its number is not repeated.
	if _, err := m.Places([]string{"2025550123"}); err == nil || strings.Contains(err.Error(), "2025550123") {
		t.Errorf("error %v", err)
	}
	m = parse(t, strings.NewReplacer("header: true", "header: false", "number: number", "number: 3", "seen: day", "seen: 1", "label: what", "label: 5").Replace(rowsMapping))
	got, err = m.Places(nil)
	want = Places{Number: 2, Seen: 0, FirstSeen: -1, LastSeen: -1, Created: -1, Label: 4, Count: -1, Most: 4}
	if err != nil || got != want {
		t.Errorf("places %+v, %v; want %+v", got, err, want)
	}
	header := make([]string, 40)
	if _, err := parse(t, rowsMapping).Places(header); err == nil || !strings.Contains(err.Error(), "…") {
		t.Errorf("error %v", err)
	}
}

func parse(t testing.TB, text string) *Mapping {
	t.Helper()
	m, err := Read("test.yaml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func shipped(t testing.TB, name string) *Mapping {
	t.Helper()
	m, err := Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// listMapping is a plain list of North American numbers, dated.
const listMapping = `
version: 1
name: list
mode: snapshot
count: none
format: lines
country: 1
zone: UTC
as_of: 2026-08-22
`

// tableMapping is a table with every kind of column.
const tableMapping = `
version: 1
name: table
mode: reports
format: csv
header: true
country: 1
zone: UTC
dates: ["2006-01-02 15:04:05", "2006-01-02"]
after_created: clamp
columns:
  number: [number, phone]
  first_seen: first
  last_seen: last
  created: filed
  label: what
  count: n
labels:
  "Loans": mkt.finance.loan
  "Threats": har.abuse
  "Nothing": unk.untyped
`

// rowsMapping counts rows; its one date is the observation.
const rowsMapping = `
version: 1
name: rows
mode: reports
count: rows
format: csv
header: true
country: 1
zone: UTC
dates: ["2006-01-02"]
columns: {number: number, seen: day, label: what}
labels: {"Loans": mkt.finance.loan, "Cards": mkt.finance.card, "Silence": har.silent}
`
