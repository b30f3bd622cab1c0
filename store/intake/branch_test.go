package intake

import (
	"errors"
	"testing"

	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// anchoring makes a door's ledger anchor the batch of a drawing that *name is; "" none.
func anchoring(d *feedtest.Drawing, name *string) func(*Config) {
	return func(c *Config) {
		c.Anchored = func(issuer keys.Public, epoch uint64) (feed.Tip, bool) {
			if *name == "" || issuer != feedtest.Key("A").Public() || epoch != 0 {
				return feed.Tip{}, false
			}
			return d.Batch(*name).Tip(), true
		}
	}
}

// wantTip checks where the feed of A ends.
func (s *shelf) wantTip(t *testing.T, d *feedtest.Drawing, name string) {
	t.Helper()
	if tip := s.tips[lane{feedtest.Key("A").Public(), 0}]; tip != d.Batch(name).Tip() {
		t.Errorf("the feed ends at %d, %v, want %s", tip.Sequence, tip.CID, name)
	}
}

// headers returns the named batches of d without their bodies.
func headers(d *feedtest.Drawing, names ...string) []Offer {
	all := offers(d, names...)
	for i := range all {
		all[i].Body = nil
	}
	return all
}

// show offers headers, each in a call of its own, and returns the last outcome.
func show(t *testing.T, door *Door, d *feedtest.Drawing, names ...string) (last Outcome) {
	t.Helper()
	for _, o := range headers(d, names...) {
		got, err := door.Admit([]Offer{o}, noon())
		if err != nil {
			t.Fatal(err)
		}
		last = got[0]
	}
	return last
}

// A node that holds one branch of a feed changes to the one that the ledger anchored, also
// where no proof of the fork is held yet, once the headers lead from the anchored head down
// to what both have in common, and not before. What it held stays beside the feed and does
// not come back.
func TestAnchoredBranchIsTaken(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3; A0 <- A1' <- A2' <- A3' <- A4'; A2' <- A3''")
	a := feedtest.Key("A").Public()
	for _, head := range []string{"A2'", "A3'"} { // below the tip, and at it
		anchored := ""
		told := 0
		door, s := open(t, anchoring(d, &anchored), func(c *Config) { c.Forked = func(feed.ForkProof) { told++ } })
		admit(t, door, d, "A0", "A1", "A2", "A3")
		if _, _, ok, err := door.Astray(a, 0); ok || err != nil {
			t.Fatalf("%s: astray where nothing is anchored: %v", head, err)
		}
		anchored = head
		k := d.Batch(head).Header.Sequence
		if place, strayed, ok, err := door.Astray(a, 0); place != k || !strayed || !ok || err != nil {
			t.Errorf("%s: astray at %d, %v, %v, %v", head, place, strayed, ok, err)
		}
		// What is not on the trail leads nowhere, whatever it is.
		for _, name := range []string{"A1'", "A3''", "A4'"} {
			if got := show(t, door, d, name); got.Status == Fresh {
				t.Errorf("%s: %s is taken", head, name)
			}
			s.wantTip(t, d, "A3")
		}
		trail := []string{"A3'", "A2'"}[3-k:]
		if got := show(t, door, d, trail...); got.Reason != AnchoredBranch {
			t.Errorf("%s: on the trail: %v", head, got.Reason)
		}
		if place, _, ok, _ := door.Astray(a, 0); place != 1 || !ok {
			t.Errorf("%s: the trail goes on at %d, %v", head, place, ok)
		}
		s.wantTip(t, d, "A3")
		if told == 0 {
			t.Errorf("%s: the fork is not told", head)
		}
		if got := show(t, door, d, "A1'"); got.Reason != NoBody {
			t.Errorf("%s: where the branches part: %v", head, got.Reason)
		}
		s.wantTip(t, d, "A0")
		if got := admit(t, door, d, "A1", "A2"); got[0].Reason != OtherBranch || got[1].Reason != OtherBranch {
			t.Errorf("%s: the other branch comes back: %v, %v", head, got[0].Reason, got[1].Reason)
		}
		got := admit(t, door, d, "A1'", "A2'", "A3'", "A4'")
		for i, o := range got {
			if fresh := uint64(i) < k; (o.Status == Fresh) != fresh || !fresh && o.Status != Early {
				t.Errorf("%s: batch %d of the anchored branch: %v, %v", head, i+1, o.Status, o.Reason)
			}
		}
		s.wantTip(t, d, head)
		if _, _, ok, _ := door.Astray(a, 0); ok {
			t.Errorf("%s: astray on the anchored branch", head)
		}
		if p, ok, _ := s.Fork(a, 0); !ok || p.Sequence() != 1 {
			t.Errorf("%s: the proof is of %d, %v", head, p.Sequence(), ok)
		}
	}
}

// A branch that is shorter than the anchored one gives way just so, also where they part at
// the first batch; the door that forgot how far it had come begins again at the head.
func TestShorterBranchGivesWay(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0' <- A1' <- A2' <- A3'")
	a, anchored := feedtest.Key("A").Public(), "A3'"
	door, s := open(t, anchoring(d, &anchored))
	admit(t, door, d, "A0", "A1")
	if place, strayed, ok, _ := door.Astray(a, 0); place != 3 || strayed || !ok {
		t.Errorf("shorter than what is anchored: %d, %v, %v", place, strayed, ok)
	}
	show(t, door, d, "A3'", "A2'")
	again, err := New(door.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if place, _, _, _ := again.Astray(a, 0); place != 3 {
		t.Errorf("another life begins at %d", place)
	}
	s.fail["Rewind"] = errors.New("disk gone")
	show(t, again, d, "A3'", "A2'", "A1'")
	if _, err := again.Admit(headers(d, "A0'"), noon()); err == nil {
		t.Error("a store that cannot write is no error")
	}
	s.fail["Rewind"] = nil
	s.wantTip(t, d, "A1")
	show(t, again, d, "A3'", "A2'", "A1'", "A0'")
	if got := admit(t, again, d, "A0'", "A1'", "A2'", "A3'"); got[0].Status != Fresh || got[3].Status != Fresh {
		t.Errorf("the anchored branch: %v, %v", got[0].Reason, got[3].Reason)
	}
	s.wantTip(t, d, "A3'")
}

// What is held and is right, only shorter than what is anchored, stays as it is.
func TestRightBranchStays(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3; A0 <- A1'")
	anchored := "A3"
	door, s := open(t, anchoring(d, &anchored))
	admit(t, door, d, "A0", "A1", "A1'")
	if got := show(t, door, d, "A3"); got.Reason != AnchoredBranch {
		t.Errorf("%v", got.Reason)
	}
	if got := show(t, door, d, "A2"); got.Reason != NoBody {
		t.Errorf("%v", got.Reason)
	}
	s.wantTip(t, d, "A1")
	if got := admit(t, door, d, "A2", "A3"); got[0].Status != Fresh || got[1].Status != Fresh {
		t.Errorf("%v, %v", got[0].Reason, got[1].Reason)
	}
}

// What waits in the same call is not cut off before it is durable.
func TestBranchChangesBetweenCalls(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
	anchored := "A1'"
	door, s := open(t, anchoring(d, &anchored))
	got, err := door.Admit(append(offers(d, "A0"), offers(d, "A1'")...), noon())
	if err != nil || got[0].Status != Fresh || got[1].Status == Fresh && got[1].Tip != d.Batch("A1'").Tip() {
		t.Fatalf("%v, %v", got, err)
	}
	if got := admit(t, door, d, "A1'"); got[0].Status == Refused {
		t.Errorf("%v", got[0].Reason)
	}
	s.wantTip(t, d, "A1'")
}
