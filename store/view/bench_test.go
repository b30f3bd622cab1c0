package view

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/number"
)

// file is a publisher's file of so many distinct numbers in batches of 4,096,
// in the file's order or sorted.
func file(b *testing.B, numbers int, sorted bool) *world {
	w := newWorld(b, nil, "list: vendor; trusted")
	rnd := rand.New(rand.NewPCG(1, 1))
	digits := make(map[int64]bool)
	for len(digits) < numbers {
		digits[2_000_000_000+rnd.Int64N(7_999_999_999)] = true
	}
	var all []int64
	for d := range digits {
		all = append(all, d)
	}
	slices.Sort(all)
	if !sorted {
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	pub := w.publication()
	one := flagged(b, mobileA, "unk.untyped", 1, -1, -1)
	for part := range slices.Chunk(all, assertion.MaxStatements) {
		var say []assertion.Statement
		for _, d := range part {
			n, err := number.Parse(fmt.Sprintf("+1%d", d))
			must(b, err)
			s := one
			s.Subject = about(b, n.String(), assertion.KindFlag).Subject
			say = append(say, s)
		}
		w.say("list", at(0), pub, say...)
	}
	return w
}

func BenchmarkFollow(b *testing.B) {
	const numbers = 240_000
	for _, sorted := range []bool{false, true} {
		b.Run(fmt.Sprintf("sorted=%v", sorted), func(b *testing.B) {
			w := file(b, numbers, sorted)
			b.ReportAllocs()
			for b.Loop() {
				w.view(today)
			}
			b.ReportMetric(float64(numbers*b.N)/b.Elapsed().Seconds(), "statements/s")
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	const numbers = 250_000
	w := file(b, numbers, true)
	l := w.view(today).List()
	rnd := rand.New(rand.NewPCG(2, 2))
	var ask []number.Number
	for key := range l.All() {
		n, _ := key.Number()
		ask = append(ask, n)
		for {
			miss, err := number.International(fmt.Sprintf("1%d", 2_000_000_000+rnd.Int64N(7_999_999_999)))
			must(b, err)
			if _, _, hit := l.Lookup(miss); !hit {
				ask = append(ask, miss)
				break
			}
		}
	}
	rnd.Shuffle(len(ask), func(i, j int) { ask[i], ask[j] = ask[j], ask[i] })
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		l.Lookup(ask[i])
		if i++; i == len(ask) {
			i = 0
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	const numbers = 1_000_000
	w := file(b, numbers, true)
	cfg := Config{State: w.state, Source: w.records, Day: today}
	var saved bytes.Buffer
	must(b, w.viewOf(cfg).Save(&saved))
	b.ReportMetric(float64(saved.Len())/numbers, "B/number")
	for b.Loop() {
		if _, err := Load(cfg, saved.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
