package reconcile

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

// TestModel draws towns: some honest nodes, each with beginnings of some feeds,
// among liars of several kinds, on lines that break now and then, with an issuer
// that may have told two stories. In the end all honest nodes hold the same, and
// all that any of them held.
func TestModel(t *testing.T) {
	const seeds = 20
	ran, met := 0, map[string]bool{}
	d := feedtest.Draw(t, chain("A", 70, 1)+";"+chain("B", 20, 4)+";"+chain("C", 5, 1)+";F0 <- F1 <- F2 <- F3; F1 <- F2' <- F3'")
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			ran++
			bubble(t, func(t *testing.T, n *town) { model(t, n, d, rand.New(rand.NewPCG(seed, 99)), met) })
		})
	}
	if kinds := len(liars(d)); ran == seeds && len(met) < kinds {
		t.Errorf("of %d kinds of liars only these were drawn: %v", kinds, met)
	}
}

func model(t *testing.T, n *town, d *feedtest.Drawing, r *rand.Rand, met map[string]bool) {
	n.delay = time.Duration(r.IntN(200)) * time.Millisecond
	honest := make([]*house, 2+r.IntN(4))
	forked := map[string]bool{}
	for i := range honest {
		honest[i] = n.build(fmt.Sprint("honest ", i))
		for _, letter := range "ABC" {
			batches := letterOf(d, string(letter))
			honest[i].own(batches[:r.IntN(len(batches)+1)]...)
		}
		branch := []string{"", "F0", "F0 F1 F2 F3", "F0 F1 F2' F3'"}[r.IntN(4)]
		for _, b := range named(d, branch) {
			honest[i].own(b)
		}
		forked[branch] = true
		honest[i].run()
	}
	all := slices.Clone(honest)
	kinds := liars(d)
	names := slices.Sorted(maps.Keys(kinds))
	for i := range r.IntN(4) {
		bad, kind := n.build(fmt.Sprint("liar ", i)), names[r.IntN(len(names))]
		bad.answer, met[kind] = kinds[kind], true
		all = append(all, bad)
	}
	for range 6 {
		i, j := r.IntN(len(all)), r.IntN(len(all))
		if i != j {
			n.join(all[i], all[j])
		}
		time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond)
		if i, j := r.IntN(len(all)), r.IntN(len(all)); i != j {
			n.part(all[i], all[j])
		}
	}
	for i := range honest[1:] {
		n.join(honest[i], honest[i+1])
	}
	want := furthest(honest)
	fork := forked["F0 F1 F2 F3"] && forked["F0 F1 F2' F3'"]
	within(t, 2*time.Minute, "equal feeds", func() bool {
		for _, h := range honest {
			// A liar may have let slip more of a feed than any of them held.
			if got := h.tips(); !slices.Equal(got, honest[0].tips()) || !reaches(got, want) || fork != h.forks(t) {
				return false
			}
		}
		return true
	})
	within(t, 2*time.Minute, "readiness", func() bool {
		return !slices.ContainsFunc(honest, func(h *house) bool { return !h.r.Ready() })
	})
	for _, h := range honest {
		for _, o := range honest {
			if why := h.why(o); why != "" {
				t.Errorf("%s dropped %s: %s", h.name, o.name, why)
			}
		}
		h.idle(t)
	}
}

func named(d *feedtest.Drawing, branch string) (all []feedtest.Batch) {
	for name := range strings.FieldsSeq(branch) {
		all = append(all, d.Batch(name))
	}
	return all
}

// tips returns the heads of what no fork can touch.
func (h *house) tips() []feed.Head {
	tips, _ := h.store.Tips()
	return slices.DeleteFunc(tips, func(f feed.Head) bool { return f.Issuer == feedtest.Key("F").Public() })
}

// furthest returns the longest of each feed.
func furthest(houses []*house) []feed.Head {
	var all []feed.Head
	for _, h := range houses {
		for _, tip := range h.tips() {
			i := slices.IndexFunc(all, func(o feed.Head) bool { return o.Issuer == tip.Issuer })
			switch {
			case i < 0:
				all = append(all, tip)
			case all[i].Tip.Before(tip.Tip):
				all[i] = tip
			}
		}
	}
	slices.SortFunc(all, func(a, b feed.Head) int { return a.Issuer.Compare(b.Issuer) })
	return all
}

func reaches(got, want []feed.Head) bool {
	return slices.EqualFunc(got, want, func(a, b feed.Head) bool { return a.Issuer == b.Issuer && !a.Tip.Before(b.Tip) }) || len(got) > len(want)
}

func (h *house) forks(t *testing.T) bool {
	_, forked, err := h.store.Fork(feedtest.Key("F").Public(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return forked
}

// liars are the kinds of them. Each claims the last batch of the feed of A.
func liars(d *feedtest.Drawing) map[string]func(overlay.Stream) {
	a := letterOf(d, "A")
	claims := []Head{headOf(a[len(a)-1])}
	at := func(span message.Span) feedtest.Batch { return a[min(int(span.From), len(a)-1)] }
	all := make(map[string]func(overlay.Stream))
	for name, answer := range map[string]func(s overlay.Stream, span message.Span){
		"gives nothing":                   func(s overlay.Stream, _ message.Span) { say(s, message.EncodeSpanEnd(0)) },
		"says that all of it is large":    func(s overlay.Stream, _ message.Span) { say(s, message.EncodeSpanEnd(2000)) },
		"gives rubbish":                   func(s overlay.Stream, _ message.Span) { say(s, []byte{0x84, 1, 6, 0x41, 0, 0x41, 0}) },
		"is silent when asked for ranges": func(s overlay.Stream, _ message.Span) { hang(s) },
		"breaks off": func(s overlay.Stream, span message.Span) {
			say(s, message.EncodeRecord(recordOf(at(span))))
			write(s, 0, 0, 1)
			drop(s)
		},
		"gives a header of a newer version": func(s overlay.Stream, span message.Span) {
			say(s, message.EncodeRecord(message.Record{Header: newerHeader, Body: at(span).Body}))
			say(s, message.EncodeSpanEnd(0))
		},
		"gives a body of a newer version": func(s overlay.Stream, span message.Span) {
			say(s, message.EncodeRecord(message.Record{Header: at(span).Signed, Body: newerBody}))
			say(s, message.EncodeSpanEnd(0))
		},
	} {
		all[name] = liar{heads: claims, ranges: func(s overlay.Stream, q message.Ranges) {
			for _, span := range q.Spans {
				answer(s, span)
			}
		}}.serve
	}
	all["claims what is not"] = liar{heads: manyHeads(10)}.serve
	all["has ever more heads"] = endless
	all["is silent"] = hang
	return all
}
