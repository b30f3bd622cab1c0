package api

import "ringfence/node/phrase"

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

	Anchors         int           `json:"anchors"`
	Right           int           `json:"list_roots_right"`
	NotRecomputable []AuditMoment `json:"not_recomputable"`

	Findings []AuditFinding `json:"findings"`
	More     int            `json:"more_findings"` // that are not named
}

// AuditMoment is an anchor whose list nobody can compute any more.
type AuditMoment struct {
	Index uint64 `json:"ledger_index"`
	Size  uint64 `json:"ledger_size"`
	Day   string `json:"day"`
	Root  string `json:"list_root"`
}

// AuditFinding is one thing that is wrong, where, and what to do.
type AuditFinding struct {
	Code   string        `json:"code"`
	Where  string        `json:"where"`
	What   phrase.Phrase `json:"what"`
	Detail string        `json:"detail,omitempty"` // the check that failed, in English
	Do     phrase.Phrase `json:"do"`
}
