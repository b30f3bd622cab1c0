// Package council shows what the regulators decide, and how: motions, the ledger that
// holds them, and how the quorum stands that keeps it.
//
// Floor 15, a room of cmd/ringfence. It asks nothing and decides nothing.
package council

import (
	"strconv"
	"strings"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Proposed shows what came of a proposal.
func Proposed(p *show.Page, d *api.Proposed) {
	if d.Preview {
		p.Say("motion.preview")
	}
	if d.Anchor == nil || !d.Preview {
		motion(p, &d.Motion)
		effect(p, &d.Effect)
	}
	anchor(p, d.Anchor)
	content(p, &d.Motion)
	if d.Told != nil {
		p.Line(p.Strong(p.Phrase(*d.Told)))
	}
	if !d.Preview {
		p.Line("")
		p.Say("next.motion", d.Motion.ID)
	}
}

// Motion shows one motion.
func Motion(p *show.Page, m *api.Motion) {
	motion(p, m)
	if m.Effect != nil {
		effect(p, m.Effect)
	}
	content(p, m)
}

// Preview shows a motion that would be voted for, by who only looks.
func Preview(p *show.Page, m *api.Motion) {
	p.Say("motion.preview")
	Motion(p, m)
}

// Motions lists motions.
func Motions(p *show.Page, all *api.Motions, mine bool) {
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
		p.Line(p.Strong(p.Phrase(*all.Paused)))
	}
	var rows [][]string
	for i := range all.Motions {
		m := &all.Motions[i]
		rows = append(rows, []string{beginning(m.ID), p.Coded("motionstate", m.State), own(p, m), voted(p, m), m.Member, p.Phrase(m.Does), m.Reason, show.Day(m.Expires)})
	}
	p.Table(show.Columns("motion", "state", "motion.mine", "motion.votes", "motion.proposer", "motion.does", "reason", "motion.expires"), rows)
}

// beginning cuts an ID to what tells it from others.
func beginning(id string) string {
	const most = 20
	return id[:min(len(id), most)]
}

// voted says how many votes a motion has of those that it takes.
func voted(p *show.Page, m *api.Motion) string {
	if m.Needed == 0 {
		return show.Amount(len(m.For))
	}
	return p.Word("quorum_of", strconv.Itoa(m.Needed-m.Missing), strconv.Itoa(m.Needed))
}

// own tells the vote of this node's regulator; "" where it has none.
func own(p *show.Page, m *api.Motion) string {
	if m.Mine == "none" {
		return ""
	}
	return p.Coded("motionmine", m.Mine)
}

// Progress tells in a line what changes while one waits for a motion.
func Progress(p *show.Page, m *api.Motion) {
	line := p.Coded("motionstate", m.State)
	if m.Needed > 0 {
		line = show.Commas(line, p.Word("motion.votes")+" "+voted(p, m))
	}
	p.Line(line)
	why(p, "motion.waiting", m.Waiting)
}

func motion(p *show.Page, m *api.Motion) {
	state := p.Strong(p.Coded("motionstate", m.State))
	if m.State == api.MotionUnknown && m.ID == "" {
		state = ""
	}
	hands := ""
	if m.Hands > 0 {
		hands = p.Word("quorum_of", strconv.Itoa(m.Hands-m.NoHands), strconv.Itoa(m.Hands))
	}
	votes := ""
	if m.Needed > 0 {
		votes = voted(p, m)
	}
	p.Facts(show.Fact{"motion", m.ID}, show.Fact{"state", state}, show.Fact{"motion.does", p.Strong(p.Phrase(m.Does))}, show.Fact{"reason", m.Reason},
		show.Fact{"motion.proposer", show.Commas(m.Member, show.Short(m.Proposer))}, show.Fact{"motion.proposed", m.Proposed}, show.Fact{"motion.expires", m.Expires}, show.Fact{"motion.until", m.Until},
		show.Fact{"motion.votes", votes}, show.Fact{"motion.hands", hands}, show.Fact{"motion.for", strings.Join(m.For, ", ")}, show.Fact{"motion.against", strings.Join(m.Against, ", ")},
		show.Fact{"motion.silent", strings.Join(m.Silent, ", ")}, show.Fact{"motion.mine", own(p, m)}, show.Fact{"motion.inboxes", strings.Join(m.Inboxes, ", ")})
	why(p, "motion.waiting", m.Waiting)
	why(p, "motion.blocked", m.Blocked)
	why(p, "motion.refused", m.Refusal)
	why(p, "motion.aside", m.Aside)
	why(p, "warning", m.Lacks)
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
		rows = append(rows, []string{part.ID, p.Coded("motionstate", part.State), show.Amount(part.Items), at})
	}
	p.Table(show.Columns("motion.part", "state", ">motion.items", ">motion.entry"), rows)
}

// why says what stands in the way, if something does.
func why(p *show.Page, key string, said *phrase.Phrase) {
	if said != nil {
		p.Line(p.Strong(p.Word(key, p.Phrase(*said))))
	}
}

func effect(p *show.Page, e *api.MotionEffect) {
	numbers := "" // of what enters nothing
	if e.Numbers > 0 {
		numbers = show.Amount(e.Numbers)
	}
	p.Line("")
	n, in := e.Counts, e.Inside
	p.Facts(show.Fact{"motion.items", show.Amount(e.Items)}, show.Fact{"motion.numbers", numbers}, show.Fact{"motion.takes", takes(p, e)},
		show.Fact{"protected", some(e.Protected, n.Protected+in.Protected)}, show.Fact{"motion.contested", some(e.Contested, n.Contested+in.Contested)},
		show.Fact{"motion.reassigned", some(e.Reassigned, n.Reassigned+in.Reassigned)}, show.Fact{"motion.ratified", some(e.Ratified, n.Ratified+in.Ratified)},
		show.Fact{"motion.inside", inside(p, &in)})
	var rows [][]string
	for _, h := range e.Holders {
		member := h.Member
		if member == "" {
			member = p.Word("motion.nobody")
		}
		rows = append(rows, []string{member, show.Amount(h.Items), show.Amount(h.Numbers)})
	}
	if len(rows) > 0 {
		p.Line("")
	}
	p.Table(show.Columns("motion.holder", ">motion.items", ">motion.numbers"), rows)
	for _, r := range e.Refusals {
		p.Line(p.Strong(p.Word("motion.blocked", p.Phrase(r))))
	}
}

func takes(p *show.Page, e *api.MotionEffect) string {
	switch {
	case e.Votes == 0:
		return ""
	case e.Hands == 0:
		return p.Word("motion.takes_any", strconv.Itoa(e.Votes))
	}
	return p.Word("motion.takes_votes", strconv.Itoa(e.Votes), strconv.Itoa(e.Hands))
}

// inside tells how many of what is marked lies inside ranges that are to be ratified, and is
// no entry itself; "" for none.
func inside(p *show.Page, in *api.MarkCounts) string {
	var all []string
	for _, mark := range []struct {
		name  string
		count int
	}{{"protected", in.Protected}, {"motion.contested", in.Contested}, {"motion.reassigned", in.Reassigned}, {"motion.ratified", in.Ratified}} {
		if mark.count > 0 {
			all = append(all, p.Word(mark.name)+" "+show.Amount(mark.count))
		}
	}
	return show.Commas(all...)
}

// some tells a count and the first of what is counted.
func some(first []string, count int) string {
	if count == 0 {
		return ""
	}
	text := show.Amount(count) + ": " + strings.Join(first, ", ")
	if count > len(first) {
		text += ", …"
	}
	return text
}

func content(p *show.Page, m *api.Motion) {
	if len(m.Content) == 0 {
		return
	}
	p.Line("")
	for _, line := range m.Content {
		p.Line(p.Phrase(line))
	}
	p.More(m.Items - len(m.Content))
}

// Ledger shows how the ledger stands.
func Ledger(p *show.Page, s *api.LedgerState) {
	fresh := ""
	if s.FreshSeconds != nil {
		fresh = p.Word("ledger.fresh", s.Certified, strconv.FormatInt(*s.FreshSeconds, 10))
	}
	anchor, ahead := "", ""
	if s.Anchor > 0 {
		anchor = show.Amount(s.Anchor)
	}
	if s.Provisional > 0 {
		ahead = show.Amount(s.Provisional)
	}
	p.Facts(show.Fact{"ledger.size", show.Amount(s.Size)}, show.Fact{"ledger.root", s.Root}, show.Fact{"ledger.certified", fresh}, show.Fact{"ledger.tick", s.Tick},
		show.Fact{"ledger.anchor", anchor}, show.Fact{"ledger.provisional", ahead}, show.Fact{"quorum", p.Word("quorum_of", strconv.Itoa(s.Quorum), strconv.Itoa(len(s.Cosigners)))})
	var rows [][]string
	for _, c := range s.Cosigners {
		rows = append(rows, []string{c.Member, c.Name, c.Cosigned})
	}
	p.Line("")
	p.Table(show.Columns("member", "name", "ledger.cosigned"), rows)
	if s.Trouble != nil {
		p.Line(p.Strong(p.Word("problem", p.Phrase(*s.Trouble))))
	}
}

// Entries lists entries of the ledger.
func Entries(p *show.Page, all *api.LedgerEntries) {
	var rows [][]string
	for _, e := range all.Entries {
		what := ""
		if e.Says != nil {
			what = p.Phrase(*e.Says)
		}
		if e.Type == "motion" {
			what = show.Commas(p.Word("ledger.items", show.Amount(e.Items)), what, e.Reason)
		}
		rows = append(rows, []string{strconv.FormatUint(e.Index, 10), p.Coded("entrytype", e.Type), p.Coded("motionkind", e.Kind), strings.Join(e.Votes, ", "), e.Time, beginning(e.Motion), what})
	}
	if len(rows) == 0 {
		p.Say("ledger.none", strconv.FormatUint(all.Size, 10))
	}
	p.Table(show.Columns(">motion.entry", "kind", "motion.kind", "motion.for", "ledger.time", "motion", "text"), rows)
	if all.Next < all.Size {
		p.Say("ledger.more", show.Amount(all.Size-all.Next), strconv.FormatUint(all.Next, 10))
	}
}
