package feed_test

import (
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/feed"
)

// at returns a place whose CID is told by its numbers.
func at(epoch, sequence uint64) feed.Tip {
	return feed.Tip{Epoch: epoch, Sequence: sequence, CID: assertion.CID([]byte{byte(epoch), byte(sequence)})}
}

func TestFollows(t *testing.T) {
	for _, c := range []struct {
		name       string
		last, next feed.Tip
		want       bool
	}{
		{"start of a feed", feed.Tip{}, at(0, 0), true},
		{"start in a later epoch", feed.Tip{}, at(3, 0), true},
		{"start above 0", feed.Tip{}, at(0, 1), false},
		{"next", at(0, 4), at(0, 5), true},
		{"same place", at(0, 4), at(0, 4), false},
		{"gap", at(0, 4), at(0, 6), false},
		{"back", at(0, 4), at(0, 3), false},
		{"start again", at(0, 0), at(0, 0), false},
		{"new epoch", at(0, 4), at(1, 0), true},
		{"new epoch above 0", at(0, 4), at(1, 5), false},
		{"epoch before", at(2, 4), at(1, 0), false},
	} {
		if got := c.next.Follows(c.last); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestLater(t *testing.T) {
	for _, c := range []struct{ a, b, want feed.Tip }{
		{feed.Tip{}, feed.Tip{}, feed.Tip{}},
		{feed.Tip{}, at(0, 0), at(0, 0)},
		{at(0, 0), feed.Tip{}, at(0, 0)},
		{at(0, 1), at(0, 2), at(0, 2)},
		{at(1, 0), at(0, 9), at(1, 0)},
	} {
		if got := feed.Later(c.a, c.b); got != c.want {
			t.Errorf("later of %v and %v is %v", c.a, c.b, got)
		}
	}
}
