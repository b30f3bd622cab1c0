package enact

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/wire"
)

func compareCID(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) }

// Digest returns a hash of all that the Past holds. It is for comparing replicas that
// run the same release, and is no format.
func (p *Past) Digest() merkle.Hash {
	b := []byte(nil)
	n := func(all ...uint64) {
		for _, v := range all {
			b = wire.AppendUint(b, v)
		}
	}
	standing := p.state.Standing()
	b = append(b, standing[:]...)
	n(p.Size(), uint64(p.state.Admitted()), p.first, p.last, uint64(p.now), p.anchorSize)
	n(uint64(len(p.borders)))
	for _, one := range p.borders {
		n(one.size, uint64(one.now))
	}
	n(uint64(len(p.enacted)))
	for _, id := range slices.SortedFunc(maps.Keys(p.enacted), compareCID) {
		b = append(b, id.Bytes()...)
		n(uint64(p.enacted[id]))
	}
	n(uint64(len(p.ratified)))
	for _, r := range p.ratified {
		n(r.first, uint64(r.count), uint64(r.until))
	}
	n(uint64(len(p.revoked)))
	n(slices.Sorted(maps.Keys(p.revoked))...)
	n(uint64(len(p.stayed)))
	for _, at := range slices.Sorted(maps.Keys(p.stayed)) {
		n(at, uint64(len(p.stayed[at])))
		for _, member := range p.stayed[at] {
			b = wire.AppendText(b, member)
		}
	}
	n(uint64(len(p.blocked)))
	for _, in := range slices.SortedFunc(maps.Keys(p.blocked), number.Range.Compare) {
		key := in.Bytes()
		b = append(b, key[:]...)
		n(p.blocked[in])
	}
	n(uint64(len(p.anchored)))
	for _, issuer := range slices.Sorted(maps.Keys(p.anchored)) {
		a := p.anchored[issuer]
		n(uint64(issuer), a.at, a.head.Epoch, a.head.Sequence)
		b = append(b, a.head.Digest[:]...)
		b = wire.AppendBool(wire.AppendBool(b, a.head.Frozen), a.none)
	}
	n(uint64(len(p.forks)))
	for _, f := range slices.SortedFunc(maps.Keys(p.forks), func(a, b fork) int {
		return cmp.Or(a.issuer.Compare(b.issuer), cmp.Compare(a.epoch, b.epoch))
	}) {
		b = append(b, f.issuer[:]...)
		n(f.epoch)
	}
	if p.change != nil {
		n(uint64(p.change.Kind), p.change.Size)
		b = wire.AppendText(b, p.change.Member)
	}
	b = wire.AppendBool(b, p.settled)
	return sha256.Sum256(b)
}
