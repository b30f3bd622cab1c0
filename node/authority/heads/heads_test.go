package heads

import (
	"math/rand/v2"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	fixed "ringfence/store/charter/heads"
	"ringfence/store/feed"
	"ringfence/store/motion"
)

// The door and the regulators read one ledger alike, whatever it names: a head that ends an
// authority counts where nothing was anchored since, and nowhere else.
func TestTheDoorAndTheRegulatorsReadOneHead(t *testing.T) {
	var entered, since, above int
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		f := ballottest.Begun(t, 1, nil)
		h := Heads{State: f.State.Constitution}
		op, _ := f.State.Constitution().Record(chartertest.Issuer("op").Public())
		for range 150 {
			last, at, ok := f.State.Past().AnchoredHead(op.Index)
			r := f.NameHeads(random)
			if r.Outcome != ballot.Entered {
				continue
			}
			entered++
			if err := h.Add([]charter.Enacted{r.Enacted}); err != nil {
				t.Fatal(err)
			}
			m := &r.Enacted.Motion.Motion
			named, err := fixed.Of(&r.Enacted)
			if err != nil {
				t.Fatal(err)
			}
			if m.Kind != motion.Anchor && ok && at >= m.BuildsOn && named[0].Issuer == op.Index && named[0].Epoch == last.Epoch {
				if since++; named[0].Sequence > last.Sequence {
					above++
				}
			}
			same(t, f, &h, seed)
		}
	}
	if entered < 300 || since < 50 || above < 50 {
		t.Errorf("%d motions entered, of %d ended an authority where something was anchored since, %d above that", entered, since, above)
	}
}

func same(t *testing.T, f *ballottest.Federation, h *Heads, seed uint64) {
	t.Helper()
	state := f.State.Constitution()
	for i := range state.Admitted() {
		r, _ := state.RecordAt(i)
		want, _, fixed := f.State.Past().AnchoredHead(i)
		epoch := state.OpenEpoch(r.Key).Number
		if fixed = fixed && want.Epoch == epoch; !fixed {
			want = motion.AnchoredHead{}
		}
		got, ok := h.Anchored(r.Key, epoch)
		if ok != fixed || ok && got != (feed.Tip{Epoch: want.Epoch, Sequence: want.Sequence, CID: want.CID()}) {
			t.Fatalf("seed %d, %d entries: issuer %d stands at %d/%d (%v) at the door, %d/%d (%v) with the regulators", seed, state.Size(), i, got.Epoch, got.Sequence, ok, want.Epoch, want.Sequence, fixed)
		}
	}
}
