package auditor

import (
	"ringfence/consensus/audit"
	"ringfence/node/phrase"
)

// what says what is wrong, and where.
func what(f audit.Finding) phrase.Phrase {
	at := f.Where
	switch f.Code {
	case audit.BadCheckpoint:
		return phrase.New("audit.bad_checkpoint", "the kept checkpoint cannot be read, or is not of this federation's ledger")
	case audit.Uncertified:
		return phrase.New("audit.uncertified", "too few of the regulators in force cosigned the kept checkpoint %s", at)
	case audit.BadCosignature:
		return phrase.New("audit.bad_cosignature", "what stands under the kept checkpoint in the name of %s is not its signature", at)
	case audit.LedgerDamaged:
		return phrase.New("audit.ledger_damaged", "the row %s of the ledger is not what the certified root says", at)
	case audit.OtherGenesis:
		return phrase.New("audit.other_genesis", "the ledger does not begin with this genesis (ledger entry %s)", at)
	case audit.NoPlace:
		return phrase.New("audit.no_place", "ledger entry %s has no place in a valid ledger, and nothing behind it was judged", at)
	case audit.TooNew:
		return phrase.New("audit.too_new", "ledger entry %s is of a newer release, and nothing behind it was judged", at)
	case audit.OpeningMissing:
		return phrase.New("audit.opening_missing", "from ledger entry %s on, what ratified entries in force say is not here", at)
	case audit.WrongListRoot:
		return phrase.New("audit.wrong_list_root", "the list root of the anchor in ledger entry %s does not follow from what was signed", at)
	case audit.NotJudged:
		return phrase.New("audit.not_judged", "the list root of the anchor in ledger entry %s could not be computed here", at)
	}
	return whatOfFeeds(f)
}

// whatOfFeeds is what for what is wrong with feeds.
func whatOfFeeds(f audit.Finding) phrase.Phrase {
	at := f.Where
	switch f.Code {
	case audit.Unreadable:
		return phrase.New("audit.unreadable", "the feeds cannot be read to their end")
	case audit.Quarantined:
		return phrase.New("audit.quarantined", "batch %s is in quarantine: the disk has changed it", at)
	case audit.BatchBroken:
		return phrase.New("audit.batch_broken", "batch %s is not what its issuer signed", at)
	case audit.NeverAdmitted:
		return phrase.New("audit.never_admitted", "the ledger never admitted the key of feed %s", at)
	case audit.BatchesMissing:
		return phrase.New("audit.batches_missing", "batches are missing, from %s on", at)
	case audit.ChainBroken:
		return phrase.New("audit.chain_broken", "batch %s does not follow the one before it", at)
	case audit.TwoAtOnePlace:
		return phrase.New("audit.two_at_one_place", "two batches lie at %s", at)
	case audit.EpochNotOpened:
		return phrase.New("audit.epoch_not_opened", "the ledger did not open the epoch of feed %s", at)
	case audit.ErasedTooEarly:
		return phrase.New("audit.erased_too_early", "statements of batch %s were erased before their day, and nobody retracted them", at)
	case audit.BadForkProof:
		return phrase.New("audit.bad_fork_proof", "a fork proof proves nothing here (feed %s)", at)
	case audit.HeadMissing:
		return phrase.New("audit.head_missing", "the ledger anchored %s, and it is not here", at)
	case audit.OtherHead:
		return phrase.New("audit.other_head", "another batch lies here at %s than the one that the ledger anchored", at)
	}
	return phrase.Plain(f.Code.String() + " " + at)
}

// remedy says what to do.
func remedy(c audit.Code) phrase.Phrase {
	switch c {
	case audit.TooNew:
		return phrase.New("audit.do_upgrade", "upgrade ringfence and audit again")
	case audit.LedgerDamaged, audit.BadCheckpoint, audit.BadCosignature, audit.OpeningMissing, audit.Unreadable, audit.BadForkProof:
		return phrase.New("audit.do_fetch", "this disk cannot be trusted with it, and the other nodes have it: restore a backup, or run the node with an empty store so that it fetches all anew, and audit again")
	case audit.Quarantined, audit.BatchesMissing, audit.HeadMissing, audit.NotJudged:
		return phrase.New("audit.do_run", "run the node until it is ready (ringfence status): it fetches what it lacks from the others; then audit again. Where the member has left, the others give it nothing more, and this is as far as its node can judge")
	case audit.NeverAdmitted, audit.ChainBroken, audit.TwoAtOnePlace, audit.EpochNotOpened, audit.BatchBroken, audit.ErasedTooEarly:
		return phrase.New("audit.do_door", "no node takes in such a batch, so it was changed here: restore a backup, or run the node with an empty store, and audit again; if it comes back from the others, report it as a fault of this software")
	case audit.OtherHead:
		return phrase.New("audit.do_branch", "the issuer told two stories, and the ledger took the other one: run the node with an empty store so that it fetches that, and audit again")
	}
	return phrase.New("audit.do_evidence", "keep a copy of this directory, it is evidence; audit another node: if it is wrong there too, regulators signed what does not follow, and every member must know")
}
