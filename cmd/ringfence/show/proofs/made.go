package proofs

import (
	"strconv"

	"ringfence/cmd/ringfence/show"
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
func Prove(p *show.Page, m *Made) {
	p.Say("made.written", p.Strong(m.File), show.Amount(m.Bytes))
	p.Line("  " + made(p, &m.Proof))
	p.Line("")
	p.Say("made.certified", show.Amount(m.LedgerSize), m.Certified)
	for _, n := range m.Notes {
		p.Line(p.Strong(p.Phrase(n)))
	}
	if m.Sets != "" {
		p.Say("made.sets", m.Sets)
	}
	p.Say("made.verify", m.Verify)
}

// anchorOf names the entry of an anchor, as everywhere, by its first item, which says what
// the list was and follows it: that one is proved.
func anchorOf(index uint64) string { return strconv.FormatUint(max(index, 1)-1, 10) }

// made is what a proof proves.
func made(p *show.Page, m *api.Proof) string {
	says := says(p, m.Action, m.Category)
	index := strconv.FormatUint(m.Index, 10)
	if m.What == api.ProofListed || m.What == api.ProofAbsent {
		index = anchorOf(m.Index)
	}
	switch m.What {
	case api.ProofRatified:
		return p.Word("made.ratified", m.Number, says, index)
	case "revoked", "stayed":
		return p.Word("made."+m.What, strconv.FormatUint(m.Reversed, 10), index)
	case api.ProofListed:
		return p.Word("made.listed", m.Number, says, index, show.Amount(m.AnchorSize), m.AnchorDay)
	case api.ProofAbsent:
		return p.Word("made.absent", m.Number, index, show.Amount(m.AnchorSize), m.AnchorDay)
	}
	return p.Word("made.regulators", show.Amount(m.LedgerSize), strconv.Itoa(m.Changes))
}
