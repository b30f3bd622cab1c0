// Package anchors proposes and judges anchors on a regulator's node.
//
// An anchor fixes up to where the feeds count at one size of the ledger, and names the
// root of the list that comes of it. No person can judge that: each regulator's node
// brings a second view, the anchored one, to exactly that size and these heads, and votes
// for the anchor by itself if, and only if, it came to the same root. What it cannot
// compute yet waits, until the motion expires; where it comes to another root it says so
// and votes nothing.
//
// The regulators propose one after the other: who comes first in the charter an hour
// after the last anchor, if something moved, the others if nothing is seen of him.
//
// Floor 12, a room of node/council.
package anchors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/applied"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/snapshot"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Times of anchors.
const (
	lookEvery    = time.Second // at what is before the regulators
	planEvery    = 10 * time.Second
	every        = 3600             // seconds from an anchor to the next one
	turn         = 45               // seconds by which each regulator comes after the one before
	courtesy     = 2 * time.Minute  // that another's anchor is waited for, once between two anchors
	openFor      = time.Hour        // that an anchor may be voted on
	ownFor       = 10 * time.Minute // that the own anchor is waited for before another is proposed
	againAfter   = 5 * time.Second  // that a vote is not seen it is cast again
	submitWithin = 10 * time.Second
)

// Follower is the ledger as it is followed here: follow.Follower.
type Follower interface {
	Standing() follow.Standing
	Past() *enact.Past
}

// Regulator is a regulator's part in keeping it: quorum.Regulator.
type Regulator interface {
	Submit(ctx context.Context, command []byte) (applied.Answer, error)
	Open(kind motion.Kind) []ballot.Open
	Entered(id cid.Cid) bool
}

// Store is the feeds as they are held here.
type Store interface {
	view.Source
	Forks() ([]feed.ForkProof, error)
	Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error)
}

// Config is what Anchors stand on.
type Config struct {
	Founded *charter.State // as the genesis has it
	Store   Store
	Pieces  *Pieces        // of the followed ledger
	File    *snapshot.File // of the anchored view; nil: none is kept

	Ledger    Follower
	Regulator Regulator
	Vote      keys.Private // of the regulator
	List      func() *view.List
	Now       func() time.Time
	Random    io.Reader
	Logger    *slog.Logger
}

// Anchors is a regulator's part in anchors. It may be used concurrently.
type Anchors struct {
	cfg Config

	mu     sync.Mutex // held while the anchored view moves
	stand  stand
	past   uint64                  // size that the last anchor names, of which the following is
	then   int64                   // Unix seconds, when that was seen to change; 0 not in this life
	begun  bool                    // past is known
	waited map[keys.Public]cid.Cid // whose anchor is waited for, or was
	looked time.Time               // for what moved
	last   motion.AnchorPoint      // of the last anchor that was seen; zero: before the first

	verified uint64 // index of the last anchor whose root was compared

	seen     sync.Mutex // held for moments
	verdicts map[cid.Cid]*verdict
}

// New returns Anchors that have not begun their view yet.
func New(cfg Config) *Anchors {
	a := &Anchors{cfg: cfg, waited: make(map[keys.Public]cid.Cid), verdicts: make(map[cid.Cid]*verdict)}
	a.stand.cfg = &a.cfg
	return a
}

// Run judges what others propose, and proposes what is due, until ctx ends.
func (a *Anchors) Run(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			a.tell(a.settle(true))
			return
		case <-look.C:
			a.tell(a.round(ctx))
		}
	}
}

func (a *Anchors) tell(err error) {
	if err != nil {
		a.cfg.Logger.Warn("the anchors of the list", "reason", err)
	}
}

func (a *Anchors) settle(end bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stand.settle(end)
}

// round does what is to be done now. The view is settled whatever came of the rest, also of
// a regulator that has no seat: what waits for it in memory must not grow for ever.
func (a *Anchors) round(ctx context.Context) error {
	open := a.cfg.Regulator.Open(motion.Anchor)
	a.keep(open)
	var err error
	if _, seated := a.seat(); seated {
		err = a.part(ctx, open)
	}
	return errors.Join(err, a.note(), a.settle(false))
}

// part judges what others propose, and proposes what is due.
func (a *Anchors) part(ctx context.Context, open []ballot.Open) error {
	if err := a.judgeAll(ctx, open); err != nil {
		return err
	}
	if time.Since(a.looked) < planEvery {
		return nil
	}
	a.looked = time.Now()
	if err := a.verify(); err != nil {
		return err
	}
	past := a.cfg.Ledger.Past()
	if !a.due(past, open) {
		return nil
	}
	p, err := a.plan(past)
	if err != nil {
		return err
	}
	if moved, err := a.moved(past, &p); err != nil || !moved {
		return err
	}
	m, items, err := a.write(&p, "hourly", openFor)
	if err != nil {
		return err
	}
	command, err := a.brings(m, items)
	if err != nil {
		return err
	}
	return a.submit(ctx, command)
}

// seat returns the place of this node's regulator among those in force.
func (a *Anchors) seat() (int, bool) {
	i := slices.IndexFunc(a.cfg.Ledger.Standing().State.Regulators(), func(r charter.RegulatorSeat) bool { return r.Vote == a.cfg.Vote.Public() })
	return i, i >= 0
}

// due reports whether this regulator is to propose an anchor now, if something moved.
func (a *Anchors) due(past *enact.Past, open []ballot.Open) bool {
	if index, _ := past.LastTick(); index == 0 {
		return false
	}
	now := a.cfg.Now().Unix()
	if last := past.LastAnchor(); last != a.past {
		if a.past = last; a.begun {
			a.then = now
		}
		clear(a.waited)
	}
	a.begun = true
	then := max(past.State().Charter().Created, a.then)
	if unix, ok := past.TimeAt(a.past); ok {
		then = max(then, unix)
	}
	rank, _ := a.seat()
	if now < then+every+int64(rank)*turn {
		return false
	}
	for i := range open {
		m := &open[i].Motion
		switch {
		case open[i].Blocked != nil:
		case m.Proposer == a.cfg.Vote.Public():
			if now < m.Time+int64(ownFor/time.Second) {
				return false
			}
		case a.waitsFor(m):
			return false
		}
	}
	return true
}

// waitsFor reports whether another's anchor is given the time to be enacted: one of each
// proposer is, unless this node comes to another list root.
func (a *Anchors) waitsFor(m *motion.Signed) bool {
	a.seen.Lock()
	defer a.seen.Unlock()
	v := a.verdicts[m.ID]
	if v == nil || v.differs || time.Since(v.since) > courtesy {
		return false
	}
	before, waited := a.waited[m.Proposer]
	if !waited {
		a.waited[m.Proposer] = m.ID
		return true
	}
	return before.Equals(m.ID)
}

// forked returns which epochs are known to be forked here.
func (a *Anchors) forked() (func(view.FeedEpoch) bool, error) {
	proofs, err := a.cfg.Store.Forks()
	known := make(map[view.FeedEpoch]bool, len(proofs))
	for _, p := range proofs {
		known[view.FeedEpoch{Issuer: p.Issuer(), Epoch: p.Epoch()}] = true
	}
	return func(at view.FeedEpoch) bool { return known[at] }, err
}

func (a *Anchors) plan(past *enact.Past) (plan, error) {
	forked, err := a.forked()
	if err != nil {
		return plan{}, err
	}
	return draw(past, a.cfg.List(), forked), nil
}

// moved reports whether an anchor would say something new: a feed has moved, or without one
// the list is not what the last anchor has, by what was decided since or by the day. Where
// that anchor is not known here any more only feeds move.
func (a *Anchors) moved(past *enact.Past, p *plan) (bool, error) {
	if len(p.moves) > 0 {
		return true, nil
	}
	if err := a.note(); err != nil {
		return false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last.Size != past.LastAnchor() {
		return false, nil
	}
	root, err := a.stand.at(p.size, nil)
	return root != a.last.ListRoot, err
}

// note notes what the last anchor fixed, before the pieces forget it.
func (a *Anchors) note() error {
	last, ok := a.cfg.Pieces.last()
	if !ok {
		return nil
	}
	point, err := motion.DecodeAnchorPoint(last.Items[0].Item)
	if err != nil {
		return fmt.Errorf("anchors: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = point
	return nil
}

// write computes what a plan comes to and signs the motion.
func (a *Anchors) write(p *plan, reason string, open time.Duration) (*motion.Signed, []motion.Opening, error) {
	a.mu.Lock()
	root, err := a.stand.at(p.size, p.heads())
	a.mu.Unlock()
	if err != nil {
		return nil, nil, err
	}
	items, err := p.items(root, a.cfg.Random)
	if err != nil {
		return nil, nil, err
	}
	now := a.cfg.Now().Unix()
	h := motion.Header{
		Federation: a.cfg.Founded.Federation(), Kind: motion.Anchor, Proposer: a.cfg.Vote.Public(), Time: now, Expires: now + int64(open/time.Second),
		Until: taxonomy.NeverDay, BuildsOn: p.size, Reason: reason,
	}
	if _, err := h.Commit(items); err != nil {
		return nil, nil, fmt.Errorf("anchors: %w", err)
	}
	m, err := motion.Sign(h, a.cfg.Vote)
	if err != nil {
		return nil, nil, fmt.Errorf("anchors: %w", err)
	}
	a.seen.Lock()
	a.verdicts[m.ID] = &verdict{since: time.Now(), root: root, size: p.size, computed: true, by: m.Proposer, motion: m.ID}
	a.seen.Unlock()
	return &m, items, nil
}

// brings returns the command that brings an anchor before the regulators.
func (a *Anchors) brings(m *motion.Signed, items []motion.Opening) ([]byte, error) {
	vote, err := a.vote(m.ID)
	if err != nil {
		return nil, err
	}
	return ballot.ProposeCommand(m, items, &vote), nil
}

// vote signs the vote for an anchor whose root was computed here.
func (a *Anchors) vote(id cid.Cid) (motion.Vote, error) {
	now := a.cfg.Now()
	v := motion.Vote{
		Federation: a.cfg.Founded.Federation(), Motion: id, By: a.cfg.Vote.Public(), For: true, Cast: motion.ByRule, Rule: motion.AnchorRule(),
		Counter: uint64(max(now.UnixMilli(), 1)), Time: now.Unix(),
	}
	return v.Sign(a.cfg.Vote)
}

// submit brings a command before the regulators. What is refused, or of which nothing is
// heard, is looked at anew in the next rounds.
func (a *Anchors) submit(ctx context.Context, command []byte) error {
	ctx, stop := context.WithTimeout(ctx, submitWithin)
	defer stop()
	answer, err := a.cfg.Regulator.Submit(ctx, command)
	switch {
	case err != nil:
		return fmt.Errorf("anchors: %w", err)
	case answer.Refusal != nil:
		return fmt.Errorf("anchors: %w", answer.Refusal)
	}
	return nil
}

// Draft plans an anchor on demand. In a preview nothing is computed or signed; else the
// list root is, and the command is what brings the motion, with this regulator's vote.
func (a *Anchors) Draft(p *api.Proposal) (out api.Proposed, m *motion.Signed, command []byte, err error) {
	past := a.cfg.Ledger.Past()
	if index, _ := past.LastTick(); index == 0 {
		return out, nil, nil, api.Tell(api.Unavailable, phrase.New("council.no_time", "the ledger has no time yet: it begins with a tick of the regulators"))
	}
	drawn, err := a.plan(past)
	if err != nil {
		return out, nil, nil, err
	}
	moved, err := a.moved(past, &drawn)
	if err != nil {
		return out, nil, nil, notComputed(err)
	}
	if !moved {
		return out, nil, nil, nothingMoved()
	}
	out = proposed(past, &drawn)
	out.Preview = p.Preview
	if p.Preview {
		return out, nil, nil, nil
	}
	open := openFor
	if p.VotedDays > 0 {
		open = time.Duration(p.VotedDays) * 24 * time.Hour
	}
	m, items, err := a.write(&drawn, p.Reason, open)
	if err != nil {
		return out, nil, nil, notComputed(err)
	}
	root := a.computed(m.ID)
	out.Anchor.ListRoot = root.String()
	command, err = a.brings(m, items)
	return out, m, command, err
}

// proposed tells a plan as a proposal that is before nobody yet.
func proposed(past *enact.Past, p *plan) api.Proposed {
	none := func() []string { return []string{} }
	return api.Proposed{
		Motion: api.Motion{
			Kind: motion.Anchor.String(), State: api.MotionUnknown, Mine: "none", For: none(), Against: none(), Silent: none(), Parts: []api.MotionPart{},
			Does: phrase.New("motion.anchor", "fixes up to where the feeds count, and the list that comes of it"),
		},
		Effect: api.MotionEffect{
			Protected: none(), Contested: none(), Reassigned: none(), Ratified: none(), Holders: []api.HolderShare{}, Votes: past.State().Cosigners().Quorum(),
		},
		Anchor: p.shown(past.State()),
	}
}

func (a *Anchors) computed(id cid.Cid) merkle.Hash {
	a.seen.Lock()
	defer a.seen.Unlock()
	return a.verdicts[id].root
}
