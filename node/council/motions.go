package council

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/node/api"
	"ringfence/node/council/history"
	"ringfence/node/council/letter"
	"ringfence/node/council/paper"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// part is one motion, wherever it lies.
type part struct {
	written // without items, unless they are before the regulators
	state   string
	open    *ballot.Open // before the regulators
	voted   []motion.Vote
	first   uint64 // of its entry in the ledger
	refusal phrase.Phrase
	aside   bool           // by all in whose inboxes it lay
	letter  *letter.Letter // in the inbox
	matter  *enact.Matter  // of what lies in an inbox
	with    []string       // whose inboxes hold it, as this member heard
	nth, of int            // of its proposal
}

// proposal is what was proposed at once.
type proposal struct {
	paper.Whole
	parts []part
}

// lacking is how many parts of it are not known here.
func (p *proposal) lacking() int { return max(p.parts[0].of-len(p.parts), 0) }

// over reports whether none of it is before the regulators, or waits in an inbox.
func (p *proposal) over() bool {
	return !slices.ContainsFunc(p.parts, func(p part) bool { return p.open != nil || p.state == api.MotionInbox })
}

// Motions implements api.Council.
func (c *Council) Motions(ctx context.Context, q api.MotionQuery) (api.Motions, error) {
	all, docket := c.gather(false)
	out := api.Motions{Member: c.seat(), Motions: []api.Motion{}}
	if docket.Paused != nil {
		paused := told(docket.Paused)
		out.Paused = &paused
	}
	ended := 0
	for i := range all {
		if all[i].over() {
			if ended == listed || all[i].Kind == motion.Anchor { // which come each hour
				continue
			}
			ended++
		}
		m := c.shown(ctx, &all[i])
		if !q.Mine || m.Mine == mineWaits {
			out.Motions = append(out.Motions, m)
		}
	}
	return out, nil
}

// Motion implements api.Council.
func (c *Council) Motion(ctx context.Context, id string) (api.Motion, error) {
	p, err := c.find(id)
	if err != nil {
		return api.Motion{}, err
	}
	for i := range p.parts {
		if err := c.fetch(ctx, &p.parts[i]); err != nil {
			return api.Motion{}, err
		}
	}
	m := c.shown(ctx, p)
	var all []written
	for i := range p.parts {
		w := p.parts[i].written
		if l := p.parts[i].letter; l != nil && l.IsRequest() {
			if w, err = c.requested(l.Kind, l.Item, "", 0); err != nil {
				return api.Motion{}, err
			}
		}
		if w.items != nil {
			all = append(all, w)
		}
	}
	if len(all) == 0 {
		return m, nil
	}
	effect := c.effectOf(all, c.cfg.Ledger.Past())
	if m.State == api.MotionEnacted { // that it cannot enter again is no news, nor that it is in force
		effect.Refusals, effect.Ratified, effect.Counts.Ratified, effect.Inside.Ratified = nil, []string{}, 0, 0
	}
	m.Effect, m.Content = &effect, c.content(ctx, all)
	return m, nil
}

// listed is how many of the last proposals are listed that are not voted on any more.
const listed = 50

// gather brings together what is known of motions, as proposals, the newest first; anchors
// in the ledger, which come each hour, only if they are asked for.
func (c *Council) gather(anchors bool) ([]proposal, ballot.Docket) {
	size := c.cfg.Ledger.Tree().Size() // before what was decided, which may be ahead of it
	docket, _ := c.docket()
	var parts []part
	seen := make(map[cid.Cid]bool)
	add := func(p part) {
		if !seen[p.ID] {
			seen[p.ID] = true
			parts = append(parts, p)
		}
	}
	c.mu.Lock()
	for i := range docket.Motions {
		o := &docket.Motions[i]
		c.remember(&o.Motion)
		if _, decided := c.cfg.Decided.First(o.Motion.ID); decided {
			continue // in a generation that this regulator did not join
		}
		add(part{written: written{o.Motion, o.Items}, state: api.MotionOpen, open: o, voted: o.Votes})
	}
	memos := make([]memo, 0, len(c.order))
	for _, id := range c.order {
		memos = append(memos, *c.known[id])
	}
	c.mu.Unlock()
	for _, d := range c.cfg.Decided.Last(history.Recent) {
		if d.Motion.Kind != motion.Anchor || anchors {
			add(part{written: written{Signed: d.Motion}, state: held(d.First, &d.Motion, size), voted: d.Votes, first: d.First})
		}
	}
	for _, p := range append(c.lying(&docket), c.posted()...) {
		add(p)
	}
	for i := range memos {
		if !seen[memos[i].motion.ID] {
			add(c.elsewhere(&memos[i], docket.Refusals, size))
		}
	}
	return together(parts), docket
}

// held is how far a motion is that was decided: enacted once all of it is in the ledger
// as it is held.
func held(first uint64, m *motion.Signed, size uint64) string {
	if first+uint64(m.Count) < size {
		return api.MotionEnacted
	}
	return api.MotionProvisional
}

// elsewhere tells what became of a motion that is not before the regulators.
func (c *Council) elsewhere(m *memo, refusals []ballot.Record, size uint64) part {
	p := part{written: written{Signed: m.motion}, state: api.MotionUnknown, refusal: m.refusal}
	id := m.motion.ID
	if first, ok := c.cfg.Decided.First(id); ok {
		p.state, p.first, p.refusal = held(first, &m.motion, size), first, phrase.Phrase{}
		return p
	}
	for _, r := range refusals {
		if r.Motion.Equals(id) && ended(r.Code) {
			p.state, p.refusal = api.MotionRefused, told(&r.Refusal)
			if r.Code == enact.Expired {
				p.state = api.MotionExpired
			}
		}
	}
	tick := c.cfg.Ledger.Standing().Tick
	switch {
	case c.cfg.Regulator != nil && c.cfg.Regulator.Entered(id):
		p.state, p.refusal = api.MotionProvisional, phrase.Phrase{}
	case m.withdrawn, c.cfg.Regulator != nil && c.cfg.Regulator.Withdrawn(id):
		p.state = api.MotionWithdrawn
	case m.motion.Expires < tick:
		p.state = api.MotionExpired
	case m.unsent:
		p.state = api.MotionUnsent
	case !m.refusal.IsZero():
		p.state = api.MotionRefused
	}
	return p
}

// together puts the parts of proposals together, the newest proposal first.
func together(parts []part) []proposal {
	var all []proposal
	at := make(map[paper.Whole]int)
	for _, p := range parts {
		var w paper.Whole
		w, p.nth, p.of = paper.WholeOf(&p.Signed)
		i, begun := at[w]
		// What says that it is a part that is there already is none: who voted on the whole
		// did not see it.
		if !begun || slices.ContainsFunc(all[i].parts, func(have part) bool { return have.nth == p.nth }) {
			i = len(all)
			all = append(all, proposal{Whole: w})
		}
		if !begun {
			at[w] = i
		}
		all[i].parts = append(all[i].parts, p)
	}
	for i := range all {
		slices.SortFunc(all[i].parts, func(a, b part) int { return cmp.Compare(a.nth, b.nth) })
	}
	slices.SortStableFunc(all, func(a, b proposal) int { return cmp.Compare(b.Time, a.Time) })
	return all
}

// find returns a proposal by the ID of one of its motions, or by a beginning of one that
// no other has.
func (c *Council) find(id string) (*proposal, error) {
	id = strings.TrimSuffix(id, "…")
	all, docket := c.gather(true)
	var found []int
	for i := range all {
		if slices.ContainsFunc(all[i].parts, func(p part) bool { return strings.HasPrefix(p.ID.String(), id) }) {
			found = append(found, i)
		}
	}
	const least = 9 // all IDs of this kind begin alike
	switch {
	case len(id) < least:
		return nil, api.Tell(api.BadInput, phrase.New("council.short_id", "%q is no motion's ID; write as much of it as tells it from others, as ringfence motion list shows it", id))
	case len(found) == 0:
		return nil, c.missing(id, docket.Refusals)
	case len(found) > 1:
		return nil, api.Tell(api.BadInput, phrase.New("council.many_motions", "%d motions begin with %s; write more of it", len(found), id))
	}
	return &all[found[0]], nil
}

// missing tells what became of a motion that lies nowhere here, as far as that is known;
// that its proposer took it back only of a whole ID.
func (c *Council) missing(id string, refusals []ballot.Record) error {
	for _, r := range refusals {
		if strings.HasPrefix(r.Motion.String(), id) && ended(r.Code) {
			return words.Missing(id, &r.Refusal)
		}
	}
	if first, ok := c.cfg.Decided.Begins(id); ok {
		return words.Unlisted(id, first)
	}
	whole, err := cid.Decode(id)
	return words.NoMotion(id, err == nil && c.cfg.Regulator != nil && c.cfg.Regulator.Withdrawn(whole))
}

// ended reports whether a refusal is the end of its motion.
func ended(code enact.Code) bool {
	return !code.Passing() && code != enact.StaleVote && code != enact.Enacted
}

// The votes of this node's regulator, as a Motion tells them.
const (
	mineWaits   = "waits"
	mineFor     = "for"
	mineAgainst = "against"
	mineNone    = "none"
)

// shown tells a proposal in the API's shape.
func (c *Council) shown(ctx context.Context, p *proposal) api.Motion {
	first := &p.parts[0]
	m := api.Motion{
		ID: first.ID.String(), Kind: p.Kind.String(), State: first.state, Proposer: p.Proposer.String(), Member: words.Proposer(c.state(), p.Proposer),
		Proposed: words.Clock(p.Time), Expires: words.Clock(first.Expires), Reason: p.Reason, Mine: mineNone, Parts: []api.MotionPart{},
		For: []string{}, Against: []string{}, Silent: []string{},
	}
	if p.Until != taxonomy.NeverDay {
		m.Until = p.Until.String()
	}
	for i := range p.parts {
		part := &p.parts[i]
		m.Items += part.Count
		m.Inboxes = part.with
		if part.letter != nil {
			m.Mine = mineWaits
			if part.letter.IsRequest() {
				m.Proposer, m.Reason = "", ""
			}
		}
		m.Parts = append(m.Parts, api.MotionPart{ID: part.ID.String(), State: part.state, Items: part.Count, First: part.first})
		if rank(part.state) < rank(m.State) {
			m.State = part.state
		}
		if why, waits := c.submits.Waiting(part.ID); waits {
			m.Waiting = &why
		} else if c.anchors != nil && first.Kind == motion.Anchor {
			if why := c.anchors.Waits(part.ID); !why.IsZero() {
				m.Waiting = &why
			}
		}
		if !part.refusal.IsZero() {
			m.Refusal = &part.refusal
		}
		if part.aside {
			why := phrase.New("council.aside", "the regulators that hold it have set it aside; none of them votes on it")
			m.Aside = &why
		}
		c.votes(&m, part)
		if part.state == api.MotionInbox && part.matter != nil {
			need := enact.NeedUnder(c.state(), part.matter) // nobody voted yet
			m.Needed, m.Hands = max(m.Needed, need.Votes), max(m.Hands, need.Hands)
			m.Missing, m.NoHands = m.Needed, m.Hands
		}
	}
	if n := p.lacking(); n > 0 {
		lacks := phrase.New("council.parts_missing", "parts of this proposal that are not known here: %d; what is voted on is the %d that are", n, len(p.parts))
		m.Lacks = &lacks
	}
	m.Does = c.does(ctx, p)
	m.Subject = words.Subject(first.Federation, p.Kind, first.items)
	return m
}

// states are those of parts in order: a proposal is as far as the first of them.
func states() []string {
	return []string{
		api.MotionOpen, api.MotionInbox, api.MotionProvisional, api.MotionUnknown, api.MotionUnsent, api.MotionAside, api.MotionRefused, api.MotionExpired, api.MotionWithdrawn, api.MotionEnacted,
	}
}

func rank(state string) int { return slices.Index(states(), state) }

// votes adds the votes on a part. Of several parts those are shown of the first that is
// open, or else of the first.
func (c *Council) votes(m *api.Motion, p *part) {
	if p.open == nil {
		if len(m.For)+len(m.Silent) == 0 {
			for _, v := range p.voted {
				m.For = append(m.For, words.Voter(c.state(), p.first, v.By))
			}
		}
		return
	}
	o := p.open
	if m.Needed == 0 {
		m.For, m.Against, m.Silent = orNone(o.For), orNone(o.Against), orNone(o.Silent)
	}
	m.Needed, m.Hands = max(m.Needed, o.Need.Votes), max(m.Hands, o.Need.Hands)
	m.Missing, m.NoHands = max(m.Missing, o.MissingVotes), max(m.NoHands, o.MissingHands)
	if o.Blocked != nil && m.Blocked == nil {
		blocked := told(o.Blocked)
		m.Blocked = &blocked
	}
	seat := c.seat()
	switch {
	case seat == "":
	case waitsFor(o, seat):
		m.Mine = mineWaits
	case m.Mine == mineWaits: // of another part
	case slices.Contains(o.For, seat):
		m.Mine = mineFor
	case slices.Contains(o.Against, seat):
		m.Mine = mineAgainst
	}
}

func orNone(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

// drawn tells motions that are before nobody yet.
func (c *Council) drawn(ctx context.Context, all []written, state string) api.Motion {
	var parts []part
	for _, w := range all {
		parts = append(parts, part{written: w, state: state})
	}
	p := together(parts)
	m := c.shown(ctx, &p[0])
	m.Content = c.content(ctx, all)
	return m
}
