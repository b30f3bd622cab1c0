package show

import (
	"strconv"

	"ringfence/node/api"
)

// Made is a proof that was made, and how it is checked.
type Made struct {
	api.Proof

	File   string `json:"file"`
	Verify string `json:"verify"`              // command line
	Sets   string `json:"sets_file,omitempty"` // that it names, which is still to be made
	None   []byte `json:"proof,omitempty"`     // in the place of the file's bytes, which the file has
}

// Prove tells what was made, and what to do with it.
func Prove(p *Page, m *Made) {
	p.Say("made.written", p.strong(m.File), amount(m.Bytes))
	p.Line("  " + p.made(&m.Proof))
	p.Line("")
	p.Say("made.certified", amount(m.LedgerSize), m.Certified)
	for _, n := range m.Notes {
		p.Line(p.strong(p.phrase(n)))
	}
	if m.Sets != "" {
		p.Say("made.sets", m.Sets)
	}
	p.Say("made.verify", m.Verify)
}

// made is what a proof proves.
func (p *Page) made(m *api.Proof) string {
	says := p.says(m.Action, m.Category)
	index := strconv.FormatUint(m.Index, 10)
	switch m.What {
	case api.ProofRatified:
		return p.word("made.ratified", m.Number, says, index)
	case "revoked", "stayed":
		return p.word("made."+m.What, strconv.FormatUint(m.Reversed, 10), index)
	case api.ProofListed:
		return p.word("made.listed", m.Number, says, index, amount(m.AnchorSize), m.AnchorDay)
	case api.ProofAbsent:
		return p.word("made.absent", m.Number, index, amount(m.AnchorSize), m.AnchorDay)
	}
	return p.word("made.regulators", amount(m.LedgerSize), strconv.Itoa(m.Changes))
}

// asOfThen tells of which moment an answer about the past is.
func (p *Page) asOfThen(a *api.AsOf) {
	if a == nil {
		return
	}
	anchored, lacks := "", ""
	if a.Anchor != nil {
		anchored = p.word("as_of.anchored", strconv.FormatUint(a.Anchor.Index, 10), amount(a.Anchor.Size), short(a.Anchor.ListRoot))
	}
	if a.Lacks != nil {
		lacks = p.strong(p.phrase(*a.Lacks))
	}
	p.facts(fact{"as_of", p.word("as_of.then", amount(a.LedgerSize), a.Time, a.Day)}, fact{"as_of.anchor", anchored}, fact{"as_of.lacks", lacks})
	p.Line("")
}
