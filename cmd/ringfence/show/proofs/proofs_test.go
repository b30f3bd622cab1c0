package proofs_test

import (
	"testing"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/proofs"
	"ringfence/cmd/ringfence/show/showtest"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
)

// pages shows one answer of every kind.
func pages() map[string]func(*show.Page) {
	return map[string]func(*show.Page){
		"proved": func(p *show.Page) {
			proofs.Verified(p, &proofs.Proof{Proved: true, What: "ratified", Number: "+8613800138000", Action: "block", Category: "crm.fraud.impersonation", Index: 9, Motion: "bafy", Why: "why", Federation: "bafyfed",
				Name: "Test", At: "2026-11-30T00:00:00Z", Proposed: "2026-11-24T00:00:00Z", Held: "2026-11-24T00:00:05Z", Until: "2027-01-01", Votes: []string{"reg"}, Citations: []string{"bafy/0"},
				LedgerSize: 1234, Certified: "2026-11-29T00:00:00Z", AgeSeconds: 86400, Cosigners: []string{"reg"}, Quorum: 1, Regulators: 1, Changes: 2})
		},
		"proved of the list": func(p *show.Page) {
			proofs.Verified(p, &proofs.Proof{Proved: true, InForce: true, What: "listed", Number: "+8613800138000", Key: "+86138001*/13", Action: "label", Category: "unk.untyped", AnchorSize: 1000, AnchorDay: "2026-11-24",
				LedgerSize: 1234, Certified: "2026-11-29T00:00:00Z", AgeSeconds: -5, Cosigners: []string{"reg"}, Quorum: 1, Regulators: 1, Pinned: 1200})
		},
		"not proved": func(p *show.Page) {
			why := phrase.New("proof.wrong", "the file does not show what it says it shows")
			proofs.Verified(p, &proofs.Proof{Reason: &why, Detail: "a check"})
		},
		"erased": func(p *show.Page) {
			e := &proofs.Erased{Federation: "bafyfed", Name: "Test", LedgerSize: 1234, Tick: "2026-11-30T00:00:00Z", DeadBy: "2026-11-23T00:00:00Z", Openings: 1050, Waiting: 5, Alive: 6, Judging: 3, Before: 7}
			for i, kind := range []string{"ratify", "revoke", "stay"} {
				e.Motions = append(e.Motions, proofs.ErasedMotion{Index: uint64(i), Motion: "bafy", Kind: kind, Openings: 1000 + i})
			}
			proofs.Erase(p, e)
			e.Preview = true
			for range 30 {
				e.Motions = append(e.Motions, e.Motions[0])
			}
			proofs.Erase(p, e)
			proofs.Erase(p, &proofs.Erased{Federation: "bafyfed", Name: "Test", LedgerSize: 1})
		},
		"made": func(p *show.Page) {
			for _, what := range []string{"ratified", "revoked", "stayed", "listed", "absent", "regulators"} {
				made := api.Proof{What: what, Number: "+8613800138000", Action: "label", Category: "crm.fraud.loan", Index: 9, Reversed: 7, AnchorSize: 1000, AnchorDay: "2026-11-24",
					LedgerSize: 1234, Certified: "2026-11-29T00:00:00Z", Bytes: 2180, Notes: []phrase.Phrase{phrase.New("past.not_in_force", "the entry does not decide now: ringfence explain %s tells why", "1")}}
				proofs.Prove(p, &proofs.Made{Proof: made, File: "f", Verify: "ringfence verify f", Sets: "regulators.sets"})
			}
		},
	}
}

func TestEveryPageInEveryLanguage(t *testing.T) { showtest.InEveryLanguage(t, pages()) }

func TestChinesePagesTellCodesInChinese(t *testing.T) { showtest.CodesInChinese(t, pages()) }

func TestColourIsNeverTheOnlySign(t *testing.T) { showtest.Colour(t, 4, pages()) }

func TestErrorsOfWritingAreKept(t *testing.T) { showtest.ErrorsOfWriting(t, pages()) }

// An anchor has one number, that of its entry, though its first item is what is proved;
// an entry that ratifies is proved itself.
func TestAnEntryHasOneNumber(t *testing.T) {
	words := locale.New().Match("en")
	for what, want := range map[string]string{"listed": "ledger entry  8", "absent": "ledger entry  8", "ratified": "ledger entry  9"} {
		showtest.Says(t, showtest.Render(func(p *show.Page) {
			proofs.Verified(p, &proofs.Proof{Proved: true, What: what, Number: "+8613800138000", Action: "label", Category: "crm.fraud.loan", Index: 9})
		}, words, false), want)
		showtest.Says(t, showtest.Render(func(p *show.Page) {
			proofs.Prove(p, &proofs.Made{Proof: api.Proof{What: what, Number: "+8613800138000", Action: "label", Category: "crm.fraud.loan", Index: 9}})
		}, words, false), "ledger entry "+want[len(want)-1:])
	}
}
