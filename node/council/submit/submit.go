// Package submit brings the commands of a regulator's node before the regulators: votes,
// and motions with their items.
//
// What is refused for the time being (enact.Code.Passing), and a command of which nobody
// knows what became, or only the leader of Raft, who may lie, is kept over restarts and
// submitted again until it is known: commands are signed and count once.
//
// Floor 12, a room of node/council. It judges nothing: what counts is the ballot's.
package submit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/standing"
	"ringfence/node/api"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// Every is how often what was refused for the time being is submitted again.
const Every = 3 * time.Second

// Bounds of submitting.
const (
	oneTime     = 20 * time.Second // of one command, until a person is told, …
	ledTime     = 6 * time.Second  // … and while nobody leads: longer than it takes to elect one
	againTime   = 10 * time.Second // of one command that is submitted again
	lookEvery   = 250 * time.Millisecond
	appearTime  = 3 * time.Second // until what was taken shows here, or is submitted again
	appearEvery = 10 * time.Millisecond
	maxKept     = 1024 // commands that are kept to be submitted again
	space       = "council"
)

// Regulator is a regulator's part in keeping the ledger.
type Regulator interface {
	Submit(ctx context.Context, command []byte) (applied.Answer, error)
	Shows(command []byte) bool
	Status() standing.Status
}

// Store keeps small values.
type Store interface {
	Put(space, key string, value []byte) error
	List(space string, fn func(key string, value []byte) error) error
	Delete(space, key string) error
}

// Config is what a Submitter stands on.
type Config struct {
	Regulator Regulator // nil of a member, who submits nothing
	Store     Store
	Now       func() time.Time
	Logger    *slog.Logger
	Ended     func(id cid.Cid, why phrase.Phrase) // told of a kept command that came to nothing
}

// Command is what is submitted about a motion.
type Command struct {
	Motion  cid.Cid
	Bytes   []byte
	Expires int64 // Unix seconds, of its motion
}

// kept is a command that is to be submitted again, and why.
type kept struct {
	Command
	why phrase.Phrase // the last refusal; zero when what became of it is not known
}

// Submitter submits commands. It may be used concurrently.
type Submitter struct {
	cfg Config

	mu   sync.Mutex
	kept map[string]*kept // by key in the store
}

// New makes a Submitter, with the commands that it had not done with.
func New(cfg Config) (*Submitter, error) {
	c := &Submitter{cfg: cfg, kept: make(map[string]*kept)}
	return c, c.recall()
}

// Submit brings a command of this node before the regulators. It returns why it is not
// done yet and goes on by itself, none if it is done, or an error when nothing came of
// it.
func (c *Submitter) Submit(ctx context.Context, p Command) (waits phrase.Phrase, err error) {
	if c.cfg.Regulator == nil {
		return phrase.Phrase{}, words.NoRegulator()
	}
	ctx, stop := context.WithTimeout(ctx, oneTime)
	defer stop()
	go c.mind(ctx, stop)
	for unsure := false; ; {
		answer, err := c.cfg.Regulator.Submit(ctx, p.Bytes)
		unsure = unsure || errors.Is(err, group.ErrUnknown)
		switch {
		case err == nil:
			if waits, err = c.answered(&p, &answer); err != nil || !waits.IsZero() || c.appears(ctx, &p) {
				return waits, err
			}
			unsure = true // it is the leader's word, and nothing is seen of it
			if ctx.Err() == nil {
				continue
			}
			return unknown(), c.keep(kept{Command: p})
		case errors.Is(err, group.ErrUnknown) && ctx.Err() == nil:
			// Commands are signed and count once: that it is known shows in the answer.
			select {
			case <-ctx.Done():
			case <-time.After(lookEvery):
			}
			continue
		case unsure && err != nil: // also if nobody is there any more to ask again
			return unknown(), c.keep(kept{Command: p})
		case errors.Is(err, group.ErrNoLeader), errors.Is(err, group.ErrStopped), ctx.Err() != nil:
			return phrase.Phrase{}, NoQuorum()
		}
		return phrase.Phrase{}, fmt.Errorf("council: %w", err)
	}
}

// mind stops waiting once nobody has led the regulators for so long that there is no quorum:
// with one they elect somebody sooner.
func (c *Submitter) mind(ctx context.Context, stop context.CancelFunc) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for led := time.Now(); time.Since(led) < ledTime; {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		status := c.cfg.Regulator.Status()
		if slices.ContainsFunc(status.Regulators, func(s standing.Seat) bool { return s.Leads }) {
			led = time.Now()
		}
	}
	stop()
}

// answered takes what Raft's order made of a command.
func (c *Submitter) answered(p *Command, a *applied.Answer) (waits phrase.Phrase, err error) {
	switch {
	case a.Outcome != ballot.Refused:
		return phrase.Phrase{}, nil
	case a.Refusal.Code.Passing():
		why := words.Told(a.Refusal)
		return why, c.keep(kept{*p, why})
	}
	return phrase.Phrase{}, words.Refused(a.Refusal)
}

// appears waits until this regulator has applied itself what the leader said that it did, a
// moment at most: a leader who lies, or was none any more, may have lost it.
func (c *Submitter) appears(ctx context.Context, p *Command) bool {
	ctx, stop := context.WithTimeout(ctx, appearTime)
	defer stop()
	for !c.cfg.Regulator.Shows(p.Bytes) {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(appearEvery):
		}
	}
	return true
}

func unknown() phrase.Phrase {
	return phrase.New("council.unknown", "what became of it is not known yet; the node submits it again until it is, and it counts once")
}

// NoQuorum is why nothing was done that takes a quorum.
func NoQuorum() error {
	return api.Tell(api.Unavailable, phrase.New("council.no_quorum", "no quorum of the regulators can be reached, so nothing was done; ringfence quorum status shows who is missing"))
}

// name is where a command is kept.
func (p *Command) name() string {
	sum := sha256.Sum256(p.Bytes)
	return "again-" + hex.EncodeToString(sum[:16])
}

// keep has a command submitted again.
func (c *Submitter) keep(p kept) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := p.name()
	if _, have := c.kept[name]; !have && len(c.kept) >= maxKept {
		return api.Tell(api.Refused, phrase.New("council.too_many_pending", "%d votes and motions of this node wait to be submitted again already", maxKept))
	}
	b := wire.AppendArray(nil, 4)
	b = wire.AppendUint(b, 1)
	b = wire.AppendBytes(b, p.Motion.Bytes())
	b = wire.AppendUint(b, uint64(p.Expires))
	b = wire.AppendBytes(b, p.Bytes)
	if err := c.cfg.Store.Put(space, name, b); err != nil {
		return fmt.Errorf("council: keep what is to be submitted again: %w", err)
	}
	c.kept[name] = &p
	return nil
}

// Drop forgets the kept commands of a verb about a motion, and reports whether there
// were any: the newest word of a person counts, also against what waits.
func (c *Submitter) Drop(id cid.Cid, verb ballot.Verb) (found bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, p := range c.kept {
		if !p.Motion.Equals(id) || ballot.VerbOf(p.Bytes) != verb {
			continue
		}
		if err := c.cfg.Store.Delete(space, name); err != nil {
			return false, fmt.Errorf("council: forget what is to be submitted again: %w", err)
		}
		delete(c.kept, name)
		found = true
	}
	return found, nil
}

// recall reads the commands that are to be submitted again.
func (c *Submitter) recall() error {
	err := c.cfg.Store.List(space, func(key string, b []byte) error {
		in := wire.NewReader("council: kept command", b)
		in.Array("kept command", 4, 4)
		in.Version(1)
		id := in.Bytes("motion", 1, taxonomy.CIDSize)
		var p kept
		p.Expires = int64(in.Uint("expires", uint64(taxonomy.MaxTime)))
		p.Bytes = in.Bytes("command", 1, ballot.MaxCommand)
		err := in.End()
		if err == nil {
			p.Motion, err = taxonomy.CIDFromBytes(id)
		}
		if err != nil {
			return fmt.Errorf("council: %s: %w", key, err)
		}
		c.kept[key] = &p
		return nil
	})
	return err
}

// Waiting returns why a command about a motion waits to be submitted again, if one does.
func (c *Submitter) Waiting(id cid.Cid) (why phrase.Phrase, waits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.kept {
		if p.Motion.Equals(id) {
			if p.why.IsZero() {
				return unknown(), true
			}
			return p.why, true
		}
	}
	return phrase.Phrase{}, false
}

// Run submits again what is kept, until ctx ends.
func (c *Submitter) Run(ctx context.Context) {
	if c.cfg.Regulator == nil {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(Every)
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
func (c *Submitter) again(ctx context.Context) {
	c.mu.Lock()
	all := make(map[string]kept, len(c.kept))
	for name, p := range c.kept {
		all[name] = *p
	}
	c.mu.Unlock()
	for name, p := range all {
		if ctx.Err() != nil {
			return
		}
		if c.cfg.Now().Unix() > p.Expires {
			c.done(name, p.Motion, phrase.New("council.gave_up", "it expired before it could be taken"))
			continue
		}
		if c.cfg.Regulator.Shows(p.Bytes) {
			c.done(name, p.Motion, phrase.Phrase{})
			continue
		}
		within, stop := context.WithTimeout(ctx, againTime)
		answer, err := c.cfg.Regulator.Submit(within, p.Bytes)
		stop()
		switch {
		case err != nil:
			return // nobody is there to ask; the others would hear the same
		case answer.Outcome != ballot.Refused: // if that is so it shows by the next time
		case answer.Refusal.Code == enact.StaleVote, answer.Refusal.Code == enact.Enacted:
			c.done(name, p.Motion, phrase.Phrase{})
		case answer.Refusal.Code.Passing():
			p.why = words.Told(answer.Refusal)
			c.mu.Lock()
			if c.kept[name] != nil {
				c.kept[name].why = p.why
			}
			c.mu.Unlock()
		default:
			c.done(name, p.Motion, words.Told(answer.Refusal))
		}
	}
}

// done forgets a kept command, and says why nothing came of it, if so.
func (c *Submitter) done(name string, id cid.Cid, why phrase.Phrase) {
	if err := c.cfg.Store.Delete(space, name); err != nil {
		c.cfg.Logger.Error("a command that was submitted again is not forgotten", "reason", err)
		return
	}
	if !why.IsZero() {
		c.cfg.Ended(id, why)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, name)
}
