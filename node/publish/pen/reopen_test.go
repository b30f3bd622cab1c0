package pen

import (
	"testing"

	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/memory"
)

// What an epoch that is closed left behind bars nobody for good: its key signs in the next
// one once its peers have confirmed that it has not yet. A bar that the new epoch itself
// is the reason of stays.
func TestReopen(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
	key, base := feedtest.Key("A").Public(), d.Batch("A0").Tip()
	open := feed.Epoch{Number: 1, Base: base}
	fork, err := feed.NewForkProof(d.Verified("A1"), d.Verified("A1'"))
	must(t, err)
	stolen, restored := feed.Bar{Kind: feed.Stolen, Reason: "it is"}, feed.Bar{Kind: feed.Restored, Reason: "it was"}
	inNext := func(sequence uint64) feed.Record {
		h := d.Batch("A1").Header
		h.Epoch, h.Sequence, h.Previous = 1, sequence, base.CID
		return feedtest.Sign(t, h, d.Batch("A1").Body, feedtest.Key("A")).Record()
	}
	for _, c := range []struct {
		name  string
		bar   feed.Bar
		held  []feed.Record
		epoch feed.Epoch
		want  feed.BarKind
		end   uint64 // epoch of the tip, which is held
	}{
		{"stolen in the old one", stolen, nil, open, feed.Restored, 0},
		{"restored", restored, nil, open, feed.Restored, 0},
		{"not barred", feed.Bar{}, nil, open, 0, 0},
		{"the old one is open", stolen, nil, feed.Epoch{}, feed.Stolen, 0},
		{"stolen in the new one", stolen, []feed.Record{inNext(0)}, open, feed.Stolen, 1},
	} {
		s := memory.New()
		must(t, s.Append([]feed.Record{d.Batch("A0").Record(), d.Batch("A1").Record()}))
		must(t, s.Append(c.held))
		must(t, s.PutFork(fork))
		if c.bar.Kind != 0 {
			must(t, s.Bar(key, c.bar))
		}
		end, err := Reopen(s, key, c.epoch)
		must(t, err)
		if end.CID.Defined() != (c.epoch.Number == 0 || len(c.held) > 0) || end.Epoch != c.end {
			t.Errorf("%s: it ends at %+v", c.name, end)
		}
		bar, _, err := s.Barred(key)
		must(t, err)
		if bar.Kind != c.want {
			t.Errorf("%s: barred by %+v", c.name, bar)
		}
		if _, forked, err := Forked(s, key, c.epoch); err != nil || forked != (c.epoch.Number == 0) {
			t.Errorf("%s: forked %v, %v", c.name, forked, err)
		}
	}
}
