package feedtest

import (
	"bytes"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/merkle"
)

func TestDraw(t *testing.T) {
	d := Draw(t, "A1 <- A2++ <- A3@-5; A2 <- A3'; B1@30")
	if n := len(d.All()); n != 5 {
		t.Fatalf("%d batches drawn", n)
	}
	for _, tt := range []struct {
		name, parent string
		sequence     uint64
		time         int64
		count        int
	}{
		{"A1", "", 0, Start, 1},
		{"A2", "A1", 1, Start + 60, 3},
		{"A3", "A2", 2, Start + 55, 1},
		{"A3'", "A2", 2, Start + 120, 1},
		{"B1", "", 0, Start + 30, 1},
	} {
		h := d.Batch(tt.name).Header
		parent := cid.Undef
		if tt.parent != "" {
			parent = d.Batch(tt.parent).CID
		}
		if h.Sequence != tt.sequence || h.Time != tt.time || h.Count != tt.count || !h.Previous.Equals(parent) {
			t.Errorf("%s: sequence %d, time +%d s, %d statements", tt.name, h.Sequence, h.Time-Start, h.Count)
		}
		if h.Issuer != Key(tt.name[:1]).Public() {
			t.Errorf("%s is of another issuer", tt.name)
		}
		if v := d.Verified(tt.name); v.Tip() != d.Batch(tt.name).Tip() || d.Batch(tt.name).Record().Tip != v.Tip() {
			t.Errorf("%s stands at another place", tt.name)
		}
		slots, err := assertion.DecodeSlots(d.Batch(tt.name).Body)
		if err != nil {
			t.Fatal(err)
		}
		if merkle.Root(assertion.Leaves(slots)) != h.Root {
			t.Errorf("%s: the body is not the header's", tt.name)
		}
		for i := range slots {
			if _, reason := slots[i].Statement().Check(); reason != assertion.Sound {
				t.Errorf("%s: statement %d is void: %v", tt.name, i, reason)
			}
		}
	}
	if d.Batch("A3").CID.Equals(d.Batch("A3'").CID) {
		t.Error("the fork is none")
	}
}

// TestDrawIsTheSameEverywhere checks what makes drawings fit for vectors.
func TestDrawIsTheSameEverywhere(t *testing.T) {
	a, b := Draw(t, "A1 <- A2"), Draw(t, "A1 <- A2; A1 <- A2'")
	if !bytes.Equal(a.Batch("A2").Signed, b.Batch("A2").Signed) || !bytes.Equal(a.Batch("A2").Body, b.Batch("A2").Body) {
		t.Error("the same name gives other bytes in another drawing")
	}
	if _, err := feed.Verify(a.Batch("A1").Signed, Federation()); err != nil {
		t.Error(err)
	}
}
