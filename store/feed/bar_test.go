package feed

import (
	"errors"
	"strings"
	"testing"
)

func TestBars(t *testing.T) {
	older, other := Bar{Restored, "an older disk"}, Bar{Restored, "a backup"}
	thief, second := Bar{Stolen, "a thief"}, Bar{Stolen, "another thief"}
	for _, c := range []struct{ put, held, want Bar }{
		{older, Bar{}, older},
		{other, older, older},
		{thief, older, thief},
		{older, thief, thief},
		{second, thief, thief},
	} {
		if got, err := c.put.Over(c.held); err != nil || got != c.want {
			t.Errorf("%v over %v is %v, %v", c.put, c.held, got, err)
		}
	}
	for _, none := range []Bar{{}, {Kind: Stolen}, {Reason: "x"}, {Kind: 3, Reason: "x"}} {
		if got, err := none.Over(older); err == nil || got != older {
			t.Errorf("%v is a bar: %v", none, got)
		}
	}
	if got, err := (Bar{Stolen, strings.Repeat("x", 1000)}).Over(Bar{}); err != nil || len(got.Reason) != MaxBarReason {
		t.Errorf("%d bytes of a reason are kept, %v", len(got.Reason), err)
	}
	for _, c := range []struct {
		held Bar
		most BarKind
		left Bar
	}{
		{Bar{}, Restored, Bar{}},
		{older, Restored, Bar{}},
		{older, Stolen, Bar{}},
		{thief, Restored, thief},
		{thief, Stolen, Bar{}},
	} {
		left, err := c.held.Without(c.most)
		if left != c.left || errors.Is(err, ErrBarred) != (left != Bar{}) {
			t.Errorf("%v without %v leaves %v, %v", c.held, c.most, left, err)
		}
	}
	if older.String() != "an older disk" || thief.String() != "somebody else may hold this node's key: a thief" {
		t.Errorf("in words: %v; %v", older, thief)
	}
	if Restored.String() != "restored" || Stolen.String() != "stolen" || BarKind(7).String() != "bar(7)" {
		t.Error("the words of the kinds")
	}
}
