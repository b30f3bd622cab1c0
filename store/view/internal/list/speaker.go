package list

import (
	"fmt"
	"slices"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/harmonise"
	"ringfence/store/keys"
)

// FeedEpoch names one epoch of one issuer's feed.
type FeedEpoch struct {
	Issuer keys.Public
	Epoch  uint64
}

// Speaker is what the charter says of an issuer that is or was admitted.
type Speaker struct {
	Key      keys.Public
	Member   charter.MemberIndex
	group    uint16
	weight   uint16
	rank     uint32 // among all, by the bytes of their keys
	epoch    uint64 // the last that the ledger opened
	Expelled bool
}

// Speakers returns all by their places in the roster.
func Speakers(state *charter.State) []Speaker {
	all := make([]Speaker, state.Admitted())
	order := make([]uint32, len(all))
	for i := range all {
		r, _ := state.RecordAt(uint32(i))
		s := Speaker{Key: r.Key, Member: r.Member, group: state.Group(r.Member), weight: state.Weight(r.Member)}
		if n := len(r.Epochs); n > 0 {
			s.epoch = r.Epochs[n-1].Number
		}
		s.Expelled = r.End != nil && r.End.How == article.Expel
		all[i], order[i] = s, uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return all[a].Key.Compare(all[b].Key) })
	for rank, i := range order {
		all[i].rank = uint32(rank)
	}
	return all
}

// NewRules compiles the policy. It fails when this release does not know the rules version.
func NewRules(state *charter.State) (*harmonise.Rules, error) {
	rules, err := harmonise.NewRules(*state.Policy())
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	return rules, nil
}
