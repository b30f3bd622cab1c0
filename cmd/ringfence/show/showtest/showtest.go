// Package showtest checks pages: what show and its rooms put on a terminal keeps the same
// rules, whatever it tells. Pages are given by name, each with what writes it.
//
// Floor 15, a room of cmd/ringfence.
package showtest

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/locale"
)

// Render returns a page as it is written.
func Render(page func(*show.Page), words *locale.Catalog, colour bool) string {
	var b strings.Builder
	page(show.NewPage(&b, words, colour))
	return b.String()
}

// Says checks that a page has some words, and lacks none of its own.
func Says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
	if strings.Contains(text, "cli.") || strings.Contains(text, "{0}") {
		t.Errorf("a word is missing:\n%s", text)
	}
}

// InEveryLanguage checks that every word that pages use is in the catalogues, in both
// languages; what is missing shows as its key.
func InEveryLanguage(t *testing.T, pages map[string]func(*show.Page)) {
	t.Helper()
	key := regexp.MustCompile(`\b(cli|action|status|decided|treatment)\.[a-z]`)
	place := regexp.MustCompile(`\{[0-9]\}`)
	for _, words := range locale.New().All() {
		for name, page := range pages {
			got := Render(page, words, false)
			if got == "" {
				t.Errorf("%s: nothing is shown", name)
			}
			if s := key.FindString(got); s != "" {
				t.Errorf("%s in %s: no message for %s… in\n%s", name, words.Lang(), s, got)
			}
			if s := place.FindString(got); s != "" {
				t.Errorf("%s in %s: %s is not filled in\n%s", name, words.Lang(), s, got)
			}
			if strings.Contains(got, "\x1b") {
				t.Errorf("%s: colour without a terminal", name)
			}
			for line := range strings.Lines(got) {
				if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
					t.Errorf("%s: %q ends with a space", name, line)
				}
			}
		}
	}
}

// CodesInChinese checks that what is told in codes inside is told in Chinese to who reads
// Chinese.
func CodesInChinese(t *testing.T, pages map[string]func(*show.Page)) {
	t.Helper()
	words := locale.New().Match("zh")
	english := regexp.MustCompile(`(?m)(^|[ ,])(unknown|yes|flag|anonymous|national|label|block|allow|contested|open|complete|retracted|default|vendor|reader|issuer|crm|mkt)($|[ ,])`)
	for name, page := range pages {
		got := Render(page, words, false)
		for _, found := range english.FindAllString(got, -1) {
			if code := strings.Trim(found, " ,\n"); code != "mkt" && code != "crm" { // stand behind their names
				t.Errorf("%s: %q in\n%s", name, code, got)
			}
		}
	}
}

// Colour checks that colour adds escape sequences and nothing else, and is on so many pages
// at least.
func Colour(t *testing.T, least int, pages map[string]func(*show.Page)) {
	t.Helper()
	escape := regexp.MustCompile("\x1b\\[[0-9;]*m")
	words := locale.New().Match("en")
	coloured := 0
	for name, page := range pages {
		plain, colour := Render(page, words, false), Render(page, words, true)
		if bare := escape.ReplaceAllString(colour, ""); bare != plain {
			t.Errorf("%s:\n%q\nwithout colour\n%q", name, bare, plain)
		}
		if colour != plain {
			coloured++
		}
	}
	if coloured < least {
		t.Errorf("only %d pages have colour", coloured)
	}
}

type broken struct{ io.Writer }

func (broken) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

// ErrorsOfWriting checks that a page keeps them.
func ErrorsOfWriting(t *testing.T, pages map[string]func(*show.Page)) {
	t.Helper()
	for name, page := range pages {
		p := show.NewPage(broken{}, locale.New().Match("en"), false)
		page(p)
		if p.Err() == nil {
			t.Errorf("%s: a closed pipe goes unnoticed", name)
		}
	}
}
