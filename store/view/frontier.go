package view

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
	for epoch := range l.frozen {
		ends[epoch] = feed.Tip{}
	}
	b := []byte(frontierDomain)
	for _, epoch := range slices.SortedFunc(maps.Keys(ends), FeedEpoch.compare) {
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

// follow counts the batches that were applied since the last list.
func (f *Frontier) follow(l *List) {
	if f.heads == nil || f.session != l.stamp.Session || f.read > len(l.batches) {
		*f = Frontier{session: l.stamp.Session, heads: make(map[FeedEpoch]feed.Tip)}
	}
	for ; f.read < len(l.batches); f.read++ {
		b := &l.batches[f.read]
		if b.speaker == nobody {
			continue
		}
		at := FeedEpoch{l.speakers[b.speaker].key, b.epoch}
		tip := feed.Tip{Epoch: b.epoch, Sequence: b.sequence, CID: b.cid, Time: b.time}
		f.heads[at] = feed.Later(f.heads[at], tip)
	}
}

func (e FeedEpoch) compare(o FeedEpoch) int {
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
func (l *List) StatementsOf(epoch FeedEpoch) int {
	return l.statements(func(b *batch) bool {
		return b.speaker != nobody && b.epoch == epoch.Epoch && l.speakers[b.speaker].key == epoch.Issuer
	})
}

// statements counts those of some batches.
func (l *List) statements(of func(*batch) bool) (n int) {
	for i := range l.batches {
		if of(&l.batches[i]) {
			n += int(l.batches[i].count)
		}
	}
	return n
}
