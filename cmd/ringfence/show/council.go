package show

import (
	"strconv"
	"strings"

	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Proposed shows what came of a proposal.
func Proposed(p *Page, d *api.Proposed) {
	if d.Preview {
		p.Say("motion.preview")
	}
	if d.Anchor == nil || !d.Preview {
		p.motion(&d.Motion)
		p.effect(&d.Effect)
	}
	p.anchor(d.Anchor)
	p.content(&d.Motion)
	if d.Told != nil {
		p.Line(p.strong(p.phrase(*d.Told)))
	}
	if !d.Preview {
		p.Line("")
		p.Say("next.motion", d.Motion.ID)
	}
}

// Motion shows one motion.
func Motion(p *Page, m *api.Motion) {
	p.motion(m)
	if m.Effect != nil {
		p.effect(m.Effect)
	}
	p.content(m)
}

// Motions lists motions.
func Motions(p *Page, all *api.Motions, mine bool) {
	switch {
	case len(all.Motions) > 0:
	case mine && all.Member == "":
		p.Say("motion.no_regulator")
	case mine:
		p.Say("motion.nothing_waits", all.Member)
	default:
		p.Say("motion.none")
	}
	if all.Paused != nil {
		p.Line(p.strong(p.phrase(*all.Paused)))
	}
	var rows [][]string
	for i := range all.Motions {
		m := &all.Motions[i]
		rows = append(rows, []string{beginning(m.ID), p.coded("motionstate", m.State), p.mine(m), p.voted(m), m.Member, p.phrase(m.Does), m.Reason, day(m.Expires)})
	}
	p.table(left("motion", "state", "motion.mine", "motion.votes", "motion.proposer", "motion.does", "reason", "motion.expires"), rows)
}

// beginning cuts an ID to what tells it from others.
func beginning(id string) string {
	const most = 20
	return id[:min(len(id), most)]
}

// voted says how many votes a motion has of those that it takes.
func (p *Page) voted(m *api.Motion) string {
	if m.Needed == 0 {
		return amount(len(m.For))
	}
	return p.word("quorum_of", strconv.Itoa(m.Needed-m.Missing), strconv.Itoa(m.Needed))
}

// mine tells the vote of this node's regulator; "" where it has none.
func (p *Page) mine(m *api.Motion) string {
	if m.Mine == "none" {
		return ""
	}
	return p.coded("motionmine", m.Mine)
}

// Progress tells in a line what changes while one waits for a motion.
func Progress(p *Page, m *api.Motion) {
	line := p.coded("motionstate", m.State)
	if m.Needed > 0 {
		line = joined(line, p.word("motion.votes")+" "+p.voted(m))
	}
	p.Line(line)
	p.why("motion.waiting", m.Waiting)
}

func (p *Page) motion(m *api.Motion) {
	state := p.strong(p.coded("motionstate", m.State))
	if m.State == api.MotionUnknown && m.ID == "" {
		state = ""
	}
	hands := ""
	if m.Hands > 0 {
		hands = p.word("quorum_of", strconv.Itoa(m.Hands-m.NoHands), strconv.Itoa(m.Hands))
	}
	votes := ""
	if m.Needed > 0 {
		votes = p.voted(m)
	}
	p.facts(fact{"motion", m.ID}, fact{"state", state}, fact{"motion.does", p.strong(p.phrase(m.Does))}, fact{"reason", m.Reason},
		fact{"motion.proposer", joined(m.Member, short(m.Proposer))}, fact{"motion.proposed", m.Proposed}, fact{"motion.expires", m.Expires}, fact{"motion.until", m.Until},
		fact{"motion.votes", votes}, fact{"motion.hands", hands}, fact{"motion.for", strings.Join(m.For, ", ")}, fact{"motion.against", strings.Join(m.Against, ", ")},
		fact{"motion.silent", strings.Join(m.Silent, ", ")}, fact{"motion.mine", p.mine(m)}, fact{"motion.inboxes", strings.Join(m.Inboxes, ", ")})
	p.why("motion.waiting", m.Waiting)
	p.why("motion.blocked", m.Blocked)
	p.why("motion.refused", m.Refusal)
	p.why("warning", m.Lacks)
	if len(m.Parts) < 2 {
		return
	}
	p.Line("")
	var rows [][]string
	for _, part := range m.Parts {
		at := ""
		if part.First > 0 {
			at = strconv.FormatUint(part.First, 10)
		}
		rows = append(rows, []string{part.ID, p.coded("motionstate", part.State), amount(part.Items), at})
	}
	p.table([]column{{"motion.part", false}, {"state", false}, {"motion.items", true}, {"motion.entry", true}}, rows)
}

// why says what stands in the way, if something does.
func (p *Page) why(key string, said *phrase.Phrase) {
	if said != nil {
		p.Line(p.strong(p.word(key, p.phrase(*said))))
	}
}

func (p *Page) effect(e *api.MotionEffect) {
	p.Line("")
	p.facts(fact{"motion.items", amount(e.Items)}, fact{"motion.numbers", amount(e.Numbers)}, fact{"motion.takes", takes(p, e)},
		fact{"protected", some(e.Protected, e.Counts.Protected)}, fact{"motion.contested", some(e.Contested, e.Counts.Contested)},
		fact{"motion.reassigned", some(e.Reassigned, e.Counts.Reassigned)}, fact{"motion.ratified", some(e.Ratified, e.Counts.Ratified)})
	var rows [][]string
	for _, h := range e.Holders {
		member := h.Member
		if member == "" {
			member = p.word("motion.nobody")
		}
		rows = append(rows, []string{member, amount(h.Items), amount(h.Numbers)})
	}
	p.table([]column{{"motion.holder", false}, {"motion.items", true}, {"motion.numbers", true}}, rows)
	for _, r := range e.Refusals {
		p.Line(p.strong(p.word("motion.blocked", p.phrase(r))))
	}
}

func takes(p *Page, e *api.MotionEffect) string {
	if e.Votes == 0 {
		return ""
	}
	return p.word("motion.takes_votes", strconv.Itoa(e.Votes), strconv.Itoa(e.Hands))
}

// some tells a count and the first of what is counted.
func some(first []string, count int) string {
	if count == 0 {
		return ""
	}
	text := amount(count) + ": " + strings.Join(first, ", ")
	if count > len(first) {
		text += ", …"
	}
	return text
}

func (p *Page) content(m *api.Motion) {
	if len(m.Content) == 0 {
		return
	}
	p.Line("")
	for _, line := range m.Content {
		p.Line(line)
	}
	p.more(m.Items - len(m.Content))
}

// LedgerState shows how the ledger stands.
func LedgerState(p *Page, s *api.LedgerState) {
	fresh := ""
	if s.FreshSeconds != nil {
		fresh = p.word("ledger.fresh", s.Certified, strconv.FormatInt(*s.FreshSeconds, 10))
	}
	anchor, ahead := "", ""
	if s.Anchor > 0 {
		anchor = amount(s.Anchor)
	}
	if s.Provisional > 0 {
		ahead = amount(s.Provisional)
	}
	p.facts(fact{"ledger.size", amount(s.Size)}, fact{"ledger.root", s.Root}, fact{"ledger.certified", fresh}, fact{"ledger.tick", s.Tick},
		fact{"ledger.anchor", anchor}, fact{"ledger.provisional", ahead}, fact{"quorum", p.word("quorum_of", strconv.Itoa(s.Quorum), strconv.Itoa(len(s.Cosigners)))})
	var rows [][]string
	for _, c := range s.Cosigners {
		rows = append(rows, []string{c.Member, c.Name, c.Cosigned})
	}
	p.Line("")
	p.table(left("member", "name", "ledger.cosigned"), rows)
	if s.Trouble != nil {
		p.Line(p.strong(p.word("problem", p.phrase(*s.Trouble))))
	}
}

// LedgerEntries lists entries of the ledger.
func LedgerEntries(p *Page, all *api.LedgerEntries) {
	var rows [][]string
	for _, e := range all.Entries {
		what := e.Says
		if e.Type == "motion" {
			what = joined(p.word("ledger.items", strconv.Itoa(e.Items)), e.Says, e.Reason)
		}
		rows = append(rows, []string{strconv.FormatUint(e.Index, 10), p.coded("entrytype", e.Type), e.Kind, what, strings.Join(e.Votes, ", "), e.Time, beginning(e.Motion)})
	}
	if len(rows) == 0 {
		p.Say("ledger.none", strconv.FormatUint(all.Size, 10))
	}
	p.table([]column{{"motion.entry", true}, {"kind", false}, {"motion.kind", false}, {"text", false}, {"motion.for", false}, {"ledger.time", false}, {"motion", false}}, rows)
	if all.Next < all.Size {
		p.Say("ledger.more", amount(all.Size-all.Next), strconv.FormatUint(all.Next, 10))
	}
}

// QuorumState shows how the regulators stand.
func QuorumState(p *Page, s *api.QuorumState) {
	ahead := ""
	if s.Provisional > 0 {
		ahead = amount(s.Provisional)
	}
	margin := p.word("quorum.margin_of", strconv.Itoa(max(s.Margin, 0)))
	if s.Margin < 0 {
		margin = p.strong(p.word("quorum.stopped"))
	}
	generation, leader := "", ""
	if s.Generation != nil {
		generation, leader = strconv.FormatUint(s.Generation.Number, 10), s.Generation.Leader
	}
	p.facts(fact{"quorum.own", s.Regulator}, fact{"quorum", p.word("quorum_of", strconv.Itoa(s.Quorum), strconv.Itoa(s.Regulators))},
		fact{"quorum.fresh", amount(s.Fresh)}, fact{"quorum.margin", margin}, fact{"quorum.generation", generation}, fact{"quorum.leader", leader},
		fact{"ledger.size", amount(s.Size)}, fact{"ledger.provisional", ahead})
	var rows [][]string
	for _, seat := range s.Seats {
		lag, lied := "", ""
		if seat.Lag > 0 {
			lag = amount(seat.Lag)
		}
		if seat.Lied {
			lied = p.word("quorum.lied")
		}
		rows = append(rows, []string{seat.Member, seat.Cosigned, lag, lied})
	}
	p.Line("")
	p.table([]column{{"member", false}, {"ledger.cosigned", false}, {"quorum.lag", true}, {"state", false}}, rows)
	if g := s.Generation; g != nil {
		p.trees("quorum.reports", g.Reports)
		p.trees("quorum.locks", g.Locks)
		p.trees("quorum.cosignatures", g.Cosignatures)
	}
	for _, promise := range s.Promises {
		p.Say("quorum.promised", promise.Member, strconv.FormatUint(promise.Generation, 10))
	}
	if s.Paused != nil {
		p.Line(p.strong(p.phrase(*s.Paused)))
	}
	for _, problem := range s.Problems {
		p.Line(p.strong(p.word("problem", p.phrase(problem))))
	}
	if s.Told != nil {
		p.Line(p.phrase(*s.Told))
	}
}

// trees tells who says what of trees that are not certified.
func (p *Page) trees(key string, all []api.QuorumTree) {
	for _, t := range all {
		p.Say(key, amount(t.Size), short(t.Root), strings.Join(t.Members, ", "))
	}
}
