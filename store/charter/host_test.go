package charter_test

import (
	"slices"
	"testing"

	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

// A member's first host is the one that it has had for the longest without a break, whatever
// the keys: another node never takes its place by being admitted, and one that was left out
// and named again comes last.
func TestFirstHost(t *testing.T) {
	old, second := chartertest.Key("host", "moe").Public(), chartertest.Key("host", "moe/2").Public()
	for i := 2; second.Compare(old) > 0; i++ { // one that its card names before
		second = chartertest.Key("host", "moe/"+string(rune('1'+i))).Public()
	}
	s := chartertest.State(t, sample(t))
	before := s
	for _, step := range []struct {
		named []keys.Public
		first keys.Public
	}{
		{[]keys.Public{old, second}, old},
		{[]keys.Public{old, second}, old}, // a change of something else
		{[]keys.Public{second}, second},
		{[]keys.Public{old, second}, second},
		{[]keys.Public{old}, old},
		{nil, keys.Public{}},
		{[]keys.Public{old, second}, second}, // both at once: the smaller key
	} {
		s = chartertest.Enact(t, s, changed(t, s, "moe", func(m *charter.Member) {
			m.Hosts = slices.SortedFunc(slices.Values(step.named), keys.Public.Compare)
			m.Contact = "desk"
		}))
		first, ok := s.FirstHost(index(t, s, "moe"))
		if first != step.first || ok != !step.first.IsZero() {
			t.Errorf("at %d entries, of %d hosts: %s is the first, want %s", s.Size(), len(step.named), first.Short(), step.first.Short())
		}
	}
	// History knows who it was then.
	if then, ok := s.At(before.Size()); !ok {
		t.Error("the state has no history")
	} else if first, _ := then.FirstHost(index(t, then, "moe")); first != old {
		t.Errorf("at the beginning %s was the first", first.Short())
	}
}
