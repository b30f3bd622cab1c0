package follow

import (
	"context"
	"iter"

	"ringfence/store/ledger"
)

// ahead is how many bundles are read at once, so that a peer far away costs no round
// trip a bundle. A bundle may have 15 MiB, though few have 100 KiB.
const ahead = 8

// part is a bundle on its way.
type part struct {
	entries []ledger.Entry
	err     error
}

// since yields the entries of r from an index up to a size, with their openings, bundle
// by bundle. It ends with the first error.
func since(ctx context.Context, r *ledger.Reader, index, size uint64) iter.Seq2[[]ledger.Entry, error] {
	return func(yield func([]ledger.Entry, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var under []chan part
		next := index / ledger.Full
		for {
			for ; len(under) < ahead && next*ledger.Full < size; next++ {
				c := make(chan part, 1)
				under = append(under, c)
				go func(n uint64) { c <- bundle(ctx, r, n) }(next)
			}
			if len(under) == 0 {
				return
			}
			p := <-under[0]
			under = under[1:]
			if p.err != nil {
				cancel()
				for _, c := range under {
					<-c
				}
				yield(nil, p.err)
				return
			}
			first := (next - uint64(len(under)) - 1) * ledger.Full
			p.entries = p.entries[max(index, first)-first : min(uint64(len(p.entries)), size-first)]
			if !yield(p.entries, nil) {
				cancel()
				for _, c := range under {
					<-c
				}
				return
			}
		}
	}
}

// bundle reads one bundle with its openings.
func bundle(ctx context.Context, r *ledger.Reader, n uint64) part {
	data, err := r.Entries(ctx, n)
	if err != nil {
		return part{err: err}
	}
	openings, err := r.Openings(ctx, n)
	if err != nil {
		return part{err: err}
	}
	entries := make([]ledger.Entry, len(data))
	for i := range data {
		entries[i] = ledger.Entry{Data: data[i], Opening: openings[i]}
	}
	return part{entries: entries}
}
