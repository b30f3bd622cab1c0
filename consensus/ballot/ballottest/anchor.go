package ballottest

import (
	"cmp"
	"slices"

	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// AnchorOf returns a motion that anchors the heads of feeds at the ledger's size as it
// stands. Its list root is that of nothing.
func (f *Federation) AnchorOf(tips map[keys.Public]feed.Tip) Proposal {
	f.Helper()
	var heads []motion.AnchoredHead
	for key, tip := range tips {
		r, ok := f.State.Constitution().Record(key)
		if !ok {
			f.Fatalf("the charter names no issuer %s", key)
		}
		heads = append(heads, motion.AnchoredHead{Issuer: r.Index, Epoch: tip.Epoch, Sequence: tip.Sequence, Digest: merkle.Hash(tip.CID.Hash()[2:])})
	}
	slices.SortFunc(heads, func(a, b motion.AnchoredHead) int { return cmp.Compare(a.Issuer, b.Issuer) })
	size := f.State.Size()
	unix, _ := f.State.Past().TimeAt(size)
	point := motion.AnchorPoint{Size: size, Day: taxonomy.DayOf(unix), ListRoot: merkle.Hash{1}}
	items, err := (&motion.AnchorHeads{Heads: heads}).Encode()
	if err != nil {
		f.Fatal(err)
	}
	return f.Motion(motion.Anchor, [][]byte{point.Encode(), items}, nil)
}
