package council

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/node/api"
	"ringfence/node/council/courier"
	"ringfence/node/council/draft"
	"ringfence/node/council/inbox"
	"ringfence/node/council/letter"
	"ringfence/node/council/request"
	"ringfence/node/council/submit"
	"ringfence/node/council/words"
	"ringfence/node/overlay"
	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// Outbox is what a member's node put to the regulators: courier.Outbox.
type Outbox interface {
	Send(ctx context.Context, all []letter.Letter) error
	Sent() []courier.Sent
	Withdraw(ctx context.Context, w *motion.Withdrawal) letter.Standing
	Done(known func(id cid.Cid) bool)
}

// Serve registers what this node answers about what is put to the regulators, before the
// overlay runs.
func (c *Council) Serve(o *overlay.Overlay) {
	var desk courier.Desk
	if c.cfg.Inbox != nil {
		desk = c
	}
	c.courier.Serve(o, desk)
}

// Run submits again what is kept, and brings to the regulators what this node put to them,
// until ctx ends.
func (c *Council) Run(ctx context.Context, o *overlay.Overlay) {
	var parts sync.WaitGroup
	defer parts.Wait()
	if c.courier != nil {
		parts.Go(func() { c.courier.Run(ctx, o) })
	}
	if c.anchors != nil {
		parts.Go(func() { c.anchors.Run(ctx) })
	}
	if c.outbox != nil {
		parts.Go(func() { c.outbox.Run(ctx) })
	}
	c.submits.Run(ctx)
}

// lying returns what waits for this regulator and nobody has brought before all yet, but
// for what the docket shows; what has come into the ledger since is forgotten.
func (c *Council) lying(docket *ballot.Docket) (parts []part) {
	if c.cfg.Inbox == nil {
		return nil
	}
	for _, l := range c.cfg.Inbox.Lies() {
		switch {
		case c.entered(&l):
			if err := c.cfg.Inbox.Drop(l.ID); err != nil {
				c.log.Error("a letter that is in the ledger is not forgotten", "reason", err)
			}
		case letter.Before(docket, &l) != nil:
		default:
			parts = append(parts, c.lies(&l))
		}
	}
	return parts
}

// lies tells of a letter in the inbox: it waits, unless the ledger has overtaken it.
func (c *Council) lies(l *letter.Letter) part {
	if l.IsRequest() {
		came := c.cfg.Inbox.Came(l.ID)
		h := motion.Header{Federation: c.state().Federation(), Kind: l.Kind, Time: came, Expires: came + int64(inbox.RequestTime.Seconds()), Until: taxonomy.NeverDay, Count: 1}
		return part{written: written{motion.Signed{Header: h, ID: l.ID}, []motion.Opening{{Item: l.Item}}}, state: api.MotionInbox, letter: l, matter: &enact.Matter{Signed: motion.Signed{Header: h}}}
	}
	p := part{written: written{l.Matter.Signed, l.Matter.Items}, state: api.MotionInbox, letter: l, matter: l.Matter}
	if r := c.overtaken.Of(l); r != nil { // asked once: the ledger grows meanwhile
		p.state, p.refusal, p.letter = api.MotionRefused, told(r), nil
	}
	return p
}

// entered reports whether what a letter is about is in the ledger.
func (c *Council) entered(l *letter.Letter) bool {
	if l.IsRequest() {
		return request.Fulfilled(c.state(), l.Requested())
	}
	_, decided := c.cfg.Decided.First(l.ID)
	return decided || c.cfg.Regulator != nil && c.cfg.Regulator.Entered(l.ID)
}

// posted returns what this node put to the regulators, as they say that it stands.
func (c *Council) posted() (parts []part) {
	if c.cfg.Outbox == nil {
		return nil
	}
	c.cfg.Outbox.Done(func(id cid.Cid) bool { _, ok := c.cfg.Decided.First(id); return ok })
	for _, s := range c.cfg.Outbox.Sent() {
		if s.IsRequest() {
			continue
		}
		m := s.Matter
		p := part{written: written{m.Signed, m.Items}, state: api.MotionUnknown, refusal: s.Why, matter: m}
		switch s.State {
		case letter.Inbox:
			p.state, p.with = api.MotionInbox, s.With
		case letter.Tabled:
			p.state, p.open = api.MotionOpen, s.Open(m, c.state().Regulators())
		case letter.Entered:
			p.state = api.MotionProvisional
		case letter.Withdrawn:
			p.state = api.MotionWithdrawn
		case letter.Expired:
			p.state = api.MotionExpired
		case letter.Refused:
			p.state = api.MotionRefused
		case letter.Aside:
			p.state, p.aside = api.MotionAside, true
		case letter.Unknown:
			if m.Expires < c.cfg.Now().Unix() {
				p.state = api.MotionExpired
			}
		}
		parts = append(parts, p)
	}
	return parts
}

// fromLetters reads the letters of a file. What is signed as a motion stays as it is, and
// what is requested this node proposes.
func (c *Council) fromLetters(p *api.Proposal) (all []written, err error) {
	letters, err := letter.Read(p.File, c.state().Federation(), api.MaxProposalItems/motion.MaxItems*4)
	if err != nil {
		return nil, api.Errorf(api.BadInput, "%v", err)
	}
	for i := range letters {
		l := &letters[i]
		if !l.IsRequest() {
			all = append(all, written{l.Matter.Signed, l.Matter.Items})
			continue
		}
		w, err := c.requested(l.Kind, l.Item, p.Reason, int64(p.VotedDays))
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// drafter reads proposals, and signs them.
func (c *Council) drafter() *draft.Drafter {
	return &draft.Drafter{
		State: c.state, Past: c.cfg.Ledger.Past, List: c.cfg.List, Book: c.cfg.Book, Now: c.cfg.Now, Random: c.cfg.Random, Endorsed: c.endorsed,
		Own: func() string {
			by, err := c.proposer()
			if err != nil {
				return ""
			}
			return words.MemberOf(c.state(), by.Public())
		},
	}
}

// written is a motion with its items.
type written struct {
	motion.Signed
	items []motion.Opening
}

// write cuts a draft into as many motions as it takes, and signs them as by.
func (c *Council) write(d *draft.Draft, by keys.Private) (all []written, err error) {
	signed, err := c.drafter().Write(d, by)
	for i := range signed {
		all = append(all, written{signed[i].Signed, signed[i].Items})
	}
	return all, err
}

// endorsed finds the request that asks for a change.
func (c *Council) endorsed(it article.Item) article.Item {
	if c.cfg.Inbox == nil {
		return nil
	}
	for _, l := range c.cfg.Inbox.Lies() {
		if l.IsRequest() && request.Same(it, l.Requested()) {
			return l.Requested()
		}
	}
	return nil
}

// requested makes a motion of a request.
func (c *Council) requested(kind motion.Kind, item []byte, reason string, days int64) (written, error) {
	by, err := c.proposer()
	if err != nil {
		return written{}, err
	}
	if days == 0 {
		days = draft.DefaultDays
	}
	all, err := c.write(&draft.Draft{Kind: kind, Items: [][]byte{item}, Until: taxonomy.NeverDay, Reason: reason, Days: days}, by)
	if err != nil {
		return written{}, err
	}
	return all[0], nil
}

// post puts motions into the regulators' inboxes, from a member's node.
func (c *Council) post(ctx context.Context, all []written) error {
	if c.cfg.Outbox == nil {
		return words.NoRegulator()
	}
	letters := make([]letter.Letter, len(all))
	for i := range all {
		var err error
		if letters[i], err = letter.Motion(&all[i].Signed, all[i].items); err != nil {
			return api.Errorf(api.BadInput, "%v", err)
		}
	}
	err := c.cfg.Outbox.Send(ctx, letters)
	if errors.Is(err, courier.ErrFull) {
		return api.Tell(api.Refused, phrase.New("council.outbox_full", "%d motions of this node wait for the regulators already: wait until some are decided, or withdraw some", courier.MaxSent))
	}
	return err
}

// take brings what lies in the inbox before the regulators with a vote for it, or sets it
// aside. It returns the ID of the motion that it is then.
func (c *Council) take(ctx context.Context, p *part, voteFor bool) (id string, err error) {
	if !voteFor {
		return p.ID.String(), c.cfg.Inbox.End(p.ID, letter.Aside)
	}
	w := p.written
	if p.letter.IsRequest() {
		if w, err = c.requested(p.Kind, p.letter.Item, "", 0); err != nil {
			return "", err
		}
	}
	if err := c.mayEnter([]written{w}); err != nil {
		return "", err
	}
	if _, err := c.propose(ctx, &w); err != nil {
		return "", err
	}
	if p.letter.IsRequest() {
		return w.ID.String(), nil // it is hidden by the motion, and forgotten once that is in the ledger
	}
	return w.ID.String(), c.cfg.Inbox.Drop(p.ID)
}

// Take implements courier.Desk.
func (c *Council) Take(l *letter.Letter, by letter.Bearer) letter.Standing {
	if s := c.tell(l.ID, l, nil); s.State != letter.Unknown {
		return s
	}
	m := l.Matter
	var r *enact.Refusal
	if l.IsRequest() {
		w, err := c.requested(l.Kind, l.Item, "", 0)
		if err == nil {
			m, r = matterOf(&w)
		}
	}
	if m != nil && r == nil {
		r = c.cfg.Ledger.Past().Judge(m)
	}
	if r != nil && !r.Code.Passing() {
		return letter.Standing{ID: l.ID, State: letter.Refused, Why: told(r)}
	}
	s, err := c.cfg.Inbox.Put(l, by)
	if err != nil {
		c.log.Error("a letter is not kept", "reason", err)
		return letter.Standing{ID: l.ID}
	}
	if s.State == letter.Inbox {
		c.log.Info("a letter waits in the inbox", "letter", l.ID.String(), "kind", l.Kind.String(), "from", by.Member)
	}
	return s
}

// Tell implements courier.Desk.
func (c *Council) Tell(ids []cid.Cid) []letter.Standing {
	all, _ := c.gather(false)
	out := make([]letter.Standing, len(ids))
	for i, id := range ids {
		l, _ := c.cfg.Inbox.Letter(id)
		out[i] = c.tell(id, l, all)
	}
	return out
}

// tell says how a letter stands that is known here, by what was gathered or anew.
func (c *Council) tell(id cid.Cid, l *letter.Letter, all []proposal) letter.Standing {
	s := letter.Standing{ID: id}
	if l != nil {
		docket, _ := c.docket()
		o := letter.Before(&docket, l)
		switch {
		case c.entered(l):
			s.State = letter.Entered
			return s
		case o != nil:
			return open(id, o)
		}
		if r := c.overtaken.Of(l); r != nil {
			return letter.Standing{ID: id, State: letter.Refused, Why: told(r)}
		}
	}
	if s = c.cfg.Inbox.Standing(id); s.State != letter.Unknown {
		return s
	}
	for i := range all {
		for j := range all[i].parts {
			if p := &all[i].parts[j]; p.ID.Equals(id) {
				return standingOf(p)
			}
		}
	}
	return s
}

// before returns the motion before the regulators that changes the charter as a proposal
// would; nil for none. Two of them would divide the votes.
func (c *Council) before(all []written) *ballot.Open {
	if len(all) != 1 || !article.Changes(all[0].Kind) || len(all[0].items) != 1 {
		return nil
	}
	docket, _ := c.docket()
	return letter.Doing(&docket, all[0].Kind, all[0].items[0].Item)
}

// open tells of a motion before the regulators.
func open(id cid.Cid, o *ballot.Open) letter.Standing {
	s := letter.Standing{ID: id, State: letter.Tabled, Motion: o.Motion.ID, Needed: o.Need.Votes, Hands: o.Need.Hands, Votes: o.Votes}
	if !id.Equals(s.Motion) { // of a request: who asks does not know the motion
		s.Shown = letter.Show(o)
	}
	return s
}

// standingOf tells of a motion that was before the regulators.
func standingOf(p *part) letter.Standing {
	if p.open != nil {
		return open(p.ID, p.open)
	}
	s := letter.Standing{ID: p.ID, Why: p.refusal}
	switch p.state {
	case api.MotionProvisional, api.MotionEnacted:
		s.State = letter.Entered
	case api.MotionRefused:
		s.State = letter.Refused
	case api.MotionWithdrawn:
		s.State = letter.Withdrawn
	case api.MotionExpired:
		s.State = letter.Expired
	}
	return s
}

// TakeBack implements courier.Desk: from the inbox, and from before the regulators.
func (c *Council) TakeBack(ctx context.Context, w *motion.Withdrawal) letter.Standing {
	s := c.cfg.Inbox.Standing(w.Motion)
	if l, here := c.cfg.Inbox.Letter(w.Motion); here && !l.IsRequest() && l.Matter.Proposer == w.By {
		if err := c.cfg.Inbox.End(w.Motion, letter.Withdrawn); err != nil {
			c.log.Error("a letter that was taken back is not forgotten", "reason", err)
			return s
		}
		s.State = letter.Withdrawn
	}
	docket, _ := c.docket()
	i := slices.IndexFunc(docket.Motions, func(o ballot.Open) bool { return o.Motion.ID.Equals(w.Motion) })
	if i < 0 {
		return s
	}
	m := &docket.Motions[i].Motion
	if m.Proposer != w.By { // Raft would carry it, to refuse it
		s.State, s.Why = letter.Refused, told(enact.Refuse(enact.BadWithdrawal, "the motion is withdrawn by %s, who did not propose it", w.By.Short()))
		return s
	}
	waits, err := c.takeBack(ctx, m, w)
	switch {
	case err != nil:
		s.State, s.Why = letter.Refused, phrase.From(err)
	case waits.IsZero():
		s.State = letter.Withdrawn
	}
	return s
}

// takeBack submits a withdrawal in the place of others that wait: its proposer can sign
// as many as he likes.
func (c *Council) takeBack(ctx context.Context, m *motion.Signed, w *motion.Withdrawal) (waits phrase.Phrase, err error) {
	if _, err := c.submits.Drop(m.ID, ballot.Withdraw); err != nil {
		return waits, err
	}
	return c.submits.Submit(ctx, submit.Command{Motion: m.ID, Bytes: ballot.WithdrawCommand(w), Expires: m.Expires})
}

// docket returns what is before the regulators, as far as this node knows.
func (c *Council) docket() (ballot.Docket, bool) {
	if c.cfg.Regulator == nil {
		return ballot.Docket{}, false
	}
	return c.cfg.Regulator.Docket()
}

// recallPosted takes back what this node put to the regulators, from a member's node.
func (c *Council) recallPosted(ctx context.Context, found *proposal, by keys.Private) error {
	taken := 0
	for i := range found.parts {
		p := &found.parts[i]
		if p.state != api.MotionInbox && p.state != api.MotionOpen && p.state != api.MotionUnknown {
			continue
		}
		if words.MemberOf(c.state(), by.Public()) == "" {
			return api.Tell(api.Refused, phrase.New("council.ended_proposer", "the key that proposed the motion has ended, so it can never enter the ledger: there is nothing to take back"))
		}
		w, err := motion.Withdrawal{Federation: p.Federation, Motion: p.ID, By: p.Proposer, Time: c.cfg.Now().Unix()}.Sign(by)
		if err != nil {
			return err
		}
		if s := c.cfg.Outbox.Withdraw(ctx, &w); s.State == letter.Withdrawn {
			taken++
		} else if s.State == letter.Unknown {
			return api.Tell(api.Unavailable, phrase.New("council.not_taken_back", "no regulator was reached that would take the motion back, so nothing was done; ringfence peers shows who is connected"))
		}
	}
	if taken == 0 {
		return c.isOver(ctx, found)
	}
	return nil
}
