package ballottest

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"

	"ringfence/consensus/ballot"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// NameHeads tries one motion of a random kind that names heads of the members' feeds, near
// those that are fixed and building on a random size of the ledger, and returns what became
// of it: most are refused. A federation of Begun has the range and the members for it.
func (f *Federation) NameHeads(random *rand.Rand) ballot.Result {
	f.Helper()
	size := 1 + random.Uint64N(f.State.Size())
	if random.IntN(3) == 0 {
		size = f.State.Size()
	}
	var p Proposal
	on := func(h *motion.Header) { h.BuildsOn = size }
	head := func(member string) []motion.AnchoredHead { return []motion.AnchoredHead{f.near(random, member)} }
	ranged := chartertest.RangeBytes(chartertest.Range(f, "+86138*/13"))
	switch random.IntN(40) {
	case 0:
		p = f.Motion(motion.EndIssuer, f.Article(&article.IssuerEnd{Issuer: chartertest.Issuer("vendor").Public(), How: article.Leave, Heads: head("vendor")}), on)
	case 1, 2:
		a := &article.Reinstatement{Issuer: chartertest.Issuer("op").Public(), Base: head("op")}
		if a.Epoch = a.Base[0].Epoch + 1; random.IntN(3) == 0 {
			a.Base = nil
		}
		p = f.Motion(motion.Reinstate, f.Article(a), on)
	case 3, 4, 5, 6, 7, 8, 9, 10, 11, 12:
		p = f.Motion(motion.EndGrant, f.Article(&article.GrantEnd{Range: ranged, Heads: head("op"), Next: []article.Grant{{Range: ranged, Allocatee: "op"}}}), on)
	default:
		unix, _ := f.State.Past().TimeAt(size)
		point := motion.AnchorPoint{Size: size, Day: taxonomy.DayOf(unix), ListRoot: merkle.Hash{1}}
		var all motion.AnchorHeads
		for _, member := range []string{"op", "vendor"} {
			h := f.near(random, member)
			h.Frozen = random.IntN(10) == 0
			all.Heads = append(all.Heads, h)
		}
		if all.Heads[0].Issuer > all.Heads[1].Issuer {
			all.Heads[0], all.Heads[1] = all.Heads[1], all.Heads[0]
		}
		if only := random.IntN(4); only < 2 {
			all.Heads = all.Heads[only : only+1]
		}
		items, err := all.Encode()
		if err != nil {
			f.Fatal(err)
		}
		p = f.Motion(motion.Anchor, [][]byte{point.Encode(), items}, on)
	}
	return f.Try(p, f.Quorum()...)
}

// near returns a head of a member's open epoch at, below or above the one that is fixed.
func (f *Federation) near(random *rand.Rand, member string) motion.AnchoredHead {
	issuer := chartertest.Issuer(member).Public()
	r, _ := f.State.Constitution().Record(issuer)
	h := motion.AnchoredHead{Issuer: r.Index, Epoch: f.State.Constitution().OpenEpoch(issuer).Number, Sequence: random.Uint64N(3)}
	if last, _, fixed := f.State.Past().AnchoredHead(r.Index); fixed && last.Epoch == h.Epoch {
		h.Sequence = max(last.Sequence+random.Uint64N(4), 1) - 1
	}
	h.Digest = sha256.Sum256(fmt.Append(nil, h.Issuer, h.Epoch, h.Sequence))
	return h
}
