package follow

import (
	"context"
	"iter"

	"ringfence/store/ledger"
)

// ahead is how many bundles are read at once, so that a peer far away costs no round
// trip a bundle. Few have 100 KiB.
const ahead = 8

// mostAhead is how many bytes of a bundle are held before its turn, and as many of its
// openings. It may have 16 MiB, and a tree that is not certified yet is read as well: so a
// larger one is let go and read again when it is its turn, and while they come nothing is
// read ahead.
const mostAhead = 1 << 20

// part is a bundle on its way.
type part struct {
	entries []ledger.Entry
	bytes   int  // of the larger of its halves
	later   bool // it is too large to be held before its turn
	err     error
}

// since yields the entries of r from an index up to a size, with their openings, bundle
// by bundle. It ends with the first error.
func since(ctx context.Context, r *ledger.Reader, index, size uint64) iter.Seq2[[]ledger.Entry, error] {
	return func(yield func([]ledger.Entry, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var under []chan part
		defer func() {
			cancel()
			for _, c := range under {
				<-c
			}
		}()
		next, large := index/ledger.Full, false
		for at := next; at*ledger.Full < size; at++ {
			for ; !large && len(under) < ahead && next*ledger.Full < size; next++ {
				c := make(chan part, 1)
				under = append(under, c)
				go func(n uint64) { c <- bundle(ctx, r, n, mostAhead) }(next)
			}
			p := part{later: true}
			if len(under) > 0 {
				p = <-under[0]
				under = under[1:]
			}
			if p.later {
				p = bundle(ctx, r, at, ledger.MaxEntry*ledger.Full)
			}
			next, large = max(next, at+1), p.bytes > mostAhead
			if p.err != nil {
				yield(nil, p.err)
				return
			}
			first := at * ledger.Full
			p.entries = p.entries[max(index, first)-first : min(uint64(len(p.entries)), size-first)]
			if !yield(p.entries, nil) {
				return
			}
		}
	}
}

// bundle reads one bundle with its openings, unless it is larger than most bytes.
func bundle(ctx context.Context, r *ledger.Reader, n uint64, most int) part {
	data, err := r.Entries(ctx, n)
	if err != nil || sizeOf(data) > most {
		return part{later: err == nil, err: err}
	}
	openings, err := r.Openings(ctx, n)
	if err != nil || sizeOf(openings) > most {
		return part{later: err == nil, err: err}
	}
	entries := make([]ledger.Entry, len(data))
	for i := range data {
		entries[i] = ledger.Entry{Data: data[i], Opening: openings[i]}
	}
	return part{entries: entries, bytes: max(sizeOf(data), sizeOf(openings))}
}

func sizeOf(all [][]byte) (n int) {
	for _, b := range all {
		n += len(b)
	}
	return n
}
