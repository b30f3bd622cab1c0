package follow_test

import (
	"context"
	"errors"
	"testing"

	"ringfence/consensus/follow"
	"ringfence/store/charter"
	"ringfence/store/ledger"
)

// A replay tells what a follower was told, and ends where whoever hears it wants.
func TestReplay(t *testing.T) {
	s := serve(t, 4)
	for i := range 3 {
		s.label(number(i))
	}
	f := s.follower(t, nil)
	f.must(s.note("reg", "reg2", "reg3"))
	r := ledger.NewReader(f.Tree(), s.store)
	var told []charter.Enacted
	hear := func(d charter.Enacted) error { told = append(told, d); return nil }
	if err := follow.Replay(context.Background(), s.Genesis, r, s.tree.Size(), hear); err != nil {
		t.Fatal(err)
	}
	if len(told) != len(f.enacted) || len(told) != 7 {
		t.Fatalf("%d decisions, the follower was told %d", len(told), len(f.enacted))
	}
	for i := range told {
		if told[i].Size != f.enacted[i].Size || told[i].First != f.enacted[i].First || told[i].Tick != f.enacted[i].Tick {
			t.Errorf("decision %d: %+v, the follower was told %+v", i, told[i], f.enacted[i])
		}
	}
	told = told[:0]
	if err := follow.Replay(context.Background(), s.Genesis, r, f.enacted[3].Size, hear); err != nil || len(told) != 4 {
		t.Errorf("up to the fourth decision it tells of %d: %v", len(told), err)
	}
	enough, told := errors.New("enough"), told[:0]
	err := follow.Replay(context.Background(), s.Genesis, r, s.tree.Size(), func(d charter.Enacted) error {
		if told = append(told, d); len(told) == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || len(told) != 2 {
		t.Errorf("%d decisions, %v", len(told), err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := follow.Replay(ctx, s.Genesis, r, s.tree.Size(), hear); err == nil {
		t.Error("it goes on when nobody waits")
	}
}
