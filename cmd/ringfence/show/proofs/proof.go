// Package proofs shows what can be proved of ledger and list: proofs that were made,
// what came of checking one, and what an audit found.
//
// Floor 15, a room of cmd/ringfence. It asks nothing and decides nothing.
package proofs

import (
	"strconv"
	"strings"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/phrase"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Proof is what came of checking a proof. What a file of its kind does not show is
// empty.
type Proof struct {
	File       string         `json:"file"`
	Proved     bool           `json:"proved"`
	Reason     *phrase.Phrase `json:"reason,omitempty"` // why not
	Detail     string         `json:"detail,omitempty"` // the check that failed, in English
	What       string         `json:"what,omitempty"`   // ratified, revoked, stayed, listed, absent, regulators
	Federation string         `json:"federation,omitempty"`
	Name       string         `json:"federation_name"`
	At         string         `json:"at"`       // the time that was asked about, RFC 3339
	InForce    bool           `json:"in_force"` // then, unless it was revoked or stayed by then

	Number    string   `json:"number,omitempty"` // or range
	Key       string   `json:"key,omitempty"`    // of the list, that decides
	Action    string   `json:"action,omitempty"`
	Category  string   `json:"category,omitempty"`
	Contested bool     `json:"contested,omitempty"`
	ByLedger  bool     `json:"by_ledger,omitempty"` // the list's entry is a ratified one
	Index     uint64   `json:"ledger_index,omitempty"`
	Reversed  uint64   `json:"reversed_index,omitempty"`
	Motion    string   `json:"motion,omitempty"`
	Why       string   `json:"motion_reason,omitempty"`
	Proposed  string   `json:"proposed_at,omitempty"`
	Held      string   `json:"held_at,omitempty"` // in the ledger at the latest then, by a quorum's clocks
	Until     string   `json:"until_day,omitempty"`
	Votes     []string `json:"voted,omitempty"`
	Citations []string `json:"citations,omitempty"`

	AnchorSize uint64 `json:"anchor_ledger_size,omitempty"`
	AnchorDay  string `json:"anchor_day,omitempty"`
	ListRoot   string `json:"list_root,omitempty"`

	LedgerSize uint64   `json:"ledger_size,omitempty"`
	LedgerRoot string   `json:"ledger_root,omitempty"`
	Certified  string   `json:"certified_at,omitempty"`
	AgeSeconds int64    `json:"age_seconds"`
	Cosigners  []string `json:"cosigners,omitempty"`
	Quorum     int      `json:"quorum,omitempty"`
	Regulators int      `json:"regulators,omitempty"`

	Changes int    `json:"regulator_changes"`
	Pinned  uint64 `json:"pinned_ledger_size"`
	Known   uint64 `json:"known_ledger_size,omitempty"` // up to which it is known who the regulators were
	Chain   []Era  `json:"chain,omitempty"`
}

// Era is who the regulators were from a ledger size on.
type Era struct {
	Since   uint64   `json:"since_ledger_size"`
	Members []string `json:"members"`
}

// Verified tells what a file proves, on what it stands, and what it cannot say.
func Verified(p *show.Page, v *Proof) {
	if !v.Proved {
		p.Line(p.Strong(p.Word("proof.no", p.Phrase(*v.Reason))))
		p.Line(p.Faint(v.Detail))
		return
	}
	p.Line(p.Strong(claim(p, v)))
	p.Line("")
	cosigned := ""
	if v.LedgerSize > 0 {
		cosigned = p.Word("proof.cosigned", strings.Join(v.Cosigners, ", "), strconv.Itoa(v.Quorum), strconv.Itoa(v.Regulators))
	}
	entry, size, until := "", "", v.Until
	switch {
	case v.Index == 0:
	case v.What == "listed" || v.What == "absent":
		entry = anchorOf(v.Index)
	default:
		entry = strconv.FormatUint(v.Index, 10)
	}
	if v.LedgerSize > 0 {
		size = show.Amount(v.LedgerSize)
	}
	if until == "" && v.What == "ratified" {
		until = p.Word("proof.no_end")
	}
	p.Facts(show.Fact{"federation", show.Commas(v.Name, v.Federation)}, show.Fact{"proof.entry", entry}, show.Fact{"key", v.Key}, show.Fact{"reason", v.Why},
		show.Fact{"proof.proposed", v.Proposed}, show.Fact{"proof.held", v.Held}, show.Fact{"proof.until", until}, show.Fact{"proof.voted", strings.Join(v.Votes, ", ")},
		show.Fact{"references", strings.Join(v.Citations, ", ")}, show.Fact{"proof.ledger_size", size}, show.Fact{"proof.certified", cosigned},
		show.Fact{"proof.as_of", asOf(p, v)}, show.Fact{"proof.list_root", show.Short(v.ListRoot)})
	for _, e := range v.Chain {
		p.Say("proof.era", show.Amount(e.Since), strings.Join(e.Members, ", "))
	}
	p.Line("")
	limits(p, v)
}

// claim is what is proved, in one sentence.
func claim(p *show.Page, v *Proof) string {
	says := says(p, v.Action, v.Category)
	switch v.What {
	case "ratified":
		return p.Word("proof.ratified", v.Number, says)
	case "revoked", "stayed":
		return p.Word("proof."+v.What, strconv.FormatUint(v.Reversed, 10))
	case "listed":
		return p.Word("proof.listed", v.Number, says, show.Amount(v.AnchorSize), v.AnchorDay)
	case "absent":
		return p.Word("proof.absent", v.Number, show.Amount(v.AnchorSize), v.AnchorDay)
	}
	return p.Word("proof.regulators", strconv.Itoa(v.Changes))
}

// says is what an entry does, and why.
func says(p *show.Page, action, category string) string {
	says := p.Coded("action", action)
	var c taxonomy.Category
	if c.UnmarshalText([]byte(category)) == nil && c != 0 {
		says += ": " + show.Commas(c.Name(p.Lang()), category)
	}
	return says
}

// asOf is as of when the checkpoint is known to stand.
func asOf(p *show.Page, v *Proof) string {
	switch {
	case v.Certified == "":
		return ""
	case v.AgeSeconds < 0:
		return p.Word("proof.ahead", v.Certified)
	}
	return p.Word("proof.age", v.Certified, p.Span(v.AgeSeconds))
}

// limits is what the proof cannot say, and how to know.
func limits(p *show.Page, v *Proof) {
	if !v.InForce {
		p.Say("proof.not_in_force", v.At)
	}
	switch v.What {
	case "ratified":
		p.Say("proof.since", v.Number)
	case "listed", "absent":
		p.Say("proof.list_since", v.Number)
	}
	if r, err := number.ParseRange(v.Key); err == nil && r.Free() > 0 {
		p.Say("proof.by_range", v.Key)
	}
	switch {
	case v.Pinned > 0:
		p.Say("proof.trust_pinned", strconv.Itoa(v.Changes), show.Amount(v.Pinned))
	case v.Changes > 0:
		p.Say("proof.trust_chain", strconv.Itoa(v.Changes))
	default:
		p.Say("proof.trust_genesis")
		return
	}
	if v.LedgerSize > v.Known {
		p.Say("proof.trust_beyond", show.Amount(v.Known), show.Amount(v.LedgerSize))
	}
}
