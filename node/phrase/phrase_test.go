package phrase

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
)

// A phrase is found in whatever wraps it, and is told without that; what has no code
// stays as it is.
func TestFrom(t *testing.T) {
	why := New("test.place", "place %d/%d is lost", 0, 7)
	told := Join(New("test.quiet", "nothing is said"), Phrase{}, why)
	want := Phrase{Sentence{Code: "test.quiet", Text: "nothing is said: place 0/7 is lost"}, []Sentence{{Code: "test.place", Text: "place 0/7 is lost", Args: []string{"0", "7"}}}}
	if !reflect.DeepEqual(told, want) {
		t.Fatalf("%+v", told)
	}
	if again := Join(Join(New("test.outer", "for now"), told), Plain("see the log")); again.Text != "for now: nothing is said: place 0/7 is lost: see the log" || len(again.Then) != 3 || again.Then[0].Text != "nothing is said" {
		t.Errorf("%+v", again)
	}
	sentinel := errors.New("publish: barred")
	for _, err := range []error{told, fmt.Errorf("publish: %w", told), errors.Join(nil, fmt.Errorf("%w: %w", sentinel, told))} {
		if got := From(err); !reflect.DeepEqual(got, want) {
			t.Errorf("%v gives %+v", err, got)
		}
	}
	if got := From(sentinel); got.Code != "" || got.Text != "publish: barred" {
		t.Errorf("%+v", got)
	}
	if got := From(nil); !got.IsZero() || !Join(Phrase{}, Phrase{}).IsZero() || told.IsZero() {
		t.Errorf("nothing is told as %+v", got)
	}
}

// What was kept as English alone is the phrase again; what only looks like it is not.
func TestRead(t *testing.T) {
	forms := []Form{{"test.lost", "it was lost"}, {"test.place", "place %d/%d is lost"}, {"test.batch", "batch %s at %d/%d came in"}, {"test.dated", "dated %s, by %s ahead"}}
	for text, want := range map[string]Sentence{
		"it was lost":               {Code: "test.lost", Text: "it was lost"},
		"place 0/7 is lost":         {Code: "test.place", Text: "place 0/7 is lost", Args: []string{"0", "7"}},
		"batch bafy at 1/2 came in": {Code: "test.batch", Text: "batch bafy at 1/2 came in", Args: []string{"bafy", "1", "2"}},
		"place 0/7 is lost twice":   {Text: "place 0/7 is lost twice"},
		"place -1/7 is lost":        {Text: "place -1/7 is lost"},
		"it was lost again":         {Text: "it was lost again"},
		"":                          {},
		"dated 9:00, by 10m ahead":  {Code: "test.dated", Text: "dated 9:00, by 10m ahead", Args: []string{"9:00", "10m"}},
		"dated 9 am, by 10m ahead":  {Text: "dated 9 am, by 10m ahead"},
		"dated , by 10m ahead":      {Text: "dated , by 10m ahead"},
	} {
		if got := Read(text, forms...).Sentence; !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// No form is compiled anew for each text.
func TestReadIsCheap(t *testing.T) {
	forms := []Form{{"test.lost", "it was lost"}, {"test.place", "place %d/%d is lost"}, {"test.batch", "batch %s (%d/%d) came in"}}
	if n := testing.AllocsPerRun(100, func() { _ = Read("place 0/7 is lost twice", forms...) }); n > float64(2*len(forms)) {
		t.Errorf("%v allocations for a text that has no form", n)
	}
}

// The same thing with other figures is no news; another thing is, and so is another
// text without a code.
func TestSays(t *testing.T) {
	twin := func(ago string, then ...Phrase) Phrase {
		return Join(append([]Phrase{New("test.twin", "heard %s ago", ago)}, then...)...)
	}
	for name, c := range map[string]struct {
		a, b Phrase
		same bool
	}{
		"other figures":     {twin("5s"), twin("10s"), true},
		"another code":      {twin("5s"), New("test.clock", "heard 5s ago"), false},
		"more":              {twin("5s"), twin("5s", Plain("stop it")), false},
		"other figures too": {twin("5s", New("test.stop", "stop %d", 1)), twin("6s", New("test.stop", "stop %d", 2)), true},
		"other words":       {Plain("a"), Plain("b"), false},
		"the same words":    {Plain("a"), Plain("a"), true},
		"none":              {Phrase{}, Phrase{}, true},
		"one is none":       {Phrase{}, Plain("a"), false},
	} {
		if c.a.SaysAs(c.b) != c.same || c.b.SaysAs(c.a) != c.same {
			t.Errorf("%s: %q and %q", name, c.a, c.b)
		}
	}
}

// What was kept as English alone, before it was a phrase, is read as such; a phrase comes
// back as it was, and what is neither is an error.
func TestUnmarshalJSON(t *testing.T) {
	told := Join(New("test.quiet", "nothing is said"), New("test.place", "place %d/%d is lost", 0, 7))
	b, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Phrase{
		`"the list had changed"`: Plain("the list had changed"), `""`: {}, `{"text":"so"}`: Plain("so"), string(b): told,
	} {
		var got Phrase
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %+v: %v", text, got, err)
		}
	}
	var got Phrase
	if json.Unmarshal([]byte(`7`), &got) == nil {
		t.Errorf("a number is read as %+v", got)
	}
}

// What is said after the first sentence stands alone as it stood there.
func TestAfter(t *testing.T) {
	one, two := New("test.place", "place %d is lost", 7), Plain("stop it")
	if got := Join(New("test.quiet", "nothing is said"), one, two).After(); !reflect.DeepEqual(got, Join(one, two)) {
		t.Errorf("%+v", got)
	}
	if got := one.After(); !got.IsZero() {
		t.Errorf("nothing follows, and is told as %+v", got)
	}
}
