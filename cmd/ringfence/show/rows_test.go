package show_test

import (
	"strings"
	"testing"
	"unicode"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/showtest"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/source"
	"ringfence/store/view"
)

// Every reason for which a row of a file is not taken is told in the language of the page;
// one that this version does not know, as it came.
func TestRejectedRowsAreToldInChinese(t *testing.T) {
	reasons := []string{"last seen lies ahead", view.ReasonProtected.String(), view.ReasonLongLived.String()}
	for _, r := range source.Reasons() {
		reasons = append(reasons, r.String())
	}
	en, zh := locale.New().Match("en"), locale.New().Match("zh")
	row := func(reason string, words *locale.Catalog) string {
		lines := strings.Split(showtest.Render(func(p *show.Page) {
			show.Published(p, &api.Published{RejectedBy: map[string]int{reason: 7}})
		}, words, false), "\n")
		return strings.TrimSpace(strings.TrimSpace(lines[len(lines)-2])[1:])
	}
	for _, reason := range reasons {
		if got := row(reason, zh); !strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q is told as %q", reason, got)
		}
	}
	if got := row("too few digits", en); got != "too few digits" {
		t.Errorf("in English it is told as %q", got)
	}
	if got := row("of a newer release", zh); got != "of a newer release" {
		t.Errorf("an unknown reason is told as %q", got)
	}
}
