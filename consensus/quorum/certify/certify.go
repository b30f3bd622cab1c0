package certify

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/cosign"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// Config is what a Certifier stands on. All functions are required; they are called
// one at a time, except Log's, Quorum and Set, and must not call the Certifier.
type Config struct {
	Federation cid.Cid
	Key        keys.Private // cosigns
	LogKey     keys.Private // signs checkpoints as the log; every regulator holds it

	State cosign.State // what was kept last
	// Lost is why the state is not what was kept last, if it is not: nothing is said then.
	Lost string
	// Newest is the newest certified checkpoint, or the zero Note.
	Newest checkpoint.Note

	Log    cosign.Log    // what was applied here
	Quorum cosign.Quorum // by whom a size is decided
	// Known is the largest size of which Quorum and Set know. May be nil: they know all.
	Known func() uint64
	// Set returns the cosigners of a size: where the regulators change, the old and the
	// new. It is empty for a size that is not known here yet.
	Set func(size uint64) checkpoint.Set

	// Keep makes the state durable, unless it is lost. An error is final.
	Keep func(cosign.State) error
	// Forgot makes it durable that the state is lost, and why.
	Forgot func(why string) error
	// Say sends words to all other regulators, and does not wait.
	Say func(words []Word)
	// Certified takes a checkpoint that was certified just now, or is known to stand
	// since later.
	Certified func(n checkpoint.Note, fresh int64)
	// Lied takes two words that no honest regulator says both.
	Lied func(Conflict)

	Now func() int64 // Unix seconds
}

// Certifier is one regulator's part. It may be used concurrently.
type Certifier struct {
	cfg    Config
	origin string

	mu     sync.Mutex
	state  cosign.State
	lost   string
	broken error // of Keep: nothing is said any more
	ended  bool
	marks  []uint64
	heard  *heard
	newest checkpoint.Note
	fresh  int64
	by     int                          // so many cosigned newest
	told   uint64                       // heard.cosigned when the newest checkpoint was written
	held   [Cosigned + 1]cosign.Refusal // why the last of each was not said
	out    output

	promises map[keys.Public]cosign.SignedPromise // by cosigning key
}

// output is what leaves once the lock is released.
type output struct {
	words     []Word
	note      *checkpoint.Note
	fresh     int64
	conflicts []Conflict
}

// maxMarks is how many sizes wait to be reported; beyond, the oldest are given up:
// what comes later certifies them too.
const maxMarks = 4096

// New returns a Certifier that begins with what was kept. If that is promised to another
// generation it holds the promise again.
func New(cfg Config) *Certifier {
	c := &Certifier{
		cfg: cfg, origin: checkpoint.Origin(cfg.Federation), state: cfg.State, lost: cfg.Lost, newest: cfg.Newest, heard: newHeard(),
		promises: make(map[keys.Public]cosign.SignedPromise),
	}
	if s := &c.state; c.lost == "" && s.Promised > s.Generation.Number {
		if _, promise, refused := s.Promise(s.Promised, c.newest.Tree); refused == cosign.None {
			c.promises[cfg.Key.Public()] = cosign.SignPromise(cfg.Federation, promise, c.newest.Bytes(), cfg.Key)
		}
	}
	return c
}

// ErrEnded is what a Certifier returns after End.
var ErrEnded = errors.New("this certifier has ended")

// End ends a Certifier: from when it returns nothing more is kept or said, so that
// another may go on from what was kept.
func (c *Certifier) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// do runs f under the lock, sees how far things go now, and lets out what came of it.
func (c *Certifier) do(f func() error) error {
	c.mu.Lock()
	err := ErrEnded
	if !c.ended {
		err = f()
	}
	if err == nil {
		err = c.advance()
	}
	out := c.out
	c.out = output{}
	c.mu.Unlock()
	if len(out.words) > 0 {
		c.cfg.Say(out.words)
	}
	for _, conflict := range out.conflicts {
		c.cfg.Lied(conflict)
	}
	if out.note != nil {
		c.cfg.Certified(*out.note, out.fresh)
	}
	return err
}

// Mark says that a size is to be certified: Raft's log marks it.
func (c *Certifier) Mark(size uint64) error {
	return c.do(func() error {
		if n := len(c.marks); n > 0 && c.marks[n-1] >= size {
			return nil
		}
		if c.marks = append(c.marks, size); len(c.marks) > maxMarks {
			c.marks = slices.Delete(c.marks, 0, 1)
		}
		return nil
	})
}

// Applied says that the log has changed.
func (c *Certifier) Applied() error { return c.do(func() error { return nil }) }

// Hear takes a word from whomever. Its error says what is wrong with the word; that of
// Keep wraps ErrBroken.
func (c *Certifier) Hear(w Word) error {
	return c.do(func() error {
		switch {
		case w.Tree.Size < c.newest.Size || c.heard.has(&w):
			return nil
		case w.By.Key != c.cfg.Key.Public() && !c.regulates(w.By.Key, w.Tree.Size):
			return fmt.Errorf("certify: %s at size %d: %w", w.By.Key.Short(), w.Tree.Size, ErrStranger)
		case !w.verify(c.cfg.Federation):
			return fmt.Errorf("certify: the word that %s %s %s is not signed by it", w.By.Key.Short(), w.Saying, w.Tree)
		case w.By.Key == c.cfg.Key.Public():
			return c.mirror(&w)
		}
		if conflict := c.heard.add(w); conflict != nil {
			c.out.conflicts = append(c.out.conflicts, *conflict)
		}
		return nil
	})
}

// ErrStranger is what errors wrap that say: a word is by none of the regulators that are
// known here. Who lags may not know them yet.
var ErrStranger = errors.New("no regulator, as far as is known here")

// regulates reports whether a key cosigns at a size. Of a size that is not known yet
// those of the newest are heard.
func (c *Certifier) regulates(key keys.Public, size uint64) bool {
	set := c.cfg.Set(size)
	if len(set) == 0 {
		set = c.cfg.Set(c.newest.Size)
	}
	return has(set, key)
}

func has(set checkpoint.Set, key keys.Public) bool {
	return slices.ContainsFunc(set, func(v checkpoint.Verifier) bool { return v.Key() == key })
}

// mirror looks at a word of one's own that somebody passes on.
func (c *Certifier) mirror(w *Word) error {
	if c.lost != "" || c.remembers(w) {
		return nil
	}
	return c.forgot(w.Saying, w.Tree)
}

// remembers reports whether the state may be that of a regulator which said w.
func (c *Certifier) remembers(w *Word) bool {
	s := &c.state
	if w.Saying == Cosigned {
		return w.Tree == s.Cosigned || w.Tree.Size < s.Cosigned.Size
	}
	if w.Generation != s.Generation {
		return w.Generation.Number < s.Generation.Number
	}
	if w.contradicts(s.Reported...) || s.Locked.Generation == s.Generation && w.contradicts(s.Locked.Tree) {
		return false
	}
	last := max(s.Start.Size, s.Settled.Size)
	if s.Locked.Generation == s.Generation {
		last = max(last, s.Locked.Tree.Size)
	}
	if n := len(s.Reported); n > 0 && w.Saying == Reported {
		last = s.Reported[n-1].Size
	}
	return w.Tree.Size <= last
}

// contradicts reports whether w is about a tree of a size at which one of trees is another.
func (w *Word) contradicts(trees ...checkpoint.Tree) bool {
	return slices.ContainsFunc(trees, func(t checkpoint.Tree) bool { return t.Size == w.Tree.Size && t != w.Tree })
}

// forgot ends all that this regulator says.
func (c *Certifier) forgot(saying Saying, t checkpoint.Tree) error {
	c.lost = fmt.Sprintf("others hold a word of this regulator that it does not remember: that it %s %s", saying, t)
	if err := c.cfg.Forgot(c.lost); err != nil {
		return c.fail(err)
	}
	return nil
}

// ErrBroken is what errors wrap that say: what is to be said could not be kept, so
// nothing is said any more.
var ErrBroken = errors.New("what this regulator says could not be kept")

func (c *Certifier) fail(err error) error {
	c.broken = fmt.Errorf("certify: %w: %w", ErrBroken, err)
	return c.broken
}

// advance says all that may be said now.
func (c *Certifier) advance() error {
	if c.broken != nil {
		return c.broken
	}
	if c.lost == "" {
		for _, part := range []func() error{c.report, c.lock, c.cosign} {
			if err := part(); err != nil {
				return err
			}
		}
	}
	return c.certify()
}

// keep makes s the state, durably, and says the words. What is said once more, with
// the state as it is, is kept already. A state that is lost is not kept any more:
// nothing is said of it.
func (c *Certifier) keep(s cosign.State, words ...Word) error {
	if c.lost != "" {
		c.state = s
		return nil
	}
	if err := c.cfg.Keep(s); err != nil {
		return c.fail(err)
	}
	c.state = s
	c.say(words...)
	return nil
}

func (c *Certifier) say(words ...Word) {
	for _, w := range words {
		c.heard.add(w)
	}
	c.out.words = append(c.out.words, words...)
}

func (c *Certifier) word(saying Saying, g cosign.Generation, t checkpoint.Tree) Word {
	return Word{Saying: saying, Generation: g, Tree: t, By: saying.phase().Sign(c.cfg.Federation, g, t, c.cfg.Key)}
}

// report reports the sizes that are marked and applied, with one write for them all.
func (c *Certifier) report() error {
	s, words := c.state, []Word(nil)
	for len(c.marks) > 0 {
		if set := c.cfg.Set(c.marks[0]); len(set) > 0 && !has(set, c.cfg.Key.Public()) {
			c.marks = c.marks[1:] // before this regulator was one, or since
			continue
		}
		next, tree, refused := s.Report(c.marks[0], c.cfg.Log)
		if c.held[Reported] = refused; refused != cosign.None && refused != cosign.Passed {
			break
		}
		if c.marks = c.marks[1:]; refused == cosign.None {
			s, words = next, append(words, c.word(Reported, s.Generation, tree))
		}
	}
	if len(words) == 0 {
		return nil
	}
	return c.keep(s, words...)
}

// lock locks the largest tree that it may.
func (c *Certifier) lock() error {
	for _, p := range c.heard.places(Reported) {
		if p.generation != c.state.Generation || !slices.Contains(c.state.Reported, p.tree) {
			continue
		}
		s, refused := c.state.Lock(c.heard.agreement(p), c.cfg.Quorum, c.cfg.Log)
		if c.held[Locked] = refused; refused == cosign.None {
			return c.keep(s, c.word(Locked, p.generation, p.tree))
		}
	}
	return nil
}

// cosign cosigns the largest tree that it may.
func (c *Certifier) cosign() error {
	for _, p := range c.heard.places(Locked) {
		if p.tree.Size <= c.state.Cosigned.Size {
			break
		}
		s, refused := c.state.Cosign(c.heard.agreement(p), c.cfg.Quorum, c.cfg.Log)
		if c.held[Cosigned] = refused; refused == cosign.None {
			return c.keep(s, c.cosignature(p.tree))
		}
	}
	return nil
}

// cosignature is the public one, as of now.
func (c *Certifier) cosignature(t checkpoint.Tree) Word {
	s := c.checkpoint(t).Cosign(c.cfg.Key, c.cfg.Now())
	return Word{Saying: Cosigned, Tree: t, By: cosign.Signer{Key: c.cfg.Key.Public(), Signature: s.Signature}, Time: s.Time}
}

func (c *Certifier) checkpoint(t checkpoint.Tree) checkpoint.Checkpoint {
	return checkpoint.Checkpoint{Origin: c.origin, Tree: t}
}

// certify makes a checkpoint of the cosignatures of the largest tree that has enough.
func (c *Certifier) certify() error {
	for _, p := range c.heard.places(Cosigned) {
		if p.tree.Size < c.newest.Size || p.tree == c.newest.Tree && c.told == c.heard.cosigned {
			break // known: writing it anew takes as many signature checks as there are regulators
		}
		if !c.cfg.Quorum(p.tree.Size, c.heard.agreement(p).Signers) {
			continue
		}
		n, err := c.note(p)
		if err != nil {
			return err
		}
		c.told = c.heard.cosigned
		return c.learn(n)
	}
	return nil
}

// note writes the checkpoint of a tree with all cosignatures that were heard.
func (c *Certifier) note(p place) (checkpoint.Note, error) {
	n, err := checkpoint.Sign(c.checkpoint(p.tree), c.cfg.LogKey)
	if err != nil {
		return n, err
	}
	for _, v := range c.cfg.Set(p.tree.Size) {
		w, ok := c.heard.words[p][v.Key()]
		if !ok {
			continue
		}
		if n, err = n.With(v, checkpoint.Cosignature{Time: w.Time, Signature: w.By.Signature}); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Learn takes a checkpoint that is known to be certified, from wherever.
func (c *Certifier) Learn(n checkpoint.Note) error { return c.do(func() error { return c.learn(n) }) }

func (c *Certifier) learn(n checkpoint.Note) error {
	set := c.cfg.Set(n.Size)
	given := set.Cosignatures(n)
	another := n.Size == c.newest.Size && n.Tree != c.newest.Tree
	fresh, _ := set.Fresh(given)
	by := checkpoint.Count(given)
	if n.Size < c.newest.Size || n.Size == c.newest.Size && !another && (fresh < c.fresh || fresh == c.fresh && by <= c.by) {
		return nil
	}
	for i, s := range given {
		own := s != nil && set[i].Key() == c.cfg.Key.Public()
		if own && c.lost == "" && !c.remembers(&Word{Saying: Cosigned, Tree: n.Tree}) {
			if err := c.forgot(Cosigned, n.Tree); err != nil {
				return err
			}
		}
	}
	if another {
		c.split(set, n, given)
		return nil
	}
	s, refused := c.state.Settle(n.Tree, c.cfg.Log)
	if refused == cosign.Rewritten || refused == cosign.Conflict {
		c.held[Reported] = refused
	}
	if refused != cosign.Passed && refused != cosign.Conflict {
		if err := c.keep(s); err != nil {
			return err
		}
	}
	c.newest, c.fresh, c.by = n, fresh, by
	c.heard.forget(n.Size)
	c.out.note, c.out.fresh = &n, fresh
	return nil
}

// Again says once more what nobody may have heard, and with it what stands behind:
// what was reported and not locked, the lock that is not certified with its reports,
// the cosignature that is not.
func (c *Certifier) Again() error {
	return c.do(func() error {
		if c.lost != "" || c.broken != nil {
			return c.broken
		}
		s := &c.state
		for _, t := range s.Reported {
			if t.Size > c.newest.Size {
				c.say(c.word(Reported, s.Generation, t))
			}
		}
		if l := &s.Locked; !l.IsZero() && l.Generation == s.Generation && l.Tree.Size > c.newest.Size {
			for _, by := range l.Signers {
				c.say(Word{Saying: Reported, Generation: l.Generation, Tree: l.Tree, By: by})
			}
			c.say(c.word(Locked, l.Generation, l.Tree))
		}
		if s.Cosigned.Size > c.newest.Size {
			c.say(c.cosignature(s.Cosigned))
		}
		return nil
	})
}

// Refresh cosigns the newest checkpoint anew, so that everybody sees that it still is.
func (c *Certifier) Refresh() error {
	return c.do(func() error {
		if c.lost == "" && c.broken == nil && c.state.Cosigned == c.newest.Tree && c.newest.Size > 0 {
			c.say(c.cosignature(c.newest.Tree))
		}
		return nil
	})
}
