package words

import (
	"ringfence/node/phrase"
	"ringfence/store/motion"
)

// Changes says what a change of the charter does whose items are not at hand, or are many.
func Changes(kind motion.Kind, items int) phrase.Phrase {
	if items == 1 {
		return changes(kind)
	}
	return phrase.Join(phrase.New("motion.charter", "changes the charter in %d places", items), changes(kind))
}

func changes(kind motion.Kind) phrase.Phrase {
	switch kind {
	case motion.AdmitMember:
		return phrase.New("does.admit_member", "admits a member")
	case motion.ChangeMember:
		return phrase.New("does.change_member", "changes what the charter says of a member")
	case motion.RemoveMember:
		return phrase.New("does.remove_member", "ends a membership")
	case motion.AdmitIssuer:
		return phrase.New("does.admit_issuer", "gives a member another key to speak by")
	case motion.EndIssuer:
		return phrase.New("does.end_issuer", "ends a key by which a member speaks")
	case motion.AdmitRegulator:
		return phrase.New("does.admit_regulator", "makes a member a regulator")
	case motion.RemoveRegulator:
		return phrase.New("does.remove_regulator", "takes a regulator's seat")
	case motion.RekeyRegulator:
		return phrase.New("does.rekey_regulator", "gives a regulator other keys")
	case motion.Reinstate:
		return phrase.New("does.reinstate", "closes the feed of a key and opens its next epoch")
	case motion.Grant:
		return phrase.New("does.grant", "grants a range")
	case motion.EndGrant:
		return phrase.New("does.end_grant", "ends the grant of a range")
	}
	return phrase.Plain(kind.String())
}
