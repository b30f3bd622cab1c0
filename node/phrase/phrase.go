// Package phrase is a sentence for people that machines and other languages can
// tell again.
//
// What is wrong, and why something was refused, is found on many floors, and most of
// them know no language. They write the English sentence where they find it, as an
// error is written, and give it a code that stays the same over releases and the
// values that stand in it. Logs and JSON show the English; node/locale tells the code
// in another language, and its test goes over every call of New in the tree, so no
// phrase can lack one. Phrases are said one after the other, each explaining the one
// before it, as an error wraps another.
//
// Floor 0. It holds no texts.
package phrase

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Phrase is one thing that people are told. The zero Phrase is none. Make one with
// New; both arguments must be literals. It is an error as well.
type Phrase struct {
	Sentence
	Then []Sentence `json:"then,omitempty" doc:"What the text says after its first sentence, which is the code's own"`
}

// UnmarshalJSON also takes a text alone, which is Plain: what is a phrase by now was kept
// and sent so before it had a code.
func (p *Phrase) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*p = Plain(text)
		return nil
	}
	type whole Phrase // without this method
	return json.Unmarshal(b, (*whole)(p))
}

// Sentence is a part of a Phrase. The text of one that is the first in a Phrase has
// what is said after it, too.
type Sentence struct {
	Code string   `json:"code,omitempty" doc:"Stays the same over releases; none of a text that has no code"`
	Text string   `json:"text" doc:"In English"`
	Args []string `json:"args,omitempty" doc:"The values in the text, in order"`
}

// New makes a phrase: a dotted code, and the English as fmt.Sprintf has it.
func New(code, format string, args ...any) Phrase {
	p := Coded(code, fmt.Sprintf(format, args...))
	for _, arg := range args {
		p.Args = append(p.Args, fmt.Sprint(arg))
	}
	return p
}

// Form is a phrase whose English is kept or passed on as text alone, by a floor that
// knows no phrases, and is found again in it.
type Form struct {
	Code   string
	Format string // with %d and %s alone, no two without words between, and no space in a value
}

// Read returns the phrase that a text is, of the first form that it has; Plain of a
// text that has none.
func Read(text string, forms ...Form) Phrase {
	for _, f := range forms {
		if values, ok := f.read(text); ok {
			return Coded(f.Code, text, values...)
		}
	}
	return Plain(text)
}

// read returns the values in a text that has this form.
func (f Form) read(text string) (values []string, ok bool) {
	words := strings.Split(f.Format, "%") // but the first, each after the letter of its value
	if text, ok = strings.CutPrefix(text, words[0]); !ok {
		return nil, false
	}
	for i, word := range words[1:] {
		value, rest, found := strings.Cut(text, word[1:])
		if i == len(words)-2 {
			value, found = strings.CutSuffix(text, word[1:])
			rest = ""
		}
		strange := func(r rune) bool { return r == ' ' || word[0] == 'd' && (r < '0' || r > '9') }
		if !found || value == "" || strings.ContainsFunc(value, strange) {
			return nil, false
		}
		values, text = append(values, value), rest
	}
	return values, text == ""
}

// Plain makes a phrase of what has no code: it is English in every language.
func Plain(text string) Phrase { return Coded("", text) }

// Coded makes a phrase of a code whose English is known from elsewhere.
func Coded(code, text string, args ...string) Phrase {
	return Phrase{Sentence: Sentence{Code: code, Text: text, Args: args}}
}

// From returns the phrase that an error is or wraps, whose text it then is, without
// what wraps it; Plain of any other error, and none of nil.
func From(err error) Phrase {
	var p Phrase
	switch {
	case err == nil || errors.As(err, &p) && p.Code != "":
		return p
	}
	return Plain(err.Error())
}

// Join returns phrases that are said one after the other, of which each explains the
// one before it; those that say nothing are left out.
func Join(parts ...Phrase) Phrase {
	var all []Sentence
	for _, p := range parts {
		if !p.IsZero() {
			all = append(all, p.Sentences()...)
		}
	}
	if len(all) == 0 {
		return Phrase{}
	}
	first := Phrase{all[0], all[1:]}
	first.Text += after(first.Then)
	return first
}

// Sentences returns what a phrase says, each sentence by itself.
func (p Phrase) Sentences() []Sentence {
	first := p.Sentence
	first.Text = strings.TrimSuffix(first.Text, after(p.Then))
	return append([]Sentence{first}, p.Then...)
}

func after(all []Sentence) string {
	var b strings.Builder
	for _, s := range all {
		b.WriteString(": " + s.Text)
	}
	return b.String()
}

// After returns what a phrase says after its first sentence; none of one sentence.
func (p Phrase) After() Phrase {
	var rest []Phrase
	for _, s := range p.Then {
		rest = append(rest, Phrase{Sentence: s})
	}
	return Join(rest...)
}

// SaysAs reports whether q says the same, whatever the values are: what is told again
// and again with other figures, such as for how long it lasts, is no news.
func (p Phrase) SaysAs(q Phrase) bool {
	return slices.EqualFunc(p.Sentences(), q.Sentences(), func(a, b Sentence) bool {
		return a.Code == b.Code && (a.Code != "" || a.Text == b.Text)
	})
}

// IsZero reports whether nothing is said.
func (p Phrase) IsZero() bool { return p.Text == "" }

// String returns the English.
func (p Phrase) String() string { return p.Text }

// Error returns the English.
func (p Phrase) Error() string { return p.Text }
