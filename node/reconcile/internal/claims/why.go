package claims

import (
	"ringfence/node/phrase"
	"ringfence/store/intake"
)

// Early says why the door does not take a batch yet, as it found it.
func Early(o *intake.Outcome) phrase.Phrase {
	if o.Reason == intake.NewerVersion {
		return phrase.New("gap.newer_version", "%s", o.Detail)
	}
	return phrase.Read(o.Detail, forms()...)
}

// forms are the words of the door, which knows no phrases, for batches that are early.
func forms() []phrase.Form {
	return []phrase.Form{
		{Code: "gap.unknown_issuer", Format: "no admission of key %s is known here; the ledger may say more later"},
		{Code: "gap.not_due", Format: "the batch is dated %s, more than %s ahead of this node's clock (%s)"},
		{Code: "gap.missing_feed", Format: "nothing of the feed before sequence %d is held here"},
		{Code: "gap.missing_parent", Format: "the parent of sequence %d is not held here; the feed is held up to %d"},
		{Code: "gap.unopened_epoch", Format: "the ledger has not opened epoch %d of key %s here"},
		{Code: "gap.unknown_epoch", Format: "where epoch %d begins is not known here"},
		{Code: "gap.frozen_epoch", Format: "a fork froze epoch %d of key %s; only what the ledger anchors of it is taken"},
		{Code: "gap.anchored_branch", Format: "the ledger anchored another branch of epoch %d of key %s than is held here; sequence %d of it is known, its parent is not held"},
		{Code: "gap.other_branch", Format: "the ledger anchored another branch of epoch %d of key %s"},
		{Code: "gap.closed_epoch", Format: "the ledger has closed epoch %d of key %s; only what it anchored of it is taken"},
		{Code: "gap.missing_base", Format: "the base on which epoch %d goes on is not held here, or is another than the batch names"},
		{Code: "gap.no_body", Format: "the header came without its body; ask for the body"},
		{Code: "gap.incomplete_body", Format: "incomplete body: statement %d lacks its opening and expires only on %s (the list's day is %s); ask another peer for the body"},
	}
}

// NotGiven says that a peer does not give what it claims to hold.
func NotGiven(epoch, place uint64) phrase.Phrase {
	return phrase.New("gap.not_given", "the batch at place %d/%d, which it claims to hold, is not given", epoch, place)
}

// FirstStop counts fresh outcomes up to the first that stops the feed.
func FirstStop(outcomes []intake.Outcome) (fresh int, stop *intake.Outcome) {
	for i := range outcomes {
		switch outcomes[i].Status {
		case intake.Fresh:
			fresh++
		case intake.Known:
		case intake.Early, intake.Refused, intake.Forked:
			return fresh, &outcomes[i]
		}
	}
	return fresh, nil
}
