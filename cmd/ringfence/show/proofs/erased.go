package proofs

import (
	"strconv"

	"ringfence/cmd/ringfence/show"
)

// Erased is which openings of the ledger were erased, or would be.
type Erased struct {
	Preview    bool           `json:"preview"` // nothing was
	Federation string         `json:"federation"`
	Name       string         `json:"federation_name"`
	LedgerSize uint64         `json:"ledger_size"`
	Tick       string         `json:"tick,omitempty"`    // the newest certified one
	DeadBy     string         `json:"dead_by,omitempty"` // the tick by which what is due was dead
	Openings   uint64         `json:"openings"`          // that are due
	Motions    []ErasedMotion `json:"motions"`           // of which
	Waiting    uint64         `json:"openings_waiting"`  // dead, and not for long enough
	Alive      uint64         `json:"openings_alive"`
	Judging    uint64         `json:"openings_kept_to_judge"` // dead, and kept by a regulator for what it replays
	Before     uint64         `json:"openings_erased_before"`
}

// ErasedMotion is a motion of which openings are due.
type ErasedMotion struct {
	Index    uint64 `json:"ledger_index"`
	Motion   string `json:"motion"`
	Kind     string `json:"kind"`
	Openings int    `json:"openings"`
}

// motionsShown is how many motions a page names.
const motionsShown = 20

// Erase tells what was erased, or would be.
func Erase(p *show.Page, e *Erased) {
	var rows [][]string
	for i := range e.Motions {
		if i == motionsShown {
			break
		}
		m := &e.Motions[i]
		rows = append(rows, []string{strconv.FormatUint(m.Index, 10), p.Coded("motionkind", m.Kind), show.Amount(m.Openings), m.Motion})
	}
	if len(rows) > 0 {
		p.Table(show.Columns(">erase.entry", "motion.kind", ">erase.openings", "erase.motion"), rows)
		if more := len(e.Motions) - len(rows); more > 0 {
			p.Say("erase.more", show.Amount(more))
		}
		p.Line("")
	}
	judging := ""
	if e.Judging > 0 {
		judging = show.Amount(e.Judging)
	}
	p.Facts(show.Fact{"federation", show.Commas(e.Name, e.Federation)}, show.Fact{"proof.ledger_size", show.Amount(e.LedgerSize)},
		show.Fact{"erase.tick", e.Tick}, show.Fact{"erase.dead_by", e.DeadBy},
		show.Fact{"erase.alive", show.Amount(e.Alive)}, show.Fact{"erase.waiting", show.Amount(e.Waiting)}, show.Fact{"erase.judging", judging}, show.Fact{"erase.before", show.Amount(e.Before)})
	p.Line("")
	switch {
	case e.Openings == 0:
		p.Line(p.Strong(p.Word("erase.nothing")))
	case e.Preview:
		p.Line(p.Strong(p.Word("erase.would", show.Amount(e.Openings), show.Amount(len(e.Motions)))))
	default:
		p.Line(p.Strong(p.Word("erase.done", show.Amount(e.Openings), show.Amount(len(e.Motions)))))
	}
}
