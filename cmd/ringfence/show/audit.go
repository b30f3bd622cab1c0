package show

import (
	"strconv"
	"strings"

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
func Audited(p *Page, a *Audit) {
	for i, f := range a.Findings {
		p.Line(p.strong(p.word("audit.finding", strconv.Itoa(i+1), p.phrase(f.What))))
		if f.Detail != "" {
			p.Line("   " + p.faint(f.Detail))
		}
		if i == len(a.Findings)-1 || a.Findings[i+1].Do.Code != f.Do.Code {
			p.Line("   " + p.phrase(f.Do))
		}
	}
	if a.More > 0 {
		p.Say("audit.more", amount(a.More))
	}
	if len(a.Findings) > 0 {
		p.Line("")
	}
	cosigned := p.word("audit.alone")
	if a.Regulators > 0 {
		cosigned = p.word("proof.cosigned", strings.Join(a.Cosigners, ", "), strconv.Itoa(a.Quorum), strconv.Itoa(a.Regulators))
	} else if a.LedgerSize > 1 {
		cosigned = p.word("audit.no_word")
	}
	p.facts(fact{"federation", joined(a.Name, a.Federation)},
		fact{"audit.feeds", p.word("audit.feeds_are", amount(a.Feeds), amount(a.Batches), amount(a.Statements), amount(a.StatementsErased))},
		fact{"proof.ledger_size", p.word("audit.ledger", amount(a.Judged), amount(a.LedgerSize), amount(a.Motions), amount(a.Votes), amount(a.Ticks))},
		fact{"audit.ratified", p.word("audit.ratified_are", amount(a.Ratified), amount(a.OpeningsErased))},
		fact{"proof.certified", cosigned}, fact{"proof.as_of", a.Certified},
		fact{"audit.list_roots", p.word("audit.list_roots_are", amount(a.Right), amount(a.Anchors), amount(len(a.NotRecomputable)))})
	for i, m := range a.NotRecomputable {
		if i == momentsShown {
			p.Say("audit.more_moments", amount(len(a.NotRecomputable)-i))
			break
		}
		p.Say("audit.not_recomputable", amount(m.Size), m.Day)
	}
	p.Line("")
	if a.OK {
		p.Line(p.strong(p.word("audit.clean", amount(a.Seconds))))
		return
	}
	p.Line(p.strong(p.word("audit.wrong", amount(len(a.Findings)+a.More), amount(a.Seconds))))
}
