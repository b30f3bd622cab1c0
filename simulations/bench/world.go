package bench

import (
	"crypto/rand"
	"fmt"
	"iter"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"ringfence/node/publish"
	"ringfence/simulations"
	"ringfence/simulations/stage"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// world is the demo's federation on a stage.
type world struct {
	*stage.Stage
	state *charter.State
	lists keys.Private // of the trusted vendor, whose word labels
	now   time.Time
}

// newWorld founds the demo's federation on an empty store.
func newWorld(store stage.Store) (*world, error) {
	now := time.Now().UTC()
	f, err := simulations.Found(simulations.Founding{Now: now, Random: rand.Reader})
	if err != nil {
		return nil, err
	}
	return worldOf(f, store)
}

// worldOf puts a federation on a store.
func worldOf(f *simulations.Federation, store stage.Store) (_ *world, err error) {
	w := &world{now: time.Now().UTC(), lists: f.Issuer(simulations.USNumbers)}
	if w.state, err = charter.At(f.Genesis); err != nil {
		return nil, err
	}
	w.Stage, err = stage.New(w.config(store))
	return w, err
}

func (w *world) config(store stage.Store) stage.Config {
	return stage.Config{State: w.state, Store: store, Now: func() time.Time { return w.now }, Random: rand.Reader}
}

// numbers draws so many different North American numbers, ascending. The same
// seed draws the same.
func numbers(count int, seed uint64) ([]number.Number, error) {
	random := mathrand.New(mathrand.NewPCG(seed, seed))
	drawn := make([]int64, 0, count)
	for len(drawn) < count {
		for range count - len(drawn) {
			drawn = append(drawn, 2_000_000_000+random.Int64N(8_000_000_000))
		}
		slices.Sort(drawn)
		drawn = slices.Compact(drawn)
	}
	all := make([]number.Number, count)
	for i, digits := range drawn {
		n, err := number.International(fmt.Sprintf("1%d", digits))
		if err != nil {
			return nil, err
		}
		all[i] = n
	}
	return all, nil
}

// delivery says of each number that it was reported five times yesterday.
func (w *world) delivery(name string, all []number.Number) *publish.Delivery {
	seen := w.now.Add(-24 * time.Hour).Unix()
	d := &publish.Delivery{File: name, Mapping: "bench", Drafts: drafts(all, seen)}
	copy(d.Digest[:], name)
	return d
}

func drafts(all []number.Number, seen int64) iter.Seq[publish.Draft] {
	return func(yield func(publish.Draft) bool) {
		for _, n := range all {
			if !yield(publish.Draft{Number: n, Category: taxonomy.Untyped, Label: "bench", Reports: 5, FirstSeen: seen, LastSeen: seen}) {
				return
			}
		}
	}
}
