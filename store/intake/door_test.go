package intake

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/taxonomy"
)

// TestSteps has at least one offer for every step to stop, each with its one
// status and reason.
func TestSteps(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2+ <- A3; A2 <- A3'; A2 <- Aback@-1; C1; B1 <- B2")
	late := func(ahead time.Duration) feedtest.Batch {
		return resign(t, d.Batch("A3"), "A", func(h *assertion.Header) { h.Time = noon().Add(ahead).Unix() })
	}
	foreign := resign(t, d.Batch("A3"), "A", func(h *assertion.Header) { h.Federation = assertion.CID([]byte("another")) })
	otherKey := feedtest.Sign(t, d.Batch("A3").Header, d.Batch("A3").Body, feedtest.Key("B"))
	epoch := resign(t, d.Batch("A1"), "A", func(h *assertion.Header) { h.Epoch = 1 })
	inEpoch1 := resign(t, d.Batch("A3"), "A", func(h *assertion.Header) { h.Epoch = 1 })
	miscounted := resign(t, d.Batch("A3"), "A", func(h *assertion.Header) { h.Count = 2 })
	garbage := resign(t, d.Batch("A3"), "A", func(h *assertion.Header) { h.Root[0] ^= 1 })
	whole := resign(t, d.Batch("A2"), "A", func(h *assertion.Header) { h.Sequence, h.Previous, h.Time = 2, d.Batch("A2").CID, h.Time+60 })

	tests := []struct {
		step   string
		name   string
		offer  Offer
		status Status
		reason Reason
	}{
		{"bound sizes", "header", Offer{Header: make([]byte, assertion.MaxSignedHeader+1)}, Refused, TooLarge},
		{"bound sizes", "body", Offer{Header: d.Batch("A3").Signed, Body: make([]byte, assertion.MaxSlots+1)}, Refused, TooLarge},
		{"decode header", "nothing", Offer{}, Refused, BadHeader},
		{"decode header", "not canonical", Offer{Header: append([]byte{0x98, 0x03}, d.Batch("A3").Signed[1:]...)}, Refused, BadHeader},
		{"decode header", "of a newer release", Offer{Header: []byte{0x84, 2, 0x40, 0x40, 0x40}}, Early, NewerVersion},
		{"decode body", "of a newer release", Offer{Header: d.Batch("A3").Signed, Body: []byte{0x83, 2, 0x80, 0x40}}, Early, NewerVersion},
		{"compare federation", "another", offer(foreign), Refused, OtherFederation},
		{"know the issuer", "never admitted", offer(d.Batch("C1")), Early, UnknownIssuer},
		{"look for it", "held", offer(d.Batch("A1")), Known, NoReason},
		{"verify signature", "flipped", Offer{Header: flip(d.Batch("A3").Signed, len(d.Batch("A3").Signed)-1)}, Refused, BadSignature},
		{"verify signature", "by another key", offer(otherKey), Refused, BadSignature},
		{"await its time", "ten minutes and a second ahead", offer(late(Ahead + time.Second)), Early, NotDue},
		{"place in chain", "parent missing", offer(d.Batch("B2")), Early, MissingParent},
		{"place in chain", "parent on another branch", offer(resign(t, d.Batch("A3"), "A", func(h *assertion.Header) { h.Previous = d.Batch("A3'").CID })), Early, MissingParent},
		{"want an open epoch", "its first batch", offer(epoch), Early, UnopenedEpoch},
		{"want an open epoch", "a later one", offer(inEpoch1), Early, UnopenedEpoch},
		{"place in chain", "backwards", offer(d.Batch("Aback")), Refused, TimeBackwards},
		{"place in chain", "fork", offer(resign(t, d.Batch("A2"), "A", func(h *assertion.Header) { h.Time++ })), Forked, NewFork},
		{"want a body", "header alone", Offer{Header: d.Batch("A3").Signed}, Early, NoBody},
		{"decode body", "rubbish", Offer{Header: d.Batch("A3").Signed, Body: []byte{0xFF}}, Refused, BadBody},
		{"match count and root", "another body", Offer{Header: d.Batch("A3").Signed, Body: d.Batch("B1").Body}, Refused, OtherBody},
		{"match count and root", "another count", offer(miscounted), Refused, OtherBody},
		{"match count and root", "another root", offer(garbage), Refused, OtherBody},
		{"want openings", "an opening stripped", Offer{Header: whole.Signed, Body: erase(t, whole, 1)}, Early, IncompleteBody},
		{"", "ten minutes ahead", offer(late(Ahead)), Fresh, NoReason},
		{"", "as it should be", offer(d.Batch("A3")), Fresh, NoReason},
	}
	covered := map[string]bool{
		"respect the freeze":         true, // TestForkFreezesTheEpoch
		"follow the anchored branch": true, // TestAnchoredBranchIsTaken
	}
	for _, tt := range tests {
		covered[tt.step] = true
		t.Run(tt.step+": "+tt.name, func(t *testing.T) {
			door, s := open(t)
			admit(t, door, d, "A1", "A2")
			held := len(s.records)
			outcomes, err := door.Admit([]Offer{tt.offer}, noon())
			if err != nil {
				t.Fatal(err)
			}
			got := outcomes[0]
			if got.Status != tt.status || got.Reason != tt.reason {
				t.Fatalf("%v, %v (%s); want %v, %v", got.Status, got.Reason, got.Detail, tt.status, tt.reason)
			}
			if (got.Detail == "") != (got.Reason == NoReason) {
				t.Errorf("reason %v with the detail %q", got.Reason, got.Detail)
			}
			if fresh := got.Status == Fresh; fresh != (len(s.records) > held) || fresh != (got.Batch != nil) {
				t.Errorf("%v, but %d records are held and the batch is %v", got.Status, len(s.records), got.Batch)
			}
			if step := stopper(t, door, tt.offer); tt.status != Fresh && step != tt.step {
				t.Errorf("stopped by %q", step)
			}
		})
	}
	for _, s := range steps {
		if !covered[s.name] {
			t.Errorf("no offer is stopped by %q", s.name)
		}
	}
}

// TestInspect holds Inspect to what Admit finds wherever the feed and the clock
// play no part, and checks that it keeps nothing.
func TestInspect(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3; A2 <- A3'; C1")
	door, s := open(t)
	sound := []string{"A1", "A3", "A3'"}
	for _, name := range sound {
		if got := door.Inspect(offer(d.Batch(name))); got.Status != 0 || got.Tip != d.Batch(name).Tip() || got.Issuer != feedtest.Key("A").Public() {
			t.Errorf("%s: %v (%s)", name, got.Status, got.Detail)
		}
	}
	late := resign(t, d.Batch("A3"), "A", func(h *assertion.Header) { h.Time += 1 << 30 })
	if got := door.Inspect(offer(late)); got.Status != 0 {
		t.Errorf("a time is no concern of it: %v", got.Reason)
	}
	for _, bad := range []struct {
		offer  Offer
		reason Reason
	}{
		{Offer{}, BadHeader},
		{offer(d.Batch("C1")), UnknownIssuer},
		{offer(resign(t, d.Batch("A3"), "A", func(h *assertion.Header) { h.Epoch = 1 })), UnopenedEpoch},
		{Offer{Header: flip(d.Batch("A3").Signed, len(d.Batch("A3").Signed)-1), Body: d.Batch("A3").Body}, BadSignature},
		{Offer{Header: d.Batch("A3").Signed}, NoBody},
		{Offer{Header: d.Batch("A3").Signed, Body: []byte{0xFF}}, BadBody},
		{Offer{Header: d.Batch("A3").Signed, Body: d.Batch("A1").Body}, OtherBody},
	} {
		if got := door.Inspect(bad.offer); got.Reason != bad.reason {
			t.Errorf("%v, want %v", got.Reason, bad.reason)
		}
	}
	if len(s.records) != 0 || len(s.forks) != 0 {
		t.Error("an inspection kept something")
	}
}

// stopper returns the step that ends the visit of an offer.
func stopper(t *testing.T, door *Door, o Offer) string {
	t.Helper()
	v := visit{cfg: &door.cfg, hall: newHall(door.cfg.Store), now: noon(), offer: o}
	for _, s := range steps {
		outcome, err := s.take(&v)
		if err != nil {
			t.Fatal(err)
		}
		if outcome.Status != 0 {
			return s.name
		}
	}
	return ""
}

func TestAdmitHandsOnWhatItRead(t *testing.T) {
	d := feedtest.Draw(t, "A1++ <- A2")
	door, s := open(t)
	got := admit(t, door, d, "A1", "A2", "A1")
	if got[0].Status != Fresh || got[1].Status != Fresh || got[2].Status != Known {
		t.Fatalf("%v, %v, %v", got[0].Status, got[1].Status, got[2].Status)
	}
	if s.appends != 1 {
		t.Errorf("%d durable writes for one call", s.appends)
	}
	b, want := got[0].Batch, d.Batch("A1")
	if b.Header != want.Header || b.CID != want.CID || len(b.Slots) != 3 || len(b.Leaves) != 3 || b.Leaves[2] != b.Slots[2].Leaf() || b.Repaired {
		t.Errorf("handed on %+v", b)
	}
	if !bytes.Equal(b.Record.Header, want.Signed) || !bytes.Equal(b.Record.Body, want.Body) || b.Record.Tip != want.Tip() {
		t.Error("the record is not what came")
	}
	if got[1].Tip != d.Batch("A2").Tip() || got[1].Issuer != feedtest.Key("A").Public() {
		t.Error("the outcome names another place")
	}
	if more := admit(t, door, d, "A1", "A2"); more[0].Status != Known || more[1].Status != Known || s.appends != 1 {
		t.Error("what is held was written again")
	}
}

// TestOwnOrderWithinACall checks that a call's offers are judged in order: a
// child before its parent is early even when the parent follows.
func TestOwnOrderWithinACall(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2; B1")
	door, s := open(t)
	got := admit(t, door, d, "A2", "B1", "A1")
	if got[0].Reason != MissingParent || got[1].Status != Fresh || got[2].Status != Fresh {
		t.Errorf("%v, %v, %v", got[0].Reason, got[1].Status, got[2].Status)
	}
	s.holds(t, d, "A1", "B1")
}

// A new proof is told once, whichever way it came.
func TestForksAreTold(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2; A1 <- A2'")
	var told []feed.ForkProof
	hear := func(c *Config) { c.Forked = func(p feed.ForkProof) { told = append(told, p) } }
	door, _ := open(t, hear)
	for range 2 {
		admit(t, door, d, "A1", "A2", "A2'")
	}
	if len(told) != 1 || told[0].Sequence() != 1 {
		t.Fatalf("%d forks told, want one at sequence 1", len(told))
	}
	other, _ := open(t, hear)
	for range 2 {
		if _, err := other.AdmitFork(told[0].Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 2 {
		t.Errorf("%d forks told, want one more", len(told)-1)
	}
}

// TestErasedOpening is example 10 of the founding issue.
func TestErasedOpening(t *testing.T) {
	d := feedtest.Draw(t, "A1++ <- A2")
	stripped := Offer{Header: d.Batch("A1").Signed, Body: erase(t, d.Batch("A1"), 1)}
	expiry := taxonomy.DayOf(feedtest.Start + 90*86400)

	t.Run("a live opening withheld", func(t *testing.T) {
		door, s := open(t)
		got, err := door.Admit([]Offer{stripped, offer(d.Batch("A2"))}, noon())
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Status != Early || got[0].Reason != IncompleteBody || !strings.Contains(got[0].Detail, "incomplete body") {
			t.Errorf("%v, %v, %q", got[0].Status, got[0].Reason, got[0].Detail)
		}
		if got[1].Reason != MissingParent {
			t.Errorf("the frontier moved past it: %v", got[1].Status)
		}
		s.holds(t, d)
		if got := admit(t, door, d, "A1", "A2"); got[0].Status != Fresh || got[1].Status != Fresh {
			t.Errorf("the whole body later: %v, %v", got[0].Status, got[1].Status)
		}
	})
	t.Run("its day has passed", func(t *testing.T) {
		day := expiry
		door, _ := open(t, func(c *Config) { c.Day = func(time.Time) taxonomy.Day { return day } })
		got, err := door.Admit([]Offer{stripped}, noon())
		if err != nil || got[0].Reason != IncompleteBody {
			t.Errorf("on the very day: %v, %v", got[0].Reason, err)
		}
		day++
		got, err = door.Admit([]Offer{stripped}, noon())
		if err != nil || got[0].Status != Fresh {
			t.Fatalf("the day after: %v, %v", got[0].Detail, err)
		}
		if b := got[0].Batch; !b.Slots[1].Erased() || b.Slots[0].Erased() || len(b.Leaves) != 3 {
			t.Error("the wrong slot is erased")
		}
	})
	t.Run("without a list the day is the clock's", func(t *testing.T) {
		door, _ := open(t)
		got, err := door.Admit([]Offer{stripped}, time.Unix((expiry+1).Start(), 0))
		if err != nil || got[0].Status != Fresh {
			t.Errorf("%v, %v", got[0].Detail, err)
		}
	})
	t.Run("a retract in force names it", func(t *testing.T) {
		var asked []Erasure
		door, _ := open(t, func(c *Config) {
			c.Retracted = func(e Erasure) bool { asked = append(asked, e); return e.Ref.Index == 1 }
		})
		got, err := door.Admit([]Offer{stripped}, noon())
		if err != nil || got[0].Status != Fresh {
			t.Errorf("%v, %v", got[0].Detail, err)
		}
		want := Erasure{Issuer: feedtest.Key("A").Public(), Ref: taxonomy.Ref{Batch: d.Batch("A1").CID, Index: 1}, Expiry: expiry}
		want.Publication = got[0].Batch.Slots[1].Publication()
		if len(asked) != 1 || asked[0] != want {
			t.Errorf("asked about %+v, want %+v", asked, want)
		}
		both := Offer{Header: stripped.Header, Body: erase(t, d.Batch("A1"), 1, 2)}
		door, _ = open(t, func(c *Config) { c.Retracted = func(e Erasure) bool { return e.Ref.Index == 1 } })
		if got, err := door.Admit([]Offer{both}, noon()); err != nil || got[0].Reason != IncompleteBody {
			t.Errorf("one of two is named: %v, %v", got[0].Reason, err)
		}
	})
}

func TestForkFreezesTheEpoch(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3 <- A4; A1 <- A2' <- A3'; A1 <- A2''")
	door, s := open(t)
	admit(t, door, d, "A1", "A2", "A3")
	got := admit(t, door, d, "A2'")[0]
	if got.Status != Forked || got.Reason != NewFork || got.Fork.Sequence() != 1 || got.Fork.Issuer() != feedtest.Key("A").Public() {
		t.Fatalf("%v, %v", got.Status, got.Reason)
	}
	kept, ok, _ := s.Fork(feedtest.Key("A").Public(), 0)
	if !ok || kept.Compare(got.Fork) != 0 {
		t.Error("the proof is not kept")
	}
	if again := admit(t, door, d, "A2'")[0]; again.Status != Forked || again.Reason != KnownFork || again.Fork.Compare(kept) != 0 {
		t.Errorf("the same fork again: %v, %v", again.Status, again.Reason)
	}
	next := admit(t, door, d, "A4", "A3", "A3'")
	if next[0].Status != Early || next[0].Reason != FrozenEpoch {
		t.Errorf("the frozen epoch grows: %v, %v", next[0].Status, next[0].Reason)
	}
	if next[1].Status != Known {
		t.Errorf("what is held: %v", next[1].Status)
	}
	if next[2].Status != Forked {
		t.Errorf("another fork of the epoch: %v", next[2].Status)
	}
	s.holds(t, d, "A1", "A2", "A3")
}

func TestFrozenEpochTakesWhatIsAnchored(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3 <- A4; A1 <- A2'")
	door, s := open(t, func(c *Config) {
		c.Anchored = func(issuer keys.Public, epoch uint64) (feed.Tip, bool) {
			return d.Batch("A3").Tip(), issuer == feedtest.Key("A").Public() && epoch == 0
		}
	})
	admit(t, door, d, "A1", "A2", "A2'")
	got := admit(t, door, d, "A3", "A4")
	if got[0].Status != Fresh || got[1].Reason != FrozenEpoch {
		t.Errorf("the anchored head: %v; above it: %v", got[0].Status, got[1].Reason)
	}
	s.holds(t, d, "A1", "A2", "A3")
}

// TestFrozenEpochIsKept takes what a fork froze of whom it is kept: the branch that is
// held goes on, from the first where nothing is, and no other.
func TestFrozenEpochIsKept(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3; A1 <- A2'; B1 <- B2; B1 <- B2'")
	door, s := open(t, func(c *Config) {
		c.Keep = func(keys.Public) bool { return true }
	})
	admit(t, door, d, "A1", "A2", "A2'")
	if got := admit(t, door, d, "A3"); got[0].Status != Fresh {
		t.Errorf("the branch that is held: %v", got[0].Reason)
	}
	proof, err := feed.NewForkProof(d.Verified("B2"), d.Verified("B2'"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := door.AdmitFork(proof.Bytes()); err != nil {
		t.Fatal(err)
	}
	if got := admit(t, door, d, "B1", "B2", "B2'"); got[0].Status != Fresh || got[1].Status != Fresh || got[2].Status != Forked {
		t.Errorf("after the proof: %v, %v, %v", got[0].Status, got[1].Status, got[2].Status)
	}
	s.holds(t, d, "A1", "A2", "A3", "B1", "B2")
}

// TestForkWithinOneCall checks that offers are held against those before them
// in the call, which are not durable yet.
func TestForkWithinOneCall(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2; A1 <- A2'")
	door, s := open(t)
	got := admit(t, door, d, "A1", "A2", "A2'", "A2")
	if got[1].Status != Fresh || got[2].Status != Forked || got[3].Status != Known {
		t.Errorf("%v, %v, %v", got[1].Status, got[2].Status, got[3].Status)
	}
	s.holds(t, d, "A1", "A2")
}

// TestStrangersCannotFork checks that nobody freezes another's feed: a header
// under A's name without A's signature proves nothing.
func TestStrangersCannotFork(t *testing.T) {
	d := feedtest.Draw(t, "A1; A1'")
	door, s := open(t)
	admit(t, door, d, "A1")
	forged := feedtest.Sign(t, d.Batch("A1'").Header, d.Batch("A1'").Body, feedtest.Key("B"))
	got, err := door.Admit([]Offer{offer(forged)}, noon())
	if err != nil || got[0].Reason != BadSignature || len(s.forks) != 0 {
		t.Errorf("%v, %v, %d forks kept", got[0].Reason, err, len(s.forks))
	}
}

func TestAdmitFork(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2; A1 <- A2'; A1 <- A2''; C1; C1'")
	proof := func(a, b string) feed.ForkProof {
		p, err := feed.NewForkProof(d.Verified(a), d.Verified(b))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	all := []feed.ForkProof{proof("A2", "A2'"), proof("A2", "A2''"), proof("A2'", "A2''")}
	lowest := feed.Lower(feed.Lower(all[0], all[1]), all[2])
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {1, 0, 2}} {
		door, s := open(t)
		for _, i := range order {
			got, err := door.AdmitFork(all[i].Bytes())
			if err != nil || got.Status != Forked {
				t.Fatalf("%v, %v", got.Status, err)
			}
		}
		if kept, _, _ := s.Fork(lowest.Issuer(), 0); kept.Compare(lowest) != 0 {
			t.Errorf("order %v: another proof is kept", order)
		}
		if got := admit(t, door, d, "A1")[0]; got.Reason != FrozenEpoch {
			t.Errorf("order %v: the epoch is not frozen: %v", order, got.Status)
		}
		if got, err := door.AdmitFork(lowest.Bytes()); err != nil || got.Reason != KnownFork || got.Tip.Sequence != 1 {
			t.Errorf("the lowest again: %v, %v", got.Reason, err)
		}
	}
	door, s := open(t)
	if got, err := door.AdmitFork(proof("C1", "C1'").Bytes()); err != nil || got.Status != Early || got.Reason != UnknownIssuer {
		t.Errorf("of a stranger: %v, %v", got.Reason, err)
	}
	if got, err := door.AdmitFork(flip(all[0].Bytes(), 20)); err != nil || got.Status != Refused {
		t.Errorf("proving nothing: %v, %v", got.Status, err)
	}
	newer := func(b []byte) []byte { return append([]byte{b[0], 2}, b[2:]...) } // of a later release
	inNewer := []byte{0x83, 1, 0x45, 0x84, 2, 0x40, 0x40, 0x40, 0x45, 0x84, 2, 0x40, 0x40, 0x40}
	for name, p := range map[string][]byte{"a newer proof": newer(all[0].Bytes()), "a proof of newer headers": inNewer} {
		if got, err := door.AdmitFork(p); err != nil || got.Status != Early || got.Reason != NewerVersion {
			t.Errorf("%s: %v, %v, %v", name, got.Status, got.Reason, err)
		}
	}
	abroad, _ := open(t, func(c *Config) { c.Federation = assertion.CID([]byte("another")) })
	if got, err := abroad.AdmitFork(all[0].Bytes()); err != nil || got.Reason != OtherFederation {
		t.Errorf("of another federation: %v, %v", got.Reason, err)
	}
	s.fail["Fork"] = errors.New("disk gone")
	if _, err := door.AdmitFork(all[0].Bytes()); err == nil {
		t.Error("a store that cannot read is no error")
	}
	s.fail["Fork"], s.fail["PutFork"] = nil, errors.New("disk full")
	if _, err := door.AdmitFork(all[0].Bytes()); err == nil {
		t.Error("a store that cannot write is no error")
	}
}

// Two headers of an epoch that was never opened are nothing that a node keeps or
// passes on: of such epochs one key makes as many as it likes.
func TestAForkOfAnEpochThatIsNotOpen(t *testing.T) {
	d := feedtest.Draw(t, "A1; A1'; B1; B1'")
	proof := func(letter string, epoch uint64) []byte {
		var two [2]feed.Verified
		for i, name := range []string{"1", "1'"} {
			b := resign(t, d.Batch(letter+name), letter, func(h *assertion.Header) { h.Epoch = epoch })
			v, err := feed.Verify(b.Signed, feedtest.Federation())
			if err != nil {
				t.Fatal(err)
			}
			two[i] = v
		}
		p, err := feed.NewForkProof(two[0], two[1])
		if err != nil {
			t.Fatal(err)
		}
		return p.Bytes()
	}
	told := 0
	a := feedtest.Key("A").Public()
	door, s := open(t, func(c *Config) {
		c.Forked = func(feed.ForkProof) { told++ }
		c.Opened = func(k keys.Public) uint64 {
			if k == a {
				return 2
			}
			return 0
		}
	})
	for _, c := range []struct {
		letter string
		epoch  uint64
		reason Reason
	}{{"A", 3, UnopenedEpoch}, {"A", 1 << 40, UnopenedEpoch}, {"B", 1, UnopenedEpoch}, {"A", 2, NewFork}, {"A", 0, FrozenEpoch}, {"A", 1, FrozenEpoch}, {"B", 0, NewFork}} {
		before := len(s.forks)
		got, err := door.AdmitFork(proof(c.letter, c.epoch))
		if err != nil || got.Reason != c.reason || got.Tip.Epoch != c.epoch || got.Issuer != feedtest.Key(c.letter).Public() {
			t.Errorf("epoch %d of %s: %v (%s), %v, want %v", c.epoch, c.letter, got.Reason, got.Detail, err, c.reason)
		}
		if kept := len(s.forks) > before; kept != (c.reason == NewFork) || told != len(s.forks) {
			t.Errorf("epoch %d of %s: kept %v, %d told", c.epoch, c.letter, kept, told)
		}
	}
}

// A reinstated issuer goes on in a new epoch, on its base: nobody takes that before the
// base, nor anything of the old epoch beyond it, be that another branch.
func TestANewEpochGoesOnFromItsBase(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3; A2 <- A3'")
	base, a, opened := d.Batch("A2").Tip(), feedtest.Key("A").Public(), uint64(0)
	base.Time = 0 // which the ledger does not tell
	door, s := open(t, func(c *Config) {
		c.Opened = func(keys.Public) uint64 { return opened }
		c.Base = func(keys.Public, uint64) feed.Tip { return base }
		c.Anchored = func(_ keys.Public, epoch uint64) (feed.Tip, bool) { return base, epoch == 0 }
	})
	next := func(previous cid.Cid, sequence uint64, after int64) Offer {
		h := d.Batch("A3").Header
		h.Epoch, h.Sequence, h.Previous, h.Time = 1, sequence, previous, d.Batch("A2").Header.Time+after
		b := feedtest.Sign(t, h, d.Batch("A3").Body, feedtest.Key("A"))
		return Offer{b.Signed, b.Body}
	}
	want := func(what string, status Status, reason Reason, offers ...Offer) Outcome {
		t.Helper()
		got, err := door.Admit(offers, noon())
		last := got[len(got)-1]
		if err != nil || last.Status != status || last.Reason != reason {
			t.Errorf("%s: %v, %v (%s), %v", what, last.Status, last.Reason, last.Detail, err)
		}
		return last
	}
	admit(t, door, d, "A1")
	first := next(base.CID, 0, 60)
	want("before the ledger opens it", Early, UnopenedEpoch, first)
	opened = 1
	want("before its base", Early, MissingParent, first)
	a2 := Offer{d.Batch("A2").Signed, d.Batch("A2").Body}
	want("before its base in time", Refused, TimeBackwards, a2, next(base.CID, 0, -1))
	got := want("on its base", Fresh, NoReason, first)
	want("on nothing", Forked, NewFork, next(cid.Undef, 0, 60))
	for _, beyond := range []string{"A3", "A3'"} {
		want(beyond+", beyond the base", Early, FrozenEpoch, Offer{d.Batch(beyond).Signed, d.Batch(beyond).Body})
	}
	delete(s.forks, lane{a, 1})
	want("the next one", Fresh, NoReason, next(got.Tip.CID, 1, 60))
}

func TestRepairsWhatIsInQuarantine(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3")
	door, s := open(t)
	admit(t, door, d, "A1", "A2", "A3")
	s.quarantine[d.Batch("A2").CID] = true
	got := admit(t, door, d, "A2")[0]
	if got.Status != Fresh || !got.Batch.Repaired {
		t.Errorf("%v (%s)", got.Status, got.Detail)
	}
	if tip, _, _ := s.Tip(feedtest.Key("A").Public(), 0); tip != d.Batch("A3").Tip() {
		t.Errorf("the tip moved to sequence %d", tip.Sequence)
	}
	if again := admit(t, door, d, "A2")[0]; again.Status != Known {
		t.Errorf("repaired already: %v", again.Status)
	}
	s.quarantine[d.Batch("A2").CID] = true
	wrong, err := door.Admit([]Offer{{Header: d.Batch("A2").Signed, Body: d.Batch("A3").Body}}, noon())
	if err != nil || wrong[0].Reason != OtherBody {
		t.Errorf("a repair takes the same steps: %v, %v", wrong[0].Reason, err)
	}
}

// TestTroubleOfOurOwn checks that a failing store is an error, that nothing
// counts as admitted then, and that the same offers succeed later.
func TestTroubleOfOurOwn(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3; A2 <- A3'")
	broken := errors.New("disk gone")
	for _, method := range []string{"Tip", "Header", "Has", "Append", "Fork", "PutFork"} {
		t.Run(method, func(t *testing.T) {
			door, s := open(t)
			admit(t, door, d, "A1", "A2")
			batches := []string{"A3"}
			if method == "Header" || method == "PutFork" {
				admit(t, door, d, "A3")
				batches = []string{"A3'"}
			}
			held := len(s.records)
			s.fail[method] = broken
			if outcomes, err := door.Admit(offers(d, batches...), noon()); !errors.Is(err, broken) || outcomes != nil {
				t.Errorf("outcomes %v, error %v", outcomes, err)
			}
			if len(s.records) != held {
				t.Error("something was admitted all the same")
			}
			delete(s.fail, method)
			if got := admit(t, door, d, batches...)[0]; got.Status != Fresh && got.Status != Forked {
				t.Errorf("later: %v", got.Status)
			}
		})
	}
}

func TestNewRefusals(t *testing.T) {
	for name, cfg := range map[string]Config{
		"federation": {Roster: roster("A"), Store: newShelf()},
		"roster":     {Federation: feedtest.Federation(), Store: newShelf()},
		"store":      {Federation: feedtest.Federation(), Roster: roster("A")},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without a %s: %v", name, err)
		}
	}
}

func TestWordsOfOutcomes(t *testing.T) {
	seen := map[string]bool{}
	for s := Fresh; s <= Forked; s++ {
		seen[s.String()] = true
	}
	for r := range reasons {
		word := Reason(r).String()
		if seen[word] || word == "" || strings.ToLower(word) != word || strings.Contains(word, " ") {
			t.Errorf("reason %d has the word %q", r, word)
		}
		seen[word] = true
		if reasons[r].status == Fresh || reasons[r].status == Known {
			t.Errorf("reason %q stands for %v", word, reasons[r].status)
		}
	}
	if Status(0).String() != "status(0)" || Reason(200).String() != "reason(200)" {
		t.Error("unknown codes have words")
	}
}

// TestAnyOrderOfArrival offers feeds in random order, with duplicates, until
// nothing is early any more: every node ends with the same feeds.
func TestAnyOrderOfArrival(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3 <- A4 <- A5; B1 <- B2 <- B3+ <- B4")
	all := d.All()
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 7))
		door, s := open(t)
		for round := 0; len(s.records) < len(all); round++ {
			if round > len(all) {
				t.Fatalf("seed %d: %d of %d batches after %d rounds", seed, len(s.records), len(all), round)
			}
			var call []Offer
			for _, i := range r.Perm(len(all)) {
				call = append(call, offer(all[i]))
				if r.IntN(4) == 0 {
					call = append(call, offer(all[r.IntN(len(all))]))
				}
			}
			for len(call) > 0 {
				n := 1 + r.IntN(len(call))
				outcomes, err := door.Admit(call[:n], noon())
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range outcomes {
					if o.Status == Refused || o.Status == Forked {
						t.Fatalf("seed %d: %v, %s", seed, o.Status, o.Detail)
					}
				}
				call = call[n:]
			}
		}
		for _, b := range all {
			if ok, _ := s.Has(b.CID); !ok {
				t.Fatalf("seed %d: a batch is missing", seed)
			}
		}
	}
}

// FuzzAdmit holds the first invariant: nothing unsigned, not canonical or from
// a key that was never admitted reaches the store, whatever is offered.
func FuzzAdmit(f *testing.F) {
	d := feedtest.Draw(f, "A1 <- A2; A1 <- A2'; C1")
	for _, b := range d.All() {
		f.Add(b.Signed, b.Body)
	}
	f.Add(flip(d.Batch("A1").Signed, 40), d.Batch("A1").Body)
	f.Add(d.Batch("A1").Signed, flip(d.Batch("A1").Body, 60))
	first := offer(d.Batch("A1"))
	f.Fuzz(func(t *testing.T, header, body []byte) {
		door, s := open(t)
		outcomes, err := door.Admit([]Offer{first, {Header: header, Body: body}}, noon())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s.records {
			v, err := feed.Verify(r.Header, feedtest.Federation())
			if err != nil {
				t.Fatalf("an unsigned header was kept: %v", err)
			}
			slots, err := assertion.DecodeSlots(r.Body)
			if err != nil {
				t.Fatalf("a body that is not canonical was kept: %v", err)
			}
			if len(slots) != v.Header().Count || r.Tip != v.Tip() || r.Issuer != v.Issuer() {
				t.Fatal("a record that is not its header's was kept")
			}
			if !roster("AB").EverAdmitted(r.Issuer) {
				t.Fatal("a stranger's batch was kept")
			}
		}
		if o := outcomes[1]; (o.Status == Fresh) != (len(s.records) == 2) {
			t.Fatalf("%v, but %d records are held", o.Status, len(s.records))
		}
	})
}

// What the node brings to the door fits it.
var (
	_ Roster = (*charter.State)(nil)
	_ Store  = (*memory.Store)(nil)
)

// TestDoorServesMany offers the same feeds from several goroutines at once:
// each batch is fresh exactly once. Run it under the race detector.
func TestDoorServesMany(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2 <- A3 <- A4; B1 <- B2 <- B3")
	door, s := open(t)
	all := d.All()
	fresh := make(chan int)
	const callers = 4
	for range callers {
		go func() {
			n := 0
			for _, b := range all {
				outcomes, err := door.Admit([]Offer{offer(b)}, noon())
				if err != nil {
					t.Error(err)
				}
				for _, o := range outcomes {
					if o.Status == Fresh {
						n++
					}
				}
			}
			fresh <- n
		}()
	}
	total := 0
	for range callers {
		total += <-fresh
	}
	if total != len(all) || len(s.records) != len(all) {
		t.Errorf("%d fresh outcomes and %d records for %d batches", total, len(s.records), len(all))
	}
}
