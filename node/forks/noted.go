package forks

import (
	"fmt"

	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/motion"
)

// Noted shows take each proof that decisions of the regulators put on record, in their
// order. An error of take ends it; another says that a decision is none that a ledger
// holds.
func Noted(decided []charter.Enacted, take func(feed.ForkProof) error) error {
	for i := range decided {
		d := &decided[i]
		if d.Motion == nil || d.Motion.Motion.Kind != motion.NoteFork {
			continue
		}
		for k, item := range d.Items {
			proof, err := feed.ParseForkProof(item.Item)
			if err == nil {
				err = take(proof)
			}
			if err != nil {
				return fmt.Errorf("forks: ledger entry %d: %w", d.First+1+uint64(k), err)
			}
		}
	}
	return nil
}
