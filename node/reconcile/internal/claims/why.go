package claims

import (
	"ringfence/node/phrase"
	"ringfence/store/intake"
)

// Early says why the door does not take a batch yet; the English tells what it saw.
func Early(o *intake.Outcome) phrase.Phrase {
	switch o.Reason {
	case intake.NewerVersion:
		return phrase.New("gap.newer_version", "%s", o.Detail)
	case intake.UnknownIssuer:
		return phrase.New("gap.unknown_issuer", "%s", o.Detail)
	case intake.NotDue:
		return phrase.New("gap.not_due", "%s", o.Detail)
	case intake.MissingParent:
		return phrase.New("gap.missing_parent", "%s", o.Detail)
	case intake.UnopenedEpoch:
		return phrase.New("gap.unopened_epoch", "%s", o.Detail)
	case intake.FrozenEpoch:
		return phrase.New("gap.frozen_epoch", "%s", o.Detail)
	case intake.NoBody:
		return phrase.New("gap.no_body", "%s", o.Detail)
	case intake.IncompleteBody:
		return phrase.New("gap.incomplete_body", "%s", o.Detail)
	default: // of no batch that is early
		return phrase.Plain(o.Detail)
	}
}

// NotGiven says that a peer does not give what it claims to hold.
func NotGiven(epoch, place uint64) phrase.Phrase {
	return phrase.New("gap.not_given", "the batch at place %d/%d, which it claims to hold, is not given", epoch, place)
}
