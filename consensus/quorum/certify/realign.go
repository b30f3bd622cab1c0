package certify

import (
	"errors"
	"fmt"
	"slices"

	"ringfence/consensus/cosign"
	"ringfence/store/checkpoint"
)

// Promise promises this regulator to a generation, which is one above its own and any
// that it is promised to, or one that others propose. From here on it reports and locks
// nothing more in its own. Asked again it says the same again.
func (c *Certifier) Promise(number uint64) (p cosign.SignedPromise, err error) {
	err = c.do(func() error {
		if c.lost != "" {
			return fmt.Errorf("certify: no promise: %s; it comes back with a new cosigning key", c.lost)
		}
		if c.broken != nil {
			return c.broken
		}
		s, promise, refused := c.state.Promise(number, c.newest.Tree)
		if refused != cosign.None {
			return fmt.Errorf("certify: no promise for generation %d: this regulator is in generation %d and promised to %d", number, c.state.Generation.Number, c.state.Promised)
		}
		if err := c.keep(s); err != nil {
			return err
		}
		p = cosign.SignPromise(c.cfg.Federation, promise, c.newest.Bytes(), c.cfg.Key)
		c.promises[p.By.Key] = p
		return nil
	})
	return p, err
}

// maxAhead is how far above the own generation one may be that somebody promises himself
// to. Each realignment takes one, and behind the last number there is none.
const maxAhead = 1 << 20

// HearPromise takes another regulator's promise. Of each the last number counts, and of
// that the first promise: an honest one shows the same lock whenever it says it.
func (c *Certifier) HearPromise(b []byte) error {
	return c.do(func() error {
		p, err := c.judge().OpenPromise(b)
		if err != nil {
			return err
		}
		if !c.regulates(p.By.Key, c.newest.Size) {
			return fmt.Errorf("certify: the promise of %s, which is no regulator", p.By.Key.Short())
		}
		if p.Number-min(p.Number, c.state.Generation.Number) > maxAhead {
			return fmt.Errorf("certify: the promise of %s for generation %d, which nobody could follow for long: this one is %d", p.By.Key.Short(), p.Number, c.state.Generation.Number)
		}
		old, known := c.promises[p.By.Key]
		if p.Number > c.state.Generation.Number && (!known || old.Number < p.Number) {
			c.promises[p.By.Key] = p
		}
		return nil
	})
}

// Promises returns those that were given for generations to come, ascending by key.
func (c *Certifier) Promises() (all []cosign.SignedPromise) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.promises {
		if p.Number > c.state.Generation.Number {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(p, o cosign.SignedPromise) int { return p.By.Key.Compare(o.By.Key) })
	return all
}

// Record makes the record of the promises for a generation, once there are enough. The
// record names the generation; who joins it needs its start: see cosign.State.Join.
func (c *Certifier) Record(number uint64) (cosign.Record, error) {
	all := slices.DeleteFunc(c.Promises(), func(p cosign.SignedPromise) bool { return p.Number != number })
	return c.judge().NewRecord(all)
}

// OpenRecord reads and verifies a record that somebody made.
func (c *Certifier) OpenRecord(b []byte) (cosign.Record, error) { return c.judge().OpenRecord(b) }

// judge believes promises. A lock may lie above all that is known here: then it takes a
// quorum of the last regulators that are. The decision that changes them ends all that is
// not certified, and what is certified goes first, so they are those that count, or half
// of them; who joins has the ledger up to there and judges again.
func (c *Certifier) judge() *cosign.Judge {
	return &cosign.Judge{Federation: c.cfg.Federation, Certified: c.certified, Quorum: func(size uint64, by []cosign.Signer) bool {
		if c.cfg.Known != nil {
			size = min(size, c.cfg.Known())
		}
		return c.cfg.Quorum(size, by)
	}}
}

// certified opens a checkpoint that is shown as certified.
func (c *Certifier) certified(b []byte) (checkpoint.Tree, error) {
	n, err := checkpoint.Open(b, checkpoint.Log(c.origin, c.cfg.LogKey.Public()))
	if err != nil {
		return checkpoint.Tree{}, err
	}
	set := c.cfg.Set(n.Size)
	var by []cosign.Signer
	for i, s := range set.Cosignatures(n) {
		if s != nil {
			by = append(by, cosign.Signer{Key: set[i].Key(), Signature: s.Signature})
		}
	}
	if !c.cfg.Quorum(n.Size, by) {
		return checkpoint.Tree{}, errors.New("the checkpoint is not cosigned by a quorum")
	}
	return n.Tree, nil
}
