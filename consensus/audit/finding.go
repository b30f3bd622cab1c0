package audit

import "fmt"

// Code is what is wrong. The names of String are stable.
type Code uint8

// The codes. What Finding.Where names is said with each.
const (
	BadCheckpoint  Code = iota + 1 // the kept checkpoint cannot be read, or is not of this ledger; nowhere
	Uncertified                    // too few of the regulators in force cosigned it; its tree
	BadCosignature                 // a regulator's line under it is not his; its name
	LedgerDamaged                  // a row is not what the certified root says; its path
	OtherGenesis                   // entry 0 is not that of the genesis; the entry
	NoPlace                        // no valid ledger holds the entry: votes, items, rules; the entry
	TooNew                         // this release does not know what the entry says; the entry
	OpeningMissing                 // of ratified entries in force; the first entry
	Unreadable                     // feeds cannot be read to their end; nowhere, or the feed
	Quarantined                    // the store found the batch broken before; the batch
	BatchBroken                    // header, signature or body; the batch
	NeverAdmitted                  // the key is no issuer's; the feed
	BatchesMissing                 // in a feed; the place of the first
	ChainBroken                    // a batch does not follow the one before it; its place
	TwoAtOnePlace                  // two batches, neither of a branch that gave way to the anchored one; the place
	EpochNotOpened                 // by the ledger; the feed
	ErasedTooEarly                 // statements that no retraction names, before their day; the batch
	BadForkProof                   // of another federation, or of no issuer; the feed
	HeadMissing                    // an anchored batch is not here; its place
	OtherHead                      // another batch is here than the one anchored; its place
	WrongListRoot                  // what was signed gives another root; the anchor's entry
	NotJudged                      // a list at an anchor could not be computed here; the anchor's entry
)

var codes = [...]string{
	BadCheckpoint: "bad_checkpoint", Uncertified: "uncertified", BadCosignature: "bad_cosignature", LedgerDamaged: "ledger_damaged",
	OtherGenesis: "other_genesis", NoPlace: "no_place", TooNew: "too_new", OpeningMissing: "opening_missing", Unreadable: "unreadable",
	Quarantined: "quarantined", BatchBroken: "batch_broken", NeverAdmitted: "never_admitted", BatchesMissing: "batches_missing",
	ChainBroken: "chain_broken", TwoAtOnePlace: "two_at_one_place", EpochNotOpened: "epoch_not_opened", ErasedTooEarly: "erased_too_early",
	BadForkProof: "bad_fork_proof", HeadMissing: "head_missing", OtherHead: "other_head", WrongListRoot: "wrong_list_root",
	NotJudged: "not_judged",
}

// String returns the name ("wrong_list_root"), or "code(n)" for an unknown code.
func (c Code) String() string {
	if c > 0 && int(c) < len(codes) {
		return codes[c]
	}
	return fmt.Sprintf("code(%d)", uint8(c))
}

// MarshalText returns the name that String gives.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Finding is one thing that is wrong.
type Finding struct {
	Code  Code
	Where string // a ledger index, the path of a row, a CID, a name, or a feed as "key epoch/sequence"
	Why   string // in English; "" where the code says all
}

// MaxFindings is how many findings a report names; of more it tells the number.
const MaxFindings = 200

// find adds a finding. One place is named once for one thing.
func (a *auditor) find(c Code, where string, why error) {
	f := Finding{Code: c, Where: where}
	if why != nil {
		f.Why = why.Error()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, known := range a.report.Findings {
		if known.Code == c && known.Where == where {
			return
		}
	}
	if len(a.report.Findings) == MaxFindings {
		a.report.More++
		return
	}
	a.report.Findings = append(a.report.Findings, f)
}
