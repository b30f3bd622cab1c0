package admission

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ringfence/cmd/ringfence/show"
)

// Each count of signatures is told that was passed, also between two looks and before the
// first, and that nobody was reached only when it lasts.
func TestEachSignatureIsTold(t *testing.T) {
	inbox, gone := show.Request{State: "inbox"}, show.Request{State: "unreached"}
	signed := func(n int) show.Request {
		return show.Request{State: "open", Motion: "m", Signatures: n, Needed: 3}
	}
	begin := time.Unix(1_000_000, 0)
	for _, c := range []struct {
		name string
		seen []show.Request // one each two seconds
		in   int            // then the ledger shows it, which took so many; 0: it does not
		want []string
	}{
		{"each is seen", []show.Request{inbox, inbox, signed(1), signed(2), signed(2), signed(3)}, 3, []string{"inbox 0/0", "open 1/3", "open 2/3", "open 3/3"}},
		{"the last is seen in the ledger alone", []show.Request{inbox, signed(2), gone, gone}, 3, []string{"inbox 0/0", "open 1/3", "open 2/3", "open 3/3"}},
		{"one regulator, at once", nil, 1, []string{"open 1/1"}},
		{"none was seen before", []show.Request{inbox}, 2, []string{"inbox 0/0", "open 1/2", "open 2/2"}},
		{"proposed and not voted for", []show.Request{signed(0), signed(1)}, 0, []string{"open 0/3", "open 1/3"}},
		{"a vote is taken back", []show.Request{signed(2), signed(1)}, 0, []string{"open 1/3", "open 2/3", "open 1/3"}},
		{"unreached for seconds", []show.Request{inbox, gone, gone, inbox, gone}, 0, []string{"inbox 0/0"}},
		{"unreached for long", slices.Concat([]show.Request{inbox}, slices.Repeat([]show.Request{gone}, 12)), 0, []string{"inbox 0/0", "unreached 0/0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w watch
			var got []string
			add := func(all []show.Request) {
				for _, r := range all {
					got = append(got, fmt.Sprintf("%s %d/%d", r.State, r.Signatures, r.Needed))
				}
			}
			for i, now := range c.seen {
				add(w.news(now, begin.Add(time.Duration(i)*2*time.Second)))
			}
			if c.in > 0 {
				if all := w.enacted(c.in, false); len(all) > 1 || len(all) == 1 && (all[0].State != "word" || all[0].Needed != c.in || all[0].Signatures != w.told.Signatures) {
					t.Errorf("by the word of another node it tells %+v", all)
				}
				add(w.enacted(c.in, true))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}
