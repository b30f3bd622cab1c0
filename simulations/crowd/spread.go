package crowd

import (
	"slices"
	"sync"
	"testing"
	"time"

	"ringfence/node/overlay/overlaytest"
	"ringfence/store/number"
	"ringfence/store/view"
)

// Regions of a wide network, and how long a packet takes one way: within a
// region, between neighbouring ones, and between the two that are far apart.
const (
	regions    = 3
	withinOne  = 20 * time.Millisecond
	neighbours = 80 * time.Millisecond
	farApart   = 160 * time.Millisecond
)

// Wide is the latency between nodes that are spread over three regions in turn.
func Wide(from, to int) time.Duration {
	switch a, b := from%regions, to%regions; {
	case a == b:
		return withinOne
	case a+b == 2: // the first and the last
		return farApart
	}
	return neighbours
}

// SpreadResult is how long it took until everybody had a flag in his list.
type SpreadResult struct {
	Nodes    int           `json:"nodes"`
	Flags    int           `json:"flags"`
	Reached  int           `json:"reached"` // deliveries, of flags × nodes
	Median   time.Duration `json:"median_nanoseconds"`
	P99      time.Duration `json:"p99_nanoseconds"`
	Slowest  time.Duration `json:"slowest_nanoseconds"`
	ToEach50 time.Duration `json:"delivery_median_nanoseconds"` // of a flag to one node
	ToEach99 time.Duration `json:"delivery_p99_nanoseconds"`
}

// arrivals is when which flag was said and how long it took to each node.
type arrivals struct {
	mu    sync.Mutex
	said  []time.Time
	what  []number.Number
	since [][]time.Duration // by flag
	had   []map[int]bool    // by node: which flags from next on it has
	next  []int             // by node: flags before this one are all there
}

// Spread lets one node of each region flag a number each second, and measures how
// long each flag takes into the list of every node. It must be called in a
// synctest bubble.
func Spread(t testing.TB, nodes, seconds int) SpreadResult {
	t.Helper()
	seen := &arrivals{next: make([]int, nodes), had: make([]map[int]bool, nodes)}
	for i := range seen.had {
		seen.had[i] = make(map[int]bool)
	}
	n := New(t, Config{Nodes: nodes, Known: 3, Network: overlaytest.SimnetConfig{Latency: Wide}, Listed: seen.look})
	defer n.Close()
	n.Within(2*time.Minute, "everybody is ready", func() bool {
		for _, node := range n.Nodes {
			if !node.Federation.CaughtUp() {
				return false
			}
		}
		return true
	})
	time.Sleep(20 * time.Second) // the mesh of gossip settles
	for second := range seconds {
		for region := range regions {
			flag := second*regions + region
			speaker := n.Nodes[(second*7*regions+region)%(nodes/regions*regions)]
			seen.expect(t, Num(flag))
			speaker.Flag(Num(flag))
		}
		time.Sleep(time.Second)
	}
	n.Within(time.Minute, "everybody has all", func() bool { return Equal(n.Nodes, seconds*regions) })
	return seen.result(nodes)
}

// expect notes that a number is about to be flagged.
func (a *arrivals) expect(t testing.TB, text string) {
	t.Helper()
	one, err := number.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said, a.what, a.since = append(a.said, time.Now()), append(a.what, one), append(a.since, nil)
}

// look notes which flags have come into a node's list.
func (a *arrivals) look(node int, l *view.List) {
	a.mu.Lock()
	defer a.mu.Unlock()
	had := a.had[node]
	for i := a.next[node]; i < len(a.what); i++ {
		if had[i] {
			continue
		}
		if _, _, listed := l.Lookup(a.what[i]); listed {
			a.since[i] = append(a.since[i], time.Since(a.said[i]))
			had[i] = true
		}
	}
	for ; had[a.next[node]]; a.next[node]++ {
		delete(had, a.next[node])
	}
}

func (a *arrivals) result(nodes int) SpreadResult {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := SpreadResult{Nodes: nodes, Flags: len(a.said)}
	var last, each []time.Duration
	for _, took := range a.since {
		r.Reached += len(took)
		if len(took) > 0 {
			last = append(last, slices.Max(took))
		}
		each = append(each, took...)
	}
	r.Median, r.P99, r.Slowest = percentile(last, 50), percentile(last, 99), percentile(last, 100)
	r.ToEach50, r.ToEach99 = percentile(each, 50), percentile(each, 99)
	return r
}

func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[(len(all)-1)*p/100]
}
