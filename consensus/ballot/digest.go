package ballot

import (
	"crypto/sha256"
	"maps"
	"slices"

	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// Digest returns a hash of all that replicas agree on: the Past, and what is open. It is
// for comparing replicas that run the same release, and is no format.
func (s *State) Digest() merkle.Hash {
	past := s.past.Digest()
	b := slices.Clone(past[:])
	b = wire.AppendBool(b, s.carried)
	b = wire.AppendArray(b, len(s.order))
	for _, t := range s.order {
		b = append(b, t.ID.Bytes()...)
		b = wire.AppendArray(b, len(t.votes))
		for i := range t.votes {
			b = wire.AppendBytes(b, t.votes[i].Bytes())
		}
	}
	b = wire.AppendArray(b, len(s.withdrawn))
	for _, id := range slices.SortedFunc(maps.Keys(s.withdrawn), compareCID) {
		b = append(b, id.Bytes()...)
	}
	return sha256.Sum256(b)
}
