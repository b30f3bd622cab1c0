package bench

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"ringfence/node/publish"
	"ringfence/node/publish/hand"
	"ringfence/node/screen"
	"ringfence/store/assertion"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// What look-ups and decisions have to reach.
const (
	lookupNumbers = 250_000
	lookupRanges  = 1_000
	lookupGoal    = 200 * time.Nanosecond
	decideGoal    = time.Microsecond
	asked         = 2_000_000 // in a run, at least
)

// listed is a list to ask and numbers to ask about, half of them on it.
type listed struct {
	*world
	ask   []number.Number
	count int // how many to ask in a run, at least
}

// newListed brings numbers and ranges on a list.
func newListed(ctx context.Context, o *Options) (*listed, error) {
	w, err := newWorld(memory.New())
	if err != nil {
		return nil, err
	}
	p, err := w.Publisher(w.lists)
	if err != nil {
		return nil, err
	}
	drawn, err := numbers(2*o.scaled(lookupNumbers), 1)
	if err != nil {
		return nil, err
	}
	random := mathrand.New(mathrand.NewPCG(2, 2))
	random.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	hits := drawn[:len(drawn)/2]
	if _, err := p.Publish(ctx, w.delivery("numbers", hits), publish.Options{}); err != nil {
		return nil, err
	}
	if err := w.ranges(ctx, p, drawn[len(hits):len(hits)+o.scaled(lookupRanges)]); err != nil {
		return nil, err
	}
	if got := w.View.List().Counts().Labelled; got < len(hits)+o.scaled(lookupRanges) {
		return nil, fmt.Errorf("only %d of the list's numbers and ranges are labelled", got)
	}
	random.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return &listed{w, drawn, o.scaled(asked)}, nil
}

// ranges flags ranges of ten to ten thousand numbers around the given ones.
func (w *world) ranges(ctx context.Context, p *publish.Publisher, around []number.Number) error {
	terms, err := p.Terms()
	if err != nil {
		return err
	}
	var said []assertion.Statement
	for i, n := range around {
		key, ok := n.Enclosing(1 + i%4)
		if !ok {
			return fmt.Errorf("no range around %s", n.Masked())
		}
		s, err := terms.Flag(hand.Flag{Key: key, Category: taxonomy.Untyped, Label: "bench", Reports: 5})
		if err != nil {
			return err
		}
		said = append(said, s)
	}
	_, err = p.Say(ctx, "ranges", said...)
	return err
}

// parts is into how many parts a run is cut. A part is short enough to be left
// alone by what else the machine does, most of the time, and the median of
// parts is what a run comes to.
const parts = 32

// each measures what each of some functions takes, in nanoseconds of processor
// time for one number: the median of parts of a run in which they take turns.
func (l *listed) each(do ...func(n number.Number)) []float64 {
	taken := make([][]float64, len(do))
	part := max(l.count/parts, 1)
	at := 0
	for range parts {
		for i, fn := range do {
			from := at
			began := processorTime()
			for range part {
				fn(l.ask[from])
				if from++; from == len(l.ask) {
					from = 0
				}
			}
			taken[i] = append(taken[i], float64(processorTime()-began)/float64(part))
		}
		at = (at + part) % len(l.ask)
	}
	medians := make([]float64, len(do))
	for i := range do {
		medians[i] = median(taken[i])
	}
	return medians
}

// lookup measures how long the list takes to answer: the snapshot is taken
// anew each time, ranges around the number are tried, half of the numbers are
// not listed. The baseline is a Go map of the same numbers, which knows no
// ranges.
func lookup(ctx context.Context, o *Options) (Result, error) {
	l, err := newListed(ctx, o)
	if err != nil {
		return Result{}, err
	}
	plain := make(map[number.Number]taxonomy.Entry, lookupNumbers)
	for key, e := range l.View.List().All() {
		if n, single := key.Number(); single {
			plain[n] = e
		}
	}
	hits := 0
	ours := func(n number.Number) {
		if _, _, ok := l.View.List().Lookup(n); ok {
			hits++
		}
	}
	theirs := func(n number.Number) {
		if _, ok := plain[n]; ok {
			hits++
		}
	}
	var values, baselines, ratios []float64
	for range o.Runs {
		got := l.each(ours, theirs)
		values, baselines, ratios = append(values, got[0]), append(baselines, got[1]), append(ratios, got[1]/got[0])
		o.tell("lookup: %.0f ns, Go map %.0f ns", got[0], got[1])
	}
	if hits == 0 {
		return Result{}, fmt.Errorf("nothing was found")
	}
	each := allocations(func() { l.each(ours) }) / float64(l.count)
	r := Result{Value: median(values), Unit: "ns", Allocations: &each, Details: byProcessorTime()}
	r.against("Go map of the numbers, without ranges", median(baselines), median(ratios))
	r.Goal = "under 200 ns, no allocation"
	r.Met = r.Value < float64(lookupGoal) && int(each) == 0
	return r, nil
}

// byProcessorTime tells how nanoseconds are counted.
func byProcessorTime() []string {
	return []string{"processor time, so that what others take of a shared machine does not count"}
}

// snapshot is a list as package screen wants it.
type snapshot struct{ *view.List }

// Stamp tells which list it is.
func (s snapshot) Stamp() screen.Stamp {
	at := s.List.Stamp()
	return screen.Stamp{Root: at.Root, Session: at.Session, Serial: at.Serial, LedgerSize: at.LedgerSize, Day: at.Day}
}

// decide measures the decision on a call from each of the numbers. Nobody
// else's program answers the same question in process, so there is no baseline.
func decide(ctx context.Context, o *Options) (Result, error) {
	l, err := newListed(ctx, o)
	if err != nil {
		return Result{}, err
	}
	s, err := screen.New(screen.Config{Home: number.China, Plan: l.Plans(), Policy: screen.DefaultPolicy()})
	if err != nil {
		return Result{}, err
	}
	called := l.Plans().Rules(number.China).Dialled("13800138000")
	labelled := 0
	call := screen.Call{Called: called, Ingress: screen.Ingress{Class: screen.International}, Time: l.now}
	one := func(n number.Number) {
		call.Presented = number.ReadingsOf(number.CallerOf(n))
		if v := s.Decide(snapshot{l.View.List()}, &call); v.Action == taxonomy.Label {
			labelled++
		}
	}
	var values []float64
	for range o.Runs {
		v := l.each(one)[0]
		values = append(values, v)
		o.tell("screen: %.0f ns", v)
	}
	if labelled == 0 {
		return Result{}, fmt.Errorf("no call was labelled")
	}
	each := allocations(func() { l.each(one) }) / float64(l.count)
	r := Result{Value: median(values), Unit: "ns", Allocations: &each, Goal: "under 1,000 ns, no allocation", Details: byProcessorTime()}
	r.Met = r.Value < float64(decideGoal) && int(each) == 0
	return r, nil
}
