package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringfence/node/api"
)

// Status shows how a node stands.
func Status(p *Page, s *api.Status) {
	running := p.word("not_running")
	if s.Running {
		running = p.word("running_since", s.StartedAt)
	}
	disk := ""
	if s.FreeBytes > 0 || s.FloorBytes > 0 {
		disk = p.word("free_of", size(s.FreeBytes), size(s.FloorBytes))
	}
	p.facts(fact{"node", running}, fact{"version", s.Version}, fact{"directory", s.Directory},
		fact{"federation", joined(s.Name, s.Federation)}, fact{"members", amount(s.Members)},
		fact{"member", joined(s.Member, p.codedAll("role", s.Roles))}, fact{"issuer", s.Issuer},
		fact{"batches", amount(s.Batches)}, fact{"statements", amount(s.Statements)}, fact{"void", amount(s.Void)},
		fact{"entries", p.word("entries_of", amount(s.Entries), amount(s.Labelled), amount(s.Blocked), amount(s.Contested))},
		fact{"disk", disk}, fact{"queued", nonzero(s.Queued)}, fact{"suspended", nonzero(s.Suspended)}, fact{"peers", p.standing(s.Peers)})
	if len(s.Feeds) > 0 {
		p.Line("")
	}
	var rows [][]string
	for _, f := range s.Feeds {
		state := ""
		if f.Frozen {
			state = p.word("frozen")
		}
		sequence := amount(f.Sequence)
		if f.Head == "" {
			sequence = ""
		}
		rows = append(rows, []string{f.Member, short(f.Issuer), amount(f.Epoch), sequence, f.Head, f.Said, state})
	}
	p.table([]column{{"member", false}, {"issuer", false}, {"epoch", true}, {"sequence", true}, {"head", false}, {"said", false}, {"state", false}}, rows)
	p.Line("")
	Plans(p, s.Plans)
	if len(s.Problems) > 0 {
		p.Line("")
	}
	for _, problem := range s.Problems {
		p.Line(p.strong(p.word("problem", p.phrase(problem))))
	}
	p.Line("")
	p.stamp(s.List)
}

// SayAgain lists what a member has to say again.
func SayAgain(p *Page, a *api.SayAgain) {
	if len(a.Statements)+len(a.Lacking) == 0 {
		p.Say("nothing_to_say_again")
	}
	var rows [][]string
	for i := range a.Statements {
		s := &a.Statements[i]
		rows = append(rows, []string{s.Kind, cmp.Or(s.Retracts, s.Subject), s.Category, amount(int(s.Count)), s.LastSeen, s.Expires, s.Publication, s.Ref})
	}
	p.table([]column{{"kind", false}, {"subject", false}, {"category", false}, {"reports", true}, {"last_seen", false}, {"expires", false}, {"publication", false}, {"statement", false}}, rows)
	if a.More {
		p.Say("more_to_say_again")
	}
	for _, l := range a.Lacking {
		if key, epoch := short(l.Issuer), strconv.FormatUint(l.Epoch, 10); l.Missing == 0 {
			p.Say("lacking_nobody", key, epoch)
		} else {
			p.Say("lacking", key, epoch, strconv.FormatUint(l.Held, 10), strconv.FormatUint(l.Missing, 10), strings.Join(l.Holders, ", "))
		}
	}
}

// Plans lists numbering plans.
func Plans(p *Page, all []api.Plan) {
	var rows [][]string
	for _, plan := range all {
		origin := p.word("shipped")
		if plan.Imported {
			origin = p.word("imported")
		}
		rows = append(rows, []string{plan.Country, plan.Date, amount(plan.Ranges), origin, plan.Source})
	}
	p.table([]column{{"country", false}, {"plan_date", false}, {"ranges", true}, {"origin", false}, {"source", false}}, rows)
}

// Published shows what came of a file.
func Published(p *Page, d *api.Published) {
	if d.DryRun {
		p.Say("published.dry")
	}
	switch under := strings.Join(d.Under, ", "); {
	case !d.Already:
	case d.Publication == "":
		p.Say("published.stands", under)
	default:
		p.Say("published.already", d.Publication)
		if under != "" && under != d.Publication {
			p.Say("published.under", under)
		}
	}
	p.facts(fact{"publication", p.strong(d.Publication)}, fact{"rows", amount(d.Rows)}, fact{"accepted", amount(d.Accepted)},
		fact{"rejected", nonzero(d.Rejected)}, fact{"clamped", nonzero(d.Clamped)}, fact{"drafts", amount(d.Drafts)},
		fact{"statements", amount(d.Statements)}, fact{"said_again", nonzero(d.Again)}, fact{"unchanged", nonzero(d.Unchanged)}, fact{"resumed", nonzero(d.Resumed)}, fact{"queued", nonzero(d.Queued)},
		fact{"refused", nonzero(d.Refused)}, fact{"batches", amount(d.Batches)}, fact{"changes", amount(d.Changes)},
		fact{"labelled", p.word("labelled_from", amount(d.LabelledNow), amount(d.Labelled))},
		fact{"seconds", fmt.Sprintf("%.1f", d.Seconds)})
	if len(d.RejectedBy) > 0 {
		p.Line("")
	}
	var rows [][]string
	for _, reason := range byCount(d.RejectedBy) {
		rows = append(rows, []string{amount(d.RejectedBy[reason]), reason})
	}
	p.table([]column{{"rejected", true}, {"reason", false}}, rows)
	if len(d.Unmapped) > 0 {
		p.Say("unmapped", strings.Join(d.Unmapped, ", "))
	}
	if d.Note != "" && !d.Already { // that it was published before is told above
		p.Line("")
		p.Line(d.Note)
	}
	if !d.DryRun && !d.Already && d.Statements > 0 {
		p.Say("next.published", d.Publication)
	}
}

// byCount returns the reasons, the most frequent first.
func byCount(all map[string]int) []string {
	return slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		if all[a] != all[b] {
			return all[b] - all[a]
		}
		return strings.Compare(a, b)
	})
}

// nonzero is amount, and "" for 0.
func nonzero(n int) string {
	if n == 0 {
		return ""
	}
	return amount(n)
}

// Said shows what came of something said by hand.
func Said(p *Page, s *api.Said) {
	if s.Preview {
		p.Say("said.preview")
	}
	p.facts(fact{"statements", strings.Join(s.Statements, ", ")}, fact{"publication", s.Publication}, fact{"undone", nonzero(s.Undone)}, fact{"changes", amount(s.Changed)})
	var rows [][]string
	for _, c := range s.Changes {
		rows = append(rows, []string{c.Key, p.entry(c.Before), p.entry(c.After)})
	}
	p.table(left("key", "before", "after"), rows)
	if len(s.Disputed) > 0 {
		p.Say("contests.disputed")
		p.sources(s.Disputed)
	}
	p.more(s.Changed - len(s.Changes))
	if s.Note != "" {
		p.Line(s.Note)
	}
}

// entry tells an entry as a change has it: action, category, and whether it is
// contested.
func (p *Page) entry(s string) string {
	action, rest, _ := strings.Cut(s, " ")
	category, contested := strings.CutSuffix(rest, " contested")
	text := strings.TrimSpace(p.coded("action", action) + " " + category)
	if contested {
		text = joined(text, p.word("disputed"))
	}
	return text
}

// Publications lists what was delivered.
func Publications(p *Page, all []api.Publication) {
	if len(all) == 0 {
		p.Say("no_publications")
	}
	var rows [][]string
	for i := range all {
		d := &all[i]
		file := d.File
		switch {
		case d.Elsewhere:
			file = joined(file, p.word("elsewhere"))
		case d.Unrecorded:
			file = p.word("unrecorded")
		}
		rows = append(rows, []string{d.ID, p.coded("publication", d.State), d.Begun.UTC().Format(time.DateTime), file, d.Mapping, amount(d.Statements), nonzero(d.Retracted), amount(d.Unchanged), amount(d.Refused)})
	}
	p.table([]column{{"publication", false}, {"state", false}, {"begun", false}, {"file", false}, {"mapping", false},
		{"statements", true}, {"statements_retracted", true}, {"unchanged", true}, {"refused", true}}, rows)
}

// NewToken shows a token the only time that its secret is told.
func NewToken(p *Page, t api.Token) {
	p.facts(fact{"name", t.Name}, fact{"role", p.coded("role", string(t.Role))}, fact{"token", p.strong(t.Secret)})
	p.Say("next.token")
}

// Tokens lists tokens.
func Tokens(p *Page, all []api.Token) {
	if len(all) == 0 {
		p.Say("no_tokens")
	}
	var rows [][]string
	for _, t := range all {
		rows = append(rows, []string{t.Name, p.coded("role", string(t.Role)), t.Made})
	}
	p.table(left("name", "role", "made"), rows)
}
