package certify

import (
	"errors"
	"fmt"
	"slices"

	"ringfence/consensus/cosign"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// State returns what was kept last.
func (c *Certifier) State() cosign.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// SaidBy returns what a regulator said, as far as it is held: of the newest checkpoint and
// what is not certified.
func (c *Certifier) SaidBy(key keys.Public) (words []Word) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for saying := Reported; saying <= Cosigned; saying++ {
		for _, p := range c.heard.byWhom[speaker{key, saying}] {
			words = append(words, c.heard.words[p][key])
		}
	}
	return words
}

// Behind returns the locks that stand behind the newest checkpoint, as far as they are
// held, for a regulator that has not cosigned it: with q of them it may. Nothing for one
// that has.
func (c *Certifier) Behind(key keys.Public) (words []Word) {
	c.mu.Lock()
	defer c.mu.Unlock()
	newest := c.newest.Tree
	if _, cosigned := c.heard.words[place{saying: Cosigned, tree: newest}][key]; cosigned || newest.Size == 0 {
		return nil
	}
	if l := &c.state.Locked; l.Tree == newest && c.lost == "" && c.broken == nil {
		if own := (place{Locked, l.Generation, newest}); c.heard.words[own][c.cfg.Key.Public()] == (Word{}) {
			words = append(words, c.word(Locked, l.Generation, newest)) // of before a restart
		}
	}
	for _, p := range c.heard.places(Locked) {
		if p.tree != newest {
			continue
		}
		for _, by := range c.heard.agreement(p).Signers {
			words = append(words, Word{Saying: Locked, Generation: p.generation, Tree: newest, By: by})
		}
	}
	return words
}

// Silent returns why it says nothing: that its state is lost, or could not be kept, which
// wraps ErrBroken; nil if it does.
func (c *Certifier) Silent() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != "" {
		return fmt.Errorf("certify: %w: %s", ErrLost, c.lost)
	}
	return c.broken
}

// ErrLost is what errors wrap that say: the state is lost.
var ErrLost = errors.New("what this regulator signed is not known any more")

// Status is where a Certifier stands.
type Status struct {
	State  cosign.State
	Lost   string // why it says nothing, if so
	Broken error
	Newest checkpoint.Note
	Fresh  int64    // Unix seconds, since when Newest is known to stand
	Marks  []uint64 // sizes to be reported
	// Held is why the last report, lock and cosignature that were tried were not said.
	Held map[Saying]cosign.Refusal
	// Cosigned is when each regulator last cosigned Newest, as far as is known.
	Cosigned map[keys.Public]int64
	// Reporting is the largest size above Newest that each reported in the own generation.
	Reporting map[keys.Public]uint64
	// Said is who said what of sizes that are not certified.
	Said map[Saying]map[checkpoint.Tree][]keys.Public
}

// Status returns where it stands now.
func (c *Certifier) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := Status{
		State: c.state, Lost: c.lost, Broken: c.broken, Newest: c.newest, Fresh: c.fresh, Marks: slices.Clone(c.marks),
		Held: make(map[Saying]cosign.Refusal), Said: make(map[Saying]map[checkpoint.Tree][]keys.Public), Cosigned: make(map[keys.Public]int64),
		Reporting: make(map[keys.Public]uint64),
	}
	set := c.cfg.Set(c.newest.Size)
	for i, s := range set.Cosignatures(c.newest) {
		if s != nil {
			st.Cosigned[set[i].Key()] = s.Time
		}
	}
	for key, w := range c.heard.words[place{saying: Cosigned, tree: c.newest.Tree}] {
		st.Cosigned[key] = max(st.Cosigned[key], w.Time)
	}
	for saying := Reported; saying <= Cosigned; saying++ {
		if c.held[saying] != cosign.None {
			st.Held[saying] = c.held[saying]
		}
		st.Said[saying] = make(map[checkpoint.Tree][]keys.Public)
		for _, p := range c.heard.places(saying) {
			for _, by := range c.heard.agreement(p).Signers {
				if saying == Reported && p.generation == c.state.Generation && p.tree.Size > c.newest.Size {
					st.Reporting[by.Key] = max(st.Reporting[by.Key], p.tree.Size)
				}
				st.Said[saying][p.tree] = append(st.Said[saying][p.tree], by.Key)
			}
		}
	}
	return st
}
