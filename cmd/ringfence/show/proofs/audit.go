package proofs

import (
	"strconv"
	"strings"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/phrase"
)

// Audit is what was gone through, and what is wrong with it.
type Audit struct {
	OK         bool   `json:"ok"`
	Federation string `json:"federation"`
	Name       string `json:"federation_name"`
	Seconds    int64  `json:"took_seconds"`

	LedgerSize     uint64   `json:"ledger_size"`
	LedgerRoot     string   `json:"ledger_root,omitempty"`
	Judged         uint64   `json:"entries_judged"`
	Motions        int      `json:"motions"`
	Votes          int      `json:"votes"`
	Ticks          int      `json:"ticks"`
	Settlements    int      `json:"settlements"`
	Ratified       uint64   `json:"ratified"`
	OpeningsErased uint64   `json:"openings_erased"`
	Cosigners      []string `json:"cosigners"`
	Quorum         int      `json:"quorum"`
	Regulators     int      `json:"regulators"`
	Certified      string   `json:"certified_at,omitempty"`

	Feeds            int    `json:"feeds"`
	Batches          uint64 `json:"batches"`
	Statements       uint64 `json:"statements"`
	StatementsErased uint64 `json:"statements_erased"`
	ForkProofs       int    `json:"fork_proofs"`

	Anchors         int      `json:"anchors"`
	Right           int      `json:"list_roots_right"`
	NotRecomputable []Moment `json:"not_recomputable"`

	Findings []Finding `json:"findings"`
	More     int       `json:"more_findings"` // that are not named
}

// Moment is an anchor whose list nobody can compute any more.
type Moment struct {
	Index uint64 `json:"ledger_index"`
	Size  uint64 `json:"ledger_size"`
	Day   string `json:"day"`
	Root  string `json:"list_root"`
}

// Finding is one thing that is wrong, where, and what to do.
type Finding struct {
	Code   string        `json:"code"`
	Where  string        `json:"where"`
	What   phrase.Phrase `json:"what"`
	Detail string        `json:"detail,omitempty"` // the check that failed, in English
	Do     phrase.Phrase `json:"do"`
}

// momentsShown is how many moments a page names.
const momentsShown = 10

// Audited tells what an audit found.
func Audited(p *show.Page, a *Audit) {
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
