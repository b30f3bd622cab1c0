package strictyaml_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"ringfence/store/strictyaml"
)

type inner struct {
	Days uint16 `yaml:"days"`
}

type thing struct {
	Name  string  `yaml:"name"`
	Count uint16  `yaml:"count"`
	Inner inner   `yaml:"inner,flow"`
	List  []inner `yaml:"list,omitempty"`
}

func TestReadKeepsWhatIsNotNamed(t *testing.T) {
	for text, want := range map[string]thing{
		"":                         {Name: "before", Count: 7},
		"# a comment\n":            {Name: "before", Count: 7},
		"count: 8\n":               {Name: "before", Count: 8},
		"inner: {days: 3}":         {Name: "before", Count: 7, Inner: inner{3}},
		`{"name": "json"}`:         {Name: "json", Count: 7},
		"name: \"1.5\"\n":          {Name: "1.5", Count: 7}, // quoted, it is a text
		"name: v1.5 or 2.5\n":      {Name: "v1.5 or 2.5", Count: 7},
		"--- # begins\ncount: 9\n": {Name: "before", Count: 9},
	} {
		got := thing{Name: "before", Count: 7}
		if err := strictyaml.Read(strings.NewReader(text), "thing", &got); err != nil || got.Name != want.Name || got.Count != want.Count || got.Inner != want.Inner {
			t.Errorf("%q gives %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		parts      []string
	}{
		{"unknown key", "name: a\ncuont: 1\n", []string{"line 2", `"cuont" is no key of a thing; the nearest is "count"`}},
		{"unknown inner key", "inner: {hours: 1}\n", []string{"line 1", `"hours" is no key of a thing; want days`}},
		{"two slips", "cuont: 1\nnme: a\n", []string{`line 1: "cuont" is no key of a thing; the nearest is "count"; line 2: "nme" is no key of a thing; the nearest is "name"`}},
		{"key twice", "count: 1\ncount: 2\n", []string{"line 2", "count"}},
		{"fraction", "\ncount: 8192.9\n", []string{"line 2", "8192.9 is no whole number"}},
		{"fraction in a list", "list:\n- days: 1\n- days: 2.0\n", []string{"line 3", "2.0"}},
		{"exponent", "count: 1e3\n", []string{"line 1", "1e3"}},
		{"infinity", "count: .inf\n", []string{"line 1"}},
		{"two documents", "count: 1\n---\ncount: 2\n", []string{"holds one"}},
		{"rubbish after the document", "count: 1\n---\n[", []string{"holds one"}},
		{"list for a map", "- 1\n", []string{"line 1", "what a thing holds there"}},
		{"text for a number", "count: many\n", []string{`line 1: count: "many" is no whole number from 0 to 65535`}},
		{"text for a number in braces", "list:\n- {days: manyandmore}\n", []string{"line 2: days: \"manyand", "is no whole number"}},
		{"too large for its field", "count: 65536\n", []string{`line 1: count: "65536" is no whole number from 0 to 65535`}},
		{"a list for a text", "name: [a]\n", []string{"line 1: a list stands where a text belongs"}},
		{"a map for a number", "count: {a: 1}\n", []string{"line 1: a map of keys is no whole number"}},
		{"a text for a list", "list: many\n", []string{`line 1: list: "many" stands where a list belongs`}},
		{"no YAML", "a: [", []string{"line 1"}},
		{"binary", "\x00\x01\x02", []string{"read thing"}},
		{"huge", strings.Repeat("#", strictyaml.MaxSize+1), []string{"larger than"}},
		{"a bomb of aliases", bomb(), []string{"read thing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := strictyaml.Read(strings.NewReader(c.text), "thing", new(thing))
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range append(c.parts, "read thing: ") {
				if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "unmarshal") {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "strictyaml") {
				t.Errorf("error %q names a Go type", err)
			}
		})
	}
	broken := errors.New("broken disk")
	if err := strictyaml.Read(iotest.ErrReader(broken), "thing", new(thing)); !errors.Is(err, broken) {
		t.Errorf("error %v, want the reader's", err)
	}
}

func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := '1'; i <= '9'; i++ {
		before := string(i - 1)
		b.WriteString("a" + string(i) + ": &a" + string(i) + " [" + strings.TrimSuffix(strings.Repeat("*a"+before+", ", 10), ", ") + "]\n")
	}
	return b.String()
}

func TestWriteIsRead(t *testing.T) {
	want := thing{Name: "a: b", Count: 3, Inner: inner{4}, List: []inner{{5}, {6}}}
	b, err := strictyaml.Write("thing", &want)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b); text != "name: 'a: b'\ncount: 3\ninner: {days: 4}\nlist:\n  - days: 5\n  - days: 6\n" {
		t.Errorf("written as\n%s", text)
	}
	var got thing
	if err := strictyaml.Read(strings.NewReader(string(b)), "thing", &got); err != nil || got.Name != want.Name || len(got.List) != 2 || got.List[1] != want.List[1] {
		t.Errorf("read as %+v, %v", got, err)
	}
}

// refuses is a value that cannot be written.
type refuses struct{}

func (refuses) MarshalText() ([]byte, error) { return nil, errors.New("secret") }

func TestWriteTellsErrors(t *testing.T) {
	if _, err := strictyaml.Write("thing", &refuses{}); err == nil || !strings.Contains(err.Error(), "write thing: ") {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("name: a\ncount: 1\ninner: {days: 1}\n")
	f.Add("a: &a [*a]\n")
	f.Add("list: [{days: 0x10}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		var v thing
		if err := strictyaml.Read(strings.NewReader(text), "thing", &v); err != nil {
			return
		}
		b, err := strictyaml.Write("thing", &v)
		if err != nil {
			t.Fatal(err)
		}
		var again thing
		if err := strictyaml.Read(strings.NewReader(string(b)), "thing", &again); err != nil || again.Count != v.Count || len(again.List) != len(v.List) {
			t.Errorf("%q is written as %q: %v", text, b, err)
		}
	})
}

// Whoever reads a document can say on which line an element of a list stands; of what has
// another shape nothing is said, and nothing is invented.
func TestLines(t *testing.T) {
	for document, want := range map[string][]int{
		"a: 1\nlist:\n- x\n\n- y\n":   {3, 5},
		"{\"list\": [\"x\",\n\"y\"]}": {1, 2},
		"list: &l [x, y]\n":           {1, 1},
		"o: &l [x, y]\nlist: *l\n":    {0, 0},
		"list: [x]\n":                 {0, 0},
		"deeper: {list: [x, y]}\n":    {0, 0},
		"- list\n":                    {0, 0},
		"list: [":                     {0, 0},
		"":                            {0, 0},
	} {
		if got := strictyaml.Lines(document, "list", 2); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", document, got, want)
		}
	}
}
