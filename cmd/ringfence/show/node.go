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
	running := p.Word("not_running")
	if s.Running {
		running = p.Word("running_since", s.StartedAt)
	}
	disk := ""
	if s.FreeBytes > 0 || s.FloorBytes > 0 {
		disk = p.Word("free_of", size(s.FreeBytes), size(s.FloorBytes))
	}
	p.Facts(Fact{"node", running}, Fact{"version", s.Version}, Fact{"directory", s.Directory},
		Fact{"federation", Commas(s.Name, s.Federation)}, Fact{"members", Amount(s.Members)},
		Fact{"member", Commas(s.Member, p.codedAll("role", s.Roles))}, Fact{"issuer", s.Issuer},
		Fact{"batches", Amount(s.Batches)}, Fact{"statements", Amount(s.Statements)}, Fact{"void", Amount(s.Void)},
		Fact{"entries", p.Word("entries_of", Amount(s.Entries), Amount(s.Labelled), Amount(s.Blocked), Amount(s.Contested))},
		Fact{"disk", disk}, Fact{"queued", nonzero(s.Queued)}, Fact{"suspended", nonzero(s.Suspended)}, Fact{"peers", p.standing(s.Peers)})
	if len(s.Feeds) > 0 {
		p.Line("")
	}
	var rows [][]string
	for _, f := range s.Feeds {
		state := ""
		if f.Frozen {
			state = p.Word("frozen")
		}
		sequence := Amount(f.Sequence)
		if f.Head == "" {
			sequence = ""
		}
		rows = append(rows, []string{f.Member, Short(f.Issuer), Amount(f.Epoch), sequence, f.Head, f.Said, state})
	}
	p.Table(Columns("member", "issuer", ">epoch", ">sequence", "head", "said", "state"), rows)
	p.Line("")
	Plans(p, s.Plans)
	if len(s.Problems) > 0 {
		p.Line("")
	}
	for _, problem := range s.Problems {
		p.Line(p.Strong(p.Word("problem", p.Phrase(problem))))
	}
	p.Line("")
	p.stamp(s.List, false)
}

// SayAgain lists what a member has to say again.
func SayAgain(p *Page, a *api.SayAgain) {
	if len(a.Statements)+len(a.Lacking) == 0 {
		p.Say("nothing_to_say_again")
	}
	var rows [][]string
	for i := range a.Statements {
		s := &a.Statements[i]
		rows = append(rows, []string{p.Coded("kind", s.Kind), cmp.Or(s.Retracts, s.Subject), s.Category, Amount(int(s.Count)), s.LastSeen, s.Expires, s.Publication, s.Ref})
	}
	p.Table(Columns("kind", "subject", "category", ">reports", "last_seen", "expires", "publication", "statement"), rows)
	if a.More {
		p.Say("more_to_say_again")
	}
	for _, l := range a.Lacking {
		if key, epoch := Short(l.Issuer), strconv.FormatUint(l.Epoch, 10); l.Missing == 0 {
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
		origin := p.Word("shipped")
		if plan.Imported {
			origin = p.Word("imported")
		}
		rows = append(rows, []string{plan.Country, plan.Date, Amount(plan.Ranges), origin, plan.Source})
	}
	p.Table(Columns("country", "plan_date", ">ranges", "origin", "source"), rows)
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
	p.Facts(Fact{"publication", p.Strong(d.Publication)}, Fact{"rows", Amount(d.Rows)}, Fact{"accepted", Amount(d.Accepted)},
		Fact{"rejected", nonzero(d.Rejected)}, Fact{"clamped", nonzero(d.Clamped)}, Fact{"drafts", Amount(d.Drafts)},
		Fact{"statements", Amount(d.Statements)}, Fact{"said_again", nonzero(d.Again)}, Fact{"unchanged", nonzero(d.Unchanged)}, Fact{"resumed", nonzero(d.Resumed)}, Fact{"queued", nonzero(d.Queued)},
		Fact{"refused", nonzero(d.Refused)}, Fact{"batches", Amount(d.Batches)}, Fact{"changes", Amount(d.Changes)},
		Fact{"labelled", p.Word("labelled_from", Amount(d.LabelledNow), Amount(d.Labelled))},
		Fact{"seconds", fmt.Sprintf("%.1f", d.Seconds)})
	if len(d.RejectedBy) > 0 {
		p.Line("")
	}
	var rows [][]string
	for _, reason := range byCount(d.RejectedBy) {
		rows = append(rows, []string{Amount(d.RejectedBy[reason]), p.words.Row(reason)})
	}
	p.Table(Columns(">rejected", "reason"), rows)
	if len(d.Unmapped) > 0 {
		p.Say("unmapped", strings.Join(d.Unmapped, ", "))
	}
	if !d.Note.IsZero() && !d.Already { // that it was published before is told above
		p.Line("")
		p.Line(p.Phrase(d.Note))
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
	return Amount(n)
}

// Said shows what came of something said by hand.
func Said(p *Page, s *api.Said) {
	if s.Preview {
		p.Say("said.preview")
	}
	p.Facts(Fact{"statements", strings.Join(s.Statements, ", ")}, Fact{"publication", s.Publication}, Fact{"undone", nonzero(s.Undone)}, Fact{"changes", Amount(s.Changed)})
	var rows [][]string
	for _, c := range s.Changes {
		rows = append(rows, []string{c.Key, p.entry(c.Before), p.entry(c.After)})
	}
	p.Table(Columns("key", "before", "after"), rows)
	if len(s.Disputed) > 0 {
		p.Say("contests.disputed")
		p.sources(s.Disputed)
	}
	p.More(s.Changed - len(s.Changes))
	if !s.Note.IsZero() {
		p.Line(p.Phrase(s.Note))
	}
}

// entry tells an entry as a change has it: action, category, and whether it is
// contested.
func (p *Page) entry(s string) string {
	action, rest, _ := strings.Cut(s, " ")
	category, contested := strings.CutSuffix(rest, " contested")
	text := strings.TrimSpace(p.Coded("action", action) + " " + category)
	if contested {
		text = Commas(text, p.Word("disputed"))
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
			file = Commas(file, p.Word("elsewhere"))
		case d.Unrecorded:
			file = p.Word("unrecorded")
		}
		rows = append(rows, []string{d.ID, p.Coded("publication", d.State), d.Begun.UTC().Format(time.DateTime), file, d.Mapping, Amount(d.Statements), nonzero(d.Retracted), Amount(d.Unchanged), Amount(d.Refused)})
	}
	p.Table(Columns("publication", "state", "begun", "file", "mapping",
		">statements", ">statements_retracted", ">unchanged", ">refused"), rows)
}

// NewToken shows a token the only time that its secret is told.
func NewToken(p *Page, t api.Token) {
	p.Facts(Fact{"name", t.Name}, Fact{"role", p.Coded("role", string(t.Role))}, Fact{"token", p.Strong(t.Secret)})
	p.Say("next.token")
}

// Tokens lists tokens.
func Tokens(p *Page, all []api.Token) {
	if len(all) == 0 {
		p.Say("no_tokens")
	}
	var rows [][]string
	for _, t := range all {
		rows = append(rows, []string{t.Name, p.Coded("role", string(t.Role)), t.Made})
	}
	p.Table(Columns("name", "role", "made"), rows)
}
