package words

import (
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// Does says in a sentence what a motion of a kind does that enters or undoes something, or
// that the regulators make of themselves; nothing of one that changes the charter. Opened are
// its items, nil where they are not at hand.
func Does(kind motion.Kind, items int, opened []motion.Opening, until taxonomy.Day) phrase.Phrase {
	switch kind {
	case motion.Ratify:
		if opened == nil {
			return phrase.New("motion.ratify_some", "enters %s in the list, until %s", Amount(items), until)
		}
		return ratifies(opened, until)
	case motion.Revoke:
		if items == 1 {
			return phrase.New("motion.revoke_one", "revokes 1 ratified entry for good")
		}
		return phrase.New("motion.revoke", "revokes %s ratified entries for good", Amount(items))
	case motion.Stay:
		if items == 1 {
			return phrase.New("motion.stay_one", "suspends 1 ratified entry for 24 hours")
		}
		return phrase.New("motion.stay", "suspends %s ratified entries for 24 hours", Amount(items))
	case motion.Anchor:
		return phrase.New("motion.anchor", "fixes up to where the feeds count, and the list that comes of it")
	case motion.NoteFork:
		return phrase.New("motion.note_fork", "puts on record that feeds forked, with the proofs: %d", items)
	case motion.SetPolicy:
		return phrase.New("motion.set_policy", "sets the policy by which the list is made")
	}
	return phrase.Phrase{}
}

// ratifies tells how many are blocked, labelled and allowed, and nothing of what none is.
func ratifies(opened []motion.Opening, until taxonomy.Day) phrase.Phrase {
	block, label, allow, numbers := 0, 0, 0, true
	for _, o := range opened {
		r, err := motion.DecodeRatification(o.Item)
		_, number := r.Subject.Number()
		numbers = numbers && number
		switch {
		case err == nil && r.Action == taxonomy.Block:
			block++
		case err == nil && r.Action == taxonomy.Label:
			label++
		default:
			allow++
		}
	}
	switch all := len(opened); {
	case numbers && block == all:
		return counted(all, phrase.New("motion.block_one", "blocks 1 number, until %s", until), phrase.New("motion.block_numbers", "blocks %s numbers, until %s", Amount(all), until))
	case numbers && label == all:
		return counted(all, phrase.New("motion.label_one", "labels 1 number, until %s", until), phrase.New("motion.label_numbers", "labels %s numbers, until %s", Amount(all), until))
	case numbers && allow == all:
		return counted(all, phrase.New("motion.allow_one", "allows 1 number, until %s", until), phrase.New("motion.allow_numbers", "allows %s numbers, until %s", Amount(all), until))
	case block == all:
		return phrase.New("motion.block", "entries to block: %s, until %s", Amount(block), until)
	case label == all:
		return phrase.New("motion.label", "entries to label: %s, until %s", Amount(label), until)
	case allow == all:
		return phrase.New("motion.allow", "entries to allow: %s, until %s", Amount(allow), until)
	case allow == 0:
		return phrase.New("motion.block_label", "blocks %s and labels %s, until %s", Amount(block), Amount(label), until)
	case label == 0:
		return phrase.New("motion.block_allow", "blocks %s and allows %s, until %s", Amount(block), Amount(allow), until)
	case block == 0:
		return phrase.New("motion.label_allow", "labels %s and allows %s, until %s", Amount(label), Amount(allow), until)
	}
	return phrase.New("motion.ratify", "blocks %s, labels %s and allows %s, until %s", Amount(block), Amount(label), Amount(allow), until)
}

func counted(n int, one, many phrase.Phrase) phrase.Phrase {
	if n == 1 {
		return one
	}
	return many
}

// Proposer returns the member that a key proposed for, also one that has ended; "" if it was
// nobody's.
func Proposer(s *charter.State, key keys.Public) string {
	if member := MemberOf(s, key); member != "" {
		return member
	}
	if record, ok := s.Record(key); ok {
		return s.Member(record.Member).ID
	}
	for _, size := range s.RegulatorChanges() {
		if then, ok := s.At(size - 1); ok {
			if seat, ok := then.Regulator(key); ok {
				return seat.Member
			}
		}
	}
	return ""
}
