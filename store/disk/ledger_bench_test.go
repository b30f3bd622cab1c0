package disk

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
)

// bulk is what a motion of 4,096 entries enacts: itself, and an entry each with its
// opening.
func bulk() []ledger.Entry {
	random := newStream("bulk")
	entries := make([]ledger.Entry, 4097)
	for i := range entries {
		entries[i] = ledger.Entry{Data: make([]byte, 85), Opening: make([]byte, 45)}
		_, _ = random.Read(entries[i].Data)
		_, _ = random.Read(entries[i].Opening)
	}
	return entries
}

// BenchmarkLedger is regulators on one machine, each with a store of its own, that
// grow by a motion at a time.
func BenchmarkLedger(b *testing.B) {
	entries := bulk()
	for _, n := range []int{1, 4} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			stores := make([]*Ledger, n)
			trees := make([]ledger.Tree, n)
			for i := range stores {
				stores[i] = openDir(b, b.TempDir()).Ledger()
			}
			before := sent(b)
			b.ResetTimer()
			start := time.Now()
			for range b.N {
				var wg sync.WaitGroup
				for i := range stores {
					wg.Go(func() {
						grown, additions, err := trees[i].Append(entries)
						must(b, err)
						must(b, stores[i].Write(additions))
						trees[i] = grown
					})
				}
				wg.Wait()
			}
			b.ReportMetric(float64(b.N*len(entries))/time.Since(start).Seconds(), "entries/s")
			b.ReportMetric(float64(sent(b)-before)/float64(b.N*len(entries)*n), "written-B/entry")
		})
	}
}

// sent returns how many bytes this process has sent to disks.
func sent(t testing.TB) uint64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/io")
	must(t, err)
	var n uint64
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "write_bytes: "); ok {
			n, err = strconv.ParseUint(v, 10, 64)
			must(t, err)
		}
	}
	return n
}

// BenchmarkTick is one small entry that is made durable, behind large ones in its rows.
func BenchmarkTick(b *testing.B) {
	large := make([]ledger.Entry, 100)
	for i := range large {
		large[i] = ledger.Entry{Data: make([]byte, 60_000), Opening: make([]byte, 60_000)}
	}
	l := openDir(b, b.TempDir()).Ledger()
	tree := ledgertest.Grow(b, l, ledger.Tree{}, large)
	before := sent(b)
	b.ResetTimer()
	for range b.N {
		tree = ledgertest.Grow(b, l, tree, []ledger.Entry{{Data: make([]byte, 450)}})
	}
	b.ReportMetric(float64(sent(b)-before)/float64(b.N), "written-B/tick")
}
