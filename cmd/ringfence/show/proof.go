package show

import (
	"strconv"
	"strings"

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
	InForce    bool           `json:"in_force"` // then, unless it was revoked or stayed since

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
	Chain   []Era  `json:"chain,omitempty"`
}

// Era is who the regulators were from a ledger size on.
type Era struct {
	Since   uint64   `json:"since_ledger_size"`
	Members []string `json:"members"`
}

// Verified tells what a file proves, on what it stands, and what it cannot say.
func Verified(p *Page, v *Proof) {
	if !v.Proved {
		p.Line(p.strong(p.word("proof.no", p.phrase(*v.Reason))))
		p.Line(p.faint(v.Detail))
		return
	}
	p.Line(p.strong(p.claim(v)))
	p.Line("")
	cosigned := ""
	if v.LedgerSize > 0 {
		cosigned = p.word("proof.cosigned", strings.Join(v.Cosigners, ", "), strconv.Itoa(v.Quorum), strconv.Itoa(v.Regulators))
	}
	entry, size, until := "", "", v.Until
	if v.Index > 0 {
		entry = strconv.FormatUint(v.Index, 10)
	}
	if v.LedgerSize > 0 {
		size = amount(v.LedgerSize)
	}
	if until == "" && v.Proposed != "" {
		until = p.word("proof.no_end")
	}
	p.facts(fact{"federation", joined(v.Name, v.Federation)}, fact{"proof.entry", entry}, fact{"key", v.Key}, fact{"reason", v.Why},
		fact{"proof.proposed", v.Proposed}, fact{"proof.held", v.Held}, fact{"proof.until", until}, fact{"proof.voted", strings.Join(v.Votes, ", ")},
		fact{"references", strings.Join(v.Citations, ", ")}, fact{"proof.ledger_size", size}, fact{"proof.certified", cosigned},
		fact{"proof.as_of", p.asOf(v)}, fact{"proof.list_root", short(v.ListRoot)})
	for _, e := range v.Chain {
		p.Say("proof.era", amount(e.Since), strings.Join(e.Members, ", "))
	}
	p.Line("")
	p.limits(v)
}

// claim is what is proved, in one sentence.
func (p *Page) claim(v *Proof) string {
	says := p.says(v.Action, v.Category)
	switch v.What {
	case "ratified":
		return p.word("proof.ratified", v.Number, says)
	case "revoked", "stayed":
		return p.word("proof."+v.What, strconv.FormatUint(v.Reversed, 10))
	case "listed":
		return p.word("proof.listed", v.Number, says, amount(v.AnchorSize), v.AnchorDay)
	case "absent":
		return p.word("proof.absent", v.Number, amount(v.AnchorSize), v.AnchorDay)
	}
	return p.word("proof.regulators", strconv.Itoa(v.Changes))
}

// says is what an entry does, and why.
func (p *Page) says(action, category string) string {
	says := p.coded("action", action)
	var c taxonomy.Category
	if c.UnmarshalText([]byte(category)) == nil && c != 0 {
		says += ": " + joined(c.Name(p.words.Lang()), category)
	}
	return says
}

// asOf is as of when the checkpoint is known to stand.
func (p *Page) asOf(v *Proof) string {
	switch {
	case v.Certified == "":
		return ""
	case v.AgeSeconds < 0:
		return p.word("proof.ahead", v.Certified)
	}
	return p.word("proof.age", v.Certified, amount(v.AgeSeconds))
}

// limits is what the proof cannot say, and how to know.
func (p *Page) limits(v *Proof) {
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
		p.Say("proof.trust_pinned", strconv.Itoa(v.Changes), amount(v.Pinned))
	case v.Changes > 0:
		p.Say("proof.trust_chain", strconv.Itoa(v.Changes))
	default:
		p.Say("proof.trust_genesis")
	}
}
