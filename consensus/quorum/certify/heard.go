package certify

import (
	"cmp"
	"slices"

	"ringfence/consensus/cosign"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// place is what words agree on.
type place struct {
	saying     Saying
	generation cosign.Generation
	tree       checkpoint.Tree
}

// heard is what regulators said of trees that are not certified yet. Of each regulator
// it holds so many places a saying, those of the last generations and there of the highest
// sizes: in another generation it begins below what it said in the one before.
type heard struct {
	words  map[place]map[keys.Public]Word
	byWhom map[speaker][]place // ascending by generation, then size

	cosigned uint64 // how many cosignatures were filed ever
}

type speaker struct {
	key    keys.Public
	saying Saying
}

// Conflict is two words of one regulator that no honest one says both.
type Conflict struct{ First, Second Word }

func newHeard() *heard {
	return &heard{words: make(map[place]map[keys.Public]Word), byWhom: make(map[speaker][]place)}
}

// has reports whether just that was heard, but for the time of a cosignature.
func (h *heard) has(w *Word) bool {
	old, ok := h.words[w.place()][w.By.Key]
	return ok && old.Time >= w.Time
}

func (w *Word) place() place { return place{w.Saying, w.Generation, w.Tree} }

// add files a verified word, and returns the one that it contradicts.
func (h *heard) add(w Word) *Conflict {
	who, at := speaker{w.By.Key, w.Saying}, w.place()
	if w.Saying == Cosigned {
		h.cosigned++
	}
	var conflict *Conflict
	said := h.byWhom[who]
	for _, p := range said {
		if p != at && p.tree.Size == at.tree.Size && p.generation == at.generation {
			conflict = &Conflict{h.words[p][w.By.Key], w}
		}
	}
	if h.words[at] == nil {
		h.words[at] = make(map[keys.Public]Word)
	}
	if _, again := h.words[at][w.By.Key]; !again {
		said = append(said, at)
		slices.SortStableFunc(said, func(p, q place) int {
			return cmp.Or(cmp.Compare(p.generation.Number, q.generation.Number), cmp.Compare(p.tree.Size, q.tree.Size))
		})
		if len(said) > cosign.MaxPending {
			h.drop(said[0], w.By.Key)
			said = said[1:]
		}
		if h.byWhom[who] = said; !slices.Contains(said, at) {
			return conflict
		}
	}
	h.words[at][w.By.Key] = w
	return conflict
}

func (h *heard) drop(p place, key keys.Public) {
	delete(h.words[p], key)
	if len(h.words[p]) == 0 {
		delete(h.words, p)
	}
}

// agreement returns all that say so of a tree, ascending by key.
func (h *heard) agreement(p place) cosign.Agreement {
	a := cosign.Agreement{Generation: p.generation, Tree: p.tree}
	for _, w := range h.words[p] {
		a.Signers = append(a.Signers, w.By)
	}
	slices.SortFunc(a.Signers, func(s, o cosign.Signer) int { return s.Key.Compare(o.Key) })
	return a
}

// places returns where something was said, the highest sizes first.
func (h *heard) places(saying Saying) (all []place) {
	for p := range h.words {
		if p.saying == saying {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(p, q place) int {
		return cmp.Or(cmp.Compare(q.tree.Size, p.tree.Size), slices.Compare(q.tree.Root[:], p.tree.Root[:]), cmp.Compare(q.generation.Number, p.generation.Number),
			slices.Compare(q.generation.Record[:], p.generation.Record[:]))
	})
	return all
}

// forget drops what was said below a size.
func (h *heard) forget(below uint64) {
	for who, said := range h.byWhom {
		kept := slices.DeleteFunc(said, func(p place) bool {
			if p.tree.Size < below {
				h.drop(p, who.key)
				return true
			}
			return false
		})
		if h.byWhom[who] = kept; len(kept) == 0 {
			delete(h.byWhom, who)
		}
	}
}

// split takes another tree of the size of the newest checkpoint that is said to be certified
// as well. The one that came first stays; whoever cosigned both is told of.
func (c *Certifier) split(set checkpoint.Set, other checkpoint.Note, given []*checkpoint.Cosignature) {
	word := func(t checkpoint.Tree, by keys.Public, s *checkpoint.Cosignature) Word {
		return Word{Saying: Cosigned, Tree: t, By: cosign.Signer{Key: by, Signature: s.Signature}, Time: s.Time}
	}
	for i, first := range set.Cosignatures(c.newest) {
		if first != nil && given[i] != nil {
			by := set[i].Key()
			c.out.conflicts = append(c.out.conflicts, Conflict{word(c.newest.Tree, by, first), word(other.Tree, by, given[i])})
		}
	}
}
