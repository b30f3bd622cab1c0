package view

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/charter"
	"ringfence/store/memory"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
)

// The list and the regulators read one ledger alike, whatever heads it names, also where
// the list was loaded from a snapshot in between.
func TestTheListAndTheRegulatorsReadOneHead(t *testing.T) {
	entered := 0
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		f := ballottest.Found(t, 1, nil)
		cfg := Config{State: f.State.Constitution(), Source: memory.New(), Day: taxonomy.DayOf(f.Now), Session: 1, Anchored: true}
		v, err := New(cfg)
		must(t, err)
		must(t, v.Enact(f.Tick().Enacted))
		for range 150 {
			r := f.NameHeads(random)
			if r.Outcome != ballot.Entered {
				continue
			}
			must(t, v.Enact(r.Enacted))
			if entered++; entered%5 == 0 {
				cfg.State = f.State.Constitution()
				var file bytes.Buffer
				must(t, v.Save(&file))
				v, err = Load(cfg, file.Bytes())
				must(t, err)
			}
			sameHeads(t, f, v, r.Enacted, seed)
		}
	}
	if entered < 300 {
		t.Errorf("%d motions entered", entered)
	}
}

func sameHeads(t *testing.T, f *ballottest.Federation, v *View, d charter.Enacted, seed uint64) {
	t.Helper()
	for i := range d.State.Admitted() {
		r, _ := d.State.RecordAt(i)
		at := anchors.Place{Issuer: i, Epoch: d.State.OpenEpoch(r.Key).Number}
		want, _, fixed := f.State.Past().AnchoredHead(i)
		if fixed = fixed && want.Epoch == at.Epoch; !fixed {
			want.Sequence = 0
		}
		if got, ok := v.w.ledger.Anchors.Head(at); ok != fixed || got != want.Sequence {
			t.Fatalf("seed %d, the %s at %d: issuer %d stands at %d (%v) in the list, at %d (%v) with the regulators", seed, d.Motion.Motion.Kind, d.First, i, got, ok, want.Sequence, fixed)
		}
	}
}
