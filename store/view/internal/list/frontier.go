package list

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// frontierDomain begins what a frontier's digest is of.
const frontierDomain = "ringfence/frontier/v1\n"

// Frontier knows how far the feeds behind a list are applied, and follows newer
// lists of the same view at the cost of what they add. The zero Frontier is
// ready. It is not safe for concurrent use.
type Frontier struct {
	session uint64
	read    int // batches of the list that are counted in heads
	heads   map[FeedEpoch]feed.Tip
}

// Digest returns the SHA-256 of a list's frontier: for each epoch that was
// heard, where it ends, or that it is frozen (docs/formats.md). Two nodes with
// equal digests, ledgers and days have made their lists of the same evidence.
//
// Of an epoch that is frozen where nothing is anchored nothing counts, so how
// much of it a node happens to hold is no part of the digest.
func (f *Frontier) Digest(l *List) merkle.Hash {
	f.follow(l)
	ends := maps.Clone(f.heads)
	for epoch := range l.Frozen {
		ends[epoch] = feed.Tip{}
	}
	l.counting(ends)
	b := []byte(frontierDomain)
	for _, epoch := range slices.SortedFunc(maps.Keys(ends), FeedEpoch.Compare) {
		tip := ends[epoch]
		b = binary.BigEndian.AppendUint64(append(b, epoch.Issuer[:]...), epoch.Epoch)
		if !tip.CID.Defined() {
			b = append(b, 1)
			continue
		}
		b = binary.BigEndian.AppendUint64(append(b, 0), tip.Sequence)
		b = append(b, tip.CID.Bytes()...)
	}
	return sha256.Sum256(b)
}

// counting puts into ends where epochs end that forked or were closed: at the last batch
// that an anchor covers.
func (l *List) counting(ends map[FeedEpoch]feed.Tip) {
	suspended := make(map[FeedEpoch]struct{})
	for at := range ends {
		if _, forked := l.Frozen[at]; forked || l.closed(at) {
			suspended[at] = struct{}{}
			ends[at] = feed.Tip{}
		}
	}
	if len(suspended) == 0 {
		return
	}
	for i := range l.Batches {
		b := &l.Batches[i]
		if b.Speaker == Nobody || b.Cover == 0 {
			continue
		}
		at := FeedEpoch{l.Speakers[b.Speaker].Key, b.Epoch}
		if _, ok := suspended[at]; ok {
			ends[at] = feed.Later(ends[at], feed.Tip{Epoch: b.Epoch, Sequence: b.Sequence, CID: b.CID, Time: b.Time})
		}
	}
}

// closed reports whether the ledger has opened a later epoch.
func (l *List) closed(at FeedEpoch) bool {
	r, ok := l.Charter.Record(at.Issuer)
	return ok && l.Speakers[r.Index].epoch > at.Epoch
}

// follow counts the batches that were applied since the last list.
func (f *Frontier) follow(l *List) {
	if f.heads == nil || f.session != l.Mark.Session || f.read > len(l.Batches) {
		*f = Frontier{session: l.Mark.Session, heads: make(map[FeedEpoch]feed.Tip)}
	}
	for ; f.read < len(l.Batches); f.read++ {
		b := &l.Batches[f.read]
		if b.Speaker == Nobody {
			continue
		}
		at := FeedEpoch{l.Speakers[b.Speaker].Key, b.Epoch}
		tip := feed.Tip{Epoch: b.Epoch, Sequence: b.Sequence, CID: b.CID, Time: b.Time}
		f.heads[at] = feed.Later(f.heads[at], tip)
	}
}

func (e FeedEpoch) Compare(o FeedEpoch) int {
	return cmp.Or(e.Issuer.Compare(o.Issuer), cmp.Compare(e.Epoch, o.Epoch))
}

// Frontier returns, for each issuer that was heard, the last place applied.
func (l *List) Frontier() map[keys.Public]feed.Tip {
	var f Frontier
	f.follow(l)
	heads := make(map[keys.Public]feed.Tip)
	for at, tip := range f.heads {
		heads[at.Issuer] = feed.Later(heads[at.Issuer], tip)
	}
	return heads
}

// StatementsOf counts the statements of an epoch that was applied.
func (l *List) StatementsOf(epoch FeedEpoch) (n int) {
	for i := range l.Batches {
		b := &l.Batches[i]
		if b.Speaker != Nobody && b.Epoch == epoch.Epoch && l.Speakers[b.Speaker].Key == epoch.Issuer {
			n += int(b.Count)
		}
	}
	return n
}
