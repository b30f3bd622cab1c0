package council

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/group"
	"ringfence/node/api"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// Times of submitting.
const (
	submitTime   = 20 * time.Second // of one command, until a person is told
	againEvery   = 3 * time.Second  // that what was refused for the time being is submitted
	againTime    = 10 * time.Second // of one command then
	lookEvery    = 250 * time.Millisecond
	appearTime   = 3 * time.Second // until what was taken shows here, …
	appearEvery  = 10 * time.Millisecond
	maxPending   = 1024 // commands that are kept to be submitted again
	spaceCouncil = "council"
)

// pending is a command that is to be submitted again, and why.
type pending struct {
	motion  cid.Cid
	command []byte
	expires int64         // Unix seconds, of its motion
	shows   shows         // that it was taken; nil: nothing does
	why     phrase.Phrase // the last refusal; zero when what became of it is not known
}

// shows reports whether the docket shows what a command did to its motion, nil when that
// is not before the regulators.
type shows func(*ballot.Open) bool

// appears waits until this regulator has applied what the leader said that it did, so
// that a person sees what he did; a moment at most, since only looks depend on it.
func (c *Council) appears(ctx context.Context, p *pending) {
	ctx, stop := context.WithTimeout(ctx, appearTime)
	defer stop()
	for p.shows != nil {
		d, running := c.cfg.Regulator.Docket()
		var open *ballot.Open
		if i := slices.IndexFunc(d.Motions, func(o ballot.Open) bool { return o.Motion.ID.Equals(p.motion) }); i >= 0 {
			open = &d.Motions[i]
		}
		if !running || p.shows(open) || open == nil && c.cfg.Regulator.Entered(p.motion) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(appearEvery):
		}
	}
}

// submit brings a command of this node before the regulators. It returns why it is not
// done yet and goes on by itself, none if it is done, or an error when nothing came of
// it.
func (c *Council) submit(ctx context.Context, p pending) (waits phrase.Phrase, err error) {
	if c.cfg.Regulator == nil {
		return phrase.Phrase{}, errNoRegulator()
	}
	ctx, stop := context.WithTimeout(ctx, submitTime)
	defer stop()
	for unsure := false; ; {
		answer, err := c.cfg.Regulator.Submit(ctx, p.command)
		unsure = unsure || errors.Is(err, group.ErrUnknown)
		switch {
		case err == nil:
			if waits, err = c.answered(&p, &answer); err == nil && waits.IsZero() {
				c.appears(ctx, &p)
			}
			return waits, err
		case errors.Is(err, group.ErrUnknown) && ctx.Err() == nil:
			// Commands are signed and count once: that it is known shows in the answer.
			select {
			case <-ctx.Done():
			case <-time.After(lookEvery):
			}
			continue
		case unsure && err != nil: // also if nobody is there any more to ask again
			return unknown(), c.keep(p)
		case errors.Is(err, group.ErrNoLeader), errors.Is(err, group.ErrStopped), ctx.Err() != nil:
			return phrase.Phrase{}, noQuorum()
		}
		return phrase.Phrase{}, fmt.Errorf("council: %w", err)
	}
}

// answered takes what Raft's order made of a command.
func (c *Council) answered(p *pending, a *applied.Answer) (waits phrase.Phrase, err error) {
	switch {
	case a.Outcome != ballot.Refused:
		return phrase.Phrase{}, nil
	case a.Refusal.Code.Passing():
		p.why = told(a.Refusal)
		return p.why, c.keep(*p)
	}
	return phrase.Phrase{}, refusedBy(a.Refusal)
}

func unknown() phrase.Phrase {
	return phrase.New("council.unknown", "what became of it is not known yet; the node submits it again until it is, and it counts once")
}

func noQuorum() error {
	return api.Tell(api.Unavailable, phrase.New("council.no_quorum", "no quorum of the regulators can be reached, so nothing was done; ringfence quorum status shows who is missing"))
}

func errNoRegulator() error { return words.NoRegulator() }

// name is where a command is kept.
func (p *pending) name() string {
	sum := sha256.Sum256(p.command)
	return "again-" + hex.EncodeToString(sum[:16])
}

// keep has a command submitted again.
func (c *Council) keep(p pending) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := p.name()
	if _, have := c.pending[name]; !have && len(c.pending) >= maxPending {
		return api.Tell(api.Refused, phrase.New("council.too_many_pending", "%d votes and motions of this node wait to be submitted again already", maxPending))
	}
	b := wire.AppendArray(nil, 4)
	b = wire.AppendUint(b, 1)
	b = wire.AppendBytes(b, p.motion.Bytes())
	b = wire.AppendUint(b, uint64(p.expires))
	b = wire.AppendBytes(b, p.command)
	if err := c.cfg.Store.Put(spaceCouncil, name, b); err != nil {
		return fmt.Errorf("council: keep what is to be submitted again: %w", err)
	}
	c.pending[name] = &p
	return nil
}

// drop forgets the kept commands of a verb about a motion, and reports whether there
// were any: the newest word of a person counts, also against what waits.
func (c *Council) drop(id cid.Cid, verb ballot.Verb) (found bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, p := range c.pending {
		if !p.motion.Equals(id) || ballot.VerbOf(p.command) != verb {
			continue
		}
		if err := c.cfg.Store.Delete(spaceCouncil, name); err != nil {
			return false, fmt.Errorf("council: forget what is to be submitted again: %w", err)
		}
		delete(c.pending, name)
		found = true
	}
	return found, nil
}

// recall reads the commands that are to be submitted again.
func (c *Council) recall() error {
	err := c.cfg.Store.List(spaceCouncil, func(key string, b []byte) error {
		in := wire.NewReader("council: kept command", b)
		in.Array("kept command", 4, 4)
		in.Version(1)
		id := in.Bytes("motion", 1, taxonomy.CIDSize)
		p := pending{expires: int64(in.Uint("expires", uint64(taxonomy.MaxTime)))}
		p.command = in.Bytes("command", 1, ballot.MaxCommand)
		err := in.End()
		if err == nil {
			p.motion, err = taxonomy.CIDFromBytes(id)
		}
		if err != nil {
			return fmt.Errorf("council: %s: %w", key, err)
		}
		c.pending[key] = &p
		return nil
	})
	return err
}

// waiting returns why a command about a motion waits to be submitted again, if one does.
func (c *Council) waiting(id cid.Cid) (why phrase.Phrase, waits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pending {
		if p.motion.Equals(id) {
			if p.why.IsZero() {
				return unknown(), true
			}
			return p.why, true
		}
	}
	return phrase.Phrase{}, false
}

// goOn submits again what is kept, until ctx ends.
func (c *Council) goOn(ctx context.Context) {
	if c.cfg.Regulator == nil {
		<-ctx.Done()
		return
	}
	var parts sync.WaitGroup
	defer parts.Wait()
	if c.anchors != nil {
		parts.Go(func() { c.anchors.Run(ctx) })
	}
	tick := time.NewTicker(againEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.again(ctx)
		}
	}
}

// again submits everything that is kept once more.
func (c *Council) again(ctx context.Context) {
	c.mu.Lock()
	all := make(map[string]pending, len(c.pending))
	for name, p := range c.pending {
		all[name] = *p
	}
	c.mu.Unlock()
	for name, p := range all {
		if ctx.Err() != nil {
			return
		}
		if c.cfg.Now().Unix() > p.expires {
			c.done(name, p.motion, phrase.New("council.gave_up", "it expired before it could be taken"))
			continue
		}
		within, stop := context.WithTimeout(ctx, againTime)
		answer, err := c.cfg.Regulator.Submit(within, p.command)
		stop()
		switch {
		case err != nil:
			return // nobody is there to ask; the others would hear the same
		case answer.Outcome != ballot.Refused, answer.Refusal.Code == enact.StaleVote, answer.Refusal.Code == enact.Enacted:
			c.done(name, p.motion, phrase.Phrase{})
		case answer.Refusal.Code.Passing():
			p.why = told(answer.Refusal)
			c.mu.Lock()
			if c.pending[name] != nil {
				c.pending[name].why = p.why
			}
			c.mu.Unlock()
		default:
			c.done(name, p.motion, told(answer.Refusal))
		}
	}
}

// done forgets a kept command, and remembers why nothing came of it, if so.
func (c *Council) done(name string, id cid.Cid, why phrase.Phrase) {
	if err := c.cfg.Store.Delete(spaceCouncil, name); err != nil {
		c.log.Error("a command that was submitted again is not forgotten", "reason", err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, name)
	if m := c.known[id]; m != nil && !why.IsZero() {
		m.refusal = why
		c.log.Warn("what was put to the regulators came to nothing", "motion", id.String(), "reason", why.Text)
	}
}
