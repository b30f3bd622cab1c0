package words

import (
	"ringfence/consensus/ballot/enact"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Over is why nothing is left to vote on in a motion, or to take back: what became of it.
// First is where it lies in the ledger, if it does, and why is the reason of a refusal.
func Over(state string, first uint64, why *phrase.Phrase) error {
	said := phrase.New("council.not_open", "the motion is no longer voted on")
	switch state {
	case api.MotionEnacted:
		said = phrase.New("council.over_enacted", "the motion is enacted, as entry %d of the ledger: nothing is left to vote on", first)
	case api.MotionProvisional:
		said = phrase.New("council.over_carried", "the motion is carried, and is certified next: nothing is left to vote on")
	case api.MotionWithdrawn:
		said = phrase.New("council.over_withdrawn", "its proposer has withdrawn the motion: nothing is left to vote on")
	case api.MotionExpired:
		said = phrase.New("council.over_expired", "the motion has expired: nothing is left to vote on, and who still wants it proposes it anew")
	case api.MotionRefused:
		said = phrase.New("council.over_refused", "the motion was refused: nothing is left to vote on")
		if why != nil {
			said = phrase.Join(said, *why)
		}
	}
	return api.Tell(api.Refused, said)
}

// Unlisted is that a motion is not known here any more but for where it lies in the ledger.
func Unlisted(id string, first uint64) error {
	return api.Tell(api.NotFound, phrase.New("council.long_enacted", "motion %s is enacted, as entry %d of the ledger, and not among the last that are listed here; ringfence ledger entries --since %d shows it: nothing is left to vote on", id, first, first))
}

// Missing is that a motion ended before this node read what it proposed.
func Missing(id string, why *enact.Refusal) error {
	if why.Code == enact.Expired {
		return api.Tell(api.NotFound, phrase.Join(phrase.New("council.unread_expired", "motion %s expired before this node read what it proposed, and nothing is left to vote on", id), Told(why)))
	}
	return api.Tell(api.NotFound, phrase.Join(phrase.New("council.unread_refused", "motion %s was refused before this node read what it proposed, and nothing is left to vote on", id), Told(why)))
}

// NoMotion is that a motion is not known here, or only that its proposer took it back.
func NoMotion(id string, withdrawn bool) error {
	if withdrawn {
		return api.Tell(api.NotFound, phrase.New("council.unread", "motion %s was withdrawn by its proposer before this node read what it proposed, and nothing is left to vote on", id))
	}
	return api.Tell(api.NotFound, phrase.New("council.no_motion", "no motion %s is known here; ringfence motion list shows those that are", id))
}
