package proofs

import (
	"strconv"
	"strings"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
)

// momentsShown is how many moments a page names.
const momentsShown = 10

// Audited tells what an audit found.
func Audited(p *show.Page, a *api.Audit) {
	for i, f := range a.Findings {
		p.Line(p.Strong(p.Word("audit.finding", strconv.Itoa(i+1), p.Phrase(f.What))))
		if f.Detail != "" {
			p.Line("   " + p.Faint(f.Detail))
		}
		if i == len(a.Findings)-1 || a.Findings[i+1].Do.Code != f.Do.Code {
			p.Line("   " + p.Phrase(f.Do))
		}
	}
	if a.More > 0 {
		p.Say("audit.more", show.Amount(a.More))
	}
	if len(a.Findings) > 0 {
		p.Line("")
	}
	cosigned := p.Word("audit.alone")
	if a.Regulators > 0 {
		cosigned = p.Word("proof.cosigned", strings.Join(a.Cosigners, ", "), strconv.Itoa(a.Quorum), strconv.Itoa(a.Regulators))
	} else if a.LedgerSize > 1 {
		cosigned = p.Word("audit.no_word")
	}
	p.Facts(show.Fact{"federation", show.Commas(a.Name, a.Federation)},
		show.Fact{"audit.feeds", p.Word("audit.feeds_are", show.Amount(a.Feeds), show.Amount(a.Batches), show.Amount(a.Statements), show.Amount(a.StatementsErased))},
		show.Fact{"proof.ledger_size", p.Word("audit.ledger", show.Amount(a.Judged), show.Amount(a.LedgerSize), show.Amount(a.Motions), show.Amount(a.Votes), show.Amount(a.Ticks))},
		show.Fact{"audit.ratified", p.Word("audit.ratified_are", show.Amount(a.Ratified), show.Amount(a.OpeningsErased))},
		show.Fact{"proof.certified", cosigned}, show.Fact{"proof.as_of", a.Certified},
		show.Fact{"audit.list_roots", p.Word("audit.list_roots_are", show.Amount(a.Right), show.Amount(a.Anchors), show.Amount(len(a.NotRecomputable)))})
	for i, m := range a.NotRecomputable {
		if i == momentsShown {
			p.Say("audit.more_moments", show.Amount(len(a.NotRecomputable)-i))
			break
		}
		p.Say("audit.not_recomputable", show.Amount(m.Size), m.Day)
	}
	p.Line("")
	if a.OK {
		p.Line(p.Strong(p.Word("audit.clean", show.Amount(a.Seconds))))
		return
	}
	p.Line(p.Strong(p.Word("audit.wrong", show.Amount(len(a.Findings)+a.More), show.Amount(a.Seconds))))
}
