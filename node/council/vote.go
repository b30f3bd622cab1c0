package council

import (
	"context"
	"slices"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/node/api"
	"ringfence/node/council/letter"
	"ringfence/node/council/submit"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// ProposeMotion implements api.Council.
func (c *Council) ProposeMotion(ctx context.Context, p api.Proposal) (api.Proposed, error) {
	if p.Kind == motion.Anchor.String() {
		return c.proposeAnchor(ctx, &p)
	}
	all, err := c.proposed(p)
	if err != nil {
		return api.Proposed{}, err
	}
	out := api.Proposed{Preview: p.Preview, Effect: c.effectOf(all, c.cfg.Ledger.Past())}
	if p.Preview {
		out.Motion = c.drawn(ctx, all, api.MotionUnknown)
		out.Motion.ID, out.Motion.Parts = "", blank(out.Motion.Parts)
		return out, nil
	}
	if err := c.mayEnter(all); err != nil {
		return api.Proposed{}, err
	}
	if c.seat() == "" {
		if err := c.post(ctx, all); err != nil {
			return out, err
		}
		out.Motion, err = c.Motion(ctx, all[0].ID.String())
		out.Inboxes = out.Motion.Inboxes
		return out, err
	}
	if before := c.before(all); before != nil {
		out.Motion, err = c.VoteMotion(ctx, api.MotionVote{ID: before.Motion.ID.String(), For: true})
		return out, err
	}
	for i := range all {
		waits, err := c.propose(ctx, &all[i])
		if err != nil {
			return out, partly(err, i, len(all))
		}
		if !waits.IsZero() {
			out.Told = &waits
		}
	}
	out.Motion, err = c.Motion(ctx, all[0].ID.String())
	return out, err
}

// proposed writes and signs what a proposal comes to.
func (c *Council) proposed(p api.Proposal) ([]written, error) {
	if letter.Armoured(p.File) {
		return c.fromLetters(&p)
	}
	d, err := c.drafter().Read(p)
	if err != nil {
		return nil, err
	}
	by, err := c.proposer()
	if err != nil {
		return nil, err
	}
	return c.write(&d, by)
}

// proposer returns the key by which this node proposes.
func (c *Council) proposer() (by keys.Private, err error) {
	by = *c.issuer.Load()
	if c.seat() != "" {
		by = c.cfg.Vote
	}
	if by.IsZero() {
		err = api.Tell(api.Refused, phrase.New("council.no_proposer", "this node holds no key of a member in force by which it could propose"))
	}
	return by, err
}

// blank leaves out the IDs of motions that nobody will see.
func blank(parts []api.MotionPart) []api.MotionPart {
	for i := range parts {
		parts[i].ID = ""
	}
	return parts
}

// mayEnter refuses what has no place in the ledger, before any of it is put there.
func (c *Council) mayEnter(all []written) error {
	past := c.cfg.Ledger.Past()
	for i := range all {
		m, r := matterOf(&all[i])
		if r == nil {
			r = past.Judge(m)
		}
		if r != nil && !r.Code.Passing() {
			return partly(words.Refused(r), 0, 1)
		}
	}
	return nil
}

// partly says how much of a proposal is before the regulators although it failed.
func partly(err error, done, of int) error {
	if done == 0 {
		return err
	}
	return api.Tell(api.KindOf(err), phrase.Join(phrase.New("council.partly", "%d of the %d motions of this proposal are before the regulators, the others are not", done, of), phrase.From(err)))
}

// propose puts one motion to the regulators, with this regulator's vote for it.
func (c *Council) propose(ctx context.Context, w *written) (waits phrase.Phrase, err error) {
	vote, err := c.sign(ctx, w, 0, true)
	if err != nil {
		return phrase.Phrase{}, err
	}
	c.mu.Lock()
	m := c.remember(&w.Signed)
	m.refusal, m.unsent = phrase.Phrase{}, false // of a letter that it was tried with before
	c.mu.Unlock()
	waits, err = c.submits.Submit(ctx, submit.Command{Motion: w.ID, Bytes: ballot.ProposeCommand(&w.Signed, w.items, &vote), Expires: w.Expires})
	if err != nil {
		c.mu.Lock()
		m = c.remember(&w.Signed)
		m.refusal, m.unsent = phrase.From(err), api.KindOf(err) == api.Unavailable
		c.mu.Unlock()
	}
	return waits, err
}

// sign makes this regulator's vote by hand. Its counter is above that of its last vote
// as far as that is known here, also to others at the same moment, and follows the clock,
// so that a node that forgot a vote does not sign another one with the same. It is for
// nothing that names a head which is not held here.
func (c *Council) sign(ctx context.Context, w *written, last uint64, voteFor bool) (motion.Vote, error) {
	if voteFor {
		if err := c.Hold(ctx, &w.Header, w.items); err != nil {
			return motion.Vote{}, err
		}
	}
	now := c.cfg.Now()
	c.mu.Lock()
	c.counter = max(last+1, c.counter+1, uint64(max(now.UnixMilli(), 0)))
	counter := c.counter
	c.mu.Unlock()
	v := motion.Vote{
		Federation: w.Federation, Motion: w.ID, By: c.cfg.Vote.Public(), For: voteFor, Cast: motion.ByHand,
		Counter: counter, Time: now.Unix(),
	}
	return v.Sign(c.cfg.Vote)
}

// VoteMotion implements api.Council.
func (c *Council) VoteMotion(ctx context.Context, v api.MotionVote) (api.Motion, error) {
	if c.seat() == "" || c.cfg.Regulator == nil {
		return api.Motion{}, words.NoRegulator()
	}
	found, err := c.whole(ctx, v.ID)
	if err != nil {
		return api.Motion{}, err
	}
	open := slices.DeleteFunc(slices.Clone(found.parts), func(p part) bool { return p.open == nil && p.letter == nil })
	if len(open) == 0 {
		return api.Motion{}, c.isOver(ctx, found)
	}
	if err := byItself(found.Kind, v.For); err != nil {
		return api.Motion{}, err
	}
	shown, id := c.shown(ctx, found), v.ID
	for i := range open {
		if open[i].letter != nil {
			id, err = c.take(ctx, &open[i], v.For)
		} else {
			err = c.vote(ctx, &open[i], v.For)
		}
		if err != nil {
			return api.Motion{}, err
		}
	}
	if open[0].letter != nil && !v.For {
		why := phrase.New("council.own_aside", "this regulator set it aside, for good; the others may still vote for it")
		shown.State, shown.Mine, shown.Aside = api.MotionAside, mineAgainst, &why
		return shown, nil
	}
	return c.Motion(ctx, id)
}

// isOver is what became of a proposal in which nothing is left to vote on.
func (c *Council) isOver(ctx context.Context, p *proposal) error {
	m := c.shown(ctx, p)
	return words.Over(m.State, m.Parts[0].First, m.Refusal)
}

// How long whole waits, and how often it looks.
const (
	wholeTime = 3 * time.Second
	lookEvery = 250 * time.Millisecond
)

// whole is find, but waits a moment for parts of the proposal that are still on their way:
// who votes on it means all of it.
func (c *Council) whole(ctx context.Context, id string) (*proposal, error) {
	ctx, stop := context.WithTimeout(ctx, wholeTime)
	defer stop()
	for {
		p, err := c.find(id)
		if err != nil || p.lacking() == 0 {
			return p, err
		}
		select {
		case <-ctx.Done():
			return p, nil
		case <-time.After(lookEvery):
		}
	}
}

// vote casts the vote of this regulator on one motion, if that says something new.
func (c *Council) vote(ctx context.Context, p *part, voteFor bool) error {
	waited, err := c.submits.Drop(p.ID, ballot.Vote)
	if err != nil {
		return err
	}
	var last uint64
	if i := slices.IndexFunc(p.open.Votes, func(v motion.Vote) bool { return v.By == c.cfg.Vote.Public() }); i >= 0 {
		if p.open.Votes[i].For == voteFor && !waited {
			return nil
		}
		last = p.open.Votes[i].Counter
	}
	vote, err := c.sign(ctx, &p.written, last, voteFor)
	if err != nil {
		return err
	}
	_, err = c.submits.Submit(ctx, submit.Command{Motion: p.ID, Bytes: ballot.VoteCommand(&vote), Expires: p.Expires})
	return err
}

// WithdrawMotion implements api.Council.
func (c *Council) WithdrawMotion(ctx context.Context, id string) (api.Motion, error) {
	found, err := c.find(id)
	if err != nil {
		return api.Motion{}, err
	}
	key := c.cfg.Vote
	if key.IsZero() || found.parts[0].Proposer != key.Public() {
		key = *c.issuer.Load()
	}
	if key.IsZero() || found.parts[0].Proposer != key.Public() {
		return api.Motion{}, api.Tell(api.Refused, phrase.New("council.not_proposer", "this node did not propose the motion: only who did can take it back"))
	}
	if c.cfg.Regulator == nil && c.cfg.Outbox != nil {
		if err := c.recallPosted(ctx, found, key); err != nil {
			return api.Motion{}, err
		}
		return c.Motion(ctx, id)
	}
	taken := 0
	for i := range found.parts {
		p := &found.parts[i]
		waited, err := c.submits.Drop(p.ID, ballot.Propose) // it may be on its way only
		if err == nil && p.open != nil {
			err = c.withdraw(ctx, &p.Signed, key)
		}
		if err != nil {
			return api.Motion{}, err
		}
		if p.open != nil || waited {
			c.mu.Lock()
			c.remember(&p.Signed).withdrawn = true
			c.mu.Unlock()
			taken++
		}
	}
	if taken == 0 {
		return api.Motion{}, c.isOver(ctx, found)
	}
	return c.Motion(ctx, id)
}

func (c *Council) withdraw(ctx context.Context, m *motion.Signed, key keys.Private) error {
	w, err := motion.Withdrawal{Federation: m.Federation, Motion: m.ID, By: key.Public(), Time: c.cfg.Now().Unix()}.Sign(key)
	if err == nil {
		_, err = c.takeBack(ctx, m, &w)
	}
	return err
}
