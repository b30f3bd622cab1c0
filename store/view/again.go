package view

import (
	"iter"

	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/view/internal/again"
)

// Suspended counts the statements of a member that a proved fork of their epoch took out
// of a list, whatever they were. What was said on a branch that gave way to the anchored
// one is among them.
func Suspended(l *List, member charter.MemberIndex) int { return again.Suspended(l, member) }

// ToSayAgain returns of what Suspended counts, at most so many, what a member has to say
// again under another of its keys to have what it had; more reports that there are
// others. It reads all that is suspended.
func ToSayAgain(l *List, member charter.MemberIndex, most int) (all []Told, more bool) {
	return again.ToSay(l, member, most)
}

// CutOff yields, as ToSayAgain tells them, the statements of a key that count for nothing
// because its authority ended before them, up to a place of its feed.
func CutOff(l *List, issuer keys.Public, last feed.Tip) iter.Seq[Told] {
	return again.CutOff(l, issuer, last)
}
